package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

const conversationColumns = `n, zone, client_mac, client_ip, client_vlan, client_device, server_mac, server_ip, server_vlan, server_device,
	transport, port, protocol, server_name, scope, first_seen, last_seen, client_packets, server_packets, client_bytes, server_bytes,
	sessions, lossy, evidence`

func scanConversation(rows *sql.Rows) (n int64, c store.Conversation, err error) {
	var clientMAC, clientIP, serverMAC, serverIP, evidence string
	var first, last, sessions int64
	var packets, bytes [2]int64
	var lossy int
	err = rows.Scan(&n, &c.Zone, &clientMAC, &clientIP, &c.Client.VLAN, &c.ClientDevice, &serverMAC, &serverIP, &c.Server.VLAN, &c.ServerDevice,
		&c.Transport, &c.Port, &c.Protocol, &c.ServerName, &c.Scope, &first, &last, &packets[0], &packets[1], &bytes[0], &bytes[1],
		&sessions, &lossy, &evidence)
	if err != nil {
		return 0, c, err
	}
	c.First, c.Last, c.Sessions, c.Lossy = at(first), at(last), uint64(sessions), lossy != 0
	for i := range packets {
		c.Packets[i], c.Bytes[i] = uint64(packets[i]), uint64(bytes[i])
	}
	if c.Client, err = subject(clientMAC, clientIP, c.Client.VLAN); err == nil {
		c.Server, err = subject(serverMAC, serverIP, c.Server.VLAN)
	}
	if err == nil {
		err = jsonv2.Unmarshal([]byte(evidence), &c.Evidence, asWritten)
	}
	return n, c, err
}

func subject(mac, ip string, vlan uint16) (s tyto.Subject, err error) {
	s.VLAN = vlan
	if err := s.MAC.UnmarshalText([]byte(mac)); err != nil {
		return s, err
	}
	var a frame.Addr
	err = a.UnmarshalText([]byte(ip))
	s.Addr = a
	return s, err
}

// conversationOrder is the columns that conversations are sorted by, each
// with an index.
var conversationOrder = map[string]string{
	"last_seen":   "last_seen",
	"first_seen":  "first_seen",
	"bytes":       "client_bytes + server_bytes",
	"packets":     "client_packets + server_packets",
	"protocol":    "protocol",
	"port":        "port",
	"server_name": "lower(server_name)",
	"client":      "client_key",
	"server":      "server_key",
}

// A set is a query for the numbers of conversations. One that tends to be
// large has a test too, which says of a row whether it is in the set.
type set struct {
	query string
	args  []any

	test     string
	testArgs []any
}

// sets are what text and device of a query select; all are to be met.
func (s *Store) sets(q *store.ConversationQuery) (all []set) {
	if q.Device != "" {
		all = append(all, set{query: "SELECT n FROM conversation WHERE client_device = ? UNION SELECT n FROM conversation WHERE server_device = ?", args: []any{q.Device, q.Device}})
	}
	for _, w := range searchWords(q.Text) {
		all = append(all, s.found(w))
	}
	if len(q.Category) > 0 {
		all = append(all, s.dialect.among(q.Category))
	}
	return all
}

// maxNamed bounds how many devices are looked for by name among conversations.
const maxNamed = 500

// found is a word in what a conversation says itself, or in what its
// devices are called.
func (s *Store) found(word string) set {
	text, arg := s.dialect.search(word)
	client, named := in(s.dialect, "client_device", s.roster.called(word, maxNamed))
	server, _ := in(s.dialect, "server_device", []string{})
	return set{query: text + " UNION SELECT n FROM conversation WHERE " + client + " UNION SELECT n FROM conversation WHERE " + server, args: []any{arg, named, named}}
}

// search is a query for the numbers of conversations that say a word, and its
// argument. SQLite's index knows three letters and more; the phrase is quoted,
// so that nothing in it is taken for an operator.
func (d Dialect) search(word string) (query, arg string) {
	switch {
	case d == Postgres:
		return "SELECT n FROM conversation_search WHERE text" + like, pattern(word)
	case len([]rune(word)) < 3:
		return `SELECT n FROM conversation WHERE (client_ip || char(10) || server_ip || char(10) || lower(server_name) || char(10) || protocol)` + like, pattern(word)
	}
	return "SELECT rowid FROM conversation_search WHERE conversation_search MATCH ?", `"` + strings.ReplaceAll(word, `"`, `""`) + `"`
}

// fewConversations is up to how many are fetched one by one and sorted; more
// are picked from an index that is in order.
const fewConversations = 2000

