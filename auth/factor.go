package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"image/png"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"tyto/tyto"
)

// A FactorPolicy says who has a second factor.
type FactorPolicy string

// The policies. Users of an identity provider have what it demands.
const (
	FactorOff      FactorPolicy = "off"                 // nobody; those that are there are not asked for
	FactorOptional FactorPolicy = "optional"            // who wants to
	FactorAdmins   FactorPolicy = "required-for-admins" // administrators have to
)

// Codes are those of all authenticator apps: six digits by HMAC-SHA-1, of 30
// seconds (RFC 6238). The interval before and the one after count too, as
// clocks differ.
const (
	factorPeriod  = 30 * time.Second
	factorSecret  = 20 // bytes; RFC 4226 section 4, R6
	factorLife    = time.Hour
	recoveryCodes = 10
)

// Errors about second factors that callers tell apart.
var (
	// ErrCodeNeeded says that the password is right, and a code is to come with it.
	ErrCodeNeeded = errors.New("a code of the second factor is needed")
	// ErrCodeRefused says that a code is wrong, or was used before.
	ErrCodeRefused = errors.New("that code is wrong, or was used before; wait for the next one")
	// ErrFactorOff says that nobody has a second factor here.
	ErrFactorOff = errors.New("second factors are switched off on this hub; auth.second_factor in its configuration says so")
	// ErrFactorSet says that there is a second factor already.
	ErrFactorSet = errors.New("you have a second factor; take it away before you set up another")
	// ErrNoFactor says that there is none, or none that was begun within the hour.
	ErrNoFactor = errors.New("there is no second factor; begin to set one up")
	// ErrFactorRequired says that an administrator cannot do without.
	ErrFactorRequired = errors.New("administrators need a second factor on this hub")
)

// FactorState is how it is with somebody's second factor.
type FactorState struct {
	Policy    FactorPolicy
	On        bool
	Required  bool
	Confirmed time.Time // zero if it is not on
	Recovery  int       // codes that are left
}

// A NewFactor is a secret that is shown once.
type NewFactor struct {
	Secret string // base32, to be typed
	URI    string // otpauth://…, as apps take it
	QR     []byte // the URI as an image: PNG
}

