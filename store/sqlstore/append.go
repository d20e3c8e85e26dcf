package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"time"

	"tyto/store"
)

// appending has batches that come at the same time share a transaction: the
// time that a commit takes is spent once for all of them. Who comes first
// writes; who comes meanwhile waits, and the first of them writes next.
type appending struct {
	mu      sync.Mutex
	waiting []*appended
	writing bool
}

// maxTogether is how many batches share a transaction.
const maxTogether = 64

// appended is a batch on its way into the log.
type appended struct {
	store.Batch
	rows     []logRow
	position int64
	fresh    bool
	err      error
	done     chan bool // true: it is the waiter's turn to write; false: all was done
}

// logRow is the events of a batch of one class.
type logRow struct {
	class, events int64
	body          []byte
}

// Append implements store.Log.
func (s *Store) Append(ctx context.Context, b store.Batch) (position int64, fresh bool, err error) {
	if err := ctx.Err(); err != nil {
		return 0, false, s.fail("append", err)
	}
	a := &appended{Batch: b, done: make(chan bool, 1)}
	bodies, counts, err := encode(b.Events)
	if err != nil {
		return 0, false, s.fail("append", err)
	}
	for i, body := range bodies {
		if counts[i] > 0 {
			a.rows = append(a.rows, logRow{int64(i + 1), int64(counts[i]), s.pack.EncodeAll(body, nil)})
		}
	}
	if s.appending.enter(a) || <-a.done {
		s.appendAll(context.WithoutCancel(ctx))
	}
	return a.position, a.fresh, a.err
}

// enter queues a batch, and reports whether who brings it is to write.
func (q *appending) enter(a *appended) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, a)
	first := !q.writing
	q.writing = true
	return first
}

// appendAll writes the batches that wait, the caller's among them, and hands
// on the turn.
func (s *Store) appendAll(ctx context.Context) {
	q := &s.appending
	q.mu.Lock()
	n := min(len(q.waiting), maxTogether)
	group := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	q.mu.Unlock()

	s.appendGroup(ctx, group)

	q.mu.Lock()
	defer q.mu.Unlock()
	for _, a := range group[1:] {
		a.done <- false
	}
	if q.writing = len(q.waiting) > 0; q.writing {
		q.waiting[0].done <- true
	}
}

// appendGroup writes batches in one transaction. If that fails each is tried
// alone, so that none suffers for another.
func (s *Store) appendGroup(ctx context.Context, group []*appended) {
	ctx, cancel := context.WithTimeout(ctx, appendTime)
	defer cancel()
	err := s.appendTogether(ctx, group)
	if err == nil {
		return
	}
	for _, a := range group {
		a.position, a.fresh, a.err = 0, false, err
		if len(group) > 1 {
			s.appendGroup(ctx, []*appended{a})
		}
	}
}

// appendTime is how long a database may take that does not answer.
const appendTime = time.Minute

func (s *Store) appendTogether(ctx context.Context, group []*appended) error {
	floors := slices.ContainsFunc(group, func(a *appended) bool { return a.Floor > 0 })
	if s.dialect == Postgres && !floors {
		return s.appendAtOnce(ctx, group)
	}
	return s.transact(ctx, "append", func(tx *sql.Tx) error {
		fresh := group[:0:0]
		for _, a := range group {
			a.position, a.fresh = 0, false
			before := false
			if a.Floor > 0 {
				var err error
				if before, err = received(ctx, tx, &a.Batch); err != nil {
					return err
				}
			}
			if !before {
				fresh = append(fresh, a)
			}
		}
		if err := s.alone(ctx, tx, logLock); err != nil {
			return err
		}
		rows, take := logRows(fresh)
		return s.insert(ctx, tx, logColumns, logOnce, rows, take)
	}, nil)
}

// appendAtOnce has PostgreSQL take the lock and the rows in one statement that
// is a transaction by itself: a position is given when a row is joined, and so
// when the lock is held.
func (s *Store) appendAtOnce(ctx context.Context, group []*appended) error {
	rows, take := logRows(group)
	if rows.rows() == 0 {
		return nil
	}
	query := "INSERT INTO " + logColumns + " SELECT u.* FROM (SELECT pg_advisory_xact_lock(hashtextextended('" + logLock + "', 5479746))) AS l, " + rows.unnest() + " AS u " + logOnce
	if err := run(ctx, s.write.ExecContext, s.write.QueryContext, query, rows, take); err != nil {
		return s.fail("append", err)
	}
	return nil
}

// logKey is what a row of the log is one by.
type logKey struct {
	sensor            string
	epoch, seq, class int64
}

const logColumns = "event_log (zone, sensor, epoch, seq, class, appended, events, body)"

// logLock is held from giving a position until it is to be seen, so that none
// appears before one that was.
const logLock = "event log"

// logOnce leaves out rows that are there, and tells of the others.
const logOnce = "ON CONFLICT (sensor, epoch, seq, class) DO NOTHING RETURNING position, sensor, epoch, seq, class"

// logRows is the rows of batches, and what takes what logOnce tells of them.
func logRows(group []*appended) (rows columns, take func(*sql.Rows) error) {
	var zones, sensors []string
	var number [5][]int64
	var bodies [][]byte
	owners := map[logKey]*appended{}
	for _, a := range group {
		a.position, a.fresh = 0, false
		for _, r := range a.rows {
			k := logKey{a.Sensor, int64(a.Epoch), int64(a.Seq), r.class}
			if owners[k] != nil { // the same batch, twice at once
				continue
			}
			owners[k] = a
			zones, sensors, bodies = append(zones, a.Zone), append(sensors, a.Sensor), append(bodies, r.body)
			for i, x := range [5]int64{k.epoch, k.seq, k.class, nanos(a.Received), r.events} {
				number[i] = append(number[i], x)
			}
		}
	}
	return columns{zones, sensors, number[0], number[1], number[2], number[3], number[4], bodies}, func(rows *sql.Rows) error {
		var position int64
		var k logKey
		if err := rows.Scan(&position, &k.sensor, &k.epoch, &k.seq, &k.class); err != nil {
			return err
		}
		a := owners[k]
		a.position, a.fresh = max(a.position, position), true
		return nil
	}
}
