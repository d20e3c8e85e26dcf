package inventory

import (
	"tyto/frame"
	"tyto/tyto"
)

// Learn takes an observation or a conversation; other events are ignored. It
// keeps nothing of e. It is false if the event is of a stranger for whom there
// is no room.
func (v *Inventory) Learn(e *tyto.Event) bool {
	if v.turnsAway(e) {
		return false
	}
	if v.subjects() >= v.config.MaxSubjects {
		v.makeRoom()
	}
	at := nanos(e.Time)
	switch {
	case e.Observation != nil:
		v.observe(e.Observation, at)
	case e.Conversation != nil:
		v.converse(e.Conversation)
	}
	return true
}

func (v *Inventory) observe(o *tyto.Observation, at int64) {
	if o.Attr == tyto.NoAttr || o.Value == "" {
		return
	}
	m, a := endpoint(&o.Subject)
	if o.Attr == tyto.Address {
		v.observeAddress(o, m, a, at)
		return
	}
	speaks := namesItself(o)
	n := v.pairOf(m, a, o.Subject.VLAN, o.Confidence >= tyto.Confirmed || speaks && !m.IsZero())
	if n == 0 {
		return
	}
	switch {
	case o.Confidence >= tyto.Confirmed:
		v.exists(n, exists|named)
		v.allege(n)
	case o.Attr == tyto.Clue && o.Evidence.Field == "eth.src", o.Subject.Addr == frame.V4(0, 0, 0, 0):
		v.use(n, sent, at, lastSaid(o, at)) // only who has no address yet sends from 0.0.0.0
	case speaks && v.pair(n).host != 0:
		v.says(v.pair(n).host)
	}
	switch fresh := v.tell(n, o, at); {
	case fresh:
		v.consequences(n, o)
		v.rotates(n, o)
		if o.Subject.Part == 0 {
			v.relate(n, o.Attr, o.Confidence, o.Evidence.Field, o.Value)
		}
	case o.Confidence >= tyto.Confirmed: // decided again, perhaps after it was taken back
		v.touch(n)
		if o.Attr == tyto.Identity {
			v.consequences(n, o)
		}
	}
}

// lastSaid is what an observation made at a moment tells of when the fact was said
// last: the span that the moment is in, except of what people decide and of states,
// where it is the order that counts.
func lastSaid(o *tyto.Observation, at int64) int64 {
	if o.Confidence >= tyto.Confirmed || o.Attr.IsState() {
		return at
	}
	return o.Subject.Turn(at)
}

// namesItself reports whether an observation is a statement of what the
// subject is, as devices make it and ordinary servers do not.
func namesItself(o *tyto.Observation) bool {
	switch o.Attr {
	case tyto.Model, tyto.ModelNumber, tyto.Hardware, tyto.Firmware, tyto.Serial, tyto.PartModel, tyto.PartSerial:
		return o.Confidence >= tyto.Stated
	}
	return false
}

// says notes that a host said what it is.
func (v *Inventory) says(n uint32) {
	if h := &v.hosts[n]; h.flags&selfNamed == 0 {
		h.flags |= selfNamed
		v.replace(coreOfAddr(n))
	}
}

// allege notes that somebody who knows says that a pair belongs together.
func (v *Inventory) allege(n uint32) {
	if p := v.pair(n); p.flags&alleged == 0 {
		p.flags |= alleged
		v.undecided(p)
	}
}

// endpoint is a subject's addresses without those that are nobody's.
func endpoint(s *tyto.Subject) (frame.MAC, frame.Addr) {
	m, a := s.MAC, s.Addr
	if m.IsGroup() {
		m = frame.MAC{}
	}
	if reachOf(a) == nowhere {
		a = frame.Addr{}
	}
	return m, a
}

