package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/proto/dhcp"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Remote Management Control Protocol (DMTF DSP0136, ASF 2.0) with IPMI
// over LAN (IPMI 2.0 revision 1.1): what management controllers of servers
// speak on UDP port 623.
func init() {
	register(Dissector{
		Name:  "rmcp",
		Where: []Where{UDP(623), UDP(664)},
		Is:    isRMCP, Tell: tellRMCP,
	})
}

const (
	rmcpASF   = 6
	rmcpIPMI  = 7
	rmcpACK   = 0x80
	asfNumber = 4542 // the ASF's own enterprise number
	asfPong   = 0x40
	ipmiPlus  = 6 // authentication type of the second version's sessions
)

// Payloads of sessions that begin: IPMI 2.0 table 13-16.
const (
	ipmiMessage = 0x00
	ipmiOpened  = 0x11
	ipmiRAKP1   = 0x12
	ipmiRAKP2   = 0x13
	ipmiRAKP3   = 0x14
	ipmiRAKP4   = 0x15
)

var (
	rmcpController = []byte("management controller")
	rmcpConsole    = []byte("management console")
	rmcpNone       = []byte("none")
)

func isRMCP(m *Message) bool {
	c := m.Read()
	version, zero, _, class := c.U8(), c.U8(), c.U8(), c.U8()
	if c.Short() || version != 6 || zero != 0 {
		return false
	}
	switch class {
	case rmcpASF:
		return c.Len() >= 8 && c.U32() == asfNumber
	case rmcpIPMI:
		return c.Len() >= 10
	}
	return class == rmcpASF|rmcpACK && c.Len() == 0
}

func tellRMCP(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(3)
	switch c.U8() {
	case rmcpASF:
		c.Skip(4)
		tellASF(m, s, c)
	case rmcpIPMI:
		tellIPMI(m, s, c)
	}
}

// tellASF tells who answers to a ping, and whether it is more than a network card.
func tellASF(m *Message, s *Sink, c frame.Cursor) {
	kind := c.U8()
	c.Skip(2) // tag, reserved
	data := c.Sub(int(c.U8()))
	switch {
	case kind == 0x80:
		s.Did(tyto.Identify, "asf ping", nil, "")
	case kind == asfPong:
		s.Op("asf pong")
		maker := data.U32()
		data.Skip(4)
		entities := data.U8()
		if c.Short() || data.Short() {
			s.Malformed("rmcp: pong")
			return
		}
		if maker != asfNumber {
			s.Number(tyto.Clue, uint64(maker), tyto.Stated, "asf.iana")
		}
		if entities&0x80 != 0 {
			s.Serves(m, rmcpController, "rmcp", "asf.type")
		}
	default:
		s.Op("asf other")
	}
}

// tellIPMI reads the header of a session, of either version, and what it
// carries if that is not encrypted.
func tellIPMI(m *Message, s *Sink, c frame.Cursor) {
	auth, payload := c.U8(), uint8(ipmiMessage)
	var body frame.Cursor
	if auth == ipmiPlus {
		if payload = c.U8(); payload&0x3f == 2 { // of a maker's own
			c.Skip(6)
		}
		c.Skip(8)
		body = c.Sub(int(c.L16()))
	} else {
		if c.Skip(8); auth != 0 {
			c.Skip(16)
		}
		body = c.Sub(int(c.U8()))
	}
	switch {
	case c.Short():
		s.Malformed("rmcp: ipmi session header")
	case payload&0x80 != 0:
		s.Op("ipmi encrypted")
	case payload&0x3f == ipmiMessage:
		tellIPMICommand(m, s, body)
	default:
		tellIPMISession(s, payload&0x3f, body)
	}
}

// tellIPMISession tells how a session begins (IPMI 2.0 sections 13.17 to
// 13.24): the names of users stay out of it.
func tellIPMISession(s *Sink, payload uint8, c frame.Cursor) {
	c.Skip(1) // tag
	status := c.U8()
	switch payload {
	case ipmiOpened:
		c.Skip(2 + 4 + 4 + 4)
		if algorithm := c.U8(); !c.Short() && status == 0 && algorithm == 0 {
			s.Sender(tyto.Clue, rmcpNone, tyto.Stated, "rmcp.session.authentication")
			s.Undergone(tyto.Login, "ipmi no authentication", nil, "ok")
		}
	case ipmiRAKP1:
		s.Op("ipmi login")
	case ipmiRAKP2:
		if status != 0 {
			s.Undergone(tyto.LoginFailed, "ipmi login", nil, "refused")
			return
		}
		c.Skip(2 + 4 + 16)
		ipmiGUID(s, c.Bytes(16))
	case ipmiRAKP3:
		if status != 0 { // the password that it has is not the controller's
			s.Did(tyto.LoginFailed, "ipmi login", nil, "refused")
		}
	case ipmiRAKP4:
		if status == 0 {
			s.Undergone(tyto.Login, "ipmi login", nil, "ok")
		} else {
			s.Undergone(tyto.LoginFailed, "ipmi login", nil, "refused")
		}
	}
}

