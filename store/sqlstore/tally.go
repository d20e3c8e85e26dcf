package sqlstore

import (
	"context"
	"slices"
	"sync"

	"tyto/store"
)

// tally counts conversations by what filters speak of, in memory and led by
// the file.
type tally struct {
	mu     sync.RWMutex
	counts map[tallyKey]uint64
}

type tallyKey struct {
	zone, protocol, scope string
}

func (s *Store) recallTally(ctx context.Context) error {
	s.tally.counts = map[tallyKey]uint64{}
	rows, err := s.read.QueryContext(ctx, "SELECT zone, protocol, scope, count(*) FROM conversation GROUP BY zone, protocol, scope")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k tallyKey
		var n uint64
		if err := rows.Scan(&k.zone, &k.protocol, &k.scope, &n); err != nil {
			return err
		}
		s.tally.counts[k] = n
	}
	return rows.Err()
}

// add counts more conversations, or fewer.
func (t *tally) add(more map[tallyKey]int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, n := range more {
		if t.counts[k] += uint64(n); t.counts[k] == 0 { // wraps around for fewer, and is right
			delete(t.counts, k)
		}
	}
}

// all is a copy of the counts.
func (t *tally) all() map[tallyKey]uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c := make(map[tallyKey]uint64, len(t.counts))
	for k, n := range t.counts {
		c[k] = n
	}
	return c
}

// facets is how many of the counted a query selects by zone, protocol and
// scope, and the counts of these, each ignoring its own filter.
func facets(counts map[tallyKey]uint64, q *store.ConversationQuery) (total uint64, of map[string][]store.Count) {
	passes := func(wanted []string, value string) bool { return len(wanted) == 0 || slices.Contains(wanted, value) }
	protocols, scopes := map[string]uint64{}, map[string]uint64{}
	for k, n := range counts {
		protocol, scope := passes(q.Protocol, k.protocol), passes(q.Scope, k.scope)
		if !passes(q.Zone, k.zone) {
			continue
		}
		if protocol && scope {
			total += n
		}
		if scope && k.protocol != "" {
			protocols[k.protocol] += n
		}
		if protocol {
			scopes[k.scope] += n
		}
	}
	return total, map[string][]store.Count{"protocol": sorted(protocols), "scope": sorted(scopes)}
}
