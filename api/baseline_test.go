package api

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// analysts notes what zones are told.
type analysts struct {
	told    []string
	changed int
}

func (a *analysts) Decide(_ context.Context, zone, who, value string) error {
	a.told = append(a.told, zone+" "+who+" "+value)
	return nil
}

func (a *analysts) RulesChanged(context.Context) error { a.changed++; return nil }

func (x *site) learnt() {
	x.t.Helper()
	c := store.Change{Zone: "z", Devices: []store.DeviceRecord{record(1)}, Learning: &tyto.Learning{Zone: "z", Active: true, Since: now, Until: now.Add(time.Hour)},
		Alerts: []tyto.Alert{{ID: "b0", Rule: "new-conversation", Severity: tyto.Major, Title: "t", First: now, Last: now, Count: 1},
			{ID: "b1", Rule: "plc-stop", Severity: tyto.Major, Title: "t", First: now, Last: now, Count: 1, Parent: "b0"}}}
	for i, kind := range tyto.FactKinds {
		c.Facts = append(c.Facts, tyto.Fact{ID: fmt.Sprint("f", i), Kind: kind, Device: "d1", Peer: "p", What: "tcp/502", Status: []tyto.FactStatus{tyto.Usual, tyto.Deviates}[i%2],
			Client: tyto.Subject{Addr: frame.V4(10, 0, 0, 1)}, Server: tyto.Subject{Addr: frame.V4(10, 0, 0, 9)}, First: now.Add(time.Duration(i) * time.Minute), Last: now, Count: 2})
	}
	if err := x.store.Write(x.t.Context(), c); err != nil {
		x.t.Fatal(err)
	}
}

func TestBaseline(t *testing.T) {
	x := signedIn(t, tyto.Analyst)
	if status, body := x.do("GET", "/api/v1/baseline", nil); status != 200 || strings.Contains(body, "null") {
		t.Errorf("without any: %d %s", status, body)
	}
	x.learnt()
	z := ask[BaselineList](x, "/api/v1/baseline").Items[0]
	if !z.Learning || len(z.Facts) != 5 || len(z.Statuses) != 2 || !z.Latest.Equal(now.Add(4*time.Minute)) {
		t.Errorf("%+v", z)
	}
	facts := ask[FactList](x, "/api/v1/facts?status=usual&sort=first_seen&order=asc")
	if facts.Total != 3 || facts.Items[0].Device.ID != "d1" || facts.Items[0].Device.Name != "host-01" || facts.Items[2].What != "tcp/502, before: p" || len(facts.Facets.Status) != 2 {
		t.Errorf("%+v", facts)
	}
	for _, c := range []struct {
		method, path string
		body         any
		status       int
	}{
		{"POST", "/api/v1/baseline/z/learn", LearnWish{Hours: 2}, 204},
		{"POST", "/api/v1/baseline/z/learn", LearnWish{Hours: 0}, 422},
		{"POST", "/api/v1/baseline/z/operate", nil, 204},
		{"DELETE", "/api/v1/baseline/z/facts/f1", nil, 204},
		{"DELETE", "/api/v1/baseline/z/facts/nobody", nil, 404},
		{"POST", "/api/v1/alerts/b0/learn", AlertDecision{}, 200},
		{"POST", "/api/v1/alerts/decide", AlertsDecision{IDs: []string{"b0", "b1", "nobody"}, Status: "muted", Comment: "planned"}, 200},
		{"POST", "/api/v1/alerts/b1/comment", AlertDecision{Comment: "asked"}, 200},
		{"POST", "/api/v1/alerts/b1/comment", AlertDecision{Comment: " "}, 422},
	} {
		if status, body := x.do(c.method, c.path, c.body); status != c.status {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, body)
		}
	}
	want := "[z ada zone learning 2026-03-01T14:00:00Z z ada zone operational z ada fact f1 forgotten z ada alert b0 learned z ada alert b0 muted]"
	if got := fmt.Sprint(x.analysts.told); got != want {
		t.Errorf("zones are told %s, want %s", got, want)
	}
	d := ask[AlertDetail](x, "/api/v1/alerts/b1")
	if d.Alert.Status != "muted" || d.Alert.Parent != "b0" || d.Alert.Learnable || len(d.History) != 2 || d.History[1].Comment != "asked" {
		t.Errorf("%+v", d)
	}
	top := ask[AlertList](x, "/api/v1/alerts?top=true")
	if top.Total != 1 || top.Items[0].Children != 1 || !top.Items[0].Learnable || ask[AlertList](x, "/api/v1/alerts?parent=b0").Total != 1 {
		t.Errorf("%+v", top)
	}
}

