package store

import (
	"context"
	"errors"
	"time"
)

// LeadFor is how long a lease of Lead lasts if its holder vanishes.
const LeadFor = 30 * time.Second

// Lead runs something in one process at a time of those that share a store:
// it waits for the lease of a name, runs, and stops what runs when the lease
// is lost. It returns when ctx is done, or with the error of what ran.
func Lead(ctx context.Context, leases Leases, name, owner string, run func(context.Context) error) error {
	if leases.Alone() {
		return run(ctx)
	}
	for {
		lease, held, err := leases.TakeLease(ctx, name, owner, LeadFor)
		if err == nil && held {
			lost, err := leadWhile(ctx, leases, lease, run)
			if !lost || err != nil || ctx.Err() != nil {
				return err
			}
			continue
		}
		t := time.NewTimer(LeadFor / 3) // what is wrong with the store may pass
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// errLost says that a lease could not be renewed in time.
var errLost = errors.New("the lease was lost")

// leadWhile runs while a lease is renewed, and gives it back. lost says that
// it ended because the lease did.
func leadWhile(ctx context.Context, leases Leases, l Lease, run func(context.Context) error) (lost bool, err error) {
	running, stop := context.WithCancelCause(ctx)
	done := make(chan error, 1)
	go func() { done <- run(running) }()
	renew := time.NewTicker(LeadFor / 3)
	defer renew.Stop()
	missed := 0
	for {
		select {
		case err := <-done:
			stop(nil)
			if lost && errors.Is(err, context.Canceled) {
				err = nil
			}
			err = errors.Join(err, leases.DropLease(context.WithoutCancel(ctx), l))
			return lost, err
		case <-renew.C:
			again, held, err := leases.TakeLease(ctx, l.Name, l.Owner, LeadFor)
			switch {
			case err == nil && held && again.Fence == l.Fence:
				missed = 0
			case err != nil && missed == 0:
				missed++ // it holds for two more thirds
			default:
				lost = true
				stop(errLost)
			}
		}
	}
}
