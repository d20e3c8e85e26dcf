package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"tyto/tyto"
)

// CookieName is the session's cookie over TLS. The prefix makes browsers bind
// it to the host (RFC 6265bis section 4.1.3.2); without TLS they would not
// take it, so there it is dropped.
const CookieName = "__Host-tyto"

// touchEvery is how stale a session's last use may be in the store, so that
// not every request is a write.
const touchEvery = time.Minute

// maxSessions is how many sessions a user may have; those that were used
// longest ago end beyond it.
const maxSessions = 20

// SignIn makes a session for who knows the password. The error is ErrRefused,
// a *WaitError, or the store's.
func (a *Auth) SignIn(ctx context.Context, name, password string, from netip.Addr) (Identity, *http.Cookie, error) {
	name = foldName(name)
	if wait := a.guard.wait(name, from, a.now()); wait > 0 {
		return Identity{}, nil, &WaitError{Retry: wait}
	}
	u, found, err := a.store.User(ctx, name)
	if err != nil {
		return Identity{}, nil, fmt.Errorf("auth: sign in: %w", err)
	}
	good, err := a.hash.verify(ctx, password, u.Password)
	if err != nil {
		return Identity{}, nil, fmt.Errorf("auth: sign in: %w", err)
	}
	if !good || !found || u.Disabled {
		a.guard.failed(name, from, a.now())
		a.log.WarnContext(ctx, "sign-in refused", "from", from, "user", name)
		if err := a.audit(ctx, name, from, "session.create", "", "refused"); err != nil {
			return Identity{}, nil, err
		}
		return Identity{}, nil, ErrRefused
	}
	a.guard.succeeded(name, from)
	return a.begin(ctx, u, from)
}

// begin makes a session of a user who has proven who they are.
func (a *Auth) begin(ctx context.Context, u tyto.User, from netip.Addr) (Identity, *http.Cookie, error) {
	if err := a.audit(ctx, u.Name, from, "session.create", "", "ok"); err != nil {
		return Identity{}, nil, err
	}
	token, hash := newToken()
	now := a.now()
	s := tyto.Session{Hash: hash, User: u.Name, Created: now, Used: now, Expires: now.Add(a.cfg.Absolute)}
	if err := a.store.PutSession(ctx, s, maxSessions); err != nil {
		return Identity{}, nil, fmt.Errorf("auth: begin a session: %w", err)
	}
	cookie := a.cookie(token)
	cookie.MaxAge = int(a.cfg.Absolute / time.Second)
	return Identity{User: u.Name, Role: u.Role, Session: hash, Expires: s.Expires}, cookie, nil
}

// SignOut ends the session, and takes its cookie away.
func (a *Auth) SignOut(ctx context.Context, who Identity, from netip.Addr) (*http.Cookie, error) {
	if err := a.audit(ctx, who.User, from, "session.delete", "", "ok"); err != nil {
		return nil, err
	}
	if err := a.store.DeleteSession(ctx, who.Session); err != nil {
		return nil, fmt.Errorf("auth: sign out: %w", err)
	}
	cookie := a.cookie("")
	cookie.MaxAge = -1
	return cookie, nil
}

func (a *Auth) cookie(token string) *http.Cookie {
	return &http.Cookie{Name: a.cookieName(), Value: token, Path: "/", HttpOnly: true, Secure: a.cfg.TLS, SameSite: http.SameSiteStrictMode}
}

func (a *Auth) cookieName() string {
	if a.cfg.TLS {
		return CookieName
	}
	return strings.TrimPrefix(CookieName, "__Host-")
}

// Identify tells who makes a request; ok is false for a stranger. What they
// may do is looked up now, so that a change takes effect at the next request.
func (a *Auth) Identify(r *http.Request) (who Identity, ok bool, err error) {
	cookie, err := r.Cookie(a.cookieName())
	if err != nil || len(cookie.Value) != tokenLength {
		return Identity{}, false, nil
	}
	return a.Recall(r.Context(), hashOf(cookie.Value), true)
}

// tokenLength is that of 32 bytes in base64 without padding.
const tokenLength = 43

// Recall finds the session of a hash, if it is still good. Use counts as use:
// a page that merely stays open must not keep its session alive.
func (a *Auth) Recall(ctx context.Context, hash string, use bool) (who Identity, ok bool, err error) {
	s, found, err := a.store.Session(ctx, hash)
	if err != nil || !found {
		return Identity{}, false, err
	}
	now := a.now()
	if !now.Before(s.Expires) || now.Sub(s.Used) >= a.cfg.Idle {
		return Identity{}, false, a.store.DeleteSession(ctx, hash)
	}
	u, found, err := a.store.User(ctx, s.User)
	if err != nil || !found || u.Disabled {
		return Identity{}, false, err
	}
	if use && now.Sub(s.Used) >= touchEvery {
		if err := a.store.TouchSession(ctx, hash, now); err != nil {
			return Identity{}, false, err
		}
	}
	return Identity{User: u.Name, Role: u.Role, Session: hash, Expires: s.Expires}, true, nil
}

// Sweep forgets the sessions that are over.
func (a *Auth) Sweep(ctx context.Context) error {
	now := a.now()
	return a.store.DeleteSessionsBefore(ctx, now, now.Add(-a.cfg.Idle))
}
