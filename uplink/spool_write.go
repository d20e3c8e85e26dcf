package uplink

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"time"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"tyto/tyto"
)

// ErrDamaged says that the spool's file cannot be trusted any more. When the
// spool is opened again it is set aside, and what can be read is saved.
var ErrDamaged = errors.New("the spool is damaged")

// A ledger is what is on disk, by class.
type ledger struct {
	size, rows, events [ClassC + 1]int64
	last               [ClassC + 1]uint64   // the newest batch of this epoch
	open               [ClassC + 1]tyto.Gap // the one that grows; without an id there is none
}

// total is all bytes.
func (l *ledger) total() int64 { return l.size[ClassA] + l.size[ClassB] + l.size[ClassC] }

func (l *ledger) remove(class Class, size, events int64) {
	l.size[class] -= size
	l.rows[class]--
	l.events[class] -= events
}

// A change is what one commit writes.
type change struct {
	rows   []row
	acked  []uint64
	gaps   []tyto.Gap
	report bool
}

// A writer is a change on its way to disk.
type writer struct {
	s   *Spool
	ctx context.Context
	tx  *sql.Tx
	ledger
	lost int64
}

// commit writes a change, all or nothing.
func (s *Spool) commit(ctx context.Context, c *change) error {
	s.picking.Lock()
	defer s.picking.Unlock()
	lost, err := s.transact(ctx, func(w *writer) error { return w.write(c) })
	if err != nil {
		return err
	}
	for _, seq := range c.acked {
		delete(s.leased, seq)
	}
	if c.report {
		s.reported, s.tell = s.cfg.Clock(), false
	}
	s.mu.Lock()
	s.counted.lost += uint64(lost)
	for i := range c.rows {
		s.counted.accepted += uint64(c.rows[i].events)
	}
	s.mu.Unlock()
	s.signal()
	return nil
}

// transact runs f in a transaction; the ledger follows it. Picking is held.
func (s *Spool) transact(ctx context.Context, f func(*writer) error) (lost int64, err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	w := &writer{s: s, ctx: ctx, tx: tx, ledger: s.ledger}
	if err := f(w); err != nil {
		_ = tx.Rollback() // the first error is the one to tell
		return 0, err
	}
	s.cfg.Step("before-commit")
	if err := tx.Commit(); err != nil {
		return 0, err
	}
	s.cfg.Step("after-commit")
	s.ledger = w.ledger
	return w.lost, nil
}

