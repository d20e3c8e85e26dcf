package auth_test

import (
	"bytes"
	"encoding/base32"
	"errors"
	"image/png"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"tyto/auth"
	"tyto/tyto"
)

// app is an authenticator app that reads what is shown once.
func app(t *testing.T, n auth.NewFactor) func(at time.Time) string {
	t.Helper()
	key, err := otp.NewKeyFromURL(n.URI)
	if err != nil || key.Secret() != n.Secret || key.Type() != "totp" || key.Period() != 30 || key.Digits() != otp.DigitsSix || key.Issuer() != "Tyto" {
		t.Fatalf("%s: %v", n.URI, err)
	}
	if u, err := url.Parse(n.URI); err != nil || u.Query().Get("algorithm") != "SHA1" {
		t.Errorf("%s: %v", n.URI, err)
	}
	if secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(n.Secret); err != nil || len(secret) != 20 {
		t.Errorf("a secret of %d bytes, %v", len(secret), err)
	}
	if picture, err := png.DecodeConfig(bytes.NewReader(n.QR)); err != nil || picture.Width < 200 {
		t.Errorf("the image: %+v, %v", picture, err)
	}
	return func(at time.Time) string {
		code, err := totp.GenerateCode(n.Secret, at)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
}

// factored is a door with a policy, and a user who has a second factor.
func factored(t *testing.T, policy auth.FactorPolicy) (d *door, who auth.Identity, code func(time.Time) string, recovery []string) {
	t.Helper()
	d = newDoor(t, false)
	d.policy(t, policy)
	d.add(t, "ada", tyto.Admin)
	who, _ = d.who(t, d.enter(t, "ada"))
	n, err := d.BeginFactor(t.Context(), who, home, password)
	if err != nil {
		t.Fatal(err)
	}
	code = app(t, n)
	if recovery, err = d.ConfirmFactor(t.Context(), who, home, code(d.Now())); err != nil || len(recovery) != 10 {
		t.Fatalf("%d recovery codes, %v", len(recovery), err)
	}
	return d, who, code, recovery
}

func (d *door) signIn(t *testing.T, code string) error {
	t.Helper()
	_, _, err := d.SignIn(t.Context(), "ada", password, code, home)
	return err
}

func (d *door) wants(t *testing.T, code string, want error) {
	t.Helper()
	if err := d.signIn(t, code); !errors.Is(err, want) {
		t.Errorf("with %q: %v, want %v", code, err, want)
	}
}

// TestSecondFactor signs in with codes: of now, of the intervals beside it,
// none twice, none of another time.
func TestSecondFactor(t *testing.T) {
	d, _, code, _ := factored(t, auth.FactorOptional)
	d.wants(t, "", auth.ErrCodeNeeded)
	d.wants(t, code(d.Now()), auth.ErrCodeRefused) // it switched the factor on
	d.Pass(30 * time.Second)
	now := code(d.Now())
	d.wants(t, now[:3]+" "+now[3:], nil)
	d.wants(t, now, auth.ErrCodeRefused)
	d.Pass(time.Minute)
	d.wants(t, code(d.Now().Add(-time.Minute)), auth.ErrCodeRefused)
	d.wants(t, code(d.Now().Add(-30*time.Second)), nil)
	d.wants(t, code(d.Now().Add(30*time.Second)), nil)
	d.wants(t, code(d.Now()), auth.ErrCodeRefused) // before the last one
	if _, _, err := d.SignIn(t.Context(), "ada", "wrong", code(d.Now()), home); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("a wrong password with a code: %v", err)
	}
	d.Pass(time.Hour)
	var in atomic.Int32
	var all sync.WaitGroup
	now = code(d.Now())
	for range 5 {
		all.Go(func() {
			if _, _, err := d.SignIn(t.Context(), "ada", password, now, home); err == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 {
		t.Errorf("one code lets %d in", in.Load())
	}
}

// TestGuessedCodes has somebody know the password and try codes, from many
// places.
func TestGuessedCodes(t *testing.T) {
	d, _, code, _ := factored(t, auth.FactorOptional)
	var wait *auth.WaitError
	refused := 0
	for i := range 60 { // in an hour
		d.Pass(time.Minute)
		from := auth.Caller{Addr: netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)})}
		_, _, err := d.SignIn(t.Context(), "ada", password, "000000", from)
		switch {
		case errors.Is(err, auth.ErrCodeRefused):
			refused++
		case !errors.As(err, &wait):
			t.Fatal(err)
		}
	}
	if refused < 5 || refused > 20 {
		t.Errorf("%d codes could be tried", refused)
	}
	d.Pass(2 * time.Hour)
	d.wants(t, code(d.Now()), nil)
}

