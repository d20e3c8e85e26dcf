package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"tyto/tyto"
)

// Filters implements store.Filters.
func (s *Store) Filters(ctx context.Context, user string) ([]tyto.SavedFilter, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT person, list, name, search, shared, changed FROM saved_filter WHERE person = ? OR shared = 1 ORDER BY list, name, person", user)
	if err != nil {
		return nil, s.fail("list saved filters", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (f tyto.SavedFilter, err error) {
		var shared, changed int64
		err = rows.Scan(&f.User, &f.List, &f.Name, &f.Search, &shared, &changed)
		f.Shared, f.Changed = shared == 1, at(changed)
		return f, err
	})
	if err != nil {
		return nil, s.fail("list saved filters", err)
	}
	return all, nil
}

// errMany says that a user has as many as one may have.
var errMany = errors.New("there are too many")

// PutFilter implements store.Filters.
func (s *Store) PutFilter(ctx context.Context, f tyto.SavedFilter, most int) (ok bool, err error) {
	shared := 0
	if f.Shared {
		shared = 1
	}
	err = s.transact(ctx, "save a filter", func(tx *sql.Tx) error {
		var others int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM saved_filter WHERE person = ? AND NOT (list = ? AND name = ?)", f.User, f.List, f.Name).Scan(&others); err != nil {
			return err
		}
		if others >= most {
			return errMany
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO saved_filter (person, list, name, search, shared, changed) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (person, list, name) DO UPDATE SET search = excluded.search, shared = excluded.shared, changed = excluded.changed`,
			f.User, f.List, f.Name, f.Search, shared, nanos(f.Changed))
		return err
	}, nil)
	if errors.Is(err, errMany) {
		return false, nil
	}
	return err == nil, err
}

// DropFilter implements store.Filters.
func (s *Store) DropFilter(ctx context.Context, user, list, name string) (found bool, err error) {
	return s.spend(ctx, "DELETE FROM saved_filter WHERE person = ? AND list = ? AND name = ?", user, list, name)
}
