package hub

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tyto/baseline"
	"tyto/detect"
	"tyto/inventory"
	"tyto/store"
	"tyto/tyto"
)

// zone is a zone's analyst: it owns what is known of the zone.
type zone struct {
	hub   *Hub
	name  string
	lease store.Lease  // by which it is held
	size  atomic.Int64 // of what is known, in bytes, as it was measured last

	// flushing is held by who writes to the store. It is taken before mu.
	flushing sync.Mutex
	unsaved  *store.Change // could not be written yet
	written  uint64        // the number of the last change

	mu       sync.Mutex // guards what follows
	known    *inventory.Inventory
	alerts   *detect.Engine     // nil: nothing is looked for
	usual    *baseline.Baseline // nil: zones have no baseline
	switched bool               // it began to learn or stopped, and the store does not know
	family   *detect.Family
	raised   []tyto.Alert        // that another product raised; the store does not know them yet
	position int64               // in the log, up to which everything was learnt
	end      int64               // up to where the log goes at least
	pending  map[talk]*increment // conversations that the store does not know yet
	taken    chan struct{}       // closed when they are taken there
	changed  map[string]struct{} // devices that the store does not know as they are
	sensors  map[string]store.SensorReport
	acts     map[deed]*store.ActRecord // that the store does not know yet
	traffic  map[int64]*store.Traffic
	gaps     []store.SensorGap // what was lost on the way, as sensors tell
	batch    mark              // the one that is learnt
	heard    map[string]mark   // of each interface, where its last health was
	names    lookups
	placed   map[tyto.Subject]string // the device that the store has for a subject
	replaced time.Time               // when they were looked at last
	moving   bool                    // devices came or went since then
	newest   time.Time               // when the newest event was
	stale    time.Time               // conversations that were silent since are to be dropped
}

func newZone(h *Hub, name string) *zone {
	z := &zone{hub: h, name: name, known: inventory.New(name, h.cfg.Inventory), pending: map[talk]*increment{}, taken: make(chan struct{}), changed: map[string]struct{}{},
		sensors: map[string]store.SensorReport{}, heard: map[string]mark{}, traffic: map[int64]*store.Traffic{}, acts: map[deed]*store.ActRecord{}, placed: map[tyto.Subject]string{}}
	if h.cfg.Detections != nil {
		z.alerts = detect.New(name, h.cfg.Detections, z.known)
		z.alerts.Watch(&h.indicators)
	}
	z.usual, z.family = z.newBaseline(), h.newFamily()
	return z
}

// accept logs a batch and learns it, if it comes next in the log; else what
// comes before it is read there first.
func (z *zone) accept(ctx context.Context, b store.Batch) (fresh bool, err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	position, fresh, err := z.hub.append(ctx, b)
	if err != nil || !fresh {
		return false, err
	}
	z.end = max(z.end, position)
	if n := entries(b.Events); position != z.position+int64(n) { // else there is room for nothing else
		if between, err := z.hub.deps.Store.Logged(ctx, z.name, z.position, position); err != nil || between != n {
			return true, nil // it is on disk, and learnt from there
		}
	}
	b.Events = byClass(b.Events)
	z.take(&store.Entry{Position: position, Batch: b}, true)
	return true, nil
}

// learn takes what an event tells. Conversations that are not fresh are in
// the store already.
func (z *zone) learn(e *tyto.Event, fresh bool) {
	if e.Time.After(z.newest) {
		z.newest = e.Time
	}
	if e.Observation != nil && e.Observation.Attr == tyto.Decision {
		z.decided(e, fresh)
		return
	}
	if fresh && z.alerts != nil {
		z.alerts.Learn(e)
	}
	if fresh && z.usual != nil {
		z.usual.Learn(e)
	}
	switch {
	case e.Observation != nil:
		z.known.Learn(e)
		if e.Observation.Attr == tyto.LookedUp {
			z.names.learn(e.Observation)
		}
	case e.Conversation != nil:
		switch kept := z.known.Learn(e); {
		case kept && fresh:
			z.converse(e.Conversation)
		case fresh:
			z.count(e.Conversation)
		}
	case e.Act != nil && fresh:
		z.act(e)
	case e.Health != nil && fresh:
		z.health(e)
	case e.Alert != nil && fresh:
		z.raise(*e.Alert)
	}
}

