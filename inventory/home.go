package inventory

// stands reports whether a core is there: rule 8.
func (v *Inventory) stands(c core) bool {
	if !c.isAddr() {
		return v.ifaces[c.n()].flags&exists != 0
	}
	h := &v.hosts[c.n()]
	return h.owner == 0 && (h.flags&named != 0 || h.flags&exists != 0 && (v.near(h) || h.flags&selfNamed != 0) && !v.adrift(h))
}

// adrift reports whether an address is link-local but no link is known of it:
// such an address, from inside a tunnel, names nobody.
func (v *Inventory) adrift(h *host) bool {
	if h.reach != link {
		return false
	}
	for n := h.pairs; n != 0; {
		p := v.pair(n)
		if p.iface != 0 && p.flags&(sent|proved) != 0 {
			return false
		}
		n = p.nextOfHost
	}
	return true
}

// home is the core that a pair's claims are about, 0 if nobody is there.
func (v *Inventory) home(n uint32) core {
	p := v.pair(n)
	if p.iface != 0 && (p.host == 0 || p.flags&attached != 0) {
		return coreOf(p.iface)
	}
	if owner := v.hosts[p.host].owner; owner != 0 {
		return coreOf(v.pair(owner).iface)
	}
	if c := coreOfAddr(p.host); v.stands(c) {
		return c
	}
	return 0
}

// pairsOf appends to out the pairs whose claims are about a core.
func (v *Inventory) pairsOf(c core, out []uint32) []uint32 {
	if c.isAddr() {
		return v.pairsOfHost(c.n(), out, true)
	}
	for n := v.ifaces[c.n()].pairs; n != 0; {
		p := v.pair(n)
		if p.host == 0 || p.flags&attached != 0 {
			out = append(out, n)
		}
		if p.flags&attached != 0 && v.hosts[p.host].owner == n {
			out = v.pairsOfHost(p.host, out, false)
		}
		n = p.nextOfIface
	}
	return out
}

// pairsOfHost appends the pairs of an address, with or without those that
// belong to an interface.
func (v *Inventory) pairsOfHost(h uint32, out []uint32, all bool) []uint32 {
	for n := v.hosts[h].pairs; n != 0; {
		p := v.pair(n)
		if all || p.flags&attached == 0 {
			out = append(out, n)
		}
		n = p.nextOfHost
	}
	return out
}
