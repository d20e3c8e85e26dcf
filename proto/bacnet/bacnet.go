// Package bacnet reads the headers and tagged values of BACnet (ANSI/ASHRAE
// 135, clauses 6, 20 and annex J). It is pure: no memory of its own, no allocation.
package bacnet

import (
	"strconv"
	"unicode/utf8"

	"tyto/frame"
)

// Functions of the virtual link layer (annex J.2).
const (
	Result          = 0
	WriteTable      = 1
	Forwarded       = 4
	RegisterForeign = 5
	DeleteForeign   = 8
	Distribute      = 9
	Unicast         = 10
	Broadcast       = 11
	LastFunction    = 12
)

// Link is the header of the virtual link layer.
type Link struct {
	Function uint8
	Exact    bool       // the length it states is that of what follows
	Origin   frame.Addr // who sent it, if it was forwarded; else zero
}

// ReadLink reads a header; ok is false if it is none. A wrong length is told by Exact: stations read on.
func ReadLink(c *frame.Cursor) (l Link, ok bool) {
	n := c.Len()
	kind := c.U8()
	l.Function = c.U8()
	length := int(c.U16())
	if c.Short() || kind != 0x81 || l.Function > LastFunction {
		return l, false
	}
	l.Exact = length == n
	if l.Function == Forwarded {
		l.Origin = c.IPv4()
		c.Skip(2)
	}
	return l, !c.Short()
}

// Carries reports whether a network message follows the header.
func (l *Link) Carries() bool {
	return l.Function == Forwarded || l.Function >= Distribute && l.Function <= Broadcast
}

// Network is the header of the network layer (clause 6.2).
type Network struct {
	IsMessage bool   // of the network layer itself
	From      uint16 // number of the network that it comes from, 0 for this one
	Address   uint16 // the last two bytes of the sender's address there
}

// ReadNetwork reads a header; ok is false if it breaks the rules.
func ReadNetwork(c *frame.Cursor) (n Network, ok bool) {
	version, control := c.U8(), c.U8()
	n.IsMessage = control&0x80 != 0
	if version != 1 || control&0x50 != 0 {
		return n, false
	}
	if control&0x20 != 0 {
		net := c.U16()
		c.Skip(int(c.U8()))
		if net == 0 {
			return n, false
		}
	}
	if control&8 != 0 {
		n.From = c.U16()
		address := c.Bytes(int(c.U8()))
		if len(address) == 0 || n.From == 0 || n.From == 0xffff {
			return n, false
		}
		for _, x := range address[max(0, len(address)-2):] {
			n.Address = n.Address<<8 | uint16(x)
		}
	}
	if control&0x20 != 0 {
		c.Skip(1) // hop count
	}
	return n, !c.Short()
}

// Part is a number for the sender on a network behind a router, never 0.
func (n *Network) Part() uint16 {
	p := n.From<<8 ^ n.Address
	if p == 0 {
		p = n.From
	}
	return p
}

// Kinds of messages of the application layer (clause 20.1).
const (
	Confirmed = iota
	Unconfirmed
	SimpleAck
	ComplexAck
	SegmentAck
	Error
	Reject
	Abort
)

// Header is the header of the application layer.
type Header struct {
	Kind, Invoke, Service uint8
	Later                 bool // a segment that is not the first: no service is in it
	ToClient              bool // for Abort: sent by the server
	Segmented             bool // it goes on in others
}

// ReadHeader reads a header; ok is false if it breaks the rules.
func ReadHeader(c *frame.Cursor) (h Header, ok bool) {
	first := c.U8()
	h.Kind = first >> 4
	h.Segmented = (h.Kind == Confirmed || h.Kind == ComplexAck) && first&8 != 0
	switch h.Kind {
	case Confirmed:
		c.Skip(1)
		h.Invoke = c.U8()
		h.Later = first&8 != 0 && segment(c)
		h.Service = c.U8()
	case Unconfirmed:
		h.Service = c.U8()
	case ComplexAck:
		h.Invoke = c.U8()
		h.Later = first&8 != 0 && segment(c)
		h.Service = c.U8()
	case SimpleAck, Error, Reject:
		h.Invoke, h.Service = c.U8(), c.U8() // the reason, if it is Reject
	case SegmentAck:
		h.Invoke = c.U8()
		c.Skip(2)
	case Abort:
		h.ToClient = first&1 != 0
		h.Invoke, h.Service = c.U8(), c.U8()
	default:
		return h, false
	}
	return h, !c.Short()
}

func segment(c *frame.Cursor) (later bool) {
	number := c.U8()
	c.Skip(1)
	return number != 0
}

// Tag is one tag with its value (clause 20.2.1).
type Tag struct {
	Number  uint8
	Context bool
	Opening bool
	Closing bool
	Value   []byte
}

// Tags of application values (clause 20.2.1.4).
const (
	Boolean = 1 + iota
	Unsigned
	Signed
	Real
	Double
	Octets
	Text
	Bits
	Enumerated
	Date
	Time
	ObjectID
)

