package hub

import (
	"context"
	"errors"
	"time"
)

// A hub keeps what it knows of all its zones within Config.Memory: see
// inventory's Shed for what goes. What is learnt faster than the store can be
// told waits, with who tells it: sensors have spools for that.

// maxPending is how many conversations of a zone may wait for the store.
const maxPending = 50_000

// measure makes room if what is known takes more than it may. The zone that is
// asked gives, unless it has less than others have. z.mu is held.
func (z *zone) measure() {
	size := z.known.Bytes()
	z.size.Store(size)
	limit := z.hub.cfg.Memory
	if limit <= 0 {
		return
	}
	total, zones := z.hub.sizes(z)
	if total <= limit || size*int64(zones) < total {
		return
	}
	want := total - limit + limit/8
	freed := z.known.Shed(want, false)
	if freed < want {
		z.known.Shed(want-freed, true)
		z.hub.lackRoom(z.name)
	}
	z.size.Store(z.known.Bytes())
}

// sizes is what all zones take, with one that may not be held yet, and how many they are.
func (h *Hub) sizes(z *zone) (total int64, zones int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range h.zones {
		if x != z {
			total += x.size.Load()
			zones++
		}
	}
	return total + z.size.Load(), zones + 1
}

// lackRoom says, once an hour, that devices go of which something is known.
func (h *Hub) lackRoom(zone string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.now(); now.Sub(h.lacked) >= time.Hour {
		h.lacked = now
		h.log.Warn("no room for all devices: those of which least is known are forgotten; give the hub more memory", "zone", zone, "mib", h.cfg.Memory>>20)
	}
}

// crowded reports whether as much waits for the store as may.
func (z *zone) crowded() bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return len(z.pending) >= z.hub.pendingMost
}

// passed is closed when what waits for the store is taken there.
func (z *zone) passed() <-chan struct{} {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.taken
}

// hurry has the hub write what it has.
func (h *Hub) hurry() {
	select {
	case h.full <- struct{}{}:
	default: // it will
	}
}

// wait waits until a zone has room for more.
func (h *Hub) wait(ctx context.Context, zone string) error {
	for z := h.held(zone); z != nil; z = h.held(zone) {
		passed := z.passed()
		if !z.crowded() {
			return nil
		}
		h.hurry()
		select {
		case <-passed:
		case <-h.ended:
			return errors.New("hub: it ended before there was room")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
