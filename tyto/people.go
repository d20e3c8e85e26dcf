package tyto

import "time"

// PersonRole is what a person may do. Each word includes the ones after it.
type PersonRole string

// The roles, from the most to the least powerful.
const (
	Admin   PersonRole = "admin"   // users, sensors, settings
	Analyst PersonRole = "analyst" // decides about devices and alerts
	Viewer  PersonRole = "viewer"  // looks
)

// Includes reports whether who has role r may do what needs role other.
func (r PersonRole) Includes(other PersonRole) bool {
	return r.rank() >= other.rank() && other.rank() > 0
}

// Valid reports whether r is one of the roles.
func (r PersonRole) Valid() bool { return r.rank() > 0 }

func (r PersonRole) rank() int {
	switch r {
	case Admin:
		return 3
	case Analyst:
		return 2
	case Viewer:
		return 1
	}
	return 0
}

// A User is a person who may sign in.
type User struct {
	Name     string     `json:"name"`
	Role     PersonRole `json:"role"`
	Password string     `json:"-"` // argon2id, in PHC string format
	Created  time.Time  `json:"created"`
	Disabled bool       `json:"disabled,omitempty"`
}

// A Session is one sign-in of a user. The token itself is known to the
// browser alone.
type Session struct {
	Hash    string // SHA-256 of the token, in hex
	User    string
	Created time.Time
	Used    time.Time // coalesced
	Expires time.Time // at the latest, however busy it is
}

// An AuditRecord is one thing that a person did, or tried to do, to the hub.
type AuditRecord struct {
	Time    time.Time `json:"time"`
	Who     string    `json:"who"`
	From    string    `json:"from,omitempty"` // address
	What    string    `json:"what"`           // "session.create"
	Object  string    `json:"object,omitempty"`
	Outcome string    `json:"outcome"` // "ok", or the reason it was refused
}
