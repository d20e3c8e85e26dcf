package proto

import "tyto/tyto"

// The discovery protocol of Lantronix' serial device servers on UDP port 30718
// (DeviceInstaller's; Lantronix, UDP 77FE), which reads and writes their setup too.
func init() {
	register(Dissector{
		Name: "lantronix", Industrial: true,
		Where: []Where{UDP(30718)},
		Is:    isLantronix, Tell: tellLantronix,
	})
}

// Kinds of messages, the fourth byte.
const (
	lantronixQuery  = 0xf6
	lantronixAnswer = 0xf7
	lantronixRead   = 0xf8 // a setup record, in which the password of telnet is
	lantronixRecord = 0xf9
	lantronixWrite  = 0xfa
	lantronixTaken  = 0xfb
)

var (
	lantronixVendor = []byte("Lantronix")
	lantronixServer = []byte("lantronix device server")
)

func isLantronix(m *Message) bool {
	c := m.Read()
	first := c.U24()
	kind := c.U8()
	return !c.Short() && first == 0 && (kind >= lantronixQuery && kind <= lantronixTaken || kind == 0xe0 || kind == 0xe1)
}

func tellLantronix(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(3)
	switch kind := c.U8(); kind {
	case lantronixQuery:
		s.Did(tyto.Identify, "lantronix query", nil, "")
	case lantronixRead:
		s.Did(tyto.Transfer, "lantronix read setup", nil, "")
	case lantronixWrite:
		s.Op("lantronix write setup")
	case lantronixAnswer, lantronixRecord, lantronixTaken:
		s.Serves(m, lantronixServer, "lantronix", "lantronix.kind")
		if m.Memory[3]&4 == 0 {
			m.Memory[3] |= 4
			s.Sender(tyto.Vendor, lantronixVendor, tyto.Shown, "lantronix.kind")
		}
		if kind == lantronixTaken {
			s.Undergone(tyto.Configure, "lantronix write setup", nil, "ok")
		}
		if kind == lantronixAnswer {
			tellLantronixAnswer(m, s)
		}
	default:
		s.Op("lantronix other")
	}
}

// tellLantronixAnswer tells the type of device, two characters at the eighth byte, and its address, which ends the answer.
func tellLantronixAnswer(m *Message, s *Sink) {
	c := m.Read()
	if c.Len() != 30 {
		s.Malformed("lantronix: length of an answer")
		return
	}
	c.Skip(8)
	kind := c.Bytes(2)
	if lantronixText(kind) {
		s.Sender(tyto.Clue, kind, tyto.Stated, "lantronix.type")
	}
	c.Skip(14)
	if mac := c.MAC(); mac == m.Frame.SrcMAC {
		s.Has(mac, m.Frame.Src, tyto.Stated, "lantronix.mac")
	}
}

func lantronixText(b []byte) bool {
	for _, x := range b {
		if (x < 'A' || x > 'Z') && (x < '0' || x > '9') {
			return false
		}
	}
	return true
}
