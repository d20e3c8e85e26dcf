package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// SuiteLink, by which InTouch and other programs of Wonderware (AVEVA) give each other
// values and alarms. It is not published; what is here is what recorded traffic
// shows, as a public Wireshark plug-in (finngineering/suitelink-dissector) describes it.
func init() {
	register(Dissector{
		Name: "suitelink", Industrial: true,
		Where: []Where{TCP(5413)},
		Is:    isSuiteLink, Split: splitSuiteLink, Tell: tellSuiteLink,
	})
}

// The first message of a client begins with one of these, the last two after a byte of length.
const (
	suiteLinkQuery    = "\x60\x5f\xc3\xb1\x2d\x05\xd1\x11\xbf\x08\x00\xa0\xc9\x72\x3e\x82"
	suiteLinkQuery2   = "\xca\xfe\x8b\xba\xfe\x8b\xd3\x11\xaa\x05\x00\xa0\xc9\xec\xfd\x9f"
	suiteLinkRegister = "\xd5\xcf\xc7\xf8\x0b\xcd\xd3\x11\xaa\x10\x00\xa0\xc9\xec\xfd\x9f"
	suiteLinkFirst    = 48   // length of the first message of the first kind
	suiteLinkEnd      = 0xa5 // the last byte of each message that carries values
)

// In Memory[3] above the roles: the conversation is one of alarms, whose messages have lengths of another form.
const suiteLinkAlarms = 1 << 8

// suiteLinkTypes are the messages that carry values.
var suiteLinkTypes = [...]struct {
	code     uint16
	op       string
	toServer bool
}{{0x0001, "suitelink acknowledge", false}, {0x0003, "suitelink advise acknowledge", false}, {0x0004, "suitelink unadvise acknowledge", false},
	{0x0008, "suitelink time", false}, {0x0009, "suitelink update", false}, {0x000b, "suitelink poke acknowledge", false},
	{0x8001, "suitelink connect", true}, {0x8010, "suitelink advise", true}, {0x8004, "suitelink unadvise", true}, {0x080b, "suitelink poke", true},
	{0x4023, "suitelink keep-alive", true}, {0x4024, "suitelink keep-alive", true}, {0x4025, "suitelink keep-alive", true}, {0x4026, "suitelink keep-alive", true}}

var (
	suiteLinkClient = []byte("suitelink client")
	suiteLinkServer = []byte("suitelink server")
)

// suiteLinkHello is what the first message of a client begins with, "" if this is none.
func suiteLinkHello(b []byte) string {
	switch c := frame.Read(b); {
	case c.Has(suiteLinkQuery):
		return suiteLinkQuery
	case len(b) > 17:
		c.Skip(1)
		if c.Has(suiteLinkQuery2) {
			return suiteLinkQuery2
		}
		if c.Has(suiteLinkRegister) {
			return suiteLinkRegister
		}
	}
	return ""
}

func suiteLinkType(code uint16) int {
	for i := range suiteLinkTypes {
		if suiteLinkTypes[i].code == code {
			return i
		}
	}
	return -1
}

// isSuiteLink wants a client's first message, or one of a known type that ends where it says.
func isSuiteLink(m *Message) bool {
	if suiteLinkHello(m.Body) != "" {
		return true
	}
	c := m.Read()
	n, code := int(c.L16()), c.L16()
	return !c.Short() && n >= 3 && n+2 <= len(m.Body) && m.Body[n+1] == suiteLinkEnd && suiteLinkType(code) >= 0
}

func splitSuiteLink(m *Message) int {
	if len(m.Body) < 18 && m.Body[len(m.Body)-1] != suiteLinkEnd {
		return 0
	}
	switch suiteLinkHello(m.Body) {
	case suiteLinkQuery:
		return suiteLinkFirst
	case suiteLinkQuery2, suiteLinkRegister:
		return int(m.Body[0]) + 1
	}
	c := m.Read()
	if m.Memory[3]&suiteLinkAlarms == 0 {
		n := int(c.L16())
		if n < 3 {
			return -1
		}
		return n + 2
	}
	if n := int(c.U8()); n > 0 {
		return n + 1
	}
	if n := int(c.L16()); n > 0 {
		return n + 3
	}
	n := c.L32()
	switch {
	case c.Short():
		return 0
	case n > 1<<24:
		return -1
	}
	return int(n) + 7
}

