package tyto

import "time"

// A SecondFactor is what a user has beside a password: a secret that makes a
// code every 30 seconds (TOTP, RFC 6238), and codes for when it is lost.
type SecondFactor struct {
	User      string
	Secret    []byte // sealed
	Created   time.Time
	Confirmed time.Time // when the user showed that it works; zero: it counts for nothing yet
	Step      uint64    // the last interval of 30 s of which a code was used: none counts twice
	Recovery  []string  // SHA-256 of the codes that are left, in hex
}
