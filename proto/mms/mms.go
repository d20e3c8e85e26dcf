// Package mms reads MMS (ISO 9506-2) and what it stands on: session (ITU-T
// X.225), presentation (X.226) and association control (X.227), as IEC 61850-8-1 and
// TASE.2 use them. It is pure: no memory of its own, no allocation.
package mms

import (
	"tyto/frame"
	"tyto/proto/der"
)

// Kinds of PDUs, by tag (ISO 9506-2 clause 7).
const (
	Request         = 0xa0
	Response        = 0xa1
	ErrorPDU        = 0xa2
	Unconfirmed     = 0xa3
	Reject          = 0xa4
	Initiate        = 0xa8
	Initiated       = 0xa9
	InitiateRefused = 0xaa
	Conclude        = 0x8b
	Concluded       = 0x8c
)

// Session SPDUs (X.225 clause 8).
const (
	connect = 0x0d
	accept  = 0x0e
	refuse  = 0x0c
	finish  = 0x09
	abort   = 0x19
)

// A PDU is one message of MMS.
type PDU struct {
	Kind  byte
	Body  frame.Cursor
	Login bool // it opens an association with a password or the like
}

// Read reads what COTP carries, down to the message of MMS. ok is false if it
// is none; Kind is 0 if the layers below speak of themselves only.
func Read(b []byte) (p PDU, ok bool) {
	c := frame.Read(b)
	switch kind := c.U8(); kind {
	case 1: // give tokens, then data
		if c.U8() != 0 || c.U8() != 1 || c.U8() != 0 {
			return p, false
		}
		return presented(&c)
	case connect, accept:
		if !userData(&c) {
			return p, false
		}
		return associated(&c)
	case Request, Response, ErrorPDU, Unconfirmed, Reject, Initiate, Initiated, InitiateRefused: // straight on COTP
		c = frame.Read(b)
		p.Kind = kind
		before := c.Len()
		p.Body, ok = der.Enter(&c, kind)
		return p, ok && c.Len() == 0 && p.Body.Len() < before
	case refuse, finish, 0x0a, abort:
		n := length(&c)
		return p, n == c.Len() && !c.Short()
	}
	return p, false
}

// length reads a session length.
func length(c *frame.Cursor) int {
	n := int(c.U8())
	if n == 255 {
		n = int(c.U16())
	}
	return n
}

// userData moves c to the user data among the parameters of an SPDU.
func userData(c *frame.Cursor) bool {
	n := length(c)
	if n > c.Len() || c.Short() {
		return false
	}
	for range 32 {
		kind := c.U8()
		n := length(c)
		if c.Short() || n > c.Len() {
			return false
		}
		if kind == 0xc1 {
			*c = c.Sub(n)
			return true
		}
		c.Skip(n)
	}
	return false
}

// presented reads user data of the presentation layer: 61 { 30 { context, a0 { … } } }.
func presented(c *frame.Cursor) (p PDU, ok bool) {
	list, ok := der.Enter(c, 0x61)
	if !ok {
		return p, false
	}
	item, ok := der.Enter(&list, der.Sequence)
	if !ok {
		return p, false
	}
	if der.Peek(&item) == der.OID {
		der.Next(&item)
	}
	_, ok = der.Expect(&item, der.Integer)
	value, ok2 := der.Enter(&item, 0xa0)
	if !ok || !ok2 {
		return p, false
	}
	p.Kind = der.Peek(&value)
	switch {
	case p.Kind >= 0x60 && p.Kind <= 0x64: // association control: release
		p.Kind = 0
		return p, true
	case p.Kind == Conclude || p.Kind == Concluded:
		return p, true
	case p.Kind < Request || p.Kind > InitiateRefused:
		return p, false
	}
	p.Body, ok = der.Enter(&value, p.Kind)
	return p, ok
}

