// Package quic reads the first packets of QUIC (RFC 9000, RFC 9001, RFC 9369),
// of its drafts and of Google's older protocol of that name, up to the
// client's hello. It is pure: no memory of its own, no allocation.
package quic

import (
	"bytes"

	"tyto/frame"
)

// A Header is a long header (RFC 8999 section 5.1).
type Header struct {
	Version     uint32
	Initial     bool
	Destination []byte // connection id
	length      int    // of packet number and payload
	before      int    // bytes before the packet number
}

// longest is how long a connection id may be (RFC 9000 section 17.2).
const longest = 20

// Known reports whether the version is one of QUIC's. Those that are reserved
// to be refused (RFC 9000 section 15) are left out: too many other bytes look like them.
func Known(version uint32) bool {
	if _, ok := keysOf(version); ok {
		return true
	}
	return version>>8 == 0xff0000 || version>>16 == 0x5130 || version>>4 == 0xfaceb00
}

// ReadHeader reads the header of the first packet of a datagram; ok is false
// if that is none with a long header, or of another protocol.
func ReadHeader(b []byte) (h Header, ok bool) {
	c := frame.Read(b)
	first := c.U8()
	h.Version = c.U32()
	n := int(c.U8())
	h.Destination = c.Bytes(n)
	m := int(c.U8())
	c.Skip(m)
	if c.Short() || first&0xc0 != 0xc0 || n > longest || m > longest || !Known(h.Version) {
		return h, false
	}
	kind := first >> 4 & 3
	h.Initial = kind == 0 && h.Version != 0x6b3343cf || kind == 1 && h.Version == 0x6b3343cf
	if !h.Initial {
		return h, true
	}
	c.Skip(varint(&c)) // token
	h.length = varint(&c)
	h.before = len(b) - c.Len()
	return h, !c.Short() && h.length <= c.Len()
}

// varint reads a number of variable length (RFC 9000 section 16); -1 if it
// is beyond what a datagram can hold.
func varint(c *frame.Cursor) int {
	x := uint64(c.U8())
	n := 1 << (x >> 6)
	x &= 0x3f
	for range n - 1 {
		x = x<<8 | uint64(c.U8())
	}
	if x > 1<<16 {
		return -1
	}
	return int(x)
}

// Open decrypts the payload of a client's Initial packet into room, which
// must be as long as b, and is the frames; nil if they cannot be had.
func (h *Header) Open(room, b []byte) []byte {
	v, ok := keysOf(h.Version)
	if !ok || !h.Initial || len(room) < len(b) || h.length < 4+16+16 {
		return nil
	}
	k := newClientKey(v, h.Destination)
	// Header protection: RFC 9001 section 5.4.
	var mask [16]byte
	copy(mask[:], b[h.before+4:])
	k.header.encrypt(&mask)
	size := int((b[0]^mask[0])&3) + 1
	number := uint32(0)
	for i := range size {
		number = number<<8 | uint32(b[h.before+i]^mask[1+i])
	}
	frames := room[:copy(room, b[h.before+size:h.before+h.length-16])]
	k.open(number, frames)
	return frames
}

// Types of frames that an Initial packet may hold (RFC 9000 section 12.4).
const (
	padding = 0
	ping    = 1
	ack     = 2
	ackECN  = 3
	crypto  = 6
	crypto8 = 8 // of Google's T050 and T051
	close1  = 0x1c
)

// Crypto puts the parts of the handshake that the frames hold in order into
// room, and is what there is of it from its beginning on without a hole. ok
// is false if b is not frames. Clients shuffle the parts, and put some into another packet.
func Crypto(room, b []byte) (hello []byte, ok bool) {
	have := 0
	for range 64 { // each pass adds what fits next; a client that cuts finer is not understood
		grown := false
		for c := frame.Read(b); ; {
			offset, part, more, good := nextCrypto(&c)
			if !good {
				return nil, false
			}
			if !more {
				break
			}
			if offset <= have && offset+len(part) > have && have < len(room) {
				have += copy(room[have:], part[have-offset:])
				grown = true
			}
		}
		if !grown {
			break
		}
	}
	return room[:have], true
}

// nextCrypto is the next frame with a part of the handshake; good is false if
// what follows is no frame of an Initial packet.
func nextCrypto(c *frame.Cursor) (offset int, part []byte, more, good bool) {
	for c.Len() > 0 {
		switch kind := c.U8(); kind {
		case padding, ping:
		case ack, ackECN:
			varint(c) // largest
			varint(c) // delay
			n := varint(c)
			for i := 0; i < 1+2*n && i < 64; i++ {
				varint(c)
			}
			for i := 0; kind == ackECN && i < 3; i++ {
				varint(c)
			}
		case crypto, crypto8:
			offset = varint(c)
			part = c.Bytes(varint(c))
			if c.Short() || offset < 0 {
				return 0, nil, false, false
			}
			return offset, part, true, true
		case close1:
			return 0, nil, false, true
		default:
			return 0, nil, false, false
		}
	}
	return 0, nil, false, !c.Short()
}

// ServerName looks for the server's name in frames of which the hello's
// beginning went in another packet: by the five lengths of RFC 6066 section 3 that
// must agree, and by characters that a name may hold.
func ServerName(frames []byte) []byte {
	for c := frame.Read(frames); ; {
		_, part, more, good := nextCrypto(&c)
		if !good || !more {
			return nil
		}
		for i := 0; i+9 < len(part); i++ {
			e := frame.Read(part[i:])
			id, all, list, kind, n := e.U16(), e.U16(), e.U16(), e.U8(), e.U16()
			if id != 0 || kind != 0 || n < 4 || n > 253 || list != n+3 || all != list+2 {
				continue
			}
			if name := e.Bytes(int(n)); name != nil && hostName(name) {
				return name
			}
		}
	}
}

func hostName(b []byte) bool {
	for _, c := range b {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return bytes.IndexByte(b, '.') > 0
}

// Google's own: public header with 8 bytes of connection id and a version
// "Q0nn", as Chrome spoke it until 2020.
const googleHeader = 1 + 8 + 4

// Google reports whether b is the first packet of a client of Google's QUIC
// before it took the headers of the standard.
func Google(b []byte) bool {
	return len(b) > googleHeader && b[0]&0x89 == 0x09 && b[9] == 'Q' && b[10] == '0' && b[11]-'0' < 10 && b[12]-'0' < 10
}

// GoogleTag is the value of a tag ("SNI\x00", "UAID") of the client's hello in
// the clear, nil if there is none.
func GoogleTag(b []byte, tag string) []byte {
	i := bytes.Index(b[:min(len(b), 200)], []byte("CHLO"))
	if i < 0 {
		return nil
	}
	c := frame.Read(b[i+4:])
	n := int(c.L16())
	c.Skip(2)
	tags := c.Sub(8 * n)
	values, start := c.Rest(), uint32(0)
	for range min(n, 128) {
		name, end := tags.Bytes(4), tags.L32()
		if tags.Short() || end < start || int(end) > len(values) {
			return nil
		}
		if string(name) == tag {
			return values[start:end]
		}
		start = end
	}
	return nil
}
