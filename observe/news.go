// Package observe lets through what is news and holds back what was said a
// moment ago, and turns what dissectors tell into events.
package observe

import (
	"github.com/zeebo/xxh3"

	"tyto/tyto"
)

// A News remembers, by hash, what was said lately. It may let a repetition
// through when its memory is short; it forgets nothing else. The chance that
// two different facts of one sensor are taken for the same is that of a
// 64-bit hash.
type News struct {
	slots  []said
	mask   uint64
	Passed uint64 // facts let through
	Held   uint64 // facts held back
}

type said struct {
	hash uint64
	at   int64
}

// ways is how many places a fact can have.
const ways = 4

// NewNews remembers about n facts (rounded up to a power of two).
func NewNews(n int) *News {
	size := 64
	for size < n {
		size *= 2
	}
	return &News{slots: make([]said, size), mask: uint64(size - 1)}
}

// Is reports whether the fact with this hash was not said from since until now
// (capture time), and remembers it. Where capture time goes back, what
// was said later is news once more: so the earliest evidence of a fact is always
// told, whoever else told it.
func (n *News) Is(hash uint64, now, since int64) bool {
	at := hash & n.mask &^ (ways - 1)
	oldest := at
	for i := at; i < at+ways; i++ {
		s := &n.slots[i]
		if s.hash == hash {
			if s.at >= since && s.at <= now {
				n.Held++
				return false
			}
			s.at = now
			n.Passed++
			return true
		}
		if s.at < n.slots[oldest].at {
			oldest = i
		}
	}
	n.slots[oldest] = said{hash, now}
	n.Passed++
	return true
}

// hashFact is the hash of a fact.
func hashFact(s *tyto.Subject, a tyto.Attr, c tyto.Confidence, protocol, field string, value []byte) uint64 {
	h := tyto.Mix(s.Hash(), uint64(a)|uint64(c)<<8)
	h = tyto.Mix(h, xxh3.HashString(protocol))
	h = tyto.Mix(h, xxh3.HashString(field))
	return tyto.Mix(h, xxh3.Hash(value))
}
