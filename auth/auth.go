// Package auth decides who may do what: users with passwords or of an
// identity provider, sessions kept in cookies, tokens for programs, the
// one-time token that makes the first administrator, and the brake on
// guessing. What it remembers is kept by a Store.
//
// Every change is written to the audit log before it is made. What cannot be
// written down is not done.
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
	"strings"
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
	Temporary time.Duration // and a password that an administrator made
	OIDC      *OIDC         // an identity provider; nil without one
	// SecondFactor says who has a second factor; Secret is the file that opens
	// those in the store: see SecretFile.
	SecondFactor FactorPolicy
	Secret       string
}

// DefaultConfig is 30 minutes idle, 12 hours in all, a day for the setup,
// three for a temporary password.
func DefaultConfig() Config {
	return Config{Idle: 30 * time.Minute, Absolute: 12 * time.Hour, SetupLife: 24 * time.Hour, Temporary: 72 * time.Hour, SecondFactor: FactorOptional}
}

// Validate says what is impossible about c.
func (c Config) Validate() error {
	if c.Idle < time.Minute || c.Absolute < c.Idle || c.SetupLife <= 0 || c.Temporary <= 0 {
		return fmt.Errorf("auth: idle %v, absolute %v, setup %v, temporary %v: want a minute <= idle <= absolute, and the others positive", c.Idle, c.Absolute, c.SetupLife, c.Temporary)
	}
	if c.SecondFactor != FactorOff && c.SecondFactor != FactorOptional && c.SecondFactor != FactorAdmins {
		return fmt.Errorf("auth: second factor %q: want %s, %s or %s", c.SecondFactor, FactorOff, FactorOptional, FactorAdmins)
	}
	return nil
}

// Store is what auth remembers; store.Store is one. Its methods are
// described there.
type Store interface {
	AnyUser(ctx context.Context) (bool, error)
	Users(ctx context.Context) ([]tyto.User, error)
	User(ctx context.Context, name string) (tyto.User, bool, error)
	UserOf(ctx context.Context, origin string) (tyto.User, bool, error)
	PutUser(ctx context.Context, u tyto.User) error
	PutNewUser(ctx context.Context, u tyto.User) error
	PutFirstUser(ctx context.Context, u tyto.User) (bool, error)
	DeleteUser(ctx context.Context, name string) error
	SeeUser(ctx context.Context, name string, at time.Time) error

	PutSession(ctx context.Context, s tyto.Session, keep int) error
	Session(ctx context.Context, hash string) (tyto.Session, bool, error)
	SessionsOf(ctx context.Context, user string) ([]tyto.Session, error)
	TouchSession(ctx context.Context, hash string, used time.Time) error
	DeleteSession(ctx context.Context, hash string) error
	DeleteSessionsOf(ctx context.Context, user, keep string) error
	DeleteSessionsBefore(ctx context.Context, expires, used time.Time) error

	PutToken(ctx context.Context, t tyto.Token) error
	Token(ctx context.Context, hash string) (tyto.Token, bool, error)
	TokensOf(ctx context.Context, user string) ([]tyto.Token, error)
	TouchToken(ctx context.Context, hash string, used time.Time) error
	DeleteToken(ctx context.Context, user, id string) error
	DeleteTokensOf(ctx context.Context, user string) error
	DeleteTokensBefore(ctx context.Context, expires time.Time) error

	Authority(ctx context.Context) (tyto.Authority, bool, error)
	Factor(ctx context.Context, user string) (tyto.SecondFactor, bool, error)
	FactorUsers(ctx context.Context) ([]string, error)
	AnyFactor(ctx context.Context) (bool, error)
	PutFactor(ctx context.Context, f tyto.SecondFactor) error
	DropFactor(ctx context.Context, user string) error
	SpendStep(ctx context.Context, user string, step uint64) (bool, error)
	SpendRecovery(ctx context.Context, user, hash string) (bool, error)

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
	// ErrBeyond says that a change reaches beyond what who makes it may see.
	ErrBeyond = errors.New("that reaches beyond the sites that you see")
	// ErrNoUser says that there is no user of that name, or none that who asks
	// may know of.
	ErrNoUser = errors.New("there is no user of that name")
	// ErrSelf says that nobody may take their own account away.
	ErrSelf = errors.New("that is your own account; ask another administrator")
	// ErrVouched says that the identity provider decides, not the hub.
	ErrVouched = errors.New("the identity provider decides about that account; change it there")
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
	Sites   tyto.Sites
	Session string // hash of the session's token; "" of a program
	Token   string // id of the program's token; "" of a person
	Expires time.Time
	// Temporary says that others know the password: another one has to be
	// chosen before anything else.
	Temporary bool
	// Unfactored says that a second factor has to be set up before anything
	// else; of a program, by its user.
	Unfactored bool
	// Vouched says that an identity provider vouches for the user, who has no
	// password here.
	Vouched bool
}

// Name is who it is, as the audit log says it.
func (who Identity) Name() string {
	if who.Token != "" {
		return who.User + " token:" + who.Token // no name of a user has a space
	}
	return who.User
}

// A Caller is where a request comes from.
type Caller struct {
	Addr  netip.Addr
	Agent string // what the browser calls itself
}

// Auth is the gate. It is safe for concurrent use.
type Auth struct {
	cfg   Config
	store Store
	now   func() time.Time
	log   *slog.Logger
	guard *guard
	codes *guard // counts wrong codes of second factors
	hash  hasher
	setup sync.Mutex // one setup at a time, and one first secret
	oidc  *provider  // nil without one

	waiting diary // tokens whose users owe a second factor
}

// New is the gate over a store.
func New(cfg Config, store Store, now func() time.Time, log *slog.Logger) (*Auth, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &Auth{cfg: cfg, store: store, now: now, log: log, guard: newGuard(), codes: newNameGuard(limitCode), hash: newHasher()}
	if cfg.OIDC != nil {
		var err error
		if a.oidc, err = newProvider(*cfg.OIDC, now); err != nil {
			return nil, err
		}
	}
	return a, nil
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

// Audit writes down what somebody does or tried. What cannot be written down
// must not be done, so callers audit first.
func (a *Auth) Audit(ctx context.Context, who Identity, from Caller, what, object, outcome string) error {
	r := tyto.AuditRecord{Time: a.now(), Who: cut(who.Name(), maxWho), What: what, Object: cut(object, maxObject), Outcome: cut(outcome, maxObject)}
	if from.Addr.IsValid() {
		r.From = from.Addr.String()
	}
	if err := a.store.Audit(ctx, r); err != nil {
		return fmt.Errorf("auth: %s is refused as its audit record cannot be written: %w", what, err)
	}
	return nil
}

// Bounds of the texts of an audit record: names that were tried, or that a
// provider vouches for, are as long as somebody likes.
const (
	maxWho    = 128
	maxObject = 1024
)

// cut is text of at most n bytes of UTF-8.
func cut(s string, n int) string {
	if len(s) <= n {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
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
