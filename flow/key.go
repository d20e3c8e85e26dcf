package flow

import (
	"encoding/binary"
	"math/bits"

	"tyto/frame"
)

// A key is both ends of a conversation, the smaller address first, as five
// words, so that comparing and hashing it takes no call. For packets without
// IP the addresses are MACs and the low port is the EtherType, or the LLC or
// SNAP number.
type key struct {
	low, high [2]uint64 // addresses, big-endian
	rest      uint64    // low port, high port, VLAN, IP protocol, kind: from the low bits up
}

// What the addresses of a key are.
const (
	kindIP uint8 = iota + 1
	kindEtherType
	kindLLC
	kindSNAP
	kindFragment // pieces of datagrams, whose ports are not in them
)

func (k *key) kind() uint8      { return uint8(k.rest >> 56) }
func (k *key) proto() uint8     { return uint8(k.rest >> 48) }
func (k *key) vlan() uint16     { return uint16(k.rest >> 32) }
func (k *key) highPort() uint16 { return uint16(k.rest >> 16) }
func (k *key) lowPort() uint16  { return uint16(k.rest) }

func rest(lowPort, highPort, vlan uint16, proto, kind uint8) uint64 {
	return uint64(lowPort) | uint64(highPort)<<16 | uint64(vlan)<<32 | uint64(proto)<<48 | uint64(kind)<<56
}

// set fills k from the frame and reports whether its sender is the high end.
func (k *key) set(f *frame.Frame) (reversed bool) {
	if f.Flags&(frame.IPv4|frame.IPv6) == 0 {
		return k.setLink(f)
	}
	src, dst := addrWords(&f.Src), addrWords(&f.Dst)
	if f.Flags&frame.Fragment != 0 && f.Flags&frame.Ports == 0 {
		k.rest = rest(0, 0, f.VLAN, f.Proto, kindFragment)
		if less(&dst, &src) {
			k.low, k.high = dst, src
			return true
		}
		k.low, k.high = src, dst
		return false
	}
	if less(&dst, &src) || src == dst && f.DstPort < f.SrcPort {
		k.low, k.high, k.rest = dst, src, rest(f.DstPort, f.SrcPort, f.VLAN, f.Proto, kindIP)
		return true
	}
	k.low, k.high, k.rest = src, dst, rest(f.SrcPort, f.DstPort, f.VLAN, f.Proto, kindIP)
	return false
}

func (k *key) setLink(f *frame.Frame) (reversed bool) {
	switch {
	case f.SNAP != 0:
		k.rest = rest(uint16(f.SNAP), uint16(f.SNAP>>16), f.VLAN, uint8(f.SNAP>>32), kindSNAP)
	case f.LLC != 0:
		k.rest = rest(f.LLC&^1, 0, f.VLAN, 0, kindLLC) // bit 0 of the SSAP tells command from response
	default:
		k.rest = rest(f.EtherType, 0, f.VLAN, 0, kindEtherType)
	}
	src, dst := macWords(f.SrcMAC), macWords(f.DstMAC)
	if less(&dst, &src) {
		k.low, k.high = dst, src
		return true
	}
	k.low, k.high = src, dst
	return false
}

func addrWords(a *frame.Addr) [2]uint64 {
	return [2]uint64{binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(a[8:])}
}

func macWords(m frame.MAC) [2]uint64 {
	return [2]uint64{uint64(binary.BigEndian.Uint32(m[:4]))<<16 | uint64(binary.BigEndian.Uint16(m[4:]))}
}

func less(a, b *[2]uint64) bool { return a[0] < b[0] || a[0] == b[0] && a[1] < b[1] }

// addr is the address that two words stand for.
func addr(w [2]uint64) (a frame.Addr) {
	binary.BigEndian.PutUint64(a[:8], w[0])
	binary.BigEndian.PutUint64(a[8:], w[1])
	return a
}

// is compares without a call to memequal, which took a tenth of the packet path.
func (k *key) is(x *key) bool {
	return k.low[1] == x.low[1] && k.high[1] == x.high[1] && k.rest == x.rest && k.low[0] == x.low[0] && k.high[0] == x.high[0]
}

// hash mixes the key with a seed, so that nobody outside can choose
// addresses that collide (wyhash's multiply-and-fold).
func (k *key) hash(seed uint64) uint64 {
	// No factor may be 0, or the other counts for nothing: the first word of
	// all IPv4 addresses is 0, and the seed may be.
	low := fold(k.low[0]^0x2d358dccaa6c78a5, k.low[1]^seed^0xa0761d6478bd642f)
	high := fold(k.high[0]^0xe7037ed1a0b428db, k.high[1]^seed^0x4b33a62ed433d4a3)
	return fold(low^bits.RotateLeft64(high, 17), k.rest^0x8ebc6af09c88c6e3)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
