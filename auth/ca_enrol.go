package auth

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"time"

	"tyto/tyto"
)

// EnrolmentStore is what Enrolment remembers; store.Store is one. Its methods
// are described there.
type EnrolmentStore interface {
	PutJoinToken(ctx context.Context, t tyto.JoinToken) error
	JoinToken(ctx context.Context, hash string) (tyto.JoinToken, bool, error)
	OpenJoinTokens(ctx context.Context, at time.Time) ([]tyto.JoinToken, error)
	Enrol(ctx context.Context, hash string, m tyto.Member, c tyto.Credential) (bool, error)
	PutCredential(ctx context.Context, c tyto.Credential) error
	Credential(ctx context.Context, serial string) (tyto.Member, tyto.Credential, bool, error)
	RevokeMember(ctx context.Context, sensor, by string, at time.Time) (bool, error)
	Places(ctx context.Context) ([]tyto.Site, []tyto.Zone, error)
	PutSite(ctx context.Context, s tyto.Site) error
	PutZone(ctx context.Context, z tyto.Zone) error
	Audit(ctx context.Context, r tyto.AuditRecord) error
}

// Errors that callers tell apart.
var (
	// ErrJoinRefused says that a token is wrong, used or too old, not which.
	ErrJoinRefused = errors.New("the token is wrong, used or expired; make another with 'tyto hub token' or in the portal")
	// ErrStranger says that a certificate is none of this hub's sensors.
	ErrStranger = errors.New("the certificate is not one of this hub's sensors; join with a token")
	// ErrExpired says that a certificate is too old.
	ErrExpired = errors.New("the certificate expired; join again with a new token")
	// ErrRevoked says that a sensor, or this certificate of it, was revoked.
	ErrRevoked = errors.New("the sensor was revoked; join again with a new token if that was a mistake")
	// ErrNoSensor says that no sensor of that name ever joined.
	ErrNoSensor = errors.New("no sensor of that name joined this hub")
)

// An Enrolment lets sensors in and keeps them out. It is safe for concurrent use.
type Enrolment struct {
	ca    *CA
	store EnrolmentStore
	now   func() time.Time
	log   *slog.Logger
	guard *guard
}

// NewEnrolment is the gate for sensors.
func NewEnrolment(ca *CA, store EnrolmentStore, now func() time.Time, log *slog.Logger) *Enrolment {
	return &Enrolment{ca: ca, store: store, now: now, log: log, guard: newGuard()}
}

// CA is the authority that signs.
func (e *Enrolment) CA() *CA { return e.ca }

// A JoinPlan says which sensor is to join where.
type JoinPlan struct {
	Sensor string
	Zone   string        // its id; made if there is none
	Site   string        // its id; made if there is none. "" leaves the zone where it is
	Life   time.Duration // of the token
}

// Bounds of a token's life.
const (
	DefaultJoinLife = time.Hour
	longestJoinLife = 7 * 24 * time.Hour
)

var placeID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// CheckPlaceID says what is wrong with the id of a sensor, a zone or a site.
func CheckPlaceID(field, id string) error {
	if !placeID.MatchString(id) {
		return &RuleError{field, "want 1 to 63 letters, digits, dots, hyphens or underscores, the first a letter or a digit"}
	}
	return nil
}

func (p *JoinPlan) check() error {
	if err := CheckPlaceID("name", p.Sensor); err != nil {
		return err
	}
	if err := CheckPlaceID("zone", p.Zone); err != nil {
		return err
	}
	if p.Site != "" {
		if err := CheckPlaceID("site", p.Site); err != nil {
			return err
		}
	}
	if p.Life < time.Minute || p.Life > longestJoinLife {
		return &RuleError{"life", "want from a minute to 7 days"}
	}
	return nil
}

// settle makes the zone and the site of a plan, if they are new.
func (e *Enrolment) settle(ctx context.Context, p *JoinPlan) error {
	sites, zones, err := e.store.Places(ctx)
	if err != nil {
		return err
	}
	known := p.Site == ""
	for _, s := range sites {
		known = known || s.ID == p.Site
	}
	if !known {
		if err := e.store.PutSite(ctx, tyto.Site{ID: p.Site, Title: p.Site, Created: e.now()}); err != nil {
			return err
		}
	}
	zone := tyto.Zone{ID: p.Zone, Title: p.Zone, Created: e.now()}
	had := false
	for _, z := range zones {
		if z.ID == p.Zone {
			zone, had = z, true
		}
	}
	if had && (p.Site == "" || zone.Site == p.Site) {
		return nil
	}
	zone.Site = p.Site
	return e.store.PutZone(ctx, zone)
}

