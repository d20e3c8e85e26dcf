package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tyto/store"
	"tyto/tyto"
)

// testAtomic has a change fail in its middle.
func testAtomic(t *testing.T, p Place) {
	s := p(t)
	put(t, s, 3)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	c := store.Change{Zone: "z", Position: 9, Devices: []store.DeviceRecord{device(7)}, Gone: []string{"d0001"}, Conversations: []store.Conversation{conversation(1, 2, "x")}}
	if err := s.Write(cancelled, c); err == nil {
		t.Fatal("a cancelled change is written")
	}
	for range 2 { // and after a start
		if got := list(t, s, store.DeviceQuery{}); got.Total != 3 || len(got.Items) != 3 {
			t.Errorf("after a failed change there are %d devices", got.Total)
		}
		if got := conversations(t, s, store.ConversationQuery{}); got.Total != 0 {
			t.Errorf("after a failed change there are %d conversations", got.Total)
		}
		if at := get[int64](t)(s.Folded(ctx, "z")); at != 0 {
			t.Errorf("after a failed change all is folded up to %d", at)
		}
		s = p(t)
	}
}

func testCancelled(t *testing.T, p Place) {
	s := p(t)
	put(t, s, 3)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Devices(cancelled, store.DeviceQuery{Window: store.Window{Limit: 1}}); err == nil {
		t.Error("a cancelled list is answered")
	}
	if _, _, err := s.Append(cancelled, store.Batch{Zone: "z", Events: []tyto.Event{observation(1, tyto.Hostname, "x")}}); err == nil {
		t.Error("a cancelled batch is appended")
	}
	put(t, s, 5)
	if got := list(t, s, store.DeviceQuery{}).Total; got != 5 {
		t.Errorf("afterwards there are %d devices, want 5", got)
	}
}

// testHostile stores what an attacker may call a device.
func testHostile(t *testing.T, p Place) {
	s := p(t)
	names := []string{"'; DROP TABLE device; --", "\x00\x01\x7f", "\xff\xfe not utf-8", "%_\\", "<script>", "a\nb", strings.Repeat("x", 5_000), "=cmd|' /C calc'!A0", "\u202eevil"}
	for i, name := range names {
		d := device(i)
		d.Row.Hostname, d.Text = name, strings.ToLower(name)
		c := conversation(byte(i+1), 100, "http")
		c.ServerName = name
		c.Operations = map[string]uint64{name: 1}
		must(t, s.Write(ctx, store.Change{Zone: "z", Devices: []store.DeviceRecord{d}, Conversations: []store.Conversation{c}}))
	}
	s = p(t)
	for i, name := range names {
		row, _, err := s.Device(ctx, device(i).Row.ID)
		must(t, err)
		if row.Hostname != name {
			t.Errorf("%.40q came back as %.40q", name, row.Hostname)
		}
		list(t, s, store.DeviceQuery{Text: name[:min(len(name), 200)], Vendor: []string{name}})
		conversations(t, s, store.ConversationQuery{Text: name[:min(len(name), 200)], Protocol: []string{name}})
	}
	if got := list(t, s, store.DeviceQuery{}).Total; int(got) != len(names) {
		t.Errorf("%d devices, want %d", got, len(names))
	}
}

// testConcurrent reads and writes at once; the race detector looks on.
func testConcurrent(t *testing.T, p Place) {
	s := p(t)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 20 {
				d := device(w*100 + i)
				must(t, s.Write(ctx, store.Change{Zone: "z", Devices: []store.DeviceRecord{d}, Conversations: []store.Conversation{conversation(byte(w), 1, "http")}}))
				if i%5 == 4 {
					must(t, s.Write(ctx, store.Change{Zone: "z", Gone: []string{d.Row.ID}}))
				}
			}
		})
		wg.Go(func() {
			for i := range 20 {
				list(t, s, store.DeviceQuery{Text: "host", Window: store.Window{Sort: "ip", Limit: 5}})
				conversations(t, s, store.ConversationQuery{Text: "printer"})
				_, _, err := s.Append(ctx, store.Batch{Zone: "z", Sensor: fmt.Sprint(w), Seq: uint64(i), Events: []tyto.Event{conversationEvent(1)}})
				must(t, err)
			}
		})
	}
	wg.Wait()
	if got := list(t, s, store.DeviceQuery{}).Total; got != 64 {
		t.Errorf("%d devices, want 64", got)
	}
	events, _ := read(t, s, "z", 0)
	if got := conversations(t, s, store.ConversationQuery{}); got.Total != 4 || got.Items[0].Sessions != 20 || len(events) != 80 {
		t.Errorf("%d conversations of %d sessions, %d events; want 4 of 20, 80", got.Total, got.Items[0].Sessions, len(events))
	}
}

// testModel does random things to a store and to a map, and compares.
func testModel(t *testing.T, p Place) {
	s, r, model := p(t), rand.New(rand.NewPCG(1, 2)), map[string]store.DeviceRow{}
	for round := range 40 {
		var c store.Change
		c.Zone = "z"
		changed := map[string]bool{}
		for range r.IntN(12) {
			d := device(r.IntN(60))
			if changed[d.Row.ID] {
				continue
			}
			changed[d.Row.ID] = true
			if r.IntN(4) == 0 {
				c.Gone = append(c.Gone, d.Row.ID)
				delete(model, d.Row.ID)
				continue
			}
			d.Row.Category, d.Row.Packets = []string{"it", "ot", "medical"}[r.IntN(3)], r.Uint64N(1000)
			c.Devices = append(c.Devices, d)
			model[d.Row.ID] = d.Row
		}
		must(t, s.Write(ctx, c))
		if round%10 == 9 {
			s = p(t)
		}
		compare(t, s, model)
	}
}

func compare(t *testing.T, s store.Store, model map[string]store.DeviceRow) {
	t.Helper()
	var want []store.DeviceRow
	categories := map[string]uint64{}
	for _, r := range model {
		categories[r.Category]++
		if r.Category == "ot" {
			want = append(want, r)
		}
	}
	page := list(t, s, store.DeviceQuery{Category: []string{"ot"}})
	slices.SortFunc(want, func(a, b store.DeviceRow) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(page.Items, func(a, b store.DeviceRow) int { return strings.Compare(a.ID, b.ID) })
	if d := cmp.Diff(want, page.Items); d != "" {
		t.Fatal(d)
	}
	for _, c := range page.Facets["category"] {
		if categories[c.Key] != c.Count {
			t.Fatalf("%d of %q are counted, want %d", c.Count, c.Key, categories[c.Key])
		}
		delete(categories, c.Key)
	}
	if len(categories) > 0 {
		t.Fatalf("not counted: %v", categories)
	}
}
