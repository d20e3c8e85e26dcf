package uplink

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"tyto/tyto"
)

// Config is how a spool works.
type Config struct {
	Folder  string // spool.db and what belongs to it lie there
	Sensor  string // as its own events carry it
	Zone    string
	Version string // of the program, for its health

	Cap     int64         // bytes of batches kept at most
	Reserve int64         // of these, bytes that class A alone may use
	Delay   time.Duration // how long events are gathered before they are written
	Report  time.Duration // how often it tells its health; 0 never by itself

	Clock func() time.Time
	Log   *slog.Logger
	// Step is told of each step towards safety, by name; for tests that end
	// the process there. May be nil.
	Step func(string)
}

// DefaultConfig keeps 4 GiB, of which 512 MiB are for class A. What is left
// of the 200 ms is for the disk.
func DefaultConfig(folder string) Config {
	return Config{Folder: folder, Cap: 4 << 30, Reserve: 512 << 20, Delay: 100 * time.Millisecond, Report: 20 * time.Second,
		Clock: time.Now, Log: slog.New(slog.DiscardHandler), Step: func(string) {}}
}

// Bounds of a batch and of what waits in memory.
const (
	batchLines  = 1 << 20 // bytes of lines, at which a batch is full
	batchEvents = 5000
	maxWaiting  = 8 << 20   // bytes of lines; beyond it Put waits for the disk
	rowCost     = 96        // bytes that a row takes beside its body
	minCap      = 256 << 10 // the least that makes sense
)

// A Spool keeps events on disk until the hub has them. Put, Take, Ack and the
// like may be used from any goroutine; Run writes.
type Spool struct {
	cfg    Config
	lock   *os.File
	db     *sql.DB // for writing; one connection
	view   *sql.DB // for reading
	pack   *zstd.Encoder
	epoch  uint64
	seed   maphash.Seed
	arrive chan struct{} // a token when batches can be taken
	full   chan struct{} // a token when a buffer is full

	writing sync.Mutex // one commit at a time
	// picking guards what may be taken, sent and dropped. It is taken after
	// writing and before mu.
	picking  sync.Mutex
	leased   map[uint64]struct{}  // with a sender, or it is not known whether the hub has them
	returned [ClassC + 1][]uint64 // leased ones to be sent again
	next     [ClassC + 1]uint64   // each class is taken from there on
	ledger   ledger
	reported time.Time
	tell     bool

	mu      sync.Mutex // guards what follows
	buffers [ClassC + 1]buffer
	facts   known
	acked   []uint64
	waiting []row      // packed, not on disk
	gaps    []tyto.Gap // not on disk
	stuck   bool       // the last commit failed
	room    chan struct{}
	counted counters
}

// A buffer gathers lines.
type buffer struct {
	lines       bytes.Buffer
	events      int
	first, last time.Time
}

// A row is a batch on its way to disk.
type row struct {
	class       Class
	events      int
	first, last time.Time
	body        []byte
}

func (r *row) size() int64 { return int64(len(r.body)) + rowCost }

// counters is what the spool did since it was opened.
type counters struct {
	accepted, acknowledged, lost, retries, failures, refused uint64
	slowest                                                  time.Duration
}

// Put takes events; they are accepted within Accepted. It keeps nothing of
// them. It waits only if the disk does not keep up.
func (s *Spool) Put(ctx context.Context, events []tyto.Event) error {
	for {
		s.mu.Lock()
		if s.held() < maxWaiting || s.stuck {
			break
		}
		room := s.room
		s.mu.Unlock()
		s.hurry()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer s.mu.Unlock()
	for i := range events {
		e := events[i]
		e.Sensor, e.Zone = s.cfg.Sensor, s.cfg.Zone
		if err := s.put(&e); err != nil {
			return err
		}
	}
	return nil
}

// held is how many bytes are not on disk.
func (s *Spool) held() (n int) {
	for c := range s.buffers {
		n += s.buffers[c].lines.Len()
	}
	for i := range s.waiting {
		n += len(s.waiting[i].body)
	}
	return n
}

func (s *Spool) put(e *tyto.Event) error {
	if h := e.Health; h != nil && h.Version == "" {
		told := *h
		told.Version = s.cfg.Version
		e.Health = &told
	}
	class := s.classOf(e)
	if s.stuck && (class != ClassA && s.held() > maxWaiting || s.held() > 2*maxWaiting) {
		s.lose(tyto.GapDisk, class, 1, e.Time, e.Time)
		return nil
	}
	b := &s.buffers[class]
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("uplink: event %d: %w", e.Seq, err)
	}
	b.add(line, e.Time)
	if b.lines.Len() >= batchLines || b.events >= batchEvents {
		s.seal(class)
		s.hurry()
	}
	return nil
}

