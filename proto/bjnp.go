package proto

import (
	"tyto/frame"
	"tyto/proto/ieee1284"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// Canon's BJNP: how its printers and scanners are found and used. There is no
// public specification.
func init() {
	register(Dissector{
		Name:  "bjnp",
		Where: []Where{UDP(8611), UDP(8612), UDP(8613), UDP(8614)},
		Is:    isBJNP,
		Tell:  tellBJNP,
	})
}

func isBJNP(m *Message) bool {
	c := m.Read()
	return len(m.Body) >= 16 && (c.Has("BJNP") || c.Has("BJNB") || c.Has("MFNP") || c.Has("CNMF"))
}

var (
	bjnpVendor  = []byte("Canon")
	bjnpPrinter = []byte("printer")
	bjnpScanner = []byte("scanner")
)

func tellBJNP(m *Message, s *Sink) {
	c := m.Read()
	c.U32()
	kind, code := c.U8(), c.U8()
	c.Skip(6)
	n := int(c.U32())
	answer := kind&0x80 != 0
	s.Op(bjnpOp(code, answer))
	if n > c.Len()+m.Frame.Missing {
		s.Malformed("bjnp: message ends early")
		return
	}
	if !answer {
		if code == 0x10 { // it holds who prints what: not told
			s.Did(tyto.Execute, "bjnp print job", nil, "")
		}
		return
	}
	s.Sender(tyto.Vendor, bjnpVendor, tyto.Stated, "bjnp.id")
	if kind&0x7f == 2 {
		s.Sender(tyto.Role, bjnpScanner, tyto.Stated, "bjnp.type")
	} else {
		s.Sender(tyto.Role, bjnpPrinter, tyto.Stated, "bjnp.type")
	}
	body := frame.Read(c.Bytes(min(n, c.Len())))
	switch code {
	case 0x01:
		bjnpAddress(s, body)
	case 0x30:
		bjnpDevice(s, body)
	}
}

// bjnpAddress tells the addresses in the answer to a search.
func bjnpAddress(s *Sink, c frame.Cursor) {
	c.Skip(4)
	if macs, addrs := c.U8(), c.U8(); macs != 6 || addrs != 4 && addrs != 16 {
		return
	}
	mac := c.MAC()
	a := c.IPv4()
	if !c.Short() && mac == s.SenderSubject().MAC {
		s.Has(mac, a, tyto.Stated, "bjnp.payload")
	}
}

// bjnpDevice tells the device id of IEEE 1284.
func bjnpDevice(s *Sink, c frame.Cursor) {
	c.U16()
	id := phrase.Text(c.Rest())
	s.Sender(tyto.Clue, id, tyto.Stated, "bjnp.payload")
	s.Sender(tyto.Model, ieee1284.Get(id, "MDL", "MODEL"), tyto.Stated, "bjnp.payload")
	s.Sender(tyto.Firmware, ieee1284.Get(id, "VER", "FWVER"), tyto.Stated, "bjnp.payload")
	s.Sender(tyto.Serial, ieee1284.Get(id, "SN", "SERN"), tyto.Stated, "bjnp.payload")
}

func bjnpOp(code byte, answer bool) string {
	switch {
	case code == 0x01 && answer:
		return "bjnp here"
	case code == 0x01:
		return "bjnp discover"
	case code == 0x30 && answer:
		return "bjnp identity"
	case code == 0x30:
		return "bjnp identify"
	case answer:
		return "bjnp answer"
	}
	return "bjnp request"
}
