package inventory

import "tyto/tyto"

// What things cost, in bytes, with their places in maps and lists; a test
// measures them together.
const (
	costIface  = 120
	costHost   = 96
	costPair   = 110
	costClaim  = 58
	costWord   = 16
	costDevice = 80
	costKey    = 72 // and one who has it
	costTag    = 3
)

// Bytes is about how much memory an inventory takes. It depends on what was
// learnt alone, so that what goes when there is no more room does, too.
func (v *Inventory) Bytes() int64 {
	return int64(len(v.ifaces)-len(v.freeIfaces))*costIface + int64(len(v.hosts)-len(v.freeHosts))*costHost + int64(v.subjects())*costPair +
		int64(v.claims.held())*costClaim + int64(v.words.bytes) + int64(len(v.words.begin))*costWord + int64(len(v.devices)-len(v.free))*costDevice +
		int64(len(v.keys)+len(v.kin.machines)+len(v.kin.inside))*costKey + int64(v.tags)*costTag
}

// claimOf adds a claim to a pair, and reports whether it is new.
func (v *Inventory) claimOf(n uint32, what uint64, value word, source uint32, packet uint64, first, last int64) bool {
	slot := v.claims.slot(n, what, value, source)
	if old := v.claims.index[slot]; old != 0 {
		v.claims.merge(old, source, packet, first, last)
		return false
	}
	p := v.pair(n)
	x := claim{meta: packet<<24 | what, first: first, last: last, value: value, source: source, pair: n}
	if int(p.n) >= v.config.ClaimsPerAttr && !decides(tyto.Attr(what)) {
		if worst, full := v.worst(p, &x); full {
			v.refused++
			if worst == 0 {
				return false
			}
			v.claims.replace(worst, x)
			v.touch(n)
			return true
		}
	}
	if v.claims.held() >= v.config.MaxClaims || p.n >= maxClaimsOf {
		v.refused++
		return false
	}
	x.next = p.claims
	p.claims = v.claims.add(slot, x)
	p.n++
	v.touch(n)
	return true
}

// decides reports whether claims of an attribute decide who is who; none of
// these is given up for another.
func decides(a tyto.Attr) bool {
	switch a {
	case tyto.Identity, tyto.Serial, tyto.Role, tyto.Forwards, tyto.Virtual:
		return true
	}
	return false
}

// worst is, if a pair has as many claims of x's attribute and field as it
// may, the one to give up for x; 0 if that is x itself. Which are kept depends
// on what they say alone, so not on the order in which they came.
func (v *Inventory) worst(p *pair, x *claim) (worst uint32, full bool) {
	n := 0
	least := v.worthOf(x)
	for i := p.claims; i != 0; {
		c := v.claims.at(i)
		if c.attr() == x.attr() && v.claims.sources[c.source].field == v.claims.sources[x.source].field {
			n++
			if w := v.worthOf(c); w < least {
				worst, least = i, w
			}
		}
		i = c.next
	}
	return worst, n >= v.config.ClaimsPerAttr
}

// worthOf orders claims that cannot all be kept: the surer first, then by a
// hash of what they say, which is as good as chance but always the same.
func (v *Inventory) worthOf(x *claim) uint64 {
	src := &v.claims.sources[x.source]
	h := fnv(14695981039346656037, v.words.raw(x.value))
	for _, text := range [...]string{src.protocol, src.sensor} {
		h = fnv(h, text)
	}
	return uint64(src.confidence)<<56 | (h^uint64(x.part()))>>8
}

// fnv continues a hash with a text (FNV-1a).
func fnv[T string | []byte](h uint64, text T) uint64 {
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h * 1099511628211
}
