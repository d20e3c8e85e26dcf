package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"tyto/frame"
	"tyto/tyto"
)

// What goes when there is no more room. Anybody can make up addresses, as many
// as there are packets, and who only sends a frame or two that nobody answers,
// and says nothing of itself, cannot be told from one who is made up. So these
// strangers go first, half of them at a time, by their ids: as good as chance,
// and always the same, in whatever order they were heard. The half that went
// is turned away from then on, until it says something or is answered, so that
// a flood costs no more than a look at each of its packets. Then the others go
// that say least.

// Of a device without more than strangers' packets and protocols it is held
// that it is one.
const (
	strangerPackets = 100
	// establishedTime is over how long somebody is heard who is more than
	// a flood's.
	establishedTime = int64(30e9)
	// mostShut is when hardly a stranger is let in.
	mostShut = 20
	// freely is how many addresses of an interface are taken whatever it is.
	freely = 8
)

// How much is known of a pair or a device, for what goes first.
const (
	unheard     = iota // it was only sent to, or is of the internet
	stranger           // it sent, and that is all
	speaking           // it says something, or is answered
	established        // and for some time
	identified         // it says who it is
	decidedOn          // by a person, or an agent on it
)

// Shed drops what says least until so many bytes are free, as Bytes counts
// them, and is how many are. Unless it is to drop all, only strangers go.
func (v *Inventory) Shed(bytes int64, all bool) (freed int64) {
	had := v.Bytes()
	for v.settle(); had-v.Bytes() < bytes && v.shut < mostShut; {
		v.shut++
		v.evict(v.subjects(), func(w standing) bool { return w.worth <= stranger && v.isShut(w.id) })
	}
	for all && had-v.Bytes() < bytes && v.subjects() > 0 {
		v.makeRoom()
	}
	return had - v.Bytes()
}

// makeRoom drops an eighth of the subjects, which say least.
func (v *Inventory) makeRoom() {
	v.settle()
	v.evict((v.subjects()+7)/8, func(standing) bool { return true })
}

// standing is what is known of a pair, as part of its device.
type standing struct {
	worth int
	id    uint64 // of the device, or of whom a pair is of
	n     uint32
	first bool // the first pair of its device
}

// evict drops up to most pairs of which it is asked, the least known first.
func (v *Inventory) evict(most int, is func(standing) bool) {
	all := v.standings()
	all = slices.DeleteFunc(all, func(w standing) bool { return !is(w) })
	slices.SortFunc(all, func(a, b standing) int {
		return cmp.Or(cmp.Compare(a.worth, b.worth), cmp.Compare(b.id, a.id), cmp.Compare(a.n, b.n))
	})
	if most = min(most, len(all)); most == 0 {
		return
	}
	for most < len(all) && all[most].id == all[most-1].id { // a device goes whole
		most++
	}
	all = all[:most]
	gone := make([]bool, v.pairs.last+1)
	for _, w := range all {
		gone[w.n] = true
		if w.first && w.worth <= stranger {
			v.strangers++
		}
	}
	v.evicted += uint64(len(all))
	v.drop(gone)
}

// standings is all pairs. What is worth least of a device is worth as much as the
// device: it goes whole.
func (v *Inventory) standings() []standing {
	type sum struct {
		worth    int
		packets  uint64
		protocol word
		seen     bool
	}
	devices := make([]sum, len(v.devices))
	for n := uint32(1); n <= v.pairs.last; n++ {
		p := v.pair(n)
		if !p.held() {
			continue
		}
		d := &devices[v.deviceOf(n)]
		worth, protocol := v.worth(p)
		if d.packets += p.packets; worth == stranger && (d.packets > strangerPackets || protocol != 0 && d.protocol != 0 && protocol != d.protocol) {
			worth = speaking
		}
		d.worth, d.protocol = max(d.worth, worth), max(d.protocol, protocol)
	}
	all := make([]standing, 0, v.pairs.last)
	for n := uint32(1); n <= v.pairs.last; n++ {
		p := v.pair(n)
		if !p.held() {
			continue
		}
		d := v.deviceOf(n)
		if d == 0 {
			all = append(all, standing{worth: unheard, id: v.idOf(p), n: n})
			continue
		}
		w := standing{worth: devices[d].worth, id: v.devices[d].id, n: n, first: !devices[d].seen}
		devices[d].seen = true
		all = append(all, w)
	}
	return all
}