func tellSuiteLink(m *Message, s *Sink) {
	if hello := suiteLinkHello(m.Body); hello != "" {
		tellSuiteLinkHello(m, s, hello)
		return
	}
	if m.Memory[3]&suiteLinkAlarms != 0 {
		s.Op("suitelink alarms")
		return
	}
	c := m.Read()
	c.Skip(2)
	i := suiteLinkType(c.L16())
	switch {
	case c.Short() || !m.Cut && m.Body[len(m.Body)-1] != suiteLinkEnd:
		s.Malformed("suitelink: end of a message")
		return
	case i < 0:
		s.Op("suitelink other")
		return
	}
	x := &suiteLinkTypes[i]
	if !x.toServer && !m.ToServer {
		s.Serves(m, suiteLinkServer, "suitelink", "suitelink.remaining_bytes")
	}
	switch x.code {
	case 0x8001:
		s.Op(x.op)
		tellSuiteLinkConnect(m, s, &c)
	case 0x080b:
		b, tag := s.Scratch(16), c.L32()
		if c.Short() || b == nil {
			s.Malformed("suitelink: poke without a tag")
			return
		}
		s.Did(tyto.Write, x.op, strconv.AppendUint(append(b[:0], "tag 0x"...), uint64(tag), 16), "")
	default:
		s.Op(x.op)
	}
}

// tellSuiteLinkHello reads the name of the node that greets; that of the person is passed over.
func tellSuiteLinkHello(m *Message, s *Sink, hello string) {
	s.Asks(m, suiteLinkClient, "suitelink.magic")
	s.Op("suitelink handshake")
	switch hello {
	case suiteLinkRegister:
		m.Memory[3] |= suiteLinkAlarms
	case suiteLinkQuery2:
		c := m.Read()
		c.Skip(1 + 16 + 16 + 4)
		suiteLinkUTF16(&c) // the application that is wanted
		s.Sender16(tyto.Hostname, suiteLinkUTF16(&c), tyto.Stated, "suitelink.handshake.srcnode")
	}
}

// suiteLinkUTF16 is text of two bytes a letter up to its NUL.
func suiteLinkUTF16(c *frame.Cursor) []byte {
	b := c.Rest()
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] == 0 && b[i+1] == 0 {
			c.Skip(i + 2)
			return b[:i]
		}
	}
	c.Skip(len(b) + 1)
	return nil
}

// suiteLinkText is text of two bytes a letter behind its length in letters.
func suiteLinkText(c *frame.Cursor) []byte { return c.Bytes(2 * int(c.U8())) }

// tellSuiteLinkConnect reads who connects from where to what: the person's name is passed over.
func tellSuiteLinkConnect(m *Message, s *Sink, c *frame.Cursor) {
	s.Asks(m, suiteLinkClient, "suitelink.connect")
	application, _ := suiteLinkText(c), suiteLinkText(c)
	c.Skip(3)
	program, node, _, server := suiteLinkText(c), suiteLinkText(c), suiteLinkText(c), suiteLinkText(c)
	if c.Short() {
		s.Malformed("suitelink: connect")
		return
	}
	s.Sender16(tyto.Clue, program, tyto.Stated, "suitelink.connect.client")
	s.Sender16(tyto.Hostname, node, tyto.Stated, "suitelink.connect.client_node")
	suiteLinkOfServer(m, s, tyto.Clue, application, "suitelink.connect.application")
	suiteLinkOfServer(m, s, tyto.Hostname, server, "suitelink.connect.server_node")
}

// suiteLinkOfServer tells what the client calls the server; letters beyond ASCII are left to others.
func suiteLinkOfServer(m *Message, s *Sink, a tyto.Attr, utf16 []byte, field string) {
	b := s.Scratch(len(utf16) / 2)
	if b == nil || !m.ToServer {
		return
	}
	b = b[:0]
	for i := 0; i+1 < len(utf16); i += 2 {
		if utf16[i+1] != 0 || utf16[i] < ' ' || utf16[i] > '~' {
			return
		}
		b = append(b, utf16[i])
	}
	if b = bytes.TrimSpace(b); len(b) > 0 && bytes.IndexByte([]byte("0123456789"), b[0]) < 0 {
		s.Receiver(a, b, tyto.Shown, field)
	}
}
