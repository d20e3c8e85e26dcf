package hub

import (
	"context"
	"time"

	"tyto/store"
	"tyto/tyto"
)

// spread adds a conversation to the minutes that it took.
func (p *increment) spread(c *tyto.Conversation) {
	first, last := c.First.Truncate(time.Minute), c.Last.Truncate(time.Minute)
	n := last.Sub(first)/time.Minute + 1
	if n < 1 || n > maxSteps {
		first, n = last, 1
	}
	for i := range uint64(n) {
		of := func(all uint64) uint64 { // with what does not divide in the last
			if i == uint64(n)-1 {
				return all - all/uint64(n)*i
			}
			return all / uint64(n)
		}
		s := p.minute(first.Add(time.Duration(i) * time.Minute))
		for d := range c.Packets {
			s.Packets[d] += of(c.Packets[d])
			s.Bytes[d] += of(c.Bytes[d])
		}
		if i == uint64(n)-1 {
			s.Sessions += c.Sessions
		}
	}
}

// minute is the sum of a minute; the last come first in mind.
func (p *increment) minute(at time.Time) *store.Sum {
	for i := len(p.minutes) - 1; i >= 0; i-- {
		if p.minutes[i].Time.Equal(at) {
			return &p.minutes[i]
		}
	}
	p.minutes = append(p.minutes, store.Sum{Time: at})
	return &p.minutes[len(p.minutes)-1]
}

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
