// Package cotp reads the transport that Siemens' and MMS' protocols use on TCP:
// TPKT (RFC 1006, RFC 2126) and COTP (ISO 8073, ITU-T X.224, class 0).
package cotp

import "tyto/frame"

// HeaderLength is the length of the TPKT header, in bytes.
const HeaderLength = 4

// The kinds of TPDU (X.224 section 13), by the upper half of their code.
const (
	ConnectionRequest byte = 0xe0
	ConnectionConfirm byte = 0xd0
	DisconnectRequest byte = 0x80
	Data              byte = 0xf0
	Error             byte = 0x70
)

// A TPDU is what one TPKT packet carries. Its slices lie in the message.
type TPDU struct {
	Kind   byte
	Last   bool   // of Data: it ends what the user sent
	Caller []byte // of a connection: TSAP of who asks for it
	Called []byte // of a connection: TSAP of who is asked
	User   []byte // of Data: what it carries
}

// Length is the length of the TPKT packet at the start of b, as a Split wants
// it: 0 if more bytes are needed, negative if it is none.
func Length(b []byte) int {
	c := frame.Read(b)
	version, reserved, n := c.U8(), c.U8(), int(c.U16())
	switch {
	case len(b) > 0 && b[0] != 3 || len(b) > 1 && b[1] != 0:
		return -1
	case c.Short():
		return 0
	case version != 3 || reserved != 0 || n < HeaderLength+3:
		return -1
	}
	return n
}

// Read reads a whole TPKT packet; false if it breaks the rules.
func Read(b []byte) (t TPDU, ok bool) {
	if n := Length(b); n <= 0 || n > len(b) {
		return t, false
	}
	c := frame.Read(b)
	c.Skip(2)
	c = c.Sub(int(c.U16()) - HeaderLength)
	h := c.Sub(int(c.U8()))
	t.Kind = h.U8() & 0xf0
	switch t.Kind {
	case Data:
		t.Last = h.U8()&0x80 != 0
		t.User = c.Rest()
	case ConnectionRequest, ConnectionConfirm:
		h.Skip(5) // references, class
		t.parameters(&h)
	case DisconnectRequest, Error:
	default:
		return t, false
	}
	return t, !h.Short() && !c.Short()
}

// parameters reads the variable part (X.224 section 13.3.4): code, length, value.
func (t *TPDU) parameters(h *frame.Cursor) {
	for h.Len() > 0 && !h.Short() {
		code := h.U8()
		value := h.Bytes(int(h.U8()))
		switch code {
		case 0xc1:
			t.Caller = value
		case 0xc2:
			t.Called = value
		}
	}
}
