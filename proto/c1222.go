package proto

import (
	"tyto/frame"
	"tyto/proto/der"
	"tyto/tyto"
)

// ANSI C12.22 of electricity meters (IEEE 1703), over TCP and UDP (RFC 6142).
func init() {
	register(Dissector{
		Name: "c1222", Industrial: true,
		Where: []Where{TCP(1153), UDP(1153)},
		Is:    isC1222, Split: splitC1222, Tell: tellC1222,
	})
}

// Elements of the message (clause 5.3.4.1), and modes of security in the control byte of EPSEM.
const (
	c1222Message    = 0x60
	c1222Called     = 0xa2
	c1222AnswerTo   = 0xa4
	c1222Calling    = 0xa6
	c1222Sequence   = 0xa8
	c1222User       = 0xbe
	c1222Class      = 0x10
	c1222Security   = 0x0c
	c1222Cipher     = 0x08
	c1222Register   = 0x27 // services that say who asks for them
	c1222Deregister = 0x24
	c1222Waits      = 1 << 63 // in Memory[0]: the service that waits, over its sequence number
	c1222Registered = 1 << 6  // in Memory[3]: an end registers at the other
	c1222ByClient   = 1 << 7  // that end is the conversation's client
)

// c1222Services are what is asked for (clause 5.3.2.4); names are the standard's.
var c1222Services = [...]struct {
	code uint8
	op   string
	verb tyto.Verb
}{{0x20, "c1222 identify", tyto.Identify}, {0x21, "c1222 terminate", 0}, {0x22, "c1222 disconnect", tyto.Stop}, {0x30, "c1222 full read", 0},
	{0x3e, "c1222 default read", 0}, {0x3f, "c1222 partial read", 0}, {0x40, "c1222 full write", tyto.Write}, {0x4e, "c1222 default write", tyto.Write},
	{0x4f, "c1222 partial write", tyto.Write}, {0x50, "c1222 logon", tyto.Login}, {0x51, "c1222 security", tyto.Login}, {0x52, "c1222 logoff", 0},
	{0x53, "c1222 authenticate", tyto.Login}, {0x60, "c1222 negotiate", 0}, {0x70, "c1222 wait", 0}, {0x71, "c1222 timing setup", 0},
	{0x24, "c1222 deregister", 0}, {0x25, "c1222 resolve", 0}, {0x26, "c1222 trace", 0}, {0x27, "c1222 register", 0}}

// c1222Outcomes are the codes of answers.
var c1222Outcomes = [...]string{"ok", "error", "service not supported", "insufficient security clearance", "operation not possible",
	"inappropriate action", "device busy", "data not ready", "data locked", "renegotiate", "invalid service sequence", "security mechanism error",
	"unknown application title", "network time-out", "network not reachable", "request too large", "response too large", "segmentation not possible",
	"segmentation error"}

var (
	c1222Client = []byte("c12.22 client")
	c1222Meter  = []byte("c12.22 node")
	c1222Relay  = []byte("c12.22 relay")
)

// isC1222 wants a message whose first element is one of those that can begin it.
func isC1222(m *Message) bool {
	n := splitC1222(m)
	if n <= 2 || m.Frame.Proto == frame.UDP && n != len(m.Body)+m.Frame.Missing {
		return false
	}
	c := m.Read()
	inner, ok := der.Enter(&c, c1222Message)
	first := der.Peek(&inner)
	return ok && (first == c1222Called || first == 0xa1 || first == c1222Calling || first == c1222Sequence)
}

func splitC1222(m *Message) int {
	c := m.Read()
	tag, first := c.U8(), c.U8()
	n, head := int(first), 2
	switch {
	case tag != c1222Message && len(m.Body) > 0:
		return -1
	case first == 0x81:
		n, head = int(c.U8()), 3
	case first == 0x82:
		n, head = int(c.U16()), 4
	case first > 0x82:
		return -1
	}
	if c.Short() {
		return 0
	}
	return head + n
}

func tellC1222(m *Message, s *Sink) {
	c := m.Read()
	inner, ok := der.Enter(&c, c1222Message)
	var sequence, answerTo uint64
	var title []byte
	for range 16 {
		if !ok || inner.Len() == 0 {
			break
		}
		tag, body, fine := der.Next(&inner)
		if !fine {
			if !m.Cut && m.Frame.Missing == 0 {
				s.Malformed("c1222: element of a message")
			}
			return
		}
		switch tag {
		case c1222Calling:
			title = body
		case c1222Sequence:
			sequence = c1222Number(body)
		case c1222AnswerTo:
			answerTo = c1222Number(body)
		case c1222User:
			tellC1222User(m, s, body, title, sequence, answerTo)
		}
	}
}

