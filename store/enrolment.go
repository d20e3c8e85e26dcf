package store

import (
	"context"
	"time"

	"tyto/tyto"
)

// A SensorGap is a gap and whose it is.
type SensorGap struct {
	Sensor   string
	Zone     string
	Received time.Time // by the hub's clock
	tyto.Gap
}

// Enrolment is who may speak for which zone, and where the zones are.
type Enrolment interface {
	// Authority is what sensors' certificates are signed with.
	Authority(ctx context.Context) (a tyto.Authority, found bool, err error)
	// PutAuthority keeps the first authority that is put, and returns it.
	PutAuthority(ctx context.Context, a tyto.Authority) (kept tyto.Authority, err error)

	// PutJoinToken remembers a token.
	PutJoinToken(ctx context.Context, t tyto.JoinToken) error
	// JoinToken finds a token by its hash.
	JoinToken(ctx context.Context, hash string) (t tyto.JoinToken, found bool, err error)
	// OpenJoinTokens lists the tokens that are good at a time, oldest first.
	OpenJoinTokens(ctx context.Context, at time.Time) ([]tyto.JoinToken, error)
	// Enrol makes a sensor a member, with its first certificate, all or
	// nothing. A member of that name is replaced and its certificates are
	// revoked. With a hash it uses up that token at c.Issued; ok is false, and
	// nothing changes, if there is none that is good then: of many who come
	// with the same token one gets in.
	Enrol(ctx context.Context, hash string, m tyto.Member, c tyto.Credential) (ok bool, err error)
	// PutCredential adds a certificate of a member.
	PutCredential(ctx context.Context, c tyto.Credential) error
	// Credential finds a certificate by its serial, and whose it is.
	Credential(ctx context.Context, serial string) (m tyto.Member, c tyto.Credential, found bool, err error)
	// Members lists all sensors that ever joined, by name.
	Members(ctx context.Context) ([]tyto.Member, error)
	// RevokeMember revokes a member and all its certificates; found is false
	// if there is none of that name. One that is revoked stays as it is.
	RevokeMember(ctx context.Context, sensor, by string, at time.Time) (found bool, err error)

	// Places lists sites and zones by id.
	Places(ctx context.Context) ([]tyto.Site, []tyto.Zone, error)
	// PutSite makes a site, or gives one another title.
	PutSite(ctx context.Context, s tyto.Site) error
	// PutZone makes a zone, or gives one another title and site.
	PutZone(ctx context.Context, z tyto.Zone) error

	// Gaps lists the newest gaps, of a sensor, or of all if it is "".
	Gaps(ctx context.Context, sensor string, limit int) ([]SensorGap, error)
	// GapTotals counts, by sensor, the events of all its gaps.
	GapTotals(ctx context.Context) (map[string]uint64, error)
}
