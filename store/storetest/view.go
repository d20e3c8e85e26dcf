package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// glance is everything that a view shows.
type glance struct {
	Devices       store.Page[store.DeviceRow]
	Each          []string
	First         []store.DeviceRow
	Count         uint64
	DeviceTotals  store.DeviceTotals
	Conversations store.Page[store.ConversationRow]
	Totals        store.ConversationTotals
	Traffic       []store.Traffic
	Map           store.Map
	Alerts        store.Page[store.AlertRow]
	AlertTotals   []store.Count
	Sensors       []store.Sensor
}

func look(t testing.TB, v store.View) (g glance) {
	t.Helper()
	all := store.Window{Sort: "first_seen", Limit: 500}
	g.Devices = get[store.Page[store.DeviceRow]](t)(v.Devices(ctx, store.DeviceQuery{Window: all}))
	must(t, v.EachDevice(ctx, store.DeviceQuery{Window: all}, func(r store.DeviceRow) error { g.Each = append(g.Each, r.ID); return nil }))
	g.First = get[[]store.DeviceRow](t)(v.FirstDevices(ctx, "first_seen", 3))
	g.Count = get[uint64](t)(v.CountDevices(ctx))
	g.DeviceTotals = get[store.DeviceTotals](t)(v.DeviceTotals(ctx))
	g.Conversations = get[store.Page[store.ConversationRow]](t)(v.Conversations(ctx, store.ConversationQuery{Window: all}))
	g.Totals = get[store.ConversationTotals](t)(v.ConversationTotals(ctx))
	g.Traffic = get[[]store.Traffic](t)(v.Traffic(ctx, time.Hour, 10))
	g.Map = get[store.Map](t)(v.Map(ctx, store.MapQuery{Devices: store.DeviceQuery{Window: all}, Links: 100}))
	g.Alerts = get[store.Page[store.AlertRow]](t)(v.Alerts(ctx, store.AlertQuery{Window: all}))
	g.AlertTotals = get[[]store.Count](t)(v.AlertTotals(ctx))
	g.Sensors = get[[]store.Sensor](t)(v.Sensors(ctx))
	return g
}

// furnish writes something of every kind into a zone, named after it.
func furnish(t testing.TB, s store.Store, zone string, more int) {
	t.Helper()
	c := store.Change{Zone: zone, Traffic: []store.Traffic{{Time: epoch.Add(time.Duration(more) * time.Minute), Packets: uint64(more), Bytes: 100}},
		Sensors: []store.SensorReport{{Sensor: "both", Zone: zone, Version: zone, Interface: zone, Time: epoch, Received: epoch.Add(time.Duration(more) * time.Second), Counters: map[string]uint64{"packets": 1}},
			{Sensor: "of-" + zone, Zone: zone, Version: "1", Interface: "eth0", Time: epoch, Received: epoch, Counters: map[string]uint64{}}}}
	for i := range 4 + more {
		d := device(i)
		d.Row.ID, d.Row.Zone, d.Row.Hostname, d.Row.Sensor = zone+d.Row.ID, zone, zone+d.Row.Hostname, "of-"+zone
		d.Row.First, d.Row.Last = d.Row.First.Add(time.Duration(more)*time.Hour), d.Row.Last.Add(time.Duration(more)*time.Hour)
		d.Text, d.Device = zone+d.Text, whole(&d.Row)
		c.Devices = append(c.Devices, d)
		a := alert(i, tyto.Severity(i%3)+tyto.Minor, time.Duration(i)*time.Minute)
		a.ID, a.Devices = zone+a.ID, []string{d.Row.ID}
		c.Alerts = append(c.Alerts, a)
		x := conversation(byte(i), byte(i+1), []string{"http", zone}[i%2])
		x.Zone, x.ClientDevice, x.ServerDevice, x.ServerName = zone, d.Row.ID, "", zone+".example"
		x.Server.Addr, x.Scope = frame.V4(198, 51, 100, byte(i)), store.ScopeInternet
		c.Conversations = append(c.Conversations, x)
	}
	must(t, s.Write(ctx, c))
}

// testView compares what is seen of a zone among others with all that is seen
// of a store that has no other.
func testView(t *testing.T, p Place) {
	s := p(t)
	empty := look(t, store.All(s))
	furnish(t, s, "a", 0)
	want := look(t, store.All(s))
	if want.Count != 4 || want.Totals.Internet != 4 || len(want.Map.Links) != 4 || len(want.Alerts.Items) != 4 || len(want.Sensors) != 2 || len(want.Traffic) != 1 {
		t.Fatalf("zone a alone: %+v", want)
	}
	furnish(t, s, "b", 2)
	furnish(t, s, "c", 3)
	if d := cmp.Diff(want, look(t, store.Within(s, []string{"a"}))); d != "" {
		t.Errorf("zone a among others: %s", d)
	}
	if d := cmp.Diff(look(t, store.All(s)), look(t, store.Within(s, []string{"a", "b", "c"}))); d != "" {
		t.Errorf("all zones by name: %s", d)
	}
	if d := cmp.Diff(empty, look(t, store.Within(s, nil)), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("no zone: %s", d)
	}
	v := store.Within(s, []string{"a"})
	if page := get[store.Page[store.DeviceRow]](t)(v.Devices(ctx, store.DeviceQuery{Zone: []string{"b"}, Window: store.Window{Limit: 9}})); page.Total != 0 || len(page.Items) != 0 {
		t.Errorf("asked for zone b, it tells of %d devices", page.Total)
	}
	if page := get[store.Page[store.ConversationRow]](t)(v.Conversations(ctx, store.ConversationQuery{Device: "bd0001", Text: "b", Window: store.Window{Limit: 9}})); page.Total != 0 {
		t.Errorf("asked for a device of zone b, it tells of %d conversations", page.Total)
	}
	for id, seen := range map[string]bool{"ad0001": true, "bd0001": false} {
		if _, _, err := v.Device(ctx, id); (err == nil) != seen || !seen && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("device %s: %v", id, err)
		}
	}
	for _, zone := range []string{"a", "b"} {
		id := zone + alert(1, tyto.Minor, 0).ID
		err := v.DecideAlert(ctx, id, store.AlertNote{Time: epoch, Who: "ada", What: store.AlertClosed})
		row, notes, _ := store.All(s).Alert(ctx, id)
		if seen := zone == "a"; (err == nil) != seen || (row.Status == store.AlertClosed) != seen || (len(notes) > 0) != seen {
			t.Errorf("deciding about %s: %v; it is %s", id, err, row.Status)
		}
		if _, _, err := v.Alert(ctx, id); (err == nil) != (zone == "a") || err != nil && !strings.Contains(err.Error(), "not found") {
			t.Errorf("alert %s: %v", id, err)
		}
	}
}
