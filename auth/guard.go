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
func (g *guard) wait(name string, from netip.Addr, now time.Time) (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range tracks(name, from) {
		f := g.seen[t]
		if f == nil {
			continue
		}
		if now.Sub(f.last) >= forgetAfter {
			delete(g.seen, t)
			continue
		}
		wait = max(wait, f.last.Add(g.limit(t).delay(f.count)).Sub(now))
	}
	return wait
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
		f := g.seen[t]
		if f == nil {
			g.makeRoom()
			f = &failures{}
			g.seen[t] = f
		}
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

// succeeded forgives the failures of a name from a place.
func (g *guard) succeeded(name string, from netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.seen, tracks(name, from)[0])
}
