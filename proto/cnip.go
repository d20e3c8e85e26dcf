package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// LonTalk over IP (EIA-852, ISO/IEC 14908-4): routers of building networks, and
// the configuration server that makes a channel of them.
func init() {
	register(Dissector{
		Name: "cnip", Industrial: true,
		Where: []Where{UDP(1628), UDP(1629)},
		Is:    isCNIP, Tell: tellCNIP,
	})
}

// cnipTypes are the types of packets; what a configuration server sends is marked.
var cnipTypes = [...]struct {
	kind   uint8
	op     string
	server bool
	verb   tyto.Verb
}{{0x01, "cnip data", false, 0}, {0x03, "cnip device registration", false, 0}, {0x04, "cnip channel membership", true, tyto.Configure},
	{0x06, "cnip send list", true, tyto.Configure}, {0x07, "cnip acknowledge", false, 0}, {0x08, "cnip channel routing", false, 0},
	{0x60, "cnip status request", false, 0}, {0x63, "cnip device configuration request", false, 0}, {0x64, "cnip channel membership request", false, 0},
	{0x66, "cnip send list request", false, 0}, {0x68, "cnip channel routing request", false, 0}, {0x70, "cnip status response", false, 0},
	{0x71, "cnip device configuration", true, tyto.Configure}, {0x7f, "cnip segment", false, 0}}

const cnipHeader = 20 // its length without extension, in bytes

var (
	cnipRouter = []byte("lonworks/ip router")
	cnipServer = []byte("lonworks/ip configuration server")
)

func cnipFind(kind uint8) int {
	for i := range cnipTypes {
		if cnipTypes[i].kind == kind {
			return i
		}
	}
	return -1
}

// isCNIP wants a header whose length is that of the datagram.
func isCNIP(m *Message) bool {
	c := m.Read()
	n, version, kind, extension := int(c.U16()), c.U8(), c.U8(), int(c.U8())
	return !c.Short() && n == len(m.Body)+m.Frame.Missing && version == 1 && n >= cnipHeader+4*extension && cnipFind(kind) >= 0
}

func tellCNIP(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(3)
	i := cnipFind(c.U8())
	c.Skip(2)
	vendor := c.U16()
	session := c.U32()
	if i < 0 || c.Short() {
		s.Malformed("cnip: header")
		return
	}
	x := &cnipTypes[i]
	s.Did(x.verb, x.op, nil, "")
	if x.server {
		s.Serves(m, cnipServer, "cnip", "cnip.type")
	} else {
		s.Asks(m, cnipRouter, "cnip.type")
	}
	if m.Memory[3]&4 == 0 {
		m.Memory[3] |= 4
		s.Number(tyto.Clue, uint64(vendor), tyto.Stated, "cnip.vendorcode")
	}
	if before := m.Memory[0]; before != uint64(session)|1<<32 && m.Frame.Proto == frame.UDP { // a new one begins when it starts again
		m.Memory[0] = uint64(session) | 1<<32
		s.Number(tyto.Clue, uint64(session), tyto.Stated, "cnip.sessid")
	}
}