// c1222Number is an integer with a low half of 32 bits.
func c1222Number(body []byte) (n uint64) {
	c := frame.Read(body)
	digits, ok := der.Expect(&c, der.Integer)
	if ok {
		for _, x := range digits {
			n = n<<8&0xffffffff | uint64(x)
		}
	}
	return n
}

// tellC1222User reads EPSEM, if it is in the clear: control, class of device, services with their lengths.
func tellC1222User(m *Message, s *Sink, body, title []byte, sequence, answerTo uint64) {
	outer := frame.Read(body)
	external, ok := der.Enter(&outer, 0x28)
	tag, epsem, fine := der.Next(&external)
	if !ok || !fine || tag != 0x81 && tag != 0x82 {
		s.Malformed("c1222: user information")
		return
	}
	c := frame.Read(epsem)
	control := c.U8()
	class := []byte(nil)
	if control&c1222Class != 0 {
		class = c.Bytes(4)
	}
	if control&c1222Security >= c1222Cipher {
		s.Op("c1222 ciphered")
		return
	}
	service := c.Sub(int(c.U8()))
	code := service.U8()
	if c.Short() || service.Short() {
		return // of authenticated messages the end is a code that is not looked at
	}
	if int(code) < len(c1222Outcomes) {
		if c1222Relays(m) {
			s.Serves(m, c1222Relay, "c1222", "c1222.err")
		} else {
			s.Serves(m, c1222Meter, "c1222", "c1222.err")
		}
		tellC1222Who(m, s, title, class, 4)
		tellC1222Answer(m, s, answerTo, c1222Outcomes[code])
		return
	}
	if code == c1222Register || code == c1222Deregister {
		c1222Registers(m, s)
	} else {
		s.Asks(m, c1222Client, "c1222.cmd")
	}
	tellC1222Who(m, s, title, nil, 5)
	if before := m.Memory[0]; before != 0 {
		m.Memory[0] = 0
		x := &c1222Services[before>>32&0xff]
		s.Did(x.verb, x.op, nil, NoAnswer)
	}
	for i := range c1222Services {
		if x := &c1222Services[i]; x.code == code {
			if s.Op(x.op); x.verb != tyto.NoVerb {
				m.Memory[0] = c1222Waits | uint64(i)<<32 | sequence
			}
			return
		}
	}
	s.Op("c1222 other")
}

// c1222Registers tells that the sender is a node, as those are that register at the
// relay above them. It keeps which end of the conversation that is.
func c1222Registers(m *Message, s *Sink) {
	if m.Memory[3]&c1222Registered == 0 {
		s.Sender(tyto.Role, c1222Meter, tyto.Shown, "c1222.cmd")
	}
	m.Memory[3] = m.Memory[3]&^c1222ByClient | c1222Registered
	if m.ToServer {
		m.Memory[3] |= c1222ByClient
	}
}

// c1222Relays reports whether the sender is whom the other end registers at.
func c1222Relays(m *Message) bool {
	return m.Memory[3]&c1222Registered != 0 && m.ToServer != (m.Memory[3]&c1222ByClient != 0)
}

func tellC1222Answer(m *Message, s *Sink, answerTo uint64, outcome string) {
	asked := m.Memory[0]
	if asked == 0 || asked&0xffffffff != answerTo {
		return
	}
	m.Memory[0] = 0
	x := &c1222Services[asked>>32&0xff]
	verb := x.verb
	if verb == tyto.Login && outcome != "ok" {
		verb = tyto.LoginFailed
	}
	s.Undergone(verb, x.op, nil, outcome)
}

// tellC1222Who tells the application title, once a side, and the class of device, four letters its maker has.
func tellC1222Who(m *Message, s *Sink, title, class []byte, bit uint) {
	if m.Memory[3]>>bit&1 != 0 {
		return
	}
	m.Memory[3] |= 1 << bit
	c := frame.Read(title)
	tag, id, ok := der.Next(&c)
	if b := s.Scratch(64); ok && b != nil && len(id) <= 16 {
		if tag == der.OID {
			b, _ = der.AppendOID(b[:0], id)
		} else {
			b = der.AppendHex(b[:0], id)
		}
		s.Sender(tyto.Clue, b, tyto.Stated, "c1222.calling_AP_title")
	}
	for _, x := range class {
		if x < ' ' || x > '~' {
			return
		}
	}
	s.Sender(tyto.Clue, class, tyto.Stated, "c1222.epsem.edclass")
}
