package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"tyto/tyto"
)

// Factor implements store.Factors.
func (s *Store) Factor(ctx context.Context, user string) (f tyto.SecondFactor, found bool, err error) {
	f.User = user
	var created, confirmed, step int64
	err = s.read.QueryRowContext(ctx, "SELECT secret, created, confirmed, step FROM second_factor WHERE person = ?", user).Scan(&f.Secret, &created, &confirmed, &step)
	if errors.Is(err, sql.ErrNoRows) {
		return tyto.SecondFactor{}, false, nil
	}
	if err == nil {
		f.Created, f.Confirmed, f.Step = at(created), at(confirmed), uint64(step)
		f.Recovery, err = s.texts(ctx, "SELECT hash FROM recovery_code WHERE person = ? ORDER BY hash", user)
	}
	if err != nil {
		return tyto.SecondFactor{}, false, s.fail("read a second factor", err)
	}
	return f, true, nil
}

// texts is the only column of an answer.
func (s *Store) texts(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(rows *sql.Rows) (text string, err error) {
		err = rows.Scan(&text)
		return text, err
	})
}

// FactorUsers implements store.Factors.
func (s *Store) FactorUsers(ctx context.Context) ([]string, error) {
	all, err := s.texts(ctx, "SELECT person FROM second_factor WHERE confirmed > 0 ORDER BY person")
	if err != nil {
		return nil, s.fail("list second factors", err)
	}
	return all, nil
}

// AnyFactor implements store.Factors.
func (s *Store) AnyFactor(ctx context.Context) (any bool, err error) {
	if err := s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM second_factor)").Scan(&any); err != nil {
		return false, s.fail("look for second factors", err)
	}
	return any, nil
}

// PutFactor implements store.Factors.
func (s *Store) PutFactor(ctx context.Context, f tyto.SecondFactor) error {
	return s.transact(ctx, "put a second factor", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO second_factor (person, secret, created, confirmed, step) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (person) DO UPDATE SET secret = excluded.secret, created = excluded.created, confirmed = excluded.confirmed, step = excluded.step`,
			f.User, f.Secret, nanos(f.Created), nanos(f.Confirmed), int64(f.Step))
		if err == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM recovery_code WHERE person = ?", f.User)
		}
		for _, hash := range f.Recovery {
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, "INSERT INTO recovery_code (person, hash) VALUES (?, ?)", f.User, hash)
		}
		return err
	}, nil)
}

// DropFactor implements store.Factors.
func (s *Store) DropFactor(ctx context.Context, user string) error {
	return s.exec(ctx, "drop a second factor", "DELETE FROM second_factor WHERE person = ?", user)
}

// SpendStep implements store.Factors.
func (s *Store) SpendStep(ctx context.Context, user string, step uint64) (ok bool, err error) {
	return s.spend(ctx, "UPDATE second_factor SET step = ?2 WHERE person = ?1 AND step < ?2", user, int64(step))
}

// SpendRecovery implements store.Factors.
func (s *Store) SpendRecovery(ctx context.Context, user, hash string) (ok bool, err error) {
	return s.spend(ctx, "DELETE FROM recovery_code WHERE person = ? AND hash = ?", user, hash)
}

// errSpent says that nothing was left to spend.
var errSpent = errors.New("it was used before")

// spend runs a statement, and reports whether it changed a row.
func (s *Store) spend(ctx context.Context, query string, args ...any) (ok bool, err error) {
	err = s.transact(ctx, "use a second factor", func(tx *sql.Tx) error { return one(errSpent)(tx.ExecContext(ctx, query, args...)) }, nil)
	if errors.Is(err, errSpent) {
		return false, nil
	}
	return err == nil, err
}
