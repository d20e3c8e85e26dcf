package api

import (
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	op "github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	real "github.com/zitadel/oidc/v3/pkg/op"

	"tyto/auth"
	"tyto/lab/doubles"
	"tyto/store"
	"tyto/store/sqlite"
	"tyto/store/sqlitetest"
	"tyto/tyto"
)

// directory is who the identity provider knows, and what it says of them
// beside the usual.
type directory struct {
	*op.Storage
	users  map[string]*op.User
	claims map[string]map[string]any
}

func (d *directory) GetUserByID(id string) *op.User { return d.users[id] }
func (d *directory) ExampleClientID() string        { return op.ServiceUserID }
func (d *directory) GetUserByUsername(name string) *op.User {
	for _, u := range d.users {
		if u.Username == name {
			return u
		}
	}
	return nil
}

func (d *directory) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, r real.IDTokenRequest, scopes []string) error {
	err := d.Storage.SetUserinfoFromRequest(ctx, info, r, scopes)
	for k, v := range d.claims[r.GetSubject()] {
		info.AppendClaims(k, v)
	}
	return err
}

const clientSecret = "a-secret-that-nobody-may-see"

// newProvider runs an OpenID provider, a certified implementation, on loopback.
func newProvider(t *testing.T, callback string) (issuer string, d *directory) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer = "http://" + server.Listener.Addr().String()
	d = &directory{users: map[string]*op.User{}, claims: map[string]map[string]any{}}
	for id, name := range map[string]string{"1": "ada", "2": "mallory", "3": "local", "4": "graz", "5": "a b"} {
		d.users[id] = &op.User{ID: id, Username: name, Password: "pw", Email: name + "@example.org", EmailVerified: true}
	}
	d.users["2"].Email = "mallory@elsewhere.example"
	for id, groups := range map[string][]any{"1": {"tyto-analysts", "tyto-admins", "staff"}, "2": {"tyto-admins"}, "3": {"tyto-admins"}, "4": {"tyto-analysts", "site-graz"}, "5": {"tyto-admins"}} {
		d.claims[id] = map[string]any{"realm_access": map[string]any{"roles": groups}}
	}
	d.Storage = op.NewStorageWithClients(d, map[string]*op.Client{"tyto": op.WebClient("tyto", clientSecret, callback)})
	server.Config.Handler = exampleop.SetupServer(issuer, d, nil, false)
	server.Start()
	t.Cleanup(server.Close)
	return issuer, d
}

// signOnSite is a site with an identity provider. Everybody sees all sites
// but who has a group that says another thing.
func signOnSite(t *testing.T, change func(*auth.OIDC)) (*site, *directory) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlitetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	x := &site{t: t, store: s, clock: doubles.ClockAt(now)}
	server := httptest.NewUnstartedServer(nil)
	x.url = "http://" + server.Listener.Addr().String()
	issuer, d := newProvider(t, x.url+auth.CallbackPath)
	secret := filepath.Join(t.TempDir(), "secret")
	x.must(os.WriteFile(secret, []byte(clientSecret+"\n"), 0o600))
	cfg := auth.DefaultConfig()
	cfg.OIDC = &auth.OIDC{Name: "Contoso", Issuer: issuer, ClientID: "tyto", SecretFile: secret, URL: x.url, RoleClaim: "realm_access.roles",
		Roles: map[string]string{"tyto-admins": "admin", "tyto-analysts": "analyst"}, SiteClaim: "realm_access.roles",
		Sites: map[string]string{"site-graz": "graz", "tyto-admins": "*"}, Domains: []string{"example.org"}}
	if change != nil {
		change(cfg.OIDC)
	}
	log := slog.New(slog.DiscardHandler)
	x.auth, err = auth.New(cfg, s, x.clock.Now, log)
	x.must(err)
	server.Config.Handler = New(Deps{Store: s, Auth: x.auth, Clock: x.clock.Now, Log: log, Rate: Rate{1, 1e9},
		Portal: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "portal "+r.URL.RequestURI()) })})
	server.Start()
	x.browser = newBrowser()
	t.Cleanup(func() {
		x.browser.CloseIdleConnections()
		http.DefaultClient.CloseIdleConnections()
		server.Close()
		s.Close()
	})
	return x, d
}

// signOn does what a person does: presses the button, fills in the provider's
// form, and is led back. It is the address and text of the last page.
func (x *site) signOn(name string) (at, page string) {
	x.t.Helper()
	answer, err := x.browser.Get(x.url + "/api/v1/oidc/login?next=" + url.QueryEscape("/devices?q=x"))
	x.must(err)
	form, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	x.must(err)
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindSubmatch(form)
	if id == nil {
		return answer.Request.URL.RequestURI(), string(form)
	}
	answer, err = x.browser.PostForm("http://"+answer.Request.URL.Host+"/login/username", url.Values{"id": {string(id[1])}, "username": {name}, "password": {"pw"}})
	x.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	x.must(err)
	return answer.Request.URL.RequestURI(), string(text)
}

