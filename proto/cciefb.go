package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/proto/slmp"
	"tyto/tyto"
)

// CC-Link IE Field Basic (CLPA BAP-C2010ENG), cyclic data of remote stations in frames of SLMP
// on UDP port 61450, and the search for stations on port 61451.
func init() {
	register(Dissector{
		Name: "cciefb", Industrial: true,
		Where: []Where{UDP(61450), UDP(61451)},
		Is:    isCCIEFB, Tell: tellCCIEFB,
	})
}

// Commands of SLMP that only Field Basic has.
const (
	cciefbCyclic     = 0x0e70
	cciefbSearch     = 0x0e30
	cciefbSetAddress = 0x0e31
)

// In Memory[3] above the roles: what was told of the sender, from bit 8 on of
// the master, from bit 16 on of the station: state plus one, and whether its model.
const (
	cciefbMasterShift  = 8
	cciefbStationShift = 16
	cciefbModelTold    = 1 << 24
)

var (
	cciefbMaster  = []byte("cc-link ie field basic master")
	cciefbStation = []byte("cc-link ie field basic station")
	cciefbRun     = []byte("run")
	cciefbStop    = []byte("stop")
)

// isCCIEFB wants a whole frame of SLMP with a command of Field Basic; an answer
// does not repeat the command, so it must be of a station's port and as long as one is.
func isCCIEFB(m *Message) bool {
	c := m.Read()
	h, ok := slmp.ReadHeader(&c)
	if !ok || h.Length != len(m.Body) {
		return false
	}
	if !h.Response {
		return h.Code == cciefbCyclic || h.Code == cciefbSearch || h.Code == cciefbSetAddress
	}
	cyclic := m.Body[0] == 0xd0
	return cyclic && c.Len() >= 48 && (c.Len()-48)%72 == 0 || !cyclic && (m.Frame.SrcPort == 61450 || m.Frame.SrcPort == 61451)
}

func tellCCIEFB(m *Message, s *Sink) {
	c := m.Read()
	h, ok := slmp.ReadHeader(&c)
	switch {
	case !ok || h.Length > len(m.Body):
		s.Malformed("cciefb: header")
	case h.Response && m.Body[0] == 0xd0:
		tellCCIEFBStation(m, s, &c)
	case h.Response:
		tellCCIEFBFound(m, s, h.Code, &c)
	case h.Code == cciefbCyclic:
		tellCCIEFBMaster(m, s, &c)
	case h.Code == cciefbSearch:
		s.Asks(m, cciefbMaster, "cciefb.command")
		s.Did(tyto.Identify, "cciefb node search", nil, "")
	case h.Code == cciefbSetAddress:
		s.Asks(m, cciefbMaster, "cciefb.command")
		c.Skip(6 + 5 + 6 + 1) // both MAC addresses, the master's address
		b := s.Scratch(16)
		if a := cciefbAddress(&c); !c.Short() && b != nil {
			s.Did(tyto.Configure, "cciefb set address", a.Append(b[:0]), "")
		} else {
			s.Malformed("cciefb: parameters of set address")
		}
	}
}

// tellCCIEFBMaster tells what the master does: it says so in every cycle, so it is told when it changes.
func tellCCIEFBMaster(m *Message, s *Sink, c *frame.Cursor) {
	s.Op("cciefb cyclic")
	s.Asks(m, cciefbMaster, "cciefb.command")
	c.Skip(20)
	state := c.L16()
	c.Skip(10)
	if c.Skip(20); c.Short() {
		s.Malformed("cciefb: header of cyclic data")
		return
	}
	tellCCIEFBMode(m, s, cciefbMasterShift, state&1)
}

// tellCCIEFBStation tells who answers, and what it does.
func tellCCIEFBStation(m *Message, s *Sink, c *frame.Cursor) {
	s.Serves(m, cciefbStation, "cciefb", "cciefb.command")
	c.Skip(2)
	end := c.L16()
	c.Skip(16)
	vendor := c.L16()
	c.Skip(2)
	model, version := c.L32(), c.L16()
	c.Skip(2)
	state := c.L16()
	if c.Skip(6 + 8); c.Short() {
		s.Malformed("cciefb: header of cyclic data")
		return
	}
	if end != 0 {
		s.Undergone(tyto.Read, "cciefb cyclic", nil, cciefbEnd(end))
	}
	tellCCIEFBMode(m, s, cciefbStationShift, state&1)
	if m.Memory[3]&cciefbModelTold == 0 {
		m.Memory[3] |= cciefbModelTold
		tellCCIEFBModel(s, vendor, model, version)
	}
}

func tellCCIEFBMode(m *Message, s *Sink, shift int, state uint16) {
	if m.Memory[3]>>shift&0xff == uint64(state)+1 {
		return
	}
	m.Memory[3] = m.Memory[3]&^(0xff<<shift) | (uint64(state)+1)<<shift
	word := cciefbStop
	if state == 1 {
		word = cciefbRun
	}
	s.Sender(tyto.Mode, word, tyto.Stated, "cciefb.unit_info")
}

// tellCCIEFBModel tells the codes that CLPA gives vendors and vendors their models.
func tellCCIEFBModel(s *Sink, vendor uint16, model uint32, version uint16) {
	s.Number(tyto.Clue, uint64(vendor), tyto.Stated, "cciefb.vendor_code")
	if b := s.Scratch(12); b != nil {
		s.Sender(tyto.Clue, strconv.AppendUint(append(b[:0], "0x"...), uint64(model), 16), tyto.Stated, "cciefb.model_code")
	}
	s.Number(tyto.Clue, uint64(version), tyto.Stated, "cciefb.equipment_version")
}

// tellCCIEFBFound tells a station's answer to a search: its addresses and model. MAC addresses and addresses are in reverse.
func tellCCIEFBFound(m *Message, s *Sink, end uint16, c *frame.Cursor) {
	s.Serves(m, cciefbStation, "cciefb", "cciefb.command")
	if end != 0 {
		s.Undergone(tyto.Configure, "cciefb node search or set address", nil, cciefbEnd(end))
		return
	}
	if c.Len() < 40 { // the answer to "set address"
		s.Op("cciefb address set")
		return
	}
	c.Skip(6 + 5)
	var mac frame.MAC
	for i := range mac {
		mac[len(mac)-1-i] = c.U8()
	}
	c.Skip(1)
	address := cciefbAddress(c)
	c.Skip(4 + 4)
	name := c.Bytes(int(c.U8()))
	vendor, model, version := c.L16(), c.L32(), c.L16()
	if c.Short() {
		s.Malformed("cciefb: answer to a search")
		return
	}
	s.Has(mac, address, tyto.Stated, "cciefb.slave_ip")
	s.Sender(tyto.Hostname, name, tyto.Stated, "cciefb.hostname")
	tellCCIEFBModel(s, vendor, model, version)
	s.Op("cciefb node found")
}

func cciefbAddress(c *frame.Cursor) frame.Addr {
	a := c.L32()
	return frame.V4(byte(a>>24), byte(a>>16), byte(a>>8), byte(a))
}

func cciefbEnd(code uint16) string {
	switch code {
	case 0xcee0:
		return "busy"
	case 0xcf20, 0xcf30, 0xcf31:
		return "can not be set"
	case 0xcfe0:
		return "two masters"
	case 0xcfe1:
		return "wrong number of stations"
	case 0xcff0:
		return "error of the station"
	case 0xcfff:
		return "station leaves"
	}
	return slmp.EndText(code)
}
