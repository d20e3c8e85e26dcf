// Package smb reads messages of Server Message Block, version 1 ([MS-CIFS],
// [MS-SMB]) and versions 2 and 3 ([MS-SMB2]), from their header on: what hosts
// say of themselves, and what is done. It is pure: no memory of its own, no allocation.
package smb

import (
	"bytes"

	"tyto/frame"
)

// A Header is what all messages begin with.
type Header struct {
	Version int    // 1; 2 also for version 3; 3 if what follows is encrypted or compressed
	Command uint16 // in version 1, that of Block
	Answer  bool
	Wide    bool // strings are UTF-16
	Status  uint32
	Tree    uint32
	Next    int    // where the next message of a compound begins, 0 if there is none
	All     []byte // the message from its header on
	Block   frame.Cursor
}

// What begins a message.
const (
	magic1          = "\xffSMB"
	magic2          = "\xfeSMB"
	magicEncrypted  = "\xfdSMB"
	magicCompressed = "\xfcSMB"
)

// Sizes of headers.
const (
	size1 = 32
	size2 = 64
)

// MoreProcessing is the status of an answer after which the login goes on.
const MoreProcessing = 0xc0000016

// Magic reports which version begins b: 0 if none.
func Magic(b []byte) int {
	c := frame.Read(b)
	switch {
	case c.Has(magic1):
		return 1
	case c.Has(magic2):
		return 2
	case c.Has(magicEncrypted), c.Has(magicCompressed):
		return 3
	}
	return 0
}

// Read reads a header ([MS-CIFS] section 2.2.3.1, [MS-SMB2] section 2.2.1).
func Read(b []byte) (h Header, ok bool) {
	h = Header{Version: Magic(b), All: b}
	c := frame.Read(b)
	c.Skip(4)
	switch h.Version {
	case 1:
		h.Command = uint16(c.U8())
		h.Status = c.L32()
		h.Answer = c.U8()&0x80 != 0
		h.Wide = c.L16()&0x8000 != 0
		c.Skip(12)
		h.Tree = uint32(c.L16())
		c.Skip(6)
	case 2:
		size := c.L16()
		c.Skip(2)
		h.Status = c.L32()
		h.Command = c.L16()
		c.Skip(2)
		h.Answer = c.L32()&1 != 0
		h.Next = int(c.L32())
		c.Skip(12)
		h.Tree = c.L32()
		c.Skip(24)
		if size != size2 || h.Next != 0 && (h.Next < size2 || h.Next > len(b)) {
			return h, false
		}
		if h.Next > 0 {
			h.All = b[:h.Next]
			c = frame.Read(b[size2:h.Next])
		}
		h.Wide = true
	case 3:
		return h, true
	}
	h.Block = c
	return h, h.Version != 0 && !c.Short()
}

// AndX moves a header of version 1 to the command that follows in the same
// message ([MS-CIFS] section 2.2.3.4). It only goes forwards.
func (h *Header) AndX() bool {
	if h.Version != 1 || !chained(h.Command) {
		return false
	}
	c := h.Block
	if c.U8() < 2 {
		return false
	}
	command := c.U8()
	c.Skip(1)
	at := int(c.L16())
	if c.Short() || command == 0xff || at <= len(h.All)-h.Block.Len() || at >= len(h.All) {
		return false
	}
	h.Command, h.Block = uint16(command), frame.Read(h.All[at:])
	return true
}

func chained(command uint16) bool {
	switch command {
	case 0x24, 0x2d, 0x2e, 0x2f, 0x73, 0x74, 0x75, 0xa2:
		return true
	}
	return false
}

// Parts is the parameter words and the data bytes of a block of version 1.
func (h *Header) Parts() (words, data frame.Cursor) {
	c := h.Block
	words = c.Sub(2 * int(c.U8()))
	n := int(c.L16())
	return words, c.Sub(min(n, c.Len()))
}

