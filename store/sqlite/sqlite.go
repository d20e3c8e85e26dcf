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

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"tyto/store"
	"tyto/store/sqlstore"
)

// Config says where the store is.
type Config struct {
	Path string // the database file; "-wal", "-shm" and ".lock" lie beside it
	// Readers is how many reads may run at once.
	Readers int
	// SkipCheck leaves out the full check of the file at start, which reads
	// all of it; damage is then found when it is met.
	SkipCheck bool
	// MustExist refuses to make a store where there is none.
	MustExist bool
}

// DefaultConfig keeps the store in a folder.
func DefaultConfig(folder string) Config {
	return Config{Path: filepath.Join(folder, "tyto.db"), Readers: 4}
}

// Store is a store.Store in a SQLite file.
type Store struct {
	*sqlstore.Store
	path  string
	lock  *os.File
	write *sql.DB // one connection
	read  *sql.DB
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
	if none, err := absent(cfg.Path); cfg.MustExist && (none || err != nil) {
		return errors.Join(err, fmt.Errorf("there is no store %s; name the folder that the hub keeps its data in", cfg.Path))
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
	// Who holds the lock holds all that the process before it did.
	if _, err := s.write.ExecContext(ctx, "UPDATE lease SET owner = '', expires = 0"); err != nil {
		return err
	}
	s.read = connect(cfg.Path, "_pragma=query_only(1)")
	s.read.SetMaxOpenConns(max(1, cfg.Readers))
	s.read.SetMaxIdleConns(max(1, cfg.Readers))
	s.Store, err = sqlstore.New(ctx, sqlstore.Engine{Dialect: sqlstore.SQLite, Read: s.read, Write: s.write, Explain: s.explain,
		Damaged: func(why error) error { return damaged(s.path, why) }})
	return err
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
	if s.Store != nil {
		errs = append(errs, s.Store.Close())
	}
	return errors.Join(errs...)
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
