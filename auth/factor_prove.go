package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"tyto/tyto"
)

var factorCode = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// Who knows the password has few attempts at a code: after five the wait grows
// to an hour, wherever they come from. Nobody else can bring that about.
var limitCode = limit{free: 5, max: time.Hour}

// needsFactor reports whether a user has to set up a second factor before
// anything else.
func (a *Auth) needsFactor(ctx context.Context, u *tyto.User) (bool, error) {
	if !a.requires(u) {
		return false, nil
	}
	f, _, err := a.store.Factor(ctx, u.Name)
	return f.Confirmed.IsZero(), err
}

func (a *Auth) requires(u *tyto.User) bool {
	return a.cfg.SecondFactor == FactorAdmins && u.Role == tyto.Admin && u.Origin == ""
}

// second asks for the second factor of a user whose password was right.
func (a *Auth) second(ctx context.Context, u *tyto.User, code string, from Caller) (by string, err error) {
	if a.cfg.SecondFactor == FactorOff {
		return "password", nil
	}
	f, found, err := a.store.Factor(ctx, u.Name)
	switch {
	case err != nil:
		return "", fmt.Errorf("auth: sign in: %w", err)
	case !found || f.Confirmed.IsZero():
		return "password", nil
	case code == "":
		return "", errors.Join(ErrCodeNeeded, a.Audit(ctx, Identity{User: u.Name}, from, "session.create", "", "waits for a code"))
	}
	by, err = a.prove(ctx, &f, code)
	if errors.Is(err, ErrCodeRefused) {
		a.log.WarnContext(ctx, "sign-in refused: wrong code", "from", from.Addr, "user", u.Name)
		err = errors.Join(err, a.Audit(ctx, Identity{User: u.Name}, from, "session.create", "", "refused: wrong code"))
	}
	return "password and " + by, err
}

// prove uses up a code, and says which kind it is. The error is ErrCodeRefused,
// a *WaitError, or of the store.
func (a *Auth) prove(ctx context.Context, f *tyto.SecondFactor, code string) (by string, err error) {
	if wait := a.codes.enter(f.User, netip.Addr{}, a.now()); wait > 0 {
		return "", &WaitError{Retry: wait}
	}
	came := undecided
	defer func() { a.codes.leave(f.User, netip.Addr{}, a.now(), came) }()
	code = foldCode(code)
	by, good := "a code", false
	if len(code) == factorCode.Digits.Length() {
		good, err = a.spendCode(ctx, f, code)
	} else {
		by = "a recovery code"
		good, err = a.store.SpendRecovery(ctx, f.User, hashOf(code))
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("auth: second factor: %w", err)
	case !good:
		came = failed
		return "", ErrCodeRefused
	}
	came = succeeded
	return by, nil
}

// foldCode is a code without what people put in between.
func foldCode(code string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code))
}

func (a *Auth) spendCode(ctx context.Context, f *tyto.SecondFactor, code string) (bool, error) {
	secret, err := a.unsealFactor(f)
	if err != nil {
		return false, err
	}
	now := uint64(a.now().Unix()) / uint64(factorPeriod/time.Second)
	for _, step := range []uint64{now, now - 1, now + 1} {
		want, err := hotp.GenerateCodeCustom(base32.StdEncoding.EncodeToString(secret), step, factorCode)
		if err != nil {
			return false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return a.store.SpendStep(ctx, f.User, step)
		}
	}
	return false, nil
}

func sealedFactorFor(user string) []byte { return []byte("tyto second factor of " + user) }

// sealFactor seals a secret. What opens it is in a file, so that a copy of the
// database is not enough to make codes; the first secret makes the file, if the
// authority for sensors, whose it is too, has not.
func (a *Auth) sealFactor(ctx context.Context, user string, secret []byte) ([]byte, error) {
	if a.cfg.Secret == "" {
		return nil, errors.New("auth: second factor: no file is named that is to open it")
	}
	a.setup.Lock() // the first secret makes the file
	defer a.setup.Unlock()
	any, err := a.store.AnyFactor(ctx)
	if err != nil {
		return nil, fmt.Errorf("auth: second factor: %w", err)
	}
	_, authority, err := a.store.Authority(ctx)
	if err != nil {
		return nil, fmt.Errorf("auth: second factor: %w", err)
	}
	seal, err := openSeal(a.cfg.Secret, !any && !authority)
	if err != nil {
		return nil, a.lostSecret(err)
	}
	return seal.Seal(nil, nil, secret, sealedFactorFor(user)), nil
}

func (a *Auth) unsealFactor(f *tyto.SecondFactor) ([]byte, error) {
	seal, err := openSeal(a.cfg.Secret, false)
	if err != nil {
		return nil, a.lostSecret(err)
	}
	secret, err := seal.Open(nil, nil, f.Secret, sealedFactorFor(f.User))
	if err != nil {
		return nil, a.lostSecret(err)
	}
	return secret, nil
}

func (a *Auth) lostSecret(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("it is not there")
	}
	return fmt.Errorf("auth: %s does not open the second factors in the store (%w): put the right one back, or copy it from another hub of this store; recovery codes work without it", a.cfg.Secret, err)
}
