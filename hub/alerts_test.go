package hub

import (
	"testing"
	"time"

	"tyto/content"
	"tyto/detect"
	"tyto/store"
	"tyto/tyto"
)

func (f *fixture) alerts() []store.AlertRow {
	f.t.Helper()
	page, err := f.store.Alerts(f.t.Context(), store.AlertQuery{Window: store.Window{Limit: 100}})
	if err != nil {
		f.t.Fatal(err)
	}
	return page.Items
}

func stopped(client, server tyto.Subject, packet uint64) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Sensor: "s", Zone: "z", Time: start.Add(time.Duration(packet) * time.Second), Kind: tyto.KindAct, Act: &tyto.Act{
		Client: client, Server: server, Verb: tyto.Stop, Operation: "s7comm plc stop", Outcome: "ok", Evidence: tyto.Evidence{Sensor: "s", Capture: "eth1", Packet: packet, Protocol: "s7comm"}}}
}

// TestAlerts follows an alert through the hub: raised, told to readers, gone
// on, closed, come again, and counted once each over a restart.
func TestAlerts(t *testing.T) {
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
	f.accept(saw(1, tyto.Address, "10.0.0.1"), saw(2, tyto.Address, "10.0.0.2"), stopped(subject(1), subject(2), 7))
	f.eventually("there is an alert", func() bool { return len(f.alerts()) == 1 })
	a := f.alerts()[0]
	if a.Rule != "plc-stop" || a.Status != store.AlertNew || a.Evidence.Packet != 7 || a.Evidence.Capture != "eth1" || len(a.Devices) != 2 || a.Count != 1 || a.Zone != "z" {
		t.Errorf("%+v", a)
	}
	told := 0
	err = f.store.Follow(t.Context(), 0, func(e store.Entry) error {
		for _, e := range e.Events {
			if e.Alert != nil && e.Alert.ID == a.ID {
				told++
			}
		}
		return nil
	})
	if err != nil || told != 1 {
		t.Errorf("readers were told %d times, error %v", told, err)
	}
	if err := f.store.DecideAlert(t.Context(), a.ID, store.AlertNote{Time: start, Who: "ada", What: store.AlertClosed}); err != nil {
		t.Fatal(err)
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.begin(nil)
	if a := f.alerts()[0]; a.Status != store.AlertClosed || a.Count != 1 {
		t.Errorf("after a restart: %+v", a)
	}
	f.accept(stopped(subject(1), subject(2), 9))
	f.eventually("it is new once more", func() bool { a := f.alerts(); return a[0].Status == store.AlertNew && a[0].Count == 2 })
	if a := f.alerts()[0]; a.Evidence.Packet != 7 || !a.Last.Equal(start.Add(9*time.Second)) {
		t.Errorf("went on as %+v", a)
	}
}
