package api

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

func TestSetupAndSession(t *testing.T) {
	x := newSite(t)
	if status, _ := x.do("GET", "/api/v1/session", nil); status != 401 {
		t.Errorf("a stranger's session: %d, want 401", status)
	}
	if !ask[Setup](x, "/api/v1/setup").Needed {
		t.Error("setup is not needed in an empty hub")
	}
	token, err := x.auth.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		body   FirstAdmin
		status int
		says   string
	}{
		{"wrong token", FirstAdmin{"nonsense", "ada", password}, 403, "body.token"},
		{"short password", FirstAdmin{token, "ada", "short"}, 422, "body.password"},
		{"name as password", FirstAdmin{token, "administrator", "administrator"}, 422, "user name"},
		{"bad name", FirstAdmin{token, "a b", password}, 422, "body.username"},
		{"no name", FirstAdmin{token, "", password}, 422, "body.username"},
		{"right", FirstAdmin{token, "Ada", password}, 200, `"role":"admin"`},
		{"again", FirstAdmin{token, "eve", password}, 409, "done"},
	} {
		status, body := x.do("POST", "/api/v1/setup", c.body)
		if status != c.status || !strings.Contains(body, c.says) || strings.Contains(body, password) {
			t.Errorf("%s: %d %s; want %d with %q", c.what, status, body, c.status, c.says)
		}
	}
	if got := ask[Session](x, "/api/v1/session"); got.Username != "ada" || got.Role != tyto.Admin || !got.Expires.Equal(now.Add(12*time.Hour)) {
		t.Errorf("signed in as %+v", got)
	}
	if ask[Setup](x, "/api/v1/setup").Needed {
		t.Error("setup is needed twice")
	}
	if status, _ := x.do("DELETE", "/api/v1/session", nil); status != 204 {
		t.Errorf("sign out: %d", status)
	}
	if status, _ := x.do("GET", "/api/v1/session", nil); status != 401 {
		t.Errorf("after signing out: %d, want 401", status)
	}
}

func TestCookie(t *testing.T) {
	x := newSite(t)
	x.user("ada", tyto.Viewer)
	r := x.send("POST", "/api/v1/session", Credentials{Username: "ada", Password: password})
	defer r.Body.Close()
	c := r.Header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} {
		if !strings.Contains(c, want) {
			t.Errorf("the cookie %q lacks %s", c, want)
		}
	}
}

func TestWrongPasswords(t *testing.T) {
	x := newSite(t)
	x.user("ada", tyto.Viewer)
	for i := range 5 {
		if status, body := x.do("POST", "/api/v1/session", Credentials{Username: "ada", Password: "wrong"}); status != 401 || strings.Contains(body, `"wrong"`) {
			t.Fatalf("attempt %d: %d %s", i, status, body)
		}
	}
	r := x.send("POST", "/api/v1/session", Credentials{Username: "ada", Password: password})
	r.Body.Close()
	if r.StatusCode != 429 || r.Header.Get("Retry-After") == "" {
		t.Errorf("the sixth attempt: %d, retry after %q; want 429", r.StatusCode, r.Header.Get("Retry-After"))
	}
	x.clock.Pass(2 * time.Second)
	if status, body := x.do("POST", "/api/v1/session", Credentials{Username: "ada", Password: password}); status != 200 {
		t.Errorf("after waiting: %d %s", status, body)
	}
}

// TestEveryRouteAsksWhoYouAre enumerates the routes, so that a new one cannot
// be forgotten.
func TestEveryRouteAsksWhoYouAre(t *testing.T) {
	x := newSite(t)
	open := map[string]bool{"GET /api/v1/setup": true, "GET /api/v1/sign-in": true, "POST /api/v1/setup": true, "POST /api/v1/session": true}
	for path, item := range (&api{}).register(http.NewServeMux()).OpenAPI().Paths {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			op := map[string]any{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete}[method]
			if fmt.Sprint(op) == "<nil>" || open[method+" "+path] {
				continue
			}
			if status, body := x.do(method, strings.NewReplacer("{id}", "x", "{name}", "x").Replace(path), nil); status != 401 || !strings.Contains(body, "sign in") {
				t.Errorf("%s %s answers a stranger with %d %s", method, path, status, body)
			}
		}
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	x := signedIn(t, tyto.Admin)
	for _, c := range []struct{ header, value string }{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
		for _, route := range []string{"POST /api/v1/session", "DELETE /api/v1/session", "POST /api/v1/setup"} {
			method, path, _ := strings.Cut(route, " ")
			status, body := x.do(method, path, Credentials{Username: "ada", Password: password}, c.header, c.value)
			if status != 403 || !strings.Contains(body, "another site") {
				t.Errorf("%s with %s: %s: %d %s", route, c.header, c.value, status, body)
			}
		}
	}
	if status, _ := x.do("DELETE", "/api/v1/session", nil, "Origin", x.url, "Sec-Fetch-Site", "same-origin"); status != 204 {
		t.Errorf("our own page is answered with %d", status)
	}
}

