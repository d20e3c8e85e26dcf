package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tyto/api"
	"tyto/store"
	"tyto/tyto"
)

// Hubs over one store divide the zones among them. Each zone is held by one:
// its analyst learns the zone's log, in order, and writes what follows from
// it. Any hub takes any batch into the log. What another took, the analyst
// finds there; its own it need not read again, as long as nothing lies between.
//
// A lease says who holds a zone. One that is not renewed expires, and another
// hub takes the zone from store and log. The old holder may not know yet: its
// next write carries a fence that is not the last one, and is refused.

const (
	zoneLease = "zone "
	hubLease  = "hub " // says that there is a hub
	tidyLease = "tidy"
	// missed is how many heartbeats a lease outlives.
	missed = 3
)

// term is how long a lease is good.
func (h *Hub) term() time.Duration {
	if h.alone {
		return 100 * 365 * 24 * time.Hour // nobody else can take it
	}
	return missed * h.cfg.Heartbeat
}

// share holds a part of the zones, and has their analysts learn what other hubs
// take into the log, until ctx is done. Leases are renewed whatever the others
// do: to learn much, or to read long lists, takes time.
func (h *Hub) share(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error {
		return h.every(ctx, h.cfg.Heartbeat, "cannot renew the leases of zones; trying on", h.heartbeat)
	})
	all.Go(func() error {
		return h.every(ctx, h.cfg.Poll, "cannot look for what other hubs took; trying on", h.lookForNews)
	})
	return all.Wait()
}

// every does something again and again until ctx is done, and says when it
// begins to fail.
func (h *Hub) every(ctx context.Context, d time.Duration, failure string, f func(context.Context) error) error {
	tick := time.NewTicker(d)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		err := f(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			h.log.WarnContext(ctx, failure, "err", err)
		}
		failing = err != nil
	}
}

// heartbeat renews leases. Zones whose lease is gone are forgotten.
func (h *Hub) heartbeat(ctx context.Context) error {
	held := h.all()
	leases, err := h.deps.Store.RenewLeases(ctx, h.owner, h.term())
	if err != nil {
		return err // the fence keeps what we hold from being written, if it is another's
	}
	fences := map[string]int64{}
	for _, l := range leases {
		fences[l.Name] = l.Fence
	}
	for _, z := range held {
		if fences[z.lease.Name] != z.lease.Fence {
			h.lose(ctx, z)
		}
	}
	if _, there := fences[hubLease+h.owner]; !there {
		_, _, err = h.deps.Store.TakeLease(ctx, hubLease+h.owner, h.owner, h.term())
	}
	return err
}

// lose forgets a zone that is another's now, or that was written by another.
func (h *Hub) lose(ctx context.Context, z *zone) {
	h.mu.Lock()
	ours := h.zones[z.name] == z
	if ours {
		delete(h.zones, z.name)
	}
	h.mu.Unlock()
	if ours {
		h.log.WarnContext(ctx, "zone lost to another hub", "zone", z.name)
	}
}

// seek looks for zones that nobody holds, until ctx is done.
func (h *Hub) seek(ctx context.Context) error {
	tick := time.NewTicker(h.cfg.Heartbeat / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-h.wanted:
		}
		if err := h.divide(ctx); err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "cannot take zones; trying on", "err", err)
		}
	}
}

// divide takes zones that nobody holds, and gives away those that are more
// than a fair share.
func (h *Hub) divide(ctx context.Context) error {
	names, err := h.deps.Store.Zones(ctx)
	if err != nil {
		return err
	}
	leases, err := h.deps.Store.ListLeases(ctx)
	if err != nil {
		return err
	}
	hubs, taken := 0, map[string]bool{}
	for _, l := range leases {
		if strings.HasPrefix(l.Name, hubLease) {
			hubs++
		}
		taken[l.Name] = true
	}
	fair := (len(names) + max(hubs, 1) - 1) / max(hubs, 1)
	for _, name := range names {
		if taken[zoneLease+name] || len(h.all()) >= fair {
			continue
		}
		if _, err := h.claim(ctx, name); err != nil {
			return err
		}
	}
	held := h.all()
	for _, z := range held[min(fair, len(held)):] {
		if err := h.give(ctx, z); err != nil {
			return err
		}
	}
	return nil
}

// claim takes a zone and makes its analyst know again what was known. The
// zone is nil if another hub holds it.
func (h *Hub) claim(ctx context.Context, name string) (*zone, error) {
	h.claiming.Lock()
	defer h.claiming.Unlock()
	if z := h.held(name); z != nil {
		return z, nil
	}
	if len(h.all()) >= maxZones {
		return nil, fmt.Errorf("hub: zone %q would be one more than %d", name, maxZones)
	}
	lease, ok, err := h.deps.Store.TakeLease(ctx, zoneLease+name, h.owner, h.term())
	if err != nil || !ok {
		return nil, err
	}
	z, begun := newZone(h, name), h.now()
	z.lease = lease
	if err := z.restore(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("hub: restore zone %q: %w", name, err), h.deps.Store.DropLease(context.WithoutCancel(ctx), lease))
	}
	h.log.InfoContext(ctx, "zone taken", "zone", name, "devices", z.known.Stats().Devices, "took", h.now().Sub(begun))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.zones[name] = z
	return z, nil
}

