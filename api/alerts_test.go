package api

import (
	"strings"
	"testing"
	"time"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

func (x *site) alarm() {
	x.t.Helper()
	c := store.Change{Zone: "z", Devices: []store.DeviceRecord{record(1)}}
	for i, s := range []tyto.Severity{tyto.Minor, tyto.Critical} {
		c.Alerts = append(c.Alerts, tyto.Alert{ID: []string{"a0", "a1"}[i], Rule: "plc-stop", Severity: s, Title: "A controller was told to stop", Techniques: []string{"T0858"},
			Subjects: []tyto.Subject{{Addr: frame.V4(203, 0, 113, 5)}, {Addr: frame.V4(10, 0, 0, 1)}}, Of: []string{"", "d1"}, Devices: []string{"d1"},
			Evidence: tyto.Evidence{Capture: "a.pcap", Packet: 7, Protocol: "s7comm"}, First: now, Last: now.Add(time.Minute), Count: 3})
	}
	if err := x.store.Write(x.t.Context(), c); err != nil {
		x.t.Fatal(err)
	}
}

func TestAlerts(t *testing.T) {
	x := signedIn(t, tyto.Analyst)
	if status, body := x.do("GET", "/api/v1/alerts", nil); status != 200 || strings.Contains(body, "null") {
		t.Errorf("an empty list: %d %s", status, body)
	}
	x.alarm()
	got := ask[AlertList](x, "/api/v1/alerts?sort=severity&status=new&status=active")
	if got.Total != 2 || got.Items[0].ID != "a1" || got.Items[0].Parties[0].ID != "" || got.Items[0].Parties[1].ID != "d1" || got.Items[0].Parties[1].Name != "host-01" || len(got.Facets.Severity) != 2 {
		t.Errorf("%+v", got)
	}
	if o := ask[Overview](x, "/api/v1/overview").Alerts; o.Open != 2 || o.BySeverity[0].Key != "critical" {
		t.Errorf("%+v", o)
	}
	for _, c := range []struct{ verb, status string }{{"close", "closed"}, {"reopen", "active"}, {"mute", "muted"}, {"learn", "learned"}} {
		status, body := x.do("POST", "/api/v1/alerts/a1/"+c.verb, AlertDecision{Comment: " planned "})
		if status != 200 || !strings.Contains(body, `"status":"`+c.status+`"`) {
			t.Errorf("%s: %d %s", c.verb, status, body)
		}
	}
	detail := ask[AlertDetail](x, "/api/v1/alerts/a1")
	if detail.Alert.Status != "learned" || detail.Evidence.Packet != 7 || len(detail.History) != 4 || detail.History[0].Comment != "planned" || detail.History[0].Who != "ada" || detail.Action == "" {
		t.Errorf("%+v", detail)
	}
	if o := ask[Overview](x, "/api/v1/overview").Alerts; o.Open != 1 {
		t.Errorf("%+v", o)
	}
	audit, err := x.store.AuditRecords(t.Context(), 1)
	if err != nil || audit[0].What != "alert.learn" || audit[0].Object != "a1" || audit[0].Who != "ada" {
		t.Errorf("%+v, %v", audit, err)
	}
	for _, path := range []string{"/api/v1/alerts/nobody", "/api/v1/alerts/nobody/close"} {
		method := map[bool]string{true: "POST", false: "GET"}[strings.HasSuffix(path, "close")]
		if status, _ := x.do(method, path, AlertDecision{}); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestViewersDecideNothing(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	x.alarm()
	for _, verb := range []string{"close", "reopen", "mute", "learn"} {
		if status, _ := x.do("POST", "/api/v1/alerts/a1/"+verb, AlertDecision{}); status != 403 {
			t.Errorf("%s: %d, want 403", verb, status)
		}
	}
}
