package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

func fact(i int, status tyto.FactStatus) tyto.Fact {
	return tyto.Fact{ID: fmt.Sprintf("%016d", i), Kind: tyto.FactKinds[i%len(tyto.FactKinds)], Device: "d1", Peer: fmt.Sprintf("p%d", i), What: fmt.Sprintf("tcp/%d_x", 500+i), Protocol: "modbus",
		Verb: tyto.Write, Client: tyto.Subject{MAC: frame.MAC{2, 0, 0, 0, 0, 1}, Addr: frame.V4(10, 0, 0, 1)}, Server: tyto.Subject{Addr: frame.V4(10, 0, 1, byte(i))}, Status: status,
		Alert: "a", By: "ada", Later: true, First: epoch.Add(time.Duration(i) * time.Minute), Last: epoch.Add(time.Duration(i) * time.Hour), Count: 7, Evidence: tyto.Evidence{Capture: "eth1", Packet: 9}}
}

func testFacts(t *testing.T, p Place) {
	s := p(t)
	c := store.Change{Zone: "z", Learning: &tyto.Learning{Zone: "z", Active: true, Since: epoch, Until: epoch.Add(time.Hour)}}
	for i := range 6 {
		c.Facts = append(c.Facts, fact(i, tyto.Usual))
	}
	must(t, s.Write(ctx, c))
	must(t, s.Write(ctx, store.Change{Zone: "other", Facts: []tyto.Fact{fact(0, tyto.Ignored)}}))
	stop := tyto.Learning{Zone: "z", Since: epoch.Add(time.Hour), By: "ada"}
	must(t, s.Write(ctx, store.Change{Zone: "z", Learning: &stop, Facts: []tyto.Fact{fact(2, tyto.Deviates)}, FactsGone: []string{fact(5, "").ID, "nobody"}}))
	s = p(t)
	if d := cmp.Diff([]tyto.Learning{stop}, get[[]tyto.Learning](t)(s.Learnings(ctx))); d != "" {
		t.Error(d)
	}
	var all []tyto.Fact
	must(t, s.EachFact(ctx, "z", func(f tyto.Fact) error { all = append(all, f); return nil }))
	if d := cmp.Diff([]tyto.Fact{fact(0, tyto.Usual), fact(1, tyto.Usual), fact(2, tyto.Deviates), fact(3, tyto.Usual), fact(4, tyto.Usual)}, all); d != "" {
		t.Error(d)
	}
	if one, err := s.Fact(ctx, "z", fact(2, "").ID); err != nil || cmp.Diff(fact(2, tyto.Deviates), one) != "" {
		t.Errorf("%+v, %v", one, err)
	}
	if _, err := s.Fact(ctx, "z", fact(5, "").ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is gone, and there is %v", err)
	}
	for name, x := range map[string]struct {
		q     store.FactQuery
		total uint64
		first int
	}{
		"all":     {store.FactQuery{}, 6, 4},
		"oldest":  {store.FactQuery{Window: store.Window{Sort: "first_seen"}, Zone: []string{"z"}}, 5, 0},
		"status":  {store.FactQuery{Status: []string{"deviates"}}, 1, 2},
		"kind":    {store.FactQuery{Kind: []string{string(tyto.FactKinds[1])}}, 1, 1},
		"peer":    {store.FactQuery{Device: "p3"}, 1, 3},
		"device":  {store.FactQuery{Device: "d1", Zone: []string{"z"}}, 5, 4},
		"text":    {store.FactQuery{Text: "10.0.1.3 modbus"}, 1, 3},
		"escaped": {store.FactQuery{Text: "50%x"}, 0, -1},
	} {
		x.q.Limit = 10
		page := get[store.Page[store.FactRow]](t)(s.Facts(ctx, x.q))
		if page.Total != x.total || x.first >= 0 && page.Items[0].ID != fact(x.first, "").ID {
			t.Errorf("%s: %d facts, %+v", name, page.Total, page.Items)
		}
	}
	page := get[store.Page[store.FactRow]](t)(s.Facts(ctx, store.FactQuery{Zone: []string{"z"}, Kind: []string{string(tyto.FactKinds[2])}, Window: store.Window{Limit: 1}}))
	if d := cmp.Diff([]store.Count{{Key: "deviates", Count: 1}}, page.Facets["status"]); d != "" || len(page.Facets["kind"]) != 5 {
		t.Errorf("%s, %+v", d, page.Facets)
	}
}