// A mark is a batch's place in what its sensor told.
type mark struct{ epoch, seq uint64 }

func (z *zone) health(e *tyto.Event) {
	for _, g := range e.Health.Gaps {
		z.gaps = append(z.gaps, store.SensorGap{Sensor: e.Sensor, Zone: z.name, Received: z.hub.now(), Gap: g})
	}
	key := e.Sensor + "\x00" + e.Health.Interface
	if had := z.heard[key]; had.epoch == z.batch.epoch && had.seq > z.batch.seq {
		return // it was overtaken by a newer one
	}
	z.heard[key] = z.batch
	z.sensors[key] = store.SensorReport{
		Sensor: e.Sensor, Zone: z.name, Version: cmp.Or(e.Health.Version, z.hub.deps.Version.Version), Interface: e.Health.Interface,
		Time: e.Time, Received: z.hub.now(), Counters: maps.Clone(e.Health.Counters),
	}
}

// Of devices so many are written at once that it is quick, and so few that
// nobody waits for long. Where conversations belong is looked at now and then.
const (
	devicesAtOnce = 1000
	replaceEvery  = 10 * time.Second
	maxPlaced     = 500_000
)

// flush writes what the store does not know yet, a part at a time, and
// reports whether there is more.
func (z *zone) flush(ctx context.Context, final bool) (more bool, err error) {
	z.flushing.Lock()
	defer z.flushing.Unlock()
	more = z.unsaved != nil // what came since it was made is not in it
	if z.unsaved == nil {
		z.unsaved, more = z.change(final)
	}
	if z.unsaved == nil {
		return false, nil
	}
	if err := z.scope(ctx, z.unsaved); err != nil {
		z.hub.metrics.failures.Inc()
		return false, fmt.Errorf("hub: zone %q: %w", z.name, err)
	}
	z.unsaved.Lease, z.unsaved.Number = z.lease, z.written+1
	if z.hub.unfenced {
		z.unsaved.Lease, z.unsaved.Number = store.Lease{}, 0
	}
	begun := z.hub.now()
	if err := z.hub.deps.Store.Write(ctx, *z.unsaved); err != nil {
		z.hub.metrics.failures.Inc()
		return false, fmt.Errorf("hub: zone %q: %w", z.name, err)
	}
	z.hub.metrics.flushes.Observe(z.hub.now().Sub(begun).Seconds())
	z.hub.notices.publish(notice(z.unsaved))
	z.unsaved = nil
	z.written++
	return more, nil
}

// change is what the store does not know, nil if it knows all.
func (z *zone) change(final bool) (c *store.Change, more bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, id := range z.known.Changed() {
		z.changed[id] = struct{}{}
		z.moving = true
		z.lost(id)
	}
	c = &store.Change{Zone: z.name, Stale: z.stale}
	z.stale = time.Time{}
	z.takeConversations(c)
	z.takeActs(c)
	z.takeDevices(c)
	z.takeAlerts(c)
	z.takeRaised(c)
	c.Position = z.position // all conversations up to there are in this change, or in the store
	if z.moving && (final || z.hub.now().Sub(z.replaced) >= replaceEvery) {
		z.takeMoves(c)
	}
	c.Sensors, c.Gaps = values(z.sensors), z.gaps
	z.gaps = nil
	for _, t := range values(z.traffic) {
		c.Traffic = append(c.Traffic, *t)
	}
	clear(z.sensors)
	clear(z.traffic)
	if len(c.Devices)+len(c.Gone)+len(c.Conversations)+len(c.Acts)+len(c.Sensors)+len(c.Moves)+len(c.Alerts)+len(c.Gaps)+len(c.Facts)+len(c.FactsGone) == 0 && c.Learning == nil && c.Stale.IsZero() {
		return nil, false
	}
	return c, len(z.changed) > 0
}

// values is the values of a map, by key.
func values[K ~string | ~int64, V any](m map[K]V) []V {
	all := make([]V, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, m[k])
	}
	return all
}