// TestRecoveryCodes has somebody lose their app.
func TestRecoveryCodes(t *testing.T) {
	d, who, code, recovery := factored(t, auth.FactorOptional)
	d.wants(t, strings.ToUpper(recovery[3]), nil)
	d.wants(t, recovery[3], auth.ErrCodeRefused)
	if s, err := d.Factor(t.Context(), who); err != nil || !s.On || s.Recovery != 9 || s.Required {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := d.RenewRecovery(t.Context(), who, home, "wrong", recovery[4]); err == nil {
		t.Error("the codes are renewed without the password")
	}
	fresh, err := d.RenewRecovery(t.Context(), who, home, password, recovery[4])
	if err != nil || len(fresh) != 10 {
		t.Fatalf("%d new codes, %v", len(fresh), err)
	}
	d.wants(t, recovery[5], auth.ErrCodeRefused)
	d.wants(t, fresh[0], nil)
	d.Pass(time.Minute)
	if err := d.EndFactor(t.Context(), who, home, password, code(d.Now())); err != nil {
		t.Fatal(err)
	}
	d.wants(t, "", nil)
	records, err := d.store.AuditRecords(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, r := range records {
		seen[r.What+" "+r.Object+" "+r.Outcome]++
		for _, secret := range append(recovery, fresh...) {
			if strings.Contains(r.Object+r.Outcome, secret) {
				t.Errorf("the audit log has a code: %+v", r)
			}
		}
	}
	for _, want := range []string{"second-factor.begin ada ok", "second-factor.confirm ada ok", "second-factor.recovery ada refused", "second-factor.recovery ada ok", "second-factor.end ada ok",
		"session.create  refused: wrong code", "session.create password and a recovery code ok", "session.create password ok"} {
		if seen[want] == 0 {
			t.Errorf("the audit log has no %q: %v", want, seen)
		}
	}
}

// TestBegun has a factor count for nothing before it is confirmed, and be
// begun by nobody but who knows the password.
func TestBegun(t *testing.T) {
	d := newDoor(t, false)
	d.policy(t, auth.FactorOptional)
	d.add(t, "ada", tyto.Viewer)
	who, _ := d.who(t, d.enter(t, "ada"))
	if _, err := d.BeginFactor(t.Context(), who, home, "wrong"); err == nil {
		t.Error("it is begun without the password")
	}
	if _, err := d.ConfirmFactor(t.Context(), who, home, "123456"); !errors.Is(err, auth.ErrNoFactor) {
		t.Errorf("what was not begun: %v", err)
	}
	n, err := d.BeginFactor(t.Context(), who, home, password)
	if err != nil {
		t.Fatal(err)
	}
	d.wants(t, "", nil)
	if _, err := d.ConfirmFactor(t.Context(), who, home, "000000"); !errors.Is(err, auth.ErrCodeRefused) {
		t.Errorf("a wrong code: %v", err)
	}
	d.Pass(61 * time.Minute)
	if _, err := d.ConfirmFactor(t.Context(), who, home, app(t, n)(d.Now())); !errors.Is(err, auth.ErrNoFactor) {
		t.Errorf("too late: %v", err)
	}
	if n, err = d.BeginFactor(t.Context(), who, home, password); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ConfirmFactor(t.Context(), who, home, app(t, n)(d.Now())); err != nil {
		t.Fatal(err)
	}
	if _, err := d.BeginFactor(t.Context(), who, home, password); !errors.Is(err, auth.ErrFactorSet) {
		t.Errorf("a second second factor: %v", err)
	}
	if _, ok := d.who(t, d.enterBy(t, app(t, n)(d.Now().Add(30*time.Second)))); !ok {
		t.Error("the session is of nobody")
	}
}

// TestRequiredFactor has an administrator do nothing without a second factor,
// and other people as before.
func TestRequiredFactor(t *testing.T) {
	d := newDoor(t, false)
	d.policy(t, auth.FactorAdmins)
	d.add(t, "ada", tyto.Admin)
	d.add(t, "ben", tyto.Analyst)
	cookie := d.enter(t, "ada")
	who, _ := d.who(t, cookie)
	if ben, _ := d.who(t, d.enter(t, "ben")); !who.Unfactored || ben.Unfactored {
		t.Errorf("the administrator is %+v, the analyst %+v", who, ben)
	}
	n, err := d.BeginFactor(t.Context(), who, home, password)
	if err != nil {
		t.Fatal(err)
	}
	code := app(t, n)
	if _, err := d.ConfirmFactor(t.Context(), who, home, code(d.Now())); err != nil {
		t.Fatal(err)
	}
	if who, ok := d.who(t, cookie); !ok || who.Unfactored {
		t.Errorf("after that: %+v, %v", who, ok)
	}
	d.Pass(time.Minute)
	if err := d.EndFactor(t.Context(), who, home, password, code(d.Now())); !errors.Is(err, auth.ErrFactorRequired) {
		t.Errorf("an administrator takes it away: %v", err)
	}
	d.add(t, "eve", tyto.Admin)
	eve := auth.Identity{User: "eve", Role: tyto.Admin, Sites: tyto.AllSites()}
	if err := d.RemoveFactor(t.Context(), who, home, "ada"); !errors.Is(err, auth.ErrSelf) {
		t.Errorf("one's own: %v", err)
	}
	if err := d.RemoveFactor(t.Context(), eve, home, "ada"); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.who(t, cookie); ok {
		t.Error("the session of who lost the factor goes on")
	}
	if who, _ := d.who(t, d.enter(t, "ada")); !who.Unfactored {
		t.Error("after it was removed none is needed")
	}
}

// TestFactorsOff holds that nobody is asked, and none is set up.
func TestFactorsOff(t *testing.T) {
	d, who, _, _ := factored(t, auth.FactorOptional)
	d.policy(t, auth.FactorOff)
	d.wants(t, "", nil)
	if _, err := d.BeginFactor(t.Context(), who, home, password); !errors.Is(err, auth.ErrFactorOff) {
		t.Errorf("it is set up: %v", err)
	}
	c := auth.DefaultConfig()
	c.SecondFactor = "perhaps"
	if c.Validate() == nil {
		t.Error("any policy will do")
	}
}

// TestLostSecret loses the file that opens the secrets, and has the wrong one.
func TestLostSecret(t *testing.T) {
	d, _, code, recovery := factored(t, auth.FactorOptional)
	f, _, err := d.store.Factor(t.Context(), "ada")
	if err != nil || bytes.Contains(f.Secret, []byte("ada")) || len(f.Secret) < 40 {
		t.Errorf("stored is %x, %v", f.Secret, err)
	}
	text, err := os.ReadFile(d.secret)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(d.secret); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its file: %v", err)
	}
	d.Pass(time.Minute)
	if err := os.Remove(d.secret); err != nil {
		t.Fatal(err)
	}
	if err := d.signIn(t, code(d.Now())); err == nil || !strings.Contains(err.Error(), filepath.Base(d.secret)) || !strings.Contains(err.Error(), "put the right one back") {
		t.Errorf("without the file: %v", err)
	}
	d.add(t, "ben", tyto.Viewer)
	if _, err := d.BeginFactor(t.Context(), auth.Identity{User: "ben"}, home, password); err == nil {
		t.Error("another file is made, though there are secrets")
	}
	d.wants(t, recovery[0], nil)
	if err := os.WriteFile(d.secret, text, 0o600); err != nil {
		t.Fatal(err)
	}
	d.wants(t, code(d.Now()), nil)
}

// TestRFC6238 compares with the codes of RFC 6238, appendix B, of which six
// digits count.
func TestRFC6238(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		if got, err := totp.GenerateCode(secret, time.Unix(at, 0)); got != want || err != nil {
			t.Errorf("at %d: %s, %v; want %s", at, got, err, want)
		}
	}
}
