package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tyto/tyto"
)

var noTime time.Time

// settingSetup is "hash expiry" of the one-time token.
const settingSetup = "auth.setup"

// SetupNeeded reports whether the first administrator is still to be made.
func (a *Auth) SetupNeeded(ctx context.Context) (bool, error) {
	any, err := a.store.AnyUser(ctx)
	return !any && err == nil, err
}

// SetupToken makes the one-time token that makes the first administrator, for
// the program to print. One that was made before is void. It is "" when there
// is a user already.
func (a *Auth) SetupToken(ctx context.Context) (string, error) {
	if needed, err := a.SetupNeeded(ctx); err != nil || !needed {
		return "", err
	}
	token, hash := newToken()
	value := hash + " " + a.now().Add(a.cfg.SetupLife).UTC().Format(time.RFC3339)
	if err := a.store.PutSetting(ctx, settingSetup, value); err != nil {
		return "", fmt.Errorf("auth: make a setup token: %w", err)
	}
	return token, nil
}

// Setup makes the first administrator and signs them in. The error is
// ErrSetupDone, ErrSetupRefused, a *WaitError, a *RuleError or the store's.
func (a *Auth) Setup(ctx context.Context, token, name, password string, from Caller) (Identity, *http.Cookie, error) {
	a.setup.Lock()
	defer a.setup.Unlock()
	if err := a.mayBeSetUp(ctx, token, from); err != nil {
		return Identity{}, nil, err
	}
	u, err := a.newUser(ctx, name, tyto.Admin, password)
	if err != nil {
		return Identity{}, nil, err
	}
	if err := a.Audit(ctx, Identity{User: u.Name}, from, "setup", u.Name, "ok"); err != nil {
		return Identity{}, nil, err
	}
	first, err := a.store.PutFirstUser(ctx, u)
	if err != nil {
		return Identity{}, nil, fmt.Errorf("auth: set up: %w", err)
	}
	if !first {
		return Identity{}, nil, ErrSetupDone
	}
	if err := a.store.PutSetting(ctx, settingSetup, ""); err != nil {
		return Identity{}, nil, fmt.Errorf("auth: set up: %w", err)
	}
	a.log.InfoContext(ctx, "first administrator made", "user", u.Name)
	return a.begin(ctx, u, from, "setup")
}

func (a *Auth) mayBeSetUp(ctx context.Context, token string, from Caller) error {
	needed, err := a.SetupNeeded(ctx)
	if err != nil {
		return fmt.Errorf("auth: set up: %w", err)
	}
	if !needed {
		return ErrSetupDone
	}
	const nobody = "(setup)" // no user can have that name
	if wait := a.guard.wait(nobody, from.Addr, a.now()); wait > 0 {
		return &WaitError{Retry: wait}
	}
	value, err := a.store.Setting(ctx, settingSetup)
	if err != nil {
		return fmt.Errorf("auth: set up: %w", err)
	}
	hash, until, _ := strings.Cut(value, " ")
	expires, err := time.Parse(time.RFC3339, until)
	good := subtle.ConstantTimeCompare([]byte(hash), []byte(hashOf(token))) == 1
	if err == nil && good && a.now().Before(expires) {
		return nil
	}
	a.guard.failed(nobody, from.Addr, a.now())
	return errors.Join(ErrSetupRefused, a.Audit(ctx, Identity{}, from, "setup", "", "refused"))
}

// newUser is a user whose name and password keep the rules.
func (a *Auth) newUser(ctx context.Context, name string, role tyto.PersonRole, password string) (tyto.User, error) {
	if err := CheckName(name); err != nil {
		return tyto.User{}, err
	}
	if err := CheckPassword(name, password); err != nil {
		return tyto.User{}, err
	}
	if !role.Valid() {
		return tyto.User{}, &RuleError{"role", "want admin, analyst or viewer"}
	}
	hash, err := a.hash.make(ctx, password)
	if err != nil {
		return tyto.User{}, fmt.Errorf("auth: hash a password: %w", err)
	}
	return tyto.User{Name: foldName(name), Role: role, Sites: tyto.AllSites(), Password: hash, Created: a.now()}, nil
}

// PutUser makes a local user who sees all sites, or gives one another role and
// password; then their sessions end. By is who does it: not a person but the
// program, at the command line or in a test.
func (a *Auth) PutUser(ctx context.Context, by Identity, name string, role tyto.PersonRole, password string) error {
	u, err := a.newUser(ctx, name, role, password)
	if err != nil {
		return err
	}
	if err := a.Audit(ctx, by, Caller{}, "user.put", u.Name, "ok"); err != nil {
		return err
	}
	if err := a.store.PutUser(ctx, u); err != nil {
		return fmt.Errorf("auth: put user: %w", err)
	}
	return a.store.DeleteSessionsOf(ctx, u.Name, "")
}
