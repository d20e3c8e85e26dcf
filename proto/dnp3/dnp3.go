// Package dnp3 reads the link, transport and application layers of DNP3
// (IEEE 1815). It is pure: no memory of its own, no allocation.
package dnp3

import (
	"strconv"

	"tyto/frame"
)

// HeaderLength is the length of a link header with its checksum, in bytes.
const HeaderLength = 10

// MaxMessage bounds a message of the application layer (IEEE 1815 allows 2048), in bytes.
const MaxMessage = 4096

var table = func() (t [256]uint16) {
	for i := range t {
		x := uint16(i)
		for range 8 {
			if x&1 != 0 {
				x = x>>1 ^ 0xa6bc
			} else {
				x >>= 1
			}
		}
		t[i] = x
	}
	return t
}()

// Checksum is the checksum of a block (clause 9.2.3).
func Checksum(b []byte) uint16 {
	x := uint16(0)
	for _, c := range b {
		x = x>>8 ^ table[byte(x)^c]
	}
	return ^x
}

// Link is the header of a link frame (clause 9.2.4).
type Link struct {
	Control  uint8
	From, To uint16
	User     int // bytes of user data
}

// FromMaster is the direction bit.
func (l *Link) FromMaster() bool { return l.Control&0x80 != 0 }

// Length is that of the whole frame with its checksums, in bytes.
func (l *Link) Length() int { return HeaderLength + l.User + (l.User+15)/16*2 }

// ReadLink reads a header. ok is false if it is none: the start bytes, the
// length, the function or the checksum is wrong, or it is not whole.
func ReadLink(c *frame.Cursor) (l Link, ok bool) {
	b := c.Bytes(8)
	sum := c.L16()
	if c.Short() || b[0] != 5 || b[1] != 0x64 || b[2] < 5 || Checksum(b) != sum {
		return l, false
	}
	h := frame.Read(b[2:])
	l.User = int(h.U8()) - 5
	l.Control, l.To, l.From = h.U8(), h.L16(), h.L16()
	return l, true
}

// AppendUser appends the user data of a frame without the checksums; ok is
// false if one is wrong or the data is not whole.
func (l *Link) AppendUser(b []byte, c *frame.Cursor) (user []byte, ok bool) {
	for left := l.User; left > 0; left -= 16 {
		block := c.Bytes(min(16, left))
		sum := c.L16()
		if c.Short() || Checksum(block) != sum || len(b)+len(block) > cap(b) {
			return b, false
		}
		b = append(b, block...)
	}
	return b, true
}

// Bits of the transport octet (clause 8.2).
const (
	Final = 0x80
	First = 0x40
)

// Run is the length of the link frames that carry one message, from the
// start of b; 0 if more bytes are needed to tell, negative if b does not begin
// with a link frame.
func Run(b []byte) int {
	at := 0
	for {
		c := frame.Read(b[at:])
		if c.Len() < HeaderLength {
			if at == 0 && c.Len() >= 2 && !c.Has("\x05\x64") {
				return -1
			}
			return 0
		}
		l, ok := ReadLink(&c)
		if !ok {
			if at == 0 {
				return -1
			}
			return at
		}
		if l.User == 0 {
			if at == 0 {
				return l.Length()
			}
			return at
		}
		if c.Len() == 0 {
			return 0
		}
		transport := c.U8()
		if at > 0 && transport&First != 0 {
			return at // the message before was broken off
		}
		at += l.Length()
		if transport&Final != 0 || at > MaxMessage {
			return at
		}
		if at > len(b) {
			return 0
		}
	}
}

// Functions of the application layer (clause 4.4).
const (
	Confirm = iota
	ReadData
	WriteData
	Select
	Operate
	DirectOperate
	DirectOperateNoAck
	Response    = 129
	Unsolicited = 130
)

// Message is the header of a message of the application layer, and its first object.
type Message struct {
	Sequence, Function uint8
	Indications        uint16 // of a response: first octet in the high byte
	Group, Variation   uint8  // of the first object
	Index              uint32 // its first index, if HasIndex
	HasObject          bool
	HasIndex           bool
	Confirm            bool   // the sender wants the message confirmed
	Broken             string // the rule that it breaks, a constant
}

// IsResponse reports whether an outstation sent it.
func (m *Message) IsResponse() bool { return m.Function >= Response }

// Functions that IEEE 1815 keeps for old outstations only (clause 4.4).
const (
	InitializeData    = 15
	SaveConfiguration = 19
)

// Violation is the rule that a message breaks which is well formed, a
// constant; "" if none. A master asks and is not confirmed (clause 4.2.2.4), an
// outstation answers; two bits of the indications are reserved (clause 4.2.2.7).
func (m *Message) Violation(fromMaster bool) string {
	switch {
	case m.Broken != "":
		return m.Broken
	case m.IsResponse() == fromMaster:
		return "dnp3: function of the other side"
	case fromMaster && m.Confirm:
		return "dnp3: master asks for confirmation"
	case m.Function == InitializeData || m.Function == SaveConfiguration:
		return "dnp3: obsolete function"
	case m.IsResponse() && m.Indications&0xc0 != 0:
		return "dnp3: reserved indication"
	}
	return ""
}