// observeAddress learns that a subject has, or sent from, an address.
func (v *Inventory) observeAddress(o *tyto.Observation, m frame.MAC, a frame.Addr, at int64) {
	var said frame.Addr
	if said.UnmarshalText([]byte(o.Value)) != nil || reachOf(said) == nowhere {
		return
	}
	if m.IsZero() && a != said && !a.IsZero() {
		return // a host behind a router that tells of another address of its
	}
	proof := o.Confidence >= tyto.Stated && !m.IsZero()
	n := v.pairOf(m, said, o.Subject.VLAN, proof)
	if n == 0 {
		if !m.IsZero() && o.Confidence < tyto.Inferred {
			v.passesOn(m, o.Subject.VLAN, at, lastSaid(o, at))
		}
		return
	}
	how := alleged
	switch {
	case proof && o.Evidence.Protocol == "dhcp":
		how = proved | leased
	case proof:
		how = proved
	case o.Confidence < tyto.Inferred:
		how = sent
	}
	v.use(n, how, at, lastSaid(o, at))
	if v.hosts[v.pair(n).host].reach != internet || proof {
		v.tell(n, o, at)
	}
}

// passesOn notes that an interface sent for one more internet host than are
// kept of it, and is its own pair.
func (v *Inventory) passesOn(m frame.MAC, vlan uint16, first, last int64) uint32 {
	n := v.pairOf(m, frame.Addr{}, vlan, false)
	v.use(n, sent, first, last)
	v.markRouter(v.pair(n).iface, sendsMany)
	return n
}

// pairOf is the pair of an endpoint, made if it is new; 0 if there is none to
// be had: nobody, an internet host of which nothing needs to be known, or no
// room. An interface keeps a few of the internet addresses that it sends for,
// in case they prove to be of the link; of an internet address alone only
// what is confirmed is kept.
func (v *Inventory) pairOf(m frame.MAC, a frame.Addr, vlan uint16, proof bool) uint32 {
	var i, h uint32
	if !m.IsZero() {
		i = v.iface(m, vlan)
	}
	if !a.IsZero() {
		h = v.byAddr[a]
	} else if i == 0 {
		return 0
	}
	far := reachOf(a) == internet && !proof
	if far && i == 0 {
		return 0
	}
	if n := v.both(i, h); n != 0 && (h != 0 || a.IsZero()) {
		return n
	}
	if a.IsZero() {
		return v.addPair(i, 0)
	}
	switch {
	case far && v.ifaces[i].far >= maxFar:
		return 0
	case far:
		v.ifaces[i].far++
	case h != 0 && reachOf(a) != internet && v.hosts[h].n >= maxPairs, proof && i != 0 && v.ifaces[i].own >= maxOwn:
		v.refused++
		return 0
	}
	return v.addPair(i, v.host(a))
}

// use notes that a pair was in use, and in what way that is known.
func (v *Inventory) use(n uint32, how pairFlags, first, last int64) {
	p := v.pair(n)
	was, moved := p.flags, false
	how |= used
	fresh := was&how != how
	if was&used == 0 || first < p.first {
		p.first, moved = first, true
	}
	if was&used == 0 || last > p.last {
		p.last, moved = last, true
		v.sighted(n, p)
	}
	if fresh {
		p.flags |= how
		v.count(p, was)
		if how&alleged == 0 {
			v.exists(n, exists)
		}
		v.replace(coreOfAddr(p.host))
		v.touch(n)
	}
	if fresh || moved && v.contested(p) {
		v.undecided(p)
	}
	if moved && p.iface != 0 && v.ifaces[p.iface].flags&rotating != 0 {
		v.replace(coreOf(p.iface)) // in turn, or at one time with others
	}
}

// contested reports whether the times of a pair's use matter for who has which address.
func (v *Inventory) contested(p *pair) bool {
	if p.host != 0 && v.hosts[p.host].n > 1 {
		return true
	}
	i := &v.ifaces[p.iface]
	return i.flags&router == 0 && i.near4 > 0 && i.near4+i.own4 > 1
}