func (w *writer) write(c *change) error {
	for _, seq := range c.acked {
		if err := w.drop(seq); err != nil {
			return err
		}
	}
	for i := range c.gaps {
		if err := w.putGap(&c.gaps[i]); err != nil {
			return err
		}
	}
	rows := c.rows
	if c.report {
		health, ok, err := w.health()
		if err != nil {
			return err
		}
		if ok {
			rows = append(rows[:len(rows):len(rows)], health)
		}
	}
	for i := range rows {
		if err := w.insert(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes a batch that the hub has.
func (w *writer) drop(seq uint64) error {
	var class Class
	var size, events int64
	err := w.tx.QueryRowContext(w.ctx, "DELETE FROM batch WHERE seq = ? RETURNING class, length(body), events", int64(seq)).Scan(&class, &size, &events)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	w.remove(class, size+rowCost, events)
	return err
}

// insert adds a batch, and makes room for it.
func (w *writer) insert(r *row) error {
	if ok, err := w.makeRoom(r.class, r.size()); err != nil {
		return err
	} else if !ok {
		reason := tyto.GapFull
		if r.class == ClassA {
			reason = tyto.GapUnheard
		}
		return w.refuse(r, reason)
	}
	result, err := w.tx.ExecContext(w.ctx, "INSERT INTO batch (epoch, class, prev, events, first, last, sum, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		int64(w.s.epoch), r.class, int64(w.last[r.class]), r.events, nanos(r.first), nanos(r.last), sum(r.body), r.body)
	if err != nil {
		return err
	}
	seq, err := result.LastInsertId()
	w.last[r.class] = uint64(seq)
	w.size[r.class] += r.size()
	w.rows[r.class]++
	w.events[r.class] += int64(r.events)
	return err
}

// refuse counts a batch that there is no room for.
func (w *writer) refuse(r *row, reason string) error {
	w.lost += int64(r.events)
	g := w.open[r.class]
	if g.ID == "" || g.Reason != reason || g.Batches > 0 {
		g = tyto.Gap{ID: newID(), Reason: reason, Class: r.class.String(), First: r.first.UTC(), Last: r.last.UTC()}
	}
	g.Events += uint64(r.events)
	g.First, g.Last = earlier(g.First, r.first), later(g.Last, r.last)
	w.open[r.class] = g
	return w.putGap(&g)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sum(body []byte) int64 { return int64(crc32.Checksum(body, castagnoli)) }

// makeRoom drops the oldest that may go until there is room; ok is false if
// there is none for all that.
func (w *writer) makeRoom(class Class, need int64) (ok bool, err error) {
	cap, reserve := w.s.cfg.Cap, w.s.cfg.Reserve
	missing := func() int64 {
		over := w.total() + need - cap
		if class != ClassA {
			over = max(over, w.size[ClassB]+w.size[ClassC]+need-(cap-reserve))
		}
		return over
	}
	for _, victim := range []Class{ClassC, ClassB} {
		if over := missing(); over > 0 {
			if err := w.evict(victim, over, tyto.GapFull); err != nil {
				return false, err
			}
		}
	}
	return missing() <= 0, nil
}

// evict drops the oldest batches of a class until so many bytes are free, and
// keeps account of them. What a sender has is left: the hub may have it.
func (w *writer) evict(class Class, need int64, reason string) error {
	rows, err := w.tx.QueryContext(w.ctx, "SELECT seq, epoch, prev, events, first, last, length(body) FROM batch WHERE class = ? ORDER BY seq", class)
	if err != nil {
		return err
	}
	var victims []victim
	for free := int64(0); free < need && rows.Next(); {
		var v victim
		if err := rows.Scan(&v.seq, &v.epoch, &v.prev, &v.events, &v.first, &v.last, &v.size); err != nil {
			rows.Close()
			return err
		}
		if _, leased := w.s.leased[uint64(v.seq)]; !leased {
			victims = append(victims, v)
			free += v.size + rowCost
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for i := range victims {
		if err := w.lose(class, &victims[i], reason); err != nil {
			return err
		}
	}
	return nil
}

// A victim is a batch that is dropped without having been sent.
type victim struct {
	seq, epoch, prev, events, first, last, size int64
}

// lose drops a batch, and adds it to the gap before it if nothing of its
// class is between them.
func (w *writer) lose(class Class, v *victim, reason string) error {
	if _, err := w.tx.ExecContext(w.ctx, "DELETE FROM batch WHERE seq = ?", v.seq); err != nil {
		return err
	}
	w.remove(class, v.size+rowCost, v.events)
	w.lost += v.events
	g := w.open[class]
	if g.ID == "" || g.Batches == 0 || g.Reason != reason || g.Epoch != uint64(v.epoch) || g.To != uint64(v.prev) {
		g = tyto.Gap{ID: newID(), Reason: reason, Class: class.String(), Epoch: uint64(v.epoch), From: uint64(v.seq), First: at(v.first), Last: at(v.last)}
	}
	g.To = uint64(v.seq)
	g.Batches++
	g.Events += uint64(v.events)
	g.First, g.Last = earlier(g.First, at(v.first)), later(g.Last, at(v.last))
	w.open[class] = g
	return w.putGap(&g)
}

// makeSpace gives back what is kept for when the disk is full: the ballast,
// and then an eighth of what may go.
func (s *Spool) makeSpace(ctx context.Context, c *change) error {
	_ = os.Remove(filepath.Join(s.cfg.Folder, ballastFile)) // gone already if this is not the first time
	s.picking.Lock()
	defer s.picking.Unlock()
	lost, err := s.transact(ctx, func(w *writer) error {
		for _, seq := range c.acked {
			if err := w.drop(seq); err != nil {
				return err
			}
		}
		for _, class := range []Class{ClassC, ClassB} {
			if err := w.evict(class, w.size[class]/8, tyto.GapDisk); err != nil {
				return err
			}
		}
		return nil
	})
	s.mu.Lock()
	s.counted.lost += uint64(lost)
	s.mu.Unlock()
	return err
}

// The ballast is a file that is removed when the disk is full, so that there
// is room for making room: dropping batches takes some, too.
const (
	ballastFile = "spool.ballast"
	ballastSize = 8 << 20
)

// load makes the ballast, if it is not there and the disk has room.
func (s *Spool) load() {
	path := filepath.Join(s.cfg.Folder, ballastFile)
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		return
	}
	size := min(ballastSize, s.cfg.Cap/8)
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		_ = os.Remove(path) // a part of it is of no use
	}
}

// isFull reports whether an error is that the disk is full.
func isFull(err error) bool {
	var e *driver.Error
	return errors.As(err, &e) && (e.Code()&0xff == lib.SQLITE_FULL || e.Code() == lib.SQLITE_IOERR_SHMSIZE)
}

// explain adds to an error of SQLite what can be done about it.
func (s *Spool) explain(err error) error {
	var e *driver.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("uplink: spool: %w", err)
	}
	path := filepath.Join(s.cfg.Folder, spoolFile)
	switch e.Code() & 0xff {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		_ = os.WriteFile(filepath.Join(s.cfg.Folder, suspectFile), nil, 0o600) // else the next start finds out by itself, or later
		return fmt.Errorf("uplink: %s: %w (%w): start the sensor again, and it saves what can be read", path, ErrDamaged, err)
	case lib.SQLITE_FULL:
		return fmt.Errorf("uplink: %s: no space left on the disk (%w): make room, and it goes on by itself", path, err)
	}
	return fmt.Errorf("uplink: %s: %w", path, err)
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func at(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
