package lab

import "encoding/binary"

// mac and ip are addresses as they are on the wire.
type (
	mac [6]byte
	ip  [4]byte
)

// An end is one side of a datagram or connection: who sends or receives on
// this wire, and for whom.
type end struct {
	mac mac
	ip  ip
	ttl byte
}

var broadcast = mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// group is the end of an IPv4 multicast group (RFC 1112 section 6.4).
func group(a ip) end {
	return end{mac: mac{0x01, 0x00, 0x5e, a[1] & 0x7f, a[2], a[3]}, ip: a}
}

// An encoder appends to b in network order.
type encoder struct{ b []byte }

func (e *encoder) u8(x ...byte)   { e.b = append(e.b, x...) }
func (e *encoder) u16(x uint16)   { e.b = binary.BigEndian.AppendUint16(e.b, x) }
func (e *encoder) u24(x uint32)   { e.b = append(e.b, byte(x>>16), byte(x>>8), byte(x)) }
func (e *encoder) u32(x uint32)   { e.b = binary.BigEndian.AppendUint32(e.b, x) }
func (e *encoder) u64(x uint64)   { e.b = binary.BigEndian.AppendUint64(e.b, x) }
func (e *encoder) str(s string)   { e.b = append(e.b, s...) }
func (e *encoder) bytes(x []byte) { e.b = append(e.b, x...) }

// zeros appends n of them.
func (e *encoder) zeros(n int) {
	for range n {
		e.b = append(e.b, 0)
	}
}

// sized8, sized16 and sized24 append what fill appends, behind its length.
func (e *encoder) sized8(fill func()) {
	at := len(e.b)
	e.u8(0)
	fill()
	e.b[at] = byte(len(e.b) - at - 1)
}

func (e *encoder) sized16(fill func()) {
	at := len(e.b)
	e.u16(0)
	fill()
	binary.BigEndian.PutUint16(e.b[at:], uint16(len(e.b)-at-2))
}

func (e *encoder) sized24(fill func()) {
	at := len(e.b)
	e.u24(0)
	fill()
	n := len(e.b) - at - 3
	e.b[at], e.b[at+1], e.b[at+2] = byte(n>>16), byte(n>>8), byte(n)
}

// ethernet begins a frame.
func (e *encoder) ethernet(dst, src mac, etherType uint16) {
	e.b = e.b[:0]
	e.u8(dst[:]...)
	e.u8(src[:]...)
	e.u16(etherType)
}

// ipv4 begins a packet in a frame (RFC 791); its payload is length bytes.
func (e *encoder) ipv4(src, dst end, protocol byte, id uint16, length int) {
	e.ethernet(dst.mac, src.mac, 0x0800)
	at := len(e.b)
	e.u8(0x45, 0)
	e.u16(uint16(20 + length))
	e.u16(id)
	e.u16(0x4000)
	e.u8(src.ttl, protocol, 0, 0)
	e.u8(src.ip[:]...)
	e.u8(dst.ip[:]...)
	binary.BigEndian.PutUint16(e.b[at+10:], fold(sum(e.b[at:], 0)))
}

