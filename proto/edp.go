package proto

import (
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Extreme Discovery Protocol of Extreme Networks' switches. There is no
// public specification; read from its messages.
func init() {
	register(Dissector{
		Name:  "edp",
		Where: []Where{SNAP(0x00e02b, 0x00bb)},
		Is:    isEDP,
		Tell:  tellEDP,
	})
}

// edpMost is how many parts of one message are looked at.
const edpMost = 32

func isEDP(m *Message) bool {
	c := m.Read()
	version := c.U8()
	c.Skip(15)
	return version == 1 && !c.Short()
}

var (
	edpVendor = []byte("Extreme Networks")
	edpSwitch = []byte("switch")
)

func tellEDP(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(8)
	kind := c.U16()
	machine := c.MAC()
	s.Op("edp announcement")
	s.Sender(tyto.Vendor, edpVendor, tyto.Stated, "edp")
	s.Sender(tyto.Role, edpSwitch, tyto.Stated, "edp")
	if b := s.Scratch(24); b != nil && kind == 0 && !machine.IsZero() {
		s.Sender(tyto.Identity, machine.Append(phrase.Add(b[:0], "bridge:")), tyto.Stated, "edp.midmac")
	}
	for n := 0; c.Len() >= 4 && n < edpMost; n++ {
		if c.U8() != 0x99 {
			s.Malformed("edp: part without mark")
			return
		}
		kind, v := c.U8(), c.Sub(int(c.U16())-4)
		if v.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("edp: part runs over the end")
			}
			return
		}
		switch kind {
		case 0:
			return
		case 1:
			s.Sender(tyto.Hostname, phrase.Text(phrase.Until(v.Rest(), 0)), tyto.Stated, "edp.display.string")
		case 2:
			v.Skip(12)
			version := v.Bytes(4)
			b := s.Scratch(16)[:0]
			for i, x := range version {
				if i > 0 {
					b = phrase.Add(b, ".")
				}
				b = phrase.Number(b, uint64(x))
			}
			s.Sender(tyto.Firmware, b, tyto.Stated, "edp.info.version")
		}
	}
}
