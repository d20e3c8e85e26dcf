package inventory

import (
	"cmp"
	"slices"
	"time"

	"tyto/tyto"
)

// Forget drops the subjects that were not in use since before, with what was
// said of them, and is how many they were. What an operator named stays.
func (v *Inventory) Forget(before time.Time) int {
	limit := nanos(before)
	return v.keep(func(p *pair) bool { return v.lastOf(p) >= limit || v.isNamed(p) })
}

// lastOf is when a pair was last in use or spoken of.
func (v *Inventory) lastOf(p *pair) int64 {
	last := p.last
	for n := p.claims; n != 0; {
		x := v.claims.at(n)
		last = max(last, x.last)
		n = x.next
	}
	return last
}

func (v *Inventory) isNamed(p *pair) bool {
	return (v.ifaces[p.iface].flags|v.hosts[p.host].flags)&named != 0
}

// shed makes room: the eighth of the subjects that says least, and of those
// the longest silent, goes.
func (v *Inventory) shed() {
	type weight struct {
		worth int
		last  int64
		n     uint32
	}
	all := make([]weight, 0, v.n)
	for n := uint32(1); n <= v.n; n++ {
		p := v.pair(n)
		all = append(all, weight{v.worth(p), v.lastOf(p), n})
	}
	slices.SortFunc(all, func(a, b weight) int {
		return cmp.Or(cmp.Compare(a.worth, b.worth), cmp.Compare(a.last, b.last), cmp.Compare(a.n, b.n))
	})
	gone := make([]bool, v.n+1)
	for _, w := range all[:(len(all)+7)/8] {
		gone[w.n] = true
	}
	n := uint32(0)
	v.evicted += uint64(v.keep(func(*pair) bool { n++; return !gone[n] }))
}

// worth is how much a pair says: what was only sent to, or is of the
// internet, little; what states an identity, much.
func (v *Inventory) worth(p *pair) int {
	switch {
	case v.isNamed(p):
		return 5
	case p.flags&(sent|proved) == 0, p.host != 0 && !v.near(&v.hosts[p.host]) && p.flags&proved == 0:
		return 0
	case p.flags&stating != 0:
		return 4
	case p.n > 2:
		return 3
	}
	return min(2, int(p.n))
}

// keep copies what is to be kept into new tables, in the old order, and is
// how many pairs were not. Words, sources and marks that nobody needs any
// more go with them.
func (v *Inventory) keep(is func(*pair) bool) (dropped int) {
	v.settle()
	for id := range v.byID {
		v.news[id] = struct{}{}
	}
	stays := make([]bool, v.n+1)
	for n := uint32(1); n <= v.n; n++ {
		stays[n] = is(v.pair(n))
	}
	old := *v
	v.empty()
	for n := uint32(1); n <= old.n; n++ {
		if !stays[n] {
			dropped++
			continue
		}
		v.carry(&old, old.pair(n))
	}
	return dropped
}

// carry copies a pair and its claims from another inventory.
func (v *Inventory) carry(old *Inventory, p *pair) {
	var i, h uint32
	if p.iface != 0 {
		x := &old.ifaces[p.iface]
		m := x.mac()
		i = v.iface(m, uint16(x.key))
		if x.tagged {
			v.tag(i, x.vlan)
		}
		for _, vlan := range old.vlans[p.iface] {
			v.tag(i, vlan)
		}
		v.ifaces[i].flags |= x.flags & (exists | named | shared | roleSays | sendsMany | selfTalk)
	}
	if p.host != 0 {
		x := &old.hosts[p.host]
		h = v.host(x.addr)
		v.hosts[h].flags |= x.flags & (exists | named | roleSays | selfNamed)
		if x.reach == inside && x.flags&exists != 0 {
			v.settleDown()
		}
		if i != 0 && x.reach == internet && p.flags&proved == 0 {
			v.ifaces[i].far++
		}
	}
	k := v.addPair(i, h)
	q := v.pair(k)
	q.packets, q.bytes, q.first, q.last, q.reported = p.packets, p.bytes, p.first, p.last, p.reported
	q.flags = p.flags &^ (attached | touched)
	v.count(q, 0)
	v.copyClaims(old, p, k)
	v.undecided(q)
	v.replacePair(k)
	v.touch(k)
}

func (v *Inventory) copyClaims(old *Inventory, p *pair, to uint32) {
	var list []*claim // the newest comes first in a pair
	for n := p.claims; n != 0; {
		x := old.claims.at(n)
		list = append(list, x)
		n = x.next
	}
	for _, x := range slices.Backward(list) {
		c := old.told(x)
		src, value := v.claims.source(&c.Evidence, c.Confidence), v.words.add(c.Value)
		v.claimOf(to, x.meta&whatMask, value, src, x.packet(), x.first, x.last)
		if c.Attr == tyto.Identity && c.Confidence >= tyto.Shown && x.part() == 0 {
			v.learnKey(to, value, c.Value)
		}
		if x.part() == 0 {
			v.relate(to, c.Attr, c.Confidence, c.Evidence.Field, c.Value)
		}
	}
	v.rotatesAs(to)
}
