package inventory

import (
	"slices"
	"strings"

	"tyto/frame"
	"tyto/tyto"
)

// Cores are put together into devices by Identity claims: equal keys are one
// device, unless serial numbers contradict. A key that more than maxHomes
// cores have is everybody's and says nothing; host names and the like, which
// get copied with an image, must agree in two ways.

const (
	maxHomes = 32
	maxKeys  = 64 // pairs held of one key
	// maxMembers is how many cores may be connected; a device has a few, and
	// where more are, keys say nothing.
	maxMembers = 128
)

// A device is cores that belong together. Its id is of the zone and its best
// core, so it does not depend on the order of arrival.
type device struct {
	id   uint64 // 48 bits
	head core
}

// replace queues a core for placing.
func (v *Inventory) replace(c core) {
	if c.n() == 0 {
		return
	}
	if s := v.seat(c); s.flags&waiting == 0 {
		s.flags |= waiting
		v.coreQueue = append(v.coreQueue, c)
	}
}

func (v *Inventory) replacePair(n uint32) {
	p := v.pair(n)
	v.replace(coreOf(p.iface))
	v.replace(coreOfAddr(p.host))
	if p.host != 0 && v.hosts[p.host].owner != 0 {
		v.replace(coreOf(v.pair(v.hosts[p.host].owner).iface))
	}
}

// learnKey notes that a pair has an identity key.
func (v *Inventory) learnKey(n uint32, key word, text string) {
	have := v.keys[key]
	if slices.Contains(have, n) {
		if isDecided(text) {
			v.replaceDecided(key, text)
		}
		return
	}
	if len(have) >= maxKeys {
		v.refused++
		return
	}
	v.keys[key] = append(have, n)
	v.replacePair(n)
	if isDecided(text) {
		v.replaceDecided(key, text)
	}
	if len(have) >= maxHomes {
		for _, k := range have {
			v.replacePair(k)
		}
	}
	if m, ok := macOf(text); ok {
		v.keyOfMAC[macKey(m, 0)] = key
		if i := v.byMAC[macKey(m, 0)]; i != 0 {
			v.replace(coreOf(i))
		}
	}
}

// replaceDecided queues all that a person's decision, or what takes it back, is about.
func (v *Inventory) replaceDecided(key word, text string) {
	for _, k := range [...]word{key, v.words.find(opposite(text)), v.words.find(inverse(text))} {
		for _, n := range v.keys[k] {
			if k != 0 {
				v.replacePair(n)
			}
		}
	}
}

// macOf is the address in a key "mac:…".
func macOf(key string) (frame.MAC, bool) {
	text, ok := strings.CutPrefix(key, "mac:")
	if !ok {
		return frame.MAC{}, false
	}
	m, ok := frame.ParseMAC([]byte(text))
	return m, ok && !m.IsZero() && !m.IsGroup()
}

// place makes devices of the cores in the queue, and of those that belong with them.
func (v *Inventory) place() {
	for len(v.coreQueue) > 0 {
		c := v.coreQueue[len(v.coreQueue)-1]
		v.coreQueue = v.coreQueue[:len(v.coreQueue)-1]
		if v.seat(c).flags&waiting == 0 {
			continue
		}
		members, whole := v.gather(c)
		for _, m := range members {
			v.dissolve(v.seat(m).device)
		}
		members = slices.DeleteFunc(members, func(m core) bool { return !v.stands(m) })
		if len(members) == 1 || !whole {
			for i := range members {
				v.found(members[i : i+1])
			}
			continue
		}
		for _, group := range v.split(members) {
			v.found(group)
		}
	}
}

// gather is the cores that are, or were, connected with c, and whether these
// are all.
func (v *Inventory) gather(c core) (members []core, whole bool) {
	whole = true
	out := v.members[:0]
	add := func(x core) {
		if s := v.seat(x); s.flags&gathered == 0 {
			s.flags = s.flags&^waiting | gathered
			out = append(out, x)
		}
	}
	add(c)
	for i := 0; i < len(out); i++ {
		if d := v.seat(out[i]).device; d != 0 {
			for x := v.devices[d].head; x != 0; x = v.seat(x).next {
				add(x)
			}
		}
		if len(out) > maxMembers {
			whole = false
		}
		if whole && v.stands(out[i]) {
			for _, e := range v.edges(out[i]) {
				add(e.to)
			}
		}
	}
	for _, x := range out {
		v.seat(x).flags &^= gathered
	}
	v.members = out
	return out, whole
}

// split sorts cores into devices: who is connected is one, unless serial
// numbers contradict.
func (v *Inventory) split(members []core) [][]core {
	members = slices.Clone(members)
	slices.SortFunc(members, v.compare)
	group, serials := map[core]int{}, make([][]string, len(members))
	groups, stays := make([][]core, len(members)), make([][]stay, len(members))
	for i, c := range members {
		group[c], groups[i], serials[i] = i, []core{c}, v.serials(c)
		if !c.isAddr() {
			stays[i] = []stay{v.stayOf(c)}
		}
	}
	for _, c := range members {
		for _, e := range v.edges(c) {
			a, b := group[c], group[e.to]
			key := string(v.words.raw(e.key))
			switch {
			case a == b, !isDecided(key) && !agree(serials[a], serials[b]):
				continue
			case strings.HasPrefix(key, rotatesKey) && !inTurn(stays[a], stays[b], gapOf(key)):
				continue
			}
			for _, x := range groups[b] {
				group[x] = a
			}
			groups[a], groups[b] = append(groups[a], groups[b]...), nil
			serials[a], stays[a] = append(serials[a], serials[b]...), append(stays[a], stays[b]...)
		}
	}
	return slices.DeleteFunc(groups, func(g []core) bool { return len(g) == 0 })
}

// serials is the serial numbers that a core states.
func (v *Inventory) serials(c core) (out []string) {
	v.around = v.pairsOf(c, v.around[:0])
	for _, n := range v.around {
		p := v.pair(n)
		if p.flags&stating == 0 {
			continue
		}
		for i := p.claims; i != 0; {
			x := v.claims.at(i)
			if x.attr() == tyto.Serial && x.part() == 0 && v.claims.sources[x.source].confidence >= tyto.Stated {
				out = append(out, strings.ToLower(v.words.text(x.value)))
			}
			i = x.next
		}
	}
	return out
}

// agree reports whether two sets of serial numbers do not contradict.
func agree(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	for _, x := range a {
		if slices.Contains(b, x) {
			return true
		}
	}
	return false
}

// found makes a device of cores.
func (v *Inventory) found(group []core) {
	if len(group) == 0 {
		return
	}
	best := slices.MinFunc(group, v.compare)
	d := place(&v.devices, &v.free)
	x := &v.devices[d]
	*x = device{id: v.id(best)}
	for _, c := range group {
		s := v.seat(c)
		s.device, s.next, x.head = d, x.head, c
	}
	v.byID[x.id] = d
	v.news[x.id] = struct{}{}
}

// dissolve takes a device apart.
func (v *Inventory) dissolve(d uint32) {
	if d == 0 {
		return
	}
	x := &v.devices[d]
	for c := x.head; c != 0; {
		s := v.seat(c)
		c = s.next
		s.device, s.next = 0, 0
	}
	delete(v.byID, x.id)
	v.news[x.id] = struct{}{}
	*x = device{}
	v.free = append(v.free, d)
}
