package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/store"
)

func machine(i int) store.Machine {
	return store.Machine{Connector: "defender", ID: fmt.Sprintf("m%d", i), Zone: fmt.Sprintf("z%d", i%2), Name: fmt.Sprintf("PC-%d", i), Onboarding: "Onboarded",
		Adapters: []store.Adapter{{MAC: fmt.Sprintf("02:00:00:00:00:%02x", i), IPs: []string{fmt.Sprintf("10.0.0.%d", i)}}}, Tags: []string{"a%_b"},
		First: epoch, Last: epoch.Add(time.Duration(i) * time.Hour)}
}

func testMachines(t *testing.T, p Place) {
	s := p(t)
	if v := get[string](t)(s.ConnectState(ctx, "defender", "cursor")); v != "" {
		t.Errorf("the state of nothing is %q", v)
	}
	must(t, s.PutConnectState(ctx, "defender", "cursor", "1"))
	must(t, s.PutConnectState(ctx, "defender", "cursor", "2"))
	must(t, s.PutConnectState(ctx, "other", "cursor", "3"))
	var all []store.Machine
	for i := range 5 {
		all = append(all, machine(i))
	}
	other := machine(0)
	other.Connector = "other"
	must(t, s.PutMachines(ctx, append(all, other)))
	all[2].Device, all[2].Heard = "d2", true
	must(t, s.PutMachines(ctx, all[2:3]))
	s = p(t)
	if v := get[string](t)(s.ConnectState(ctx, "defender", "cursor")); v != "2" {
		t.Errorf("the state is %q", v)
	}
	got, found, err := s.Machine(ctx, "defender", "m2")
	if d := cmp.Diff(all[2], got); d != "" || !found || err != nil {
		t.Errorf("found %v, %v: %s", found, err, d)
	}
	if _, found, err := s.Machine(ctx, "defender", "m9"); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	for name, x := range map[string]struct {
		q     store.MachineQuery
		total uint64
		first string
	}{
		"all":     {store.MachineQuery{}, 5, "m0"},
		"unheard": {store.MachineQuery{Unheard: true}, 4, "m0"},
		"zone":    {store.MachineQuery{Zone: []string{"z1"}}, 2, "m1"},
		"address": {store.MachineQuery{Text: "10.0.0.3"}, 1, "m3"},
		"name":    {store.MachineQuery{Text: "pc-4"}, 1, "m4"},
		"escaped": {store.MachineQuery{Text: "p%4"}, 0, ""},
		"offset":  {store.MachineQuery{Window: store.Window{Offset: 3}}, 5, "m3"},
	} {
		x.q.Connector, x.q.Limit = "defender", 2
		page := get[store.Page[store.Machine]](t)(s.Machines(ctx, x.q))
		if page.Total != x.total || len(page.Items) > 2 || x.first != "" && page.Items[0].ID != x.first {
			t.Errorf("%s: %d machines, %v", name, page.Total, page.Items)
		}
	}
	if page := get[store.Page[store.Machine]](t)(store.Within(s, []string{"z1"}).Machines(ctx, store.MachineQuery{Connector: "defender", Window: store.Window{Limit: 9}})); page.Total != 2 {
		t.Errorf("from zone z1 %d are seen", page.Total)
	}
	if n := get[int64](t)(s.DropMachines(ctx, "defender", epoch.Add(2*time.Hour))); n != 2 {
		t.Errorf("%d were forgotten, want 2", n)
	}
	var left []string
	must(t, s.EachMachine(ctx, "defender", func(m store.Machine) error { left = append(left, m.ID); return nil }))
	if d := cmp.Diff([]string{"m2", "m3", "m4"}, left); d != "" {
		t.Error(d)
	}
}

func testUnconnected(t *testing.T, p Place) {
	s := p(t)
	var devices []store.DeviceRecord
	for i := range 4 {
		d := device(i)
		d.Text += fmt.Sprintf("\n02:00:00:00:00:%02x\n02:00:00:00:01:%02x\nnot a mac 02:00:00:00:00:ff\n", i, i)
		if d.Row.Packets++; i == 3 {
			d.Row.Packets = 0
		}
		devices = append(devices, d)
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Devices: devices}))
	m := machine(0)
	m.Device = devices[1].Row.ID
	other := machine(1)
	other.Connector, other.Device = "other", devices[2].Row.ID
	must(t, s.PutMachines(ctx, []store.Machine{m, other}))
	s = p(t)
	q := store.UnconnectedQuery{Connector: "defender", Window: store.Window{Limit: 9}}
	page := get[store.Page[store.DeviceRow]](t)(s.Unconnected(ctx, q))
	got := map[string]bool{}
	for _, r := range page.Items {
		got[r.ID] = true
	}
	if d := cmp.Diff(map[string]bool{devices[0].Row.ID: true, devices[2].Row.ID: true}, got); d != "" || page.Total != 2 {
		t.Errorf("%d: %s", page.Total, d)
	}
	if page := get[store.Page[store.DeviceRow]](t)(store.Within(s, []string{"nowhere"}).Unconnected(ctx, q)); page.Total != 0 {
		t.Errorf("from nowhere %d are seen", page.Total)
	}
	addresses := map[string]store.DeviceAddress{}
	must(t, s.EachAddress(ctx, func(a store.DeviceAddress) error { addresses[a.ID] = a; return nil }))
	want := store.DeviceAddress{ID: devices[2].Row.ID, Zone: devices[2].Row.Zone, Heard: true, MACs: []string{"02:00:00:00:00:02", "02:00:00:00:01:02"}}
	a := addresses[want.ID]
	if n := len(a.MACs); n > 2 {
		a.MACs = a.MACs[n-2:] // before are the device's own
	}
	if d := cmp.Diff(want, a); d != "" || len(addresses) != 4 || addresses[devices[3].Row.ID].Heard {
		t.Errorf("%v: %s", addresses, d)
	}
}
