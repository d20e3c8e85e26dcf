package inventory

import (
	"time"

	"tyto/tyto"
)

// Forget drops the subjects that were not in use since before, with what was
// said of them, and is how many they were. What an operator named stays. Where
// there is room again, strangers are let in again, too (shed.go).
func (v *Inventory) Forget(before time.Time) int {
	limit := nanos(before)
	v.settle()
	v.reopen()
	gone, n := make([]bool, v.pairs.last+1), 0
	for k := uint32(1); k <= v.pairs.last; k++ {
		if p := v.pair(k); p.held() && v.lastOf(p) < limit && !v.isNamed(p) {
			gone[k] = true
			n++
		}
	}
	if n > 0 {
		v.drop(gone)
	}
	return n
}

// lastOf is when a pair was last in use or spoken of.
func (v *Inventory) lastOf(p *pair) int64 {
	last := p.until()
	for n := p.claims; n != 0; {
		x := v.claims.at(n)
		last = max(last, x.until())
		n = x.next
	}
	return last
}

func (v *Inventory) isNamed(p *pair) bool {
	return (v.ifaces[p.iface].flags|v.hosts[p.host].flags)&named != 0
}

// held is false of a pair's place that is free.
func (p *pair) held() bool { return p.iface|p.host != 0 }

// drop drops pairs, with their claims, and the interfaces and addresses that
// have none left. Their places are used again, so that it needs no memory of
// its own to speak of: it is for when there is none left. The inventory must be
// settled, and is.
func (v *Inventory) drop(gone []bool) {
	ifaces, hosts := make([]bool, len(v.ifaces)), make([]bool, len(v.hosts))
	for n := uint32(1); n <= v.pairs.last; n++ {
		if !gone[n] {
			continue
		}
		p := v.pair(n)
		if c := v.home(n); c != 0 && v.seat(c).device != 0 {
			v.news[v.devices[v.seat(c).device].id] = struct{}{}
		}
		v.dropClaims(p)
		v.uncount(p)
		delete(v.byBoth, uint64(p.iface)<<32|uint64(p.host))
		ifaces[p.iface], hosts[p.host] = true, true
	}
	ifaces[0], hosts[0] = false, false // none
	v.unlink(gone, numbers(ifaces), numbers(hosts))
	v.dropKeys(gone)
	for n := uint32(1); n <= v.pairs.last; n++ {
		if gone[n] {
			v.pairs.drop(n)
		}
	}
	v.dropWords()
	v.settle()
}

// dropClaims drops what was said of a pair.
func (v *Inventory) dropClaims(p *pair) {
	for k := p.claims; k != 0; {
		x := v.claims.at(k)
		next := x.next
		v.claims.drop(k)
		k = next
	}
}

// uncount takes a pair out of what count counted of its interface. That the
// interface passes on for others stays known.
func (v *Inventory) uncount(p *pair) {
	if p.iface == 0 || p.host == 0 {
		return
	}
	i, h := &v.ifaces[p.iface], &v.hosts[p.host]
	if i.flags&router != 0 {
		i.flags |= sendsMany
	}
	if c := i.counter(h, v.near(h)); c != nil && p.flags&(sent|proved) == sent {
		*c--
	}
	if p.flags&proved != 0 {
		i.own--
		if h.addr.Is4() && h.reach != link {
			i.own4--
		}
	} else if h.reach == internet {
		i.far = max(i.far, 1) - 1
	}
}

// unlink takes pairs out of the lists of their interfaces and addresses. What
// has none left goes; of the others it is decided anew what they are.
func (v *Inventory) unlink(gone []bool, ifaces, hosts []uint32) {
	for _, h := range hosts {
		x := &v.hosts[h]
		for at := &x.pairs; *at != 0; {
			if gone[*at] {
				*at = v.pair(*at).nextOfHost
				x.n--
				continue
			}
			at = &v.pair(*at).nextOfHost
		}
		if gone[x.owner] {
			x.owner = 0
		}
	}
	for _, i := range ifaces {
		x := &v.ifaces[i]
		for at := &x.pairs; *at != 0; {
			if gone[*at] {
				*at = v.pair(*at).nextOfIface
				continue
			}
			at = &v.pair(*at).nextOfIface
		}
		v.scatter(x.device)
	}
	for _, h := range hosts {
		v.scatter(v.hosts[h].device)
	}
	for _, i := range ifaces {
		if x := &v.ifaces[i]; x.pairs == 0 {
			delete(v.byMAC, x.key)
			v.tags -= len(v.vlans[i])
			delete(v.vlans, i)
			*x = iface{}
			v.freeIfaces = append(v.freeIfaces, i)
			continue
		}
		v.replace(coreOf(i))
		v.queueIface(i)
		v.queueHostsOf(i)
	}
	for _, h := range hosts {
		x := &v.hosts[h]
		if x.pairs == 0 {
			delete(v.byAddr, x.addr)
			*x = host{}
			v.freeHosts = append(v.freeHosts, h)
			continue
		}
		v.replace(coreOfAddr(h))
		v.queueHost(h, v.pair(x.pairs))
	}
}

// numbers is where a list is true.
func numbers(list []bool) (out []uint32) {
	for i, is := range list {
		if is {
			out = append(out, uint32(i))
		}
	}
	return out
}

// scatter takes a device apart, and has its cores placed again.
func (v *Inventory) scatter(d uint32) {
	if d == 0 {
		return
	}
	for c := v.devices[d].head; c != 0; c = v.seat(c).next {
		v.replace(c)
	}
	v.dissolve(d)
}

// dropKeys drops pairs from the lists of who has which key, is a machine or
// is in one, and is to be told of.
func (v *Inventory) dropKeys(gone []bool) {
	for _, list := range [...]map[word][]uint32{v.keys, v.kin.machines, v.kin.inside} {
		for key, pairs := range list {
			kept := pairs[:0]
			for _, n := range pairs {
				if !gone[n] {
					kept = append(kept, n)
				}
			}
			if list[key] = kept; len(kept) == 0 {
				delete(list, key)
			}
		}
	}
	for m, key := range v.keyOfMAC {
		if _, held := v.keys[key]; !held {
			delete(v.keyOfMAC, m)
		}
	}
	kept := v.touched[:0]
	for _, n := range v.touched {
		if !gone[n] {
			kept = append(kept, n)
		}
	}
	v.touched = kept
}

// dropWords drops the texts that nobody says any more.
func (v *Inventory) dropWords() {
	old := v.words
	v.words = newWords()
	now := make([]word, len(old.begin))
	move := func(w word) word {
		if w != 0 && now[w] == 0 {
			now[w] = v.words.addBytes(old.raw(w))
		}
		return now[w]
	}
	v.claims.reword(move)
	v.keys, v.kin.machines, v.kin.inside = rekey(v.keys, move), rekey(v.kin.machines, move), rekey(v.kin.inside, move)
	for m, key := range v.keyOfMAC {
		v.keyOfMAC[m] = move(key)
	}
}

func rekey(list map[word][]uint32, move func(word) word) map[word][]uint32 {
	out := make(map[word][]uint32, len(list))
	for key, pairs := range list {
		out[move(key)] = pairs
	}
	return out
}

// isSaid reports whether a claim is more than that the subject is there: that
// it sent, from which address, and in which protocol.
func (v *Inventory) isSaid(x *claim) bool {
	switch x.attr() {
	case tyto.Address, tyto.Protocol:
		return false
	case tyto.Clue:
		return v.claims.sources[x.source].field != sightingField
	}
	return true
}

// sightingField is the evidence of a Clue that says no more than that an
// interface sent.
const sightingField = "eth.src"
