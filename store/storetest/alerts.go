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

func alert(i int, severity tyto.Severity, after time.Duration) tyto.Alert {
	return tyto.Alert{ID: fmt.Sprintf("%016d", i), Rule: fmt.Sprintf("rule-%d", i%2), Severity: severity, Title: fmt.Sprintf("Alert %d", i), Detail: "502 % x",
		Subjects: []tyto.Subject{{Addr: frame.V4(10, 0, 0, byte(i))}}, Devices: []string{fmt.Sprintf("d%d", i)}, Techniques: []string{"T0858"},
		Evidence: tyto.Evidence{Capture: "a.pcap", Packet: uint64(i + 1), Protocol: "modbus"}, First: epoch.Add(after), Last: epoch.Add(after), Count: 2}
}

func testAlerts(t *testing.T, p Place) {
	s := p(t)
	c := store.Change{Zone: "z"}
	for i := range 5 {
		c.Alerts = append(c.Alerts, alert(i, tyto.Severity(i%2)+tyto.Minor, time.Duration(i)*time.Minute))
	}
	must(t, s.Write(ctx, c))
	// It goes on; the earliest evidence stays.
	again := alert(1, tyto.Major, time.Hour)
	again.Evidence.Packet = 99
	must(t, s.Write(ctx, store.Change{Zone: "z", Alerts: []tyto.Alert{again}}))
	s = p(t)
	one, notes, err := s.Alert(ctx, again.ID)
	must(t, err)
	want := c.Alerts[1]
	want.Count, want.Last = 4, again.Last
	if d := cmp.Diff(want, one.Alert); d != "" || one.Status != store.AlertNew || one.Zone != "z" || len(notes) != 0 {
		t.Errorf("%+v, history %v: %s", one, notes, d)
	}
	if _, _, err := s.Alert(ctx, "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown alert: %v", err)
	}
	for name, x := range map[string]struct {
		q     store.AlertQuery
		total uint64
		first int
	}{
		"all":      {store.AlertQuery{}, 5, 1},
		"severity": {store.AlertQuery{Severity: []string{"major"}}, 2, 1},
		"nonsense": {store.AlertQuery{Severity: []string{"x"}}, 0, -1},
		"rule":     {store.AlertQuery{Rule: []string{"rule-0"}}, 3, 4},
		"device":   {store.AlertQuery{Device: "d3"}, 1, 3},
		"text":     {store.AlertQuery{Text: "10.0.0.2"}, 1, 2},
		"escaped":  {store.AlertQuery{Text: "2%x"}, 0, -1},
		"status":   {store.AlertQuery{Status: []string{store.AlertClosed}}, 0, -1},
		"zone":     {store.AlertQuery{Zone: []string{"other"}}, 0, -1},
		"oldest":   {store.AlertQuery{Window: store.Window{Sort: "first_seen"}}, 5, 0},
		"gravest":  {store.AlertQuery{Window: store.Window{Sort: "severity", Desc: true}}, 5, 1},
	} {
		x.q.Limit = 3
		page := get[store.Page[store.AlertRow]](t)(s.Alerts(ctx, x.q))
		if page.Total != x.total || x.first >= 0 && page.Items[0].ID != c.Alerts[x.first].ID || len(page.Items) > 3 {
			t.Errorf("%s: %d alerts, %v", name, page.Total, page.Items)
		}
	}
	page := get[store.Page[store.AlertRow]](t)(s.Alerts(ctx, store.AlertQuery{Severity: []string{"major"}, Window: store.Window{Limit: 1}}))
	facets := map[string][]store.Count{"status": {{Key: "new", Count: 2}}, "severity": {{Key: "minor", Count: 3}, {Key: "major", Count: 2}}, "rule": {{Key: "rule-1", Count: 2}}}
	if d := cmp.Diff(facets, page.Facets); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]store.Count{{Key: "major", Count: 2}, {Key: "minor", Count: 3}}, get[[]store.Count](t)(s.AlertTotals(ctx))); d != "" {
		t.Error(d)
	}
}

func testAlertDecisions(t *testing.T, p Place) {
	s := p(t)
	must(t, s.Write(ctx, store.Change{Zone: "z", Alerts: []tyto.Alert{alert(0, tyto.Minor, 0), alert(1, tyto.Major, 0)}}))
	close := store.AlertNote{Time: epoch.Add(time.Hour), Who: "ada", What: store.AlertClosed, Comment: "planned"}
	mute := store.AlertNote{Time: epoch.Add(time.Hour), Who: "ada", What: store.AlertMuted}
	must(t, s.DecideAlert(ctx, alert(0, 0, 0).ID, close))
	must(t, s.DecideAlert(ctx, alert(1, 0, 0).ID, mute))
	if err := s.DecideAlert(ctx, "nobody", close); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown alert: %v", err)
	}
	if open := get[[]store.Count](t)(s.AlertTotals(ctx)); len(open) != 0 {
		t.Errorf("open are %v", open)
	}
	s = p(t)
	must(t, s.Write(ctx, store.Change{Zone: "z", Alerts: []tyto.Alert{alert(0, tyto.Minor, 0)}})) // counted late, and nothing new
	if one, _, err := s.Alert(ctx, alert(0, 0, 0).ID); err != nil || one.Status != store.AlertClosed {
		t.Errorf("%+v, %v", one, err)
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Alerts: []tyto.Alert{alert(0, tyto.Minor, time.Minute), alert(1, tyto.Major, time.Minute)}}))
	one, notes, err := s.Alert(ctx, alert(0, 0, 0).ID)
	must(t, err)
	if d := cmp.Diff([]store.AlertNote{close, {Time: epoch.Add(time.Minute), What: store.AlertNew}}, notes); d != "" || one.Status != store.AlertNew || one.Count != 6 {
		t.Errorf("it came again: %+v: %s", one, d)
	}
	if one, notes, err := s.Alert(ctx, alert(1, 0, 0).ID); err != nil || one.Status != store.AlertMuted || len(notes) != 1 || one.Count != 4 {
		t.Errorf("it was muted: %+v, %v, %v", one, notes, err)
	}
	var told []string
	for _, e := range follow(t, s, 0) {
		for _, x := range e.Events {
			told = append(told, fmt.Sprint(e.Zone, " ", x.Alert.ID[15:], " ", x.Alert.Status, " ", x.Alert.By, " ", x.Alert.Comment))
		}
	}
	if d := cmp.Diff([]string{"z 0 closed ada planned", "z 1 muted ada ", "z 0 new  "}, told); d != "" {
		t.Errorf("readers were told: %s", d)
	}
	if one.Alert.Status != "" {
		t.Errorf("the status is kept twice: %+v", one)
	}
}
