// Package goosepdu reads what GOOSE and Sampled Values share on Ethernet (IEC
// 61850-8-1 annex C, -9-2): the header with an application's id, and what changes
// of a control block from one message to the next. It is pure: no memory of its own, no allocation.
package goosepdu

import (
	"tyto/frame"
	"tyto/proto/der"
)

// Read reads the header and is a cursor of the message of the tag behind it;
// ok is false if the lengths break the rules or the tag is another.
func Read(b []byte, tag byte) (c frame.Cursor, ok bool) {
	h := frame.Read(b)
	h.Skip(2)
	length := int(h.U16())
	h.Skip(4)
	if h.Short() || length < 10 || der.Peek(&h) != tag {
		return c, false
	}
	before := h.Len()
	c, ok = der.Enter(&h, tag)
	return c, ok && before <= len(b)-8
}