func TestHeaders(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	for _, path := range []string{"/api/v1/session", "/api/v1/devices", "/api/v1/nothing", "/api/openapi.json", "/healthz", "/", "/devices/x"} {
		r := x.send("GET", path, nil)
		r.Body.Close()
		for name, want := range map[string]string{"Content-Security-Policy": "default-src", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "X-Frame-Options": "DENY"} {
			if got := r.Header.Get(name); !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if got := r.Header.Get("Cache-Control"); strings.HasPrefix(path, "/api/") && got != "no-store" {
			t.Errorf("%s: Cache-Control is %q", path, got)
		}
	}
}

func record(i int) store.DeviceRecord {
	r := store.DeviceRow{ID: fmt.Sprintf("d%d", i), Zone: "z", Category: []string{"it", "ot"}[i%2], Type: "plc", Vendor: "Siemens", Hostname: fmt.Sprintf("host-%02d", i),
		IP: fmt.Sprintf("10.0.0.%d", i), First: now.Add(time.Duration(i) * time.Minute), Last: now, Bytes: uint64(100 - i), Confidence: "stated", Roles: []string{"router", "dns server"}}
	r.IPs = []string{r.IP}
	return store.DeviceRecord{Row: r, Text: r.Hostname, Device: tyto.Device{ID: r.ID, Beliefs: map[tyto.Attr]tyto.Belief{
		tyto.Type: {Claim: tyto.Claim{Attr: tyto.Type, Value: "plc", Confidence: tyto.Stated}, Others: []tyto.Claim{{Attr: tyto.Type, Value: "hmi", Confidence: tyto.Guessed}}}}}}
}

func (x *site) fill() {
	x.t.Helper()
	c := store.Change{Zone: "z", Traffic: []store.Traffic{{Time: now, Packets: 3, Bytes: 300}},
		Sensors: []store.SensorReport{{Sensor: "s1", Zone: "z", Version: "1", Interface: "eth0", Time: now, Received: now, Counters: map[string]uint64{"packets": 990, "kernel_drops": 10}},
			{Sensor: "s1", Zone: "z", Interface: "a.pcap.gz", Time: now, Received: now}}}
	for i := range 30 {
		c.Devices = append(c.Devices, record(i))
	}
	c.Devices[7].Row.Hostname, c.Devices[7].Text = `=HYPERLINK("http://evil","x")`, "evil"
	for i := range 6 {
		x := store.Conversation{Zone: "z", ClientDevice: fmt.Sprintf("d%d", i), ServerDevice: "d9", Scope: store.ScopeLAN, Conversation: tyto.Conversation{
			Client: tyto.Subject{Addr: frame.V4(10, 0, 0, byte(i))}, Server: tyto.Subject{Addr: frame.V4(10, 0, 0, 9)}, Transport: "tcp", Port: 502, Protocol: "modbus",
			First: now, Last: now, Packets: [2]uint64{1, 2}, Bytes: [2]uint64{60, 120}, Sessions: 1, Operations: map[string]uint64{"modbus 3": 7}}}
		c.Conversations = append(c.Conversations, x)
	}
	if err := x.store.Write(x.t.Context(), c); err != nil {
		x.t.Fatal(err)
	}
}

func TestDevices(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	if status, body := x.do("GET", "/api/v1/devices", nil); status != 200 || strings.Contains(body, "null") {
		t.Errorf("an empty list: %d %s", status, body)
	}
	x.fill()
	got := ask[DeviceList](x, "/api/v1/devices?category=ot&sort=hostname&order=asc&limit=5&offset=5")
	if got.Total != 15 || len(got.Items) != 5 || got.Items[0].TypeName != "PLC" || got.Items[0].Role != "router, dns server" || len(got.Facets.Category) != 2 {
		t.Errorf("%+v", got)
	}
	if got := ask[DeviceList](x, "/api/v1/devices?category=ot&category=it&q=host-0"); got.Total != 9 {
		t.Errorf("%d devices with two categories and a text, want 9", got.Total)
	}
	detail := ask[DeviceDetail](x, "/api/v1/devices/d3")
	if detail.Row.ID != "d3" || detail.Device.Beliefs[tyto.Type].Others[0].Value != "hmi" {
		t.Errorf("%+v", detail)
	}
	if status, body := x.do("GET", "/api/v1/devices/nobody", nil); status != 404 || !strings.Contains(body, `"status":404`) {
		t.Errorf("an unknown device: %d %s", status, body)
	}
}

func TestBadQueries(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	for query, where := range map[string]string{
		"limit=0": "query.limit", "limit=501": "query.limit", "limit=x": "query.limit", "offset=-1": "query.offset", "sort=n": "query.sort",
		"order=up": "query.order", "q=" + strings.Repeat("x", 201): "query.q", "vendor=" + strings.Repeat("x", 201): "query.vendor",
		"nonsense=1": "query.nonsense", strings.Repeat("type=a&", 21): "query.type",
	} {
		r := x.send("GET", "/api/v1/devices?"+query, nil)
		b, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != 422 || !strings.Contains(string(b), where) || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%.40s: %d %s %s; want 422 at %s", query, r.StatusCode, r.Header.Get("Content-Type"), b, where)
		}
	}
	if status, _ := x.do("POST", "/api/v1/session", Credentials{Username: strings.Repeat("x", 100_000), Password: "y"}); status != 413 {
		t.Errorf("a large body: %d, want 413", status)
	}
}

