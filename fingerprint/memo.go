package fingerprint

import (
	"hash/maphash"
	"strings"
	"sync"
)

// Bounds of the memo: shards x 2 generations x generationBytes, 16 MiB in all.
const (
	memoShards      = 16
	generationBytes = 512 << 10
	memoEntryBytes  = 160 // what an entry costs beside its key, about
	maxMemoValue    = 1024
)

// A memo remembers what followed from a value, since networks repeat themselves. Each
// shard keeps two generations: when the young one has used its bytes it becomes the old
// one, and the old one goes.
type memo struct {
	seed   maphash.Seed
	shards [memoShards]memoShard
}

type memoKey struct {
	field, attr uint16 // numbers of tables
	value       string
}

type memoShard struct {
	mu    sync.RWMutex // guards the rest
	young map[memoKey]*verdict
	old   map[memoKey]*verdict
	bytes int
	_     [64]byte // keeps the locks of two shards off one cache line
}

func (m *memo) shard(k memoKey) *memoShard {
	return &m.shards[maphash.String(m.seed, k.value)%memoShards]
}

func (m *memo) get(k memoKey) *verdict {
	s := m.shard(k)
	s.mu.RLock()
	v, young := s.young[k]
	if !young {
		v = s.old[k]
	}
	s.mu.RUnlock()
	if v != nil && !young {
		m.put(k, v)
	}
	return v
}

func (m *memo) put(k memoKey, v *verdict) {
	if len(k.value) > maxMemoValue {
		return
	}
	k.value = strings.Clone(k.value) // it may be a part of something larger
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.young == nil || s.bytes > generationBytes {
		s.old, s.young, s.bytes = s.young, map[memoKey]*verdict{}, 0
	}
	if _, ok := s.young[k]; !ok {
		s.bytes += len(k.value) + memoEntryBytes + v.size()
	}
	s.young[k] = v
}

// size is what v costs in memory, about.
func (v *verdict) size() int {
	n := 0
	for _, c := range v.all {
		n += 120 + len(c.Value)
	}
	return n
}
