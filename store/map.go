package store

import (
	"context"
	"time"
)

// A MapQuery selects what a map of the network shows.
type MapQuery struct {
	Devices  DeviceQuery // Limit is the most devices; those with the most bytes come first, whatever Sort says
	Protocol []string    // of conversations, as the filter below
	Scope    []string
	Links    int // the most links; those with the most bytes come first
}

// MaxMapGroups bounds the sums, by pair, scope and protocol, that a map is
// made of: beyond it the lightest are left out.
const MaxMapGroups = 100_000

// A Map is who talks to whom, summed up by pairs of devices.
type Map struct {
	Devices  []DeviceRow
	Selected uint64 // devices that the query selects, shown or not
	Links    []Link
	Found    uint64 // links among the devices shown, listed or not
}

// A Link is all that a client says to a server and is answered. The device
// is "" where hosts of the internet or members of a group are meant: Scope
// says which.
type Link struct {
	Client, Server string
	Scope          string
	Protocols      []LinkProtocol // the most bytes first
	Conversations  uint64
	Packets        uint64
	Bytes          uint64
	Last           time.Time
}

// A LinkProtocol is the part of a link that is one protocol; "" is not known.
type LinkProtocol struct {
	Protocol string
	Bytes    uint64
}

// Maps draws what is known of conversations as a whole.
type Maps interface {
	// Map sums up the conversations among the devices that a query selects,
	// and those that they have with no device. Its work is bounded by the
	// conversations of the devices shown, not by all of them.
	Map(ctx context.Context, q MapQuery) (Map, error)
}
