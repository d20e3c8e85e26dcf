// Package goosepdu reads what GOOSE and Sampled Values share on Ethernet (IEC
// 61850-8-1 annex C, -9-2): the header with an application's id, and which of a
// link's messages were told of. It is pure: no memory of its own, no allocation.
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

// News reports whether the name was not yet seen in the four places of
// memory, and puts it there.
func News(memory *[4]uint64, name []byte) bool {
	x := uint64(14695981039346656037)
	for _, b := range name {
		x = (x ^ uint64(b)) * 1099511628211
	}
	place := &memory[x>>8&3]
	if *place == x {
		return false
	}
	*place = x
	return true
}