func TestExport(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	x.fill()
	r := x.send("GET", "/api/v1/devices.csv?category=ot&sort=hostname&order=asc", nil)
	defer r.Body.Close()
	rows, err := csv.NewReader(r.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 16 || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("%d rows of %s, want 16", len(rows), r.Header.Get("Content-Type"))
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a formula: %s", cell)
			}
		}
	}
}

func TestConversations(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	x.fill()
	got := ask[ConversationList](x, "/api/v1/conversations?protocol=modbus&limit=4")
	if got.Total != 6 || len(got.Items) != 4 || got.Items[0].Server.Name != "host-09" || got.Items[0].Operations["modbus 3"] != 7 || got.Facets.Protocol[0].Count != 6 {
		t.Errorf("%+v", got)
	}
	if got := ask[ConversationList](x, "/api/v1/devices/d2/conversations"); got.Total != 1 || got.Items[0].Client.ID != "d2" {
		t.Errorf("%+v", got)
	}
	if status, _ := x.do("GET", "/api/v1/devices/nobody/conversations", nil); status != 404 {
		t.Errorf("of an unknown device: %d", status)
	}
}

func TestSensorsAndOverview(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	if status, body := x.do("GET", "/api/v1/overview", nil); status != 200 || strings.Contains(body, "null") {
		t.Errorf("an empty overview: %d %s", status, body)
	}
	x.fill()
	s := ask[SensorList](x, "/api/v1/sensors").Items
	if len(s) != 1 || !s[0].Online || len(s[0].Interfaces) != 2 || s[0].Interfaces[1].State != "lossy" || s[0].Interfaces[1].LossRatio != 0.01 || !s[0].Interfaces[0].Capture {
		t.Errorf("%+v", s)
	}
	o := ask[Overview](x, "/api/v1/overview")
	if o.Devices.Total != 30 || o.Devices.New24h != 30 || o.Conversations.Total != 6 || o.Sensors != (OverviewSensors{1, 1, 1}) || len(o.Traffic) != 1 ||
		o.TopTalkers[0].ID != "d0" || o.Recent[0].ID != "d29" || o.Protocols[0].Key != "modbus" {
		t.Errorf("%+v", o)
	}
	x.clock.Pass(2 * time.Minute)
	if s := ask[SensorList](x, "/api/v1/sensors").Items; s[0].Online || s[0].Interfaces[0].State != "silent" {
		t.Errorf("two minutes later: %+v", s)
	}
	if v := ask[Version](x, "/api/v1/version"); v.Version != "1.2.3" {
		t.Errorf("%+v", v)
	}
}

func TestOperatorPages(t *testing.T) {
	x := newSite(t)
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "", "/": "the portal", "/devices/d1": "the portal", "/api/openapi.json": `"openapi"`} {
		if status, body := x.do("GET", path, nil); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.60s", path, status, body)
		}
	}
	if status, body := x.do("GET", "/api/v2/x", nil); status != 404 || !strings.Contains(body, "no such resource") {
		t.Errorf("an unknown resource: %d %s", status, body)
	}
}

func TestCompression(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	x.fill()
	for _, coding := range []string{"gzip", "zstd"} {
		r := x.send("GET", "/api/v1/devices", nil, "Accept-Encoding", coding)
		r.Body.Close()
		if got := r.Header.Get("Content-Encoding"); got != coding {
			t.Errorf("asked for %s, got %q", coding, got)
		}
	}
}
