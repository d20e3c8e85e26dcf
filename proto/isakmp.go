package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Internet Security Association and Key Management Protocol: IKEv1 (RFC
// 2408, 2409), IKEv2 (RFC 7296), also behind NAT (RFC 3948).
func init() {
	register(Dissector{
		Name:  "isakmp",
		Where: []Where{UDP(500), UDP(4500)},
		Is:    isISAKMP,
		Tell:  tellISAKMP,
	})
}

// isakmpMost is how many payloads of one message are looked at.
const isakmpMost = 32

// isakmpHead passes over the mark that sets IKE apart from ESP on port 4500.
func isakmpHead(m *Message) frame.Cursor {
	c := m.Read()
	if (m.Frame.SrcPort == 4500 || m.Frame.DstPort == 4500) && c.Has("\x00\x00\x00\x00") {
		c.U32()
	}
	return c
}

func isISAKMP(m *Message) bool {
	if (m.Frame.SrcPort == 4500 || m.Frame.DstPort == 4500) && m.Memory[0] != 0 {
		return len(m.Body) > 0 // ESP and what keeps NAT open
	}
	c := isakmpHead(m)
	initiator := c.U64()
	c.U64()
	next, version, exchange := c.U8(), c.U8(), c.U8()
	c.U8()
	c.U32()
	n := int(c.U32())
	return !c.Short() && initiator != 0 && (version == 0x10 || version == 0x20) && next <= 60 &&
		(exchange >= 1 && exchange <= 6 || exchange >= 32 && exchange <= 44) && n >= 28 && n <= c.Len()+28+m.Frame.Missing
}

// isakmpVendors are vendor ids that name a product, by how they begin.
var isakmpVendors = [...]struct{ id, name string }{
	{"\x12\xf5\xf2\x8c\x45\x71\x68\xa9\x70\x2d\x9f\xe2\x74\xcc\x01\x00", "Cisco Unity"},
	{"\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61", "Microsoft Windows"},
	{"\xf4\xed\x19\xe0\xc1\x14\xeb\x51\x6f\xaa\xac\x0e\xe3\x7d\xaf\x28\x07\xb4\x38\x1f", "Check Point"},
	{"\x1d\x6e\x17\x8f\x6c\x2c\x0b\xe2\x84\x98\x54\x65\x45\x0f\xe9\xd4", "Fortinet FortiGate"},
	{"\x82\x99\x03\x17\x57\xa3\x60\x82\xc6\xa6\x21\xde", "Fortinet FortiGate"},
	{"\x16\x6f\x93\x2d\x55\xeb\x64\xd8\xe4\xdf\x4f\xd3\x7e\x23\x13\xf0\xd0\xfd\x84\x51", "Juniper NetScreen"},
	{"\x88\x2f\xe5\x6d\x6f\xd2\x0d\xbc\x22\x51\x61\x3b\x2e\xbe\x5b\xeb", "strongSwan"},
}

var isakmpRole = []byte("vpn endpoint")

func tellISAKMP(m *Message, s *Sink) {
	if len(m.Body) == 1 {
		s.Op("isakmp keepalive")
		return
	}
	c := isakmpHead(m)
	if c.Len() == len(m.Body) && m.Memory[0] != 0 && (m.Frame.SrcPort == 4500 || m.Frame.DstPort == 4500) {
		s.Op("isakmp esp")
		return
	}
	m.Memory[0] = 1
	c.Skip(16)
	next, version, exchange, flags := c.U8(), c.U8(), c.U8(), c.U8()
	c.Skip(8)
	s.Op(isakmpOp(exchange))
	s.Sender(tyto.Role, isakmpRole, tyto.Shown, "isakmp.exchangetype")
	if version == 0x10 && flags&1 != 0 || next == 46 || next == 53 { // encrypted from here on
		return
	}
	for n := 0; next != 0 && next != 46 && c.Len() >= 4 && n < isakmpMost; n++ {
		kind := next
		next = c.U8()
		c.U8()
		v := c.Bytes(int(c.U16()) - 4)
		if c.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("isakmp: payload runs over the end")
			}
			return
		}
		if kind == 13 || kind == 43 {
			isakmpVendor(s, v)
		}
	}
}

// isakmpVendor tells a vendor id: what it says if it is text, the product if it is known.
func isakmpVendor(s *Sink, v []byte) {
	for i := range isakmpVendors {
		x := &isakmpVendors[i]
		if len(v) >= len(x.id) && string(v[:len(x.id)]) == x.id {
			s.Sender(tyto.Clue, phrase.Add(s.Scratch(len(x.name))[:0], x.name), tyto.Stated, "isakmp.vid_string")
			return
		}
	}
	if text := phrase.Text(v); len(text) >= 6 && text[0] < 0x7f {
		ascii := true
		for _, x := range text {
			ascii = ascii && x < 0x7f
		}
		if ascii {
			s.Sender(tyto.Clue, text, tyto.Stated, "isakmp.vid_string")
			return
		}
	}
	if b := s.Scratch(2 * min(len(v), 32)); b != nil {
		s.Sender(tyto.Clue, phrase.Hex(b[:0], v), tyto.Stated, "isakmp.vid_bytes")
	}
}

func isakmpOp(exchange byte) string {
	switch exchange {
	case 2:
		return "isakmp main mode"
	case 4:
		return "isakmp aggressive mode" // gives away a digest of the shared secret
	case 5:
		return "isakmp informational"
	case 32:
		return "isakmp quick mode"
	case 34:
		return "ike init"
	case 35:
		return "ike auth"
	case 36:
		return "ike child"
	case 37:
		return "ike informational"
	}
	return "isakmp other"
}
