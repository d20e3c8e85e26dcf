package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tyto/store"
	"tyto/tyto"
)

func follow(t testing.TB, s store.Store, after int64) (entries []store.Entry) {
	t.Helper()
	must(t, s.Follow(ctx, after, func(e store.Entry) error {
		entries = append(entries, e)
		return nil
	}))
	return entries
}

func testReaders(t *testing.T, p Place) {
	s := p(t)
	if n := get[int64](t)(s.Newest(ctx)); n != 0 {
		t.Errorf("the newest of nothing is %d", n)
	}
	var last int64
	for i, zone := range []string{"a", "b", "a"} {
		var err error
		last, _, err = s.Append(ctx, store.Batch{Zone: zone, Sensor: "s", Epoch: 1, Seq: uint64(i), Received: epoch, Events: []tyto.Event{observation(uint64(i), tyto.Hostname, fmt.Sprint(i))}})
		must(t, err)
	}
	s = p(t)
	entries := follow(t, s, 0)
	if len(entries) != 3 || entries[0].Zone != "a" || entries[1].Zone != "b" || entries[2].Position != last || !entries[0].Received.Equal(epoch) {
		t.Errorf("followed %v", entries)
	}
	if rest := follow(t, s, entries[0].Position); len(rest) != 2 || rest[0].Position != entries[1].Position {
		t.Errorf("after %d: %v", entries[0].Position, rest)
	}
	if n := get[int64](t)(s.Newest(ctx)); n != last {
		t.Errorf("the newest is %d, want %d", n, last)
	}
	if _, found, err := s.Reader(ctx, "siem"); found || err != nil {
		t.Errorf("found is %v, error %v", found, err)
	}
	must(t, s.PutReader(ctx, store.Reader{Name: "siem", Position: 2, Moved: epoch}))
	must(t, s.PutReader(ctx, store.Reader{Name: "siem", Position: 1, Moved: epoch.Add(time.Second)})) // late, and no way back
	s = p(t)
	want := store.Reader{Name: "siem", Position: 2, Moved: epoch.Add(time.Second)}
	if got, found, err := s.Reader(ctx, "siem"); got != want || !found || err != nil {
		t.Errorf("got %v, %v, %v", got, found, err)
	}
	if d := cmp.Diff([]store.Reader{want}, get[[]store.Reader](t)(s.ListReaders(ctx))); d != "" {
		t.Error(d)
	}
	must(t, s.DropReader(ctx, "siem"))
	must(t, s.DropReader(ctx, "nobody"))
	if all := get[[]store.Reader](t)(s.ListReaders(ctx)); len(all) != 0 {
		t.Errorf("left are %v", all)
	}
}

// testReadersHold: what the slowest has not read stays.
func testReadersHold(t *testing.T, p Place) {
	s := p(t)
	var positions []int64
	for i := range 3 {
		at, _, err := s.Append(ctx, store.Batch{Zone: "z", Sensor: "s", Epoch: 1, Seq: uint64(i), Received: epoch, Events: []tyto.Event{conversationEvent(uint64(i))}})
		must(t, err)
		positions = append(positions, at)
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Position: positions[2]}))
	must(t, s.PutReader(ctx, store.Reader{Name: "slow", Position: positions[0]}))
	must(t, s.PutReader(ctx, store.Reader{Name: "quick", Position: positions[2]}))
	later := epoch.Add(time.Hour)
	if n := get[int64](t)(s.TrimLog(ctx, later)); n != 1 {
		t.Errorf("%d were trimmed, want the one that all have read", n)
	}
	must(t, s.DropReader(ctx, "slow"))
	if n := get[int64](t)(s.TrimLog(ctx, later)); n != 2 {
		t.Errorf("%d were trimmed, want the other two", n)
	}
}

func testNews(t *testing.T, p Place) {
	s := p(t)
	d := device(1)
	write := func(n store.News) {
		t.Helper()
		must(t, s.Write(ctx, store.Change{Zone: "z", News: []store.News{n}, Time: epoch}))
		s = p(t)
	}
	write(store.DeviceNews(&d))
	d.Row.Last, d.Row.Packets = d.Row.Last.Add(time.Minute), 99
	write(store.DeviceNews(&d)) // seen again: no news
	if got := follow(t, s, 0); len(got) != 1 || got[0].Zone != "z" || !got[0].Received.Equal(epoch) || len(got[0].Events) != 1 || got[0].Events[0].Device.ID != d.Row.ID {
		t.Fatalf("told %v", got)
	}
	d.Row.Firmware = "2.0"
	write(store.DeviceNews(&d))
	write(store.GoneNews("z", d.Row.ID, epoch))
	write(store.GoneNews("z", d.Row.ID, epoch))
	write(store.GoneNews("z", "never told of", epoch))
	got := follow(t, s, 0)
	if len(got) != 3 || got[1].Events[0].Device.Firmware != "2.0" || !got[2].Events[0].Device.Gone {
		t.Fatalf("told %v", got)
	}
	if events, _ := read(t, s, "z", 0); len(events) != 0 {
		t.Errorf("the analyst reads news: %v", events)
	}
	if n := get[int64](t)(s.TrimLog(ctx, epoch.Add(time.Hour))); n != 3 {
		t.Errorf("%d news were trimmed, want 3", n)
	}
}

func testUndelivered(t *testing.T, p Place) {
	s := p(t)
	var all []store.Undelivered
	for i := range 3 {
		all = append(all, store.Undelivered{Reader: "siem", Time: epoch, Reason: fmt.Sprintf("400 %d", i), Event: observation(uint64(i), tyto.Hostname, "x")})
	}
	must(t, s.PutReader(ctx, store.Reader{Name: "siem"}))
	must(t, s.PutUndelivered(ctx, all))
	s = p(t)
	got := get[[]store.Undelivered](t)(s.ListUndelivered(ctx, "siem", 2))
	if d := cmp.Diff([]store.Undelivered{all[2], all[1]}, got, cmpopts.IgnoreFields(store.Undelivered{}, "ID")); d != "" {
		t.Error(d)
	}
	if n := get[[]store.Undelivered](t)(s.Replays(ctx, "siem", 9)); len(n) != 0 {
		t.Errorf("to be tried again are %v, and nobody asked for it", n)
	}
	if n := get[int64](t)(s.Replay(ctx, "siem", []int64{got[1].ID, 9999})); n != 1 {
		t.Errorf("%d are to be tried again, want 1", n)
	}
	s = p(t)
	again := get[[]store.Undelivered](t)(s.Replays(ctx, "siem", 9))
	if len(again) != 1 || again[0].Reason != all[1].Reason || again[0].ID != got[1].ID {
		t.Errorf("to be tried again are %v", again)
	}
	must(t, s.DropUndelivered(ctx, "siem", []int64{again[0].ID}))
	must(t, s.DropUndelivered(ctx, "siem", nil))
	if d := cmp.Diff(map[string]uint64{"siem": 2}, get[map[string]uint64](t)(s.CountUndelivered(ctx))); d != "" {
		t.Error(d)
	}
	if n := get[int64](t)(s.Replay(ctx, "siem", nil)); n != 2 {
		t.Errorf("%d are to be tried again, want all", n)
	}
	must(t, s.DropReader(ctx, "siem"))
	if got := get[[]store.Undelivered](t)(s.ListUndelivered(ctx, "siem", 2)); len(got) != 0 {
		t.Errorf("left are %v", got)
	}
}
