// Package postgres keeps the memory of one or several hubs in a PostgreSQL
// database. It keeps the contract of package store; what is shared with SQLite
// is in store/sqlstore.
//
// Whatever was acknowledged is as safe as the server's commits are. Hubs that
// share a database divide the zones by leases, whose fence each write checks.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"tyto/store"
	"tyto/store/sqlstore"
)

// Config says where the store is.
type Config struct {
	// URL is as libpq has it: postgres://user@host/database?sslmode=verify-full.
	// What it leaves out comes from PGHOST, PGPASSFILE and their like.
	URL         string
	Connections int // most at a time, for reading and for writing each
}

// DefaultConfig is for a database of that URL.
func DefaultConfig(url string) Config { return Config{URL: url, Connections: 8} }

// Store is a store.Store in a PostgreSQL database.
type Store struct {
	*sqlstore.Store
	place string // for people: without the password
	write *sql.DB
	read  *sql.DB
}

var _ store.Store = (*Store)(nil)

// Session settings. A hub that stops answering in the middle of a transaction
// must not hold its locks for longer than its lease is good.
var session = map[string]string{
	"application_name":                    "tyto",
	"idle_in_transaction_session_timeout": "5000",
	"tcp_keepalives_idle":                 "5",
	"tcp_keepalives_interval":             "2",
	"tcp_keepalives_count":                "3",
}

// Check says what is wrong with a URL, without what it holds secret.
func Check(url string) error {
	_, err := parse(url)
	return err
}

func parse(url string) (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("%w; write postgres://USER@HOST/DATABASE", err) // pgx leaves the password out
	}
	for name, value := range session {
		if _, given := c.RuntimeParams[name]; !given {
			c.RuntimeParams[name] = value
		}
	}
	return c, nil
}

// Open opens the store and brings its schema up to date. The database must be
// there; it may be empty.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{}
	if err := s.start(ctx, cfg); err != nil {
		s.Close()
		return nil, fmt.Errorf("store: %w", s.explain(err))
	}
	return s, nil
}

func (s *Store) start(ctx context.Context, cfg Config) error {
	c, err := parse(cfg.URL)
	if err != nil {
		return err
	}
	s.place = fmt.Sprintf("PostgreSQL at %s, database %q", net.JoinHostPort(c.Host, fmt.Sprint(c.Port)), c.Database)
	s.write = connect(c, cfg.Connections)
	if err := fitness(ctx, s.write); err != nil {
		return err
	}
	if err := migrate(ctx, s.write, s.place); err != nil {
		return err
	}
	reading := c.Copy()
	reading.RuntimeParams["default_transaction_read_only"] = "on"
	s.read = connect(reading, cfg.Connections)
	s.Store, err = sqlstore.New(ctx, sqlstore.Engine{Dialect: sqlstore.Postgres, Read: s.read, Write: s.write, Explain: s.explain,
		Damaged: func(why error) error { return damaged(s.place, why) }})
	return err
}

// idle is how long a connection stays that nobody needs.
const idle = 5 * time.Minute

func connect(c *pgx.ConnConfig, connections int) *sql.DB {
	db := sql.OpenDB(connector{stdlib.GetConnector(*c)})
	db.SetMaxOpenConns(max(2, connections))
	db.SetMaxIdleConns(max(2, connections))
	db.SetConnMaxIdleTime(idle)
	return db
}

// fitness refuses a server that cannot keep the contract.
func fitness(ctx context.Context, db *sql.DB) error {
	var version int
	var encoding, commit string
	err := db.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), current_setting('synchronous_commit')").
		Scan(&version, &encoding, &commit)
	switch {
	case err != nil:
		return err
	case version < 130000:
		return fmt.Errorf("the server is PostgreSQL %d; 13 or newer is needed", version/10000)
	case encoding != "UTF8":
		return fmt.Errorf("the database's encoding is %s; create one with ENCODING 'UTF8'", encoding)
	case commit == "off":
		return errors.New("synchronous_commit is off, so that a crash loses what was acknowledged; set it to on for this database: ALTER DATABASE … SET synchronous_commit = on")
	}
	return nil
}

// Close implements store.Store.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.Store != nil {
		errs = append(errs, s.Store.Close())
	}
	return errors.Join(errs...)
}

// damaged is the error for what is stored and cannot be understood.
func damaged(place string, why error) error {
	return fmt.Errorf("%s: %w (%w): put back a backup of the database", place, store.ErrDamaged, why)
}

// explain adds to an error what an operator can do about it. The classes are
// of PostgreSQL's appendix A.
func (s *Store) explain(err error) error {
	var refused *pgconn.ConnectError
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e):
	case errors.As(err, &refused):
		return fmt.Errorf("%s: is it running, and may this machine reach it? %w", s.place, err)
	default:
		return err
	}
	switch {
	case e.Code == "53100" || e.Code == "53200": // disk_full, out_of_memory
		return fmt.Errorf("%s: %w: make room, and it goes on: %w", s.place, store.ErrFull, err)
	case strings.HasPrefix(e.Code, "XX"): // internal_error, data_corrupted, index_corrupted
		return damaged(s.place, err)
	case strings.HasPrefix(e.Code, "28"): // invalid_authorization_specification
		return fmt.Errorf("%s: check user and password, and pg_hba.conf: %w", s.place, err)
	case e.Code == "3D000": // invalid_catalog_name
		return fmt.Errorf("%s: create it: createdb %s: %w", s.place, "tyto", err)
	case e.Code == "42501": // insufficient_privilege
		return fmt.Errorf("%s: the user must own the database: %w", s.place, err)
	}
	return err
}
