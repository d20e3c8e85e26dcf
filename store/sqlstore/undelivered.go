package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"tyto/store"
)

// ListUndelivered implements store.Readers.
func (s *Store) ListUndelivered(ctx context.Context, reader string, limit int) ([]store.Undelivered, error) {
	return s.undelivered(ctx, "reader = ? ORDER BY n DESC LIMIT ?", reader, limit)
}

// Replays implements store.Readers.
func (s *Store) Replays(ctx context.Context, reader string, limit int) ([]store.Undelivered, error) {
	return s.undelivered(ctx, "reader = ? AND again = 1 ORDER BY n LIMIT ?", reader, limit)
}

func (s *Store) undelivered(ctx context.Context, where string, args ...any) ([]store.Undelivered, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT n, reader, at, reason, event FROM undelivered WHERE "+where, args...)
	if err != nil {
		return nil, s.fail("list what was not delivered", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (u store.Undelivered, err error) {
		var when int64
		var event string
		if err = rows.Scan(&u.ID, &u.Reader, &when, &u.Reason, &event); err == nil {
			u.Time = at(when)
			err = json.Unmarshal([]byte(event), &u.Event)
		}
		return u, err
	})
	if err != nil {
		return nil, s.fail("list what was not delivered", err)
	}
	return all, nil
}

// CountUndelivered implements store.Readers.
func (s *Store) CountUndelivered(ctx context.Context) (map[string]uint64, error) {
	counts := map[string]uint64{}
	rows, err := s.read.QueryContext(ctx, "SELECT reader, count(*) FROM undelivered GROUP BY reader")
	if err == nil {
		_, err = collect(rows, func(rows *sql.Rows) (_ struct{}, err error) {
			var reader string
			var n int64
			err = rows.Scan(&reader, &n)
			counts[reader] = uint64(n)
			return struct{}{}, err
		})
	}
	if err != nil {
		return nil, s.fail("count what was not delivered", err)
	}
	return counts, nil
}

// Replay implements store.Readers.
func (s *Store) Replay(ctx context.Context, reader string, ids []int64) (int64, error) {
	return s.eachUndelivered(ctx, "try again what was not delivered", "UPDATE undelivered SET again = 1 WHERE reader = ?", reader, ids, true)
}

// DropUndelivered implements store.Readers.
func (s *Store) DropUndelivered(ctx context.Context, reader string, ids []int64) error {
	_, err := s.eachUndelivered(ctx, "forget what was delivered after all", "DELETE FROM undelivered WHERE reader = ?", reader, ids, false)
	return err
}

// eachUndelivered does something with what a reader could not pass on, by id;
// without ids with all, or nothing.
func (s *Store) eachUndelivered(ctx context.Context, what, query, reader string, ids []int64, all bool) (n int64, err error) {
	args := []any{reader}
	if len(ids) > 0 {
		condition, list := in(s.dialect, "n", ids)
		query, args = query+" AND "+condition, append(args, list)
	} else if !all {
		return 0, nil
	}
	err = s.transact(ctx, what, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, query, args...)
		if err == nil {
			n, err = done.RowsAffected()
		}
		return err
	}, nil)
	return n, err
}