func TestSignOn(t *testing.T) {
	x, d := signOnSite(t, nil)
	x.user("local", tyto.Viewer)
	if got := ask[SignIn](x, "/api/v1/sign-in"); got.Provider != "Contoso" {
		t.Errorf("%+v", got)
	}
	if at, page := x.signOn("ada"); at != "/devices?q=x" || page != "portal /devices?q=x" {
		t.Fatalf("led to %s: %s", at, page)
	}
	who := ask[Session](x, "/api/v1/session")
	if who.Username != "ada" || who.Role != tyto.Admin || !who.AllSites || !who.Vouched || who.Temporary {
		t.Errorf("%+v", who)
	}
	if status, _ := x.do("PUT", "/api/v1/session/password", NewPassword{"x", password}); status != 403 {
		t.Errorf("a password beside the provider's: %d", status)
	}
	for name, want := range map[string]string{"mallory": "domain", "local": "taken", "a b": "name"} {
		if at, _ := x.signOn(name); at != "/sign-in?refused="+want {
			t.Errorf("%s is led to %s, want %s", name, at, want)
		}
	}
	x.signOn("graz")
	if who := ask[Session](x, "/api/v1/session"); who.Username != "graz" || who.Role != tyto.Analyst || who.AllSites || strings.Join(who.Sites, " ") != "graz" {
		t.Errorf("%+v", who)
	}
	// The directory takes rights away, and everything else too: it counts at the next sign-in.
	d.claims["1"] = map[string]any{"realm_access": map[string]any{"roles": []any{"tyto-analysts", "site-graz"}}}
	x.signOn("ada")
	if who := ask[Session](x, "/api/v1/session"); who.Role != tyto.Analyst || who.AllSites {
		t.Errorf("after losing a group: %+v", who)
	}
	d.claims["1"] = nil
	if at, _ := x.signOn("ada"); at != "/sign-in?refused=role" {
		t.Errorf("without groups led to %s", at)
	}
	u, _, err := x.store.User(t.Context(), "graz")
	x.must(err)
	u.Disabled = true
	x.must(x.store.PutUser(t.Context(), u))
	if at, _ := x.signOn("graz"); at != "/sign-in?refused=disabled" {
		t.Errorf("a disabled user is led to %s", at)
	}
	page, err := x.store.AuditPage(t.Context(), store.AuditQuery{Limit: 100})
	x.must(err)
	var log []string
	for _, e := range page.Items {
		log = append(log, e.Who+" "+e.What+" "+e.Object+" "+e.Outcome)
	}
	for _, want := range []string{"ada user.create ada: admin, all sites (identity provider) ok", "ada session.create identity provider ok",
		"ada user.change ada: admin, all sites → ada: analyst, sites graz (identity provider) ok", "mallory session.create identity provider refused: domain"} {
		if !strings.Contains(strings.Join(log, "\n"), want) {
			t.Errorf("the audit log lacks %q:\n%s", want, strings.Join(log, "\n"))
		}
	}
	if strings.Contains(strings.Join(log, "\n"), clientSecret) {
		t.Error("the audit log tells the client's secret")
	}
}

// TestSignOnOfOthers brings answers that this browser did not ask for.
func TestSignOnOfOthers(t *testing.T) {
	x, _ := signOnSite(t, nil)
	for what, query := range map[string]string{"no state": "?code=x", "another state": "?code=x&state=y", "nothing": ""} {
		answer, err := x.browser.Get(x.url + auth.CallbackPath + query)
		x.must(err)
		answer.Body.Close()
		if at := answer.Request.URL.RequestURI(); at != "/sign-in?refused=state" {
			t.Errorf("%s leads to %s", what, at)
		}
	}
	// A sign-on that somebody else began: their answer in this browser.
	other := newBrowser()
	defer other.CloseIdleConnections()
	other.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := other.Get(x.url + "/api/v1/oidc/login")
	x.must(err)
	answer.Body.Close()
	to, err := url.Parse(answer.Header.Get("Location"))
	x.must(err)
	q := to.Query()
	if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("nonce")) != 43 || q.Get("state") == "" || strings.Contains(to.String(), clientSecret) {
		t.Errorf("the browser is sent to %s", to)
	}
	if c := answer.Header.Get("Set-Cookie"); !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || !strings.Contains(c, "Max-Age=600") {
		t.Errorf("the cookie is %s", c)
	}
	answer, err = x.browser.Get(x.url + auth.CallbackPath + "?code=x&state=" + q.Get("state"))
	x.must(err)
	answer.Body.Close()
	if at := answer.Request.URL.RequestURI(); at != "/sign-in?refused=state" {
		t.Errorf("the state of another browser leads to %s", at)
	}
	for next, want := range map[string]string{"//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", "javascript:alert(1)": "/", "/alerts": "/alerts"} {
		_, cookie, err := x.auth.BeginSignOn(t.Context(), next)
		x.must(err)
		if got := nextOf(t, cookie); got != want {
			t.Errorf("next %q is kept as %q", next, got)
		}
	}
}

// TestSignOnWithoutProvider starts and says what is wrong, as long as it is.
func TestSignOnWithoutProvider(t *testing.T) {
	x, _ := signOnSite(t, func(c *auth.OIDC) { c.Issuer = "http://127.0.0.1:1" })
	if at, _ := x.signOn("ada"); at != "/sign-in?refused=provider" {
		t.Errorf("led to %s", at)
	}
	if status, _ := x.do("GET", "/api/v1/setup", nil); status != 200 {
		t.Errorf("everything else: %d", status)
	}
	x, _ = signOnSite(t, func(c *auth.OIDC) { c.ClientID = "nobody" })
	if at, page := x.signOn("ada"); !strings.Contains(page, "client") {
		t.Errorf("an unknown client is led to %s: %.200s", at, page)
	}
}

// nextOf is the page that a cookie of a sign-on keeps.
func nextOf(t *testing.T, c *http.Cookie) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		t.Fatal(err)
	}
	return decode[struct {
		Next string `json:"t"`
	}](t, string(text)).Next
}