// udp is a whole frame with a datagram (RFC 768).
func (e *encoder) udp(src, dst end, sport, dport uint16, id uint16, payload []byte) {
	e.ipv4(src, dst, 17, id, 8+len(payload))
	at := len(e.b)
	e.u16(sport)
	e.u16(dport)
	e.u16(uint16(8 + len(payload)))
	e.u16(0)
	e.bytes(payload)
	c := fold(sum(e.b[at:], pseudo(src.ip, dst.ip, 17, 8+len(payload))))
	if c == 0 {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(e.b[at+6:], c)
}

// Flags of TCP (RFC 9293 section 3.1).
const (
	fin = 1
	syn = 2
	psh = 8
	ack = 16
)

// A segment is the header of one of TCP.
type segment struct {
	sport, dport uint16
	seq, ack     uint32
	flags        byte
	window       uint16
}

// tcp is a whole frame with a segment. A SYN carries the usual options.
func (e *encoder) tcp(src, dst end, s segment, id uint16, payload []byte) {
	var options []byte
	if s.flags&syn != 0 {
		options = []byte{2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7, 0, 0}
	}
	n := 20 + len(options) + len(payload)
	e.ipv4(src, dst, 6, id, n)
	at := len(e.b)
	e.u16(s.sport)
	e.u16(s.dport)
	e.u32(s.seq)
	e.u32(s.ack)
	e.u8(byte(5+len(options)/4)<<4, s.flags)
	e.u16(s.window)
	e.u32(0)
	e.bytes(options)
	e.bytes(payload)
	binary.BigEndian.PutUint16(e.b[at+16:], fold(sum(e.b[at:], pseudo(src.ip, dst.ip, 6, n))))
}

func pseudo(src, dst ip, protocol byte, length int) uint32 {
	s := sum(src[:], uint32(protocol)+uint32(length))
	return sum(dst[:], s)
}

// sum adds to s for the Internet checksum (RFC 1071).
func sum(b []byte, s uint32) uint32 {
	for len(b) >= 2 {
		s += uint32(b[0])<<8 | uint32(b[1])
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	return s
}

func fold(s uint32) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}

// arp is a whole frame (RFC 826): operation 1 asks, 2 answers.
func (e *encoder) arp(operation uint16, from, to end) {
	dst, target := to.mac, to.mac
	if operation == 1 {
		dst, target = broadcast, mac{}
	}
	e.ethernet(dst, from.mac, 0x0806)
	e.u16(1)
	e.u16(0x0800)
	e.u8(6, 4)
	e.u16(operation)
	e.u8(from.mac[:]...)
	e.u8(from.ip[:]...)
	e.u8(target[:]...)
	e.u8(to.ip[:]...)
	e.zeros(60 - len(e.b))
}

// A card is what a device says of itself in LLDP and CDP.
type card struct {
	name, descr, platform, port string
	version, serial, vendor     string
	capabilities                uint16 // LLDP's bits
	phone                       bool   // with LLDP-MED's inventory
}

// lldp is a whole frame (IEEE 802.1AB, and ANSI/TIA-1057 for phones).
func (e *encoder) lldp(from end, c card) {
	e.ethernet(mac{0x01, 0x80, 0xc2, 0, 0, 0x0e}, from.mac, 0x88cc)
	tlv := func(kind uint16, fill func()) {
		at := len(e.b)
		e.u16(0)
		fill()
		binary.BigEndian.PutUint16(e.b[at:], kind<<9|uint16(len(e.b)-at-2))
	}
	tlv(1, func() { e.u8(4); e.u8(from.mac[:]...) })
	tlv(2, func() { e.u8(5); e.str(c.port) })
	tlv(3, func() { e.u16(120) })
	tlv(5, func() { e.str(c.name) })
	tlv(6, func() { e.str(c.descr) })
	tlv(7, func() { e.u16(c.capabilities); e.u16(c.capabilities) })
	tlv(8, func() { e.u8(5, 1); e.u8(from.ip[:]...); e.u8(2); e.u32(1); e.u8(0) })
	if c.phone {
		med := func(subtype byte, text string) {
			tlv(127, func() { e.u8(0, 0x12, 0xbb, subtype); e.str(text) })
		}
		tlv(127, func() { e.u8(0, 0x12, 0xbb, 1, 0, 0x33, 3) })
		med(7, c.version)
		med(8, c.serial)
		med(9, c.vendor)
		med(10, c.platform)
	}
	tlv(0, func() {})
	if len(e.b) < 60 {
		e.zeros(60 - len(e.b))
	}
}

// cdp is a whole frame of version 2.
func (e *encoder) cdp(from end, c card) {
	e.ethernet(mac{0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc}, from.mac, 0)
	e.u8(0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 0x00)
	at := len(e.b)
	e.u8(2, 180, 0, 0)
	tlv := func(kind uint16, fill func()) {
		e.u16(kind)
		at := len(e.b)
		e.u16(0)
		fill()
		binary.BigEndian.PutUint16(e.b[at:], uint16(len(e.b)-at+2))
	}
	tlv(1, func() { e.str(c.name) })
	tlv(2, func() { e.u32(1); e.u8(1, 1, 0xcc, 0, 4); e.u8(from.ip[:]...) })
	tlv(3, func() { e.str(c.port) })
	tlv(4, func() { e.u32(0x28) })
	tlv(5, func() { e.str(c.descr) })
	tlv(6, func() { e.str(c.platform) })
	if (len(e.b)-at)%2 == 1 {
		tlv(0x0b, func() { e.u8(1) }) // duplex; it makes the length even, as the checksum likes it
	}
	binary.BigEndian.PutUint16(e.b[at+2:], fold(sum(e.b[at:], 0)))
	binary.BigEndian.PutUint16(e.b[12:], uint16(len(e.b)-14))
	if len(e.b) < 60 {
		e.zeros(60 - len(e.b))
	}
}
