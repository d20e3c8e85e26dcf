package store

import (
	"context"
	"errors"
	"time"
)

// ErrFenced says that a change was refused, since another may write there now
// or has done so meanwhile. Who gets it must forget what it knows.
var ErrFenced = errors.New("another holds the lease")

// A Lease is the right to be the only one who does something, until it
// expires. Its fence grows each time that another gets it: a Change that
// carries a lease is written only while that is the last one given.
type Lease struct {
	Name    string
	Owner   string
	Fence   int64
	Expires time.Time // by the store's clock, which all who share it see
}

// Leases divide work among the processes that share a store.
type Leases interface {
	// Alone reports whether this process is the only one that can use the
	// store. Its leases then need no renewing.
	Alone() bool
	// TakeLease gives a lease that nobody holds, or that its owner holds
	// already, for a time. ok is false while another holds it.
	TakeLease(ctx context.Context, name, owner string, term time.Duration) (l Lease, ok bool, err error)
	// RenewLeases prolongs what an owner holds, and lists it by name. What
	// expired is renewed too, as long as nobody else has taken it.
	RenewLeases(ctx context.Context, owner string, term time.Duration) ([]Lease, error)
	// DropLease gives a lease back, if it is still the one that was given.
	DropLease(ctx context.Context, l Lease) error
	// ListLeases lists the leases that somebody holds, by name.
	ListLeases(ctx context.Context) ([]Lease, error)
}
