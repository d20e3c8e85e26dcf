package connect

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"time"

	"tyto/store"
	"tyto/tyto"
)

// zones says where machines are.
type zones struct {
	other  string
	places []place
}

type place struct {
	Place
	networks []netip.Prefix
}

func newZones(c *Connector) (z zones) {
	z.other = c.Zone
	for _, p := range c.Places {
		x := place{Place: p}
		for _, n := range p.Networks {
			x.networks = append(x.networks, netip.MustParsePrefix(n)) // it was checked
		}
		z.places = append(z.places, x)
	}
	return z
}

// claimed is the zone of the first place that claims a machine, "" if none does.
func (z *zones) claimed(m *store.Machine) string {
	for _, p := range z.places {
		if slices.ContainsFunc(p.Groups, func(g string) bool { ok, _ := path.Match(g, m.Group); return ok && m.Group != "" }) {
			return p.Zone
		}
		for _, a := range m.Adapters {
			if slices.ContainsFunc(a.IPs, func(ip string) bool { return within(p.networks, ip) }) {
				return p.Zone
			}
		}
	}
	return ""
}

// inside reports whether an address is of a zone's networks. Others may be of
// anybody's home, where the same addresses are in use.
func (z *zones) inside(zone, ip string) bool {
	return slices.ContainsFunc(z.places, func(p place) bool { return p.Zone == zone && within(p.networks, ip) })
}

func within(networks []netip.Prefix, ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// owner is the device that has a MAC address.
type owner struct {
	device, zone string
	heard        bool
}

// place finds each machine's zone and device, tells the log what is new of
// it, and counts.
func (d *defender) place(ctx context.Context, s *Status) error {
	owners := map[string][]owner{}
	err := d.deps.Memory.EachAddress(ctx, func(a store.DeviceAddress) error {
		for _, m := range a.MACs {
			owners[m] = append(owners[m], owner{a.ID, a.Zone, a.Heard})
		}
		return nil
	})
	if err != nil {
		return err
	}
	var all []store.Machine
	users := map[string]int{} // machines of a MAC address
	err = d.deps.Memory.EachMachine(ctx, d.name, func(m store.Machine) error {
		for _, a := range m.Adapters {
			users[a.MAC]++
		}
		all = append(all, m)
		return nil
	})
	if err != nil {
		return err
	}
	s.Machines, s.Heard = uint64(len(all)), 0
	t := teller{defender: d, status: s, users: users}
	for i := range all {
		m := &all[i]
		was := *m
		d.find(m, owners, users)
		if m.Heard {
			s.Heard++
		}
		if err := t.tell(ctx, m, was.Zone != m.Zone || was.Device != m.Device || was.Heard != m.Heard); err != nil {
			return err
		}
	}
	return t.flush(ctx)
}

// find fills in a machine's zone and device. A MAC address that several
// machines have, as some virtual adapters do, tells nothing.
func (d *defender) find(m *store.Machine, owners map[string][]owner, users map[string]int) {
	claimed := d.zones.claimed(m)
	var best owner
	for _, a := range m.Adapters {
		if a.MAC == "" || users[a.MAC] > 1 {
			continue
		}
		for _, o := range owners[a.MAC] {
			if best.device == "" || rank(o, claimed) > rank(best, claimed) {
				best = o
			}
		}
	}
	m.Device, m.Heard = best.device, best.heard
	m.Zone = cmp.Or(claimed, best.zone, d.zones.other)
	if claimed == "" && best.device != "" && !best.heard {
		m.Zone = cmp.Or(d.zones.other, best.zone) // the device is there as we said so
	}
}

func rank(o owner, zone string) (n int) {
	if o.zone == zone && zone != "" {
		n += 2
	}
	if o.heard {
		n++
	}
	return n
}

// toldEvery is how often the log is told of a machine that did not change:
// that it has its addresses still.
const toldEvery = 24 * time.Hour

// teller tells the log of machines, in batches, and stores them when it has.
type teller struct {
	*defender
	status *Status
	users  map[string]int
	events []tyto.Event
	told   []store.Machine
}

const tellAtOnce = 400

func (t *teller) tell(ctx context.Context, m *store.Machine, moved bool) error {
	print := printOf(m)
	fresh := m.Zone != "" && (print != m.Print || m.Last.Sub(m.Told) > toldEvery)
	if !fresh && !moved {
		return nil
	}
	if fresh {
		m.Print, m.Told = print, m.Last
		t.events = append(t.events, t.observations(m, t.users)...)
	}
	if t.told = append(t.told, *m); len(t.events) < tellAtOnce && len(t.told) < tellAtOnce {
		return nil
	}
	return t.flush(ctx)
}

func (t *teller) flush(ctx context.Context) error {
	slices.SortStableFunc(t.events, func(a, b tyto.Event) int { return cmp.Compare(a.Zone, b.Zone) }) // a batch is of one zone
	if len(t.events) > 0 {
		if err := t.deps.Accept(ctx, t.events); err != nil {
			return fmt.Errorf("tell the log: %w", err)
		}
	}
	if len(t.told) > 0 {
		if err := t.deps.Memory.PutMachines(ctx, t.told); err != nil {
			return err
		}
	}
	t.status.Told += uint64(len(t.events))
	t.events, t.told = nil, nil
	return nil
}
