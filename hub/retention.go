package hub

import (
	"context"
	"time"

	"tyto/store"
	"tyto/tyto"
)

// newest is when the newest event was, of any zone held here; in the future it
// cannot be. What is old is told by it, so that a capture of long ago, when it
// is played, is not.
func (h *Hub) newest() time.Time {
	var newest time.Time
	for _, z := range h.all() {
		if at := z.clock(); at.After(newest) {
			newest = at
		}
	}
	return newest
}

// clock is when the newest event of a zone was.
func (z *zone) clock() time.Time {
	z.mu.Lock()
	defer z.mu.Unlock()
	if now := z.hub.now(); z.newest.After(now) {
		return now
	}
	return z.newest
}

// forget drops devices and conversations that were not seen for long.
func (h *Hub) forget(ctx context.Context) {
	for _, z := range h.all() {
		if n := z.forget(z.clock(), h.cfg.Retention); n > 0 {
			h.log.InfoContext(ctx, "devices not seen for long are forgotten", "zone", z.name, "addresses", n)
		}
	}
}

// forget has the next change drop what was not seen for long.
func (z *zone) forget(now time.Time, keep store.Retention) (addresses int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if keep.Conversations > 0 {
		z.stale = now.Add(-keep.Conversations)
	}
	if keep.Devices > 0 {
		addresses = z.known.Forget(now.Add(-keep.Devices))
	}
	return addresses
}

// unknown is of an observation that says nothing of what is known, and was
// made before devices are forgotten: the log need not keep it.
func (z *zone) unknown(e *tyto.Event, before time.Time) bool {
	if !e.Time.Before(before) || e.Observation.Confidence == tyto.Confirmed { // what people said stays
		return false
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.known.Find(e.Observation.Subject) == ""
}
