package api

import (
	"context"
	"strings"
	"testing"

	"tyto/frame"
	"tyto/inventory"
	"tyto/store"
	"tyto/tyto"
)

func (x *site) decide(_ context.Context, events []tyto.Event) error {
	x.decided = append(x.decided, events...)
	return nil
}

func TestDecideAboutDevices(t *testing.T) {
	x := signedIn(t, tyto.Analyst)
	c := store.Change{Zone: "z"}
	for i := range 2 {
		r := record(i)
		m := frame.MAC{0, 0x1b, 0x1b, 0, 0, byte(i)}
		r.Device.Zone, r.Device.Interfaces, r.Row.MAC = "z", []tyto.Interface{{MAC: m}}, m.String()
		c.Devices = append(c.Devices, r)
	}
	if err := x.store.Write(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	a, b := c.Devices[0].Row, c.Devices[1].Row
	for _, c := range []struct {
		what, path string
		body       any
		status     int
		says       string
	}{
		{"a type", a.ID + "/decisions", DeviceDecision{"type", "plc"}, 202, ""},
		{"no type", a.ID + "/decisions", DeviceDecision{"type", "gadget"}, 422, "taxonomy"},
		{"taken back", a.ID + "/decisions", DeviceDecision{Attribute: "type"}, 202, ""},
		{"control characters", a.ID + "/decisions", DeviceDecision{"hostname", "a\x1b[2Jb"}, 422, "control"},
		{"what nobody decides", a.ID + "/decisions", DeviceDecision{"identity", "person:alone"}, 422, "attribute"},
		{"nobody", "d-ffffffffffff/decisions", DeviceDecision{"type", "plc"}, 404, ""},
		{"two are one", a.ID + "/merge", DeviceMerge{b.ID}, 202, ""},
		{"itself", a.ID + "/merge", DeviceMerge{a.ID}, 422, "already"},
		{"all there is", a.ID + "/split", DeviceSplit{Address: a.MAC}, 422, "all there is"},
		{"another's interface", a.ID + "/split", DeviceSplit{Address: "02:00:00:00:00:99"}, 422, "no interface"},
	} {
		status, body := x.do("POST", "/api/v1/devices/"+c.path, c.body)
		if status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s; want %d with %q", c.what, status, body, c.status, c.says)
		}
	}
	told := x.decided
	if len(told) != 4 {
		t.Fatalf("%d observations, want 4: %v", len(told), told)
	}
	for i, want := range []string{"plc", inventory.Undecided} {
		o := told[i].Observation
		if o.Attr != tyto.Type || o.Value != want || o.Confidence != tyto.Confirmed || o.Evidence.Field == "" || told[i].Zone != "z" {
			t.Errorf("observation %d is %+v of zone %q; want type %s, confirmed by a person", i, o, told[i].Zone, want)
		}
	}
	if told[2].Observation.Value != told[3].Observation.Value || told[2].Observation.Subject == told[3].Observation.Subject {
		t.Errorf("the merge is %+v and %+v; want one key for two subjects", told[2].Observation, told[3].Observation)
	}
}
