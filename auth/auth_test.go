package auth_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tyto/auth"
	"tyto/lab/doubles"
	"tyto/store/sqlite"
	"tyto/store/sqlitetest"
	"tyto/tyto"
)

const password = "correct horse battery"

var (
	begin  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	home   = auth.Caller{Addr: netip.MustParseAddr("192.0.2.1"), Agent: "Browser/1"}
	abroad = auth.Caller{Addr: netip.MustParseAddr("198.51.100.1")}
)

// door is a gate over a real store, with a clock that tests set.
type door struct {
	*auth.Auth
	store  *sqlite.Store
	secret string
	*doubles.Clock
}

func newDoor(t *testing.T, tls bool) *door {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlitetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	d := &door{store: s, Clock: doubles.ClockAt(begin), secret: filepath.Join(t.TempDir(), auth.SecretFile)}
	cfg := auth.DefaultConfig()
	cfg.TLS = tls
	if d.Auth, err = auth.New(cfg, s, d.Now, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *door) add(t *testing.T, name string, role tyto.PersonRole) {
	t.Helper()
	if err := d.PutUser(t.Context(), auth.Identity{User: "root"}, name, role, password); err != nil {
		t.Fatal(err)
	}
}

// policy makes the gate anew, with a policy about second factors.
func (d *door) policy(t *testing.T, p auth.FactorPolicy) {
	t.Helper()
	cfg := auth.DefaultConfig()
	cfg.SecondFactor, cfg.Secret = p, d.secret
	var err error
	if d.Auth, err = auth.New(cfg, d.store, d.Now, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
}

func (d *door) enterBy(t *testing.T, code string) *http.Cookie {
	t.Helper()
	_, c, err := d.SignIn(t.Context(), "ada", password, code, home)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (d *door) enter(t *testing.T, name string) *http.Cookie {
	t.Helper()
	_, c, err := d.SignIn(t.Context(), name, password, "", home)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// who is who a cookie identifies.
func (d *door) who(t *testing.T, c *http.Cookie) (auth.Identity, bool) {
	t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(c)
	who, ok, err := d.Identify(r)
	if err != nil {
		t.Fatal(err)
	}
	return who, ok
}

func TestSignIn(t *testing.T) {
	d := newDoor(t, true)
	d.add(t, "Ada", tyto.Analyst)
	c := d.enter(t, " ADA ")
	if c.Name != "__Host-tyto" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %v", c)
	}
	who, ok := d.who(t, c)
	if !ok || who.User != "ada" || who.Role != tyto.Analyst {
		t.Errorf("it identifies %+v, %v", who, ok)
	}
	if other := d.enter(t, "ada"); other.Value == c.Value {
		t.Error("two sessions have one token")
	}
	for _, forged := range []string{"", "x", c.Value + "x", strings.Repeat("A", 43), who.Session} {
		if _, ok := d.who(t, &http.Cookie{Name: c.Name, Value: forged}); ok {
			t.Errorf("%q identifies somebody", forged)
		}
	}
	for _, name := range []string{"eve", ""} {
		if _, _, err := d.SignIn(t.Context(), name, password, "", home); !errors.Is(err, auth.ErrRefused) {
			t.Errorf("user %q: %v, want ErrRefused", name, err)
		}
	}
}

func TestIdleSessionEnds(t *testing.T) {
	d := newDoor(t, false)
	d.add(t, "ada", tyto.Admin)
	c := d.enter(t, "ada")
	d.Pass(29 * time.Minute)
	if _, ok := d.who(t, c); !ok {
		t.Error("a session ends within 30 minutes")
	}
	d.Pass(29 * time.Minute)
	if _, ok := d.who(t, c); !ok {
		t.Error("use does not prolong a session")
	}
	d.Pass(30 * time.Minute)
	if _, ok := d.who(t, c); ok {
		t.Error("a session lives on after 30 idle minutes")
	}
}

func TestBusySessionEnds(t *testing.T) {
	d := newDoor(t, false)
	d.add(t, "ada", tyto.Admin)
	c := d.enter(t, "ada")
	for d.Now().Sub(begin) < 12*time.Hour-20*time.Minute {
		d.Pass(20 * time.Minute)
		if _, ok := d.who(t, c); !ok && d.Now().Sub(begin) < 12*time.Hour {
			t.Fatalf("a busy session ends after %v", d.Now().Sub(begin))
		}
	}
	d.Pass(20 * time.Minute)
	if _, ok := d.who(t, c); ok {
		t.Error("a session lives on after 12 hours")
	}
}

// TestWatchingIsNoUse has a page stay open: it must not keep its session.
func TestWatchingIsNoUse(t *testing.T) {
	d := newDoor(t, false)
	d.add(t, "ada", tyto.Admin)
	who, _ := d.who(t, d.enter(t, "ada"))
	for range 3 {
		d.Pass(10 * time.Minute)
		_, ok, err := d.Recall(t.Context(), who, false)
		if want := d.Now().Sub(begin) < 30*time.Minute; ok != want || err != nil {
			t.Errorf("after %v of watching: %v, %v", d.Now().Sub(begin), ok, err)
		}
	}
}

func TestWhatEndsASession(t *testing.T) {
	d := newDoor(t, false)
	d.add(t, "root", tyto.Admin)
	for what, end := range map[string]func(who auth.Identity) error{
		"signing out": func(who auth.Identity) error { _, err := d.SignOut(t.Context(), who, home); return err },
		"a new password": func(auth.Identity) error {
			return d.PutUser(t.Context(), auth.Identity{User: "root"}, "ada", tyto.Viewer, password+"!")
		},
		"another role": func(auth.Identity) error {
			return d.PutUser(t.Context(), auth.Identity{User: "root"}, "ada", tyto.Admin, password)
		},
		"deletion": func(auth.Identity) error { return d.store.DeleteUser(t.Context(), "ada") },
	} {
		d.add(t, "ada", tyto.Viewer)
		c := d.enter(t, "ada")
		who, _ := d.who(t, c)
		if err := end(who); err != nil {
			t.Fatal(err)
		}
		if _, ok := d.who(t, c); ok {
			t.Errorf("a session outlives %s", what)
		}
	}
}

func TestDisabledUser(t *testing.T) {
	d := newDoor(t, false)
	d.add(t, "ada", tyto.Viewer)
	c := d.enter(t, "ada")
	u, _, err := d.store.User(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	u.Disabled = true
	if err := d.store.PutUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.who(t, c); ok {
		t.Error("a disabled user's session goes on")
	}
	if _, _, err := d.SignIn(t.Context(), "ada", password, "", home); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("a disabled user signs in: %v", err)
	}
}

func TestGuessingIsSlow(t *testing.T) {
	d := newDoor(t, false)
	d.add(t, "ada", tyto.Viewer)
	tried := 0
	for range 10_000 { // seconds
		for {
			_, _, err := d.SignIn(t.Context(), "ada", "guess", "", abroad)
			if wait := (*auth.WaitError)(nil); errors.As(err, &wait) {
				break
			}
			if !errors.Is(err, auth.ErrRefused) {
				t.Fatal(err)
			}
			tried++
		}
		d.Pass(time.Second)
		if tried > 40 {
			break
		}
	}
	if tried > 30 {
		t.Errorf("%d guesses in %v", tried, d.Now().Sub(begin))
	}
	if _, _, err := d.SignIn(t.Context(), "ada", password, "", home); err != nil {
		t.Errorf("the user is locked out at home: %v", err)
	}
	if _, _, err := d.SignIn(t.Context(), "ada", password, "", abroad); err == nil {
		t.Error("the guesser may go on")
	}
	d.Pass(24 * time.Hour)
	if _, _, err := d.SignIn(t.Context(), "ada", password, "", abroad); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

// TestGuessingAtOnce: who sends all guesses at once has no more of them.
func TestGuessingAtOnce(t *testing.T) {
	d := newDoor(t, false)
	d.add(t, "ada", tyto.Viewer)
	var all sync.WaitGroup
	var tried atomic.Int32
	for range 50 {
		all.Go(func() {
			_, _, err := d.SignIn(t.Context(), "ada", "guess", "", abroad)
			if wait := (*auth.WaitError)(nil); !errors.As(err, &wait) {
				tried.Add(1)
			}
		})
	}
	all.Wait()
	if n := tried.Load(); n == 0 || n > 5 {
		t.Errorf("%d guesses were looked at", n)
	}
	if _, _, err := d.SignIn(t.Context(), "ada", password, "", home); err != nil {
		t.Errorf("the user is locked out at home: %v", err)
	}
}

func TestSetup(t *testing.T) {
	d := newDoor(t, false)
	ctx := t.Context()
	if _, _, err := d.Setup(ctx, "", "ada", password, home); !errors.Is(err, auth.ErrSetupRefused) {
		t.Errorf("without a token having been made: %v", err)
	}
	old, err := d.SetupToken(ctx)
	if err != nil {
		t.Fatal(err)
	}
	token, err := d.SetupToken(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for what, bad := range map[string]string{"an older token": old, "no token": "", "half a token": token[:20]} {
		if _, _, err := d.Setup(ctx, bad, "ada", password, home); !errors.Is(err, auth.ErrSetupRefused) {
			t.Errorf("%s: %v, want ErrSetupRefused", what, err)
		}
	}
	var rule *auth.RuleError
	if _, _, err := d.Setup(ctx, token, "ada", "short", home); !errors.As(err, &rule) || rule.Field != "password" {
		t.Errorf("a short password: %v", err)
	}
	d.Pass(24 * time.Hour)
	if _, _, err := d.Setup(ctx, token, "ada", password, home); !errors.Is(err, auth.ErrSetupRefused) {
		t.Errorf("a day later: %v, want ErrSetupRefused", err)
	}
	if token, err = d.SetupToken(ctx); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	made := make(chan string, 8)
	for i := range 4 {
		wg.Go(func() {
			if _, _, err := d.Setup(ctx, token, "ada"+string(rune('0'+i)), password, abroad); err == nil {
				made <- "one"
			} else if !errors.Is(err, auth.ErrSetupDone) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Errorf("%d first administrators", len(made))
	}
	if token, err := d.SetupToken(ctx); token != "" || err != nil {
		t.Errorf("afterwards there is a token %q, %v", token, err)
	}
}

func TestRules(t *testing.T) {
	for _, bad := range []struct{ name, password string }{
		{"", password}, {"a b", password}, {"a\x00", password}, {strings.Repeat("a", 65), password}, {"<a>", password},
		{"ada", "elevenchars"}, {"administrator", "Administrator"}, {"secret", "secretsecret"}, {"ada", "aaaaaaaaaaaaaaa"}, {"ada", "\xff\xfe" + password},
		{"ada", strings.Repeat("password", 200)},
	} {
		if auth.CheckName(bad.name) == nil && auth.CheckPassword(bad.name, bad.password) == nil {
			t.Errorf("user %q with %.20q is allowed", bad.name, bad.password)
		}
	}
	for _, good := range []struct{ name, password string }{{"ada", password}, {"ada.lovelace@example.org", "zwölf Zeichen"}, {"a", "            kühn b2"}} {
		if err := errors.Join(auth.CheckName(good.name), auth.CheckPassword(good.name, good.password)); err != nil {
			t.Error(err)
		}
	}
}

func TestAudit(t *testing.T) {
	d := newDoor(t, false)
	d.add(t, "ada", tyto.Viewer)
	_, _, _ = d.SignIn(t.Context(), "ada", "wrong", "", abroad)
	who, _ := d.who(t, d.enter(t, "ada"))
	if _, err := d.SignOut(t.Context(), who, home); err != nil {
		t.Fatal(err)
	}
	records, err := d.store.AuditRecords(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, r.Who+" "+r.What+" "+r.Outcome+" "+r.From)
	}
	want := []string{"ada session.delete ok 192.0.2.1", "ada session.create ok 192.0.2.1", "ada session.create refused 198.51.100.1", "root user.put ok "}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("audit:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// unwritable is a store whose audit is full.
type unwritable struct{ *sqlite.Store }

func (unwritable) Audit(context.Context, tyto.AuditRecord) error { return errors.New("disk full") }

func TestNothingWithoutAudit(t *testing.T) {
	d := newDoor(t, false)
	d.add(t, "ada", tyto.Viewer)
	a, err := auth.New(auth.DefaultConfig(), unwritable{d.store}, d.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.SignIn(t.Context(), "ada", password, "", home); err == nil {
		t.Error("somebody signs in without a record of it")
	}
	if err := a.PutUser(t.Context(), auth.Identity{}, "eve", tyto.Admin, password); err == nil {
		t.Error("a user is made without a record of it")
	}
}

func TestRoles(t *testing.T) {
	order := []tyto.PersonRole{tyto.Viewer, tyto.Analyst, tyto.Admin}
	for i, a := range order {
		for j, b := range order {
			if a.Includes(b) != (i >= j) {
				t.Errorf("%s includes %s: %v", a, b, a.Includes(b))
			}
		}
		if a.Includes("") || tyto.PersonRole("root").Includes(a) {
			t.Error("an unknown role is of use")
		}
	}
}

// TestUnknownUsersTakeAsLong compares the shortest times, and goes on until
// they are alike: what else the machine does makes some of them long.
func TestUnknownUsersTakeAsLong(t *testing.T) {
	defer auth.CostAsInUse()()
	d := newDoor(t, false)
	d.add(t, "ada", tyto.Viewer)
	took := func(name string) time.Duration {
		d.Pass(time.Hour) // or who guesses is made to wait
		start := time.Now()
		if _, _, err := d.SignIn(t.Context(), name, "wrong", "", home); !errors.Is(err, auth.ErrRefused) {
			t.Fatal(err)
		}
		return time.Since(start)
	}
	took("nobody") // makes the decoy
	known, unknown := took("ada"), took("mallory")
	for i := 0; (unknown < known/2 || known < unknown/2) && i < 100; i++ {
		known, unknown = min(known, took("ada")), min(unknown, took("mallory"))
	}
	if unknown < known/2 || known < unknown/2 {
		t.Errorf("a wrong password takes %v, an unknown user %v", known, unknown)
	}
}
