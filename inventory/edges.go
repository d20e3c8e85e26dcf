package inventory

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"tyto/tyto"
)

// weakKeys are the kinds of keys of which one alone does not suffice.
var weakKeys = []string{"name:", "fqdn:", "spn:", "guid:"}

// An edge is why two cores are one device.
type edge struct {
	to  core
	key word // 0: the same locally administered address with the same IP address
}

// edges is what connects a core with others, in an order that does not
// depend on that of arrival.
func (v *Inventory) edges(c core) (out []edge) {
	if !v.mayHaveEdges(c) {
		return nil
	}
	weak := map[core]int{}
	alone := v.standsAlone(c)
	link := func(key word, isWeak bool) {
		decided := isDecided(string(v.words.raw(key)))
		for _, x := range v.homes(key) {
			if x == c || !decided && (alone || v.standsAlone(x)) {
				continue
			}
			if weak[x]++; !isWeak || weak[x] == 2 {
				out = append(out, edge{x, key})
			}
		}
	}
	v.around = v.pairsOf(c, v.around[:0])
	for _, n := range v.around {
		p := v.pair(n)
		if p.flags&stating != 0 {
			for i := p.claims; i != 0; {
				x := v.claims.at(i)
				if x.attr() == tyto.Identity && x.part() == 0 && v.claims.sources[x.source].confidence >= tyto.Shown && v.links(n, x.value) {
					link(x.value, v.isWeak(x.value))
				}
				i = x.next
			}
		}
	}
	if !c.isAddr() {
		if key, ok := v.keyOfMAC[v.ifaces[c.n()].key]; ok {
			link(key, false)
		}
		if key := v.rotation(c); key != 0 {
			link(key, false)
		}
		out = append(out, v.twins(c)...)
	}
	slices.SortFunc(out, func(a, b edge) int {
		return cmp.Or(v.compare(a.to, b.to), bytes.Compare(v.words.raw(a.key), v.words.raw(b.key)))
	})
	return slices.Compact(out)
}

// links reports whether a key of a pair is for linking: all are, but a machine's
// that somebody is in, and a person's of which nothing holds any more, or that parts.
func (v *Inventory) links(n uint32, key word) bool {
	text := string(v.words.raw(key))
	switch {
	case strings.HasPrefix(text, machineKey):
		return false
	case isDecided(text):
		return strings.HasPrefix(text, mergeKey) && v.stillHolds(n, text)
	}
	return true
}

// mayHaveEdges is false for most: nothing was said that would connect c.
func (v *Inventory) mayHaveEdges(c core) bool {
	if !c.isAddr() {
		if i := &v.ifaces[c.n()]; i.mac().IsLocal() || v.keyOfMAC[i.key] != 0 {
			return true
		}
	}
	v.around = v.pairsOf(c, v.around[:0])
	for _, n := range v.around {
		if v.pair(n).flags&stating != 0 {
			return true
		}
	}
	return false
}

func (v *Inventory) isWeak(key word) bool {
	text := string(v.words.raw(key))
	for _, w := range weakKeys {
		if strings.HasPrefix(text, w) {
			return true
		}
	}
	return false
}

// homes is the cores that have a key, none if too many have.
func (v *Inventory) homes(key word) (out []core) {
	if m, ok := macOf(string(v.words.raw(key))); ok {
		if i := v.byMAC[macKey(m, 0)]; i != 0 && v.stands(coreOf(i)) {
			out = append(out, coreOf(i))
		}
	}
	follows := bytes.HasPrefix(v.words.raw(key), []byte(rotatesKey))
	for _, n := range v.keys[key] {
		c := v.home(n)
		if follows {
			c = coreOf(v.pair(n).iface)
		}
		if c != 0 && v.stands(c) && !slices.Contains(out, c) && v.links(n, key) && (!follows || v.rotation(c) == key) {
			out = append(out, c)
		}
	}
	if len(out) > maxHomes {
		return nil
	}
	return out
}

// twins is the interfaces in other VLANs with the same, locally administered,
// address and an IP address in common.
func (v *Inventory) twins(c core) (out []edge) {
	me := &v.ifaces[c.n()]
	if !me.mac().IsLocal() {
		return nil
	}
	for n := me.pairs; n != 0; {
		p := v.pair(n)
		n = p.nextOfIface
		if p.flags&attached == 0 || v.hosts[p.host].reach == link {
			continue
		}
		for k := v.hosts[p.host].pairs; k != 0; {
			q := v.pair(k)
			k = q.nextOfHost
			if q.iface != 0 && q.iface != c.n() && q.flags&attached != 0 && v.ifaces[q.iface].key>>16 == me.key>>16 {
				out = append(out, edge{to: coreOf(q.iface)})
			}
		}
	}
	return out
}
