package frame

import (
	"bytes"
	"encoding/binary"
)

// A Cursor reads a message front to back and never past its end. The first
// read that does not fit makes the cursor short: from then on reads return
// zero values. A dissector checks Short once, after its reads, instead of
// guarding each of them. It is a value: a copy looks ahead without moving.
type Cursor struct {
	b     []byte
	short bool
}

// Read is a Cursor at the start of b.
func Read(b []byte) Cursor { return Cursor{b: b} }

// Short reports whether a read did not fit.
func (c *Cursor) Short() bool { return c.short }

// Len is the number of bytes left.
func (c *Cursor) Len() int { return len(c.b) }

// Rest is what is left, without moving; valid as long as the message is.
func (c *Cursor) Rest() []byte { return c.b }

// Bytes reads n bytes; nil if they are not there or n is negative.
func (c *Cursor) Bytes(n int) []byte {
	if uint(n) > uint(len(c.b)) {
		c.fail()
		return nil
	}
	x := c.b[:n:n]
	c.b = c.b[n:]
	return x
}

// Skip passes over n bytes.
func (c *Cursor) Skip(n int) { c.Bytes(n) }

// Sub reads n bytes as a Cursor of their own, which is short if they are not there.
func (c *Cursor) Sub(n int) Cursor {
	b := c.Bytes(n)
	return Cursor{b: b, short: c.short}
}

// U8 reads one byte.
func (c *Cursor) U8() uint8 {
	if len(c.b) < 1 {
		c.fail()
		return 0
	}
	x := c.b[0]
	c.b = c.b[1:]
	return x
}

// U16 reads two bytes, big-endian.
func (c *Cursor) U16() uint16 {
	if len(c.b) < 2 {
		c.fail()
		return 0
	}
	x := binary.BigEndian.Uint16(c.b)
	c.b = c.b[2:]
	return x
}

// U24 reads three bytes, big-endian.
func (c *Cursor) U24() uint32 {
	if len(c.b) < 3 {
		c.fail()
		return 0
	}
	x := uint32(c.b[0])<<16 | uint32(c.b[1])<<8 | uint32(c.b[2])
	c.b = c.b[3:]
	return x
}

// U32 reads four bytes, big-endian.
func (c *Cursor) U32() uint32 {
	if len(c.b) < 4 {
		c.fail()
		return 0
	}
	x := binary.BigEndian.Uint32(c.b)
	c.b = c.b[4:]
	return x
}

// U64 reads eight bytes, big-endian.
func (c *Cursor) U64() uint64 {
	if len(c.b) < 8 {
		c.fail()
		return 0
	}
	x := binary.BigEndian.Uint64(c.b)
	c.b = c.b[8:]
	return x
}

// L16 reads two bytes, little-endian.
func (c *Cursor) L16() uint16 {
	if len(c.b) < 2 {
		c.fail()
		return 0
	}
	x := binary.LittleEndian.Uint16(c.b)
	c.b = c.b[2:]
	return x
}

// L32 reads four bytes, little-endian.
func (c *Cursor) L32() uint32 {
	if len(c.b) < 4 {
		c.fail()
		return 0
	}
	x := binary.LittleEndian.Uint32(c.b)
	c.b = c.b[4:]
	return x
}

// L64 reads eight bytes, little-endian.
func (c *Cursor) L64() uint64 {
	if len(c.b) < 8 {
		c.fail()
		return 0
	}
	x := binary.LittleEndian.Uint64(c.b)
	c.b = c.b[8:]
	return x
}

// MAC reads six bytes of hardware address.
func (c *Cursor) MAC() (m MAC) {
	copy(m[:], c.Bytes(6))
	return m
}

// IPv4 reads four bytes of address.
func (c *Cursor) IPv4() Addr { return AddrOf(c.Bytes(4)) }

// IPv6 reads sixteen bytes of address.
func (c *Cursor) IPv6() Addr { return AddrOf(c.Bytes(16)) }

// Until reads up to and over the separator, and returns what stood before
// it. If it does not occur the cursor is short.
func (c *Cursor) Until(separator string) []byte {
	i := bytes.Index(c.b, []byte(separator))
	if i < 0 {
		c.fail()
		return nil
	}
	x := c.b[:i:i]
	c.b = c.b[i+len(separator):]
	return x
}

// Line reads one line of text that ends in LF or CRLF, without its end. The
// last line of a message may lack the end.
func (c *Cursor) Line() []byte {
	if len(c.b) == 0 {
		c.fail()
		return nil
	}
	i := bytes.IndexByte(c.b, '\n')
	line := c.b
	if i < 0 {
		c.b = nil
	} else {
		line, c.b = c.b[:i], c.b[i+1:]
	}
	return bytes.TrimSuffix(line, []byte{'\r'})
}

// Has reports whether the message goes on with the prefix, without moving.
func (c *Cursor) Has(prefix string) bool {
	return len(c.b) >= len(prefix) && string(c.b[:len(prefix)]) == prefix
}

func (c *Cursor) fail() { c.b, c.short = nil, true }
