package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tyto/auth"
	"tyto/store"
	"tyto/tyto"
	"tyto/uplink"
)

// crowd is n sensors, ten to a zone and a hundred zones to a site, most of which are well.
func crowd(n int) (reports []store.SensorReport, members []tyto.Member) {
	for i := range n {
		name, zone := fmt.Sprintf("sensor-%05d", i), fmt.Sprintf("zone-%04d", i/10)
		received, counters := now, map[string]uint64{"packets": 1e9, "bytes": 7e11, "first_ns": 1, "last_ns": uint64(now.UnixNano())}
		for j := range 24 {
			counters[fmt.Sprintf("counter_%02d", j)] = uint64(i*j + 12345)
		}
		waits := map[string]uint64{"backlog_bytes": 10, "capacity_bytes": 1000}
		switch i % 100 {
		case 1:
			received = now.Add(-time.Hour)
		case 2:
			counters["kernel_drops"] = 1e8
		case 3:
			waits["backlog_bytes"] = 900
		}
		if i%100 != 4 {
			version := fmt.Sprint("1.", i%3)
			reports = append(reports, store.SensorReport{Sensor: name, Zone: zone, Version: version, Interface: "eth1", Time: received, Received: received, Counters: counters},
				store.SensorReport{Sensor: name, Zone: zone, Version: version, Interface: uplink.HealthName, Time: received, Received: received, Counters: waits})
		}
		members = append(members, tyto.Member{Sensor: name, Zone: zone, Joined: now, By: "ada", Expires: now.Add(time.Hour)})
	}
	return reports, members
}

// settle has a crowd join and tell of itself.
func (x *site) settle(n int) {
	x.t.Helper()
	reports, members := crowd(n)
	x.must(x.store.Write(x.t.Context(), store.Change{Zone: "zone-0000", Sensors: reports}))
	for i, m := range members {
		if ok, err := x.store.Enrol(x.t.Context(), "", m, tyto.Credential{Serial: fmt.Sprint(i), Sensor: m.Sensor, Issued: now, Expires: m.Expires}); !ok || err != nil {
			x.t.Fatal(ok, err)
		}
	}
	x.must(x.store.PutSite(x.t.Context(), tyto.Site{ID: "graz", Title: "Graz", Created: now}))
	x.must(x.store.PutZone(x.t.Context(), tyto.Zone{ID: "zone-0001", Title: "One", Site: "graz", Created: now}))
}

func TestSensorsAreSearchedFilteredAndPaged(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	x.settle(110)
	names := func(l SensorList) string {
		all := make([]string, len(l.Items))
		for i, s := range l.Items {
			all[i] = strings.TrimPrefix(s.Name, "sensor-00") + ":" + s.State
		}
		return strings.Join(all, " ")
	}
	for _, c := range []struct {
		query, want string
		total       int
	}{
		{"sort=attention&limit=9", "001:offline 101:offline 002:lossy 102:lossy 003:behind 103:behind 004:new 104:new 000:online", 110},
		{"sort=attention&order=desc&limit=1", "109:online", 110},
		{"sort=last_seen&limit=2&offset=1", "104:new 001:offline", 110},
		{"limit=1&offset=200", "", 110},
		{"q=SENSOR-0010&state=lossy&state=behind", "102:lossy 103:behind", 2},
		{"site=graz&version=1.1&limit=2", "010:online 013:online", 4},
		{"zone=zone-0010&zone=zone-0000&state=offline", "001:offline 101:offline", 2},
	} {
		l := ask[SensorList](x, "/api/v1/sensors?"+c.query)
		if got := names(l); got != c.want || l.Total != c.total {
			t.Errorf("%s: %d: %s; want %d: %s", c.query, l.Total, got, c.total, c.want)
		}
	}
	l := ask[SensorList](x, "/api/v1/sensors?site=graz&version=1.1")
	if f := l.Facets; fmt.Sprint(f.Version) != "[{1.1 4} {1.0 3} {1.2 3}]" || fmt.Sprint(f.State) != "[{online 4}]" || fmt.Sprint(f.Site) != "[{graz 4}]" || fmt.Sprint(f.Zone) != "[{zone-0001 4}]" {
		t.Errorf("facets %+v", f)
	}
	if s := l.Items[0]; s.Site != "graz" || s.Gaps == nil || s.Member == nil {
		t.Errorf("%+v", s)
	}
	if all := ask[SensorList](x, "/api/v1/sensors"); len(all.Items) != 110 || all.Items[109].Name != "sensor-00109" {
		t.Errorf("without a limit there are %d", len(all.Items))
	}
	for _, wrong := range []string{"state=well", "sort=state", "limit=501", "offset=-1"} {
		if status, body := x.do("GET", "/api/v1/sensors?"+wrong, nil); status != 422 {
			t.Errorf("%s: %d %s", wrong, status, body)
		}
	}
}

// BenchmarkSensorList is a page of 10,000 sensors, as the portal asks for it.
func BenchmarkSensorList(b *testing.B) {
	x := siteWith(b, func(*auth.Config) {})
	x.user("ada", tyto.Admin)
	if status, body := x.do("POST", "/api/v1/session", Credentials{Username: "ada", Password: password}); status != 200 {
		b.Fatal(status, body)
	}
	x.settle(10_000)
	for name, path := range map[string]string{"page": "sensors?sort=attention&limit=25", "filtered": "sensors?state=offline&sort=attention&limit=25", "search": "sensors?q=sensor-0999&limit=25", "sites": "sites"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if status, body := x.do("GET", "/api/v1/"+path, nil); status != 200 {
					b.Fatal(status, body)
				}
			}
		})
	}
}
