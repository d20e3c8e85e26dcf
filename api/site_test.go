package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"tyto/auth"
	"tyto/content"
	"tyto/detect"
	"tyto/lab/doubles"
	"tyto/store/sqlite"
	"tyto/store/sqlitetest"
	"tyto/tyto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(doubles.Settled{M: m}) }

// bell is notices by hand.
type bell struct{ ch chan Notice }

func (b *bell) Subscribe(ctx context.Context, zones ...string) <-chan Notice {
	out := make(chan Notice)
	go func() {
		defer close(out)
		for {
			select {
			case n := <-b.ch:
				if len(zones) > 0 && !slices.Contains(zones, n.Zone) {
					continue
				}
				select {
				case out <- n:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// site is a hub's API over a real store, and a browser.
type site struct {
	t         testing.TB
	url       string
	store     *sqlite.Store
	auth      *auth.Auth
	enrolment *auth.Enrolment
	clock     *doubles.Clock
	bell      *bell
	browser   *http.Client
	handler   http.Handler
	analysts  *analysts
	decided   []tyto.Event // about devices
}

func (x *site) base() *url.URL {
	u, err := url.Parse(x.url)
	if err != nil {
		x.t.Fatal(err)
	}
	return u
}

const password = "correct horse battery"

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newSite(t testing.TB) *site { return siteWith(t, func(*auth.Config) {}) }

// rules are those that ship. Nothing changes them, and to compile them takes longer than most tests.
var rules = sync.OnceValues(func() (*detect.Rules, error) { return detect.Load(content.Detections(), nil) })

// siteWith is a site whose gate is another than the default, or who it works with.
func siteWith(t testing.TB, change func(*auth.Config), others ...func(*Deps)) *site {
	t.Helper()
	cfg := auth.DefaultConfig()
	cfg.Secret = filepath.Join(t.TempDir(), auth.SecretFile)
	change(&cfg)
	s, err := sqlite.Open(t.Context(), sqlitetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	x := &site{t: t, store: s, clock: doubles.ClockAt(now), bell: &bell{ch: make(chan Notice)}, analysts: &analysts{}}
	log := slog.New(slog.DiscardHandler)
	rules, err := rules()
	if err != nil {
		t.Fatal(err)
	}
	if x.auth, err = auth.New(cfg, s, x.clock.Now, log); err != nil {
		t.Fatal(err)
	}
	ca, err := auth.OpenCA(t.Context(), s, cfg.Secret, x.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	x.enrolment = auth.NewEnrolment(ca, s, x.clock.Now, log)
	deps := Deps{Enrolment: x.enrolment, SensorAddress: func(host string) string { return host + ":8443" }, Store: s, Auth: x.auth, Notices: x.bell, Registry: prometheus.NewRegistry(), Clock: x.clock.Now, Log: log,
		Version: Version{Version: "1.2.3"}, TypeName: func(id string) string { return strings.ToUpper(id) }, Ready: s.Check,
		Rate: Rate{PerSecond: 1, Burst: 1e9}, Rules: rules, Analysts: x.analysts, Integrations: integrated{s}, Decided: x.decide, Portal: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the portal") })}
	for _, change := range others {
		change(&deps)
	}
	x.handler = New(deps)
	server := httptest.NewServer(x.handler)
	x.url, x.browser = server.URL, newBrowser()
	t.Cleanup(func() {
		x.browser.CloseIdleConnections()
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func newBrowser() *http.Client {
	jar, _ := cookiejar.New(nil) // without options it cannot fail
	return &http.Client{Jar: jar, Transport: &http.Transport{}}
}

// signedIn is a site with a user of a role signed in.
func signedIn(t testing.TB, role tyto.PersonRole) *site {
	t.Helper()
	return signedInWith(t, role, func(*Deps) {})
}

// signedInWith is one that works with others.
func signedInWith(t testing.TB, role tyto.PersonRole, change func(*Deps)) *site {
	t.Helper()
	x := siteWith(t, func(*auth.Config) {}, change)
	x.user("ada", role)
	if status, body := x.do("POST", "/api/v1/session", Credentials{Username: "ada", Password: password}); status != 200 {
		t.Fatalf("sign in: %d %s", status, body)
	}
	return x
}

func (x *site) user(name string, role tyto.PersonRole) {
	x.t.Helper()
	if err := x.auth.PutUser(x.t.Context(), auth.Identity{User: "test"}, name, role, password); err != nil {
		x.t.Fatal(err)
	}
}

func (x *site) do(method, path string, body any, header ...string) (int, string) {
	x.t.Helper()
	r := x.send(method, path, body, header...)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func (x *site) send(method, path string, body any, header ...string) *http.Response {
	x.t.Helper()
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			x.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(x.t.Context(), method, x.url+path, &b)
	if err != nil {
		x.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := x.browser.Do(r)
	if err != nil {
		x.t.Fatal(err)
	}
	return answer
}

// ask decodes the answer to a GET.
func ask[T any](x *site, path string) (v T) {
	x.t.Helper()
	status, body := x.do("GET", path, nil)
	if status != 200 {
		x.t.Fatalf("%s: %d %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		x.t.Fatalf("%s: %v", path, err)
	}
	return v
}
