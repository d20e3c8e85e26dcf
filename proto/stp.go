package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The spanning tree protocols: STP and RSTP (IEEE 802.1D-2004 section 9), MSTP
// (IEEE 802.1Q-2022 section 14), and Cisco's PVST+, which carries the same in SNAP.
func init() {
	register(Dissector{
		Name:  "stp",
		Where: []Where{LLC(0x42), SNAP(0x00000c, 0x010b)},
		Is:    isSTP,
		Tell:  tellSTP,
	})
}

// Types of BPDUs.
const (
	stpConfig = 0x00
	stpChange = 0x80
	stpRapid  = 0x02
)

func isSTP(m *Message) bool {
	c := m.Read()
	protocol, version, kind := c.U16(), c.U8(), c.U8()
	return !c.Short() && protocol == 0 && version <= 4 && (kind == stpConfig || kind == stpChange || kind == stpRapid)
}

var stpSwitch = []byte("switch")

func tellSTP(m *Message, s *Sink) {
	c := m.Read()
	c.U16()
	version, kind := c.U8(), c.U8()
	s.Sender(tyto.Role, stpSwitch, tyto.Stated, "stp.type")
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(3)[:0], uint64(version)), tyto.Stated, "stp.version")
	if kind == stpChange {
		s.Op("stp topology change notification")
		return
	}
	flags := c.U8()
	rootPriority, root, cost := c.U16(), c.MAC(), c.U32()
	c.U16()
	bridge, port := c.MAC(), c.U16()
	c.Skip(8)
	if c.Short() {
		if m.Frame.Missing == 0 {
			s.Malformed("stp: BPDU ends early")
		}
		return
	}
	s.Op(stpOp(version, flags))
	if version < 3 {
		stpBridge(s, bridge, "stp.bridge.hw")
	} else { // that bridge is the root of the region
		stpRegion(s, &c)
	}
	s.Sender(tyto.Clue, root.Append(s.Scratch(17)[:0]), tyto.Stated, "stp.root.hw")
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(5)[:0], uint64(rootPriority>>12)<<12), tyto.Stated, "stp.root.prio")
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(10)[:0], uint64(cost)), tyto.Stated, "stp.root.cost")
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(5)[:0], uint64(port)), tyto.Stated, "stp.port")
}

// stpBridge tells the bridge that the port which sent this is of: its ports
// have addresses of their own, but say the same.
func stpBridge(s *Sink, bridge frame.MAC, field string) {
	b := s.Scratch(24)
	if b == nil || bridge.IsZero() || bridge.IsGroup() {
		return
	}
	id := bridge.Append(phrase.Add(b[:0], "bridge:"))
	s.Sender(tyto.Identity, id, tyto.Stated, field)
	s.Sender(tyto.Clue, id[len("bridge:"):], tyto.Stated, field)
}

// stpRegion tells the name of an MST region and the bridge itself (IEEE 802.1Q section 14.4).
func stpRegion(s *Sink, c *frame.Cursor) {
	c.Skip(4)
	s.Sender(tyto.Clue, phrase.Text(phrase.Until(c.Bytes(32), 0)), tyto.Stated, "mstp.config_name")
	c.Skip(2 + 16 + 4 + 2)
	if bridge := c.MAC(); !c.Short() {
		stpBridge(s, bridge, "mstp.cist_bridge.hw")
	}
}

func stpOp(version, flags byte) string {
	if flags&1 != 0 {
		return "stp topology change"
	}
	switch version {
	case 0:
		return "stp configuration"
	case 2:
		return "stp rapid"
	}
	return "stp multiple"
}
