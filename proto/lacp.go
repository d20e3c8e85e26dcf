package proto

import (
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Link Aggregation Control Protocol, IEEE 802.1AX-2020 section 6.4: links
// of a switch or server that are one.
func init() {
	register(Dissector{
		Name:  "lacp",
		Where: []Where{EtherType(0x8809)},
		Is:    isLACP,
		Tell:  tellLACP,
	})
}

func isLACP(m *Message) bool {
	c := m.Read()
	return c.U8() == 1 && c.U8() >= 1 && c.U8() == 1 && c.U8() == 20 && !c.Short()
}

func tellLACP(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(4)
	priority, system, key := c.U16(), c.MAC(), c.U16()
	c.U16()
	port := c.U16()
	c.Skip(4)
	partner := c.U8() == 2 && c.U8() == 20
	c.U16()
	other := c.MAC()
	if c.Short() {
		if m.Frame.Missing == 0 {
			s.Malformed("lacp: message ends early")
		}
		return
	}
	s.Op("lacp")
	if b := s.Scratch(24); b != nil && !system.IsZero() && !system.IsGroup() {
		id := system.Append(phrase.Add(b[:0], "lacp:"))
		s.Sender(tyto.Identity, id, tyto.Stated, "lacp.actor.sysid")
		s.Sender(tyto.Clue, id[len("lacp:"):], tyto.Stated, "lacp.actor.sysid")
	}
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(5)[:0], uint64(priority)), tyto.Stated, "lacp.actor.sys_priority")
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(5)[:0], uint64(key)), tyto.Stated, "lacp.actor.key")
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(5)[:0], uint64(port)), tyto.Stated, "lacp.actor.port")
	if partner && !other.IsZero() {
		s.Sender(tyto.Clue, other.Append(s.Scratch(17)[:0]), tyto.Stated, "lacp.partner.sysid")
	}
}
