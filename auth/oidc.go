package auth

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"tyto/tyto"
)

// A SignOnError says why the identity provider did not let somebody in. The
// code is for the page that tells them what to do, the rest for who runs the
// hub.
type SignOnError struct {
	Code string // one of SignOnCodes
	Why  string
}

// Error implements error.
func (e *SignOnError) Error() string { return "auth: sign on: " + e.Code + ": " + e.Why }

// The codes of a SignOnError.
const (
	CodeProvider = "provider" // it cannot be reached, or is not what the configuration says
	CodeState    = "state"    // it took too long, or was begun elsewhere
	CodeDenied   = "denied"   // the provider said no
	CodeToken    = "token"    // what the provider says cannot be trusted
	CodeDomain   = "domain"   // the e-mail address is of none that may come
	CodeRole     = "role"     // nothing gives the user a role
	CodeSites    = "sites"    // nothing gives the user a site
	CodeName     = "name"     // there is no name that would do
	CodeTaken    = "taken"    // a local user has the name
	CodeDisabled = "disabled" // an administrator disabled the account
)

// SignOnCodes are the codes of a SignOnError.
var SignOnCodes = []string{CodeProvider, CodeState, CodeDenied, CodeToken, CodeDomain, CodeRole, CodeSites, CodeName, CodeTaken, CodeDisabled}

// Bounds of what a provider may take.
const (
	providerTime   = 15 * time.Second
	maxAnswer      = 1 << 20
	signOnLife     = 10 * time.Minute
	discoverAgain  = 5 * time.Second // after a failure
	rediscoverLife = 24 * time.Hour
)

// A provider is the identity provider. Nothing is asked of it until somebody
// signs in, so that the hub starts without it.
type provider struct {
	cfg    OIDC
	client *http.Client
	now    func() time.Time

	mu         sync.Mutex // guards what follows
	discovered *oidc.Provider
	at         time.Time // when, or when it failed
	err        error
}

func newProvider(cfg OIDC, now func() time.Time) (*provider, error) {
	cfg.defaults()
	if problems := cfg.Check(); len(problems) > 0 {
		return nil, fmt.Errorf("auth: oidc.%s: %s", problems[0].Key, problems[0].Why)
	}
	roots, err := cfg.roots()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	client := &http.Client{Transport: bounded{transport}, Timeout: providerTime, CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("the provider answers with a redirect; name it as it names itself")
	}}
	return &provider{cfg: cfg, client: client, now: now}, nil
}

// bounded bounds what an answer may have.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	}
	return answer, err
}

// discover asks the provider where its parts are; the answer is kept for a day.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	age := p.now().Sub(p.at)
	switch {
	case p.discovered != nil && age < rediscoverLife:
		return p.discovered, nil
	case p.err != nil && age < discoverAgain:
		return nil, p.err
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	p.at, p.err = p.now(), nil
	if err != nil {
		p.err = &SignOnError{CodeProvider, fmt.Sprintf("ask %s about itself: %v", p.cfg.Issuer, err)}
		return nil, p.err
	}
	p.discovered = found
	return found, nil
}

func (p *provider) oauth(found *oidc.Provider) (*oauth2.Config, error) {
	secret, err := p.cfg.secret()
	if err != nil {
		return nil, &SignOnError{CodeProvider, "secret_file " + err.Error()}
	}
	return &oauth2.Config{ClientID: p.cfg.ClientID, ClientSecret: secret, Endpoint: found.Endpoint(), RedirectURL: p.cfg.Callback(),
		Scopes: append([]string{oidc.ScopeOpenID}, p.cfg.Scopes...)}, nil
}

// SignOnName is what the identity provider is called, "" without one.
func (a *Auth) SignOnName() string {
	if a.oidc == nil {
		return ""
	}
	return a.oidc.cfg.Name
}

// under is a sign-on that is under way. Only the browser that began it keeps
// it, in a cookie that no script reads and no other host sets.
type under struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	Next     string    `json:"t"`
	Expires  time.Time `json:"e"`
}

const signOnCookie = "-signon"

