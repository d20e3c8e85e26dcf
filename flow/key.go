package flow

import (
	"encoding/binary"
	"math/bits"

	"tyto/frame"
)

// A key is both ends of a conversation, the smaller one first, without
// pointers. For packets without IP the addresses are MACs and the low port
// is the EtherType, or the LLC or SNAP number.
type key struct {
	low, high         frame.Addr
	lowPort, highPort uint16
	vlan              uint16
	proto             uint8
	kind              uint8
}

// What the addresses of a key are.
const (
	kindIP uint8 = iota + 1
	kindEtherType
	kindLLC
	kindSNAP
)

// set fills k from the frame and reports whether its sender is the high end.
func (k *key) set(f *frame.Frame) (reversed bool) {
	if f.Flags&(frame.IPv4|frame.IPv6) == 0 {
		return k.setLink(f)
	}
	k.vlan, k.proto, k.kind = f.VLAN, f.Proto, kindIP
	if less(&f.Dst, &f.Src) || f.Src == f.Dst && f.DstPort < f.SrcPort {
		k.low, k.high, k.lowPort, k.highPort = f.Dst, f.Src, f.DstPort, f.SrcPort
		return true
	}
	k.low, k.high, k.lowPort, k.highPort = f.Src, f.Dst, f.SrcPort, f.DstPort
	return false
}

func (k *key) setLink(f *frame.Frame) (reversed bool) {
	*k = key{vlan: f.VLAN, kind: kindEtherType, lowPort: f.EtherType}
	switch {
	case f.SNAP != 0:
		k.kind, k.lowPort, k.highPort = kindSNAP, uint16(f.SNAP), uint16(f.SNAP>>16)
	case f.LLC != 0:
		k.kind, k.lowPort = kindLLC, f.LLC&^0x0100 // response bit of SSAP is bit 0 of the low byte
	}
	src, dst := asAddr(f.SrcMAC), asAddr(f.DstMAC)
	if less(&dst, &src) {
		k.low, k.high = dst, src
		return true
	}
	k.low, k.high = src, dst
	return false
}

func asAddr(m frame.MAC) (a frame.Addr) {
	copy(a[:], m[:])
	return a
}

func less(a, b *frame.Addr) bool {
	x, y := binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(b[:8])
	if x != y {
		return x < y
	}
	return binary.BigEndian.Uint64(a[8:]) < binary.BigEndian.Uint64(b[8:])
}

// hash mixes the key with a seed, so that nobody outside can choose
// addresses that collide (wyhash's multiply-and-fold).
func (k *key) hash(seed uint64) uint64 {
	a := binary.LittleEndian.Uint64(k.low[:8]) ^ seed
	b := binary.LittleEndian.Uint64(k.low[8:]) ^ 0xa0761d6478bd642f
	c := binary.LittleEndian.Uint64(k.high[:8]) ^ 0xe7037ed1a0b428db
	d := binary.LittleEndian.Uint64(k.high[8:]) ^ seed
	e := uint64(k.lowPort) | uint64(k.highPort)<<16 | uint64(k.vlan)<<32 | uint64(k.proto)<<48 | uint64(k.kind)<<56
	return fold(fold(a, b)^fold(c, d), e^0x8ebc6af09c88c6e3)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
