package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tyto/auth"
	"tyto/store"
	"tyto/store/sqlite"
	"tyto/tyto"
)

// checkOIDC finds what is wrong with the identity provider, with lines.
func checkOIDC(c *auth.OIDC, text string) (errs []error) {
	if c == nil {
		return nil
	}
	for _, p := range c.Check() {
		at := "oidc." + p.Key
		errs = append(errs, fmt.Errorf("%s%s %s", lineAt(text, at), at, p.Why))
	}
	return errs
}

// authSetting is how people sign in who have a password here.
type authSetting struct {
	SecondFactor auth.FactorPolicy `yaml:"second_factor"`
}

func (a authSetting) check(bad func(key, why string)) {
	if !slices.Contains([]auth.FactorPolicy{auth.FactorOff, auth.FactorOptional, auth.FactorAdmins}, a.SecondFactor) {
		bad("auth.second_factor", fmt.Sprintf("%q is none of off, optional, required-for-admins; optional lets each user decide", a.SecondFactor))
	}
}

// stopped is the folder of a hub that does not run.
type stopped struct {
	Data string `type:"path" placeholder:"DIR" help:"The folder of the store (default ./tyto-data). The hub over it must not be running."`
}

// open opens the store there; it makes none.
func (s *stopped) open(ctx context.Context, c *commands) (store.Store, error) {
	set, err := loadSettings(c.Config)
	if err != nil {
		return nil, err
	}
	if s.Data != "" {
		set.Data = s.Data
	}
	return openStore(ctx, &set, func(c *sqlite.Config) { c.SkipCheck, c.MustExist = true, true })
}

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Say whether the audit log was tampered with; exit status 1 if so."`
}

type auditVerify struct {
	stopped
	Head string `placeholder:"HASH" help:"A head that was written down elsewhere: it shows if the log's end was cut off."`
}

// Help is what --help adds.
func (auditVerify) Help() string {
	return `Examples:
  tyto audit verify --data /var/lib/tyto
  tyto audit verify --data /var/lib/tyto --head 5f3c…

Each record's hash covers the record before it. Whoever can write the file can make all of them anew: write the head
down elsewhere from time to time. A hub that runs is asked with GET /api/v1/audit/verify, or on the page Audit.`
}

// Run verifies, and tells the head.
func (r *auditVerify) Run(ctx context.Context, s streams, c *commands) error {
	memory, err := r.open(ctx, c)
	if err != nil {
		return err
	}
	defer memory.Close()
	h, err := store.VerifyAudit(ctx, memory, r.Head)
	switch {
	case err != nil:
		return err
	case h.Broken != 0:
		return fmt.Errorf("audit: record %d does not follow from the one before it: it, or what was there, was changed, taken out or put in; %d records before it are whole", h.Broken, h.Records)
	case !h.Noted:
		return fmt.Errorf("audit: no record has the hash %s: the log's end was cut off, or all of it was made anew", r.Head)
	}
	fmt.Fprintf(s.out, "%d records, each follows from the one before it.\n", h.Records)
	if h.Records > 0 {
		fmt.Fprintf(s.out, "Head: %s of %s\n", h.Hash, h.Time.Format(time.RFC3339))
	}
	return nil
}

type usersCommand struct {
	Reset usersReset `cmd:"" help:"Give a user a temporary password, when no administrator can."`
}

type usersReset struct {
	stopped
	Name string `arg:"" help:"The user's name."`
}

// Help is what --help adds.
func (usersReset) Help() string {
	return `Example:
  tyto users reset ada --data /var/lib/tyto

For who can write the hub's files and has lost the password of the last administrator. The account is enabled if it was
disabled, its second factor is taken away, its sessions and tokens end, and the audit log says that it was done at the
command line.`
}

// Run prints the password, once.
func (r *usersReset) Run(ctx context.Context, s streams, c *commands) error {
	memory, err := r.open(ctx, c)
	if err != nil {
		return err
	}
	defer memory.Close()
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	gate, err := auth.New(auth.DefaultConfig(), memory, time.Now, newLog(s.err, &set))
	if err != nil {
		return err
	}
	// No user can have that name.
	by, enabled := auth.Identity{User: "(command line)", Role: tyto.Admin, Sites: tyto.AllSites()}, false
	u, password, err := gate.ResetPassword(ctx, by, auth.Caller{}, r.Name)
	if err != nil {
		if errors.Is(err, auth.ErrNoUser) {
			return usageError{fmt.Errorf("users reset: %w", err)}
		}
		return err
	}
	if u.Disabled {
		if _, err := gate.ChangeUser(ctx, by, auth.Caller{}, r.Name, auth.UserChange{Disabled: &enabled}); err != nil {
			return err
		}
	}
	if err := gate.RemoveFactor(ctx, by, auth.Caller{}, r.Name); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Temporary password of %s, good for three days, to choose another one with:\n%s\n", u.Name, password)
	return nil
}
