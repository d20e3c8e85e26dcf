package hub

import (
	"strings"
	"testing"
	"time"

	"tyto/baseline"
	"tyto/content"
	"tyto/detect"
	"tyto/store"
	"tyto/tyto"
)

// later is an event as it would be seen after a time.
func later(e tyto.Event, d time.Duration) tyto.Event {
	e.Time = e.Time.Add(d)
	if e.Conversation != nil {
		c := *e.Conversation
		c.First, c.Last, c.Packets = c.First.Add(d), c.Last.Add(d), [2]uint64{20, 20}
		e.Conversation = &c
	}
	return e
}

func (f *fixture) alertOf(rule string) *store.AlertRow {
	f.t.Helper()
	all := f.alerts()
	for i := range all {
		if all[i].Rule == rule {
			return &all[i]
		}
	}
	return nil
}

// TestBaseline follows a deviation through the hub: learnt before, told when
// the zone operates, decided about, remembered over restarts.
func TestBaseline(t *testing.T) {
	f := newFixture(t)
	f.accept(saw(1, tyto.Category, "ot"), saw(2, tyto.Category, "it"), saw(3, tyto.Category, "it"), saw(4, tyto.Category, "it"), later(talked(subject(2), subject(1), "modbus"), 0),
		later(talked(subject(3), subject(2), "smb2"), 0), later(talked(subject(4), subject(2), "smb2"), 0))
	learning := func() (l tyto.Learning) {
		all, err := f.store.Learnings(t.Context())
		if err != nil || len(all) > 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		if len(all) == 1 {
			l = all[0]
		}
		return l
	}
	facts := func(q store.FactQuery) uint64 {
		page, err := f.store.Facts(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return page.Total
	}
	f.eventually("a conversation is usual", func() bool {
		return facts(store.FactQuery{Kind: []string{"conversation"}, Status: []string{"usual"}}) == 3
	})
	if !learning().Active || !learning().Until.Equal(start.Add(baseline.DefaultConfig().Learning)) {
		t.Errorf("it learns as %+v", learning())
	}
	restart := func() {
		t.Helper()
		if err := f.stop(); err != nil {
			t.Fatal(err)
		}
		f.begin(nil)
	}
	restart()
	f.Pass(baseline.DefaultConfig().Learning + time.Hour)
	f.eventually("it operates", func() bool { return learning().Active == false })
	const month = 30 * 24 * time.Hour
	f.accept(later(talked(subject(2), subject(1), "modbus"), month), later(talked(subject(3), subject(1), "modbus"), month))
	f.eventually("there is an alert", func() bool { return f.alertOf("new-conversation") != nil })
	a := f.alertOf("new-conversation")
	if len(f.alerts()) != 1 || a.Severity != tyto.Major || len(a.Devices) != 2 || !strings.Contains(a.Detail, "tcp/502 modbus with 10.0.0.1") {
		t.Errorf("%d alerts: %+v", len(f.alerts()), a)
	}
	restart()
	f.accept(later(talked(subject(3), subject(1), "modbus"), month+time.Hour))
	f.eventually("it goes on", func() bool { return f.alerts()[0].Count > a.Count })
	if len(f.alerts()) != 1 || f.alerts()[0].ID != a.ID {
		t.Errorf("after a restart: %+v", f.alerts())
	}
	if err := f.hub.Decide(t.Context(), "z", "ada", baseline.DecisionOn(a.ID, store.AlertLearned)); err != nil {
		t.Fatal(err)
	}
	f.eventually("it is usual now", func() bool { return facts(store.FactQuery{Status: []string{"deviates"}}) == 0 })
	restart()
	f.accept(later(talked(subject(3), subject(1), "modbus"), month+2*time.Hour), later(talked(subject(4), subject(1), "modbus"), month+2*time.Hour))
	f.eventually("another client is another matter", func() bool { return len(f.alerts()) == 2 })
	if err := f.hub.Decide(t.Context(), "nowhere", "ada", baseline.DecisionToLearn(time.Time{})); err == nil {
		t.Error("a zone that is none is decided about")
	}
	forged := baseline.Event("z", "eve", baseline.DecisionToLearn(start.Add(9*month)), start)
	forged.Sensor = "s"
	f.accept(forged, later(talked(subject(9), subject(2), "smb2"), month+3*time.Hour))
	f.eventually("a device is new", func() bool { return f.alertOf("new-device") != nil })
	if learning().Active {
		t.Error("a sensor decided")
	}
}

// TestMutes holds what nobody wants to be told of to be counted only.
func TestMutes(t *testing.T) {
	rules, err := detect.Load(content.Detections(), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t)
	f.detections = rules
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.begin(nil)
	for _, m := range []store.Mute{{ID: "1", Rule: "plc-stop", Subnet: "10.0.0.1/32", Expires: start.Add(time.Hour)}, {ID: "2", Zone: "other"}, {ID: "3", Subnet: "nonsense"}} {
		if err := f.store.PutMute(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.hub.RulesChanged(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.accept(saw(1, tyto.Address, "10.0.0.1"), stopped(subject(1), subject(2), 7), stopped(subject(3), subject(2), 8))
	f.eventually("there are alerts", func() bool { return len(f.alerts()) == 2 })
	status := func() map[string]string {
		all := map[string]string{}
		for _, a := range f.alerts() {
			all[a.Subjects[0].Addr.String()] = a.Status
		}
		return all
	}
	if s := status(); s["10.0.0.1"] != store.AlertMuted || s["10.0.0.3"] != store.AlertNew {
		t.Errorf("%v", s)
	}
	f.Pass(2 * time.Hour)
	f.accept(stopped(subject(1), subject(4), 9))
	f.eventually("the mute expired", func() bool {
		for _, a := range f.alerts() {
			if a.Subjects[0].Addr.String() == "10.0.0.1" && a.Status == store.AlertNew {
				return true
			}
		}
		return false
	})
}

// TestCountsOnOverRestart holds that what rules count is not lost with the hub.
func TestCountsOnOverRestart(t *testing.T) {
	rules, err := detect.Load(content.Detections(), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t)
	f.detections = rules
	failed := func(i uint64) tyto.Event {
		e := stopped(subject(1), subject(2), i)
		e.Act.Verb, e.Act.Operation, e.Act.Outcome = tyto.LoginFailed, "ftp login", "refused"
		return e
	}
	for _, part := range [][2]uint64{{0, 4}, {4, 8}} {
		if err := f.stop(); err != nil {
			t.Fatal(err)
		}
		f.begin(nil)
		for i := part[0]; i < part[1]; i++ {
			f.accept(failed(i))
		}
	}
	f.eventually("eight failures in two halves", func() bool { return f.alertOf("login-failures") != nil })
	if a := f.alertOf("login-failures"); a.Count != 8 {
		t.Errorf("%+v", a)
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.begin(nil)
	f.accept(failed(9))
	f.eventually("one more", func() bool { return f.alertOf("login-failures").Count == 9 })
}
