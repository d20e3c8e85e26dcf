package sqlstore

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"tyto/store"
)

// following is how far the roster has followed a database that others write
// to as well. Each device has the number of the transaction that changed it
// last; what transactions did that were finished when we looked, we have seen.
type following struct {
	mu      sync.Mutex
	started bool
	seen    int64     // all transactions before it were finished, and seen
	at      time.Time // by the database's clock
}

// keepGone is how long it is remembered that a device went. Who has not looked
// for half as long reads all devices anew.
const keepGone = 24 * time.Hour

// current brings the roster up to date, if others may have changed devices.
func (s *Store) current(ctx context.Context) error {
	if s.dialect != Postgres {
		return nil
	}
	f := &s.following
	f.mu.Lock()
	defer f.mu.Unlock()
	var open int64
	var now time.Time
	// What is finished now is what the queries after this one see.
	err := s.read.QueryRowContext(ctx, "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT), clock_timestamp()").Scan(&open, &now)
	if err != nil {
		return err
	}
	if !f.started || now.Sub(f.at) > keepGone/2 {
		if err := s.recallRoster(ctx); err != nil {
			return err
		}
	} else if err := s.catchUp(ctx, f.seen); err != nil {
		return err
	}
	f.started, f.seen, f.at = true, open, now
	return nil
}

// catchUp takes what transactions from a number on did. Some of it may be
// known, which does no harm.
func (s *Store) catchUp(ctx context.Context, from int64) error {
	gone, err := s.numbers(ctx, "SELECT n FROM device_gone WHERE changed >= ?", from)
	if err != nil {
		return err
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+rosterColumns+" FROM device WHERE changed >= ?", from)
	if err != nil {
		return err
	}
	devices, err := collect(rows, scanRoster)
	if err != nil {
		return err
	}
	r := &s.roster
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range gone {
		r.drop(n)
	}
	for i := range devices {
		r.put(devices[i].n, &devices[i].row, devices[i].text)
	}
	return nil
}

// forgetGone drops what nobody needs to follow any more.
func (s *Store) forgetGone(ctx context.Context, tx *sql.Tx) error {
	if s.dialect != Postgres {
		return nil
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM device_gone WHERE at < now() - CAST(? AS INTERVAL)", keepGone.String())
	if err == nil { // of hubs that were; nobody else ever had their leases
		_, err = tx.ExecContext(ctx, "DELETE FROM lease WHERE fence = 1 AND expires < "+s.dialect.now()+" - ?", int64(keepGone))
	}
	return err
}

const rosterColumns = "n, id, zone, site, category, type, vendor, os, model, hostname, ip, mac, roles, search"

// rosterRow is what the roster needs of a device.
type rosterRow struct {
	n    int64
	row  store.DeviceRow
	text string
}

func scanRoster(rows *sql.Rows) (x rosterRow, err error) {
	var roles string
	r := &x.row
	err = rows.Scan(&x.n, &r.ID, &r.Zone, &r.Site, &r.Category, &r.Type, &r.Vendor, &r.OS, &r.Model, &r.Hostname, &r.IP, &r.MAC, &roles, &x.text)
	r.Roles = lines(roles)
	return x, err
}

// recallRoster reads all devices.
func (s *Store) recallRoster(ctx context.Context) error {
	rows, err := s.read.QueryContext(ctx, "SELECT "+rosterColumns+" FROM device ORDER BY n")
	if err != nil {
		return err
	}
	defer rows.Close()
	all := newRoster()
	for rows.Next() {
		x, err := scanRoster(rows)
		if err != nil {
			return err
		}
		all.put(x.n, &x.row, x.text)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	s.roster.become(all)
	return nil
}
