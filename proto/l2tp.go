package proto

import (
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Layer Two Tunneling Protocol, RFC 2661.
func init() {
	register(Dissector{
		Name:  "l2tp",
		Where: []Where{UDP(1701)},
		Is:    isL2TP,
		Tell:  tellL2TP,
	})
}

// l2tpMost is how many attributes of one message are looked at.
const l2tpMost = 48

func isL2TP(m *Message) bool {
	c := m.Read()
	flags := c.U16()
	if c.Short() || flags&0x000f != 2 || flags&0x34f0 != 0 {
		return false
	}
	if flags&0x8000 == 0 {
		return len(m.Body) >= 8
	}
	n := int(c.U16())
	return flags&0xc800 == 0xc800 && n >= 12 && n <= len(m.Body)+m.Frame.Missing
}

var l2tpFields = [...]struct {
	attr  tyto.Attr
	field string
}{7: {tyto.Hostname, "l2tp.avp.host_name"}, 8: {tyto.Clue, "l2tp.avp.vendor_name"}}

var l2tpRole = []byte("vpn endpoint")

func tellL2TP(m *Message, s *Sink) {
	c := m.Read()
	if flags := c.U16(); flags&0x8000 == 0 {
		s.Op("l2tp data")
		return
	}
	s.Op("l2tp control")
	c.Skip(10)
	s.Sender(tyto.Role, l2tpRole, tyto.Shown, "l2tp.type")
	for n := 0; c.Len() >= 6 && n < l2tpMost; n++ {
		head := c.U16()
		vendor, kind := c.U16(), c.U16()
		v := c.Bytes(int(head&0x3ff) - 6)
		if c.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("l2tp: attribute runs over the end")
			}
			return
		}
		if vendor == 0 && head&0x4000 == 0 && int(kind) < len(l2tpFields) && l2tpFields[kind].field != "" {
			s.Sender(l2tpFields[kind].attr, phrase.Text(v), tyto.Stated, l2tpFields[kind].field)
		}
	}
}
