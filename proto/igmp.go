package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// The Internet Group Management Protocol: RFC 1112, 2236, 3376. Which groups a
// host listens to says what it can do, even if it is silent otherwise.
func init() {
	register(Dissector{
		Name:  "igmp",
		Where: []Where{IP(frame.IGMP)},
		Is:    isIGMP,
		Tell:  tellIGMP,
	})
}

// igmpMost is how many groups of one report are told.
const igmpMost = 32

func isIGMP(m *Message) bool {
	return len(m.Body) >= 4 && m.Frame.Flags&frame.IPv4 != 0
}

var igmpQuerier = []byte("multicast querier")

func tellIGMP(m *Message, s *Sink) {
	c := m.Read()
	kind := c.U8()
	c.Skip(3)
	switch kind {
	case 0x11:
		s.Op("igmp query")
		if !m.Frame.Src.IsUnspecified() { // switches ask as nobody, to learn without being elected
			s.Sender(tyto.Role, igmpQuerier, tyto.Shown, "igmp.type")
		}
	case 0x12, 0x16:
		s.Op("igmp report")
		igmpJoined(s, c.IPv4())
	case 0x17:
		s.Op("igmp leave")
		c.IPv4()
	case 0x22:
		s.Op("igmp report")
		igmpGroups(s, &c)
	case 0x13:
		s.Op("igmp dvmrp")
		s.Sender(tyto.Role, igmpRouter, tyto.Shown, "igmp.type")
		return
	default:
		s.Op("igmp other")
		return
	}
	if c.Short() && m.Frame.Missing == 0 {
		s.Malformed("igmp: message ends early")
	}
}

var igmpRouter = []byte("router")

// igmpGroups reads the records of a report of version 3 (RFC 3376 section 4.2).
func igmpGroups(s *Sink, c *frame.Cursor) {
	c.U16()
	for n := min(int(c.U16()), igmpMost); n > 0 && !c.Short(); n-- {
		kind, aux, sources := c.U8(), int(c.U8()), int(c.U16())
		group := c.IPv4()
		c.Skip(4*sources + 4*aux)
		if c.Short() || sources == 0 && (kind == 1 || kind == 3 || kind == 6) { // to include nobody is to leave
			continue
		}
		igmpJoined(s, group)
	}
}

func igmpJoined(s *Sink, group frame.Addr) {
	if b := s.Scratch(15); b != nil && group.IsMulticast() {
		s.Sender(tyto.Clue, group.Append(b[:0]), tyto.Stated, "igmp.maddr")
	}
}
