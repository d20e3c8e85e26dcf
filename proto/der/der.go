// Package der reads ASN.1 in BER and DER (ITU-T X.690) as SNMP and X.509
// write it: tags of one byte, definite lengths. It is pure: no memory of its
// own, no allocation.
package der

import (
	"strconv"
	"unicode/utf8"

	"tyto/frame"
)

// Tags that more than one protocol uses.
const (
	Boolean     = 0x01
	Integer     = 0x02
	BitString   = 0x03
	OctetString = 0x04
	Null        = 0x05
	OID         = 0x06
	UTF8        = 0x0c
	Numeric     = 0x12
	Printable   = 0x13
	Teletex     = 0x14
	IA5         = 0x16
	UTCTime     = 0x17
	Time        = 0x18
	Visible     = 0x1a
	Universal   = 0x1c
	BMP         = 0x1e
	Sequence    = 0x30
	Set         = 0x31
)

// Next reads one value. When it is not whole, or not of the forms that we
// read, the cursor becomes short and ok is false.
func Next(c *frame.Cursor) (tag byte, body []byte, ok bool) {
	tag, n := header(c)
	body = c.Bytes(n)
	return tag, body, !c.Short()
}

// Expect reads one value of the tag; what ok means is as with Next.
func Expect(c *frame.Cursor, tag byte) (body []byte, ok bool) {
	got, body, ok := Next(c)
	if ok && got != tag {
		c.Skip(-1)
		return nil, false
	}
	return body, ok
}

// Enter reads the header of a value of the tag and is a Cursor of what is
// there of its body, which may have been cut off.
func Enter(c *frame.Cursor, tag byte) (frame.Cursor, bool) {
	got, n := header(c)
	if c.Short() || got != tag {
		c.Skip(-1)
		return frame.Cursor{}, false
	}
	return c.Sub(min(n, c.Len())), true
}

// header reads tag and length; -1 for a length that we do not read.
func header(c *frame.Cursor) (tag byte, n int) {
	tag = c.U8()
	if tag&0x1f == 0x1f {
		return tag, -1
	}
	n = int(c.U8())
	if n < 0x80 {
		return tag, n
	}
	k := n & 0x7f
	if k == 0 || k > 4 {
		return tag, -1
	}
	n = 0
	for range k {
		n = n<<8 | int(c.U8())
	}
	return tag, n
}

// Peek is the tag of the next value, 0 if there is none.
func Peek(c *frame.Cursor) byte {
	if c.Len() == 0 {
		return 0
	}
	return c.Rest()[0]
}

// Int is the value of the body of an Integer of at most eight bytes.
func Int(body []byte) (n int64, ok bool) {
	if len(body) == 0 || len(body) > 8 {
		return 0, false
	}
	n = int64(int8(body[0]))
	for _, x := range body[1:] {
		n = n<<8 | int64(x)
	}
	return n, true
}

// AppendOID appends the body of an object identifier as dotted text. ok is
// false if it is none; what was read until then is appended.
func AppendOID(b, body []byte) (text []byte, ok bool) {
	var n uint64
	first, begun := true, false
	for _, x := range body {
		if n > 1<<32 {
			return b, false
		}
		n, begun = n<<7|uint64(x&0x7f), true
		if x&0x80 != 0 {
			continue
		}
		if first {
			top := min(n/40, 2)
			b = strconv.AppendUint(b, top, 10)
			n -= top * 40
			first = false
		}
		b = append(b, '.')
		b = strconv.AppendUint(b, n, 10)
		n, begun = 0, false
	}
	return b, !begun && !first
}

const hexDigits = "0123456789abcdef"

// AppendHex appends body in hexadecimal digits, without separators.
func AppendHex(b, body []byte) []byte {
	for _, x := range body {
		b = append(b, hexDigits[x>>4], hexDigits[x&15])
	}
	return b
}

// AppendText appends the body of a string of the tag as UTF-8; false if the
// tag is of no string.
func AppendText(b []byte, tag byte, body []byte) ([]byte, bool) {
	switch tag {
	case UTF8, Printable, IA5, Numeric, Visible:
		return append(b, body...), true
	case Teletex: // in practice Latin-1
		for _, x := range body {
			b = utf8.AppendRune(b, rune(x))
		}
		return b, true
	case BMP:
		for c := frame.Read(body); c.Len() > 1; {
			b = utf8.AppendRune(b, rune(c.U16()))
		}
		return b, true
	case Universal:
		for c := frame.Read(body); c.Len() > 3; {
			b = utf8.AppendRune(b, rune(c.U32()))
		}
		return b, true
	}
	return b, false
}
