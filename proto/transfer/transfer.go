// Package transfer sums up what is moved to or from a controller: how many
// bytes, and a hash by which two transfers can be compared. It is pure: its
// state is two words that a dissector keeps in its conversation's memory.
package transfer

import "strconv"

// offset and prime are those of FNV-1a of 64 bits.
const (
	offset = 14695981039346656037
	prime  = 1099511628211
)

// A Sum is the bytes of one transfer so far. It tells changed from unchanged;
// against who makes two contents of one sum on purpose it does not hold.
type Sum struct {
	Hash uint64
	Size uint32 // in bytes; it stops at its largest value
}

// Begin is the sum of nothing.
func Begin() Sum { return Sum{Hash: offset} }

// Add adds the next bytes.
func (s *Sum) Add(b []byte) {
	h := s.Hash
	for _, x := range b {
		h = (h ^ uint64(x)) * prime
	}
	s.Hash = h
	s.Size = uint32(min(uint64(s.Size)+uint64(len(b)), 1<<32-1))
}

// Add adds the next bytes to a sum that is kept in two words of a conversation:
// its hash, and its size in the lower half of the other, of which the upper half stays.
func Add(hash, size *uint64, b []byte) {
	s := Kept(*hash, *size)
	s.Add(b)
	*hash, *size = s.Hash, *size&^0xffffffff|uint64(s.Size)
}

// Kept is the sum that is kept in two words.
func Kept(hash, size uint64) Sum { return Sum{Hash: hash, Size: uint32(size)} }

// Longest is the most that Append appends.
const Longest = 48

// Append appends the sum as text: "1234 bytes, fnv1a 0123456789abcdef".
func (s *Sum) Append(b []byte) []byte {
	if cap(b)-len(b) < Longest {
		return b
	}
	b = strconv.AppendUint(b, uint64(s.Size), 10)
	b = append(b, " bytes, fnv1a "...)
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[s.Hash>>shift&15])
	}
	return b
}