// deviceOf is the device that a pair is of, or that its interface is of, 0 if
// there is none.
func (v *Inventory) deviceOf(n uint32) uint32 {
	if c := v.home(n); c != 0 {
		return v.seat(c).device
	}
	return v.ifaces[v.pair(n).iface].device
}

// worth is how much is known of a pair by itself, and the protocol that it
// speaks.
func (v *Inventory) worth(p *pair) (worth int, protocol word) {
	worth = unheard
	if p.flags&(sent|proved) != 0 {
		worth = stranger
	}
	if p.flags&answered != 0 {
		worth = speaking
	}
	for k := p.claims; k != 0; {
		x := v.claims.at(k)
		if v.isSaid(x) {
			worth = speaking
		} else if x.attr() == tyto.Protocol {
			if protocol != 0 && protocol != x.value {
				worth = max(worth, speaking)
			}
			protocol = x.value
		}
		k = x.next
	}
	switch {
	case v.isNamed(p):
		return decidedOn, protocol
	case p.flags&stating != 0:
		return identified, protocol
	case worth == speaking && v.lastOf(p)-p.first >= establishedTime && p.flags&used != 0:
		return established, protocol
	}
	return worth, protocol
}

// idOf is the id that a pair would have as a device.
func (v *Inventory) idOf(p *pair) uint64 {
	if p.iface != 0 {
		return v.id(coreOf(p.iface))
	}
	return v.id(coreOfAddr(p.host))
}

// isShut reports whether a stranger of an id is turned away.
func (v *Inventory) isShut(id uint64) bool { return id>>(48-v.shut) != 0 }

// reopen lets twice as many strangers in.
func (v *Inventory) reopen() { v.shut = max(v.shut, 1) - 1 }

// turnsAway reports whether an event tells of a stranger for whom there is no
// room, and counts that.
func (v *Inventory) turnsAway(e *tyto.Event) bool {
	if v.shut == 0 {
		return false
	}
	switch o, c := e.Observation, e.Conversation; {
	case o != nil:
		sighting := o.Attr == tyto.Clue && o.Evidence.Field == sightingField
		if !sighting && o.Attr != tyto.Address || o.Confidence >= tyto.Confirmed {
			return false
		}
		m, a := endpoint(&o.Subject)
		if !v.isStranger(m, a, o.Subject.VLAN) {
			return false
		}
		if sighting || o.Confidence < tyto.Inferred && v.isKnown(m, o.Subject.VLAN) {
			v.strangers++
		}
		return true
	case c != nil && c.Packets[1] == 0 && c.Packets[0] <= strangerPackets:
		m, a := endpoint(&c.Client)
		return v.isStranger(m, a, c.Client.VLAN)
	}
	return false
}

// isStranger reports whether nothing is known of an endpoint, and it is of
// those that are turned away.
func (v *Inventory) isStranger(m frame.MAC, a frame.Addr, vlan uint16) bool {
	switch {
	case a.IsZero() && m.IsZero():
		return false
	case !a.IsZero() && v.byAddr[a] != 0 && (m.IsZero() || v.isKnown(m, vlan)):
		return false
	case m.IsZero():
		return v.isShut(idOfKey(v.zone, a[:]))
	case v.isKnown(m, vlan):
		i := &v.ifaces[v.byMAC[macKey(m, vlan)]]
		return !a.IsZero() && i.near4+i.near6+i.own > freely && v.isShut(idOfKey(v.zone, a[:]))
	}
	return v.isShut(idOfKey(v.zone, binary.BigEndian.AppendUint64(nil, macKey(m, vlan))))
}

func (v *Inventory) isKnown(m frame.MAC, vlan uint16) bool {
	return !m.IsZero() && v.byMAC[macKey(m, vlan)] != 0
}

// idOfKey is the id of an interface or address; see id.
func idOfKey(zone string, key []byte) uint64 {
	var b [96]byte
	sum := sha256.Sum256(append(append(append(b[:0], zone...), 0), key...))
	return binary.BigEndian.Uint64(sum[:8]) >> 16
}
