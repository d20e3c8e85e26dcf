package inventory

import (
	"cmp"
	"math"
	"slices"

	"tyto/frame"
)

// Who has an address. Evidence is about pairs of an interface and an address;
// these rules say which pairs are one device.
//
//  1. What ARP, neighbour discovery or DHCP prove belongs together.
//  2. A link-local address, and one made of the interface's own MAC address
//     (EUI-64), is its own: it never comes from behind a router.
//  3. An internet address is nobody's here without proof, unless its network
//     (/24, /64) is on the link: proved for another, or two interfaces talk
//     within it. Where no address of the zone's own was ever seen, the only
//     address that an interface sends from is its own. An internet host that
//     states its model, version or serial number is a device: an outstation.
//  4. An interface routes if it says so (router advertisement, DHCP option 3),
//     sends for internet hosts, stands on both sides of a conversation, or
//     sends at one time for several addresses that it does not own: three of
//     IPv4, or two in different /24 networks. Addresses that it sends for are
//     hosts of their own, or internet hosts.
//  5. Other addresses that an interface sends from are its own. Several, one
//     after the other, are a host that moved.
//  6. Of several interfaces that send from one address at one time, the first
//     has it: what passes a router was on the host's link before.
//  7. An address made for sharing (VRRP, HSRP, GLBP) owns what is proved, and
//     nothing else.
//  8. What was only sent to is not there.

// undecided puts a pair's interface and address in the queues of those whose
// rules must be looked at again.
func (v *Inventory) undecided(p *pair) {
	if p.host != 0 && p.iface != 0 {
		v.queueHost(p.host, p)
	} else if p.host != 0 {
		v.replace(coreOfAddr(p.host))
	}
	if p.iface != 0 {
		v.queueIface(p.iface)
		if !v.settled && p.host != 0 {
			v.queueHostsOf(p.iface)
		}
	}
}

func (v *Inventory) queueHostsOf(n uint32) {
	for k := v.ifaces[n].pairs; k != 0; {
		p := v.pair(k)
		if p.host != 0 {
			v.queueHost(p.host, p)
		}
		k = p.nextOfIface
	}
}

// settleDown notes that the zone has addresses of its own; what was taken for
// its own without proof must be looked at again.
func (v *Inventory) settleDown() {
	if v.settled {
		return
	}
	v.settled = true
	for n := uint32(1); n < uint32(len(v.hosts)); n++ {
		if h := &v.hosts[n]; h.reach == internet && h.owner != 0 {
			v.queueHost(n, v.pair(h.owner))
		}
	}
}

// alone reports whether an interface sends from one address only, in a zone
// that seems to have none of its own.
func (v *Inventory) alone(p *pair) bool {
	i := &v.ifaces[p.iface]
	return !v.settled && p.iface != 0 && p.flags&sent != 0 && v.hosts[p.host].n <= maxPairs && i.foreign4+i.foreign6 == 1 && i.near4+i.own4+i.near6 == 0 &&
		i.flags&(shared|roleSays|sendsMany|selfTalk) == 0
}

func (v *Inventory) queueIface(i uint32) {
	if x := &v.ifaces[i]; x.flags&deciding == 0 {
		x.flags |= deciding
		v.ifaceQueue = append(v.ifaceQueue, i)
	}
}

// queueHost queues an address, or decides at once about a pair with an
// internet address, which thousands of routers may send for.
func (v *Inventory) queueHost(n uint32, p *pair) {
	h := &v.hosts[n]
	if h.owner == 0 && !v.near(h) && !v.owns(p) && (v.settled || h.n > maxPairs) {
		return
	}
	if h.flags&deciding == 0 {
		h.flags |= deciding
		v.hostQueue = append(v.hostQueue, n)
	}
}

// markRouter notes why an interface is a router.
func (v *Inventory) markRouter(i uint32, why seatFlags) {
	if x := &v.ifaces[i]; x.flags&why == 0 {
		x.flags |= why
		v.queueIface(i)
		v.queueHostsOf(i)
		v.replace(coreOf(i))
	}
}

