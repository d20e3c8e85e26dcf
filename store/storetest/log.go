package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func observation(seq uint64, attr tyto.Attr, value string) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Sensor: "s1", Zone: "z", Seq: seq, Time: epoch.Add(time.Duration(seq) * time.Second), Kind: tyto.KindObservation,
		Observation: &tyto.Observation{Subject: tyto.Subject{MAC: frame.MAC{2, 0, 0, 0, 0, 1}, Addr: frame.V4(192, 0, 2, 1)}, Attr: attr, Value: value,
			Confidence: tyto.Stated, Evidence: tyto.Evidence{Protocol: "dhcp", Field: "dhcp.option.hostname", Packet: seq}}}
}

func conversationEvent(seq uint64) tyto.Event {
	c := conversation(1, 2, "http").Conversation
	return tyto.Event{Version: tyto.EventVersion, Sensor: "s1", Zone: "z", Seq: seq, Time: epoch, Kind: tyto.KindConversation, Conversation: &c}
}

func read(t testing.TB, s store.Store, zone string, after int64) (events []tyto.Event, last int64) {
	t.Helper()
	last = after
	must(t, s.Read(ctx, zone, after, func(e store.Entry) error {
		if e.Position <= last || e.Zone != zone {
			t.Errorf("entry %d of zone %q comes after %d of %q", e.Position, e.Zone, last, zone)
		}
		last = e.Position
		events = append(events, e.Events...)
		return nil
	}))
	return events, last
}

func testLog(t *testing.T, p Place) {
	s := p(t)
	want := []tyto.Event{observation(1, tyto.Hostname, "plc-1"), observation(2, tyto.Vendor, "Siemens")}
	first, fresh, err := s.Append(ctx, store.Batch{Zone: "z", Sensor: "s1", Epoch: 1, Seq: 1, Events: want[:1], Received: epoch})
	must(t, err)
	second, _, err := s.Append(ctx, store.Batch{Zone: "z", Sensor: "s1", Epoch: 1, Seq: 2, Events: want[1:], Received: epoch})
	must(t, err)
	_, _, err = s.Append(ctx, store.Batch{Zone: "other", Sensor: "s2", Epoch: 1, Seq: 1, Events: want[:1], Received: epoch})
	must(t, err)
	if !fresh || second <= first {
		t.Errorf("fresh is %v, positions are %d and %d", fresh, first, second)
	}
	for range 2 { // and after a start
		got, last := read(t, s, "z", 0)
		if d := cmp.Diff(want, got); d != "" || last != second {
			t.Errorf("read up to %d, want %d; events differ:\n%s", last, second, d)
		}
		if got, _ := read(t, s, "z", first); len(got) != 1 || got[0].Observation.Value != "Siemens" {
			t.Errorf("after %d: %v", first, got)
		}
		if d := cmp.Diff([]string{"other", "z"}, get[[]string](t)(s.Zones(ctx))); d != "" {
			t.Error(d)
		}
		s = p(t)
	}
}

func testRepeatedBatch(t *testing.T, p Place) {
	s := p(t)
	b := store.Batch{Zone: "z", Sensor: "s1", Epoch: 7, Seq: 1, Events: []tyto.Event{observation(1, tyto.Hostname, "a"), conversationEvent(2)}, Received: epoch}
	_, _, err := s.Append(ctx, b)
	must(t, err)
	s = p(t)
	if _, fresh, err := s.Append(ctx, b); fresh || err != nil {
		t.Errorf("the same batch again: fresh is %v, error %v", fresh, err)
	}
	b.Epoch++
	if _, fresh, err := s.Append(ctx, b); !fresh || err != nil {
		t.Errorf("the same number in another epoch: fresh is %v, error %v", fresh, err)
	}
	if got, _ := read(t, s, "z", 0); len(got) != 4 {
		t.Errorf("read %d events, want 4", len(got))
	}
}