// BeginSignOn is where to send a browser that wants to sign in with the
// identity provider, and the cookie that it is to bring back. Next is the
// page of the portal that it wanted to see.
func (a *Auth) BeginSignOn(ctx context.Context, next string) (to string, cookie *http.Cookie, err error) {
	if a.oidc == nil {
		return "", nil, &SignOnError{CodeProvider, "none is configured"}
	}
	found, err := a.oidc.discover(ctx)
	if err != nil {
		return "", nil, err
	}
	config, err := a.oidc.oauth(found)
	if err != nil {
		return "", nil, err
	}
	state, _ := newToken()
	nonce, _ := newToken()
	u := under{State: state, Nonce: nonce, Verifier: oauth2.GenerateVerifier(), Next: safeNext(next), Expires: a.now().Add(signOnLife)}
	text, err := json.Marshal(&u)
	if err != nil {
		return "", nil, fmt.Errorf("auth: sign on: %w", err)
	}
	// The provider's page leads back here: a strict cookie would not come with it.
	cookie = a.cookie(a.cookieName(signOnCookie), base64.RawURLEncoding.EncodeToString(text), http.SameSiteLaxMode)
	cookie.MaxAge = int(signOnLife / time.Second)
	return config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(u.Verifier)), cookie, nil
}

// safeNext is a page of this portal, "/" for anything else.
func safeNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") || len(next) > 1024 {
		return "/"
	}
	return next
}

// EndSignOn takes the provider's answer, and makes a session for who it
// vouches for. Over is the cookie that ends the attempt, whatever the outcome.
// The error is a *SignOnError or the store's.
func (a *Auth) EndSignOn(ctx context.Context, r *http.Request, from Caller) (cookie, over *http.Cookie, next string, err error) {
	over = a.cookie(a.cookieName(signOnCookie), "", http.SameSiteLaxMode)
	over.MaxAge = -1
	if a.oidc == nil {
		return nil, over, "/", &SignOnError{CodeProvider, "none is configured"}
	}
	u, claims, err := a.oidc.answer(ctx, r, a.cookieName(signOnCookie))
	var user tyto.User
	if err == nil {
		user, err = a.vouched(ctx, claims, from)
	}
	if err != nil {
		var refused *SignOnError
		if errors.As(err, &refused) {
			a.log.WarnContext(ctx, "sign-on refused", "from", from.Addr, "code", refused.Code, "why", refused.Why)
			if refused.Code != CodeState { // anybody can send one of these
				err = errors.Join(err, a.Audit(ctx, Identity{User: user.Name}, from, "session.create", "identity provider", "refused: "+refused.Code+": "+refused.Why))
			}
		}
		return nil, over, "/", err
	}
	_, cookie, err = a.begin(ctx, user, from, "identity provider")
	return cookie, over, u.Next, err
}

// answer checks that the provider answers what this browser asked, and is
// what it says of the user.
func (p *provider) answer(ctx context.Context, r *http.Request, cookie string) (u under, claims map[string]any, err error) {
	q := r.URL.Query()
	c, err := r.Cookie(cookie)
	if err != nil {
		return u, nil, &SignOnError{CodeState, "there is no cookie of a sign-on that was begun"}
	}
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err == nil {
		err = json.Unmarshal(text, &u)
	}
	switch {
	case err != nil || u.State == "" || subtle.ConstantTimeCompare([]byte(u.State), []byte(q.Get("state"))) != 1:
		return u, nil, &SignOnError{CodeState, "the answer belongs to no sign-on that this browser began"}
	case !p.now().Before(u.Expires):
		return u, nil, &SignOnError{CodeState, "the sign-on took longer than " + signOnLife.String()}
	case q.Get("iss") != "" && q.Get("iss") != p.cfg.Issuer: // RFC 9207
		return u, nil, &SignOnError{CodeToken, fmt.Sprintf("the answer is of the issuer %q", cut(q.Get("iss"), 200))}
	case q.Get("error") != "":
		return u, nil, &SignOnError{CodeDenied, cut(q.Get("error")+" "+q.Get("error_description"), 500)}
	}
	u.Next = safeNext(u.Next)
	claims, err = p.exchange(ctx, q.Get("code"), &u)
	return u, claims, err
}

// exchange gives the code for what the provider says of the user.
func (p *provider) exchange(ctx context.Context, code string, u *under) (map[string]any, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	config, err := p.oauth(found)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(u.Verifier))
	if err != nil {
		return nil, &SignOnError{exchangeCode(err), "exchange the code: " + cut(err.Error(), 500)}
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.cfg.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return nil, &SignOnError{CodeToken, "the ID token: " + err.Error()}
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(u.Nonce)) != 1 {
		return nil, &SignOnError{CodeToken, "the ID token answers another request"}
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return nil, &SignOnError{CodeToken, "the ID token: " + err.Error()}
	}
	return claims, p.more(ctx, found, token, claims)
}

// exchangeCode tells a provider that is away from one that says no.
func exchangeCode(err error) string {
	var said *oauth2.RetrieveError
	if errors.As(err, &said) && said.Response.StatusCode < 500 {
		return CodeToken
	}
	return CodeProvider
}

