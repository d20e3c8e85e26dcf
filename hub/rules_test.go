package hub

import (
	"testing"
	"time"

	"tyto/content"
	"tyto/detect"
	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// TestRulesReachOtherHubs has people tell one hub what is muted and what is
// bad, while the other holds the zone.
func TestRulesReachOtherHubs(t *testing.T) {
	rules, err := detect.Load(content.Detections(), nil)
	if err != nil {
		t.Fatal(err)
	}
	url := shared(t)
	detecting := func(c *Config) { c.Detections = rules }
	a, b := join(t, url, "hub-a", detecting).run(), join(t, url, "hub-b", detecting).run()
	defer a.stop()
	defer b.stop()
	p := &teller{member: tyto.Member{Sensor: "s", Zone: "z"}}
	p.send(t, func() []*replica { return []*replica{a, b} })
	soon(t, "one holds the zone", func() bool { return len(a.zones())+len(b.zones()) == 1 })
	told, holds := a, b
	if len(a.zones()) == 1 {
		told, holds = b, a
	}
	tell := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if err := told.hub.RulesChanged(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tell(told.store.PutMute(t.Context(), store.Mute{ID: "1", Rule: "plc-stop", Created: start}))
	soon(t, "the mute is known", func() bool { m := holds.hub.mutes.Load(); return m != nil && len(*m) == 1 })
	tell(told.store.PutIndicators(t.Context(), store.IndicatorList{Name: "feed", Text: "9.9.9.9\n", Entries: 1, Put: start}))
	soon(t, "both lists are known", func() bool {
		holds.hub.reading.Lock()
		defer holds.hub.reading.Unlock()
		told.hub.reading.Lock()
		defer told.hub.reading.Unlock()
		return holds.hub.rules == told.hub.rules
	})
	far := talked(subject(1), tyto.Subject{MAC: mac(9), Addr: frame.V4(9, 9, 9, 9)}, "tls")
	batch := store.Batch{Epoch: 6, Seq: 1, Floor: 1, Events: []tyto.Event{stopped(subject(1), subject(2), 7), later(far, time.Minute)}}
	if _, err := holds.hub.Receive(t.Context(), p.member, batch); err != nil {
		t.Fatal(err)
	}
	status := func() map[string]string {
		page, err := told.store.Alerts(t.Context(), store.AlertQuery{Window: store.Window{Limit: 100}})
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for i := range page.Items {
			all[page.Items[i].Rule] = page.Items[i].Status
		}
		return all
	}
	soon(t, "alerts of both", func() bool { s := status(); return s["plc-stop"] != "" && s["indicator-contact"] != "" })
	if s := status(); s["plc-stop"] != store.AlertMuted || s["indicator-contact"] != store.AlertNew {
		t.Errorf("%v", s)
	}
	tell(told.store.DropMute(t.Context(), "1"))
	soon(t, "the mute is over", func() bool { return len(*holds.hub.mutes.Load()) == 0 })
}