// count keeps the interface's numbers of addresses that it sends for
// unproved, and learns from what is new about a pair.
func (v *Inventory) count(p *pair, was pairFlags) {
	if p.iface == 0 || p.host == 0 {
		return
	}
	i, h := &v.ifaces[p.iface], &v.hosts[p.host]
	before, after := was&(sent|proved) == sent, p.flags&(sent|proved) == sent
	if c := i.counter(h, v.near(h)); c != nil && before != after {
		if after {
			*c++
		} else {
			*c--
		}
		if *c <= maxForwards {
			v.replace(coreOf(p.iface)) // its role, and what is told of whom it sends for
		}
	}
	news := p.flags &^ was
	if news&proved != 0 {
		i.own++
		if h.addr.Is4() && h.reach != link {
			i.own4++
		}
	}
	if h.reach == internet && (news&proved != 0 || news&sent != 0 && isEUI64(h.addr, i.mac())) {
		v.addNet(netOf(h.addr))
	}
	if h.flags&roleSays != 0 && (news&proved != 0 || h.reach == link && news&sent != 0) {
		v.markRouter(p.iface, roleSays)
	}
}

// counter is where an address counts that an interface sends for; nil if it
// is its own for sure.
func (i *iface) counter(h *host, near bool) *uint32 {
	switch {
	case h.reach == link || isEUI64(h.addr, i.mac()):
		return nil
	case !near && h.addr.Is4():
		return &i.foreign4
	case !near:
		return &i.foreign6
	case h.addr.Is4():
		return &i.near4
	}
	return &i.near6
}

// exists notes what is known of a pair's interface and address being there.
func (v *Inventory) exists(n uint32, how seatFlags) {
	p := v.pair(n)
	for _, c := range [...]core{coreOf(p.iface), coreOfAddr(p.host)} {
		if c.n() == 0 {
			continue
		}
		if s := v.seat(c); s.flags&how != how {
			fresh := s.flags&exists == 0
			s.flags |= how
			v.replace(c)
			switch {
			case !fresh:
			case !c.isAddr():
				v.requeueAlleged(c.n())
			case v.hosts[c.n()].reach == inside:
				v.settleDown()
			}
		}
	}
}

// requeueAlleged queues the addresses that others say an interface has: now it is there.
func (v *Inventory) requeueAlleged(i uint32) {
	for n := v.ifaces[i].pairs; n != 0; {
		p := v.pair(n)
		if p.flags&alleged != 0 {
			v.queueHost(p.host, p)
		}
		n = p.nextOfIface
	}
}

// tell adds a claim to a pair, and reports whether it is new.
func (v *Inventory) tell(n uint32, o *tyto.Observation, at int64) bool {
	what := uint64(o.Subject.Part)<<8 | uint64(o.Attr)
	return v.claimOf(n, what, v.words.add(o.Value), v.claims.source(&o.Evidence, o.Confidence), o.Evidence.Packet, at, lastSaid(o, at))
}

// consequences is what a new claim means for who is who.
func (v *Inventory) consequences(n uint32, o *tyto.Observation) {
	p := v.pair(n)
	switch o.Attr {
	case tyto.Identity:
		if o.Confidence >= tyto.Shown && o.Subject.Part == 0 {
			p.flags |= stating
			v.learnKey(n, v.words.find(o.Value), o.Value)
		}
	case tyto.Serial:
		if o.Confidence >= tyto.Stated && o.Subject.Part == 0 {
			p.flags |= stating
			v.replacePair(n)
		}
	case tyto.Role:
		if o.Value == "router" && o.Confidence >= tyto.Shown {
			v.saysRouter(p)
		}
	case tyto.Forwards:
		v.saysRouter(p)
	case tyto.Virtual:
		if p.host != 0 && p.iface == 0 || p.iface != 0 && v.ifaces[p.iface].flags&shared != 0 {
			p.flags |= vip
			v.replacePair(n)
		}
	}
}

// saysRouter notes that a pair is said to be a router. If only its address is
// known, the interface follows when it is proved.
func (v *Inventory) saysRouter(p *pair) {
	if p.host != 0 {
		h := &v.hosts[p.host]
		h.flags |= roleSays
		for n := h.pairs; n != 0; {
			q := v.pair(n)
			if q.iface != 0 && (q == p || q.flags&proved != 0 || h.reach == link && q.flags&sent != 0) {
				v.markRouter(q.iface, roleSays)
			}
			n = q.nextOfHost
		}
		return
	}
	v.markRouter(p.iface, roleSays)
}