// more asks for the claims that matter and were not in the ID token.
func (p *provider) more(ctx context.Context, found *oidc.Provider, token *oauth2.Token, claims map[string]any) error {
	missing := false
	for _, path := range []string{p.cfg.UserClaim, p.cfg.RoleClaim, p.cfg.SiteClaim} {
		missing = missing || path != "" && valuesOf(claims, path) == nil
	}
	if len(p.cfg.Domains) > 0 {
		missing = missing || claims["email"] == nil
	}
	if !missing || found.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return &SignOnError{CodeProvider, "ask about the user: " + cut(err.Error(), 500)}
	}
	if info.Subject != claims["sub"] { // OpenID Connect Core 5.3.2
		return &SignOnError{CodeToken, "the user info is about somebody else"}
	}
	extra := map[string]any{}
	if err := info.Claims(&extra); err != nil {
		return &SignOnError{CodeToken, "the user info: " + err.Error()}
	}
	for k, v := range extra {
		if claims[k] == nil {
			claims[k] = v
		}
	}
	return nil
}

// vouched is the user that claims are about, as they are from now on.
func (a *Auth) vouched(ctx context.Context, claims map[string]any, from Caller) (tyto.User, error) {
	cfg := &a.oidc.cfg
	subject, _ := claims["sub"].(string)
	email, _ := claims["email"].(string)
	verified, _ := claims["email_verified"].(bool)
	want := tyto.User{Role: cfg.role(valuesOf(claims, cfg.RoleClaim)), Sites: cfg.sites(valuesOf(claims, cfg.SiteClaim)), Origin: cfg.Issuer + " " + subject, Created: a.now()}
	if names := valuesOf(claims, cfg.UserClaim); len(names) == 1 {
		want.Name = foldName(names[0])
	}
	switch {
	case subject == "" || len(subject) > 255:
		return tyto.User{}, &SignOnError{CodeToken, "the ID token has no subject"}
	case !cfg.welcomes(email, verified):
		return want, &SignOnError{CodeDomain, fmt.Sprintf("the e-mail address %q (verified: %v) is of none of the domains %s", cut(email, 200), verified, strings.Join(cfg.Domains, ", "))}
	case !want.Role.Valid():
		return want, &SignOnError{CodeRole, fmt.Sprintf("none of the values %q of the claim %q gets a role%s", valuesOf(claims, cfg.RoleClaim), cfg.RoleClaim, leftOut(claims))}
	case !want.Sites.All && len(want.Sites.Named) == 0:
		return want, &SignOnError{CodeSites, fmt.Sprintf("none of the values %q of the claim %q gets a site%s", valuesOf(claims, cfg.SiteClaim), cfg.SiteClaim, leftOut(claims))}
	}
	u, found, err := a.store.UserOf(ctx, want.Origin)
	switch {
	case err != nil:
		return want, fmt.Errorf("auth: sign on: %w", err)
	case !found:
		return want, a.welcome(ctx, &want, from)
	case u.Disabled:
		return u, &SignOnError{CodeDisabled, u.Name + " is disabled here"}
	case u.Role == want.Role && u.Sites.Include(want.Sites) && want.Sites.Include(u.Sites):
		return u, nil
	}
	before := describe(&u)
	u.Role, u.Sites = want.Role, want.Sites
	if err := a.Audit(ctx, Identity{User: u.Name}, from, "user.change", before+" → "+describe(&u)+" (identity provider)", "ok"); err != nil {
		return u, err
	}
	return u, a.store.PutUser(ctx, u)
}

// welcome makes an account for who comes for the first time.
func (a *Auth) welcome(ctx context.Context, u *tyto.User, from Caller) error {
	if err := CheckName(u.Name); err != nil {
		return &SignOnError{CodeName, fmt.Sprintf("the claim %q: %v", a.oidc.cfg.UserClaim, err)}
	}
	switch _, taken, err := a.store.User(ctx, u.Name); {
	case err != nil:
		return fmt.Errorf("auth: sign on: %w", err)
	case taken:
		return &SignOnError{CodeTaken, fmt.Sprintf("there is another user %q, who is not of the identity provider", u.Name)}
	}
	if err := a.Audit(ctx, Identity{User: u.Name}, from, "user.create", describe(u)+" (identity provider)", "ok"); err != nil {
		return err
	}
	return a.store.PutNewUser(ctx, *u)
}

// leftOut says so if the provider has too many groups to tell them in a token.
func leftOut(claims map[string]any) string {
	if claims["_claim_names"] == nil {
		return ""
	}
	return "; the provider left groups out as there are too many: use application roles, or let it tell the groups of this application only"
}
