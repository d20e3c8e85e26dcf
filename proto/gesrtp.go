package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// GE's service request transport protocol (SRTP), by which Series 90 and
// PACSystems controllers are read, written and programmed. It is not
// published; Denton and others, "Leveraging the SRTP protocol for over-the-network
// memory acquisition of a GE Fanuc Series 90-30" (2017) describes what is used here.
func init() {
	register(Dissector{
		Name: "gesrtp", Industrial: true,
		Where: []Where{TCP(18245)},
		Is:    isSRTP, Split: splitSRTP, Tell: tellSRTP,
	})
}

// Types of packets, of messages in them, and services.
const (
	srtpHeader  = 56
	srtpInit    = 0
	srtpInitAck = 1
	srtpRequest = 2
	srtpAnswer  = 3

	srtpShort   = 0xc0 // a request without text
	srtpLong    = 0x80 // a request with text
	srtpAck     = 0xd4
	srtpAckText = 0x94
	srtpNack    = 0xd1

	srtpType = 0x43
)

// srtpServices are the services by their codes.
var srtpServices = [...]struct {
	code uint8
	op   string
	verb tyto.Verb
}{{0x00, "gesrtp short status", 0}, {0x03, "gesrtp program names", tyto.Identify}, {0x04, "gesrtp read system memory", 0}, {0x05, "gesrtp read task memory", 0},
	{0x06, "gesrtp read program memory", tyto.Transfer}, {0x07, "gesrtp write system memory", tyto.Write}, {0x08, "gesrtp write task memory", tyto.Write},
	{0x09, "gesrtp write program memory", tyto.Program}, {0x20, "gesrtp logon", tyto.Login}, {0x21, "gesrtp change privilege", tyto.Login},
	{0x22, "gesrtp set control id", tyto.Configure}, {0x23, "gesrtp set state", tyto.Stop}, {0x24, "gesrtp set time", tyto.Configure}, {0x25, "gesrtp time", 0},
	{0x38, "gesrtp fault table", 0}, {0x39, "gesrtp clear faults", tyto.Configure}, {0x3f, "gesrtp program store", tyto.Transfer},
	{0x40, "gesrtp program load", tyto.Program}, {srtpType, "gesrtp controller type", tyto.Identify}, {0x44, "gesrtp force", tyto.Write}}

// srtpModes are the states of a controller, in the upper bits of the status word.
var srtpModes = [...]string{"run", "run, outputs disabled", "stop", "fault", "halt", "suspended", "stop, outputs enabled"}

// In Memory[3] above the roles: bits 8 to 15 service that waits, 16 that one
// does, 24 to 27 the mode told plus one, 28 to 31 the privilege told plus one.
const srtpWaits = 1 << 16

var (
	srtpClient = []byte("ge-srtp client")
	srtpServer = []byte("ge-srtp server")
)

func isSRTP(m *Message) bool {
	c := m.Read()
	kind := c.U8()
	if kind > srtpAnswer || len(m.Body) < srtpHeader {
		return false
	}
	if kind == srtpInit {
		return len(bytes.Trim(m.Body[:srtpHeader], "\x00")) == 0
	}
	c.Skip(3)
	n := int(c.L16())
	return kind == srtpInitAck || n <= 1<<13 && (n == 0 || len(m.Body) > srtpHeader) && m.Body[1] == 0
}

func splitSRTP(m *Message) int {
	c := m.Read()
	kind := c.U8()
	c.Skip(3)
	n := int(c.L16())
	switch {
	case len(m.Body) < srtpHeader:
		return 0
	case kind > srtpAnswer || n > 1<<14:
		return -1
	case kind <= srtpInitAck:
		return srtpHeader
	}
	return srtpHeader + n
}

func srtpFind(code uint8) int {
	for i := range srtpServices {
		if srtpServices[i].code == code {
			return i
		}
	}
	return -1
}

func tellSRTP(m *Message, s *Sink) {
	if len(m.Body) < srtpHeader {
		s.Malformed("gesrtp: header")
		return
	}
	switch m.Body[0] {
	case srtpInit:
		s.Op("gesrtp connect")
		s.Asks(m, srtpClient, "gesrtp.type")
	case srtpInitAck:
		s.Serves(m, srtpServer, "gesrtp", "gesrtp.type")
	case srtpRequest:
		tellSRTPRequest(m, s)
	case srtpAnswer:
		tellSRTPAnswer(m, s)
	}
}

func tellSRTPRequest(m *Message, s *Sink) {
	s.Asks(m, srtpClient, "gesrtp.type")
	code := m.Body[42]
	if m.Body[31] == srtpLong {
		code = m.Body[50]
	}
	if before := m.Memory[3]; before&srtpWaits != 0 {
		if x := &srtpServices[before>>8&0xff]; x.verb != tyto.NoVerb {
			s.Did(x.verb, x.op, nil, NoAnswer)
		}
	}
	m.Memory[3] &^= srtpWaits | 0xff00
	i := srtpFind(code)
	if i < 0 {
		s.Op("gesrtp other")
		return
	}
	s.Op(srtpServices[i].op)
	m.Memory[3] |= srtpWaits | uint64(i)<<8
}

func tellSRTPAnswer(m *Message, s *Sink) {
	s.Serves(m, srtpServer, "gesrtp", "gesrtp.type")
	kind := m.Body[31]
	if m.Memory[3]&srtpWaits == 0 {
		return
	}
	x := &srtpServices[m.Memory[3]>>8&0xff]
	m.Memory[3] &^= srtpWaits
	switch {
	case kind == srtpNack && x.verb == tyto.Login:
		s.Undergone(tyto.LoginFailed, x.op, nil, "refused")
	case kind == srtpNack:
		s.Undergone(max(x.verb, tyto.Read), x.op, nil, "refused")
	case x.verb != tyto.NoVerb:
		s.Undergone(x.verb, x.op, nil, "ok")
	}
	if kind != srtpAck && kind != srtpAckText {
		return
	}
	if x.code == srtpType {
		tellSRTPType(s, m.Body[42:])
	}
	tellSRTPState(m, s)
}

// tellSRTPState tells mode and privilege, which every answer carries, when they change.
func tellSRTPState(m *Message, s *Sink) {
	c := frame.Read(m.Body[51:srtpHeader])
	level := uint64(c.U8())
	c.Skip(2)
	mode := uint64(c.L16() >> 12 & 7)
	if mode < uint64(len(srtpModes)) && m.Memory[3]>>24&0xf != mode+1 {
		m.Memory[3] = m.Memory[3]&^(0xf<<24) | (mode+1)<<24
		s.Sender(tyto.Mode, append(s.Scratch(24)[:0], srtpModes[mode]...), tyto.Stated, "gesrtp.status")
	}
	if level <= 4 && m.Memory[3]>>28&0xf != level+1 {
		m.Memory[3] = m.Memory[3]&^(0xf<<28) | (level+1)<<28
		if b := s.Scratch(20); b != nil {
			s.Sender(tyto.Clue, strconv.AppendUint(append(b[:0], "privilege level "...), level, 10), tyto.Stated, "gesrtp.privilege")
		}
	}
}

// tellSRTPType tells the texts of the controller's type and id.
func tellSRTPType(s *Sink, b []byte) {
	b = b[:min(len(b), 128)]
	for len(b) > 0 {
		n := 0
		for n < len(b) && b[n] >= ' ' && b[n] < 0x7f {
			n++
		}
		if n >= 4 {
			s.Sender(tyto.Clue, bytes.TrimSpace(b[:n]), tyto.Shown, "gesrtp.controller")
		}
		b = b[min(n+1, len(b)):]
	}
}
