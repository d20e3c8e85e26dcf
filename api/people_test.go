package api

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tyto/auth"
	"tyto/store"
	"tyto/tyto"
)

func decode[T any](t *testing.T, body string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

// TestUserFromBeginToEnd makes a user, who chooses a password, works, and is
// disabled.
func TestUserFromBeginToEnd(t *testing.T) {
	x := signedIn(t, tyto.Admin)
	x.must(x.store.PutSite(t.Context(), tyto.Site{ID: "graz", Title: "Graz", Created: now}))
	status, body := x.do("POST", "/api/v1/users", UserSetting{Name: "Bob", Role: tyto.Analyst, Sites: []string{"graz"}})
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	made := decode[UserPassword](t, body)
	if status, body := x.do("POST", "/api/v1/users", UserSetting{Name: "bob", Role: tyto.Viewer, AllSites: true}); status != 409 || !strings.Contains(body, "body.name") {
		t.Errorf("another bob: %d %s", status, body)
	}
	users := ask[UserList](x, "/api/v1/users")
	if len(users.Items) != 2 || users.Items[1].Name != "bob" || users.Items[1].Temporary.IsZero() || len(users.Sites) != 1 || users.Sites[0].Title != "Graz" || strings.Contains(body, "argon2") {
		t.Errorf("%+v", users)
	}
	admin := x.browser
	defer func() { admin.CloseIdleConnections() }()
	x.browser = newBrowser()
	if status, body := x.do("POST", "/api/v1/session", Credentials{Username: "bob", Password: made.Password}); status != 200 || !decode[Session](t, body).Temporary {
		t.Fatalf("sign in: %d %s", status, body)
	}
	if status, body := x.do("GET", "/api/v1/devices", nil); status != 403 || !strings.Contains(body, "password of your own") {
		t.Errorf("with a temporary password: %d %s", status, body)
	}
	if status, body := x.do("PUT", "/api/v1/session/password", NewPassword{made.Password, "short"}); status != 422 || !strings.Contains(body, "body.password") || strings.Contains(body, made.Password) {
		t.Errorf("a short password: %d %s", status, body)
	}
	if status, body := x.do("PUT", "/api/v1/session/password", NewPassword{made.Password, password}); status != 204 {
		t.Fatalf("choose a password: %d %s", status, body)
	}
	if s := ask[Session](x, "/api/v1/session"); s.Temporary || s.AllSites || len(s.Sites) != 1 || s.Sites[0] != "graz" {
		t.Errorf("%+v", s)
	}
	if sessions := ask[OwnSessionList](x, "/api/v1/sessions").Items; len(sessions) != 1 || !sessions[0].Current || sessions[0].From != "127.0.0.1" || !strings.HasPrefix(sessions[0].Agent, "Go-http-client") {
		t.Errorf("%+v", sessions)
	}
	bob := x.browser
	defer bob.CloseIdleConnections()
	x.browser = admin
	for _, c := range []struct {
		method, path string
		body         any
		status       int
	}{
		{"PATCH", "/api/v1/users/ada", map[string]any{"disabled": true}, 409},
		{"DELETE", "/api/v1/users/ada", nil, 409},
		{"PATCH", "/api/v1/users/nobody", map[string]any{"disabled": true}, 404},
		{"PATCH", "/api/v1/users/bob", map[string]any{"role": "root"}, 422},
		{"PATCH", "/api/v1/users/bob", map[string]any{"all_sites": false}, 422},
		{"PATCH", "/api/v1/users/bob", map[string]any{"disabled": true}, 200},
	} {
		if status, body := x.do(c.method, c.path, c.body); status != c.status {
			t.Errorf("%s %s %v: %d %s; want %d", c.method, c.path, c.body, status, body, c.status)
		}
	}
	x.browser = bob
	if status, _ := x.do("GET", "/api/v1/session", nil); status != 401 {
		t.Errorf("the session of a disabled user: %d", status)
	}
	x.browser = admin
}

// TestTokenOfAProgram acts with a token, also from what looks like a page of
// another site, and never with the cookie beside it.
func TestTokenOfAProgram(t *testing.T) {
	x := signedIn(t, tyto.Admin)
	x.fill()
	status, body := x.do("POST", "/api/v1/tokens", TokenSetting{Name: "siem", Role: tyto.Analyst, AllSites: true, Days: 30})
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	made := decode[NewToken](t, body)
	if !made.Token.Expires.Equal(now.AddDate(0, 0, 30)) || !strings.HasPrefix(made.Text, "tyto_") {
		t.Errorf("%+v", made)
	}
	person := x.browser
	x.browser = &http.Client{Transport: &http.Transport{}}
	defer func() { x.browser.CloseIdleConnections(); x.browser = person }()
	bearer := []string{"Authorization", "Bearer " + made.Text, "Origin", "https://elsewhere.example"}
	if status, body := x.do("GET", "/api/v1/devices", nil, bearer...); status != 200 || !strings.Contains(body, "host-00") {
		t.Errorf("devices: %d %.100s", status, body)
	}
	if status, body := x.do("POST", "/api/v1/alerts/nothing/close", map[string]any{}, bearer...); status != 404 {
		t.Errorf("a change with a token and no page of ours: %d %s", status, body)
	}
	if status, _ := x.do("GET", "/api/v1/audit", nil, bearer...); status != 403 {
		t.Errorf("an administrator's token of an analyst: %d", status)
	}
	page, err := x.store.AuditPage(t.Context(), store.AuditQuery{Who: "ada token:" + made.Token.ID, Limit: 9})
	if err != nil || page.Total != 2 || page.Items[0].Outcome != "failed: Not Found" || page.Items[1].What != "alert.close" {
		t.Errorf("audit of the program: %+v, %v", page.Items, err)
	}
	x.browser.CloseIdleConnections()
	x.browser = person
	if got := ask[TokenList](x, "/api/v1/tokens").Items; len(got) != 1 || !got[0].Used.Equal(now) || got[0].Expired {
		t.Errorf("%+v", got)
	}
	if status, _ := x.do("GET", "/api/v1/session", nil, "Authorization", "Bearer tyto_x"); status != 401 {
		t.Errorf("a wrong token beside a good cookie: %d", status)
	}
	if status, _ := x.do("DELETE", "/api/v1/tokens/"+made.Token.ID, nil); status != 204 {
		t.Errorf("revoke: %d", status)
	}
	if status, _ := x.do("GET", "/api/v1/devices", nil, bearer...); status != 401 {
		t.Errorf("a revoked token: %d", status)
	}
}

func TestRates(t *testing.T) {
	at := now
	r := newRates(Rate{PerSecond: 2, Burst: 3}, func() time.Time { return at })
	for i := range 3 {
		if wait := r.take("a"); wait != 0 {
			t.Errorf("request %d waits %v", i, wait)
		}
	}
	if wait := r.take("a"); wait != 500*time.Millisecond {
		t.Errorf("the fourth waits %v, want half a second", wait)
	}
	if wait := r.take("b"); wait != 0 {
		t.Errorf("another waits %v", wait)
	}
	at = at.Add(500 * time.Millisecond)
	if r.take("a") != 0 || r.take("a") == 0 {
		t.Error("half a second lets another one through than one")
	}
	at = at.Add(-time.Hour) // the clock was set back
	if wait := r.take("a"); wait > time.Second {
		t.Errorf("the clock was set back, and a request waits %v", wait)
	}
	for i := range maxRated + 5 {
		r.take(strings.Repeat("x", i%7) + time.Duration(i).String())
	}
	if len(r.of) > maxRated {
		t.Errorf("%d clients are kept in mind", len(r.of))
	}
}

func TestTooManyRequests(t *testing.T) {
	x := newSite(t)
	h := New(Deps{Store: x.store, Auth: x.auth, Clock: x.clock.Now, Log: slog.New(slog.DiscardHandler), Rate: Rate{PerSecond: 1, Burst: 2}})
	serve := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/setup", nil))
		return w
	}
	for i, want := range []int{200, 200, 429} {
		if w := serve(); w.Code != want || want == 429 && w.Header().Get("Retry-After") != "1" {
			t.Errorf("request %d: %d %s, want %d", i, w.Code, w.Body, want)
		}
	}
	x.clock.Pass(time.Second)
	if w := serve(); w.Code != 200 {
		t.Errorf("a second later: %d", w.Code)
	}
}