func TestMutes(t *testing.T) {
	x := signedIn(t, tyto.Analyst)
	status, body := x.do("POST", "/api/v1/mutes", MuteWish{Rule: "plc-stop", Subnet: "10.1.2.3/16", Hours: 1, Comment: "work"})
	if status != 200 || !strings.Contains(body, `"10.1.0.0/16"`) {
		t.Errorf("%d %s", status, body)
	}
	for _, bad := range []MuteWish{{Zone: "z"}, {Subnet: "here"}, {Subnet: "0.0.0.0/0"}, {Subnet: "::/0"}} {
		if status, _ := x.do("POST", "/api/v1/mutes", bad); status != 422 {
			t.Errorf("%+v: %d", bad, status)
		}
	}
	all := ask[MuteList](x, "/api/v1/mutes").Items
	if len(all) != 1 || !all[0].Expires.Equal(now.Add(time.Hour)) || all[0].By != "ada" || all[0].Over {
		t.Fatalf("%+v", all)
	}
	for range 3 { // as sessions end when they are idle
		x.clock.Pass(20 * time.Minute)
		ask[MuteList](x, "/api/v1/mutes")
	}
	if !ask[MuteList](x, "/api/v1/mutes").Items[0].Over {
		t.Error("it does not end")
	}
	for _, want := range []int{204, 404} {
		if status, _ := x.do("DELETE", "/api/v1/mutes/"+all[0].ID, nil); status != want {
			t.Errorf("%d, want %d", status, want)
		}
	}
	if x.analysts.changed != 2 {
		t.Errorf("the hub is told %d times", x.analysts.changed)
	}
}

func TestDetectionsAndIndicators(t *testing.T) {
	x := signedIn(t, tyto.Admin)
	rules := ask[DetectionList](x, "/api/v1/detections").Items
	kinds := map[string]int{}
	for _, r := range rules {
		kinds[r.Engine]++
	}
	if len(rules) < 50 || kinds["baseline"] != 6 || kinds["malware"] < 5 {
		t.Errorf("%d rules, %v", len(rules), kinds)
	}
	long := strings.Repeat("# a long list\n", 20_000) + "evil.example,2026-12-31,x\n203.0.113.9\n"
	if status, body := x.do("PUT", "/api/v1/indicators/feed", IndicatorText{Text: long}); status != 200 || !strings.Contains(body, `"entries":2`) {
		t.Errorf("%d %s", status, body)
	}
	for _, bad := range []string{"nonsense", "# nothing"} {
		if status, _ := x.do("PUT", "/api/v1/indicators/bad", IndicatorText{Text: bad}); status != 422 {
			t.Errorf("%q: %d", bad, status)
		}
	}
	if all := ask[IndicatorLists](x, "/api/v1/indicators").Items; len(all) != 1 || all[0].Entries != 2 || all[0].By != "ada" {
		t.Errorf("%+v", all)
	}
	if status, _ := x.do("DELETE", "/api/v1/indicators/feed", nil); status != 204 {
		t.Error(status)
	}
	if x.analysts.changed != 2 {
		t.Errorf("the hub is told %d times", x.analysts.changed)
	}
}
