package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// STUN, RFC 8489, and TURN, RFC 8656: how a host behind NAT learns its address.
func init() {
	register(Dissector{
		Name:     "stun",
		Where:    []Where{UDP(3478), TCP(3478), UDP(19302)},
		Anywhere: true, First: "\x00\x01", Shared: true,
		Is: isSTUN, Split: splitSTUN, Tell: tellSTUN,
	})
}

const (
	stunCookie = 0x2112a442
	stunMost   = 32 // attributes of one message that are looked at
)

func isSTUN(m *Message) bool {
	c := m.Read()
	kind, n, cookie := c.U16(), int(c.U16()), c.U32()
	c.Skip(12)
	if c.Short() || kind >= 0x4000 || n%4 != 0 {
		return false
	}
	return cookie == stunCookie || m.Frame.Proto != frame.TCP && n == c.Len() && stunClassic(kind, c)
}

// stunClassic reports whether a message without cookie is one of RFC 3489: all
// of its attributes are those, and fill it.
func stunClassic(kind uint16, c frame.Cursor) bool {
	if kind != 0x0001 && kind != 0x0101 && kind != 0x0111 || c.Len() == 0 {
		return false
	}
	for c.Len() > 0 {
		attr, n := c.U16(), int(c.U16())
		if c.Skip(n); c.Short() || attr == 0 || attr > 0x000b && attr != 0x8020 && attr != 0x8022 || n%4 != 0 || n == 0 {
			return false
		}
	}
	return true
}

func splitSTUN(m *Message) int {
	c := m.Read()
	first := c.U16()
	n := int(c.U16())
	switch {
	case c.Len() < 4 && !c.Short() || c.Short():
		return 0
	case first>>14 == 1: // data in a channel of TURN
		return 4 + (n+3)&^3
	case c.U32() != stunCookie:
		return -1
	}
	return 20 + n
}

func tellSTUN(m *Message, s *Sink) {
	c := m.Read()
	kind, n := c.U16(), int(c.U16())
	if kind>>14 == 1 {
		s.Op("stun channel data")
		return
	}
	s.Op(stunOp(kind))
	c.Skip(16)
	if n > c.Len()+m.Frame.Missing && !m.Cut {
		s.Malformed("stun: message ends early")
		return
	}
	for i := 0; c.Len() >= 4 && i < stunMost; i++ {
		attr, v := c.U16(), c.Sub(int(c.U16()))
		if v.Short() {
			if m.Frame.Missing == 0 && !m.Cut {
				s.Malformed("stun: attribute runs over the end")
			}
			return
		}
		if attr == 0x8022 {
			s.Sender(tyto.Clue, phrase.Text(v.Rest()), tyto.Stated, "stun.att.software")
		}
		c.Skip(min(-v.Len()&3, c.Len()))
	}
	if kind&0x0110 == 0x0100 && m.Frame.SrcPort == 3478 {
		s.Sender(tyto.Role, stunServer, tyto.Shown, "stun.type")
	}
}

var stunServer = []byte("stun server")

// stunOp names class and method (RFC 8489 section 5).
func stunOp(kind uint16) string {
	method := kind&0xf | kind&0xe0>>1 | kind&0x3e00>>2
	switch {
	case method == 1 && kind&0x0110 == 0x0000:
		return "stun binding request"
	case method == 1 && kind&0x0110 == 0x0100:
		return "stun binding answer"
	case kind&0x0110 == 0x0110:
		return "stun error"
	case kind&0x0110 == 0x0010:
		return "stun indication"
	case method == 3:
		return "turn allocate"
	}
	return "turn other"
}