// few reports whether one of the sets is small.
func (s *Store) few(ctx context.Context, sets []set) (bool, error) {
	for _, x := range sets {
		var n int
		err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM ("+x.query+" LIMIT ?) AS few", append(x.args[:len(x.args):len(x.args)], fewConversations+1)...).Scan(&n)
		if err != nil || n <= fewConversations {
			return true, err
		}
	}
	return false, nil
}

// where is the condition of sets, and of the filters of q if it is not nil.
// Unless they select few, SQLite is kept from beginning with them: the plus
// makes an expression of the column, which no index helps with.
func (d Dialect) where(sets []set, q *store.ConversationQuery, few bool) (condition string, args []any) {
	column := d.unindexed
	if few {
		column = func(name string) string { return name }
	}
	and := []string{"1 = 1"}
	for _, x := range sets {
		if x.test != "" && !few {
			and, args = append(and, x.test), append(args, x.testArgs...)
			continue
		}
		and, args = append(and, column("n")+" IN ("+x.query+")"), append(args, x.args...)
	}
	if q == nil {
		return strings.Join(and, " AND "), args
	}
	for _, f := range []struct {
		column string
		values []string
	}{{"protocol", q.Protocol}, {"scope", q.Scope}, {"zone", q.Zone}} {
		if len(f.values) > 0 {
			condition, list := in(d, column(f.column), f.values)
			and, args = append(and, condition), append(args, list)
		}
	}
	return strings.Join(and, " AND "), args
}

// called is the ids of devices whose label contains a word, a few at most.
func (r *roster) called(word string, limit int) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	ids := []string{}
	for n := range r.entries {
		e := &r.entries[n]
		if e.id != "" && strings.Contains(strings.ToLower(e.label), word) {
			if ids = append(ids, e.id); len(ids) == limit {
				break
			}
		}
	}
	return ids
}

// Conversations implements store.Conversations.
func (s *Store) Conversations(ctx context.Context, q store.ConversationQuery) (store.Page[store.ConversationRow], error) {
	var page store.Page[store.ConversationRow]
	if err := s.current(ctx); err != nil {
		return page, s.fail("list conversations", err)
	}
	sets := s.sets(&q)
	few, err := s.few(ctx, sets)
	if err != nil {
		return page, s.fail("list conversations", err)
	}
	counts, err := s.tallyOf(ctx, sets, few)
	if err != nil {
		return page, s.fail("list conversations", err)
	}
	page.Total, page.Facets = facets(counts, &q)
	if q.Limit <= 0 || uint64(q.Offset) >= page.Total {
		return page, nil
	}
	if page.Items, err = s.conversationRows(ctx, &q, sets, few || page.Total <= fewConversations); err != nil {
		return page, s.fail("list conversations", err)
	}
	return page, nil
}

// tallyOf counts what text and device select.
func (s *Store) tallyOf(ctx context.Context, sets []set, few bool) (map[tallyKey]uint64, error) {
	if len(sets) == 0 {
		return s.tallies(ctx)
	}
	condition, args := s.dialect.where(sets, nil, few)
	return s.counted(ctx, "SELECT zone, protocol, scope, count(*) FROM conversation WHERE "+condition+" GROUP BY zone, protocol, scope", args...)
}

