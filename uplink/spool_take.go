package uplink

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"tyto/tyto"
)

// signal wakes one who waits for a batch.
func (s *Spool) signal() {
	select {
	case s.arrive <- struct{}{}:
	default:
	}
}

// Take waits for a batch to send: of class A before B before C, the oldest
// first. It is the caller's until Ack, Release or Refuse.
func (s *Spool) Take(ctx context.Context) (Batch, error) {
	for {
		b, ok, err := s.pick(ctx)
		if err != nil {
			return Batch{}, s.explain(err)
		}
		if ok {
			s.signal() // there may be more, for another
			return b, nil
		}
		select {
		case <-s.arrive:
		case <-ctx.Done():
			return Batch{}, ctx.Err()
		}
	}
}

// pick takes the next batch, if there is one.
func (s *Spool) pick(ctx context.Context) (Batch, bool, error) {
	s.picking.Lock()
	defer s.picking.Unlock()
	for _, class := range classes {
		if again := s.returned[class]; len(again) > 0 {
			b, ok, err := s.read(ctx, "seq = ?", again[0])
			if err != nil {
				return b, false, err
			}
			s.returned[class] = again[1:]
			if ok {
				return b, true, nil
			}
		}
		for {
			b, ok, err := s.read(ctx, "class = ? AND refused = 0 AND seq > ? ORDER BY seq LIMIT 1", class, int64(s.next[class]))
			if err != nil {
				return b, false, err
			}
			if b.Seq == 0 {
				break
			}
			s.next[class] = b.Seq
			if ok {
				s.leased[b.Seq] = struct{}{}
				return b, true, nil
			}
		}
	}
	return Batch{}, false, nil
}

// read reads a batch. One that is damaged is dropped and counted; then ok is
// false. If there is none, its number is 0.
func (s *Spool) read(ctx context.Context, where string, args ...any) (b Batch, ok bool, err error) {
	var epoch, seq, check, floor int64
	err = s.view.QueryRowContext(ctx, "SELECT epoch, seq, class, events, sum, body, (SELECT min(f.seq) FROM batch f WHERE f.epoch = batch.epoch) FROM batch WHERE "+where, args...).
		Scan(&epoch, &seq, &b.Class, &b.Events, &check, &b.Body, &floor)
	if errors.Is(err, sql.ErrNoRows) {
		return Batch{}, false, nil
	}
	b.Epoch, b.Seq, b.Floor = uint64(epoch), uint64(seq), uint64(floor)
	if err != nil || sum(b.Body) == check {
		return b, err == nil, err
	}
	s.cfg.Log.ErrorContext(ctx, "a batch in the spool is damaged and lost", "sequence", seq, "events", b.Events)
	lost, err := s.transact(ctx, func(w *writer) error {
		var v victim
		err := w.tx.QueryRowContext(ctx, "SELECT seq, epoch, prev, events, first, last, length(body) FROM batch WHERE seq = ?", seq).
			Scan(&v.seq, &v.epoch, &v.prev, &v.events, &v.first, &v.last, &v.size)
		if err != nil {
			return err
		}
		return w.lose(b.Class, &v, tyto.GapDamaged)
	})
	s.mu.Lock()
	s.counted.lost += uint64(lost)
	s.mu.Unlock()
	delete(s.leased, b.Seq)
	return b, false, err
}

// Ack says that the hub has a batch for good. It is dropped with the next
// write: if the process ends before, it is sent again, and harmless.
func (s *Spool) Ack(b Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked = append(s.acked, b.Seq)
}

// Release gives a batch back that is to be sent again. As the hub may have it
// already, it is not dropped for want of room.
func (s *Spool) Release(b Batch) {
	s.mu.Lock()
	s.counted.retries++
	s.mu.Unlock()
	s.picking.Lock()
	again := append(s.returned[b.Class], b.Seq)
	slices.Sort(again)
	s.returned[b.Class] = again
	s.picking.Unlock()
	s.signal()
}

// Refuse sets a batch aside that the hub will never take as it is. It stays
// in the spool, and is tried again after the next start: another version of
// either end may know what to do with it.
func (s *Spool) Refuse(ctx context.Context, b Batch) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.picking.Lock()
	defer s.picking.Unlock()
	delete(s.leased, b.Seq)
	s.mu.Lock()
	s.counted.refused++
	s.mu.Unlock()
	_, err := s.db.ExecContext(ctx, "UPDATE batch SET refused = 1 WHERE seq = ?", int64(b.Seq))
	if err != nil {
		return s.explain(err)
	}
	return nil
}

// A Backlog is what the hub does not have yet.
type Backlog struct {
	Batches, Events, Bytes int64
}

// Backlog is what is on disk and not acknowledged.
func (s *Spool) Backlog() (b Backlog) {
	s.picking.Lock()
	defer s.picking.Unlock()
	for _, class := range classes {
		b.Batches += s.ledger.rows[class]
		b.Events += s.ledger.events[class]
		b.Bytes += s.ledger.size[class]
	}
	return b
}