// ReadMessage reads header and first object; the cursor stands after the first object's header.
func ReadMessage(c *frame.Cursor) (m Message) {
	control := c.U8()
	m.Sequence, m.Confirm = control&15, control&0x20 != 0
	m.Function = c.U8()
	if m.IsResponse() {
		m.Indications = c.U16()
	}
	switch {
	case c.Short():
		m.Broken = "dnp3: header of the application layer"
		return m
	case m.Function > 33 && m.Function < Response || m.Function > 131:
		m.Broken = "dnp3: function code"
		return m
	case c.Len() == 0:
		return m
	}
	m.Group, m.Variation = c.U8(), c.U8()
	m.HasObject = true
	qualifier := c.U8()
	prefix, span := qualifier>>4&7, qualifier&15
	switch span {
	case 0, 3:
		m.Index, m.HasIndex = uint32(c.U8()), true
		if last := uint32(c.U8()); last < m.Index && !c.Short() {
			m.Broken = "dnp3: range ends before it begins"
		}
	case 1, 4:
		m.Index, m.HasIndex = uint32(c.L16()), true
		if last := uint32(c.L16()); last < m.Index && !c.Short() {
			m.Broken = "dnp3: range ends before it begins"
		}
	case 2, 5:
		m.Index, m.HasIndex = c.L32(), true
		c.Skip(4)
	case 6:
	case 7, 11:
		c.Skip(1)
	case 8:
		c.Skip(2)
	case 9:
		c.Skip(4)
	default:
		m.Broken = "dnp3: qualifier"
	}
	switch prefix {
	case 1:
		m.Index, m.HasIndex = uint32(c.U8()), true
	case 2:
		m.Index, m.HasIndex = uint32(c.L16()), true
	case 3:
		m.Index, m.HasIndex = c.L32(), true
	case 4:
		c.Skip(1)
	case 5:
		c.Skip(2)
	case 6:
		c.Skip(4)
	case 7:
		m.Broken = "dnp3: qualifier"
	}
	if c.Short() {
		m.Broken = "dnp3: header of an object"
	}
	return m
}

// AppendObject appends the first object as text: "g12v1 index 3".
func AppendObject(b []byte, group, variation uint8, index uint32, hasIndex bool) []byte {
	b = strconv.AppendUint(append(b, 'g'), uint64(group), 10)
	b = strconv.AppendUint(append(b, 'v'), uint64(variation), 10)
	if hasIndex {
		b = strconv.AppendUint(append(b, " index "...), uint64(index), 10)
	}
	return b
}

var statuses = [...]string{"ok", "timeout", "no select", "format error", "not supported", "already active", "hardware error",
	"local", "too many operations", "not authorized", "automation inhibit", "processing limited", "out of range"}

// ControlStatus is the status of the control that a response repeats, of which
// c is behind the prefix; "ok" for groups that have none.
func ControlStatus(m *Message, c frame.Cursor) string {
	switch {
	case m.Group == 12 && m.Variation == 1:
		c.Skip(10)
	case m.Group == 41 && (m.Variation == 1 || m.Variation == 3):
		c.Skip(4)
	case m.Group == 41 && m.Variation == 2:
		c.Skip(2)
	case m.Group == 41 && m.Variation == 4:
		c.Skip(8)
	default:
		return "ok"
	}
	status := c.U8() & 0x7f
	if c.Short() {
		return "ok"
	}
	if int(status) < len(statuses) {
		return statuses[status]
	}
	return "undefined error"
}

// Refused is the reason that the internal indications give for not doing
// what was asked (clause 4.2.2), "" if there is none.
func Refused(indications uint16) string {
	switch {
	case indications&1 != 0:
		return "function not supported"
	case indications&2 != 0:
		return "object unknown"
	case indications&4 != 0:
		return "parameter error"
	case indications&0x10 != 0:
		return "already executing"
	}
	return ""
}

// Attribute is one of the outstation's (group 0, clause 11.2): the text, nil if it
// is none of text. c stands after the object's header.
func Attribute(c *frame.Cursor) (text []byte) {
	kind := c.U8()
	value := c.Bytes(int(c.U8()))
	if kind != 1 || c.Short() {
		return nil
	}
	return value
}

// NextAttribute reads the header of the attribute that follows another in a
// message; false if none does.
func NextAttribute(c *frame.Cursor) (variation uint8, ok bool) {
	if c.Len() < 4 || c.U8() != 0 {
		return 0, false
	}
	variation = c.U8()
	switch c.U8() & 15 {
	case 0:
		c.Skip(2)
	case 1:
		c.Skip(4)
	default:
		return 0, false
	}
	return variation, true
}

// states are the internal indications that say how the outstation does.
var states = [...]struct {
	bit  uint16
	word string
}{{0x8000, "restart"}, {0x4000, "trouble"}, {0x2000, "local"}, {0x0008, "event buffer overflow"}, {0x0020, "configuration corrupt"}}

// AppendStates appends how the outstation does: "restart,trouble".
func AppendStates(b []byte, indications uint16) []byte {
	for i := range states {
		if indications&states[i].bit != 0 {
			if len(b) > 0 {
				b = append(b, ',')
			}
			b = append(b, states[i].word...)
		}
	}
	return b
}
