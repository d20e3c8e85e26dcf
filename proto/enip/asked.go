package enip

import (
	"strconv"

	"tyto/frame"
)

// An Asked is a request that waits for its answer. The way is 0 to the device
// that is asked, else slot + 1.
type Asked struct {
	Service                    byte
	Way                        uint8
	Class, Instance, Attribute uint16
}

// AskedBy is what is kept of a request. Of larger instances and attributes the most that fits is.
func AskedBy(r *Request, way uint8) Asked {
	return Asked{Service: r.Service, Way: way, Class: r.Path.Class, Instance: uint16(min(r.Path.Instance, 1<<13-1)), Attribute: min(r.Path.Attribute, 255)}
}

// Pack is a and the key of its answer in one word: key 16 bits, service 7,
// class 12, way 8, instance 13, attribute 8.
func (a *Asked) Pack(key uint16) uint64 {
	return uint64(key) | uint64(a.Service&0x7f)<<16 | uint64(a.Class)<<23 | uint64(a.Way)<<35 | uint64(a.Instance)<<43 | uint64(a.Attribute)<<56
}

// Unpack is what was packed.
func Unpack(x uint64) (a Asked, key uint16) {
	return Asked{Service: byte(x>>16) & 0x7f, Class: uint16(x>>23) & 0xfff, Way: uint8(x >> 35), Instance: uint16(x>>43) & 0x1fff,
		Attribute: uint16(x >> 56)}, uint16(x)
}

// IsIO reports whether a datagram is cyclic data: a sequenced address, connected data.
func IsIO(c frame.Cursor) bool {
	if c.L16() != 2 || c.L16() != SequencedItem || c.L16() != 8 {
		return false
	}
	c.Skip(8)
	return c.L16() == ConnectedItem && int(c.L16()) <= c.Len() && !c.Short()
}

// ReadHostName reads the host name out of all attributes of the TCP/IP object (volume 2 section 5-4).
func ReadHostName(c *frame.Cursor) []byte {
	c.Skip(12) // status, capability, control
	c.Skip(2 * int(c.L16()))
	c.Skip(20) // addresses
	n := int(c.L16())
	c.Skip(n + n&1)
	return c.Bytes(int(c.L16()))
}

// AppendRevision appends a revision: "20.11".
func AppendRevision(b []byte, major, minor uint8) []byte {
	if cap(b)-len(b) < 8 {
		return b
	}
	return strconv.AppendUint(append(strconv.AppendUint(b, uint64(major), 10), '.'), uint64(minor), 10)
}

// AppendHex appends a number as eight digits.
func AppendHex(b []byte, n uint32) []byte {
	if cap(b)-len(b) < 8 {
		return b
	}
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[n>>shift&15])
	}
	return b
}