func testTrim(t *testing.T, p Place) {
	s := p(t)
	var last int64
	for i := range 6 {
		var err error
		last, _, err = s.Append(ctx, store.Batch{Zone: "z", Sensor: "s1", Epoch: 1, Seq: uint64(i), Received: epoch.Add(time.Duration(i) * time.Hour),
			Events: []tyto.Event{observation(uint64(i), tyto.Hostname, fmt.Sprint(i)), conversationEvent(uint64(i))}})
		must(t, err)
		if i == 3 {
			must(t, s.Write(ctx, store.Change{Zone: "z", Position: last}))
		}
	}
	if got := get[int64](t)(s.TrimLog(ctx, epoch.Add(2*time.Hour))); got != 2 {
		t.Errorf("trimmed %d that are old and folded, want 2", got)
	}
	if got := get[int64](t)(s.TrimLog(ctx, epoch.Add(24*time.Hour))); got != 2 {
		t.Errorf("trimmed %d that are folded, want 2", got)
	}
	observations, conversations := 0, 0
	events, _ := read(t, s, "z", 0)
	for _, e := range events {
		if e.Observation != nil {
			observations++
		} else {
			conversations++
		}
	}
	if observations != 6 || conversations != 2 {
		t.Errorf("%d observations and %d conversations are left, want 6 and 2", observations, conversations)
	}
	if got := get[int64](t)(p(t).Folded(ctx, "z")); got == 0 || got >= last {
		t.Errorf("folded up to %d", got)
	}
}

func testThin(t *testing.T, p Place) {
	s := p(t)
	const batches = 250 // more than are rewritten at once
	for i := range batches {
		_, _, err := s.Append(ctx, store.Batch{Zone: "z", Sensor: "s1", Epoch: 1, Seq: uint64(i), Received: epoch.Add(time.Duration(i) * time.Minute),
			Events: []tyto.Event{observation(uint64(3*i), tyto.Hostname, "a"), conversationEvent(uint64(3*i + 1)), observation(uint64(3*i+2), tyto.Hostname, "b")}})
		must(t, err)
	}
	_, _, err := s.Append(ctx, store.Batch{Zone: "other", Sensor: "s2", Received: epoch, Events: []tyto.Event{observation(1, tyto.Hostname, "a")}})
	must(t, err)
	odd := func(_ int64, i int, e *tyto.Event) bool {
		if e.Observation == nil || (e.Observation.Value == "b") != (i == 1) {
			t.Errorf("%d is %v", i, e)
		}
		return e.Seq%2 == 1
	}
	if n := get[int64](t)(s.ThinLog(ctx, "z", epoch.Add(200*time.Minute), odd)); n != 200 {
		t.Errorf("%d were dropped, want 200", n)
	}
	s = p(t)
	events, _ := read(t, s, "z", 0)
	if len(events) != 3*batches-200 {
		t.Errorf("%d are left, want %d", len(events), 3*batches-200)
	}
	none := func(int64, int, *tyto.Event) bool { return false }
	if n := get[int64](t)(s.ThinLog(ctx, "z", epoch.Add(time.Hour*24), none)); n != 2*batches-200 {
		t.Errorf("%d were dropped, want %d", n, 2*batches-200)
	}
	if events, _ := read(t, s, "z", 0); len(events) != batches {
		t.Errorf("%d conversations are left, want %d", len(events), batches)
	}
	if events, _ := read(t, s, "other", 0); len(events) != 1 {
		t.Error("another zone was thinned")
	}
}

// testTogether has many batches come at once, each of them twice.
func testTogether(t *testing.T, p Place) {
	s := p(t)
	const batches = 60
	var fresh [batches]atomic.Int64
	var wg sync.WaitGroup
	for i := range 2 * batches {
		wg.Go(func() {
			n := i % batches
			b := store.Batch{Zone: fmt.Sprint("z", n%3), Sensor: fmt.Sprint("s", n%5), Epoch: 1, Seq: uint64(n + 1), Received: epoch,
				Events: []tyto.Event{observation(uint64(n), tyto.Hostname, "a"), conversationEvent(uint64(n))}}
			if n%2 == 0 {
				b.Floor = 1
			}
			_, is, err := s.Append(ctx, b)
			if err != nil {
				t.Error(err)
			}
			if is {
				fresh[n].Add(1)
			}
		})
	}
	wg.Wait()
	for n := range fresh {
		if got := fresh[n].Load(); got != 1 {
			t.Errorf("batch %d was fresh %d times", n, got)
		}
	}
	s = p(t)
	entries := follow(t, s, 0)
	if len(entries) != 2*batches {
		t.Errorf("the log has %d entries, want %d", len(entries), 2*batches)
	}
}
