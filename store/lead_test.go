package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// tenancy is leases by the machine's clock.
type tenancy struct {
	mu    sync.Mutex
	lease Lease
	down  bool // every question fails
}

func (x *tenancy) Alone() bool { return false }

func (x *tenancy) TakeLease(_ context.Context, name, owner string, term time.Duration) (Lease, bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.down {
		return Lease{}, false, errors.New("the store is away")
	}
	if x.lease.Owner != owner {
		if x.lease.Owner != "" && time.Now().Before(x.lease.Expires) {
			return Lease{}, false, nil
		}
		x.lease.Fence++
	}
	x.lease.Name, x.lease.Owner, x.lease.Expires = name, owner, time.Now().Add(term)
	return x.lease, true, nil
}

func (x *tenancy) RenewLeases(context.Context, string, time.Duration) ([]Lease, error) {
	return nil, nil
}
func (x *tenancy) ListLeases(context.Context) ([]Lease, error) { return nil, nil }

func (x *tenancy) DropLease(_ context.Context, l Lease) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.lease.Owner == l.Owner {
		x.lease.Owner = ""
	}
	return nil
}

// TestLead has one of two run at any time, the other after the first is gone,
// and nobody while nobody can know.
func TestLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &tenancy{}
		var mu sync.Mutex
		var who []string
		lead := func(ctx context.Context, name string) chan error {
			done := make(chan error, 1)
			go func() {
				done <- Lead(ctx, x, "work", name, func(ctx context.Context) error {
					mu.Lock()
					who = append(who, name+" begins")
					mu.Unlock()
					<-ctx.Done()
					mu.Lock()
					who = append(who, name+" ends")
					mu.Unlock()
					return ctx.Err()
				})
			}()
			return done
		}
		first, stop := context.WithCancel(t.Context())
		second, end := context.WithCancel(t.Context())
		a := lead(first, "a")
		synctest.Wait()
		b := lead(second, "b")
		time.Sleep(5 * time.Minute)
		stop()
		if err := <-a; !errors.Is(err, context.Canceled) {
			t.Errorf("a ended with %v", err)
		}
		time.Sleep(LeadFor)
		x.mu.Lock()
		x.down = true
		x.mu.Unlock()
		time.Sleep(LeadFor)
		synctest.Wait()
		mu.Lock()
		if want := []string{"a begins", "a ends", "b begins", "b ends"}; !slices.Equal(who, want) {
			t.Errorf("it was %v, want %v", who, want)
		}
		mu.Unlock()
		x.mu.Lock()
		x.down = false
		x.mu.Unlock()
		time.Sleep(LeadFor)
		end()
		if err := <-b; !errors.Is(err, context.Canceled) {
			t.Errorf("b ended with %v", err)
		}
		if len(who) != 6 || who[4] != "b begins" {
			t.Errorf("when the store was back it was %v", who)
		}
	})
}

// TestLeadFails tells the error of what runs.
func TestLeadFails(t *testing.T) {
	broken := errors.New("broken")
	if err := Lead(t.Context(), &tenancy{}, "work", "a", func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