// addNet notes that a network of internet addresses is on a link here.
func (v *Inventory) addNet(net frame.Addr) {
	if v.localNs[net] {
		return
	}
	if len(v.localNs) >= maxNets {
		v.refused++
		return
	}
	v.localNs[net] = true
	for n := uint32(1); n <= v.pairs.last; n++ {
		p := v.pair(n)
		if p.iface == 0 || p.host == 0 || v.hosts[p.host].reach != internet || netOf(v.hosts[p.host].addr) != net {
			continue
		}
		if i, h := &v.ifaces[p.iface], &v.hosts[p.host]; p.flags&(sent|proved) == sent {
			if c := i.counter(h, false); c != nil {
				*c--
				*i.counter(h, true)++
			}
		}
		v.undecided(p)
		v.replace(coreOfAddr(p.host))
	}
}

// settle decides what is in the queues, and places the cores that it concerns.
func (v *Inventory) settle() {
	for len(v.ifaceQueue)+len(v.hostQueue) > 0 {
		if n := len(v.ifaceQueue); n > 0 {
			i := v.ifaceQueue[n-1]
			v.ifaceQueue = v.ifaceQueue[:n-1]
			v.decideIface(i)
			continue
		}
		n := len(v.hostQueue)
		h := v.hostQueue[n-1]
		v.hostQueue = v.hostQueue[:n-1]
		v.decideHost(h)
	}
	v.place()
}

// decideIface decides whether an interface routes; if that is new, its
// addresses must be looked at.
func (v *Inventory) decideIface(n uint32) {
	i := &v.ifaces[n]
	i.flags &^= deciding
	if v.routes(i) == (i.flags&router != 0) {
		return
	}
	i.flags ^= router
	v.replace(coreOf(n))
	v.queueHostsOf(n)
}

// routes is rule 4.
func (v *Inventory) routes(i *iface) bool {
	switch {
	case i.flags&shared != 0:
		return false
	case i.flags&(roleSays|sendsMany|selfTalk) != 0 || i.foreign4 > 0 || i.foreign6 > 4 || i.near6 > 8 || i.near4 > 8:
		return true
	case i.foreign6 > 1 && v.scattered(i):
		return true
	}
	return i.near4 > 0 && v.sendsForOthers(i)
}

// scattered reports whether the internet addresses of IPv6 that an interface
// sends for are of several networks; a host's are of one.
func (v *Inventory) scattered(i *iface) bool {
	var net frame.Addr
	for k := i.pairs; k != 0; {
		p := v.pair(k)
		k = p.nextOfIface
		if h := &v.hosts[p.host]; p.flags&(sent|proved) == sent && i.counter(h, v.near(h)) == &i.foreign6 {
			if !net.IsZero() && net != netOf(h.addr) {
				return true
			}
			net = netOf(h.addr)
		}
	}
	return false
}

// sendsForOthers looks at the times: does i send, at one time, for several
// addresses of IPv4 without owning them?
func (v *Inventory) sendsForOthers(i *iface) bool {
	var own []*pair // proved
	var for4 []*pair
	for k := i.pairs; k != 0; {
		p := v.pair(k)
		k = p.nextOfIface
		h := &v.hosts[p.host]
		if p.host == 0 || !h.addr.Is4() || h.reach == link {
			continue
		}
		if p.flags&proved != 0 {
			own = append(own, p)
		} else if p.flags&sent != 0 && v.near(h) {
			for4 = append(for4, p)
		}
	}
	atOnce := 0
	for n, p := range for4 {
		for _, q := range for4[n+1:] {
			if overlap(p, q) {
				if atOnce++; v.apart(p, q) {
					return len(own) == 0 || v.farFrom(p, own) || v.farFrom(q, own)
				}
			}
		}
		if len(own) > 0 && v.farFrom(p, own) {
			return true
		}
	}
	return atOnce > 2
}

