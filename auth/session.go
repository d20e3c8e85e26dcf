package auth

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tyto/tyto"
)

// CookieName is the session's cookie over TLS. The prefix makes browsers bind
// it to the host (RFC 6265bis section 4.1.3.2); without TLS they would not
// take it, so there it is dropped.
const CookieName = "__Host-tyto"

// touchEvery is how stale the last use of a session or token may be in the
// store, so that not every request is a write.
const touchEvery = time.Minute

// maxSessions is how many sessions a user may have; those that were used
// longest ago end beyond it.
const maxSessions = 20

// maxAgent bounds what a browser may call itself.
const maxAgent = 200

// SignIn makes a session for who knows the password, and has a code if there is
// a second factor. The error is ErrRefused, ErrCodeNeeded, ErrCodeRefused, a
// *WaitError, or the store's.
func (a *Auth) SignIn(ctx context.Context, name, password, code string, from Caller) (Identity, *http.Cookie, error) {
	name = foldName(name)
	if wait := a.guard.enter(name, from.Addr, a.now()); wait > 0 {
		return Identity{}, nil, &WaitError{Retry: wait}
	}
	came := undecided
	defer func() { a.guard.leave(name, from.Addr, a.now(), came) }()
	u, found, err := a.store.User(ctx, name)
	if err != nil {
		return Identity{}, nil, fmt.Errorf("auth: sign in: %w", err)
	}
	good, err := a.hash.verify(ctx, password, u.Password)
	if err != nil {
		return Identity{}, nil, fmt.Errorf("auth: sign in: %w", err)
	}
	late := !u.Temporary.IsZero() && !a.now().Before(u.Temporary)
	if !good || !found || u.Disabled || late {
		came = failed
		a.log.WarnContext(ctx, "sign-in refused", "from", from.Addr, "user", name)
		outcome := "refused"
		switch {
		case good && u.Disabled:
			outcome = "refused: the account is disabled"
		case good && late:
			outcome = "refused: the temporary password is too old"
		}
		if err := a.Audit(ctx, Identity{User: name}, from, "session.create", "", outcome); err != nil {
			return Identity{}, nil, err
		}
		return Identity{}, nil, ErrRefused
	}
	by, err := a.second(ctx, &u, code, from)
	if err != nil {
		return Identity{}, nil, err
	}
	came = succeeded
	return a.begin(ctx, u, from, by)
}

// begin makes a session of a user who has proven who they are.
func (a *Auth) begin(ctx context.Context, u tyto.User, from Caller, by string) (Identity, *http.Cookie, error) {
	if err := a.Audit(ctx, Identity{User: u.Name}, from, "session.create", by, "ok"); err != nil {
		return Identity{}, nil, err
	}
	token, hash := newToken()
	now := a.now()
	s := tyto.Session{Hash: hash, User: u.Name, Created: now, Used: now, Expires: now.Add(a.cfg.Absolute), Agent: cut(from.Agent, maxAgent)}
	if from.Addr.IsValid() {
		s.From = from.Addr.String()
	}
	if err := a.store.PutSession(ctx, s, maxSessions); err != nil {
		return Identity{}, nil, fmt.Errorf("auth: begin a session: %w", err)
	}
	if err := a.store.SeeUser(ctx, u.Name, now); err != nil {
		return Identity{}, nil, fmt.Errorf("auth: begin a session: %w", err)
	}
	cookie := a.cookie(a.cookieName(""), token, http.SameSiteStrictMode)
	cookie.MaxAge = int(a.cfg.Absolute / time.Second)
	who, err := a.identityOf(ctx, &u, &s)
	return who, cookie, err
}

func (a *Auth) identityOf(ctx context.Context, u *tyto.User, s *tyto.Session) (Identity, error) {
	unfactored, err := a.needsFactor(ctx, u)
	return Identity{User: u.Name, Role: u.Role, Sites: u.Sites, Session: s.Hash, Expires: s.Expires, Temporary: !u.Temporary.IsZero(), Unfactored: unfactored, Vouched: u.Origin != ""}, err
}

