package auth_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tyto/auth"
	"tyto/lab/doubles"
	"tyto/store/sqlite"
	"tyto/store/sqlitetest"
	"tyto/tyto"
)

var keys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var two [2]*rsa.PrivateKey
	for i := range two {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		two[i] = k
	}
	return two
})

// liar is an OpenID provider that can be made to lie: a double, for what a
// real one does not do.
type liar struct {
	t         *testing.T
	store     *sqlite.Store // of the gates that trust it
	url       string
	sub, name string // of who signs in
	challenge string // of the sign-on that is under way
	nonce     string
	change    func(claims map[string]any) // of the ID token
	sign      func(claims []byte) string
	token     http.HandlerFunc // instead of an answer
	info      map[string]any
	discovery http.HandlerFunc
}

func newLiar(t *testing.T) *liar {
	s, err := sqlite.Open(t.Context(), sqlitetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	l := &liar{t: t, store: s}
	l.forget("7", "Ada")
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	l.url = server.URL
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		if l.discovery != nil {
			l.discovery(w, r)
			return
		}
		answer(w, map[string]any{"issuer": l.url, "authorization_endpoint": l.url + "/auth", "token_endpoint": l.url + "/token", "jwks_uri": l.url + "/keys",
			"userinfo_endpoint": l.url + "/info", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: keys()[0].Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("/info", func(w http.ResponseWriter, _ *http.Request) { answer(w, l.info) })
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if l.token != nil {
			l.token(w, r)
			return
		}
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if base64.RawURLEncoding.EncodeToString(sum[:]) != l.challenge || r.FormValue("code") != "the-code" {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		claims := map[string]any{"iss": l.url, "sub": l.sub, "aud": "tyto", "exp": begin.Add(time.Hour).Unix(), "iat": begin.Unix(), "nonce": l.nonce,
			"preferred_username": l.name, "email": "ada@example.org", "email_verified": true, "groups": []string{"admins"}}
		l.change(claims)
		text, _ := json.Marshal(claims)
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": l.sign(text)})
	})
	return l
}

// forget tells the truth again, about somebody.
func (l *liar) forget(sub, name string) {
	l.sub, l.name = sub, name
	l.change, l.sign = func(map[string]any) {}, signedBy(jose.RS256, keys()[0])
	l.token, l.info, l.discovery = nil, nil, nil
}

func signedBy(alg jose.SignatureAlgorithm, key any) func([]byte) string {
	return func(claims []byte) string {
		s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
		if err != nil {
			panic(err)
		}
		signed, err := s.Sign(claims)
		if err != nil {
			panic(err)
		}
		text, _ := signed.CompactSerialize()
		return text
	}
}

func unsigned(claims []byte) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none"}`)) + "." + part(claims) + "."
}

const clientSecret = "a-secret-that-nobody-may-see"

// at is a gate that trusts the liar, and its log.
func (l *liar) at(change func(*auth.OIDC)) (*door, *bytes.Buffer) {
	l.t.Helper()
	secret := filepath.Join(l.t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(clientSecret), 0o600); err != nil {
		l.t.Fatal(err)
	}
	d := &door{store: l.store, Clock: doubles.ClockAt(begin)}
	cfg := auth.DefaultConfig()
	cfg.OIDC = &auth.OIDC{Issuer: l.url, ClientID: "tyto", SecretFile: secret, URL: "https://tyto.example.org/", RoleClaim: "groups", Roles: map[string]string{"admins": "admin"}}
	if change != nil {
		change(cfg.OIDC)
	}
	var log bytes.Buffer
	gate, err := auth.New(cfg, l.store, d.Now, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		l.t.Fatal(err)
	}
	d.Auth = gate
	return d, &log
}

// signOn goes to the provider and comes back with more in the answer.
func (l *liar) signOn(d *door, more url.Values, wait time.Duration) (*http.Cookie, error) {
	to, cookie, err := d.BeginSignOn(l.t.Context(), "/")
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(to)
	if err != nil {
		l.t.Fatal(err)
	}
	l.challenge, l.nonce = u.Query().Get("code_challenge"), u.Query().Get("nonce")
	if u.Query().Get("redirect_uri") != "https://tyto.example.org/api/v1/oidc/callback" {
		l.t.Errorf("the provider is to send back to %s", u.Query().Get("redirect_uri"))
	}
	q := url.Values{"state": {u.Query().Get("state")}, "code": {"the-code"}}
	for k, v := range more {
		q[k] = v
	}
	d.Pass(wait)
	r := httptest.NewRequest(http.MethodGet, auth.CallbackPath+"?"+q.Encode(), nil)
	r.AddCookie(cookie)
	session, over, _, err := d.EndSignOn(l.t.Context(), r, home)
	if over == nil || over.MaxAge >= 0 {
		l.t.Error("the attempt's cookie stays")
	}
	return session, err
}

func TestSignOnChecks(t *testing.T) {
	l := newLiar(t)
	n := 0
	set := func(name string, value any) func(*liar) {
		return func(l *liar) { l.change = func(c map[string]any) { c[name] = value } }
	}
	for what, c := range map[string]struct {
		lie   func(*liar)
		more  url.Values
		cfg   func(*auth.OIDC)
		wait  time.Duration
		code  string
		words string
	}{
		"the truth":             {},
		"another nonce":         {lie: set("nonce", "x"), code: "token", words: "another request"},
		"another audience":      {lie: set("aud", "other"), code: "token"},
		"another issuer":        {lie: set("iss", "https://evil.example"), code: "token"},
		"a token that is over":  {lie: set("exp", begin.Add(-time.Minute).Unix()), code: "token", words: "expired"},
		"no subject":            {lie: set("sub", ""), code: "token"},
		"another key":           {lie: func(l *liar) { l.sign = signedBy(jose.RS256, keys()[1]) }, code: "token"},
		"no signature":          {lie: func(l *liar) { l.sign = unsigned }, code: "token"},
		"the secret as key":     {lie: func(l *liar) { l.sign = signedBy(jose.HS256, []byte(clientSecret+"-and-more")) }, code: "token"},
		"the public key as key": {lie: func(l *liar) { l.sign = signedBy(jose.HS256, publicBytes()) }, code: "token"},
		"no ID token":           {lie: func(l *liar) { l.sign = func([]byte) string { return "" } }, code: "token"},
		"a token of nonsense":   {lie: func(l *liar) { l.sign = func([]byte) string { return strings.Repeat(".", 1<<16) } }, code: "token"},
		"info about another": {lie: func(l *liar) {
			set("groups", nil)(l)
			l.info = map[string]any{"sub": "8", "groups": []string{"admins"}}
		}, code: "token", words: "somebody else"},
		"groups in the user info": {lie: func(l *liar) {
			set("groups", nil)(l)
			l.info = map[string]any{"sub": l.sub, "groups": []string{"admins"}}
		}},
		"too many groups": {lie: func(l *liar) {
			l.change = func(c map[string]any) {
				delete(c, "groups")
				c["_claim_names"] = map[string]any{"groups": "src1"}
				c["_claim_sources"] = map[string]any{"src1": map[string]any{"endpoint": "https://graph.example/groups"}}
			}
			l.info = map[string]any{"sub": l.sub}
		}, code: "role", words: "left groups out"},
		"a server that fails": {lie: func(l *liar) { l.token = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) } }, code: "provider"},
		"an endless answer": {lie: func(l *liar) {
			l.token = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("x"), 3<<20)) }
		}, code: "provider"},
		"a code of another":       {more: url.Values{"code": {"stolen"}}, code: "token"},
		"the person says no":      {more: url.Values{"error": {"access_denied"}, "error_description": {"<b>no</b>"}}, code: "denied"},
		"an answer of another":    {more: url.Values{"iss": {"https://evil.example"}}, code: "token"},
		"another state":           {more: url.Values{"state": {"x"}}, code: "state"},
		"ten minutes":             {wait: 10 * time.Minute, code: "state", words: "longer"},
		"an address not verified": {lie: set("email_verified", false), cfg: func(o *auth.OIDC) { o.Domains = []string{"example.org"} }, code: "domain"},
		"verified by a text":      {lie: set("email_verified", "true"), cfg: func(o *auth.OIDC) { o.Domains = []string{"example.org"} }, code: "domain"},
		"a domain like ours":      {lie: set("email", "a@example.org.evil.example"), cfg: func(o *auth.OIDC) { o.Domains = []string{"example.org"} }, code: "domain"},
		"a star as site":          {lie: set("site", "*"), cfg: func(o *auth.OIDC) { o.SiteClaim = "site" }, code: "sites"},
		"a name with a space":     {lie: set("preferred_username", "a token:x"), code: "name"},
		"a discovery elsewhere": {lie: func(l *liar) {
			l.discovery = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
			}
		}, code: "provider", words: "redirect"},
	} {
		t.Run(what, func(t *testing.T) {
			n++
			l.forget(fmt.Sprint("7.", n), fmt.Sprintf("Ada.%d", n))
			d, log := l.at(c.cfg)
			if c.lie != nil {
				c.lie(l)
			}
			cookie, err := l.signOn(d, c.more, c.wait)
			var refused *auth.SignOnError
			switch {
			case c.code == "" && err != nil:
				t.Error(err)
			case c.code == "":
				if who, ok := d.who(t, cookie); err != nil || !ok || who.User != strings.ToLower(l.name) || who.Role != tyto.Admin {
					t.Errorf("%+v, %v", who, err)
				}
			case !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(err.Error(), c.words) || cookie != nil:
				t.Errorf("%v, want %s with %q", err, c.code, c.words)
			}
			if text := fmt.Sprint(err) + log.String(); strings.Contains(text, clientSecret) {
				t.Errorf("the secret is told: %s", text)
			}
		})
	}
}

