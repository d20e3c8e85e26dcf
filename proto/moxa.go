package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// The search protocol of Moxa's serial device servers (NPort) on UDP port
// 4800, as Digital Bond's Redpoint describes it.
func init() {
	register(Dissector{
		Name: "moxa", Industrial: true,
		Where: []Where{UDP(4800)},
		Is:    isMoxa, Tell: tellMoxa,
	})
}

const (
	moxaSearch = 0x01
	moxaAnswer = 0x80 // in the kind of a message
)

var (
	moxaVendor = []byte("Moxa")
	moxaServer = []byte("moxa device server")
)

// isMoxa wants a header of kind, zero and length; answers name an address of Moxa's or carry a text.
func isMoxa(m *Message) bool {
	c := m.Read()
	kind, zero, n := c.U8(), c.U8(), int(c.U16())
	return !c.Short() && zero == 0 && n == len(m.Body) && n >= 8 && kind&^moxaAnswer >= 1 && kind&^moxaAnswer <= 0x5f
}

func tellMoxa(m *Message, s *Sink) {
	c := m.Read()
	kind := c.U8()
	c.Skip(7)
	if kind&moxaAnswer == 0 {
		switch {
		case kind == moxaSearch:
			s.Did(tyto.Identify, "moxa search", nil, "")
		case kind >= 0x10 && kind <= 0x1f:
			s.Op("moxa get")
		default:
			s.Did(tyto.Configure, "moxa set", nil, "")
		}
		return
	}
	s.Serves(m, moxaServer, "moxa", "moxa.kind")
	if m.Memory[3]&4 == 0 {
		m.Memory[3] |= 4
		s.Sender(tyto.Vendor, moxaVendor, tyto.Shown, "moxa.kind")
	}
	if kind != moxaSearch|moxaAnswer {
		return
	}
	s.Op("moxa answer")
	model := c.L16()
	c.Skip(4)
	mac, address := c.MAC(), c.IPv4()
	if c.Short() {
		s.Malformed("moxa: answer to a search")
		return
	}
	if b := s.Scratch(12); b != nil && model >= 0x1000 { // the number is written in hexadecimal digits
		b = append(b[:0], "NPort "...)
		for shift := 12; shift >= 0; shift -= 4 {
			b = append(b, "0123456789abcdef"[model>>shift&15])
		}
		s.Sender(tyto.Model, b, tyto.Stated, "moxa.model")
	}
	if mac == m.Frame.SrcMAC || address == frame.Addr(m.Frame.Src) {
		s.Has(mac, address, tyto.Stated, "moxa.address")
	}
}