// text reads a string of version 1 that ends in zero, which if wide begins at
// an even distance from the header. The last one may lack its end.
func (h *Header) text(c *frame.Cursor) []byte {
	if !h.Wide {
		if x := c.Rest(); bytes.IndexByte(x, 0) < 0 {
			c.Skip(len(x))
			return x
		}
		return c.Until("\x00")
	}
	h.align(c)
	b := c.Rest()
	for i := 0; i+1 < len(b); i += 2 {
		if b[i]|b[i+1] == 0 {
			c.Skip(i + 2)
			return b[:i]
		}
	}
	c.Skip(len(b))
	return b[:len(b)&^1]
}

// align passes over the byte in front of a wide string.
func (h *Header) align(c *frame.Cursor) {
	if h.at(c)&1 == 1 && c.Len() > 0 {
		c.Skip(1)
	}
}

// at is where in the message the cursor stands. Data bytes are the tail of a
// block, so what is left of the block after them is beyond its end.
func (h *Header) at(c *frame.Cursor) int {
	block := h.Block
	words := int(block.U8())
	block.Skip(2 * words)
	n := int(block.L16())
	whole := min(n, block.Len())
	return len(h.All) - block.Len() + whole - c.Len()
}

// Natives is what a session setup of version 1 says of its sender's software,
// and whether a client names a person ([MS-CIFS] section 2.2.4.53, [MS-SMB]
// section 2.2.4.6).
type Natives struct {
	OS, LanMan, Domain []byte
	Blob               []byte // of the negotiated login
	Named              bool
}

// SessionSetup1 reads a session setup of version 1.
func (h *Header) SessionSetup1() (n Natives) {
	w, d := h.Parts()
	count := w.Len() / 2
	w.Skip(4)
	switch {
	case h.Answer && count == 3:
	case h.Answer && count == 4:
		w.Skip(2)
		n.Blob = d.Bytes(int(w.L16()))
	case h.Answer:
		return n
	case count == 12:
		w.Skip(10)
		n.Blob = d.Bytes(int(w.L16()))
	case count == 13:
		w.Skip(10)
		n1, n2 := int(w.L16()), int(w.L16())
		d.Skip(n1 + n2)
		n.Named = len(h.text(&d)) > 0
		n.Domain = h.text(&d)
	case count == 10:
		w.Skip(10)
		d.Skip(int(w.L16()))
		n.Named = len(h.text(&d)) > 0
		n.Domain = h.text(&d)
	default:
		return n
	}
	n.OS, n.LanMan = h.text(&d), h.text(&d)
	if h.Answer && count == 3 {
		n.Domain = h.text(&d)
	}
	return n
}

// Negotiated1 is what a server of version 1 says when the dialect is chosen
// ([MS-CIFS] section 2.2.4.52.2).
type Negotiated1 struct {
	Refused                    bool
	GUID, Blob, Domain, Server []byte
}

// Negotiate1 reads the answer to a negotiation of version 1.
func (h *Header) Negotiate1() (n Negotiated1) {
	w, d := h.Parts()
	count := w.Len() / 2
	n.Refused = count == 0 || w.L16() == 0xffff
	if count != 17 {
		return n
	}
	w.Skip(17)
	capabilities := w.L32()
	w.Skip(10)
	key := int(w.U8())
	if capabilities&(1<<31) != 0 {
		n.GUID = d.Bytes(16)
		n.Blob = d.Rest()
		return n
	}
	d.Skip(key)
	at := *h
	at.Wide = h.Wide || capabilities&4 != 0
	// Here the strings are not aligned.
	n.Domain = unaligned(&d, at.Wide)
	n.Server = unaligned(&d, at.Wide)
	return n
}

func unaligned(c *frame.Cursor, wide bool) []byte {
	if !wide {
		return c.Until("\x00")
	}
	b := c.Rest()
	for i := 0; i+1 < len(b); i += 2 {
		if b[i]|b[i+1] == 0 {
			c.Skip(i + 2)
			return b[:i]
		}
	}
	c.Skip(-1)
	return nil
}

// Offers2 reports whether a negotiation of version 1 offers version 2 as well.
func Offers2(b []byte) bool {
	return len(b) > size1 && b[4] == 0x72 && b[9]&0x80 == 0 && bytes.Contains(b[:min(len(b), 512)], smb2)
}

var smb2 = []byte("\x02SMB 2.")
