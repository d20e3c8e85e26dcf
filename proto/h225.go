package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/tyto"
)

// H.225.0 of H.323 systems: call signalling (Q.931 in TPKT, TCP port 1720) and
// registration, admission and status (RAS, UDP port 1719). The packed encoding
// (X.691) is not decoded; makers write their names in it as text of bytes, which is found.
func init() {
	register(Dissector{
		Name:  "h225",
		Where: []Where{TCP(1720), UDP(1719), UDP(1718)},
		Is:    isH225, Split: splitH225, Tell: tellH225,
	})
}

// h225Calls are the messages of Q.931 (section 3.1) that H.323 uses.
var h225Calls = [...]struct {
	kind uint8
	op   string
}{{0x01, "h225 alerting"}, {0x02, "h225 call proceeding"}, {0x03, "h225 progress"}, {0x05, "h225 setup"}, {0x07, "h225 connect"}, {0x0d, "h225 setup acknowledge"},
	{0x5a, "h225 release complete"}, {0x62, "h225 facility"}, {0x6e, "h225 notify"}, {0x75, "h225 status inquiry"}, {0x7b, "h225 information"}, {0x7d, "h225 status"}}

// h225RAS are the messages of RAS, by the choice's number (H.225.0 annex H).
var h225RAS = [...]string{"h225 gatekeeper request", "h225 gatekeeper confirm", "h225 gatekeeper reject", "h225 registration request", "h225 registration confirm",
	"h225 registration reject", "h225 unregistration request", "h225 unregistration confirm", "h225 unregistration reject", "h225 admission request",
	"h225 admission confirm", "h225 admission reject", "h225 bandwidth request", "h225 bandwidth confirm", "h225 bandwidth reject", "h225 disengage request",
	"h225 disengage confirm", "h225 disengage reject", "h225 location request", "h225 location confirm", "h225 location reject", "h225 information request",
	"h225 information response", "h225 non-standard", "h225 unknown message", "h225 request in progress"}

var (
	h225Endpoint   = []byte("h323 endpoint")
	h225Gatekeeper = []byte("h323 gatekeeper")
)

func isH225(m *Message) bool {
	if m.Frame.Proto == frame.UDP {
		kind, extended := h225Choice(m.Body)
		return len(m.Body) >= 4 && (kind >= 0 || extended)
	}
	c := m.Read()
	version, zero, n := c.U8(), c.U8(), int(c.U16())
	return version == 3 && zero == 0 && n >= 9 && c.U8() == 8 && c.U8() == 2 && !c.Short() && h225Call(m.Body) >= 0
}

// h225Choice is the number of a message of RAS, in the upper bits of its first
// byte; messages of later versions are marked as extended.
func h225Choice(b []byte) (kind int, extended bool) {
	if len(b) == 0 {
		return -1, false
	}
	if b[0]&0x80 != 0 {
		return -1, b[0]&0x40 == 0 && b[0] <= 0x8a
	}
	if kind = int(b[0] >> 2); kind >= len(h225RAS) {
		return -1, false
	}
	return kind, false
}

// h225Call is the number of the message of Q.931 in TPKT, -1 if there is none.
func h225Call(b []byte) int {
	c := frame.Read(b)
	c.Skip(5)
	c.Skip(int(c.U8()))
	kind := c.U8()
	for i := range h225Calls {
		if !c.Short() && h225Calls[i].kind == kind {
			return i
		}
	}
	return -1
}

func splitH225(m *Message) int {
	c := m.Read()
	version, _, n := c.U8(), c.U8(), int(c.U16())
	switch {
	case m.Frame.Proto == frame.UDP:
		return len(m.Body)
	case c.Short():
		return 0
	case version != 3 || n < 4:
		return -1
	}
	return n
}

func tellH225(m *Message, s *Sink) {
	if m.Frame.Proto == frame.UDP {
		tellRAS(m, s)
		return
	}
	i := h225Call(m.Body)
	if i < 0 {
		if len(m.Body) > 4 {
			s.Malformed("h225: message of call signalling")
		}
		return
	}
	s.Op(h225Calls[i].op)
	if m.ToServer {
		s.Asks(m, h225Endpoint, "q931.message_type")
	} else {
		s.Serves(m, h225Endpoint, "h225", "q931.message_type")
	}
	tellH225Product(m, s)
}

func tellRAS(m *Message, s *Sink) {
	kind, extended := h225Choice(m.Body)
	switch {
	case extended:
		s.Op("h225 other")
		return
	case kind < 0:
		s.Malformed("h225: message of RAS")
		return
	}
	s.Op(h225RAS[kind])
	if kind >= 21 {
		return
	}
	if kind%3 != 0 { // confirm and reject are a gatekeeper's
		s.Serves(m, h225Gatekeeper, "h225", "h225.RasMessage")
	} else {
		s.Asks(m, h225Endpoint, "h225.RasMessage")
	}
	if kind == 5 {
		s.Undergone(tyto.LoginFailed, "h225 registration request", nil, "rejected")
	} else if kind == 4 {
		s.Undergone(tyto.Login, "h225 registration request", nil, "ok")
	}
	if kind == 3 || kind == 0 {
		tellH225Product(m, s)
	}
}

// tellH225Product tells the product and version of a vendor identifier: after the
// country, extension and maker codes (0xb5 is the United States) stand two strings with
// their lengths less one. Aliases, which name persons, are in UTF-16 and are not found by this.
func tellH225Product(m *Message, s *Sink) {
	if m.Memory[3]>>4&1 != 0 {
		return
	}
	b := m.Body
	for i := 4; i+3 < len(b); i++ {
		n := int(b[i]) + 1
		if n < 4 || n > 60 || i+1+n >= len(b) || !h225Text(b[i+1:i+1+n]) {
			continue
		}
		rest := b[i+1+n:]
		k := int(rest[0]) + 1
		if k < 1 || k > 40 || k+1 > len(rest) || !h225Text(rest[1:1+k]) {
			continue
		}
		m.Memory[3] |= 1 << 4
		s.Sender(tyto.Model, bytes.Trim(b[i+1:i+1+n], " \x00"), tyto.Shown, "h225.productId")
		s.Sender(tyto.Clue, bytes.Trim(rest[1:1+k], " \x00"), tyto.Stated, "h225.versionId")
		return
	}
}

// h225Text reports whether b is text that may end with a zero.
func h225Text(b []byte) bool {
	b = bytes.TrimRight(b, "\x00")
	for _, x := range b {
		if x < ' ' || x > '~' {
			return false
		}
	}
	return len(b) > 1
}
