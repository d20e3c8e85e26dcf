package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tyto/store"
)

// Alone implements store.Leases.
func (s *Store) Alone() bool { return s.dialect == SQLite }

const leaseColumns = "name, owner, fence, expires"

func scanLease(rows *sql.Rows) (l store.Lease, err error) {
	var expires int64
	err = rows.Scan(&l.Name, &l.Owner, &l.Fence, &expires)
	l.Expires = at(expires)
	return l, err
}

// changeLeases runs a statement that returns leases.
func (s *Store) changeLeases(ctx context.Context, what, query string, args ...any) (all []store.Lease, err error) {
	err = s.transact(ctx, what, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, query, args...)
		if err == nil {
			all, err = collect(rows, scanLease)
		}
		return err
	}, nil)
	return all, err
}

// TakeLease implements store.Leases. A new fence waits for changes that are
// being written under the last one; see guard.
func (s *Store) TakeLease(ctx context.Context, name, owner string, term time.Duration) (l store.Lease, ok bool, err error) {
	now := s.dialect.now()
	all, err := s.changeLeases(ctx, "take a lease", `INSERT INTO lease (`+leaseColumns+`) VALUES (?1, ?2, 1, `+now+` + ?3)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires = excluded.expires,
		fence = CASE WHEN lease.owner = excluded.owner AND lease.expires > `+now+` THEN lease.fence ELSE lease.fence + 1 END
		WHERE lease.owner = excluded.owner OR lease.expires <= `+now+` RETURNING `+leaseColumns, name, owner, int64(term))
	if err != nil || len(all) == 0 {
		return store.Lease{}, false, err
	}
	return all[0], true, nil
}

// RenewLeases implements store.Leases.
func (s *Store) RenewLeases(ctx context.Context, owner string, term time.Duration) ([]store.Lease, error) {
	now := s.dialect.now()
	all, err := s.changeLeases(ctx, "renew leases", "UPDATE lease SET expires = "+now+" + ?2 WHERE owner = ?1 RETURNING "+leaseColumns, owner, int64(term))
	slices.SortFunc(all, func(a, b store.Lease) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// DropLease implements store.Leases.
func (s *Store) DropLease(ctx context.Context, l store.Lease) error {
	return s.exec(ctx, "drop a lease", "UPDATE lease SET owner = '', expires = 0 WHERE name = ? AND owner = ? AND fence = ?", l.Name, l.Owner, l.Fence)
}

// ListLeases implements store.Leases.
func (s *Store) ListLeases(ctx context.Context) ([]store.Lease, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+leaseColumns+" FROM lease WHERE expires > "+s.dialect.now()+" ORDER BY name")
	if err != nil {
		return nil, s.fail("list leases", err)
	}
	all, err := collect(rows, scanLease)
	if err != nil {
		return nil, s.fail("list leases", err)
	}
	return all, nil
}

// guard refuses a change whose writer must not write any more, and one that
// was written before. The lease's row is held in a way that lets its owner
// renew it meanwhile, but lets nobody take it: in PostgreSQL a change of fence,
// which is part of a key, waits for FOR KEY SHARE, and one of expires does not.
func (w *writer) guard() error {
	c := w.change
	if err := w.s.alone(w.ctx, w.tx, "zone "+c.Zone); err != nil {
		return err
	}
	if l := &c.Lease; l.Name != "" {
		var fence int64
		err := w.tx.QueryRowContext(w.ctx, "SELECT fence FROM lease WHERE name = ? AND owner = ?"+w.s.dialect.kept(), l.Name, l.Owner).Scan(&fence)
		if errors.Is(err, sql.ErrNoRows) || err == nil && fence != l.Fence {
			return fmt.Errorf("lease %q, fence %d: %w", l.Name, l.Fence, store.ErrFenced)
		}
		if err != nil {
			return err
		}
	}
	if c.Number == 0 {
		return nil
	}
	written, err := w.s.written(w.ctx, w.tx, c.Zone)
	switch {
	case err != nil:
		return err
	case written == c.Number:
		return errRepeated
	case written != c.Number-1:
		return fmt.Errorf("change %d of zone %q comes after %d: %w", c.Number, c.Zone, written, store.ErrFenced)
	}
	return nil
}

// Written implements store.Knowledge.
func (s *Store) Written(ctx context.Context, zone string) (number uint64, err error) {
	if number, err = s.written(ctx, s.read, zone); err != nil {
		return 0, s.fail("read the number of a change", err)
	}
	return number, nil
}

func (s *Store) written(ctx context.Context, from interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, zone string) (uint64, error) {
	var number int64
	err := from.QueryRowContext(ctx, "SELECT coalesce(max(number), 0) FROM folded WHERE zone = ?", zone).Scan(&number)
	return uint64(number), err
}