// Token makes a secret that lets one sensor join, once.
func (e *Enrolment) Token(ctx context.Context, by string, from netip.Addr, p JoinPlan) (secret [32]byte, expires time.Time, err error) {
	if err := p.check(); err != nil {
		return secret, expires, err
	}
	if err := e.audit(ctx, by, from, "join-token.create", p.Sensor+" in "+p.Zone, "ok"); err != nil {
		return secret, expires, err
	}
	if err := e.settle(ctx, &p); err != nil {
		return secret, expires, fmt.Errorf("auth: make a join token: %w", err)
	}
	token, _ := newToken() // 256 bits
	secret = sha256.Sum256([]byte(token))
	now := e.now()
	t := tyto.JoinToken{Hash: hashSecret(secret[:]), Sensor: p.Sensor, Zone: p.Zone, Site: p.Site, By: by, Created: now, Expires: now.Add(p.Life)}
	if err := e.store.PutJoinToken(ctx, t); err != nil {
		return secret, expires, fmt.Errorf("auth: make a join token: %w", err)
	}
	return secret, t.Expires, nil
}

func hashSecret(secret []byte) string {
	sum := sha256.Sum256(secret)
	return hex.EncodeToString(sum[:])
}

// Tokens lists the tokens that may still be used.
func (e *Enrolment) Tokens(ctx context.Context) ([]tyto.JoinToken, error) {
	return e.store.OpenJoinTokens(ctx, e.now())
}

const unnamed = "(sensor)" // no user can have that name

// Join lets a sensor in that has a token's secret, and signs its request.
func (e *Enrolment) Join(ctx context.Context, secret, csr []byte, from netip.Addr) (tyto.Member, *x509.Certificate, error) {
	if wait := e.guard.wait(unnamed, from, e.now()); wait > 0 {
		return tyto.Member{}, nil, &WaitError{Retry: wait}
	}
	hash := hashSecret(secret)
	t, found, err := e.store.JoinToken(ctx, hash)
	if err != nil {
		return tyto.Member{}, nil, fmt.Errorf("auth: join: %w", err)
	}
	if !found || !t.Used.IsZero() || !e.now().Before(t.Expires) {
		return tyto.Member{}, nil, e.refuse(ctx, from, t.Sensor)
	}
	m := tyto.Member{Sensor: t.Sensor, Zone: t.Zone, Joined: e.now(), By: t.By}
	cert, ok, err := e.enrol(ctx, hash, m, csr, from, "sensor.join", t.Sensor)
	if err == nil && !ok { // another was quicker
		err = e.refuse(ctx, from, t.Sensor)
	}
	return m, cert, err
}

func (e *Enrolment) refuse(ctx context.Context, from netip.Addr, sensor string) error {
	e.guard.failed(unnamed, from, e.now())
	e.log.WarnContext(ctx, "a sensor was not let in", "from", from, "sensor", sensor)
	return errors.Join(ErrJoinRefused, e.audit(ctx, "", from, "sensor.join", sensor, "refused"))
}

// enrol signs a request and makes the sensor a member.
func (e *Enrolment) enrol(ctx context.Context, hash string, m tyto.Member, csr []byte, from netip.Addr, what, who string) (*x509.Certificate, bool, error) {
	cert, err := e.ca.sign(csr, m.Sensor)
	if err != nil {
		return nil, false, err
	}
	if err := e.audit(ctx, who, from, what, m.Sensor+" in "+m.Zone, "ok, certificate "+serialText(cert)); err != nil {
		return nil, false, err
	}
	ok, err := e.store.Enrol(ctx, hash, m, e.credential(cert, m.Sensor))
	if err != nil {
		return nil, false, fmt.Errorf("auth: join: %w", err)
	}
	if ok {
		e.log.InfoContext(ctx, "sensor joined", "sensor", m.Sensor, "zone", m.Zone, "from", from)
	}
	return cert, ok, nil
}

