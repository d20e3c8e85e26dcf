package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tyto/tyto"
)

// ErrLastAdmin says that a change would leave nobody who can change it back:
// no administrator of all sites who is not disabled and has a password here.
// An identity provider that is away must not lock everybody out.
var ErrLastAdmin = errors.New("no administrator of all sites with a password would be left")

// ErrTaken says that somebody else has that name.
var ErrTaken = errors.New("the name is taken")

// People is what authentication remembers.
type People interface {
	// Users lists all users by name.
	Users(ctx context.Context) ([]tyto.User, error)
	// AnyUser reports whether there is a user at all.
	AnyUser(ctx context.Context) (bool, error)
	// User finds a user by name.
	User(ctx context.Context, name string) (u tyto.User, found bool, err error)
	// UserOf finds a user by origin, which must not be "".
	UserOf(ctx context.Context, origin string) (u tyto.User, found bool, err error)
	// PutUser creates or replaces a user, but for when they were created and
	// seen. ErrLastAdmin if it takes the last administrator away, also when
	// others do the same to another one at the same time.
	PutUser(ctx context.Context, u tyto.User) error
	// PutNewUser creates a user. ErrTaken if there is one of that name.
	PutNewUser(ctx context.Context, u tyto.User) error
	// PutFirstUser creates a user if there is none at all, else ok is false.
	PutFirstUser(ctx context.Context, u tyto.User) (ok bool, err error)
	// DeleteUser forgets a user and ends their sessions and tokens.
	// ErrLastAdmin as PutUser says.
	DeleteUser(ctx context.Context, name string) error
	// SeeUser notes that a user signed in.
	SeeUser(ctx context.Context, name string, at time.Time) error

	// PutSession remembers a session, and ends those of the user that were
	// used longest ago if there are more than keep then.
	PutSession(ctx context.Context, s tyto.Session, keep int) error
	// Session finds a session by the hash of its token.
	Session(ctx context.Context, hash string) (s tyto.Session, found bool, err error)
	// SessionsOf lists the sessions of a user, the last used first.
	SessionsOf(ctx context.Context, user string) ([]tyto.Session, error)
	// TouchSession notes that a session was used.
	TouchSession(ctx context.Context, hash string, used time.Time) error
	// DeleteSession ends a session; one that is not there is no error.
	DeleteSession(ctx context.Context, hash string) error
	// DeleteSessionsOf ends all sessions of a user but the one to keep.
	DeleteSessionsOf(ctx context.Context, user, keep string) error
	// DeleteSessionsBefore ends sessions that expired or were last used before.
	DeleteSessionsBefore(ctx context.Context, expires, used time.Time) error

	// PutToken remembers a new token. ErrTaken if its user has one of that
	// name.
	PutToken(ctx context.Context, t tyto.Token) error
	// Token finds a token by its hash.
	Token(ctx context.Context, hash string) (t tyto.Token, found bool, err error)
	// TokensOf lists the tokens of a user, the newest first; "" of all users.
	TokensOf(ctx context.Context, user string) ([]tyto.Token, error)
	// TouchToken notes that a token was used.
	TouchToken(ctx context.Context, hash string, used time.Time) error
	// DeleteToken ends a token of a user by its id. ErrNotFound if there is none.
	DeleteToken(ctx context.Context, user, id string) error
	// DeleteTokensOf ends all tokens of a user.
	DeleteTokensOf(ctx context.Context, user string) error
	// DeleteTokensBefore ends tokens that expired before a time.
	DeleteTokensBefore(ctx context.Context, expires time.Time) error

	// Audit adds a record that nothing removes, with a hash over it and over
	// the hash of the record before it: see AuditHash.
	Audit(ctx context.Context, r tyto.AuditRecord) error
	// AuditRecords lists the newest records first.
	AuditRecords(ctx context.Context, limit int) ([]tyto.AuditRecord, error)
	// AuditPage lists the records that a query selects, the newest first.
	AuditPage(ctx context.Context, q AuditQuery) (Page[AuditEntry], error)
	// EachAudit calls take with the records that a query selects, the oldest
	// first; Limit and Offset do not count.
	EachAudit(ctx context.Context, q AuditQuery, take func(AuditEntry) error) error
}

// An AuditEntry is a record in its place.
type AuditEntry struct {
	Number int64 // ascending; gaps mean nothing
	tyto.AuditRecord
	Hash string
}

// An AuditQuery selects records of the audit log. What is empty lets
// everything through.
type AuditQuery struct {
	Who    string // exactly
	What   string // exactly, or what begins so if it ends with a dot
	Text   string // that who, what, object, address or outcome contain
	Since  time.Time
	Before time.Time
	Limit  int
	Offset int
}

// AuditHash is the hash of a record that follows one of hash before, "" for
// the first: what is changed, taken out or put in later breaks the chain.
func AuditHash(before string, r tyto.AuditRecord) string {
	var at int64
	if !r.Time.IsZero() {
		at = r.Time.UnixNano()
	}
	text, err := json.Marshal([]any{before, at, r.Who, r.From, r.What, r.Object, r.Outcome})
	if err != nil {
		panic("store: " + err.Error()) // numbers and strings
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// An AuditHead is up to where an audit log was found to be whole.
type AuditHead struct {
	Records int
	Number  int64
	Hash    string
	Time    time.Time // of the last record
	// Broken is the number of the first record that does not follow from the
	// one before it, 0 if all do.
	Broken int64
	// Noted is whether the head that was asked for is one of the records.
	Noted bool
}

// errBroken ends the walk at the first break.
var errBroken = errors.New("the chain is broken")

// VerifyAudit goes through the whole audit log. A chain alone cannot show
// that its end was cut off: for that, noted is the hash of a head that was
// written down elsewhere, or "".
func VerifyAudit(ctx context.Context, p People, noted string) (AuditHead, error) {
	h := AuditHead{Noted: noted == ""}
	err := p.EachAudit(ctx, AuditQuery{}, func(e AuditEntry) error {
		if AuditHash(h.Hash, e.AuditRecord) != e.Hash {
			h.Broken = e.Number
			return errBroken
		}
		h.Records, h.Number, h.Hash, h.Time = h.Records+1, e.Number, e.Hash, e.Time
		h.Noted = h.Noted || e.Hash == noted
		return nil
	})
	if err != nil && !errors.Is(err, errBroken) {
		return h, fmt.Errorf("store: verify the audit log: %w", err)
	}
	return h, nil
}