// takeConversations takes all conversations: a position in the log may only
// be told with all that is before it.
func (z *zone) takeConversations(c *store.Change) {
	sums := map[talk]int{}
	for key, p := range z.pending {
		x := store.Conversation{Zone: z.name, Conversation: p.Conversation, Minutes: p.minutes}
		if x.ServerName == "" {
			x.ServerName = z.names.find(x.Client.Addr, x.Server.Addr)
			key.named = x.ServerName
		}
		if i, twice := sums[key]; twice { // named by itself, and by a look-up
			sum := increment{Conversation: c.Conversations[i].Conversation}
			sum.add(&p.Conversation)
			c.Conversations[i].Conversation = sum.Conversation
			c.Conversations[i].Minutes = append(c.Conversations[i].Minutes, p.minutes...)
			continue
		}
		x.ClientDevice, x.ServerDevice = z.place(x.Client), z.place(x.Server)
		x.Scope = store.ScopeOf(&x)
		sums[key] = len(c.Conversations)
		c.Conversations = append(c.Conversations, x)
	}
	clear(z.pending)
	close(z.taken)
	z.taken = make(chan struct{})
	slices.SortFunc(c.Conversations, func(a, b store.Conversation) int { return a.First.Compare(b.First) })
}

// place is the device of a subject, and remembers that the store has it so.
func (z *zone) place(s tyto.Subject) string {
	id := z.known.Find(s)
	if id != "" || len(z.placed) < maxPlaced { // the internet does not fit
		z.placed[s] = id
	}
	return id
}

// takeDevices takes the devices that changed, as many as go at once.
func (z *zone) takeDevices(c *store.Change) {
	ids := slices.Sorted(maps.Keys(z.changed))
	for _, id := range ids[:min(len(ids), devicesAtOnce)] {
		delete(z.changed, id)
		if d, ok := z.known.Device(id); ok {
			c.Devices = append(c.Devices, z.hub.record(z.name, d))
			z.introduce(&d)
		} else {
			c.Gone = append(c.Gone, id)
		}
	}
	if z.hub.cfg.News {
		c.News, c.Time = z.news(c), z.hub.now()
	}
}

// news is what readers are to be told of the devices of a change.
func (z *zone) news(c *store.Change) []store.News {
	all := make([]store.News, 0, len(c.Devices)+len(c.Gone))
	for i := range c.Devices {
		all = append(all, store.DeviceNews(&c.Devices[i]))
	}
	for _, id := range c.Gone {
		all = append(all, store.GoneNews(z.name, id, z.hub.now()))
	}
	return all
}

// raise takes note of an alert of another product.
func (z *zone) raise(a tyto.Alert) {
	a.Subjects, a.Techniques = slices.Clone(a.Subjects), slices.Clone(a.Techniques)
	z.raised = append(z.raised, a)
}

// takeRaised takes the alerts of other products. They are in the log as they
// are, so that they are no news.
func (z *zone) takeRaised(c *store.Change) {
	for i := range z.raised {
		a := &z.raised[i]
		a.Of, a.Devices = make([]string, len(a.Subjects)), nil
		for n, s := range a.Subjects {
			if a.Of[n] = z.known.Find(s); a.Of[n] != "" && !slices.Contains(a.Devices, a.Of[n]) {
				a.Devices = append(a.Devices, a.Of[n])
			}
		}
	}
	c.Alerts = append(c.Alerts, z.raised...)
	z.raised = nil
}

// takeAlerts takes what is to be alerted of since the last flush.
func (z *zone) takeAlerts(c *store.Change) {
	if z.alerts != nil {
		c.Alerts = z.alerts.Changed()
	}
	z.takeUsual(c)
	z.settle(c)
}

// takeMoves looks for subjects that are of another device than the store has.
func (z *zone) takeMoves(c *store.Change) {
	for s, had := range z.placed {
		if id := z.known.Find(s); id != had {
			z.placed[s] = id
			c.Moves = append(c.Moves, store.Move{Subject: s, Device: id})
			if id == "" && len(z.placed) >= maxPlaced {
				delete(z.placed, s)
			}
		}
	}
	slices.SortFunc(c.Moves, func(a, b store.Move) int {
		return strings.Compare(string(a.Subject.Addr[:])+string(a.Subject.MAC[:]), string(b.Subject.Addr[:])+string(b.Subject.MAC[:]))
	})
	z.moving, z.replaced = false, z.hub.now()
}
