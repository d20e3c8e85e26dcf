package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tyto/store"
	"tyto/tyto"
)

const sessionColumns = "hash, person, created, used, expires, origin, agent"

func scanSession(rows interface{ Scan(...any) error }) (x tyto.Session, err error) {
	var created, used, expires int64
	err = rows.Scan(&x.Hash, &x.User, &created, &used, &expires, &x.From, &x.Agent)
	x.Created, x.Used, x.Expires = at(created), at(used), at(expires)
	return x, err
}

// PutSession implements store.People.
func (s *Store) PutSession(ctx context.Context, x tyto.Session, keep int) error {
	return s.transact(ctx, "put a session", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO session ("+sessionColumns+") VALUES (?, ?, ?, ?, ?, ?, ?)",
			x.Hash, x.User, nanos(x.Created), nanos(x.Used), nanos(x.Expires), x.From, x.Agent)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM session WHERE person = ? AND hash <> ? AND hash NOT IN
			(SELECT hash FROM session WHERE person = ? AND hash <> ? ORDER BY used DESC, hash LIMIT ?)`, x.User, x.Hash, x.User, x.Hash, keep-1)
		return err
	}, nil)
}

// Session implements store.People.
func (s *Store) Session(ctx context.Context, hash string) (tyto.Session, bool, error) {
	x, err := scanSession(s.read.QueryRowContext(ctx, "SELECT "+sessionColumns+" FROM session WHERE hash = ?", hash))
	if errors.Is(err, sql.ErrNoRows) {
		return tyto.Session{}, false, nil
	}
	if err != nil {
		return tyto.Session{}, false, s.fail("read a session", err)
	}
	return x, true, nil
}

// SessionsOf implements store.People.
func (s *Store) SessionsOf(ctx context.Context, user string) ([]tyto.Session, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+sessionColumns+" FROM session WHERE person = ? ORDER BY used DESC, hash", user)
	if err != nil {
		return nil, s.fail("list sessions", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (tyto.Session, error) { return scanSession(rows) })
	if err != nil {
		return nil, s.fail("list sessions", err)
	}
	return all, nil
}

// TouchSession implements store.People.
func (s *Store) TouchSession(ctx context.Context, hash string, used time.Time) error {
	return s.exec(ctx, "touch a session", "UPDATE session SET used = ? WHERE hash = ? AND used < ?", nanos(used), hash, nanos(used))
}

// DeleteSession implements store.People.
func (s *Store) DeleteSession(ctx context.Context, hash string) error {
	return s.exec(ctx, "delete a session", "DELETE FROM session WHERE hash = ?", hash)
}

// DeleteSessionsOf implements store.People.
func (s *Store) DeleteSessionsOf(ctx context.Context, user, keep string) error {
	return s.exec(ctx, "delete sessions", "DELETE FROM session WHERE person = ? AND hash <> ?", user, keep)
}

// DeleteSessionsBefore implements store.People.
func (s *Store) DeleteSessionsBefore(ctx context.Context, expires, used time.Time) error {
	return s.exec(ctx, "delete sessions", "DELETE FROM session WHERE expires <= ? OR used <= ?", nanos(expires), nanos(used))
}

const keyColumns = "id, hash, person, name, role, sites, created, used, expires"

func scanKey(rows interface{ Scan(...any) error }) (t tyto.Token, err error) {
	var created, used, expires int64
	var sites string
	err = rows.Scan(&t.ID, &t.Hash, &t.User, &t.Name, &t.Role, &sites, &created, &used, &expires)
	t.Sites, t.Created, t.Used, t.Expires = sitesOf(sites), at(created), at(used), at(expires)
	return t, err
}

// PutToken implements store.People.
func (s *Store) PutToken(ctx context.Context, t tyto.Token) error {
	return s.transact(ctx, "put a token", func(tx *sql.Tx) error {
		return one(store.ErrTaken)(tx.ExecContext(ctx, "INSERT INTO token ("+keyColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (person, name) DO NOTHING",
			t.ID, t.Hash, t.User, t.Name, string(t.Role), sitesText(t.Sites), nanos(t.Created), nanos(t.Used), nanos(t.Expires)))
	}, nil)
}

// Token implements store.People.
func (s *Store) Token(ctx context.Context, hash string) (tyto.Token, bool, error) {
	t, err := scanKey(s.read.QueryRowContext(ctx, "SELECT "+keyColumns+" FROM token WHERE hash = ?", hash))
	if errors.Is(err, sql.ErrNoRows) {
		return tyto.Token{}, false, nil
	}
	if err != nil {
		return tyto.Token{}, false, s.fail("read a token", err)
	}
	return t, true, nil
}

// TokensOf implements store.People.
func (s *Store) TokensOf(ctx context.Context, user string) ([]tyto.Token, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+keyColumns+" FROM token WHERE ? IN ('', person) ORDER BY created DESC, id", user)
	if err != nil {
		return nil, s.fail("list tokens", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (tyto.Token, error) { return scanKey(rows) })
	if err != nil {
		return nil, s.fail("list tokens", err)
	}
	return all, nil
}

// TouchToken implements store.People.
func (s *Store) TouchToken(ctx context.Context, hash string, used time.Time) error {
	return s.exec(ctx, "touch a token", "UPDATE token SET used = ? WHERE hash = ? AND used < ?", nanos(used), hash, nanos(used))
}

// DeleteToken implements store.People.
func (s *Store) DeleteToken(ctx context.Context, user, id string) error {
	return s.transact(ctx, "delete a token", func(tx *sql.Tx) error {
		none := fmt.Errorf("token %q: %w", id, store.ErrNotFound)
		return one(none)(tx.ExecContext(ctx, "DELETE FROM token WHERE person = ? AND id = ?", user, id))
	}, nil)
}

// DeleteTokensOf implements store.People.
func (s *Store) DeleteTokensOf(ctx context.Context, user string) error {
	return s.exec(ctx, "delete tokens", "DELETE FROM token WHERE person = ?", user)
}

// DeleteTokensBefore implements store.People.
func (s *Store) DeleteTokensBefore(ctx context.Context, expires time.Time) error {
	return s.exec(ctx, "delete tokens", "DELETE FROM token WHERE expires <= ?", nanos(expires))
}
