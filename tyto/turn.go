package tyto

import (
	"encoding/binary"
	"time"
)

// Patience is for how long a fact that was told is not told again.
const Patience = 15 * time.Minute

// Turn is the beginning of the span of Patience that a moment is in, both in
// nanoseconds since 1970. A fact about the subject is told once in each span that
// it is seen in, and then again, since it is still so; when it was seen last is
// known to the span alone. So what is known does not depend on how many observers
// shared the traffic. Each subject has spans of its own, lest all that is known of
// a network be told again at one moment.
func (s *Subject) Turn(at int64) int64 {
	const span = int64(Patience)
	in := (at - int64(s.Hash()>>2)%span) % span
	if in < 0 {
		in += span
	}
	return at - in
}

// IsState reports whether an attribute goes to and fro: who stopped and runs again
// must not be held to be stopped for long.
func (a Attr) IsState() bool { return a == Mode || a == Key || a == Protection }

// Hash is a hash of all of a subject. It is the same in every program.
func (s *Subject) Hash() uint64 {
	a := binary.LittleEndian.Uint64(s.Addr[:8])
	b := binary.LittleEndian.Uint64(s.Addr[8:])
	m := uint64(binary.LittleEndian.Uint32(s.MAC[:4])) | uint64(binary.LittleEndian.Uint16(s.MAC[4:]))<<32 | uint64(s.VLAN)<<48
	return Mix(Mix(a^0x9e3779b97f4a7c15, b), m) ^ uint64(s.Part)*0xff51afd7ed558ccd
}

// Mix continues a hash.
func Mix(h, x uint64) uint64 {
	h = (h ^ x) * 0x9fb21c651e98df25
	return h ^ h>>28
}
