package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// MRP, the media redundancy protocol of rings (IEC 62439-2).
func init() {
	register(Dissector{
		Name: "pn_mrp", Industrial: true,
		Where: []Where{EtherType(0x88e3)},
		Is:    isMRP, Tell: tellMRP,
	})
}

// Types of blocks (clause 8.1).
const (
	mrpEnd      = 0
	mrpTest     = 2
	mrpTopology = 3
	mrpLinkDown = 4
	mrpLinkUp   = 5

	mrpStateShift = 8 // in Memory[3]: what was told of the ring, plus one
)

var (
	mrpManager = []byte("mrp manager")
	mrpClient  = []byte("mrp client")
	mrpRings   = [...][]byte{[]byte("ring open"), []byte("ring closed")}
)

func isMRP(m *Message) bool {
	c := m.Read()
	version, kind, n := c.U16(), c.U8(), c.U8()
	return version == 1 && (kind <= 7 || kind == 0x7f) && int(n) <= c.Len()+m.Frame.Missing
}

func tellMRP(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(2)
	for range 8 {
		kind := c.U8()
		block := c.Sub(int(c.U8()))
		if c.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("pn_mrp: length of a block")
			}
			return
		}
		switch kind {
		case mrpEnd:
			return
		case 1:
			block.Skip(2)
			if m.Memory[3]&(1<<4) == 0 {
				m.Memory[3] |= 1 << 4
				s.Hex(tyto.Clue, block.Bytes(16), tyto.Stated, "pn_mrp.domain_uuid")
			}
		case mrpTest:
			s.Op("pn_mrp test")
			tellMRPTest(m, s, &block)
		case mrpTopology:
			s.Op("pn_mrp topology change")
		case mrpLinkDown, mrpLinkUp:
			s.Asks(m, mrpClient, "pn_mrp.type")
			if kind == mrpLinkDown {
				s.Op("pn_mrp link down")
			} else {
				s.Op("pn_mrp link up")
			}
		}
	}
}

// tellMRPTest tells who manages the ring, and whether that is whole, when it changes.
func tellMRPTest(m *Message, s *Sink, c *frame.Cursor) {
	c.Skip(2 + 6 + 2)
	state := uint64(c.U16())
	if c.Short() || state >= uint64(len(mrpRings)) {
		s.Malformed("pn_mrp: test of the ring")
		return
	}
	s.Serves(m, mrpManager, "pn_mrp", "pn_mrp.type")
	if m.Memory[3]>>mrpStateShift&3 != state+1 {
		m.Memory[3] = m.Memory[3]&^(3<<mrpStateShift) | (state+1)<<mrpStateShift
		s.Sender(tyto.Clue, mrpRings[state], tyto.Stated, "pn_mrp.ring_state")
	}
}