// ipmiGUID tells the identity of the machine that a controller is in. The bytes
// come in the order of SMBIOS, of RFC 9562, or backwards, by maker.
func ipmiGUID(s *Sink, guid []byte) {
	if len(guid) != 16 {
		return
	}
	back := s.Scratch(16)
	for i := range back {
		back[i] = guid[15-i]
	}
	for i, v := range [...][]byte{guid, guid, back} {
		write := phrase.UUID
		if i == 0 {
			write = dhcp.UUID
		}
		b := phrase.Add(s.Scratch(len("machine:uuid:") + 36)[:0], "machine:")
		if key := write(b, v); len(key) > len(b) {
			s.Sender(tyto.Identity, key, tyto.Stated, "ipmi.app37.guid")
		}
	}
}

// tellIPMICommand reads a request or an answer (IPMI 2.0 section 13.8).
func tellIPMICommand(m *Message, s *Sink, c frame.Cursor) {
	c.Skip(1)
	net := c.U8() >> 2
	c.Skip(3)
	command := c.U8()
	data := c.Sub(c.Len() - 1) // behind it a checksum
	if c.Short() {
		s.Malformed("rmcp: ipmi message")
		return
	}
	if net&1 == 0 {
		s.Asks(m, rmcpConsole, "ipmi.netfn")
		askIPMI(s, net, command, data)
		return
	}
	s.Serves(m, rmcpController, "rmcp", "ipmi.netfn")
	if net == ipmiApp|1 {
		answerIPMI(s, command, data)
	}
}

// Network functions (IPMI 2.0 table 5-1).
const (
	ipmiChassis = 0x00
	ipmiSensor  = 0x04
	ipmiApp     = 0x06
	ipmiStorage = 0x0a
)

// ipmiPower is the acts of Chassis Control (table 28-4).
var ipmiPower = [...]struct {
	verb tyto.Verb
	op   string
}{{tyto.Stop, "ipmi power down"}, {tyto.Start, "ipmi power up"}, {tyto.Stop, "ipmi power cycle"}, {tyto.Stop, "ipmi reset"},
	{tyto.Execute, "ipmi diagnostic interrupt"}, {tyto.Stop, "ipmi shut down"}}

func askIPMI(s *Sink, net, command uint8, data frame.Cursor) {
	switch {
	case net == ipmiChassis && command == 2:
		if what := int(data.U8() & 15); !data.Short() && what < len(ipmiPower) {
			s.Did(ipmiPower[what].verb, ipmiPower[what].op, nil, "")
		}
	case net == ipmiChassis:
		s.Op("ipmi chassis")
	case net == ipmiSensor:
		s.Op("ipmi sensor")
	case net == ipmiStorage:
		s.Op("ipmi storage")
	case net != ipmiApp:
		s.Op("ipmi other")
	case command == 1 || command == 0x37 || command == 0x38:
		s.Did(tyto.Identify, "ipmi identify", nil, "")
	case command == 2 || command == 3:
		s.Did(tyto.Configure, "ipmi reset controller", nil, "")
	case command >= 0x43 && command <= 0x47 && command&1 == 1: // access, name and password of a user
		s.Did(tyto.Configure, "ipmi set user", nil, "")
	case command == 0x3a:
		s.Op("ipmi login")
	default:
		s.Op("ipmi app")
	}
}

func answerIPMI(s *Sink, command uint8, c frame.Cursor) {
	code := c.U8()
	switch {
	case command == 0x3a && code == 0:
		s.Undergone(tyto.Login, "ipmi login", nil, "ok")
	case command == 0x39 && (code == 0x81 || code == 0x82): // no such user (section 22.16)
		s.Undergone(tyto.LoginFailed, "ipmi login", nil, "refused")
	case code != 0:
	case command == 1:
		ipmiDevice(s, c)
	case command == 0x37:
		ipmiGUID(s, c.Bytes(16))
	case command == 0x38:
		c.Skip(4)
		if maker := c.Bytes(3); len(maker) == 3 {
			ipmiMaker(s, maker, "ipmi.app38.rs_oem_iana")
		}
	}
}

// ipmiDevice reads the answer to Get Device ID (section 20.1).
func ipmiDevice(s *Sink, c frame.Cursor) {
	c.Skip(2)
	major, minor := c.U8()&0x7f, c.U8()
	c.Skip(2)
	maker, product := c.Bytes(3), c.L16()
	if c.Short() {
		s.Malformed("rmcp: device id")
		return
	}
	if b := s.Scratch(8); b != nil { // the minor number is in two decimal digits
		b = strconv.AppendUint(b[:0], uint64(major), 10)
		s.Sender(tyto.Firmware, append(b, '.', '0'+minor>>4, '0'+minor&15), tyto.Stated, "ipmi.app01.fw.major")
	}
	ipmiMaker(s, maker, "ipmi.app01.manufacturer")
	s.Number(tyto.Clue, uint64(product), tyto.Stated, "ipmi.app01.product")
}

// ipmiMaker tells an enterprise number of 20 bits, if one is set.
func ipmiMaker(s *Sink, v []byte, field string) {
	if n := uint64(v[0]) | uint64(v[1])<<8 | uint64(v[2]&15)<<16; n != 0 && n != 0xfffff {
		s.Number(tyto.Clue, n, tyto.Stated, field)
	}
}
