package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lent is leases of two owners at most, by the test's clock.
type lent struct {
	mu    sync.Mutex
	lease Lease
	taken int
}

func (l *lent) Alone() bool { return false }

func (l *lent) TakeLease(_ context.Context, name, owner string, term time.Duration) (Lease, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken++
	if l.lease.Owner != owner && time.Now().Before(l.lease.Expires) {
		return Lease{}, false, nil
	}
	if l.lease.Owner != owner {
		l.lease.Fence++
	}
	l.lease.Name, l.lease.Owner, l.lease.Expires = name, owner, time.Now().Add(term)
	return l.lease, true, nil
}

func (l *lent) RenewLeases(context.Context, string, time.Duration) ([]Lease, error) { return nil, nil }
func (l *lent) ListLeases(context.Context) ([]Lease, error)                         { return nil, nil }

func (l *lent) DropLease(_ context.Context, x Lease) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lease.Fence == x.Fence {
		l.lease.Expires = time.Time{}
	}
	return nil
}

// rob gives the lease to another.
func (l *lent) rob() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lease.Owner, l.lease.Fence, l.lease.Expires = "robber", l.lease.Fence+1, time.Now().Add(2*LeadFor)
}

func TestLeadEndsWithWhatRan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, want := &lent{}, errors.New("done")
		for _, err := range []error{nil, want} {
			if got := Lead(t.Context(), l, "x", "a", func(context.Context) error { return err }); !errors.Is(got, err) {
				t.Errorf("got %v, want %v", got, err)
			}
		}
		if l.taken != 2 {
			t.Errorf("the lease was taken %d times, want 2", l.taken)
		}
	})
}

func TestLeadIsLostAndHadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lent{}
		ctx, end := context.WithCancel(t.Context())
		runs, running := 0, false
		done := make(chan error)
		go func() {
			done <- Lead(ctx, l, "x", "a", func(ctx context.Context) error {
				runs, running = runs+1, true
				<-ctx.Done()
				running = false
				return ctx.Err()
			})
		}()
		time.Sleep(2 * LeadFor)
		if runs != 1 || !running {
			t.Errorf("%d runs, running is %v", runs, running)
		}
		l.rob()
		time.Sleep(LeadFor)
		if running {
			t.Error("it runs without its lease")
		}
		time.Sleep(3 * LeadFor)
		if runs != 2 || !running {
			t.Errorf("when it is free again: %d runs, running is %v", runs, running)
		}
		end()
		if err := <-done; !errors.Is(err, context.Canceled) || running {
			t.Errorf("at the end: %v, running is %v", err, running)
		}
	})
}