func (s *Store) conversationRows(ctx context.Context, q *store.ConversationQuery, sets []set, few bool) ([]store.ConversationRow, error) {
	by, ok := conversationOrder[q.Sort]
	desc := q.Desc
	if q.Sort == "" {
		by, desc, ok = "last_seen", true, true
	}
	if !ok {
		return nil, fmt.Errorf("conversations cannot be sorted by %q", q.Sort)
	}
	dir := " ASC"
	if desc {
		dir = " DESC"
	}
	condition, args := s.dialect.where(sets, q, few)
	rows, err := s.read.QueryContext(ctx, "SELECT "+conversationColumns+" FROM conversation WHERE "+condition+
		" ORDER BY "+by+dir+", n"+dir+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []store.ConversationRow
	var numbers []int64
	for rows.Next() {
		n, c, err := scanConversation(rows)
		if err != nil {
			return nil, err
		}
		numbers, items = append(numbers, n), append(items, store.ConversationRow{Conversation: c})
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	s.roster.mu.RLock()
	for i := range items {
		items[i].ClientLabel, items[i].ServerLabel = s.roster.labelOf(items[i].ClientDevice), s.roster.labelOf(items[i].ServerDevice)
	}
	s.roster.mu.RUnlock()
	return items, s.operations(ctx, numbers, func(i int) *store.Conversation { return &items[i].Conversation })
}

// operations fills in the operations of conversations.
func (s *Store) operations(ctx context.Context, numbers []int64, of func(int) *store.Conversation) error {
	place := make(map[int64]int, len(numbers))
	for i, n := range numbers {
		place[n] = i
	}
	condition, list := in(s.dialect, "n", numbers)
	rows, err := s.read.QueryContext(ctx, "SELECT n, operation, count FROM conversation_operation WHERE "+condition, list)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n, count int64
		var op string
		if err := rows.Scan(&n, &op, &count); err != nil {
			return err
		}
		c := of(place[n])
		if c.Operations == nil {
			c.Operations = map[string]uint64{}
		}
		c.Operations[op] = uint64(count)
	}
	return rows.Err()
}

// Known implements store.Knowledge.
func (s *Store) Known(ctx context.Context, zone string, take func(store.Conversation) error) error {
	const batch = atOnce
	for after := int64(0); ; {
		rows, err := s.read.QueryContext(ctx, "SELECT "+conversationColumns+" FROM conversation WHERE n > ? AND zone = ? ORDER BY n LIMIT ?", after, zone, batch)
		if err != nil {
			return s.fail("read conversations", err)
		}
		var numbers []int64
		part, err := collect(rows, func(rows *sql.Rows) (store.Conversation, error) {
			n, c, err := scanConversation(rows)
			numbers = append(numbers, n)
			return c, err
		})
		if err == nil {
			err = s.operations(ctx, numbers, func(i int) *store.Conversation { return &part[i] })
		}
		if err != nil {
			return s.fail("read conversations", err)
		}
		for _, c := range part {
			if err := take(c); err != nil {
				return err
			}
		}
		if len(part) < batch {
			return nil
		}
		after = numbers[len(numbers)-1]
	}
}

// Subjects implements store.Knowledge.
func (s *Store) Subjects(ctx context.Context, zone, device string) ([]tyto.Subject, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT client_mac, client_ip, client_vlan FROM conversation WHERE client_device = ?1 AND zone = ?2
		UNION SELECT server_mac, server_ip, server_vlan FROM conversation WHERE server_device = ?1 AND zone = ?2 ORDER BY 1, 2, 3`, device, zone)
	if err != nil {
		return nil, s.fail("list subjects", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (tyto.Subject, error) {
		var mac, ip string
		var vlan uint16
		if err := rows.Scan(&mac, &ip, &vlan); err != nil {
			return tyto.Subject{}, err
		}
		return subject(mac, ip, vlan)
	})
	if err != nil {
		return nil, s.fail("list subjects", err)
	}
	return all, nil
}

// ConversationTotals implements store.Conversations.
func (s *Store) ConversationTotals(ctx context.Context) (store.ConversationTotals, error) {
	var t store.ConversationTotals
	counts, err := s.tallies(ctx)
	if err != nil {
		return t, s.fail("count conversations", err)
	}
	for k, n := range counts {
		t.Total += n
		if k.scope == store.ScopeInternet {
			t.Internet += n
		}
	}
	_, of := facets(counts, &store.ConversationQuery{})
	t.Protocols = of["protocol"]
	return t, nil
}

// steps are the intervals in which traffic is told.
var steps = []time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}

// Traffic implements store.Conversations.
func (s *Store) Traffic(ctx context.Context, span time.Duration, points int, zones ...string) ([]store.Traffic, error) {
	within, args := s.dialect.inZones(zones)
	var oldest, newest int64
	err := s.read.QueryRowContext(ctx, "SELECT coalesce(min(at), 0), coalesce(max(at), 0) FROM traffic WHERE "+within+" AND at > (SELECT max(at) FROM traffic WHERE "+within+") - ?",
		append(append(args[:len(args):len(args)], args...), int64(span))...).Scan(&oldest, &newest)
	if err != nil {
		return nil, s.fail("read traffic", err)
	}
	if newest == 0 || points < 1 {
		return nil, nil
	}
	step := int64(time.Hour)
	for _, d := range steps {
		if newest/int64(d)-oldest/int64(d) < int64(points) {
			step = int64(d)
			break
		}
	}
	rows, err := s.read.QueryContext(ctx, "SELECT at / ?, sum(packets), sum(bytes) FROM traffic WHERE "+within+" AND at >= ? GROUP BY 1",
		append(append([]any{step}, args...), oldest)...)
	if err != nil {
		return nil, s.fail("read traffic", err)
	}
	all := make([]store.Traffic, newest/step-oldest/step+1)
	for i := range all {
		all[i].Time = at((oldest/step + int64(i)) * step)
	}
	_, err = collect(rows, func(rows *sql.Rows) (_ struct{}, err error) {
		var slot, packets, bytes int64
		if err = rows.Scan(&slot, &packets, &bytes); err == nil {
			t := &all[slot-oldest/step]
			t.Packets, t.Bytes = uint64(packets), uint64(bytes)
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, s.fail("read traffic", err)
	}
	return all, nil
}
