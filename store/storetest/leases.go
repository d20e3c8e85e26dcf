package storetest

import (
	"errors"
	"testing"
	"time"

	"tyto/store"
	"tyto/tyto"
)

func take(t testing.TB, s store.Store, name, owner string, term time.Duration) (store.Lease, bool) {
	t.Helper()
	l, ok, err := s.TakeLease(ctx, name, owner, term)
	must(t, err)
	return l, ok
}

// expired waits until somebody else gets a lease.
func expired(t testing.TB, s store.Store, name, owner string) store.Lease {
	t.Helper()
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); {
		if l, ok := take(t, s, name, owner, time.Hour); ok {
			return l
		}
		time.Sleep(5 * time.Millisecond) // the store's clock is no test's
	}
	t.Fatal("a lease never expires")
	return store.Lease{}
}

func testLeases(t *testing.T, p Place) {
	s := p(t)
	first, ok := take(t, s, "zone z", "a", time.Hour)
	if !ok || first.Owner != "a" || first.Fence < 1 || !first.Expires.After(epoch) {
		t.Fatalf("took %+v, %v", first, ok)
	}
	if again, ok := take(t, s, "zone z", "a", time.Hour); !ok || again.Fence != first.Fence {
		t.Errorf("its owner gets %+v, %v; want the same fence", again, ok)
	}
	if l, ok := take(t, s, "zone z", "b", time.Hour); ok {
		t.Errorf("another gets %+v", l)
	}
	short, _ := take(t, s, "zone y", "a", 30*time.Millisecond)
	second := expired(t, s, "zone y", "b")
	if second.Fence <= short.Fence {
		t.Errorf("the fence goes from %d to %d", short.Fence, second.Fence)
	}
	renewed := get[[]store.Lease](t)(s.RenewLeases(ctx, "a", 2*time.Hour))
	if len(renewed) != 1 || renewed[0].Name != "zone z" || !renewed[0].Expires.After(first.Expires) || renewed[0].Fence != first.Fence {
		t.Errorf("renewed %+v", renewed)
	}
	all := get[[]store.Lease](t)(s.ListLeases(ctx))
	if len(all) != 2 || all[0].Owner != "b" || all[1].Owner != "a" {
		t.Errorf("listed %+v", all)
	}
	late, _ := take(t, s, "zone x", "d", time.Millisecond)
	soon := get[[]store.Lease](t)(s.RenewLeases(ctx, "d", time.Hour)) // late, and nobody was there
	if len(soon) != 1 || soon[0].Fence != late.Fence {
		t.Errorf("renewed late: %+v", soon)
	}
	must(t, s.DropLease(ctx, soon[0]))
	if gone := get[[]store.Lease](t)(s.RenewLeases(ctx, "d", time.Hour)); len(gone) != 0 {
		t.Errorf("what was dropped is renewed: %+v", gone)
	}
	must(t, s.DropLease(ctx, short)) // not its any more
	if _, ok := take(t, s, "zone y", "c", time.Hour); ok {
		t.Error("a lease was dropped by who had lost it")
	}
	must(t, s.DropLease(ctx, first))
	if third, ok := take(t, s, "zone z", "b", time.Hour); !ok || third.Fence <= first.Fence {
		t.Errorf("after it was dropped another gets %+v, %v", third, ok)
	}
}

// testFence has who lost a lease go on writing.
func testFence(t *testing.T, p Place) {
	s := p(t)
	old, _ := take(t, s, "zone z", "a", 30*time.Millisecond)
	change := func(l store.Lease, number uint64) store.Change {
		return store.Change{Zone: "z", Lease: l, Number: number, Conversations: []store.Conversation{conversation(1, 2, "http")}}
	}
	must(t, s.Write(ctx, change(old, 1)))
	must(t, s.Write(ctx, change(old, 1))) // nobody knew whether it was written
	if n := get[uint64](t)(s.Written(ctx, "z")); n != 1 {
		t.Errorf("the last change is %d, want 1", n)
	}
	lease := expired(t, s, "zone z", "b")
	if err := s.Write(ctx, change(old, 2)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("an old lease: %v, want ErrFenced", err)
	}
	must(t, s.Write(ctx, change(lease, 2)))
	if err := s.Write(ctx, change(lease, 4)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("a change was left out: %v, want ErrFenced", err)
	}
	if err := s.Write(ctx, change(store.Lease{Name: "zone x", Owner: "b", Fence: 1}, 3)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("a lease that nobody gave: %v, want ErrFenced", err)
	}
	if got := conversations(t, p(t), store.ConversationQuery{}); got.Total != 1 || got.Items[0].Sessions != 2 {
		t.Errorf("%d conversations of %d sessions, want 1 of 2", got.Total, got.Items[0].Sessions)
	}
}

func testArrived(t *testing.T, p Place) {
	s := p(t)
	both := []tyto.Event{observation(1, tyto.Hostname, "a"), conversationEvent(2)}
	a, _, err := s.Append(ctx, store.Batch{Zone: "a", Sensor: "s", Seq: 1, Events: both})
	must(t, err)
	b, _, err := s.Append(ctx, store.Batch{Zone: "b", Sensor: "s", Seq: 2, Events: both[:1]})
	must(t, err)
	d := device(1)
	must(t, s.Write(ctx, store.Change{Zone: "c", News: []store.News{store.DeviceNews(&d)}, Time: epoch})) // for readers alone
	s = p(t)
	zones, newest, err := s.Arrived(ctx, 0)
	must(t, err)
	if len(zones) != 2 || zones["a"] != a || zones["b"] != b || newest <= b {
		t.Errorf("arrived %v up to %d", zones, newest)
	}
	if zones, again, err := s.Arrived(ctx, newest); len(zones) != 0 || again != newest || err != nil {
		t.Errorf("then %v, %d, %v", zones, again, err)
	}
	for _, x := range []struct {
		zone         string
		after, until int64
		want         int
	}{{"a", 0, a, 2}, {"a", a, b, 0}, {"b", a, b, 1}, {"c", 0, newest, 0}} {
		if n := get[int](t)(s.Logged(ctx, x.zone, x.after, x.until)); n != x.want {
			t.Errorf("zone %s has %d entries after %d up to %d, want %d", x.zone, n, x.after, x.until, x.want)
		}
	}
}