// associated reads CP or CPA of the presentation layer, and AARQ or AARE in it.
func associated(c *frame.Cursor) (p PDU, ok bool) {
	mode, ok := der.Enter(c, der.Set)
	if !ok {
		return p, false
	}
	if c, ok = find(&mode, 0xa2); !ok {
		return p, false
	}
	if c, ok = find(c, 0x61); !ok {
		return p, false
	}
	item, ok := der.Enter(c, der.Sequence)
	if !ok {
		return p, false
	}
	if c, ok = find(&item, 0xa0); !ok {
		return p, false
	}
	kind := der.Peek(c)
	if kind != 0x60 && kind != 0x61 {
		return p, false
	}
	control, _ := der.Enter(c, kind)
	for range 16 {
		tag, body, ok := der.Next(&control)
		if !ok {
			return p, true // the rest was cut off
		}
		switch {
		case tag == 0xac && kind == 0x60:
			p.Login = true
		case tag == 0xbe:
			return p.information(body), true
		}
	}
	return p, true
}

// information reads the user information of association control: EXTERNAL { context, a0 { … } }.
func (p PDU) information(b []byte) PDU {
	c := frame.Read(b)
	external, _ := der.Enter(&c, 0x28)
	value, ok := find(&external, 0xa0)
	if !ok {
		return p
	}
	if p.Kind = der.Peek(value); p.Kind < Initiate || p.Kind > InitiateRefused {
		p.Kind = 0
		return p
	}
	p.Body, _ = der.Enter(value, p.Kind)
	return p
}

// find moves c into the first value of the tag.
func find(c *frame.Cursor, tag byte) (*frame.Cursor, bool) {
	for range 16 {
		if der.Peek(c) == tag {
			inner, ok := der.Enter(c, tag)
			*c = inner
			return c, ok
		}
		if _, _, ok := der.Next(c); !ok {
			return c, false
		}
	}
	return c, false
}

// Service reads the tag of a service, of one or two bytes, and is a Cursor of its body.
func Service(c *frame.Cursor) (number uint8, body frame.Cursor, ok bool) {
	tag := c.U8()
	number = tag & 0x1f
	if number == 0x1f {
		number = c.U8()
		if number >= 0x80 {
			return 0, body, false
		}
	}
	n := int(c.U8())
	if n > 0x80 {
		k := n & 0x7f
		n = 0
		for range min(k, 4) {
			n = n<<8 | int(c.U8())
		}
	}
	if tag&0x80 == 0 || c.Short() || n < 0 {
		return 0, body, false
	}
	return number, c.Sub(min(n, c.Len())), true
}

// Name is the name of an object in a domain, or without one.
type Name struct{ Domain, Item []byte }

// FirstVariable reads the name of the first variable of Read and Write requests.
func FirstVariable(c frame.Cursor) (n Name) {
	if der.Peek(&c) == 0x80 { // a flag of Read
		der.Next(&c)
	}
	if der.Peek(&c) == 0xa1 && c.Len() > 2 { // Read wraps the specification
		inner := c
		if x, ok := der.Enter(&inner, 0xa1); ok && (der.Peek(&x) == 0xa0 || der.Peek(&x) == 0xa1) {
			c = x
		}
	}
	if der.Peek(&c) == 0xa1 { // a named list
		list, _ := der.Enter(&c, 0xa1)
		return ReadName(&list)
	}
	list, ok := der.Enter(&c, 0xa0)
	if !ok {
		return n
	}
	if der.Peek(&list) == der.Sequence {
		list, _ = der.Enter(&list, der.Sequence)
	}
	name, ok := der.Enter(&list, 0xa0)
	if !ok {
		return n
	}
	return ReadName(&name)
}

// ReadName reads an object name (ISO 9506-2 clause 7.5.1).
func ReadName(c *frame.Cursor) (n Name) {
	switch der.Peek(c) {
	case 0x80, 0x82:
		_, n.Item, _ = der.Next(c)
	case der.Visible: // the tag of a name in a domain was read
		_, n.Domain, _ = der.Next(c)
		_, n.Item, _ = der.Next(c)
	case 0xa1:
		inner, _ := der.Enter(c, 0xa1)
		_, n.Domain, _ = der.Next(&inner)
		_, n.Item, _ = der.Next(&inner)
	}
	return n
}

// Append appends n as text: "domain/item".
func (n *Name) Append(b []byte) []byte {
	if len(n.Domain) > 0 {
		b = append(append(b, n.Domain[:min(len(n.Domain), 64)]...), '/')
	}
	return append(b, n.Item[:min(len(n.Item), 128)]...)
}
