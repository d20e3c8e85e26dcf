package sensor

import (
	"sync/atomic"

	"tyto/flow"
	"tyto/frame"
)

// When packets come faster than they can be looked into, the least is given
// up first, so that the kernel does not drop whatever comes: then even who is
// there would be missed. Counting, and the protocols by which devices make
// themselves known, are never given up.

// A level is how much is given up.
type level uint32

const (
	nothing level = iota
	bulk          // the contents of conversations that have said much already
	unknown       // and of those that only begin
)

// bulkPackets is from how many packets on a conversation has said much: what
// it tells of its ends it has told, as nearly all do in the first twenty.
const bulkPackets = 200

// pressure decides the level: the reader tells it how it fares.
type pressure struct {
	level atomic.Uint32
	late  int // times in a row that the reader had to wait for the workers
	calm  int // times in a row that it had not
}

// How often in a row makes the level rise, and fall: quickly and slowly, as
// the ring of an interface holds a second of traffic and not more.
const (
	latePatience = 8
	calmPatience = 500
)

// waited tells whether the reader had to wait for the workers.
func (p *pressure) waited(so bool) {
	now := level(p.level.Load())
	if so {
		p.late, p.calm = p.late+1, 0
	} else {
		p.late, p.calm = 0, p.calm+1
	}
	switch {
	case p.late >= latePatience && now < unknown:
		p.level.Store(uint32(now + 1))
		p.late = 0
	case p.calm >= calmPatience && now > nothing:
		p.level.Store(uint32(now - 1))
		p.calm = 0
	}
}

// sheds reports whether the contents of a frame are to be given up, and gives
// up those of the rest of its conversation.
func (w *worker) sheds(f *frame.Frame, c *flow.Conversation) bool {
	if w.level == nothing || f.Flags&frame.Ports == 0 || makesKnown(f) {
		return false
	}
	switch {
	case c.Packets() >= bulkPackets:
		w.counters.ShedBulk++
	case w.level >= unknown && c.Dissects == 0:
		w.counters.ShedNew++
	default:
		return false
	}
	w.feeder.Kill(&c.Streams[0])
	w.feeder.Kill(&c.Streams[1])
	c.Flags |= flow.Done
	return true
}

// makesKnown reports whether a frame may be of a protocol by which devices
// make themselves known: to a group, or one of few ports.
func makesKnown(f *frame.Frame) bool {
	if f.DstMAC.IsGroup() || f.Dst.IsMulticast() {
		return true
	}
	if f.Proto != frame.UDP {
		return false
	}
	return known[f.SrcPort] || known[f.DstPort]
}

// known is the ports of DNS, DHCP, NetBIOS, SNMP, SSDP, WS-Discovery, mDNS,
// LLMNR, PROFINET, EtherNet/IP and BACnet, over UDP.
var known = map[uint16]bool{53: true, 67: true, 68: true, 137: true, 138: true, 161: true, 546: true, 547: true, 1900: true, 3702: true,
	5353: true, 5355: true, 34964: true, 44818: true, 47808: true}
