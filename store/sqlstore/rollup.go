package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"tyto/store"
)

// Each increment of a conversation is in one row of its history: that of its
// minute, until it is old; then it is moved to that of its hour, and of its day.
const (
	byMinute = iota
	byHour
	byDay
)

var levelStep = [...]time.Duration{time.Minute, time.Hour, 24 * time.Hour}

const (
	historyTable = "conversation_history (n, level, at, client_packets, server_packets, client_bytes, server_bytes, sessions)"
	historyAdd   = `ON CONFLICT (n, level, at) DO UPDATE SET client_packets = conversation_history.client_packets + excluded.client_packets,
		server_packets = conversation_history.server_packets + excluded.server_packets, client_bytes = conversation_history.client_bytes + excluded.client_bytes,
		server_bytes = conversation_history.server_bytes + excluded.server_bytes, sessions = conversation_history.sessions + excluded.sessions`
	historySums = "sum(client_packets), sum(server_packets), sum(client_bytes), sum(server_bytes), sum(sessions)"
)

// history adds conversations of a change to their minutes.
func (w *writer) history(all []*talk) error {
	number := make([][]int64, 8)
	for _, t := range all {
		place := map[int64]int{}
		for _, m := range t.ByMinute() {
			at := nanos(m.Time.Truncate(time.Minute))
			x := [8]int64{t.n, byMinute, at, int64(m.Packets[0]), int64(m.Packets[1]), int64(m.Bytes[0]), int64(m.Bytes[1]), int64(m.Sessions)}
			i, twice := place[at]
			if !twice {
				place[at] = len(number[0])
			}
			for j := range x {
				switch {
				case !twice:
					number[j] = append(number[j], x[j])
				case j > 2:
					number[j][i] += x[j]
				}
			}
		}
	}
	return w.insert(historyTable, historyAdd, joined(nil, nil, number), nil)
}

// RollUp implements store.Rollups.
func (s *Store) RollUp(ctx context.Context, now time.Time, keep store.Retention) error {
	for level, age := range []time.Duration{keep.Minutes, keep.Hours} {
		if err := s.rollLevel(ctx, level, nanos(now.Add(-age))); err != nil {
			return err
		}
	}
	return s.transact(ctx, "roll up", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM conversation_history WHERE level = ? AND at < ?", byDay, nanos(now.Add(-keep.Days))); err != nil {
			return err
		}
		if err := s.forgetActs(ctx, tx, now, keep.Conversations); err != nil {
			return err
		}
		return s.forgetGone(ctx, tx)
	}, nil)
}

// rollLevel moves what is older than a time to the next level, an interval of
// that at a time, so that nobody waits for long.
func (s *Store) rollLevel(ctx context.Context, level int, before int64) error {
	for step := int64(levelStep[level+1]); ; {
		var oldest sql.NullInt64
		err := s.read.QueryRowContext(ctx, "SELECT min(at) FROM conversation_history WHERE level = ?", level).Scan(&oldest)
		if err != nil {
			return s.fail("roll up", err)
		}
		if !oldest.Valid || oldest.Int64 >= before {
			return nil
		}
		from := oldest.Int64 / step * step
		err = s.transact(ctx, "roll up", func(tx *sql.Tx) error { return s.dialect.roll(ctx, tx, level, from, min(from+step, before)) }, nil)
		if err != nil {
			return err
		}
	}
}

// roll moves what lies between two times. Analysts may write there at the same
// time: PostgreSQL therefore moves in one statement.
func (d Dialect) roll(ctx context.Context, tx *sql.Tx, level int, from, to int64) error {
	step := int64(levelStep[level+1])
	const some = " WHERE level = ? AND at >= ? AND at < ?"
	sums := fmt.Sprintf("INSERT INTO %s SELECT n, %d, at / %d * %d, %s FROM ", historyTable, level+1, step, step, historySums)
	if d == Postgres {
		_, err := tx.ExecContext(ctx, "WITH moved AS (DELETE FROM conversation_history"+some+" RETURNING *) "+sums+"moved GROUP BY 1, 2, 3 "+historyAdd, level, from, to)
		return err
	}
	if _, err := tx.ExecContext(ctx, sums+"conversation_history"+some+" GROUP BY 1, 2, 3 "+historyAdd, level, from, to); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM conversation_history"+some, level, from, to)
	return err
}

// historySteps are the intervals in which history is told.
var historySteps = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour}

