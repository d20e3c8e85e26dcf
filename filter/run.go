package filter

import (
	"encoding/binary"

	"golang.org/x/net/bpf"
)

// A Program is compiled for one link type.
type Program struct{ ins []bpf.RawInstruction }

// Wants reports whether a packet is accepted: what was captured of it, and how
// many bytes it had on the wire. A packet of which not enough was captured to
// tell is not.
func (p Program) Wants(data []byte, length int) bool { return run(p.ins, data, length) > Rejected }

// Parts of a classic BPF instruction (linux/filter.h, bpf_common.h).
const (
	opLoad, opLoadX, opStore, opStoreX, opALU, opJump, opReturn, opMisc = 0, 1, 2, 3, 4, 5, 6, 7

	word, half, octet                             = 0x00, 0x08, 0x10
	imm, abs, ind, mem, wire, header              = 0x00, 0x20, 0x40, 0x60, 0x80, 0xa0
	add, sub, mul, div, or, and, lsh, rsh, neg    = 0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80
	mod, xor                                      = 0x90, 0xa0
	always, equal, greater, greaterEqual, anyBits = 0x00, 0x10, 0x20, 0x30, 0x40
	byX, retA, toA                                = 0x08, 0x10, 0x80
)

// run is what a program of the classic BPF answers, 0 if it looks at bytes
// that are not there or divides by zero. The kernel's extensions are not
// there either.
func run(ins []bpf.RawInstruction, data []byte, length int) uint32 {
	var a, x uint32
	var m [16]uint32
	for pc := 0; pc < len(ins); pc++ {
		i := &ins[pc]
		k := i.K
		switch i.Op & 7 {
		case opLoad:
			switch i.Op & 0xe0 {
			case imm:
				a = k
			case mem:
				a = m[k&15]
			case wire:
				a = uint32(length)
			case abs, ind:
				at := uint64(k)
				if i.Op&0xe0 == ind {
					at += uint64(x)
				}
				v, ok := load(data, at, i.Op&0x18)
				if !ok {
					return 0
				}
				a = v
			}
		case opLoadX:
			switch i.Op & 0xe0 {
			case imm:
				x = k
			case mem:
				x = m[k&15]
			case wire:
				x = uint32(length)
			case header:
				v, ok := load(data, uint64(k), octet)
				if !ok {
					return 0
				}
				x = v & 15 * 4
			}
		case opStore:
			m[k&15] = a
		case opStoreX:
			m[k&15] = x
		case opALU:
			if i.Op&byX != 0 {
				k = x
			}
			v, ok := calculate(i.Op&0xf0, a, k)
			if !ok {
				return 0
			}
			a = v
		case opJump:
			if i.Op&0xf0 == always {
				pc += int(k)
				continue
			}
			if i.Op&byX != 0 {
				k = x
			}
			if holds(i.Op&0xf0, a, k) {
				pc += int(i.Jt)
			} else {
				pc += int(i.Jf)
			}
		case opReturn:
			if i.Op&0x18 == retA {
				return a
			}
			return k
		case opMisc:
			if i.Op&toA != 0 {
				a = x
			} else {
				x = a
			}
		}
	}
	return 0
}

func load(data []byte, at uint64, size uint16) (uint32, bool) {
	n := uint64(len(data))
	switch {
	case size == word && at+4 <= n:
		return binary.BigEndian.Uint32(data[at:]), true
	case size == half && at+2 <= n:
		return uint32(binary.BigEndian.Uint16(data[at:])), true
	case size == octet && at+1 <= n:
		return uint32(data[at]), true
	}
	return 0, false
}

func calculate(op uint16, a, k uint32) (uint32, bool) {
	switch op {
	case add:
		return a + k, true
	case sub:
		return a - k, true
	case mul:
		return a * k, true
	case or:
		return a | k, true
	case and:
		return a & k, true
	case xor:
		return a ^ k, true
	case lsh:
		return a << (k & 31), true
	case rsh:
		return a >> (k & 31), true
	case neg:
		return -a, true
	case div:
		if k != 0 {
			return a / k, true
		}
	case mod:
		if k != 0 {
			return a % k, true
		}
	}
	return 0, false
}

func holds(op uint16, a, k uint32) bool {
	switch op {
	case equal:
		return a == k
	case greater:
		return a > k
	case greaterEqual:
		return a >= k
	}
	return a&k != 0
}