func (e *Enrolment) credential(cert *x509.Certificate, sensor string) tyto.Credential {
	return tyto.Credential{Serial: serialText(cert), Sensor: sensor, Key: keyHash(cert), Issued: e.now(), Expires: cert.NotAfter}
}

func serialText(cert *x509.Certificate) string { return cert.SerialNumber.Text(16) }

func keyHash(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// Sign lets a sensor in whose request a person brought, without a token.
func (e *Enrolment) Sign(ctx context.Context, by string, csr []byte, p JoinPlan) (*x509.Certificate, error) {
	p.Life = DefaultJoinLife
	if err := p.check(); err != nil {
		return nil, err
	}
	if err := e.settle(ctx, &p); err != nil {
		return nil, fmt.Errorf("auth: sign: %w", err)
	}
	m := tyto.Member{Sensor: p.Sensor, Zone: p.Zone, Joined: e.now(), By: by}
	cert, _, err := e.enrol(ctx, "", m, csr, netip.Addr{}, "sensor.sign", by)
	return cert, err
}

// Identify says which member shows a certificate, now: what was revoked a
// moment ago is refused, also on a connection that is open.
func (e *Enrolment) Identify(ctx context.Context, cert *x509.Certificate) (tyto.Member, error) {
	return e.identify(ctx, cert, 0)
}

func (e *Enrolment) identify(ctx context.Context, cert *x509.Certificate, grace time.Duration) (tyto.Member, error) {
	if cert == nil || !e.ca.issued(cert) {
		return tyto.Member{}, ErrStranger
	}
	m, c, found, err := e.store.Credential(ctx, serialText(cert))
	switch {
	case err != nil:
		return tyto.Member{}, fmt.Errorf("auth: %w", err)
	case !found || c.Key != keyHash(cert):
		return tyto.Member{}, ErrStranger
	case !m.Revoked.IsZero() || !c.Revoked.IsZero():
		return m, ErrRevoked
	case !e.now().Before(cert.NotAfter.Add(grace)):
		return m, ErrExpired
	}
	return m, nil
}

// Renew signs another certificate for the same key. It may be late by
// renewGrace: a sensor that was off for a while comes back by itself.
func (e *Enrolment) Renew(ctx context.Context, old *x509.Certificate, csr []byte, from netip.Addr) (tyto.Member, *x509.Certificate, error) {
	m, err := e.identify(ctx, old, renewGrace)
	if err != nil {
		return m, nil, err
	}
	cert, err := e.ca.sign(csr, m.Sensor)
	if err != nil {
		return m, nil, err
	}
	if keyHash(cert) != keyHash(old) {
		return m, nil, fmt.Errorf("%w (the key is another; join to change it)", ErrRequest)
	}
	if err := e.audit(ctx, m.Sensor, from, "sensor.renew", m.Sensor, "ok, certificate "+serialText(cert)); err != nil {
		return m, nil, err
	}
	if err := e.store.PutCredential(ctx, e.credential(cert, m.Sensor)); err != nil {
		return m, nil, fmt.Errorf("auth: renew: %w", err)
	}
	return m, cert, nil
}

// Revoke keeps a sensor out, from its next request on.
func (e *Enrolment) Revoke(ctx context.Context, by string, from netip.Addr, sensor string) error {
	if err := e.audit(ctx, by, from, "sensor.revoke", sensor, "ok"); err != nil {
		return err
	}
	found, err := e.store.RevokeMember(ctx, sensor, by, e.now())
	if err != nil {
		return fmt.Errorf("auth: revoke: %w", err)
	}
	if !found {
		return ErrNoSensor
	}
	e.log.InfoContext(ctx, "sensor revoked", "sensor", sensor, "by", by)
	return nil
}

// audit writes down what is done, before it is done.
func (e *Enrolment) audit(ctx context.Context, who string, from netip.Addr, what, object, outcome string) error {
	r := tyto.AuditRecord{Time: e.now(), Who: who, What: what, Object: object, Outcome: outcome}
	if from.IsValid() {
		r.From = from.String()
	}
	if err := e.store.Audit(ctx, r); err != nil {
		return fmt.Errorf("auth: %s is refused as its audit record cannot be written: %w", what, err)
	}
	return nil
}
