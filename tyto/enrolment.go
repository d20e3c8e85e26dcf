package tyto

import "time"

// A Site is a place where sensors stand: a plant, a branch, a ship.
type Site struct {
	ID      string // never changes; what scopes and devices speak of
	Title   string // as people call it now
	Created time.Time
}

// A Zone is an address space: the same address in two zones is two devices.
type Zone struct {
	ID      string // never changes; what the log and the devices speak of
	Title   string // as people call it now
	Site    string // id; "" if nobody said where it is
	Created time.Time
}

// A JoinToken lets one sensor join, once. The token itself is known to whom
// it was given alone.
type JoinToken struct {
	Hash    string // SHA-256 of the token, in hex
	Sensor  string
	Zone    string
	Site    string
	By      string // who made it
	Created time.Time
	Expires time.Time
	Used    time.Time // zero until then
}

// A Member is a sensor that joined. It speaks for its zone and no other.
type Member struct {
	Sensor    string
	Zone      string
	Joined    time.Time
	By        string    // who made its token, or signed its request
	Expires   time.Time // of its newest certificate
	Revoked   time.Time // zero while it may speak
	RevokedBy string
}

// A Credential is a certificate that was issued to a member.
type Credential struct {
	Serial  string // in hex
	Sensor  string
	Key     string // SHA-256 of the public key (SubjectPublicKeyInfo), in hex
	Issued  time.Time
	Expires time.Time
	Revoked time.Time // zero while it is good
}

// An Authority is what sensors' certificates are signed with.
type Authority struct {
	Certificate []byte // DER
	Key         []byte // sealed; see package auth
}

// Why events were lost between a sensor and its hub.
const (
	GapFull    = "full"    // the spool was full: the oldest went
	GapDisk    = "disk"    // the disk was full
	GapDamaged = "damaged" // the spool could not be read
	GapUnheard = "unheard" // the spool took nothing more: it was full of what is never dropped
)

// A Gap is events that a sensor saw and the hub will never get. Within its
// epoch all batches of its class from From to To are meant, and no others.
type Gap struct {
	ID      string    `json:"id"` // of this record: it may be told twice
	Reason  string    `json:"reason"`
	Class   string    `json:"class,omitempty"` // "A", "B", "C"; "" if unknown
	Epoch   uint64    `json:"epoch,omitempty"`
	From    uint64    `json:"from,omitempty"` // sequence of the first batch; 0 if they were in none
	To      uint64    `json:"to,omitempty"`
	Batches uint64    `json:"batches,omitempty"`
	Events  uint64    `json:"events"` // 0: nobody can know
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
	Detail  string    `json:"detail,omitempty"` // such as where a damaged spool lies
}
