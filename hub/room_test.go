package hub

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tyto/frame"
	"tyto/lab/doubles"
	"tyto/store"
	"tyto/tyto"
)

// announced is what a sensor tells of somebody who announces an address.
func announced(n int) []tyto.Event {
	s := tyto.Subject{MAC: frame.MAC{2, 7, 0, byte(n >> 16), byte(n >> 8), byte(n)}}
	say := func(a tyto.Attr, value string, how tyto.Confidence, protocol, field string) tyto.Event {
		return tyto.Event{Version: tyto.EventVersion, Sensor: "s", Zone: "z", Time: start, Kind: tyto.KindObservation, Observation: &tyto.Observation{Subject: s, Attr: a, Value: value,
			Confidence: how, Evidence: tyto.Evidence{Sensor: "s", Protocol: protocol, Field: field, Packet: uint64(n)}}}
	}
	return []tyto.Event{say(tyto.Clue, s.MAC.String(), tyto.Shown, "eth", "eth.src"),
		say(tyto.Address, frame.V4(172, 16, byte(n>>8), byte(n)).String(), tyto.Stated, "arp", "arp.src.proto_ipv4"),
		{Version: tyto.EventVersion, Sensor: "s", Zone: "z", Time: start, Kind: tyto.KindConversation, Conversation: &tyto.Conversation{Client: s, Server: tyto.Subject{MAC: frame.MAC{255, 255, 255, 255, 255, 255}},
			Transport: "ethernet", Port: 2054, Protocol: "arp", First: start, Last: start, Packets: [2]uint64{1, 0}, Bytes: [2]uint64{60, 0}, Sessions: 1, Evidence: tyto.Evidence{Sensor: "s", Packet: uint64(n)}}}}
}

// TestFloodKeepsToMemory: who is made up fills neither memory nor store, and is
// counted; who is real is there, before a restart and after it.
func TestFloodKeepsToMemory(t *testing.T) {
	const real, strangers, memory = 50, 2000, 192 << 10
	f := newFixture(t)
	f.hub.cfg.Memory = memory
	var flood []tyto.Event
	for i := range byte(real) {
		flood = append(flood, saw(i+1, tyto.Hostname, "pc"), talked(subject(i+1), subject(200), "smb"))
	}
	for n := range strangers {
		if flood = append(flood, announced(n)...); n%200 == 199 {
			f.accept(flood...)
			flood = flood[:0]
			if got := f.hub.held("z").size.Load(); got > memory {
				t.Fatalf("after %d strangers %d bytes are taken, of %d", n, got, memory)
			}
		}
	}
	there := func() (named int, all int) {
		devices := f.devices()
		for _, d := range devices {
			if d.Hostname == "pc" {
				named++
			}
		}
		return named, len(devices)
	}
	f.eventually("the store has the real devices, and few others", func() bool { named, all := there(); return named == real && all < 300 })
	if page := f.page(); strings.Contains(page, "tyto_hub_strangers_total 0\n") {
		t.Error("strangers are not counted")
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.begin(nil)
	if named, all := there(); named != real || all >= 300 {
		t.Errorf("after a restart there are %d of %d real devices, of %d", named, real, all)
	}
}

// stuck is a store that cannot be written to for a time.
type stuck struct {
	store.Store
	free chan struct{}
}

func (s stuck) Write(ctx context.Context, c store.Change) error {
	select {
	case <-s.free:
		return s.Store.Write(ctx, c)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestWhoTellsTooMuchWaits: what waits for the store is bounded, by letting who
// tells it wait, and nothing of it is lost.
func TestWhoTellsTooMuchWaits(t *testing.T) {
	f := &fixture{t: t, folder: t.TempDir(), Clock: doubles.ClockAt(start)}
	free := make(chan struct{})
	f.adjust = func(d *Deps) { d.Store = stuck{d.Store, free} }
	f.begin(nil)
	defer func() {
		if err := f.stop(); err != nil {
			t.Error(err)
		}
	}()
	f.hub.pendingMost = 10
	tell := func(from, n int) (all []tyto.Event) {
		for i := range n {
			all = append(all, talked(subject(byte(from+i)), subject(200), "modbus"))
		}
		return all
	}
	f.accept(tell(0, 10)...) // the first write takes them, and does not end
	f.eventually("a write begins", func() bool { return !f.hub.held("z").crowded() })
	f.accept(tell(10, 10)...)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := f.hub.Accept(ctx, tell(20, 1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("more is accepted than may wait: %v", err)
	}
	close(free)
	f.accept(tell(20, 1)...)
	f.eventually("all is stored", func() bool { return len(f.conversations()) == 21 })
}