// SignOut ends the session, and takes its cookie away.
func (a *Auth) SignOut(ctx context.Context, who Identity, from Caller) (*http.Cookie, error) {
	if err := a.Audit(ctx, who, from, "session.delete", "", "ok"); err != nil {
		return nil, err
	}
	if err := a.store.DeleteSession(ctx, who.Session); err != nil {
		return nil, fmt.Errorf("auth: sign out: %w", err)
	}
	cookie := a.cookie(a.cookieName(""), "", http.SameSiteStrictMode)
	cookie.MaxAge = -1
	return cookie, nil
}

func (a *Auth) cookie(name, value string, site http.SameSite) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: a.cfg.TLS, SameSite: site}
}

func (a *Auth) cookieName(more string) string {
	if a.cfg.TLS {
		return CookieName + more
	}
	return strings.TrimPrefix(CookieName, "__Host-") + more
}

// Identify tells who makes a request; ok is false for a stranger. What they
// may do is looked up now, so that a change takes effect at the next request.
// A request with a token is that of a program, whatever cookies it brings.
func (a *Auth) Identify(r *http.Request) (who Identity, ok bool, err error) {
	if token, is := Bearer(r); is {
		return a.program(r.Context(), token)
	}
	cookie, err := r.Cookie(a.cookieName(""))
	if err != nil || len(cookie.Value) != tokenLength {
		return Identity{}, false, nil
	}
	return a.Recall(r.Context(), Identity{Session: hashOf(cookie.Value)}, true)
}

// tokenLength is that of 32 bytes in base64 without padding.
const tokenLength = 43

// Recall tells who somebody is now who was identified before, if their
// session or token is still good. Use counts as use: a page that merely stays
// open must not keep its session alive.
func (a *Auth) Recall(ctx context.Context, before Identity, use bool) (who Identity, ok bool, err error) {
	if before.Token != "" {
		return a.recallToken(ctx, before)
	}
	s, found, err := a.store.Session(ctx, before.Session)
	if err != nil || !found {
		return Identity{}, false, err
	}
	now := a.now()
	if !now.Before(s.Expires) || now.Sub(s.Used) >= a.cfg.Idle {
		return Identity{}, false, a.store.DeleteSession(ctx, s.Hash)
	}
	u, found, err := a.store.User(ctx, s.User)
	if err != nil || !found || u.Disabled {
		return Identity{}, false, err
	}
	if use && now.Sub(s.Used) >= touchEvery {
		if err := a.store.TouchSession(ctx, s.Hash, now); err != nil {
			return Identity{}, false, err
		}
	}
	who, err = a.identityOf(ctx, &u, &s)
	return who, err == nil, err
}

// Sessions lists somebody's sessions, the last used first.
func (a *Auth) Sessions(ctx context.Context, who Identity) ([]tyto.Session, error) {
	all, err := a.store.SessionsOf(ctx, who.User)
	if err != nil {
		return nil, fmt.Errorf("auth: list sessions: %w", err)
	}
	now, good := a.now(), all[:0]
	for _, s := range all {
		if now.Before(s.Expires) && now.Sub(s.Used) < a.cfg.Idle {
			good = append(good, s)
		}
	}
	return good, nil
}

// SessionID names a session to its user without telling the hash that finds it.
func SessionID(s tyto.Session) string { return hashOf(s.Hash)[:16] }

// EndSession ends one of somebody's sessions by its SessionID; one that is not
// there is no error. EndSession of "" ends all but the one that asks.
func (a *Auth) EndSession(ctx context.Context, who Identity, from Caller, id string) error {
	object := "all others"
	if id != "" {
		object = id
	}
	if err := a.Audit(ctx, who, from, "session.delete", object, "ok"); err != nil {
		return err
	}
	if id == "" {
		return a.store.DeleteSessionsOf(ctx, who.User, who.Session)
	}
	all, err := a.store.SessionsOf(ctx, who.User)
	for _, s := range all {
		if SessionID(s) == id {
			return a.store.DeleteSession(ctx, s.Hash)
		}
	}
	return err
}

// keepExpired is how long a token that is over can still be seen to be over.
const keepExpired = 30 * 24 * time.Hour

// Sweep forgets the sessions and tokens that are over.
func (a *Auth) Sweep(ctx context.Context) error {
	now := a.now()
	if err := a.store.DeleteTokensBefore(ctx, now.Add(-keepExpired)); err != nil {
		return err
	}
	return a.store.DeleteSessionsBefore(ctx, now, now.Add(-a.cfg.Idle))
}