// give gives a zone to who wants it, when all is written.
func (h *Hub) give(ctx context.Context, z *zone) error {
	h.mu.Lock()
	delete(h.zones, z.name) // nothing is learnt any more
	h.mu.Unlock()
	for more := true; more; {
		var err error
		if more, err = z.flush(ctx, true); err != nil && !errors.Is(err, store.ErrFenced) {
			return err // the lease runs out
		}
	}
	h.log.InfoContext(ctx, "zone given to another hub", "zone", z.name)
	return h.deps.Store.DropLease(ctx, z.lease)
}

// part gives back all leases.
func (h *Hub) part(ctx context.Context) error {
	var errs []error
	for _, z := range h.all() {
		errs = append(errs, h.deps.Store.DropLease(ctx, z.lease))
	}
	leases, err := h.deps.Store.ListLeases(ctx)
	for _, l := range leases {
		if l.Owner == h.owner {
			errs = append(errs, h.deps.Store.DropLease(ctx, l))
		}
	}
	return errors.Join(append(errs, err)...)
}

// held is a zone that this hub holds, nil if it does not.
func (h *Hub) held(name string) *zone {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.zones[name]
}

// zone is the zone of a name, nil if another hub holds it or may take it.
func (h *Hub) zone(ctx context.Context, name string) (*zone, error) {
	if z := h.held(name); z != nil {
		return z, nil
	}
	if h.alone {
		return h.claim(ctx, name)
	}
	select {
	case h.wanted <- struct{}{}:
	default: // somebody looks already
	}
	return nil, nil
}

// take takes a batch into the log, and has the analyst learn it if the zone
// is held here. It returns when the batch is on disk.
func (h *Hub) take(ctx context.Context, b store.Batch) (fresh bool, err error) {
	z, err := h.zone(ctx, b.Zone)
	if err != nil {
		return false, err
	}
	if z != nil {
		return z.accept(ctx, b)
	}
	_, fresh, err = h.append(ctx, b)
	return fresh, err
}

func (h *Hub) append(ctx context.Context, b store.Batch) (position int64, fresh bool, err error) {
	if position, fresh, err = h.deps.Store.Append(ctx, b); err != nil {
		return 0, false, fmt.Errorf("hub: accept %d events of %q: %w", len(b.Events), b.Sensor, err)
	}
	if fresh {
		h.metrics.accepted(b.Events)
	}
	return position, fresh, nil
}

// lookForNews has the analysts learn what other hubs took into the log.
func (h *Hub) lookForNews(ctx context.Context) error {
	arrived, newest, err := h.deps.Store.Arrived(ctx, h.looked)
	if err != nil {
		return err
	}
	h.looked = newest
	for _, z := range h.all() {
		if last, ok := arrived[z.name]; ok {
			delete(arrived, z.name)
			z.expect(last)
		}
		if err := z.catchUp(ctx); err != nil {
			return err
		}
	}
	h.elsewhere(arrived)
	return nil
}

// elsewhereEvery is how often those who look are told that other hubs may have
// changed something; when it was, nobody says.
const elsewhereEvery = 5 * time.Second

// elsewhere tells who looks that things happened in zones of other hubs.
func (h *Hub) elsewhere(arrived map[string]int64) {
	for zone := range arrived {
		h.strange[zone] = struct{}{}
	}
	now := h.now()
	if len(h.strange) == 0 || now.Sub(h.told) < elsewhereEvery {
		return
	}
	for zone := range h.strange {
		h.notices.publish(api.Notice{Zone: zone, Sensors: true, Overview: true, Alerts: true, Resync: true})
	}
	clear(h.strange)
	h.told = now
}

// expect notes that the log goes on up to a position at least.
func (z *zone) expect(position int64) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.end = max(z.end, position)
}

// catchUpAtOnce is how many entries are learnt before others get their turn.
const catchUpAtOnce = 500

var errEnough = errors.New("enough")

// catchUp learns what is in the log and not learnt yet.
func (z *zone) catchUp(ctx context.Context) error {
	for more := true; more && !z.crowded(); {
		var err error
		if more, err = z.catchUpSome(ctx); err != nil {
			return fmt.Errorf("hub: zone %q: %w", z.name, err)
		}
	}
	return nil
}

func (z *zone) catchUpSome(ctx context.Context) (more bool, err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.position >= z.end {
		return false, nil
	}
	n := 0
	err = z.hub.deps.Store.Read(ctx, z.name, z.position, func(e store.Entry) error {
		z.take(&e, true)
		if n++; n >= catchUpAtOnce {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return true, nil
	}
	if err == nil {
		z.end = z.position // what was expected went meanwhile, or is learnt
	}
	return false, err
}

// take learns an entry of the log. Of what is not fresh, and in the store, only
// observations are learnt again.
func (z *zone) take(e *store.Entry, fresh bool) {
	z.batch = mark{e.Epoch, e.Seq}
	for i := range e.Events {
		if fresh || e.Events[i].Observation != nil {
			z.learn(&e.Events[i], fresh)
		}
	}
	z.position = max(z.position, e.Position)
	z.measure()
}

// entries is how many entries of the log a batch makes, of those that an
// analyst reads.
func entries(events []tyto.Event) int {
	var has [store.ClassC + 1]bool
	for i := range events {
		has[store.ClassOf(events[i].Kind)] = true
	}
	n := 0
	for _, c := range [...]store.Class{store.ClassA, store.ClassB} {
		if has[c] {
			n++
		}
	}
	return n
}

// byClass is events as the log has them.
func byClass(events []tyto.Event) []tyto.Event {
	mixed := func(a, b tyto.Event) int { return int(store.ClassOf(a.Kind)) - int(store.ClassOf(b.Kind)) }
	if slices.IsSortedFunc(events, mixed) {
		return events
	}
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, mixed)
	return sorted
}