func (b *buffer) add(line []byte, at time.Time) {
	b.lines.Write(line)
	b.lines.WriteByte('\n')
	if b.events == 0 || at.Before(b.first) {
		b.first = at
	}
	if b.events == 0 || at.After(b.last) {
		b.last = at
	}
	b.events++
}

// seal makes a buffer a batch.
func (s *Spool) seal(class Class) {
	b := &s.buffers[class]
	if b.events == 0 {
		return
	}
	s.waiting = append(s.waiting, row{class: class, events: b.events, first: b.first, last: b.last, body: s.pack.EncodeAll(b.lines.Bytes(), nil)})
	b.lines.Reset()
	b.events = 0
}

// classOf is how an event is kept. What is told again is no news.
func (s *Spool) classOf(e *tyto.Event) Class {
	o := e.Observation
	switch {
	case o == nil && e.Health == nil:
		return ClassB
	case o == nil:
		return ClassA
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.Write(o.Subject.MAC[:])
	h.Write(o.Subject.Addr[:])
	for _, n := range []uint16{o.Subject.VLAN, o.Subject.Part, uint16(o.Attr), uint16(o.Confidence)} {
		h.Write(binary.BigEndian.AppendUint16(nil, n))
	}
	for _, part := range []string{o.Value, o.Evidence.Protocol, o.Evidence.Field} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.WriteString(part)
	}
	if s.facts.seen(h.Sum64()) {
		return ClassB
	}
	return ClassA
}

// lose counts events that never came to disk.
func (s *Spool) lose(reason string, class Class, events int, first, last time.Time) {
	s.counted.lost += uint64(events)
	for i := range s.gaps {
		if g := &s.gaps[i]; g.Reason == reason && g.Class == class.String() && g.Batches == 0 {
			g.Events += uint64(events)
			g.First, g.Last = earlier(g.First, first), later(g.Last, last)
			return
		}
	}
	s.gaps = append(s.gaps, tyto.Gap{ID: newID(), Reason: reason, Class: class.String(), Events: uint64(events), First: first.UTC(), Last: last.UTC()})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b.UTC()
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b.UTC()
	}
	return a
}

func newID() string { return rand.Text()[:16] }

// hurry has Run write now.
func (s *Spool) hurry() {
	select {
	case s.full <- struct{}{}:
	default:
	}
}

// Run writes what is put, and tells the spool's health, until ctx is done;
// then it writes the rest. The error is that of a spool that is damaged.
func (s *Spool) Run(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.Delay)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return s.Flush(context.WithoutCancel(ctx))
		case <-tick.C:
		case <-s.full:
		}
		err := s.Flush(ctx)
		switch {
		case err == nil && failing:
			failing = false
			s.cfg.Log.InfoContext(ctx, "writing to the spool again")
		case errors.Is(err, ErrDamaged):
			return err
		case err != nil && !failing && ctx.Err() == nil:
			failing = true
			s.cfg.Log.ErrorContext(ctx, "cannot write to the spool; trying on", "err", err)
		}
	}
}

// Flush writes what was put before. What it wrote when it returns without
// error is accepted.
func (s *Spool) Flush(ctx context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	c := s.gather()
	if c == nil {
		return nil
	}
	begun := s.cfg.Clock()
	err := s.commit(ctx, c)
	if isFull(err) {
		if err = s.makeSpace(ctx, c); err == nil {
			err = s.commit(ctx, c)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { // who waits looks again, also if it failed
		close(s.room)
		s.room = make(chan struct{})
	}()
	if err != nil {
		s.stuck = true
		s.waiting = append(c.rows, s.waiting...)
		s.gaps = append(c.gaps, s.gaps...)
		s.acked = append(c.acked, s.acked...)
		return s.explain(err)
	}
	s.stuck = false
	s.counted.slowest = max(s.counted.slowest, s.cfg.Clock().Sub(begun))
	s.counted.acknowledged += uint64(len(c.acked))
	return nil
}

// gather takes what is to be written, nil if there is nothing.
func (s *Spool) gather() *change {
	s.picking.Lock()
	due := s.tell || s.cfg.Report > 0 && s.cfg.Clock().Sub(s.reported) >= s.cfg.Report
	s.picking.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, class := range classes {
		s.seal(class)
	}
	if len(s.waiting)+len(s.acked)+len(s.gaps) == 0 && !due {
		return nil
	}
	c := &change{rows: s.waiting, acked: s.acked, gaps: s.gaps, report: due}
	s.waiting, s.acked, s.gaps = nil, nil, nil
	return c
}

// syncFolder has a folder's entries on disk.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lockFile keeps other processes out until the file is closed.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: another sensor uses this spool; stop it, or choose another data folder: %w", path, err)
	}
	return f, nil
}
