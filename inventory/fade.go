package inventory

import (
	"time"

	"tyto/tyto"
)

// What was said long before the device was last heard counts less than what
// was said lately: addresses get other owners, computers other systems. A
// fact keeps its weight for one half-life, has half of it for another, and
// then three tenths for good: it loses to what is newer and nearly as sure, and
// never to a mere guess. Time is that of the packets, so that whoever has the
// same facts believes the same.

// A life is how long facts of a sort hold.
type life uint8

const (
	lasting   life = iota // what people and agents say, and what an address itself tells
	identity              // what a device says that it is
	naming                // names, and leases of addresses
	habit                 // of programs: how they open connections, of TCP and TLS
	behaviour             // what it does, and with whom
)

// halfLives is how long facts keep their weight.
var halfLives = [...]time.Duration{identity: 180 * day, naming: 30 * day, habit: 14 * day, behaviour: 7 * day}

const day = 24 * time.Hour

// left is what is left of a weight after so many half-lives.
var left = [...]float64{1, 0.5, 0.3}

// lifeOf is the life of a claim, and of what follows from it.
func lifeOf(a tyto.Attr, how tyto.Confidence, cause string) life {
	switch {
	case how >= tyto.Confirmed || cause == person || cause == "eth":
		return lasting
	case cause == "tcp" || cause == "tls":
		return habit
	}
	switch a {
	case tyto.Role, tyto.Protocol, tyto.Provides, tyto.LookedUp, tyto.Forwards:
		return behaviour
	case tyto.Hostname, tyto.Domain:
		return naming
	}
	switch cause {
	case "dhcp", "netbios", "llmnr":
		return naming
	}
	return identity
}

// fade notes how many half-lives before the device was last heard each of its
// facts was last said.
func fade(facts []fact, last time.Time) {
	for i := range facts {
		f := &facts[i]
		f.faded = 0
		if half := halfLives[f.life]; half > 0 {
			f.faded = uint8(max(0, min(last.Sub(f.Last)/half, time.Duration(len(left)-1))))
		}
	}
}

// weight is how sure a fact is, as log-odds, about.
func (f *fact) weight() float64 {
	return weight(f.Confidence) * left[f.faded]
}
