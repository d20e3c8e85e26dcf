package proto

import (
	"tyto/tyto"
)

// The control and charging messages of GTP, the tunnelling protocol of mobile
// networks: version 1 (3GPP TS 29.060), version 2 (TS 29.274), and GTP' for
// charging (TS 32.295). What GTP-U carries is unpacked as a tunnel elsewhere.
func init() {
	register(Dissector{
		Name:  "gtp",
		Where: []Where{UDP(2123), UDP(3386)},
		Is:    isGTP, Tell: tellGTP,
	})
}

// gtpTypes are messages by version (0 is GTP') and type; answers have no operation.
var gtpTypes = [...]struct {
	version, kind uint8
	op            string
	answer        bool
}{{0, 1, "gtp echo", false}, {0, 2, "", true}, {0, 4, "gtp node alive", false}, {0, 5, "", true}, {0, 6, "gtp redirection", false}, {0, 7, "", true},
	{0, 240, "gtp data record transfer", false}, {0, 241, "", true},
	{1, 1, "gtp echo", false}, {1, 2, "", true}, {1, 16, "gtp create pdp context", false}, {1, 17, "", true}, {1, 18, "gtp update pdp context", false},
	{1, 19, "", true}, {1, 20, "gtp delete pdp context", false}, {1, 21, "", true}, {1, 27, "gtp pdu notification", false}, {1, 28, "", true},
	{1, 50, "gtp sgsn context", false}, {1, 51, "", true}, {1, 53, "gtp forward relocation", false}, {1, 54, "", true},
	{2, 1, "gtp echo", false}, {2, 2, "", true}, {2, 32, "gtp create session", false}, {2, 33, "", true}, {2, 34, "gtp modify bearer", false}, {2, 35, "", true},
	{2, 36, "gtp delete session", false}, {2, 37, "", true}, {2, 95, "gtp create bearer", false}, {2, 96, "", true}, {2, 97, "gtp update bearer", false},
	{2, 98, "", true}, {2, 99, "gtp delete bearer", false}, {2, 100, "", true}, {2, 133, "gtp forward relocation", false}, {2, 134, "", true},
	{2, 170, "gtp release access bearers", false}, {2, 171, "", true}, {2, 176, "gtp downlink data notification", false}, {2, 177, "", true}}

var (
	gtpNode    = []byte("mobile core node")
	gtpCharges = []byte("charging gateway")
	gtpCharged = []byte("charging data function")
)

// gtpRead reads the header: its version (0 for GTP'), which message it is, -1 if it is none that is known.
func gtpRead(m *Message) (version uint8, at int, ok bool) {
	c := m.Read()
	flags, kind, n := c.U8(), c.U8(), int(c.U16())
	version = flags >> 5
	charging := flags&0x10 == 0 && version <= 2 && (m.Frame.SrcPort == 3386 || m.Frame.DstPort == 3386)
	rest := c.Len() + m.Frame.Missing
	switch {
	case c.Short():
		return 0, -1, false
	case charging: // of version 0 the header is 20 bytes, later and in the short form 6
		version, ok = 0, n+2 == rest || n+16 == rest
	case version == 1:
		ok = flags&0x10 != 0 && n+4 == rest
	case version == 2:
		ok = n == rest || flags&0x10 != 0 && n < rest
	}
	if ok {
		for i := range gtpTypes {
			if gtpTypes[i].version == version && gtpTypes[i].kind == kind {
				return version, i, true
			}
		}
	}
	return version, -1, ok
}

func isGTP(m *Message) bool {
	_, at, ok := gtpRead(m)
	return ok && at >= 0
}

// tellGTP tells who takes part. Subscribers, their numbers and devices are not read.
func tellGTP(m *Message, s *Sink) {
	version, at, ok := gtpRead(m)
	if !ok {
		s.Malformed("gtp: header")
		return
	}
	if at < 0 {
		s.Op("gtp other")
		return
	}
	x := &gtpTypes[at]
	asks, serves := gtpNode, gtpNode
	if version == 0 {
		asks, serves = gtpCharged, gtpCharges
	}
	if x.answer {
		s.Serves(m, serves, "gtp", "gtp.message")
		return
	}
	s.Op(x.op)
	s.Asks(m, asks, "gtp.message")
	if version == 0 && m.Frame.DstPort == 3386 {
		s.Receiver(tyto.Role, serves, tyto.Inferred, "gtp.message")
	}
}
