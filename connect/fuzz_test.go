package connect

import (
	"encoding/json"
	"testing"
	"time"

	"tyto/outbound"
	"tyto/store"
)

// FuzzMachine has whatever Defender says of a machine become text within
// bounds, and observations that are whole.
func FuzzMachine(f *testing.F) {
	f.Add([]byte(`{"id":"m1","computerDnsName":"pc1.corp.example","lastSeen":"2026-03-01T11:00:00Z","osPlatform":"WindowsServer2022","onboardingStatus":"Onboarded","ipAddresses":[{"ipAddress":"10.1.0.1","macAddress":"02000000000A"}]}`), false)
	f.Add([]byte(`{"DeviceId":"m1","Timestamp":"2026-03-01T11:00:00Z","DeviceName":"pc1","DeviceType":"Workstation","AdditionalFields":"{\"SerialNumber\":\"x\"}","Adapters":"[{\"mac\":\"02-00-00-00-00-01\",\"ips\":\"[{\\\"IPAddress\\\":\\\"10.1.0.1\\\"}]\"}]"}`), true)
	f.Add([]byte(`{"id":"m","ipAddresses":[{"ipAddress":"::ffff:10.1.0.9","macAddress":"ff:ff:ff:ff:ff:ff"},{"ipAddress":"fe80::1%eth0"}],"machineTags":["\u202e"]}`), false)
	c := Connector{Name: "defender", Places: []Place{{Zone: "plant", Networks: []string{"10.1.0.0/16", "fe80::/10"}}}}
	d := &defender{session: session{name: "defender"}, zones: newZones(&c)}
	f.Fuzz(func(t *testing.T, text []byte, hunting bool) {
		var m store.Machine
		if hunting {
			var r huntRow
			if json.Unmarshal(text, &r) != nil {
				return
			}
			m = d.mergeRow(m, &r)
		} else {
			var x machine
			if json.Unmarshal(text, &x) != nil {
				return
			}
			m = d.merge(m, &x)
		}
		if len(m.Adapters) > maxAdapters || len(m.Tags) > maxTags {
			t.Fatalf("%d adapters, %d tags", len(m.Adapters), len(m.Tags))
		}
		m.Zone, m.Last = "plant", time.Unix(1, 0)
		for _, e := range d.observations(&m, map[string]int{}) {
			o := e.Observation
			if o.Value == "" || len(o.Value) > 2*maxField+8 || o.Value != outbound.OneLine(o.Value, len(o.Value)) || o.Subject.MAC.IsZero() && o.Subject.Addr.IsZero() {
				t.Fatalf("%+v", o)
			}
		}
		was := printOf(&m)
		m.Last, m.Told, m.Tags, m.Device, m.Heard = time.Unix(2, 0), time.Unix(3, 0), []string{"x"}, "d", true
		if printOf(&m) != was {
			t.Fatal("what is no news to the log changes the print")
		}
	})
}
