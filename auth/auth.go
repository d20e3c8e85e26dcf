// Package auth decides who may do what: users with passwords, sessions kept
// in cookies, the one-time token that makes the first administrator, and the
// brake on guessing. What it remembers is kept by a Store; tokens for
// programs will be another way to an Identity beside sessions.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"tyto/tyto"
)

// Config is what an administrator may tune.
type Config struct {
	TLS       bool          // cookies are only sent over TLS, and bound to the host
	Idle      time.Duration // a session ends after that long without use
	Absolute  time.Duration // and after that long in any case
	SetupLife time.Duration // the one-time setup token is good for that long
}

// DefaultConfig is 30 minutes idle, 12 hours in all, a day for the setup.
func DefaultConfig() Config {
	return Config{Idle: 30 * time.Minute, Absolute: 12 * time.Hour, SetupLife: 24 * time.Hour}
}

// Validate says what is impossible about c.
func (c Config) Validate() error {
	if c.Idle < time.Minute || c.Absolute < c.Idle || c.SetupLife <= 0 {
		return fmt.Errorf("auth: idle %v, absolute %v, setup %v: want a minute <= idle <= absolute, and a positive setup life", c.Idle, c.Absolute, c.SetupLife)
	}
	return nil
}

// Store is what auth remembers; store.Store is one. Its methods are
// described there.
type Store interface {
	AnyUser(ctx context.Context) (bool, error)
	User(ctx context.Context, name string) (tyto.User, bool, error)
	PutUser(ctx context.Context, u tyto.User) error
	PutFirstUser(ctx context.Context, u tyto.User) (bool, error)
	PutSession(ctx context.Context, s tyto.Session, keep int) error
	Session(ctx context.Context, hash string) (tyto.Session, bool, error)
	TouchSession(ctx context.Context, hash string, used time.Time) error
	DeleteSession(ctx context.Context, hash string) error
	DeleteSessionsOf(ctx context.Context, user, keep string) error
	DeleteSessionsBefore(ctx context.Context, expires, used time.Time) error
	Audit(ctx context.Context, r tyto.AuditRecord) error
	Setting(ctx context.Context, name string) (string, error)
	PutSetting(ctx context.Context, name, value string) error
}

// Errors that callers tell apart.
var (
	// ErrRefused says that name, password or token are wrong, not which.
	ErrRefused = errors.New("wrong user name or password")
	// ErrSetupRefused says that the setup token is wrong, used, or too old.
	ErrSetupRefused = errors.New("the setup token is wrong, used or expired; start the program again to get another")
	// ErrSetupDone says that there is an administrator already.
	ErrSetupDone = errors.New("setup is done; ask an administrator for an account")
)

// A WaitError refuses an attempt because of those before it.
type WaitError struct {
	Retry time.Duration
}

// Error implements error.
func (e *WaitError) Error() string {
	return fmt.Sprintf("too many failed attempts; try again in %v", e.Retry.Round(time.Second))
}

// A RuleError says which of the rules for accounts a value breaks.
type RuleError struct {
	Field  string // "username", "password"
	Reason string
}

// Error implements error.
func (e *RuleError) Error() string { return e.Field + ": " + e.Reason }

// An Identity is who makes a request, and may what now.
type Identity struct {
	User    string
	Role    tyto.PersonRole
	Session string // hash of the session's token
	Expires time.Time
}

// Auth is the gate. It is safe for concurrent use.
type Auth struct {
	cfg   Config
	store Store
	now   func() time.Time
	log   *slog.Logger
	guard *guard
	hash  hasher
	setup sync.Mutex // one setup at a time
}

// New is the gate over a store.
func New(cfg Config, store Store, now func() time.Time, log *slog.Logger) (*Auth, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Auth{cfg: cfg, store: store, now: now, log: log, guard: newGuard(), hash: newHasher()}, nil
}

// newToken is 256 random bits as text, and their hash as it is stored.
func newToken() (token, hash string) {
	var b [32]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, hashOf(token)
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// audit writes down what was done or tried. What cannot be written down must
// not be done, so callers audit first.
func (a *Auth) audit(ctx context.Context, who string, from netip.Addr, what, object, outcome string) error {
	r := tyto.AuditRecord{Time: a.now(), Who: who, What: what, Object: object, Outcome: outcome}
	if from.IsValid() {
		r.From = from.String()
	}
	if err := a.store.Audit(ctx, r); err != nil {
		return fmt.Errorf("auth: %s is refused as its audit record cannot be written: %w", what, err)
	}
	return nil
}

type whoKey struct{}

// With is ctx with who makes the request.
func With(ctx context.Context, who Identity) context.Context {
	return context.WithValue(ctx, whoKey{}, who)
}

// Who is who makes the request of ctx, ok is false for a stranger.
func Who(ctx context.Context) (who Identity, ok bool) {
	who, ok = ctx.Value(whoKey{}).(Identity)
	return who, ok
}
