package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tyto/auth"
	"tyto/store"
	"tyto/tyto"
)

// person is a signed-in user of a role and sites, without the cost of a password.
func (d *door) person(t *testing.T, name string, role tyto.PersonRole, sites tyto.Sites) auth.Identity {
	t.Helper()
	if err := d.store.PutUser(t.Context(), tyto.User{Name: name, Role: role, Sites: sites, Password: "none", Created: d.Now()}); err != nil {
		t.Fatal(err)
	}
	hash := "session-of-" + name
	if err := d.store.PutSession(t.Context(), tyto.Session{Hash: hash, User: name, Created: d.Now(), Used: d.Now(), Expires: d.Now().Add(time.Hour)}, 10); err != nil {
		t.Fatal(err)
	}
	return auth.Identity{User: name, Role: role, Sites: sites, Session: hash}
}

func (d *door) signedIn(t *testing.T, who auth.Identity) bool {
	t.Helper()
	_, ok, err := d.Recall(t.Context(), who, false)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func (d *door) token(t *testing.T, who auth.Identity, role tyto.PersonRole, sites tyto.Sites) string {
	t.Helper()
	_, text, err := d.MakeToken(t.Context(), who, home, auth.NewToken{Name: "siem " + string(role), Role: role, Sites: sites, Expires: d.Now().Add(30 * 24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (d *door) program(t *testing.T, text string) (auth.Identity, bool) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+text)
	who, ok, err := d.Identify(r)
	if err != nil {
		t.Fatal(err)
	}
	return who, ok
}

func TestTemporaryPassword(t *testing.T) {
	d := newDoor(t, false)
	root := d.person(t, "root", tyto.Admin, tyto.AllSites())
	u, first, err := d.MakeUser(t.Context(), root, home, "Ada", tyto.Analyst, tyto.SomeSites("graz"))
	if err != nil || u.Name != "ada" || len(first) != 23 {
		t.Fatalf("%+v, %q, %v", u, first, err)
	}
	who, _, err := d.SignIn(t.Context(), "ada", first, "", home)
	if err != nil || !who.Temporary || who.Role != tyto.Analyst || who.Sites.All || !who.Sites.Has("graz") {
		t.Fatalf("%+v, %v", who, err)
	}
	var rule *auth.RuleError
	for field, change := range map[string][2]string{"old": {"wrong", password}, "password": {first, first}} {
		if err := d.ChangePassword(t.Context(), who, home, change[0], change[1]); !errors.As(err, &rule) || rule.Field != field {
			t.Errorf("%v: %v, want a rule about %s", change, err, field)
		}
	}
	other := d.enterWith(t, "ada", first)
	if err := d.ChangePassword(t.Context(), who, home, first, password); err != nil {
		t.Fatal(err)
	}
	if now, ok, err := d.Recall(t.Context(), who, false); !ok || err != nil || now.Temporary {
		t.Errorf("after choosing: %+v, %v, %v", now, ok, err)
	}
	if _, ok := d.who(t, other); ok {
		t.Error("another session outlives the password")
	}
	_, again, err := d.ResetPassword(t.Context(), root, home, "ada")
	if err != nil || again == first || d.signedIn(t, who) {
		t.Errorf("reset: %q, %v", again, err)
	}
	d.Pass(72 * time.Hour)
	if _, _, err := d.SignIn(t.Context(), "ada", again, "", home); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("three days later: %v", err)
	}
}

func (d *door) enterWith(t *testing.T, name, password string) *http.Cookie {
	t.Helper()
	_, c, err := d.SignIn(t.Context(), name, password, "", home)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestWhoManagesWhom is what administrators of some sites may do to others.
func TestWhoManagesWhom(t *testing.T) {
	d := newDoor(t, false)
	d.person(t, "root", tyto.Admin, tyto.AllSites())
	graz := d.person(t, "graz-admin", tyto.Admin, tyto.SomeSites("graz", "linz"))
	d.person(t, "wien", tyto.Viewer, tyto.SomeSites("wien"))
	d.person(t, "both", tyto.Viewer, tyto.SomeSites("graz", "wien"))
	d.person(t, "mine", tyto.Viewer, tyto.SomeSites("graz"))
	d.person(t, "blind", tyto.Viewer, tyto.SomeSites())
	users, err := d.Users(t.Context(), graz)
	var names []string
	for _, u := range users {
		names = append(names, u.Name)
	}
	if got := strings.Join(names, " "); err != nil || got != "blind graz-admin mine" {
		t.Errorf("they know of %q, %v", got, err)
	}
	all, linz, none, analyst, root := tyto.AllSites(), tyto.SomeSites("linz"), tyto.SomeSites(), tyto.Analyst, tyto.PersonRole("root")
	yes := true
	for _, c := range []struct {
		name   string
		change auth.UserChange
		want   error
	}{
		{"wien", auth.UserChange{Disabled: &yes}, auth.ErrNoUser},
		{"both", auth.UserChange{Role: &analyst}, auth.ErrNoUser},
		{"root", auth.UserChange{Disabled: &yes}, auth.ErrNoUser},
		{"nobody", auth.UserChange{Disabled: &yes}, auth.ErrNoUser},
		{"mine", auth.UserChange{Sites: &all}, auth.ErrBeyond},
		{"graz-admin", auth.UserChange{Disabled: &yes}, auth.ErrSelf},
		{"mine", auth.UserChange{Sites: &linz, Role: &analyst}, nil},
	} {
		if _, err := d.ChangeUser(t.Context(), graz, home, c.name, c.change); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s %+v: %v, want %v", c.name, c.change, err, c.want)
		}
	}
	var rule *auth.RuleError
	for _, c := range []auth.UserChange{{Role: &root}, {Sites: &none}} {
		if _, err := d.ChangeUser(t.Context(), graz, home, "mine", c); !errors.As(err, &rule) {
			t.Errorf("%+v: %v, want a rule", c, err)
		}
	}
	for _, name := range []string{"wien", "both", "root"} {
		if err := d.RemoveUser(t.Context(), graz, home, name); !errors.Is(err, auth.ErrNoUser) {
			t.Errorf("remove %s: %v", name, err)
		}
		if _, _, err := d.ResetPassword(t.Context(), graz, home, name); !errors.Is(err, auth.ErrNoUser) {
			t.Errorf("reset %s: %v", name, err)
		}
	}
	if _, _, err := d.MakeUser(t.Context(), graz, home, "new", tyto.Viewer, tyto.SomeSites("wien")); !errors.Is(err, auth.ErrBeyond) {
		t.Errorf("a user of another site: %v", err)
	}
	if err := d.RemoveUser(t.Context(), graz, home, "mine"); err != nil {
		t.Error(err)
	}
	page, err := d.store.AuditPage(t.Context(), store.AuditQuery{What: "user.", Limit: 9})
	if err != nil || page.Total != 2 || page.Items[1].Object != "mine: viewer, sites graz → mine: analyst, sites linz" || page.Items[0].What != "user.delete" || page.Items[0].Who != "graz-admin" {
		t.Errorf("audit: %+v, %v", page.Items, err)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	d := newDoor(t, false)
	root := d.person(t, "root", tyto.Admin, tyto.AllSites())
	eve := d.person(t, "eve", tyto.Admin, tyto.AllSites())
	yes := true
	if _, err := d.ChangeUser(t.Context(), root, home, "eve", auth.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	// Eve's request was under way when she was disabled.
	if err := d.RemoveUser(t.Context(), eve, home, "root"); !errors.Is(err, store.ErrLastAdmin) {
		t.Errorf("the last administrator is removed: %v", err)
	}
	page, err := d.store.AuditPage(t.Context(), store.AuditQuery{What: "user.delete", Limit: 9})
	if err != nil || page.Total != 2 || !strings.HasPrefix(page.Items[0].Outcome, "failed: ") {
		t.Errorf("audit: %+v, %v", page.Items, err)
	}
}

func TestDisablingEndsAllAtOnce(t *testing.T) {
	d := newDoor(t, false)
	root := d.person(t, "root", tyto.Admin, tyto.AllSites())
	ada := d.person(t, "ada", tyto.Analyst, tyto.AllSites())
	token := d.token(t, ada, tyto.Viewer, tyto.AllSites())
	program, ok := d.program(t, token)
	if !ok || !d.signedIn(t, program) {
		t.Fatal("the token is none")
	}
	yes, no := true, false
	if _, err := d.ChangeUser(t.Context(), root, home, "ada", auth.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.program(t, token); ok || d.signedIn(t, ada) || d.signedIn(t, program) {
		t.Error("a disabled user goes on")
	}
	if _, err := d.ChangeUser(t.Context(), root, home, "ada", auth.UserChange{Disabled: &no}); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.program(t, token); ok || d.signedIn(t, ada) {
		t.Error("what was ended is back when the user is")
	}
}

func TestTokens(t *testing.T) {
	d := newDoor(t, false)
	root := d.person(t, "root", tyto.Admin, tyto.AllSites())
	ada := d.person(t, "ada", tyto.Analyst, tyto.SomeSites("graz", "wien"))
	in := func(days int) time.Time { return d.Now().AddDate(0, 0, days) }
	var rule *auth.RuleError
	for field, n := range map[string]auth.NewToken{
		"name":    {Name: "a\nb", Role: tyto.Viewer, Sites: tyto.SomeSites("graz"), Expires: in(1)},
		"role":    {Name: "a", Role: tyto.Admin, Sites: tyto.SomeSites("graz"), Expires: in(1)},
		"sites":   {Name: "a", Role: tyto.Viewer, Sites: tyto.AllSites(), Expires: in(1)},
		"expires": {Name: "a", Role: tyto.Viewer, Sites: tyto.SomeSites("graz"), Expires: in(367)},
	} {
		if _, _, err := d.MakeToken(t.Context(), ada, home, n); !errors.As(err, &rule) || rule.Field != field {
			t.Errorf("%+v: %v, want a rule about %s", n, err, field)
		}
	}
	text := d.token(t, ada, tyto.Analyst, tyto.SomeSites("graz", "wien"))
	who, ok := d.program(t, text)
	if !ok || who.User != "ada" || who.Role != tyto.Analyst || who.Session != "" || who.Name() != "ada token:"+who.Token || !strings.HasPrefix(text, auth.TokenPrefix) {
		t.Fatalf("%+v, %v", who, ok)
	}
	for _, bad := range []string{"", "tyto_", text + "x", text[:len(text)-1], strings.TrimPrefix(text, auth.TokenPrefix), text[:len(text)-1] + "!"} {
		if _, ok := d.program(t, bad); ok {
			t.Errorf("%q is a token", bad)
		}
	}
	// The user loses some of what they may, and the token with them.
	viewer, graz := tyto.Viewer, tyto.SomeSites("graz")
	if _, err := d.ChangeUser(t.Context(), root, home, "ada", auth.UserChange{Role: &viewer, Sites: &graz}); err != nil {
		t.Fatal(err)
	}
	if who, ok := d.program(t, text); !ok || who.Role != tyto.Viewer || who.Sites.Has("wien") || !who.Sites.Has("graz") {
		t.Errorf("a token may more than its user: %+v, %v", who, ok)
	}
	d.Pass(time.Hour)
	d.program(t, text)
	d.Pass(30 * time.Second)
	d.program(t, text) // too soon to be noted
	all, err := d.Tokens(t.Context(), ada)
	if err != nil || len(all) != 1 || !all[0].Used.Equal(begin.Add(time.Hour)) {
		t.Errorf("%+v, %v", all, err)
	}
	if err := d.RevokeToken(t.Context(), root, home, all[0].ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another revokes it: %v", err)
	}
	if err := d.RevokeToken(t.Context(), ada, home, all[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.program(t, text); ok {
		t.Error("a revoked token is good")
	}
	text = d.token(t, root, tyto.Viewer, tyto.AllSites())
	d.Pass(30 * 24 * time.Hour)
	if _, ok := d.program(t, text); ok {
		t.Error("a token outlives its time")
	}
}

// TestACookieBesideATokenIsNothing: a browser that is made to send a token
// must not act with its cookie.
func TestACookieBesideATokenIsNothing(t *testing.T) {
	d := newDoor(t, false)
	d.add(t, "ada", tyto.Admin)
	for _, header := range []string{"Bearer nonsense", "bearer  ", "Bearer"} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.AddCookie(d.enter(t, "ada"))
		r.Header.Set("Authorization", header)
		if who, ok, err := d.Identify(r); ok || err != nil {
			t.Errorf("%q with a cookie is %+v, %v", header, who, err)
		}
	}
}

func TestWhatIsGuessedFirst(t *testing.T) {
	for _, bad := range []string{"password1234!", "Passwort2026!!", "qwertyuiop123", "1234567890123", "adminadmin2026", "Welcome123456", "P@ssw0rdP@ssw0rd", "abcdefghijklm", "ada.l2026!!!!",
		"Summer2026!!!", "aaaabbbb1212", "letmein-letmein", "Tyto-Sensor-1", "1q2w3e4r5t6z"} {
		if auth.CheckPassword("ada.l", bad) == nil {
			t.Errorf("%q is allowed", bad)
		}
	}
	for _, good := range []string{password, "zwölf Zeichen", "k3pqx-7mzfd-aa2cv-9twhe", "another horse battery", "gelb-tisch-ferne-1", "Xk9#mQ2$vL7p", "83920174655918 nein"} {
		if err := auth.CheckPassword("ada.l", good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}
