package forward_test

import (
	"errors"
	"testing"
	"time"

	"tyto/forward"
	"tyto/forward/forwardtest"
	"tyto/lab/doubles"
	"tyto/outbound"
	"tyto/tyto"
)

// snow is a ServiceNow, and an output to it.
func snow(t testing.TB) (*doubles.ServiceNowDouble, *doubles.Server, forward.Output) {
	far := doubles.ServiceNow()
	at := doubles.Serve(t, far)
	o := open(t, forward.Destination{ServiceNow: &forward.ServiceNow{Instance: outbound.Instance{URL: at.URL, User: doubles.SnowUser, Password: secret(t, doubles.SnowPassword)},
		Fields: map[string]string{"assignment_group": "OT"}, Classes: map[string]string{"ip_camera": "cmdb_ci_netgear"}}})
	t.Cleanup(func() { _ = o.Close() })
	return far, at, o
}

func decision(n int, status, by string) tyto.Event {
	e := forwardtest.Alert(n)
	e.Alert.ID, e.Alert.Status, e.Alert.By, e.Alert.Comment = "a"+string(rune('0'+n)), status, by, "planned work"
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestIncidentFollowsItsAlert from new over closed to new once more.
func TestIncidentFollowsItsAlert(t *testing.T) {
	far, at, o := snow(t)
	one := func(state string) map[string]string {
		t.Helper()
		all := far.Incidents()
		if len(all) != 1 || all[0]["state"] != state {
			t.Fatalf("the incidents are %v, want one in state %s", all, state)
		}
		return all[0]
	}
	must(t, o.Send(t.Context(), []tyto.Event{decision(1, "", ""), decision(1, "active", "ada")}))
	i := one("2")
	if i["urgency"] != "2" || i["impact"] != "2" || i["correlation_id"] != "a1" || i["assignment_group"] != "OT" || i["short_description"] != "event-00001" {
		t.Errorf("the incident is %v", i)
	}
	far.Set("a1", "state", "1")
	must(t, o.Send(t.Context(), []tyto.Event{decision(1, "new", "ada")})) // a comment of hers
	if i := one("1"); i["work_notes"] != "Tyto: new by ada: planned work" {
		t.Errorf("the incident is %v", i)
	}
	must(t, o.Send(t.Context(), []tyto.Event{decision(1, "closed", "ada")}))
	if i := one("6"); i["close_code"] == "" || i["close_notes"] != "Tyto: closed by ada: planned work" {
		t.Errorf("the incident is %v", i)
	}
	must(t, o.Send(t.Context(), []tyto.Event{decision(1, "new", "")}))
	one("2")
	must(t, o.Send(t.Context(), []tyto.Event{decision(2, "muted", "ada")})) // of an alert that was never told: no incident
	one("2")
	// After a restart the incident is found; one that somebody closed for good is followed by another.
	again := open(t, forward.Destination{ServiceNow: &forward.ServiceNow{Instance: outbound.Instance{URL: at.URL, User: doubles.SnowUser, Password: secret(t, doubles.SnowPassword)}}})
	defer again.Close()
	must(t, again.Send(t.Context(), []tyto.Event{decision(1, "learned", "ada")}))
	one("6")
	far.Set("a1", "state", "7")
	last := open(t, forward.Destination{ServiceNow: &forward.ServiceNow{Instance: outbound.Instance{URL: at.URL, User: doubles.SnowUser, Password: secret(t, doubles.SnowPassword)}}})
	defer last.Close()
	for range 2 {
		must(t, last.Send(t.Context(), []tyto.Event{decision(1, "new", "")}))
	}
	if all := far.Incidents(); len(all) != 2 || all[1]["correlation_id"] != "a1" {
		t.Errorf("the incidents are %v, want another of the same alert", all)
	}
}

// TestClosedMeanwhile: somebody closes an incident for good, whose state was known.
func TestClosedMeanwhile(t *testing.T) {
	far, _, o := snow(t)
	must(t, o.Send(t.Context(), []tyto.Event{decision(1, "", "")}))
	far.Set("a1", "state", "7")
	if err := o.Send(t.Context(), []tyto.Event{decision(1, "new", "")}); err == nil {
		t.Fatal("a closed incident was changed")
	}
	must(t, o.Send(t.Context(), []tyto.Event{decision(1, "new", "")}))
	if all := far.Incidents(); len(all) != 2 || all[1]["state"] != "1" {
		t.Errorf("the incidents are %v, want another of the same alert", all)
	}
}

// TestNoIncidentTwice although the answer to the request that made it was lost.
func TestNoIncidentTwice(t *testing.T) {
	far, _, o := snow(t)
	must(t, o.Send(t.Context(), []tyto.Event{decision(1, "", "")}))
	far.Reset() // the look-up
	if err := o.Send(t.Context(), []tyto.Event{decision(2, "", "")}); err == nil {
		t.Fatal("a torn answer was taken")
	}
	must(t, o.Send(t.Context(), []tyto.Event{decision(1, "", ""), decision(2, "", ""), decision(1, "", "")}))
	if all := far.Incidents(); len(all) != 2 {
		t.Errorf("the incidents are %v, want two", all)
	}
}

func device(id, typ, serial string) tyto.Event {
	return tyto.Event{Version: 1, Zone: "z", Time: time.Unix(1_772_366_400, 0), Kind: tyto.KindDevice, Device: &tyto.DeviceChange{ID: id, Type: typ, Serial: serial, Category: "iot",
		Vendor: "Axis", Model: "P3245", Hostname: "cam-" + id, IPs: []string{"10.0.0.7"}, MACs: []string{"02:00:00:00:00:01"}, First: time.Unix(1_772_000_000, 0), Last: time.Unix(1_772_366_400, 0)}}
}

func TestItemsAreReconciled(t *testing.T) {
	far, _, o := snow(t)
	gone := device("d9", "", "")
	gone.Device.Gone = true
	must(t, o.Send(t.Context(), []tyto.Event{device("d1", "ip_camera", "S1"), device("d2", "printer", ""), device("d3", "never_heard_of", ""), gone}))
	must(t, o.Send(t.Context(), []tyto.Event{device("d1", "ip_camera", "S1"), device("d7", "ip_camera", "S1")})) // merged under another id: the serial number tells
	items := far.Items()
	if len(items) != 3 {
		t.Fatalf("the items are %v, want three", items)
	}
	for i, want := range []string{"cmdb_ci_netgear", "cmdb_ci_printer", "cmdb_ci_hardware"} {
		if items[i]["sys_class_name"] != want {
			t.Errorf("item %d is a %s, want %s", i, items[i]["sys_class_name"], want)
		}
	}
	if items[0]["native"] != "d7" || items[0]["first_discovered"] != "2026-02-25 06:13:20" || items[0]["manufacturer"] != "Axis" {
		t.Errorf("the first item is %v", items[0])
	}
	bad := device("d4", "printer", "")
	bad.Device.Model = "poison"
	err := o.Send(t.Context(), []tyto.Event{device("d5", "printer", "S5"), bad, device("d6", "printer", "S6")})
	var f *forward.Failure
	if !errors.As(err, &f) || f.Sent != 1 || !f.Refused {
		t.Errorf("got %#v, want the second refused", err)
	}
}

func TestUnknownSourceIsSaid(t *testing.T) {
	far := doubles.ServiceNow()
	o := open(t, forward.Destination{ServiceNow: &forward.ServiceNow{Instance: outbound.Instance{URL: doubles.Serve(t, far).URL, User: doubles.SnowUser, Password: secret(t, doubles.SnowPassword)}, Source: "Nobody"}})
	defer o.Close()
	if err := o.Send(t.Context(), []tyto.Event{device("d1", "printer", "")}); err == nil {
		t.Error("a source that the instance does not know was taken")
	}
}
