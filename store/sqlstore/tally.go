package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"

	"tyto/store"
)

// tallyKey is what filters of conversations speak of. How many conversations
// there are of each is counted as they are written.
type tallyKey struct {
	zone, protocol, scope string
}

// tallies is how many conversations there are.
func (s *Store) tallies(ctx context.Context) (map[tallyKey]uint64, error) {
	return s.counted(ctx, "SELECT zone, protocol, scope, conversations FROM conversation_tally WHERE conversations > 0")
}

func (s *Store) counted(ctx context.Context, query string, args ...any) (map[tallyKey]uint64, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	counts := map[tallyKey]uint64{}
	_, err = collect(rows, func(rows *sql.Rows) (_ struct{}, err error) {
		var k tallyKey
		var n int64
		if err = rows.Scan(&k.zone, &k.protocol, &k.scope, &n); err == nil {
			counts[k] += uint64(n)
		}
		return struct{}{}, err
	})
	return counts, err
}

// tallied adds what a change tells of how many conversations there are.
func (w *writer) tallied() error {
	keys := slices.SortedFunc(maps.Keys(w.fresh), func(a, b tallyKey) int {
		return cmp.Or(cmp.Compare(a.zone, b.zone), cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.scope, b.scope))
	})
	var zones, protocols, scopes []string
	var more []int64
	for _, k := range keys {
		if w.fresh[k] != 0 {
			zones, protocols, scopes, more = append(zones, k.zone), append(protocols, k.protocol), append(scopes, k.scope), append(more, w.fresh[k])
		}
	}
	return w.insert("conversation_tally (zone, protocol, scope, conversations)",
		"ON CONFLICT (zone, protocol, scope) DO UPDATE SET conversations = conversation_tally.conversations + excluded.conversations",
		columns{zones, protocols, scopes, more}, nil)
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
