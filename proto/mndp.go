package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The MikroTik Neighbor Discovery Protocol: RouterOS devices say every minute
// who they are. There is no public specification; read from its messages.
func init() {
	register(Dissector{
		Name:  "mndp",
		Where: []Where{UDP(5678)},
		Is:    isMNDP,
		Tell:  tellMNDP,
	})
}

// mndpMost is how many fields of one message are looked at.
const mndpMost = 32

func isMNDP(m *Message) bool {
	c := m.Read()
	c.U16()
	c.U16()
	if c.Len() == 0 && !c.Short() {
		return string(m.Body) == "\x00\x00\x00\x00" // asks all to say who they are
	}
	kind, n := c.U16(), int(c.U16())
	return !c.Short() && kind >= 1 && kind <= 17 && n > 0 && n <= c.Len()+m.Frame.Missing && (kind != 1 || n == 6)
}

// A mndpField is what a field says.
type mndpField struct {
	attr  tyto.Attr
	field string
}

var mndpFields = [...]mndpField{
	5:  {tyto.Hostname, "mndp.identity"},
	7:  {tyto.Firmware, "mndp.version"},
	8:  {tyto.Vendor, "mndp.platform"},
	11: {tyto.Clue, "mndp.softwareid"},
	12: {tyto.Model, "mndp.board"},
	16: {tyto.Clue, "mndp.interfacename"},
}

func tellMNDP(m *Message, s *Sink) {
	c := m.Read()
	c.U32()
	if c.Len() == 0 {
		s.Op("mndp request")
		return
	}
	s.Op("mndp announcement")
	var mac frame.MAC
	for n := 0; c.Len() >= 4 && n < mndpMost; n++ {
		kind, v := c.U16(), c.Sub(int(c.U16()))
		if v.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("mndp: field runs over the end")
			}
			return
		}
		switch kind {
		case 1:
			mac = v.MAC()
			s.Sender(tyto.Clue, mac.Append(s.Scratch(17)[:0]), tyto.Stated, "mndp.mac")
		case 15:
			mndpAddress(s, mac, v.IPv6(), "mndp.ipv6address")
		case 17:
			mndpAddress(s, mac, v.IPv4(), "mndp.ipv4address")
		default:
			mndpSays(s, kind, v.Rest())
		}
	}
}

// mndpSays tells a field that is text. The software id belongs to one licence.
func mndpSays(s *Sink, kind uint16, value []byte) {
	if int(kind) >= len(mndpFields) || mndpFields[kind].field == "" {
		return
	}
	x := mndpFields[kind]
	value = phrase.Text(value)
	s.Sender(x.attr, value, tyto.Stated, x.field)
	switch {
	case kind == 11 && len(value) >= 8:
		if b := s.Scratch(12 + len(value)); b != nil {
			s.Sender(tyto.Identity, phrase.Join(phrase.Add(b[:0], "routeros:"), value), tyto.Stated, x.field)
		}
	case kind == 8 && string(value) == "MikroTik":
		s.Sender(tyto.OS, mndpOS, tyto.Shown, x.field)
	}
}

var mndpOS = []byte("RouterOS")

func mndpAddress(s *Sink, mac frame.MAC, a frame.Addr, field string) {
	if mac == s.SenderSubject().MAC {
		s.Has(mac, a, tyto.Stated, field)
	}
}