// farFrom reports whether p is in no network of the proved addresses, and in
// use at the time of one that was.
func (v *Inventory) farFrom(p *pair, own []*pair) bool {
	at := false
	for _, q := range own {
		if !v.apart(p, q) {
			return false
		}
		at = at || overlap(p, q)
	}
	return at
}

func (v *Inventory) apart(p, q *pair) bool {
	return netOf(v.hosts[p.host].addr) != netOf(v.hosts[q.host].addr)
}

func overlap(p, q *pair) bool { return p.first <= q.until() && q.first <= p.until() }

// owns is rules 1 and 2: a pair belongs together whatever else is known.
func (v *Inventory) owns(p *pair) bool {
	return p.flags&proved != 0 || p.flags&sent != 0 && isEUI64(v.hosts[p.host].addr, v.ifaces[p.iface].mac())
}

// decideHost decides which of the interfaces that were seen with an address have it.
func (v *Inventory) decideHost(n uint32) {
	h := &v.hosts[n]
	h.flags &^= deciding
	near, changed := v.near(h), false
	v.rivals = v.rivals[:0]
	for k := h.pairs; k != 0; {
		p := v.pair(k)
		if p.iface != 0 && p.flags&(sent|proved|alleged) != 0 {
			v.rivals = append(v.rivals, k)
		}
		k = p.nextOfHost
	}
	slices.SortFunc(v.rivals, func(a, b uint32) int {
		p, q := v.pair(a), v.pair(b)
		return cmp.Or(cmp.Compare(p.first, q.first), cmp.Compare(v.ifaces[p.iface].key, v.ifaces[q.iface].key))
	})
	busy, owned := never, never // until when somebody earlier, or an owner, had it
	firstOwned := v.firstOwned()
	for _, k := range v.rivals {
		p := v.pair(k)
		is := v.owns(p)
		if is {
			owned = max(owned, p.until())
		} else if near && v.may(p, h) || v.alone(p) {
			is = p.first > busy && (p.until() < firstOwned || p.first > owned) && (p.flags&sent != 0 || len(v.rivals) == 1)
		}
		if is || p.flags&sent != 0 && v.ifaces[p.iface].flags&(router|shared) == 0 {
			busy = max(busy, p.until())
		}
		if is != (p.flags&attached != 0) {
			p.flags ^= attached
			changed = true
			v.replace(coreOf(p.iface))
		}
	}
	if owner := v.chooseOwner(); owner != h.owner || changed {
		v.setOwner(n, owner)
	}
}

// never and always are times before and after all others.
const never, always = int64(math.MinInt64), int64(math.MaxInt64)

// firstOwned is when the first of the rivals had the address for sure, always if none has.
func (v *Inventory) firstOwned() int64 {
	for _, k := range v.rivals {
		if p := v.pair(k); v.owns(p) {
			return p.first
		}
	}
	return always
}

// may reports whether an interface can have an address without proof.
func (v *Inventory) may(p *pair, h *host) bool {
	i := &v.ifaces[p.iface]
	if p.flags&sent == 0 && (p.flags&alleged == 0 || i.flags&exists == 0) || i.flags&shared != 0 {
		return false
	}
	return h.reach == link || i.flags&router == 0
}

// chooseOwner is whose an address is when the interface is not told: proof
// first, then the one that came last.
func (v *Inventory) chooseOwner() (owner uint32) {
	for _, k := range v.rivals {
		p := v.pair(k)
		if p.flags&attached == 0 {
			continue
		}
		if owner == 0 || p.flags&proved >= v.pair(owner).flags&proved {
			owner = k
		}
	}
	return owner
}

func (v *Inventory) setOwner(n, owner uint32) {
	h := &v.hosts[n]
	for _, k := range [...]uint32{h.owner, owner} {
		if k != 0 {
			v.replace(coreOf(v.pair(k).iface))
		}
	}
	h.owner = owner
	v.replace(coreOfAddr(n))
}
