package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tyto/tyto"
)

// Users lists the users that somebody may know of: those who see nothing that
// they do not see themselves.
func (a *Auth) Users(ctx context.Context, by Identity) ([]tyto.User, error) {
	all, err := a.store.Users(ctx)
	if err != nil {
		return nil, fmt.Errorf("auth: list users: %w", err)
	}
	return slices.DeleteFunc(all, func(u tyto.User) bool { return !by.Sites.Include(u.Sites) }), nil
}

// MakeUser makes a local user, whose temporary password is told once.
func (a *Auth) MakeUser(ctx context.Context, by Identity, from Caller, name string, role tyto.PersonRole, sites tyto.Sites) (u tyto.User, password string, err error) {
	if err := CheckName(name); err != nil {
		return u, "", err
	}
	u = tyto.User{Name: foldName(name), Role: role, Sites: sites, Created: a.now()}
	if err := mayBe(by, &u); err != nil {
		return u, "", err
	}
	if password, err = a.temporary(ctx, &u); err != nil {
		return u, "", err
	}
	if err := a.Audit(ctx, by, from, "user.create", describe(&u), "ok"); err != nil {
		return u, "", err
	}
	if err := a.store.PutNewUser(ctx, u); err != nil {
		return u, "", fmt.Errorf("auth: make a user: %w", err)
	}
	return u, password, nil
}

// mayBe reports why somebody may not make of a user what u says.
func mayBe(by Identity, u *tyto.User) error {
	switch {
	case !u.Role.Valid() || !by.Role.Includes(u.Role):
		return &RuleError{"role", "want admin, analyst or viewer"}
	case !u.Sites.All && len(u.Sites.Named) == 0:
		return &RuleError{"sites", "want all sites, or at least one"}
	case !u.Sites.All && slices.ContainsFunc(u.Sites.Named, func(s string) bool { return s == "" || s == "*" || len(s) > 128 || strings.ContainsAny(s, "\n\r") }):
		return &RuleError{"sites", "want ids of sites, of 1 to 128 bytes"}
	case !by.Sites.Include(u.Sites):
		return ErrBeyond
	}
	return nil
}

// managed is a user that somebody may change.
func (a *Auth) managed(ctx context.Context, by Identity, name string) (tyto.User, error) {
	u, found, err := a.store.User(ctx, foldName(name))
	switch {
	case err != nil:
		return u, fmt.Errorf("auth: find a user: %w", err)
	case !found || !by.Sites.Include(u.Sites): // whom one may not know of is not there
		return u, ErrNoUser
	}
	return u, nil
}

// A UserChange is what is to be another way; what is nil stays.
type UserChange struct {
	Role     *tyto.PersonRole
	Sites    *tyto.Sites
	Disabled *bool
}

// ChangeUser changes what a user may. Their sessions end, and if they are
// disabled their tokens too: at once, as each request asks.
func (a *Auth) ChangeUser(ctx context.Context, by Identity, from Caller, name string, c UserChange) (tyto.User, error) {
	before, err := a.managed(ctx, by, name)
	if err != nil {
		return before, err
	}
	u := before
	if c.Role != nil {
		u.Role = *c.Role
	}
	if c.Sites != nil {
		u.Sites = *c.Sites
	}
	if c.Disabled != nil {
		u.Disabled = *c.Disabled
	}
	if u.Role == before.Role && u.Disabled == before.Disabled && u.Sites.Include(before.Sites) && before.Sites.Include(u.Sites) {
		return u, nil
	}
	switch {
	case u.Name == by.User:
		return before, ErrSelf
	case u.Origin != "" && (c.Role != nil || c.Sites != nil):
		return before, ErrVouched
	}
	if err := mayBe(by, &u); err != nil {
		return before, err
	}
	if err := a.Audit(ctx, by, from, "user.change", describe(&before)+" → "+describe(&u), "ok"); err != nil {
		return before, err
	}
	if err := a.store.PutUser(ctx, u); err != nil {
		return before, a.failed(ctx, by, from, "user.change", u.Name, err)
	}
	if u.Disabled {
		if err := a.store.DeleteTokensOf(ctx, u.Name); err != nil {
			return u, fmt.Errorf("auth: change a user: %w", err)
		}
	}
	return u, a.store.DeleteSessionsOf(ctx, u.Name, "")
}

