package auth

import (
	"net/netip"
	"sync"
	"time"
)

// A limit is how many failures are free, and how long the wait grows after
// them: it doubles with each failure from a second on.
type limit struct {
	free int
	max  time.Duration
}

// Guessing is slowed down for a name from one place, for a place, and, more
// gently, for a name from everywhere: so a botnet is slow, and a stranger
// cannot lock a user out for longer than a minute.
var (
	limitBoth  = limit{free: 5, max: 15 * time.Minute}
	limitPlace = limit{free: 20, max: 15 * time.Minute}
	limitName  = limit{free: 50, max: time.Minute}
)

// forgetAfter is how long a failure counts.
const forgetAfter = 24 * time.Hour

// maxTracked bounds the guard's memory; the oldest are forgotten first.
const maxTracked = 20_000

type track struct {
	name  string
	place netip.Prefix
}

type failures struct {
	count int
	busy  int // attempts under way
	last  time.Time
}

// guard counts failures by name and place.
type guard struct {
	both, place, name limit

	mu   sync.Mutex
	seen map[track]*failures
}

func newGuard() *guard {
	return &guard{both: limitBoth, place: limitPlace, name: limitName, seen: map[track]*failures{}}
}

// newNameGuard is a guard that is asked without a place.
func newNameGuard(l limit) *guard { return &guard{name: l, seen: map[track]*failures{}} }

// Place is the network that an attempt came from: of IPv6 whole subscribers.
func Place(from netip.Addr) netip.Prefix {
	bits := 32
	if from = from.Unmap(); from.Is6() {
		bits = 64
	}
	p, err := from.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// tracks is what an attempt counts for; without a place, for its name alone.
func tracks(name string, from netip.Addr) []track {
	p, everywhere := Place(from), netip.Prefix{}
	if p == everywhere {
		return []track{{name, everywhere}}
	}
	return []track{{name, p}, {"", p}, {name, everywhere}}
}

func (g *guard) limit(t track) limit {
	switch {
	case t.name == "":
		return g.place
	case t.place == netip.Prefix{}:
		return g.name
	}
	return g.both
}

// wait is how long the next attempt has to wait.
func (g *guard) wait(name string, from netip.Addr, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.due(name, from, now)
}

func (g *guard) due(name string, from netip.Addr, now time.Time) (wait time.Duration) {
	for _, t := range tracks(name, from) {
		f := g.seen[t]
		if f == nil {
			continue
		}
		if now.Sub(f.last) >= forgetAfter {
			f.count = 0
		}
		l := g.limit(t)
		wait = max(wait, f.last.Add(l.delay(f.count)).Sub(now))
		if f.busy > 0 && f.count+f.busy >= l.free {
			wait = max(wait, time.Second)
		}
	}
	return wait
}

// What came of an attempt.
type outcome int

const (
	undecided outcome = iota
	failed
	succeeded
)

// enter begins an attempt, unless it has to wait: it counts as if it failed
// until it leaves, so that a thousand at once are not a thousand guesses.
func (g *guard) enter(name string, from netip.Addr, now time.Time) (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait = g.due(name, from, now); wait > 0 {
		return wait
	}
	for _, t := range tracks(name, from) {
		g.track(t).busy++
	}
	return 0
}

// leave ends an attempt that entered. Success forgives the failures of the
// name from the place.
func (g *guard) leave(name string, from netip.Addr, now time.Time, came outcome) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, t := range tracks(name, from) {
		f := g.track(t)
		f.busy = max(f.busy-1, 0)
		switch {
		case came == failed:
			f.count, f.last = f.count+1, now
		case came == succeeded && i == 0:
			f.count = 0
		}
		if f.count == 0 && f.busy == 0 {
			delete(g.seen, t)
		}
	}
}

func (g *guard) track(t track) *failures {
	f := g.seen[t]
	if f == nil {
		g.makeRoom()
		f = &failures{}
		g.seen[t] = f
	}
	return f
}

func (l limit) delay(count int) time.Duration {
	if count < l.free {
		return 0
	}
	return min(l.max, time.Second<<min(count-l.free, 20))
}

// failed counts a failure.
func (g *guard) failed(name string, from netip.Addr, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range tracks(name, from) {
		f := g.track(t)
		f.count, f.last = f.count+1, now
	}
}

// makeRoom forgets the oldest of a handful: exact order is not worth a heap.
func (g *guard) makeRoom() {
	if len(g.seen) < maxTracked {
		return
	}
	var oldest track
	var at time.Time
	looked := 0
	for t, f := range g.seen {
		if looked == 0 || f.last.Before(at) {
			oldest, at = t, f.last
		}
		if looked++; looked == 16 {
			break
		}
	}
	delete(g.seen, oldest)
}
