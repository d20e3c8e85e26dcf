package hub

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// Network says that addresses are of a zone.
type Network struct {
	netip.Prefix
	Zone string
}

// A vicinity is the zones of a site, as one of them sees it. An address of
// another zone is told by the networks that are configured, else by the devices
// that were seen on a link there.
type vicinity struct {
	others   []string  // zones
	networks []Network // of all zones of the site, the narrowest first
}

// vicinitiesOf is the vicinity of each zone that has one.
func (h *Hub) vicinitiesOf(sites map[string]string) *map[string]*vicinity {
	zones := map[string][]string{} // by site
	for zone, site := range sites {
		if site != "" {
			zones[site] = append(zones[site], zone)
		}
	}
	all := map[string]*vicinity{}
	for _, here := range zones {
		if len(here) < 2 {
			continue
		}
		networks := slices.DeleteFunc(slices.Clone(h.cfg.Networks), func(n Network) bool { return !slices.Contains(here, n.Zone) })
		slices.SortStableFunc(networks, func(a, b Network) int { return cmp.Compare(b.Bits(), a.Bits()) })
		for _, zone := range here {
			all[zone] = &vicinity{slices.DeleteFunc(slices.Clone(here), func(z string) bool { return z == zone }), networks}
		}
	}
	return &all
}

// zoneOf is the zone of an address by the networks, "" if none has it.
func (v *vicinity) zoneOf(a frame.Addr) string {
	ip := a.Netip().Unmap()
	if i := slices.IndexFunc(v.networks, func(n Network) bool { return n.Contains(ip) }); i >= 0 {
		return v.networks[i].Zone
	}
	return ""
}

// scope finds the conversations of a change that go to another zone of the
// same site.
func (z *zone) scope(ctx context.Context, c *store.Change) error {
	v := (*z.hub.vicinities.Load())[z.name]
	if v == nil || len(c.Conversations) == 0 {
		return nil
	}
	away, unsure := z.beyond(v, c)
	if len(unsure) > 0 {
		known, err := z.hub.deps.Store.OnLink(ctx, v.others, unsure)
		if err != nil {
			return err
		}
		for _, a := range known {
			away[a] = true
		}
	}
	for i := range c.Conversations {
		x := &c.Conversations[i]
		if x.Scope == store.ScopeMulticast || !away[x.Client.Addr] && !away[x.Server.Addr] {
			continue
		}
		x.Scope = store.ScopeOtherZone
		for s, id := range map[tyto.Subject]string{x.Client: x.ClientDevice, x.Server: x.ServerDevice} {
			if id == "" && s.Addr.IsPublic() && !away[s.Addr] {
				x.Scope = store.ScopeInternet // which says more
			}
		}
	}
	return nil
}

// beyond is the addresses of a change that are on no link here, and whether
// they are another zone's by the networks; unsure are those that no network has.
func (z *zone) beyond(v *vicinity, c *store.Change) (away map[frame.Addr]bool, unsure []frame.Addr) {
	z.mu.Lock()
	defer z.mu.Unlock()
	away = map[frame.Addr]bool{}
	for i := range c.Conversations {
		x := &c.Conversations[i]
		for s, id := range map[tyto.Subject]string{x.Client: x.ClientDevice, x.Server: x.ServerDevice} {
			if _, done := away[s.Addr]; done || z.onLink(s.Addr, id) {
				continue
			}
			zone := v.zoneOf(s.Addr)
			if away[s.Addr] = zone != "" && zone != z.name; zone == "" {
				unsure = append(unsure, s.Addr)
			}
		}
	}
	return away, unsure
}

// onLink reports whether an address is of this zone for sure: no router was
// between it and the sensor, or none can be.
func (z *zone) onLink(a frame.Addr, id string) bool {
	if a.IsUnspecified() || a.IsLinkLocal() || a.IsMulticast() || a.IsLoopback() {
		return true
	}
	d, ok := z.known.Outline(id)
	return ok && slices.ContainsFunc(d.Interfaces, func(i tyto.Interface) bool {
		return !i.MAC.IsZero() && slices.ContainsFunc(i.IPs, func(ip tyto.IPInterval) bool { return ip.IP == a })
	})
}
