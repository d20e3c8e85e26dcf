package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
	"tyto/tyto"
)

// people is the list of routes about who asks, and about who may ask.
func (a *api) people(h huma.API) {
	public(h, http.MethodGet, "/api/v1/setup", "get-setup", "Whether the first administrator is still to be made", a.getSetup)
	public(h, http.MethodPost, "/api/v1/setup", "create-first-admin", "Make the first administrator and sign in", a.postSetup)
	public(h, http.MethodGet, "/api/v1/sign-in", "get-sign-in", "The ways to sign in", a.getSignIn)
	public(h, http.MethodPost, "/api/v1/session", "sign-in", "Sign in", a.postSession)

	own := needs(tyto.Viewer).own()
	route(h, own.beforehand(), http.MethodGet, "/api/v1/session", "get-session", "Who asks", a.getSession)
	mine := own.personally().audited()
	route(h, mine.beforehand(), http.MethodDelete, "/api/v1/session", "sign-out", "Sign out", a.deleteSession)
	route(h, mine.beforehand(), http.MethodPut, "/api/v1/session/password", "change-password", "Choose another password, and end the other sessions", a.putPassword)
	a.factors(h, mine.beforehand())
	a.filters(h, own)
	route(h, mine, http.MethodGet, "/api/v1/sessions", "list-sessions", "One's own sessions, the last used first", a.listSessions)
	route(h, mine, http.MethodDelete, "/api/v1/sessions", "end-other-sessions", "End one's own sessions but this one", a.endSessions)
	route(h, mine, http.MethodDelete, "/api/v1/sessions/{id}", "end-session", "End one of one's own sessions", a.endSession)
	route(h, mine, http.MethodGet, "/api/v1/tokens", "list-tokens", "One's own tokens, the newest first", a.listTokens)
	route(h, mine, http.MethodPost, "/api/v1/tokens", "create-token", "Make a token for a program; its text is told once", a.postToken)
	route(h, mine, http.MethodDelete, "/api/v1/tokens/{id}", "revoke-token", "Revoke one of one's own tokens", a.deleteToken)

	admin := needs(tyto.Admin).scoped().audited()
	route(h, admin, http.MethodGet, "/api/v1/users", "list-users", "The users who see nothing that one does not see oneself", a.listUsers)
	route(h, admin.personally(), http.MethodPost, "/api/v1/users", "create-user", "Make a user; the temporary password is told once", a.postUser)
	route(h, admin.personally(), http.MethodPatch, "/api/v1/users/{name}", "change-user", "Change what a user may; their sessions end", a.patchUser)
	route(h, admin.personally(), http.MethodDelete, "/api/v1/users/{name}", "delete-user", "Delete a user", a.deleteUser)
	route(h, admin.personally(), http.MethodPost, "/api/v1/users/{name}/password", "reset-password", "Give a user a temporary password, which is told once; their sessions and tokens end", a.resetPassword)

	route(h, admin.personally(), http.MethodDelete, "/api/v1/users/{name}/totp", "remove-second-factor", "Take a user's second factor away who lost it; their sessions end", a.deleteFactor)

	auditor := needs(tyto.Admin)
	route(h, auditor, http.MethodGet, "/api/v1/audit", "list-audit", "Who did what, the newest first", a.listAudit)
	route(h, auditor.csv(), http.MethodGet, "/api/v1/audit.csv", "export-audit", "Who did what, the oldest first, as CSV", a.exportAudit)
	route(h, auditor, http.MethodGet, "/api/v1/audit/verify", "verify-audit", "Whether the audit log was tampered with", a.verifyAudit)
}

// Session is who asks.
type Session struct {
	Username   string          `json:"username"`
	Role       tyto.PersonRole `json:"role" enum:"admin,analyst,viewer"`
	AllSites   bool            `json:"all_sites"`
	Sites      []string        `json:"sites" doc:"Ids, if not all"`
	Expires    time.Time       `json:"expires" doc:"When the session or token ends, however busy it is"`
	Temporary  bool            `json:"temporary" doc:"A password of one's own has to be chosen before anything else"`
	Unfactored bool            `json:"unfactored" doc:"A second factor has to be set up before anything else"`
	Vouched    bool            `json:"vouched" doc:"An identity provider vouches for the user, who has no password here"`
}

// SessionOutput is an answer that tells who asks.
type SessionOutput struct {
	Body Session
}

// SignedInOutput is an answer to who is signed in from now on.
type SignedInOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      Session
}

