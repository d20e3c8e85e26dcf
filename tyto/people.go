package tyto

import (
	"slices"
	"time"
)

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

// Sites is which sites a person sees: all of them, or those that are named.
// The zero value sees none.
type Sites struct {
	All   bool
	Named []string // sorted, each once; nothing if All
}

// AllSites sees every site, those to come among them.
func AllSites() Sites { return Sites{All: true} }

// SomeSites sees the sites that are named.
func SomeSites(names ...string) Sites {
	named := slices.Clone(names)
	slices.Sort(named)
	return Sites{Named: slices.Compact(named)}
}

// Has reports whether a site is seen.
func (s Sites) Has(site string) bool { return s.All || slices.Contains(s.Named, site) }

// Include reports whether all that other sees is seen.
func (s Sites) Include(other Sites) bool {
	return s.All || !other.All && !slices.ContainsFunc(other.Named, func(n string) bool { return !s.Has(n) })
}

// Within is what both see.
func (s Sites) Within(other Sites) Sites {
	switch {
	case s.All:
		return other
	case other.All:
		return s
	}
	return Sites{Named: slices.DeleteFunc(slices.Clone(s.Named), func(n string) bool { return !other.Has(n) })}
}

// A User is a person who may sign in.
type User struct {
	Name      string
	Role      PersonRole
	Sites     Sites
	Password  string    // argon2id, in PHC string format; "" if there is none
	Temporary time.Time // until when the password, which others have seen, lets in to choose another; zero if it is the user's own
	Origin    string    // "issuer subject" of the identity provider that vouches for the user; "" for a local one
	Created   time.Time
	Seen      time.Time // signed in last
	Disabled  bool
}

// A Session is one sign-in of a user. The token itself is known to the
// browser alone.
type Session struct {
	Hash    string // SHA-256 of the token, in hex
	User    string
	Created time.Time
	Used    time.Time // coalesced
	Expires time.Time // at the latest, however busy it is
	From    string    // address that signed in
	Agent   string    // what the browser calls itself
}

// A Token lets a program act for a user, within less than what the user may.
// The token itself is known to the program alone.
type Token struct {
	ID      string
	Hash    string // SHA-256 of the token, in hex
	User    string
	Name    string
	Role    PersonRole
	Sites   Sites
	Created time.Time
	Used    time.Time // coalesced; zero if never
	Expires time.Time
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