// BeginFactor makes a secret for who knows their password. It counts for
// nothing until ConfirmFactor.
func (a *Auth) BeginFactor(ctx context.Context, who Identity, from Caller, password string) (n NewFactor, err error) {
	u, f, err := a.own(ctx, who)
	switch {
	case err != nil:
		return n, err
	case !f.Confirmed.IsZero():
		return n, ErrFactorSet
	}
	if err := a.again(ctx, who, from, &u, "password", password, "second-factor.begin"); err != nil {
		return n, err
	}
	secret := make([]byte, factorSecret)
	rand.Read(secret) // never fails, see crypto/rand
	sealed, err := a.sealFactor(ctx, u.Name, secret)
	if err != nil {
		return n, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Tyto", AccountName: u.Name, Secret: secret, Period: uint(factorPeriod / time.Second), Digits: factorCode.Digits, Algorithm: factorCode.Algorithm})
	if err != nil {
		return n, fmt.Errorf("auth: second factor: %w", err)
	}
	var picture bytes.Buffer
	image, err := key.Image(264, 264)
	if err == nil {
		err = png.Encode(&picture, image)
	}
	if err != nil {
		return n, fmt.Errorf("auth: second factor: %w", err)
	}
	if err := a.Audit(ctx, who, from, "second-factor.begin", u.Name, "ok"); err != nil {
		return n, err
	}
	if err := a.store.PutFactor(ctx, tyto.SecondFactor{User: u.Name, Secret: sealed, Created: a.now()}); err != nil {
		return n, fmt.Errorf("auth: second factor: %w", err)
	}
	return NewFactor{Secret: key.Secret(), URI: key.URL(), QR: picture.Bytes()}, nil
}

// ConfirmFactor switches a second factor on that was begun, for who shows that
// it works. Their other sessions end. The recovery codes are told once.
func (a *Auth) ConfirmFactor(ctx context.Context, who Identity, from Caller, code string) (recovery []string, err error) {
	_, f, err := a.own(ctx, who)
	switch {
	case err != nil:
		return nil, err
	case !f.Confirmed.IsZero():
		return nil, ErrFactorSet
	case f.User == "" || a.now().Sub(f.Created) > factorLife:
		return nil, ErrNoFactor
	}
	if err := a.show(ctx, who, from, &f, code, "second-factor.confirm"); err != nil {
		return nil, err
	}
	if recovery, err = a.newRecovery(ctx, who, from, "second-factor.confirm"); err != nil {
		return nil, err
	}
	return recovery, a.store.DeleteSessionsOf(ctx, who.User, who.Session)
}

// show proves a code, and writes down if it is refused.
func (a *Auth) show(ctx context.Context, who Identity, from Caller, f *tyto.SecondFactor, code, what string) error {
	_, err := a.prove(ctx, f, code)
	if errors.Is(err, ErrCodeRefused) {
		return errors.Join(err, a.Audit(ctx, who, from, what, f.User, "refused: wrong code"))
	}
	return err
}

// newRecovery gives somebody new recovery codes, and confirms the factor.
func (a *Auth) newRecovery(ctx context.Context, who Identity, from Caller, what string) (codes []string, err error) {
	f, found, err := a.store.Factor(ctx, who.User) // with the step that was used
	if err != nil || !found {
		return nil, errors.Join(err, ErrNoFactor)
	}
	if err := a.Audit(ctx, who, from, what, who.User, "ok"); err != nil {
		return nil, err
	}
	if f.Confirmed.IsZero() {
		f.Confirmed = a.now()
	}
	f.Recovery = nil
	for range recoveryCodes {
		code := randomWords(4, 4) // 80 bits: the hash alone cannot be searched for it
		codes, f.Recovery = append(codes, code), append(f.Recovery, hashOf(foldCode(code)))
	}
	if err := a.store.PutFactor(ctx, f); err != nil {
		return nil, fmt.Errorf("auth: second factor: %w", err)
	}
	return codes, nil
}

// RenewRecovery replaces somebody's recovery codes.
func (a *Auth) RenewRecovery(ctx context.Context, who Identity, from Caller, password, code string) ([]string, error) {
	const what = "second-factor.recovery"
	if err := a.both(ctx, who, from, password, code, what); err != nil {
		return nil, err
	}
	return a.newRecovery(ctx, who, from, what)
}

// EndFactor takes somebody's own second factor away.
func (a *Auth) EndFactor(ctx context.Context, who Identity, from Caller, password, code string) error {
	const what = "second-factor.end"
	u, found, err := a.store.User(ctx, who.User)
	switch {
	case err != nil || !found:
		return fmt.Errorf("auth: second factor: %w", errors.Join(err, ErrNoUser))
	case a.requires(&u):
		return ErrFactorRequired
	}
	if err := a.both(ctx, who, from, password, code, what); err != nil {
		return err
	}
	if err := a.Audit(ctx, who, from, what, who.User, "ok"); err != nil {
		return err
	}
	return a.store.DropFactor(ctx, who.User)
}

// RemoveFactor takes the second factor of another user away who lost it. Their
// sessions end.
func (a *Auth) RemoveFactor(ctx context.Context, by Identity, from Caller, name string) error {
	u, err := a.managed(ctx, by, name)
	switch {
	case err != nil:
		return err
	case u.Name == by.User:
		return ErrSelf
	}
	if err := a.Audit(ctx, by, from, "second-factor.remove", u.Name, "ok"); err != nil {
		return err
	}
	if err := a.store.DropFactor(ctx, u.Name); err != nil {
		return a.failed(ctx, by, from, "second-factor.remove", u.Name, err)
	}
	return a.store.DeleteSessionsOf(ctx, u.Name, "")
}

// Factor tells how it is with somebody's second factor.
func (a *Auth) Factor(ctx context.Context, who Identity) (s FactorState, err error) {
	s.Policy = a.cfg.SecondFactor
	u, found, err := a.store.User(ctx, who.User)
	if err != nil || !found {
		return s, fmt.Errorf("auth: second factor: %w", errors.Join(err, ErrNoUser))
	}
	f, _, err := a.store.Factor(ctx, who.User)
	if err != nil {
		return s, fmt.Errorf("auth: second factor: %w", err)
	}
	s.On, s.Required, s.Confirmed, s.Recovery = !f.Confirmed.IsZero(), a.requires(&u), f.Confirmed, len(f.Recovery)
	return s, nil
}

// FactorUsers is the users who have a second factor.
func (a *Auth) FactorUsers(ctx context.Context) ([]string, error) { return a.store.FactorUsers(ctx) }

// own is who asks, and their second factor.
func (a *Auth) own(ctx context.Context, who Identity) (u tyto.User, f tyto.SecondFactor, err error) {
	if a.cfg.SecondFactor == FactorOff {
		return u, f, ErrFactorOff
	}
	u, found, err := a.store.User(ctx, who.User)
	if err == nil && found {
		f, _, err = a.store.Factor(ctx, who.User)
	}
	switch {
	case err != nil:
		return u, f, fmt.Errorf("auth: second factor: %w", err)
	case !found:
		return u, f, ErrNoUser
	case u.Origin != "":
		return u, f, ErrVouched
	}
	return u, f, nil
}

// both asks for password and code of who asks.
func (a *Auth) both(ctx context.Context, who Identity, from Caller, password, code, what string) error {
	u, f, err := a.own(ctx, who)
	switch {
	case err != nil:
		return err
	case f.Confirmed.IsZero():
		return ErrNoFactor
	}
	if err := a.again(ctx, who, from, &u, "password", password, what); err != nil {
		return err
	}
	return a.show(ctx, who, from, &f, code, what)
}

// again asks who is signed in for their password: a session may be somebody
// else's by now.
func (a *Auth) again(ctx context.Context, who Identity, from Caller, u *tyto.User, field, password, what string) error {
	if wait := a.guard.enter(u.Name, from.Addr, a.now()); wait > 0 {
		return &WaitError{Retry: wait}
	}
	came := undecided
	defer func() { a.guard.leave(u.Name, from.Addr, a.now(), came) }()
	good, err := a.hash.verify(ctx, password, u.Password)
	if err != nil {
		return fmt.Errorf("auth: %s: %w", what, err)
	}
	if !good {
		came = failed
		return errors.Join(&RuleError{field, "that is not your password"}, a.Audit(ctx, who, from, what, u.Name, "refused"))
	}
	return nil
}

// randomWords is random letters that are not mistaken for one another, five
// bits each, in words.
func randomWords(words, letters int) string {
	const alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
	random := make([]byte, words*letters)
	rand.Read(random) // never fails, see crypto/rand
	var all []string
	for word := range slices.Chunk(random, letters) {
		for i := range word {
			word[i] = alphabet[word[i]&31]
		}
		all = append(all, string(word))
	}
	return strings.Join(all, "-")
}

// QRText is the image of a NewFactor as a browser takes it in an address.
func (n *NewFactor) QRText() string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(n.QR)
}
