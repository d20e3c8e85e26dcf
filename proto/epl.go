package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// Ethernet POWERLINK (EPSG DS 301), version 2.
func init() {
	register(Dissector{
		Name: "epl", Industrial: true,
		Where: []Where{EtherType(0x88ab)},
		Is:    isEPL, Tell: tellEPL,
	})
}

// Types of messages (section 4.6.1.1.1), and services of ASnd (appendix 3).
const (
	eplSoC  = 1
	eplPReq = 3
	eplPRes = 4
	eplSoA  = 5
	eplASnd = 6
	eplAMNI = 7
	eplAInv = 13

	eplIdentity = 1
	eplStatus   = 2
	eplRequest  = 3
	eplCommand  = 4
	eplSDO      = 5
	eplManager  = 240 // the number of the managing node
)

var (
	eplManaging   = []byte("powerlink managing node")
	eplControlled = []byte("powerlink controlled node")
)

// eplCommands are the commands of network management (appendix 3.7) that change the state of nodes.
var eplCommands = [...]struct {
	id     uint8
	object string
	verb   tyto.Verb
}{{0x21, "start node", tyto.Start}, {0x22, "stop node", tyto.Stop}, {0x23, "enter pre-operational 2", tyto.Stop}, {0x24, "enable ready to operate", tyto.Start},
	{0x28, "reset node", tyto.Stop}, {0x29, "reset communication", tyto.Stop}, {0x2a, "reset configuration", tyto.Configure}, {0x2b, "software reset", tyto.Stop},
	{0x62, "set host name", tyto.Configure}}

func isEPL(m *Message) bool {
	c := m.Read()
	switch kind := c.U8(); kind {
	case eplSoC, eplPReq, eplPRes, eplSoA, eplASnd, eplAMNI, eplAInv:
		to, from := c.U8(), c.U8()
		return !c.Short() && from != 0 && from != 255 && from != to
	}
	return false
}

func tellEPL(m *Message, s *Sink) {
	c := m.Read()
	kind, to, from := c.U8(), c.U8(), c.U8()
	if c.Short() {
		s.Malformed("epl: header")
		return
	}
	if from == eplManager {
		s.Asks(m, eplManaging, "epl.src")
	} else {
		s.Serves(m, eplControlled, "epl", "epl.src")
	}
	if known := uint64(from)<<8 | 1<<16; m.Memory[3]&0x1ff00 != known {
		m.Memory[3] = m.Memory[3]&^0x1ff00 | known
		s.Number(tyto.Clue, uint64(from), tyto.Stated, "epl.src")
	}
	switch kind {
	case eplSoC:
		s.Op("epl start of cycle")
	case eplPReq:
		s.Op("epl poll request")
	case eplPRes:
		s.Op("epl poll response")
	case eplSoA:
		s.Op("epl start of asynchronous")
	case eplASnd:
		tellEPLService(m, s, to, &c)
	default:
		s.Op("epl other")
	}
}

func tellEPLService(m *Message, s *Sink, to uint8, c *frame.Cursor) {
	switch c.U8() {
	case eplIdentity:
		s.Op("epl identity")
		tellEPLIdentity(m, s, c)
	case eplStatus:
		s.Op("epl status")
	case eplRequest:
		s.Op("epl request")
	case eplCommand:
		id := c.U8()
		for i := range eplCommands {
			if x := &eplCommands[i]; x.id == id {
				b := append(append(s.Scratch(48)[:0], x.object...), ' ')
				s.Did(x.verb, "epl command", strconv.AppendUint(b, uint64(to), 10), "")
				return
			}
		}
		s.Op("epl command")
	case eplSDO:
		s.Op("epl sdo")
	default:
		s.Op("epl manufacturer specific")
	}
}

// tellEPLIdentity reads an IdentResponse (section 7.3.3.2.1).
func tellEPLIdentity(m *Message, s *Sink, c *frame.Cursor) {
	c.Skip(4)
	version := c.U8()
	c.Skip(1 + 4 + 2 + 2 + 2 + 4 + 2)
	kind, vendor, product, revision, serial := c.L32(), c.L32(), c.L32(), c.L32(), c.L32()
	c.Skip(8 + 8 + 8)
	address := c.L32()
	c.Skip(8)
	name := bytes.Trim(c.Bytes(32), "\x00 ")
	if c.Short() {
		if m.Frame.Missing == 0 {
			s.Malformed("epl: identity")
		}
		return
	}
	s.Number(tyto.Clue, uint64(version), tyto.Stated, "epl.asnd.ires.eplver")
	eplHex(s, tyto.Clue, kind, "epl.asnd.ires.devicetype")
	eplHex(s, tyto.Clue, vendor, "epl.asnd.ires.vendorid")
	eplHex(s, tyto.Clue, product, "epl.asnd.ires.productcode")
	eplHex(s, tyto.Clue, revision, "epl.asnd.ires.revisionno")
	if serial != 0 {
		s.Number(tyto.Serial, uint64(serial), tyto.Stated, "epl.asnd.ires.serialno")
	}
	s.Sender(tyto.Hostname, name, tyto.Stated, "epl.asnd.ires.hostname")
	if address != 0 {
		s.Has(m.Frame.SrcMAC, frame.V4(byte(address>>24), byte(address>>16), byte(address>>8), byte(address)), tyto.Stated, "epl.asnd.ires.ip")
	}
}

func eplHex(s *Sink, a tyto.Attr, n uint32, field string) {
	if b := s.Scratch(10); b != nil && n != 0 {
		s.Sender(a, strconv.AppendUint(append(b[:0], "0x"...), uint64(n), 16), tyto.Stated, field)
	}
}