func publicBytes() []byte {
	k := jose.JSONWebKey{Key: keys()[0].Public()}
	b, _ := k.Thumbprint(crypto.SHA256)
	return append(b, b...)
}

// TestSignOnKeepsTheAccount: the subject is who it is, not the name.
func TestSignOnKeepsTheAccount(t *testing.T) {
	l := newLiar(t)
	d, _ := l.at(nil)
	if _, err := l.signOn(d, nil, 0); err != nil {
		t.Fatal(err)
	}
	l.change = func(c map[string]any) { c["preferred_username"] = "renamed" }
	cookie, err := l.signOn(d, nil, 0)
	if who, _ := d.who(t, cookie); err != nil || who.User != "ada" {
		t.Errorf("%+v, %v", who, err)
	}
	l.change = func(c map[string]any) { c["sub"] = "8" } // takes the name of another
	var refused *auth.SignOnError
	if _, err := l.signOn(d, nil, 0); !errors.As(err, &refused) || refused.Code != auth.CodeTaken {
		t.Errorf("another with the same name: %v", err)
	}
	if _, _, err := d.SignIn(t.Context(), "ada", "", "", home); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("an empty password: %v", err)
	}
}

func TestOIDCCheck(t *testing.T) {
	good := auth.OIDC{Issuer: "https://id.example.org", ClientID: "tyto", SecretFile: "testdata/secret", URL: "https://tyto.example.org", RoleClaim: "groups", Roles: map[string]string{"a": "admin"}}
	for key, change := range map[string]func(*auth.OIDC){
		"":            func(*auth.OIDC) {},
		"issuer":      func(c *auth.OIDC) { c.Issuer = "http://id.example.org" },
		"client_id":   func(c *auth.OIDC) { c.ClientID = "" },
		"secret_file": func(c *auth.OIDC) { c.SecretFile = "/nonexistent" },
		"url":         func(c *auth.OIDC) { c.URL = "https://tyto.example.org/portal" },
		"role":        func(c *auth.OIDC) { c.Role = "root" },
		"roles":       func(c *auth.OIDC) { c.Roles = map[string]string{"a": "Admin"} },
		"role_claim":  func(c *auth.OIDC) { c.RoleClaim = "" },
		"site_claim":  func(c *auth.OIDC) { c.Sites = map[string]string{"a": "graz"} },
		"ca_file":     func(c *auth.OIDC) { c.CAFile = "testdata/secret" },
		"name":        func(c *auth.OIDC) { c.Name = strings.Repeat("x", 41) },
	} {
		c := good
		change(&c)
		problems := c.Check()
		if key == "" && len(problems) > 0 || key != "" && (len(problems) != 1 || problems[0].Key != key || problems[0].Why == "") {
			t.Errorf("%s: %+v", key, problems)
		}
	}
}