// failed writes down that what the record before says was not done.
func (a *Auth) failed(ctx context.Context, by Identity, from Caller, what, object string, err error) error {
	if e := a.Audit(ctx, by, from, what, object, "failed: "+err.Error()); e != nil {
		a.log.ErrorContext(ctx, "cannot write down that a change failed", "what", what, "err", e)
	}
	return fmt.Errorf("auth: %s: %w", what, err)
}

// RemoveUser forgets a user.
func (a *Auth) RemoveUser(ctx context.Context, by Identity, from Caller, name string) error {
	u, err := a.managed(ctx, by, name)
	if err != nil {
		return err
	}
	if u.Name == by.User {
		return ErrSelf
	}
	if err := a.Audit(ctx, by, from, "user.delete", describe(&u), "ok"); err != nil {
		return err
	}
	if err := a.store.DeleteUser(ctx, u.Name); err != nil {
		return a.failed(ctx, by, from, "user.delete", u.Name, err)
	}
	return nil
}

// ResetPassword gives a local user a temporary password, which is told once.
// Their sessions and tokens end: who had the old password may have made some.
func (a *Auth) ResetPassword(ctx context.Context, by Identity, from Caller, name string) (u tyto.User, password string, err error) {
	if u, err = a.managed(ctx, by, name); err != nil {
		return u, "", err
	}
	switch {
	case u.Origin != "":
		return u, "", ErrVouched
	case u.Name == by.User:
		return u, "", ErrSelf
	}
	if password, err = a.temporary(ctx, &u); err != nil {
		return u, "", err
	}
	if err := a.Audit(ctx, by, from, "user.reset", u.Name, "ok"); err != nil {
		return u, "", err
	}
	if err := a.store.PutUser(ctx, u); err != nil {
		return u, "", fmt.Errorf("auth: reset a password: %w", err)
	}
	if err := a.store.DeleteTokensOf(ctx, u.Name); err != nil {
		return u, "", fmt.Errorf("auth: reset a password: %w", err)
	}
	return u, password, a.store.DeleteSessionsOf(ctx, u.Name, "")
}

// ChangePassword lets somebody choose another password, and ends their other
// sessions. The error is ErrRefused if old is not the password now.
func (a *Auth) ChangePassword(ctx context.Context, who Identity, from Caller, old, password string) error {
	u, found, err := a.store.User(ctx, who.User)
	if err != nil || !found {
		return fmt.Errorf("auth: change a password: %w", err)
	}
	if u.Origin != "" {
		return ErrVouched
	}
	if err := a.again(ctx, who, from, &u, "old", old, "password.change"); err != nil {
		return err
	}
	if password == old {
		return &RuleError{"password", "want another one than before"}
	}
	if err := CheckPassword(u.Name, password); err != nil {
		return err
	}
	if u.Password, err = a.hash.make(ctx, password); err != nil {
		return fmt.Errorf("auth: hash a password: %w", err)
	}
	u.Temporary = noTime
	if err := a.Audit(ctx, who, from, "password.change", u.Name, "ok"); err != nil {
		return err
	}
	if err := a.store.PutUser(ctx, u); err != nil {
		return fmt.Errorf("auth: change a password: %w", err)
	}
	return a.store.DeleteSessionsOf(ctx, u.Name, who.Session)
}

// temporary gives a user a password that lets in to choose another one.
func (a *Auth) temporary(ctx context.Context, u *tyto.User) (password string, err error) {
	password = randomWords(4, 5) // 100 bits
	if u.Password, err = a.hash.make(ctx, password); err != nil {
		return "", fmt.Errorf("auth: hash a password: %w", err)
	}
	u.Temporary = a.now().Add(a.cfg.Temporary)
	return password, nil
}

// describe is a user as the audit log tells of them.
func describe(u *tyto.User) string {
	text := fmt.Sprintf("%s: %s, %s", u.Name, u.Role, sitesText(u.Sites))
	if u.Disabled {
		text += ", disabled"
	}
	return text
}

func sitesText(s tyto.Sites) string {
	if s.All {
		return "all sites"
	}
	return "sites " + strings.Join(s.Named, " ")
}