// Credentials are a name and a password.
type Credentials struct {
	Username string `json:"username" minLength:"1" maxLength:"64"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
	Code     string `json:"code,omitempty" maxLength:"40" doc:"Of the second factor, or a recovery code. Whose password is right and who needs one is told by 401 with an error at body.code."`
}

// CredentialsInput is a request to sign in.
type CredentialsInput struct {
	Body Credentials
}

// CookieOutput is an empty answer that sets a cookie.
type CookieOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

// SignIn is the ways to sign in.
type SignIn struct {
	Provider string `json:"provider,omitempty" doc:"What the identity provider is called; absent without one. /api/v1/oidc/login leads there."`
}

// SignInOutput is the answer that carries a SignIn.
type SignInOutput struct {
	Body SignIn
}

// NewPassword is a password, and the proof of who chooses it.
type NewPassword struct {
	Old      string `json:"old" minLength:"1" maxLength:"1024"`
	Password string `json:"password" minLength:"1" maxLength:"1024" doc:"At least 12 characters, and not the user's name"`
}

// NewPasswordInput is a request to choose another password.
type NewPasswordInput struct {
	Body NewPassword
}

func (a *api) getSignIn(context.Context, *struct{}) (*SignInOutput, error) {
	return &SignInOutput{Body: SignIn{Provider: a.Auth.SignOnName()}}, nil
}

func (a *api) getSession(ctx context.Context, _ *struct{}) (*SessionOutput, error) {
	who, _ := auth.Who(ctx)
	return &SessionOutput{Body: sessionOf(who)}, nil
}

func (a *api) postSession(ctx context.Context, in *CredentialsInput) (*SignedInOutput, error) {
	who, cookie, err := a.Auth.SignIn(ctx, in.Body.Username, in.Body.Password, in.Body.Code, caller(ctx))
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &SignedInOutput{SetCookie: cookie.String(), Body: sessionOf(who)}, nil
}

func (a *api) deleteSession(ctx context.Context, _ *struct{}) (*CookieOutput, error) {
	who, _ := auth.Who(ctx)
	cookie, err := a.Auth.SignOut(ctx, who, caller(ctx))
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &CookieOutput{SetCookie: cookie.String()}, nil
}

func (a *api) putPassword(ctx context.Context, in *NewPasswordInput) (*struct{}, error) {
	who, _ := auth.Who(ctx)
	if err := a.Auth.ChangePassword(ctx, who, caller(ctx), in.Body.Old, in.Body.Password); err != nil {
		return nil, a.problem(ctx, err)
	}
	return nil, nil
}

func sessionOf(who auth.Identity) Session {
	return Session{Username: who.User, Role: who.Role, AllSites: who.Sites.All, Sites: list(who.Sites.Named), Expires: who.Expires.UTC(),
		Temporary: who.Temporary, Unfactored: who.Unfactored, Vouched: who.Vouched}
}

// OwnSession is one of the sessions of who asks.
type OwnSession struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
	Expires time.Time `json:"expires"`
	From    string    `json:"from,omitempty" doc:"The address that signed in"`
	Agent   string    `json:"agent,omitempty" doc:"What the browser calls itself"`
	Current bool      `json:"current" doc:"It is the one that asks"`
}

// OwnSessionList is the sessions of who asks.
type OwnSessionList struct {
	Items []OwnSession `json:"items"`
}

// OwnSessionsOutput is the answer that carries an OwnSessionList.
type OwnSessionsOutput struct {
	Body OwnSessionList
}

func (a *api) listSessions(ctx context.Context, _ *struct{}) (*OwnSessionsOutput, error) {
	who, _ := auth.Who(ctx)
	all, err := a.Auth.Sessions(ctx, who)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	items := make([]OwnSession, len(all))
	for i, s := range all {
		items[i] = OwnSession{ID: auth.SessionID(s), Created: s.Created.UTC(), Used: s.Used.UTC(), Expires: s.Expires.UTC(), From: s.From, Agent: s.Agent, Current: s.Hash == who.Session}
	}
	return &OwnSessionsOutput{Body: OwnSessionList{Items: items}}, nil
}

func (a *api) endSessions(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return a.end(ctx, "")
}

func (a *api) endSession(ctx context.Context, in *IDInput) (*struct{}, error) {
	return a.end(ctx, in.ID)
}

func (a *api) end(ctx context.Context, id string) (*struct{}, error) {
	who, _ := auth.Who(ctx)
	if err := a.Auth.EndSession(ctx, who, caller(ctx), id); err != nil {
		return nil, a.problem(ctx, err)
	}
	return nil, nil
}