func testMutes(t *testing.T, p Place) {
	s := p(t)
	a := store.Mute{ID: "a", Zone: "z", Rule: "plc-stop", Device: "d1", Subnet: "10.0.0.0/8", Expires: epoch.Add(time.Hour), Created: epoch, By: "ada", Comment: "maintenance"}
	b := store.Mute{ID: "b", Rule: "telnet", Created: epoch.Add(time.Minute), By: "bob"}
	must(t, s.PutMute(ctx, a))
	must(t, s.PutMute(ctx, b))
	a.Comment = "longer"
	must(t, s.PutMute(ctx, a))
	s = p(t)
	if d := cmp.Diff([]store.Mute{b, a}, get[[]store.Mute](t)(s.Mutes(ctx))); d != "" {
		t.Error(d)
	}
	must(t, s.DropMute(ctx, "b"))
	if err := s.DropMute(ctx, "b"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("dropped twice: %v", err)
	}
	if left := get[[]store.Mute](t)(s.Mutes(ctx)); len(left) != 1 {
		t.Errorf("left are %+v", left)
	}
}

func testIndicators(t *testing.T, p Place) {
	s := p(t)
	x := store.IndicatorList{Name: "feed", Text: "203.0.113.9\nevil.example\n", Entries: 2, Put: epoch, By: "ada"}
	must(t, s.PutIndicators(ctx, x))
	x.Text, x.Entries = "evil.example\n", 1
	must(t, s.PutIndicators(ctx, x))
	s = p(t)
	if d := cmp.Diff([]store.IndicatorList{x}, get[[]store.IndicatorList](t)(s.Indicators(ctx))); d != "" {
		t.Error(d)
	}
	must(t, s.DropIndicators(ctx, "feed"))
	if err := s.DropIndicators(ctx, "feed"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("dropped twice: %v", err)
	}
}

// testQuiet holds that alerts which nobody wants to be told of are not new,
// and that an alert keeps the one that it came of.
func testQuiet(t *testing.T, p Place) {
	s := p(t)
	muted, closed, child := alert(0, tyto.Minor, 0), alert(1, tyto.Minor, 0), alert(2, tyto.Minor, 0)
	must(t, s.Write(ctx, store.Change{Zone: "z", Alerts: []tyto.Alert{muted, closed, child}, Quiet: map[string]string{muted.ID: store.AlertMuted}}))
	must(t, s.DecideAlert(ctx, closed.ID, store.AlertNote{Time: epoch, Who: "ada", What: store.AlertClosed}))
	again := alert(1, tyto.Minor, time.Hour)
	child.Parent, child.Count = closed.ID, 0
	must(t, s.Write(ctx, store.Change{Zone: "z", Alerts: []tyto.Alert{again, child}, Quiet: map[string]string{closed.ID: store.AlertMuted}}))
	s = p(t)
	for id, want := range map[string]string{muted.ID: store.AlertMuted, closed.ID: store.AlertClosed, child.ID: store.AlertNew} {
		if one, _, err := s.Alert(ctx, id); err != nil || one.Status != want {
			t.Errorf("%s is %s, want %s; %v", id, one.Status, want, err)
		}
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Alerts: []tyto.Alert{alert(2, tyto.Minor, time.Hour)}})) // told without its parent
	top := get[store.Page[store.AlertRow]](t)(s.Alerts(ctx, store.AlertQuery{Top: true, Window: store.Window{Limit: 9}}))
	of := get[store.Page[store.AlertRow]](t)(s.Alerts(ctx, store.AlertQuery{Parent: closed.ID, Window: store.Window{Limit: 9}}))
	if top.Total != 2 || of.Total != 1 || of.Items[0].ID != child.ID || of.Items[0].Parent != closed.ID {
		t.Errorf("%d at the top, of the parent %+v", top.Total, of.Items)
	}
	for _, x := range top.Items {
		if want := map[string]uint64{closed.ID: 1}[x.ID]; x.Children != want {
			t.Errorf("%s has %d children, want %d", x.ID, x.Children, want)
		}
	}
}

// testRulesPrint holds that the print follows every change of rules, and that it
// is the same otherwise.
func testRulesPrint(t *testing.T, p Place) {
	s := p(t)
	before := get[string](t)(s.RulesPrint(ctx))
	seen := map[string]bool{before: true}
	list := store.IndicatorList{Name: "feed", Text: "203.0.113.9\n", Entries: 1, Put: epoch}
	for i, change := range []func() error{
		func() error { return s.PutMute(ctx, store.Mute{ID: "1", Rule: "r", Created: epoch}) },
		func() error { return s.PutIndicators(ctx, list) },
		func() error {
			list.Text = "203.0.113.19\n"
			return s.PutIndicators(ctx, list)
		},
		func() error {
			list.Put = list.Put.Add(time.Second)
			return s.PutIndicators(ctx, list)
		},
		func() error { return s.DropMute(ctx, "1") },
	} {
		must(t, change())
		print := get[string](t)(s.RulesPrint(ctx))
		if again := get[string](t)(p(t).RulesPrint(ctx)); seen[print] || again != print {
			t.Errorf("after change %d the print is %s, %s when it is asked again, and was before: %v", i, print, again, seen[print])
		}
		s = p(t)
		seen[print] = true
	}
	must(t, s.DropIndicators(ctx, "feed"))
	if print := get[string](t)(s.RulesPrint(ctx)); print != before {
		t.Errorf("without rules the print is %s, and was %s", print, before)
	}
}