// TestStreamOfASite tells who sees one site nothing of another, and ends when
// that changes.
func TestStreamOfASite(t *testing.T) {
	x := newSite(t)
	x.populate()
	r := x.send("GET", "/api/v1/stream", nil, x.as(asker{name: "viewer-a"}, 1)...)
	defer r.Body.Close()
	lines := bufio.NewReader(r.Body)
	x.bell.ch <- Notice{Zone: "zone-" + sentinelB, Devices: []string{"device-" + sentinelB}, Sensors: true}
	x.bell.ch <- Notice{Zone: "zone-" + sentinelA, Devices: []string{"device-" + sentinelA}}
	if event, data := next(t, lines); event != "devices" || data != `{"changed":["device-`+sentinelA+`"],"total":1}` {
		t.Errorf("told %s %s", event, data)
	}
	x.must(x.store.PutUser(t.Context(), tyto.User{Name: "viewer-a", Role: tyto.Viewer, Sites: tyto.SomeSites("b"), Password: "none"}))
	x.bell.ch <- Notice{Zone: "zone-" + sentinelA, Devices: []string{"device-" + sentinelA}}
	if line, err := lines.ReadString('\n'); err == nil && strings.TrimSpace(line) != "" {
		t.Errorf("after losing the site, told %q", line)
	}
}

