package hub

import (
	"context"
	"maps"
)

// site is where a zone is, "" if nobody said.
func (h *Hub) site(zone string) string { return (*h.sites.Load())[zone] }

// SiteOf is where a zone is, "" if nobody said. It may be asked by anybody.
func (h *Hub) SiteOf(zone string) string { return h.site(zone) }

// PlacesChanged reads again where zones are. The devices of those that moved
// are written anew.
func (h *Hub) PlacesChanged(ctx context.Context) error {
	h.reading.Lock()
	defer h.reading.Unlock()
	_, zones, err := h.deps.Store.Places(ctx)
	if err != nil {
		return err
	}
	before, now := *h.sites.Load(), maps.Clone(h.cfg.Sites)
	if now == nil {
		now = map[string]string{}
	}
	for _, z := range zones {
		now[z.ID] = z.Site
	}
	h.sites.Store(&now)
	h.vicinities.Store(h.vicinitiesOf(now))
	for _, z := range h.all() {
		if before[z.name] != now[z.name] {
			if err := z.rewrite(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// rewrite has all devices of the zone written with the next flushes.
func (z *zone) rewrite(ctx context.Context) error {
	ids, err := z.hub.deps.Store.DeviceIDs(ctx, z.name)
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, id := range ids {
		z.changed[id] = struct{}{}
	}
	return err
}
