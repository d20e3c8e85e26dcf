// Package sqlite keeps a hub's memory in one file, with SQLite built into the
// program. It keeps the contract of package store for one process at a time:
// a lock beside the file refuses a second one.
//
// Writes go through one connection, and are on disk when they return
// (WAL, synchronous=FULL: a power cut loses nothing that was acknowledged).
// Reads have connections of their own and wait for nobody.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"tyto/store"
)

// Config says where the store is.
type Config struct {
	Path string // the database file; "-wal", "-shm" and ".lock" lie beside it
	// Readers is how many reads may run at once.
	Readers int
	// SkipCheck leaves out the full check of the file at start, which reads
	// all of it; damage is then found when it is met.
	SkipCheck bool
}

// DefaultConfig keeps the store in a folder.
func DefaultConfig(folder string) Config {
	return Config{Path: filepath.Join(folder, "tyto.db"), Readers: 4}
}

// Store is a store.Store in a SQLite file.
type Store struct {
	path  string
	lock  *os.File
	write *sql.DB // one connection
	read  *sql.DB
	pack  *zstd.Encoder
	open  *zstd.Decoder

	writing sync.Mutex // held from a transaction's begin until roster and tally follow it
	roster  roster
	tally   tally
}

var _ store.Store = (*Store)(nil)

// Open opens the store, or makes a new one where there is no file. A file
// that is damaged, of a newer program or not a store is left as it is, and
// the error says so.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{path: cfg.Path}
	if err := s.start(ctx, cfg); err != nil {
		s.Close()
		return nil, fmt.Errorf("store: %w", s.explain(err))
	}
	return s, nil
}

func (s *Store) start(ctx context.Context, cfg Config) (err error) {
	if s.pack, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
		return err
	}
	if s.open, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBody)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(cfg.Path), 0o700); err != nil {
		return err
	}
	if s.lock, err = lockFile(cfg.Path + ".lock"); err != nil {
		return err
	}
	fresh, err := absent(cfg.Path)
	if err != nil {
		return err
	}
	if fresh {
		if err := create(ctx, cfg.Path); err != nil {
			return err
		}
	}
	if err := check(ctx, cfg.Path, !cfg.SkipCheck && !fresh); err != nil {
		return err
	}
	s.write = connect(cfg.Path, "_txlock=immediate")
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write, cfg.Path); err != nil {
		return err
	}
	s.read = connect(cfg.Path, "_pragma=query_only(1)")
	s.read.SetMaxOpenConns(max(1, cfg.Readers))
	s.read.SetMaxIdleConns(max(1, cfg.Readers))
	return s.recall(ctx)
}

// recall fills what is kept in memory beside the file.
func (s *Store) recall(ctx context.Context) error {
	if err := s.recallRoster(ctx); err != nil {
		return err
	}
	return s.recallTally(ctx)
}

// connect opens a pool; the pragmas hold for each of its connections.
func connect(path string, more ...string) *sql.DB {
	dsn := fileURL(path) + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=cache_size(-32768)&_pragma=temp_store(2)"
	for _, m := range more {
		dsn += "&" + m
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		panic("sqlite: " + err.Error()) // the driver is not registered
	}
	return db
}

func fileURL(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// Close implements store.Store.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} { // the writer last: it empties the WAL
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	if s.open != nil {
		s.open.Close()
	}
	return errors.Join(errs...)
}

// Check implements store.Store.
func (s *Store) Check(ctx context.Context) error {
	var n int
	if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM person").Scan(&n); err != nil {
		return s.fail("check", err)
	}
	return nil
}

// fail wraps what went wrong while doing something.
func (s *Store) fail(what string, err error) error {
	return fmt.Errorf("store: %s: %w", what, s.explain(err))
}

// explain adds to an error of SQLite what an operator can do about it.
func (s *Store) explain(err error) error {
	var e *driver.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return damaged(s.path, err)
	case lib.SQLITE_FULL:
		return fmt.Errorf("%s: %w: make room, and it goes on: %w", s.path, store.ErrFull, err)
	}
	return err
}

// transact runs f in a transaction; after runs when it is on disk, before
// another one begins. Either may be all that there is to do.
func (s *Store) transact(ctx context.Context, what string, f func(*sql.Tx) error, after func()) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.fail(what, err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // the first error is the one to tell
		return s.fail(what, err)
	}
	if err := tx.Commit(); err != nil {
		return s.fail(what, err)
	}
	if after != nil {
		after()
	}
	return nil
}

// exec runs one statement in a transaction of its own.
func (s *Store) exec(ctx context.Context, what, query string, args ...any) error {
	return s.transact(ctx, what, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	}, nil)
}

// nanos is a time as it is stored.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// at is the time of nanos.
func at(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
