package history

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// calls is conversations that were answered, among others that were not: a scan.
func calls(answered, scanned int) (all []tyto.Event) {
	talk := func(n int, packets [2]uint64) tyto.Event {
		at := time.Unix(int64(n), 0)
		return tyto.Event{Time: at, Conversation: &tyto.Conversation{Client: tyto.Subject{Addr: frame.V4(10, 1, byte(n>>8), byte(n))}, Server: tyto.Subject{Addr: frame.V4(10, 2, byte(n>>8), byte(n))},
			Transport: "tcp", Port: uint16(n>>16) + 80, ServerName: fmt.Sprintf("host-%d.example", n), First: at, Last: at, Packets: packets, Bytes: [2]uint64{100 * packets[0], 100 * packets[1]},
			Operations: map[string]uint64{"http GET": 1}, Evidence: tyto.Evidence{Packet: uint64(n)}}}
	}
	for n := range scanned {
		all = append(all, talk(n, [2]uint64{1, 0}))
	}
	for n := range answered {
		all = append(all, talk(1<<20+n, [2]uint64{uint64(n%50 + 3), 3}))
	}
	return all
}

func clients(t *Table) (all []string, packets uint64) {
	for c := range t.All() {
		all = append(all, fmt.Sprint(c.Client.Addr, c.Server.Addr, c.Port, c.ServerName, c.Operations))
		packets += c.Packets[0] + c.Packets[1]
	}
	return all, packets
}

// TestCallsGoFirst: of a scan there is a part, of what was answered all, of
// nothing the count is lost, and which part does not depend on the order.
func TestCallsGoFirst(t *testing.T) {
	const answered, scanned, budget = 300, 10_000, 1 << 20
	events := calls(answered, scanned)
	var sent uint64
	for i := range events {
		sent += events[i].Conversation.Packets[0] + events[i].Conversation.Packets[1]
	}
	var want []string
	for seed := range uint64(3) {
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		table := New()
		for i := range events {
			if table.Learn(&events[i]); table.Bytes() > budget {
				table.Shed(budget/4, false)
			}
		}
		rows, packets := clients(table)
		if n := table.Left(); packets+n.Packets != sent || len(rows)+int(n.Conversations) != len(events) {
			t.Errorf("%d packets in %d rows, and %+v: want %d and %d", packets, len(rows), n, sent, len(events))
		}
		if len(rows) < answered+100 || table.Bytes() > budget {
			t.Errorf("%d rows, %d bytes", len(rows), table.Bytes())
		}
		slices.Sort(rows)
		if want == nil {
			want = rows
		}
		if !slices.Equal(want, rows) {
			t.Error("in another order other conversations are kept")
		}
	}
}

// TestSmallGoNext: then those of fewest packets go, and the others are found as before.
func TestSmallGoNext(t *testing.T) {
	table := New()
	events := calls(400, 0)
	for i := range events {
		table.Learn(&events[i])
	}
	had := table.Bytes()
	if freed := table.Shed(had/2, true); freed < had/2 || table.Bytes() > had/2 {
		t.Fatalf("%d of %d bytes are free, %d are not", freed, had, table.Bytes())
	}
	left := table.Len()
	for c := range table.All() {
		if c.Packets[0] < 20 {
			t.Errorf("one of %d packets stayed", c.Packets[0])
		}
	}
	for i := range events {
		if events[i].Conversation.Packets[0] > 40 {
			table.Learn(&events[i])
		}
	}
	if table.Len() != left {
		t.Errorf("%d rows, want %d: these were there", table.Len(), left)
	}
}

// TestBytes holds that what a table says that it takes is about what it does take.
func TestBytes(t *testing.T) {
	events := calls(20_000, 0)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table := New()
	for i := range events {
		table.Learn(&events[i])
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	took, said := float64(after.HeapAlloc)-float64(before.HeapAlloc), float64(table.Bytes())
	if said < took*0.8 || said > took*1.5 {
		t.Errorf("%.0f bytes are said to be %.0f", took, said)
	}
	runtime.KeepAlive(table)
	runtime.KeepAlive(events)
}
