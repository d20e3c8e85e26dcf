// Package sqlstore is what stores over SQL databases have in common: the
// statements, and how rows become nouns. An Engine says which database it is;
// what differs between them is in dialect.go, and their schemas are in the
// packages that open them, store/sqlite and store/postgres.
package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// An Engine is an open database whose schema is up to date.
type Engine struct {
	Dialect Dialect
	Read    *sql.DB // for reading alone
	Write   *sql.DB
	// Explain adds to an error of the database what an operator can do about it.
	Explain func(error) error
	// Damaged is the error for what is stored and cannot be understood.
	Damaged func(why error) error
}

// Store is a store.Store in a SQL database. Closing the database is the
// engine's.
type Store struct {
	engine  Engine
	dialect Dialect
	read    *sql.DB
	write   *sql.DB
	pack    *zstd.Encoder
	open    *zstd.Decoder

	writing sync.Mutex // SQLite's: held from a transaction's begin until roster follows it
	roster  roster

	appending appending
	following following // PostgreSQL's
}

// New is the store in an open database. It reads what is kept in memory.
func New(ctx context.Context, e Engine) (*Store, error) {
	s := &Store{engine: e, dialect: e.Dialect, read: e.Read, write: e.Write}
	var err error
	if s.pack, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
		return nil, err
	}
	if s.open, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBody)); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// start fills what is kept in memory beside the database.
func (s *Store) start(ctx context.Context) error {
	if s.dialect == Postgres {
		return s.current(ctx)
	}
	return s.recallRoster(ctx)
}

// Close gives back what is held beside the database.
func (s *Store) Close() error {
	s.open.Close()
	return nil
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
	return fmt.Errorf("store: %s: %w", what, s.engine.Explain(err))
}

func (s *Store) damaged(why error) error { return s.engine.Damaged(why) }

// transact runs f in a transaction; after runs when it is on disk, and with
// SQLite, which has one writer, before another one begins.
func (s *Store) transact(ctx context.Context, what string, f func(*sql.Tx) error, after func()) error {
	if s.dialect == SQLite {
		s.writing.Lock()
		defer s.writing.Unlock()
	}
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

// collect is all rows of an answer.
func collect[T any](rows *sql.Rows, scan func(*sql.Rows) (T, error)) (all []T, err error) {
	defer rows.Close()
	for rows.Next() {
		x, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, rows.Err()
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
