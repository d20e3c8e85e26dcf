package api

import (
	"context"
	"time"

	"tyto/auth"
	"tyto/tyto"
)

// Session is who is signed in.
type Session struct {
	Username string          `json:"username"`
	Role     tyto.PersonRole `json:"role" enum:"admin,analyst,viewer"`
	Expires  time.Time       `json:"expires" doc:"When the session ends, however busy it is"`
}

// SessionOutput is an answer that tells who is signed in.
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
}

// CredentialsInput is a request to sign in.
type CredentialsInput struct {
	Body Credentials
}

// CookieOutput is an empty answer that sets a cookie.
type CookieOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

func (a *api) getSession(ctx context.Context, _ *struct{}) (*SessionOutput, error) {
	who, _ := auth.Who(ctx)
	return &SessionOutput{Body: sessionOf(who)}, nil
}

func (a *api) postSession(ctx context.Context, in *CredentialsInput) (*SignedInOutput, error) {
	who, cookie, err := a.Auth.SignIn(ctx, in.Body.Username, in.Body.Password, remote(ctx))
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &SignedInOutput{SetCookie: cookie.String(), Body: sessionOf(who)}, nil
}

func (a *api) deleteSession(ctx context.Context, _ *struct{}) (*CookieOutput, error) {
	who, _ := auth.Who(ctx)
	cookie, err := a.Auth.SignOut(ctx, who, remote(ctx))
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &CookieOutput{SetCookie: cookie.String()}, nil
}

func sessionOf(who auth.Identity) Session {
	return Session{Username: who.User, Role: who.Role, Expires: who.Expires.UTC()}
}
