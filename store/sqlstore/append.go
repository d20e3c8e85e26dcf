package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"sync"

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
	err := s.transact(ctx, "append", func(tx *sql.Tx) error { return s.appendTo(ctx, tx, group) }, nil)
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

// logKey is what a row of the log is one by.
type logKey struct {
	sensor            string
	epoch, seq, class int64
}

const logColumns = "event_log (zone, sensor, epoch, seq, class, appended, events, body)"

// logLock is held from giving a position until it is to be seen, so that none
// appears before one that was.
const logLock = "event log"

func (s *Store) appendTo(ctx context.Context, tx *sql.Tx, group []*appended) error {
	var zones, sensors []string
	var number [5][]int64
	var bodies [][]byte
	owners := map[logKey]*appended{}
	for _, a := range group {
		a.position, a.fresh = 0, false
		if a.Floor > 0 {
			if before, err := received(ctx, tx, &a.Batch); err != nil {
				return err
			} else if before {
				continue
			}
		}
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
	if err := s.alone(ctx, tx, logLock); err != nil {
		return err
	}
	c := columns{zones, sensors, number[0], number[1], number[2], number[3], number[4], bodies}
	return s.insert(ctx, tx, logColumns, "ON CONFLICT (sensor, epoch, seq, class) DO NOTHING RETURNING position, sensor, epoch, seq, class", c, func(rows *sql.Rows) error {
		var position int64
		var k logKey
		if err := rows.Scan(&position, &k.sensor, &k.epoch, &k.seq, &k.class); err != nil {
			return err
		}
		a := owners[k]
		a.position, a.fresh = max(a.position, position), true
		return nil
	})
}
