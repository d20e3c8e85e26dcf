package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tyto/detect"
	"tyto/frame"
	"tyto/history"
	"tyto/inventory"
	"tyto/tyto"
)

// TestFloodIsLetGo has made-up hosts call an address, and one device that says who it is.
func TestFloodIsLetGo(t *testing.T) {
	const limit = 16 << 20
	k := knowledge{devices: inventory.New("hall", inventory.DefaultConfig()), talks: history.New()}
	set := defaultSettings()
	rules, err := set.Rules.load()
	if err != nil {
		t.Fatal(err)
	}
	k.alerts = detect.New("hall", rules, k.devices)
	at := time.Unix(1_700_000_000, 0)
	host := func(n int) tyto.Subject {
		return tyto.Subject{MAC: frame.MAC{2, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, Addr: frame.V4(10, byte(n>>16), byte(n>>8), byte(n))}
	}
	real := host(1)
	tell := func(events ...tyto.Event) {
		if err := k.learn(events); err != nil {
			t.Fatal(err)
		}
		k.keepTo(limit)
		if size := k.devices.Bytes() + k.talks.Bytes(); size > limit {
			t.Fatalf("%d bytes are known", size)
		}
	}
	seen := func(s tyto.Subject) tyto.Event {
		return tyto.Event{Time: at, Kind: tyto.KindObservation, Observation: &tyto.Observation{Subject: s, Attr: tyto.Address, Value: s.Addr.String(), Confidence: tyto.Guessed, Evidence: tyto.Evidence{Protocol: "ip", Field: "ip.src"}}}
	}
	tell(seen(real), tyto.Event{Time: at, Kind: tyto.KindObservation, Observation: &tyto.Observation{Subject: real, Attr: tyto.Hostname, Value: "pump-1", Confidence: tyto.Stated}})
	for n := 2; n < 40_000; n++ {
		tell(tyto.Event{Time: at, Kind: tyto.KindConversation, Conversation: &tyto.Conversation{Client: host(n), Server: real, Transport: "tcp", Port: 80, First: at, Last: at, Packets: [2]uint64{1, 0}, Sessions: 1}},
			seen(host(n)))
	}
	if d, ok := k.devices.Outline(k.devices.Find(real)); !ok || d.Value(tyto.Hostname) != "pump-1" {
		t.Error("the device that says who it is was let go")
	}
	var said bytes.Buffer
	if k.tellLeft(&said, limit); !strings.Contains(said.String(), "inventory.memory (16 MiB)") {
		t.Errorf("said %q", said.String())
	}
}
