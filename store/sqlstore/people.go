package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"tyto/store"
	"tyto/tyto"
)

const personColumns = "name, role, sites, password, temporary, origin, created, seen, disabled"

func scanPerson(rows interface{ Scan(...any) error }) (u tyto.User, err error) {
	var temporary, created, seen int64
	var disabled int
	var sites string
	err = rows.Scan(&u.Name, &u.Role, &sites, &u.Password, &temporary, &u.Origin, &created, &seen, &disabled)
	u.Sites, u.Temporary, u.Created, u.Seen, u.Disabled = sitesOf(sites), at(temporary), at(created), at(seen), disabled != 0
	return u, err
}

func personValues(u *tyto.User) []any {
	return []any{u.Name, u.Role, sitesText(u.Sites), u.Password, nanos(u.Temporary), u.Origin, nanos(u.Created), nanos(u.Seen), bit(u.Disabled)}
}

// sitesText is sites as they are stored.
func sitesText(s tyto.Sites) string {
	if s.All {
		return "*"
	}
	return join(s.Named)
}

func sitesOf(text string) tyto.Sites {
	if text == "*" {
		return tyto.AllSites()
	}
	return tyto.Sites{Named: lines(text)}
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
	return s.person(ctx, "name = ?", name)
}

// UserOf implements store.People.
func (s *Store) UserOf(ctx context.Context, origin string) (tyto.User, bool, error) {
	return s.person(ctx, "origin = ?", origin)
}

func (s *Store) person(ctx context.Context, where string, arg any) (tyto.User, bool, error) {
	u, err := scanPerson(s.read.QueryRowContext(ctx, "SELECT "+personColumns+" FROM person WHERE "+where, arg))
	if errors.Is(err, sql.ErrNoRows) {
		return tyto.User{}, false, nil
	}
	if err != nil {
		return tyto.User{}, false, s.fail("read a user", err)
	}
	return u, true, nil
}

const insertPerson = "INSERT INTO person (" + personColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT "

// PutUser implements store.People.
func (s *Store) PutUser(ctx context.Context, u tyto.User) error {
	return s.keepingAdmin(ctx, "put a user", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertPerson+`(name) DO UPDATE SET role = excluded.role, sites = excluded.sites,
			password = excluded.password, temporary = excluded.temporary, origin = excluded.origin, disabled = excluded.disabled`, personValues(&u)...)
		return err
	})
}

// PutNewUser implements store.People.
func (s *Store) PutNewUser(ctx context.Context, u tyto.User) error {
	return s.transact(ctx, "put a new user", func(tx *sql.Tx) error {
		return one(store.ErrTaken)(tx.ExecContext(ctx, insertPerson+"DO NOTHING", personValues(&u)...))
	}, nil)
}

// PutFirstUser implements store.People.
func (s *Store) PutFirstUser(ctx context.Context, u tyto.User) (ok bool, err error) {
	err = s.transact(ctx, "put the first user", func(tx *sql.Tx) error {
		if err := s.alone(ctx, tx, "person"); err != nil {
			return err
		}
		var any bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM person)").Scan(&any); err != nil || any {
			return err
		}
		ok = true
		_, err := tx.ExecContext(ctx, insertPerson+"DO NOTHING", personValues(&u)...)
		return err
	}, nil)
	return ok && err == nil, err
}

// DeleteUser implements store.People.
func (s *Store) DeleteUser(ctx context.Context, name string) error {
	return s.keepingAdmin(ctx, "delete a user", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM person WHERE name = ?", name)
		return err
	})
}

// SeeUser implements store.People.
func (s *Store) SeeUser(ctx context.Context, name string, when time.Time) error {
	return s.exec(ctx, "see a user", "UPDATE person SET seen = ? WHERE name = ? AND seen < ?", nanos(when), name, nanos(when))
}

// keepingAdmin runs f in a transaction that must not take the last
// administrator away.
func (s *Store) keepingAdmin(ctx context.Context, what string, f func(*sql.Tx) error) error {
	return s.transact(ctx, what, func(tx *sql.Tx) error {
		if err := s.alone(ctx, tx, "person"); err != nil {
			return err
		}
		before, err := anyAdmin(ctx, tx)
		if err == nil {
			err = f(tx)
		}
		if err != nil || !before {
			return err
		}
		if left, err := anyAdmin(ctx, tx); err != nil || left {
			return err
		}
		return store.ErrLastAdmin
	}, nil)
}

func anyAdmin(ctx context.Context, tx *sql.Tx) (any bool, err error) {
	err = tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM person WHERE role = ? AND sites = '*' AND disabled = 0 AND password <> '')", string(tyto.Admin)).Scan(&any)
	return any, err
}

// one is none unless a statement changed a row.
func one(none error) func(sql.Result, error) error {
	return func(r sql.Result, err error) error {
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return none
	}
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