// TestStreamOfAZoneThatMoved ends when a zone is of another site.
func TestStreamOfAZoneThatMoved(t *testing.T) {
	x := newSite(t)
	x.populate()
	r := x.send("GET", "/api/v1/stream", nil, x.as(asker{name: "viewer-a"}, 1)...)
	defer r.Body.Close()
	lines := bufio.NewReader(r.Body)
	x.bell.ch <- Notice{Zone: "zone-" + sentinelA, Devices: []string{"device-" + sentinelA}}
	if event, _ := next(t, lines); event != "devices" {
		t.Errorf("told %s", event)
	}
	x.must(x.store.PutZone(t.Context(), tyto.Zone{ID: "zone-" + sentinelA, Title: "moved", Site: "b", Created: now}))
	x.bell.ch <- Notice{Zone: "zone-" + sentinelA, Devices: []string{"device-" + sentinelA}}
	if line, err := lines.ReadString('\n'); err == nil && strings.TrimSpace(line) != "" {
		t.Errorf("after the zone moved, told %q", line)
	}
}

func TestAuditPages(t *testing.T) {
	x := signedIn(t, tyto.Admin)
	x.must(x.store.Audit(t.Context(), tyto.AuditRecord{Time: now.Add(time.Second), Who: "=cmd|' /C calc'!A0", What: "user.create", Object: "a,\"b\"\nc", Outcome: "＝wide"}))
	got := ask[AuditList](x, "/api/v1/audit?what=user.&limit=1")
	if got.Total != 2 || len(got.Items) != 1 || got.Items[0].Object != "a,\"b\"\nc" || got.Items[0].Hash == "" {
		t.Errorf("%+v", got)
	}
	if got := ask[AuditList](x, "/api/v1/audit?who=ADA&since="+now.Format(time.RFC3339)+"&before="+now.Add(time.Second).Format(time.RFC3339)); got.Total != 1 || got.Items[0].What != "session.create" {
		t.Errorf("%+v", got)
	}
	if status, body := x.do("GET", "/api/v1/audit?since=yesterday", nil); status != 422 {
		t.Errorf("a bad time: %d %s", status, body)
	}
	_, text := x.do("GET", "/api/v1/audit.csv", nil)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 4 || rows[len(rows)-1][2] != "'=cmd|' /C calc'!A0" || rows[len(rows)-1][6] != "'＝wide" {
		t.Errorf("%v, %v", rows, err)
	}
	verdict := ask[AuditVerdict](x, "/api/v1/audit/verify")
	if !verdict.Whole || verdict.Records != len(rows)-1 || verdict.Head != rows[len(rows)-1][7] {
		t.Errorf("%+v", verdict)
	}
	if v := ask[AuditVerdict](x, "/api/v1/audit/verify?head="+strings.Repeat("0", 64)); v.Whole || v.Noted {
		t.Errorf("a head that never was: %+v", v)
	}
}

// unwritable is a store whose audit log takes no more.
type unwritable struct{ store.Store }

func (unwritable) Audit(context.Context, tyto.AuditRecord) error { return store.ErrFull }

// TestNothingChangesWithoutAudit refuses what cannot be written down, and
// goes on answering questions.
func TestNothingChangesWithoutAudit(t *testing.T) {
	x := newSite(t)
	x.populate()
	full := unwritable{x.store}
	gate, err := auth.New(auth.DefaultConfig(), full, x.clock.Now, slog.New(slog.DiscardHandler))
	x.must(err)
	h := New(Deps{Store: full, Auth: gate, Clock: x.clock.Now, Log: slog.New(slog.DiscardHandler)})
	for route, want := range map[string]int{"POST /api/v1/alerts/alert-" + sentinelA + "/close": 503, "GET /api/v1/alerts/alert-" + sentinelA: 200} {
		method, path, _ := strings.Cut(route, " ")
		r := httptest.NewRequest(method, path, strings.NewReader("{}"))
		header := x.as(asker{name: "admin-all"}, want)
		r.Header.Set(header[0], header[1])
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d %s, want %d", route, w.Code, w.Body, want)
		}
	}
	if row, _, err := x.store.Alert(t.Context(), "alert-"+sentinelA); err != nil || row.Status != store.AlertNew {
		t.Errorf("the alert is %s, %v", row.Status, err)
	}
}