// History implements store.Rollups.
func (s *Store) History(ctx context.Context, q store.HistoryQuery) (h store.History, err error) {
	if err := s.current(ctx); err != nil {
		return h, s.fail("read history", err)
	}
	where, args, err := s.historyWhere(ctx, &q)
	if err != nil {
		return h, s.fail("read history", err)
	}
	var level int
	var first, last int64
	err = s.read.QueryRowContext(ctx, "SELECT coalesce(max(level), 0), coalesce(min(at), 0), coalesce(max(at), 0) FROM conversation_history WHERE "+where, args...).Scan(&level, &first, &last)
	if err != nil {
		return h, s.fail("read history", err)
	}
	if !q.From.IsZero() {
		first = nanos(q.From)
	}
	if !q.To.IsZero() {
		last = nanos(q.To) - 1
	}
	if last == 0 || last < first || q.Points < 1 {
		return h, nil
	}
	h.Step = historySteps[len(historySteps)-1]
	for _, d := range historySteps {
		if d >= levelStep[level] && last/int64(d)-first/int64(d) < int64(q.Points) {
			h.Step = d
			break
		}
	}
	begin := max(first/int64(h.Step), last/int64(h.Step)-int64(q.Points)+1) // the steps may be too fine for centuries
	h.Points = make([]store.Sum, last/int64(h.Step)-begin+1)
	for i := range h.Points {
		h.Points[i].Time = at((begin + int64(i)) * int64(h.Step))
	}
	return h, s.historySums(ctx, &h, begin, where, args)
}

// historySums fills in the sums of a history whose first interval has a number.
func (s *Store) historySums(ctx context.Context, h *store.History, begin int64, where string, args []any) error {
	rows, err := s.read.QueryContext(ctx, fmt.Sprintf("SELECT at / %d, %s FROM conversation_history WHERE %s GROUP BY 1", int64(h.Step), historySums, where), args...)
	if err != nil {
		return s.fail("read history", err)
	}
	_, err = collect(rows, func(rows *sql.Rows) (_ struct{}, err error) {
		var slot, sessions int64
		var packets, bytes [2]int64
		err = rows.Scan(&slot, &packets[0], &packets[1], &bytes[0], &bytes[1], &sessions)
		if i := slot - begin; err == nil && i >= 0 && i < int64(len(h.Points)) {
			p := &h.Points[i]
			for d := range packets {
				p.Packets[d], p.Bytes[d] = uint64(packets[d]), uint64(bytes[d])
			}
			p.Sessions = uint64(sessions)
		}
		return struct{}{}, err
	})
	if err != nil {
		return s.fail("read history", err)
	}
	return nil
}

// historyWhere is the condition of a query.
func (s *Store) historyWhere(ctx context.Context, q *store.HistoryQuery) (condition string, args []any, err error) {
	talks := store.ConversationQuery{Text: q.Text, Device: q.Device, Protocol: q.Protocol, Scope: q.Scope, Zone: q.Zone, Category: q.Category}
	sets := s.sets(&talks)
	few, err := s.few(ctx, sets)
	if err != nil {
		return "", nil, err
	}
	of, args := s.dialect.where(sets, &talks, few)
	for _, f := range []struct{ column, value string }{{"client_device", q.Client}, {"server_device", q.Server}, {"client_ip", q.ClientIP}, {"server_ip", q.ServerIP},
		{"transport", q.Transport}} {
		if f.value != "" {
			of, args = of+" AND "+f.column+" = ?", append(args, f.value)
		}
	}
	if q.Port != 0 {
		of, args = of+" AND port = ?", append(args, int64(q.Port))
	}
	condition = "1 = 1"
	if len(args) > 0 {
		condition = "n IN (SELECT n FROM conversation WHERE " + of + ")"
	}
	if !q.From.IsZero() {
		condition, args = condition+" AND at >= ?", append(args, nanos(q.From))
	}
	if !q.To.IsZero() {
		condition, args = condition+" AND at < ?", append(args, nanos(q.To))
	}
	return condition, args, nil
}

// staleAtOnce is how many conversations are dropped in one change.
const staleAtOnce = 20_000

// stale drops the conversations that a change says are too old.
func (w *writer) stale() error {
	if w.change.Stale.IsZero() {
		return nil
	}
	rows, err := w.tx.QueryContext(w.ctx, "SELECT n, protocol, scope FROM conversation WHERE last_seen < ? AND zone = ? ORDER BY last_seen LIMIT ?", nanos(w.change.Stale), w.change.Zone, staleAtOnce)
	if err != nil {
		return err
	}
	ns, err := collect(rows, func(rows *sql.Rows) (n int64, err error) {
		var protocol, scope string
		if err = rows.Scan(&n, &protocol, &scope); err == nil {
			w.tell(protocol, scope, -1)
		}
		return n, err
	})
	if err != nil || len(ns) == 0 {
		return err
	}
	condition, list := in(w.s.dialect, "n", ns)
	found, _ := in(w.s.dialect, w.s.dialect.searchNumber(), ns)
	for _, query := range []string{"conversation_history WHERE " + condition, "conversation_operation WHERE " + condition,
		"conversation_search WHERE " + found, "conversation WHERE " + condition} {
		if err := w.exec("DELETE FROM "+query, list); err != nil {
			return err
		}
	}
	return nil
}