// Next reads one tag with its value; the cursor is short if it is not whole.
func Next(c *frame.Cursor) (t Tag) {
	b := c.U8()
	t.Number, t.Context = b>>4, b&8 != 0
	if t.Number == 15 {
		t.Number = c.U8()
	}
	n := int(b & 7)
	switch {
	case t.Context && n == 6:
		t.Opening = true
		return t
	case t.Context && n == 7:
		t.Closing = true
		return t
	case !t.Context && t.Number == Boolean:
		return t
	case n == 5:
		n = int(c.U8())
		if n == 254 {
			n = int(c.U16())
		} else if n == 255 {
			n = int(c.U32())
		}
	case n > 5:
		n = -1
	}
	t.Value = c.Bytes(n)
	return t
}

// Is reports whether t is the value of the context tag.
func (t *Tag) Is(context uint8) bool {
	return t.Context && t.Number == context && !t.Opening && !t.Closing
}

// Opens reports whether t opens the context tag.
func (t *Tag) Opens(context uint8) bool { return t.Opening && t.Number == context }

// Closes reports whether t closes the context tag.
func (t *Tag) Closes(context uint8) bool { return t.Closing && t.Number == context }

// Uint is the value as a number of at most four bytes.
func (t *Tag) Uint() (n uint32) {
	for _, x := range t.Value[:min(4, len(t.Value))] {
		n = n<<8 | uint32(x)
	}
	return n
}

// AppendText appends a character string as UTF-8 (clause 20.2.9); nothing if
// its character set is none that we read.
func AppendText(b []byte, t *Tag) []byte {
	if len(t.Value) < 2 {
		return b
	}
	set, text := t.Value[0], t.Value[1:]
	switch set {
	case 0:
		return append(b, text...)
	case 4: // UCS-2
		for i := 0; i+1 < len(text); i += 2 {
			b = utf8.AppendRune(b, rune(text[i])<<8|rune(text[i+1]))
		}
	case 5: // ISO 8859-1
		for _, x := range text {
			b = utf8.AppendRune(b, rune(x))
		}
	}
	return b
}

// Device is the type of the object that stands for the device itself.
const Device = 8

var objects = [...]string{"analog-input", "analog-output", "analog-value", "binary-input", "binary-output", "binary-value", "calendar",
	"command", "device", "event-enrollment", "file", "group", "loop", "multi-state-input", "multi-state-output", "notification-class",
	"program", "schedule", "averaging", "multi-state-value", "trend-log", "life-safety-point", "life-safety-zone", "accumulator",
	"pulse-converter", "event-log", "global-group", "trend-log-multiple", "load-control", "structured-view", "access-door"}

// AppendObject appends the name of an object: "analog-output,3".
func AppendObject(b []byte, id uint32) []byte {
	if kind := id >> 22; int(kind) < len(objects) {
		b = append(b, objects[kind]...)
	} else {
		b = strconv.AppendUint(b, uint64(kind), 10)
	}
	return strconv.AppendUint(append(b, ','), uint64(id&0x3fffff), 10)
}

// Properties that are named here (clause 21).
const (
	ApplicationVersion = 12
	Description        = 28
	Firmware           = 44
	Location           = 58
	ModelName          = 70
	ObjectName         = 77
	PresentValue       = 85
	VendorID           = 120
	VendorName         = 121
	SerialNumber       = 372
)

// AppendProperty appends the name of a property, or its number.
func AppendProperty(b []byte, id uint16) []byte {
	switch id {
	case PresentValue:
		return append(b, "present-value"...)
	case ObjectName:
		return append(b, "object-name"...)
	case Description:
		return append(b, "description"...)
	case Location:
		return append(b, "location"...)
	case 81:
		return append(b, "out-of-service"...)
	case 104:
		return append(b, "relinquish-default"...)
	case 123:
		return append(b, "weekly-schedule"...)
	}
	return strconv.AppendUint(append(b, "property "...), uint64(id), 10)
}

// ErrorText says the error in the body of an Error message: its code, or its class if the code is not known.
func ErrorText(c frame.Cursor) string {
	t := Next(&c)
	if t.Opening {
		t = Next(&c)
	}
	class, code := t.Uint(), Next(&c)
	switch n := code.Uint(); {
	case !c.Short() && int(n) < len(codes) && codes[n] != "":
		return codes[n]
	case !c.Short() && int(class) < len(classes):
		return classes[class]
	}
	return "error"
}

// Target is the object and property, or the state, that a request is
// about. Object and property are those of the first, if there are more.
func Target(service uint8, c frame.Cursor) (object uint32, property uint16) {
	t := Next(&c)
	switch service {
	case 6, 7: // file
		return t.Uint(), 0xffff
	case 17: // duration, what
		if t.Is(0) {
			t = Next(&c)
		}
		return 0, uint16(t.Uint())
	case 20:
		return 0, uint16(t.Uint())
	}
	if t.Opens(0) {
		t = Next(&c)
	}
	object, property = t.Uint(), 0xffff
	if t = Next(&c); t.Opens(1) {
		t = Next(&c)
	}
	if t.Context && len(t.Value) > 0 {
		property = uint16(t.Uint())
	}
	return object, property
}
