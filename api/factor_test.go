package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"tyto/auth"
	"tyto/store"
	"tyto/tyto"
)

// TestSecondFactor sets a second factor up, signs in with it, loses it, and has
// an administrator take it away.
func TestSecondFactor(t *testing.T) {
	x := newSite(t)
	x.user("ada", tyto.Viewer)
	x.user("root", tyto.Admin)
	sign := func(name, code string) (int, string) {
		t.Helper()
		return x.do("POST", "/api/v1/session", Credentials{name, password, code})
	}
	if status, body := sign("ada", ""); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if f := ask[Factor](x, "/api/v1/me/totp"); f != (Factor{Policy: "optional"}) {
		t.Errorf("%+v", f)
	}
	var n NewFactor
	status, body := x.do("POST", "/api/v1/me/totp", Password{password})
	if err := json.Unmarshal([]byte(body), &n); status != 200 || err != nil || !strings.HasPrefix(n.QR, "data:image/png;base64,") || !strings.HasPrefix(n.URI, "otpauth://totp/") {
		t.Fatalf("%d %s", status, body)
	}
	code := func() string {
		x.clock.Pass(30 * time.Second)
		c, err := totp.GenerateCode(n.Secret, x.clock.Now())
		x.must(err)
		return c
	}
	var r Recovery
	status, body = x.do("POST", "/api/v1/me/totp/confirm", Code{code()})
	if err := json.Unmarshal([]byte(body), &r); status != 200 || err != nil || len(r.Codes) != 10 {
		t.Fatalf("%d %s", status, body)
	}
	for _, c := range []struct {
		what, code, says string
		want             int
	}{
		{"without a code", "", `"location":"body.code"`, 401}, {"a wrong one", "000000", `"location":"body.code"`, 401},
		{"the right one", code(), `"username":"ada"`, 200}, {"a recovery code", r.Codes[0], `"username":"ada"`, 200},
	} {
		if status, body := sign("ada", c.code); status != c.want || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s", c.what, status, body)
		}
	}
	if f := ask[Factor](x, "/api/v1/me/totp"); !f.On || f.Recovery != 9 || f.Confirmed.IsZero() {
		t.Errorf("%+v", f)
	}
	if status, body := x.do("POST", "/api/v1/me/totp", Password{password}); status != 409 || !strings.Contains(body, "take it away") {
		t.Errorf("a second second factor: %d %s", status, body)
	}
	if status, body := x.do("POST", "/api/v1/me/totp/recovery", Proof{Password{password}, code()}); status != 200 || strings.Contains(body, r.Codes[1]) {
		t.Errorf("new recovery codes: %d %s", status, body)
	}
	if status, body := x.do("POST", "/api/v1/me/totp/end", Proof{Password{password}, "000000"}); status != 422 || !strings.Contains(body, "body.code") {
		t.Errorf("taken away with a wrong code: %d %s", status, body)
	}
	if status, body := x.do("POST", "/api/v1/me/totp/end", Proof{Password{"wrong"}, code()}); status != 422 || !strings.Contains(body, "body.password") {
		t.Errorf("taken away without the password: %d %s", status, body)
	}
	if status, body := sign("root", ""); status != 200 || !strings.Contains(body, `"unfactored":false`) {
		t.Fatalf("%d %s", status, body)
	}
	has := func() map[string]bool {
		all := map[string]bool{}
		for _, u := range ask[UserList](x, "/api/v1/users").Items {
			all[u.Name] = u.Factor
		}
		return all
	}
	if h := has(); !h["ada"] || h["root"] {
		t.Errorf("who has one: %v", h)
	}
	if status, _ := x.do("DELETE", "/api/v1/users/ada/totp", nil); status != 204 || has()["ada"] {
		t.Errorf("an administrator takes it away: %d", status)
	}
	if status, body := sign("ada", ""); status != 200 {
		t.Errorf("after that: %d %s", status, body)
	}
}

// TestSecondFactorIsRequired has an administrator reach nothing before there is one.
func TestSecondFactorIsRequired(t *testing.T) {
	x := siteWith(t, func(c *auth.Config) { c.SecondFactor = auth.FactorAdmins })
	x.user("root", tyto.Admin)
	if status, body := x.do("POST", "/api/v1/session", Credentials{"root", password, ""}); status != 200 || !strings.Contains(body, `"unfactored":true`) {
		t.Fatalf("%d %s", status, body)
	}
	if status, body := x.do("GET", "/api/v1/devices", nil); status != 403 || !strings.Contains(body, "second factor first") {
		t.Errorf("devices: %d %s", status, body)
	}
	if f := ask[Factor](x, "/api/v1/me/totp"); !f.Required || f.On {
		t.Errorf("%+v", f)
	}
	before := x.as(asker{name: "root", program: true}, 1) // made when nobody needed one
	for range 3 {
		if status, body := x.do("GET", "/api/v1/devices", nil, before...); status != 403 || !strings.Contains(body, "the user of this token has to set up a second factor first") {
			t.Errorf("devices, with a token: %d %s", status, body)
		}
	}
	if page, err := x.store.AuditPage(t.Context(), store.AuditQuery{What: "token.use", Limit: 10}); err != nil || page.Total != 1 || page.Items[0].Who != "root token:1" {
		t.Errorf("three tries are written down as %+v, %v", page, err)
	}
	var n NewFactor
	_, body := x.do("POST", "/api/v1/me/totp", Password{password})
	x.must(json.Unmarshal([]byte(body), &n))
	code, err := totp.GenerateCode(n.Secret, x.clock.Now())
	x.must(err)
	if status, body := x.do("POST", "/api/v1/me/totp/confirm", Code{code}); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if status, _ := x.do("GET", "/api/v1/devices", nil); status != 200 {
		t.Errorf("devices after that: %d", status)
	}
	if status, body := x.do("GET", "/api/v1/devices", nil, before...); status != 200 {
		t.Errorf("devices after that, with the token: %d %s", status, body)
	}
}
