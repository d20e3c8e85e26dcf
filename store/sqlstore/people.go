package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"tyto/tyto"
)

const personColumns = "name, role, password, created, disabled"

func scanPerson(rows interface{ Scan(...any) error }) (u tyto.User, err error) {
	var created int64
	var disabled int
	err = rows.Scan(&u.Name, &u.Role, &u.Password, &created, &disabled)
	u.Created, u.Disabled = at(created), disabled != 0
	return u, err
}

// Users implements store.People.
func (s *Store) Users(ctx context.Context) ([]tyto.User, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+personColumns+" FROM person ORDER BY name")
	if err != nil {
		return nil, s.fail("list users", err)
	}
	users, err := collect(rows, func(rows *sql.Rows) (tyto.User, error) { return scanPerson(rows) })
	if err != nil {
		return nil, s.fail("list users", err)
	}
	return users, nil
}

// AnyUser implements store.People.
func (s *Store) AnyUser(ctx context.Context) (any bool, err error) {
	if err := s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM person)").Scan(&any); err != nil {
		return false, s.fail("look for users", err)
	}
	return any, nil
}

// User implements store.People.
func (s *Store) User(ctx context.Context, name string) (tyto.User, bool, error) {
	u, err := scanPerson(s.read.QueryRowContext(ctx, "SELECT "+personColumns+" FROM person WHERE name = ?", name))
	if errors.Is(err, sql.ErrNoRows) {
		return tyto.User{}, false, nil
	}
	if err != nil {
		return tyto.User{}, false, s.fail("read a user", err)
	}
	return u, true, nil
}

const insertPerson = "INSERT INTO person (" + personColumns + ") SELECT ?, ?, ?, ?, ? "

// PutUser implements store.People.
func (s *Store) PutUser(ctx context.Context, u tyto.User) error {
	return s.exec(ctx, "put a user", insertPerson+`WHERE true ON CONFLICT (name) DO UPDATE SET role = excluded.role,
		password = excluded.password, disabled = excluded.disabled`, u.Name, u.Role, u.Password, nanos(u.Created), bit(u.Disabled))
}

// PutFirstUser implements store.People.
func (s *Store) PutFirstUser(ctx context.Context, u tyto.User) (ok bool, err error) {
	err = s.transact(ctx, "put the first user", func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, insertPerson+"WHERE NOT EXISTS (SELECT 1 FROM person)", u.Name, u.Role, u.Password, nanos(u.Created), bit(u.Disabled))
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		ok = n == 1
		return err
	}, nil)
	return ok && err == nil, err
}

// DeleteUser implements store.People.
func (s *Store) DeleteUser(ctx context.Context, name string) error {
	return s.exec(ctx, "delete a user", "DELETE FROM person WHERE name = ?", name)
}

// PutSession implements store.People.
func (s *Store) PutSession(ctx context.Context, x tyto.Session) error {
	return s.exec(ctx, "put a session", "INSERT INTO session (hash, person, created, used, expires) VALUES (?, ?, ?, ?, ?)",
		x.Hash, x.User, nanos(x.Created), nanos(x.Used), nanos(x.Expires))
}

// Session implements store.People.
func (s *Store) Session(ctx context.Context, hash string) (x tyto.Session, found bool, err error) {
	var created, used, expires int64
	err = s.read.QueryRowContext(ctx, "SELECT hash, person, created, used, expires FROM session WHERE hash = ?", hash).Scan(&x.Hash, &x.User, &created, &used, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return tyto.Session{}, false, nil
	}
	if err != nil {
		return tyto.Session{}, false, s.fail("read a session", err)
	}
	x.Created, x.Used, x.Expires = at(created), at(used), at(expires)
	return x, true, nil
}

// TouchSession implements store.People.
func (s *Store) TouchSession(ctx context.Context, hash string, used time.Time) error {
	return s.exec(ctx, "touch a session", "UPDATE session SET used = max(used, ?) WHERE hash = ?", nanos(used), hash)
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

// Audit implements store.People.
func (s *Store) Audit(ctx context.Context, r tyto.AuditRecord) error {
	return s.transact(ctx, "audit", func(tx *sql.Tx) error {
		var before string
		err := tx.QueryRowContext(ctx, "SELECT hash FROM audit ORDER BY n DESC LIMIT 1").Scan(&before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO audit (at, who, origin, what, object, outcome, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
			nanos(r.Time), r.Who, r.From, r.What, r.Object, r.Outcome, chain(before, r))
		return err
	}, nil)
}

// chain is the hash of a record that follows another.
func chain(before string, r tyto.AuditRecord) string {
	text, _ := json.Marshal([]any{before, nanos(r.Time), r.Who, r.From, r.What, r.Object, r.Outcome}) // numbers and strings cannot fail
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// AuditRecords implements store.People.
func (s *Store) AuditRecords(ctx context.Context, limit int) ([]tyto.AuditRecord, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT at, who, origin, what, object, outcome FROM audit ORDER BY n DESC LIMIT ?", limit)
	if err != nil {
		return nil, s.fail("read the audit", err)
	}
	records, err := collect(rows, func(rows *sql.Rows) (r tyto.AuditRecord, err error) {
		var when int64
		err = rows.Scan(&when, &r.Who, &r.From, &r.What, &r.Object, &r.Outcome)
		r.Time = at(when)
		return r, err
	})
	if err != nil {
		return nil, s.fail("read the audit", err)
	}
	return records, nil
}

// Setting implements store.Settings.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT value FROM setting WHERE name = ?", name).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", s.fail("read a setting", err)
	}
	return value, nil
}

// PutSetting implements store.Settings.
func (s *Store) PutSetting(ctx context.Context, name, value string) error {
	if value == "" {
		return s.exec(ctx, "remove a setting", "DELETE FROM setting WHERE name = ?", name)
	}
	return s.exec(ctx, "put a setting", "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
}
