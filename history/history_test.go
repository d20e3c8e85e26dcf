package history

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

func event(n int) tyto.Event {
	at := time.Unix(int64(n), 0).UTC()
	return tyto.Event{Time: at, Conversation: &tyto.Conversation{
		Client: tyto.Subject{MAC: frame.MAC{2, 0, 0, 0, 0, byte(n % 3)}, Addr: frame.V4(10, 0, 0, byte(n%3))},
		Server: tyto.Subject{MAC: frame.MAC{2, 1}, Addr: frame.V4(10, 0, 1, byte(n%2))}, Transport: "tcp", Port: 80, Protocol: "http",
		First: at, Last: at.Add(time.Second), Packets: [2]uint64{1, 2}, Bytes: [2]uint64{100, 200}, Sessions: 1,
		Operations: map[string]uint64{"http GET": 1}, Evidence: tyto.Evidence{Packet: uint64(n), Capture: "x.pcap"},
	}}
}

func rows(t *Table) (out []string) {
	for c := range t.All() {
		out = append(out, fmt.Sprintf("%+v", *c))
	}
	return out
}

func TestOrderDoesNotMatter(t *testing.T) {
	var want []string
	random := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		table := New()
		for _, i := range random.Perm(60) {
			e := event(i)
			table.Learn(&e)
		}
		got := rows(table)
		if want == nil {
			want = got
		}
		if len(got) != 6 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	}
}

func TestEverythingIsCounted(t *testing.T) {
	table := New()
	const n = 20_000
	for i := range n {
		e := event(i)
		e.Conversation.Port = uint16(i % 5000)
		table.Learn(&e)
	}
	var packets, ops uint64
	for c := range table.All() {
		packets += c.Packets[0] + c.Packets[1]
		ops += c.Operations["http GET"]
	}
	if packets != 3*n || ops != n || table.Len() != 15000 {
		t.Errorf("%d packets, %d operations in %d rows", packets, ops, table.Len())
	}
}

func TestLookUpNamesTheServer(t *testing.T) {
	table := New()
	e := event(0)
	table.Learn(&e)
	for _, text := range []string{"www.example.com 10.0.1.0", "later.example.com 10.0.1.0", "nonsense", "x.example.com nonsense"} {
		table.Learn(&tyto.Event{Time: time.Unix(int64(len(text)), 0), Observation: &tyto.Observation{Subject: e.Conversation.Client, Attr: tyto.LookedUp, Value: text}})
	}
	for c := range table.All() {
		if c.ServerName != "www.example.com" {
			t.Errorf("server name %q", c.ServerName)
		}
	}
}
