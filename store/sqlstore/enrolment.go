package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"tyto/store"
	"tyto/tyto"
)

// received remembers that a batch with a floor was there, and says whether it
// was before.
func received(ctx context.Context, tx *sql.Tx, b *store.Batch) (before bool, err error) {
	var floor int64
	err = tx.QueryRowContext(ctx, "SELECT floor FROM sensor_epoch WHERE sensor = ? AND epoch = ?", b.Sensor, int64(b.Epoch)).Scan(&floor)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	if int64(b.Seq) < floor {
		return true, nil
	}
	r, err := tx.ExecContext(ctx, "INSERT INTO sensor_batch (sensor, epoch, seq) VALUES (?, ?, ?) ON CONFLICT (sensor, epoch, seq) DO NOTHING", b.Sensor, int64(b.Epoch), int64(b.Seq))
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	if err != nil || n == 0 {
		return n == 0, err
	}
	raised := int64(min(b.Floor, b.Seq)) // a batch that is sent is not done with
	if raised <= floor {
		return false, nil
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO sensor_epoch (sensor, epoch, floor) VALUES (?, ?, ?)
		ON CONFLICT (sensor, epoch) DO UPDATE SET floor = excluded.floor`, b.Sensor, int64(b.Epoch), raised)
	if err == nil {
		_, err = tx.ExecContext(ctx, "DELETE FROM sensor_batch WHERE sensor = ? AND epoch = ? AND seq < ?", b.Sensor, int64(b.Epoch), raised)
	}
	return false, err
}

const authorityName = "sensors"

// Authority implements store.Enrolment.
func (s *Store) Authority(ctx context.Context) (a tyto.Authority, found bool, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT certificate, sealed FROM authority WHERE name = ?", authorityName).Scan(&a.Certificate, &a.Key)
	if errors.Is(err, sql.ErrNoRows) {
		return tyto.Authority{}, false, nil
	}
	if err != nil {
		return tyto.Authority{}, false, s.fail("read the authority", err)
	}
	return a, true, nil
}

// PutAuthority implements store.Enrolment.
func (s *Store) PutAuthority(ctx context.Context, a tyto.Authority) (kept tyto.Authority, err error) {
	err = s.transact(ctx, "put the authority", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO authority (name, certificate, sealed) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING", authorityName, a.Certificate, a.Key)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT certificate, sealed FROM authority WHERE name = ?", authorityName).Scan(&kept.Certificate, &kept.Key)
	}, nil)
	return kept, err
}

const tokenColumns = "hash, sensor, zone, site, maker, created, expires, used"

func scanToken(rows interface{ Scan(...any) error }) (t tyto.JoinToken, err error) {
	var created, expires, used int64
	err = rows.Scan(&t.Hash, &t.Sensor, &t.Zone, &t.Site, &t.By, &created, &expires, &used)
	t.Created, t.Expires, t.Used = at(created), at(expires), at(used)
	return t, err
}

// PutJoinToken implements store.Enrolment.
func (s *Store) PutJoinToken(ctx context.Context, t tyto.JoinToken) error {
	return s.exec(ctx, "put a join token", "INSERT INTO join_token ("+tokenColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		t.Hash, t.Sensor, t.Zone, t.Site, t.By, nanos(t.Created), nanos(t.Expires), nanos(t.Used))
}

// JoinToken implements store.Enrolment.
func (s *Store) JoinToken(ctx context.Context, hash string) (tyto.JoinToken, bool, error) {
	t, err := scanToken(s.read.QueryRowContext(ctx, "SELECT "+tokenColumns+" FROM join_token WHERE hash = ?", hash))
	if errors.Is(err, sql.ErrNoRows) {
		return tyto.JoinToken{}, false, nil
	}
	if err != nil {
		return tyto.JoinToken{}, false, s.fail("read a join token", err)
	}
	return t, true, nil
}

// OpenJoinTokens implements store.Enrolment.
func (s *Store) OpenJoinTokens(ctx context.Context, when time.Time) ([]tyto.JoinToken, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+tokenColumns+" FROM join_token WHERE used = 0 AND expires > ? ORDER BY created, hash", nanos(when))
	if err != nil {
		return nil, s.fail("list join tokens", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (tyto.JoinToken, error) { return scanToken(rows) })
	if err != nil {
		return nil, s.fail("list join tokens", err)
	}
	return all, nil
}

// Enrol implements store.Enrolment.
func (s *Store) Enrol(ctx context.Context, hash string, m tyto.Member, c tyto.Credential) (ok bool, err error) {
	err = s.transact(ctx, "enrol a sensor", func(tx *sql.Tx) error {
		if hash != "" {
			r, err := tx.ExecContext(ctx, "UPDATE join_token SET used = ? WHERE hash = ? AND used = 0 AND expires > ? AND sensor = ? AND zone = ?",
				nanos(c.Issued), hash, nanos(c.Issued), m.Sensor, m.Zone)
			if err != nil {
				return err
			}
			if n, err := r.RowsAffected(); err != nil || n != 1 {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "UPDATE credential SET revoked = ? WHERE sensor = ? AND revoked = 0", nanos(c.Issued), m.Sensor); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO member (sensor, zone, joined, maker, revoked, revoked_by) VALUES (?, ?, ?, ?, 0, '')
			ON CONFLICT (sensor) DO UPDATE SET zone = excluded.zone, joined = excluded.joined, maker = excluded.maker, revoked = 0, revoked_by = ''`,
			m.Sensor, m.Zone, nanos(m.Joined), m.By)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, insertCredential, credentialValues(&c)...); err != nil {
			return err
		}
		ok = true
		return nil
	}, nil)
	return ok && err == nil, err
}

const insertCredential = "INSERT INTO credential (serial, sensor, pub, issued, expires, revoked) VALUES (?, ?, ?, ?, ?, ?)"

func credentialValues(c *tyto.Credential) []any {
	return []any{c.Serial, c.Sensor, c.Key, nanos(c.Issued), nanos(c.Expires), nanos(c.Revoked)}
}

// PutCredential implements store.Enrolment.
func (s *Store) PutCredential(ctx context.Context, c tyto.Credential) error {
	return s.exec(ctx, "put a certificate", insertCredential, credentialValues(&c)...)
}

const memberColumns = `m.sensor, m.zone, m.joined, m.maker, m.revoked, m.revoked_by,
	coalesce((SELECT max(n.expires) FROM credential n WHERE n.sensor = m.sensor AND n.revoked = 0), 0)`

// memberRow is a member on its way out of the file.
type memberRow struct {
	m                        tyto.Member
	joined, revoked, expires int64
}

func (r *memberRow) into() []any {
	return []any{&r.m.Sensor, &r.m.Zone, &r.joined, &r.m.By, &r.revoked, &r.m.RevokedBy, &r.expires}
}

func (r *memberRow) member() tyto.Member {
	r.m.Joined, r.m.Revoked, r.m.Expires = at(r.joined), at(r.revoked), at(r.expires)
	return r.m
}

// Credential implements store.Enrolment.
func (s *Store) Credential(ctx context.Context, serial string) (m tyto.Member, c tyto.Credential, found bool, err error) {
	var row memberRow
	var issued, expires, revoked int64
	err = s.read.QueryRowContext(ctx, "SELECT "+memberColumns+", c.serial, c.sensor, c.pub, c.issued, c.expires, c.revoked FROM credential c JOIN member m ON m.sensor = c.sensor WHERE c.serial = ?",
		serial).Scan(append(row.into(), &c.Serial, &c.Sensor, &c.Key, &issued, &expires, &revoked)...)
	if errors.Is(err, sql.ErrNoRows) {
		return tyto.Member{}, tyto.Credential{}, false, nil
	}
	if err != nil {
		return tyto.Member{}, tyto.Credential{}, false, s.fail("read a certificate", err)
	}
	c.Issued, c.Expires, c.Revoked = at(issued), at(expires), at(revoked)
	return row.member(), c, true, nil
}

// Members implements store.Enrolment.
func (s *Store) Members(ctx context.Context) ([]tyto.Member, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+memberColumns+" FROM member m ORDER BY m.sensor")
	if err != nil {
		return nil, s.fail("list members", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (tyto.Member, error) {
		var row memberRow
		err := rows.Scan(row.into()...)
		return row.member(), err
	})
	if err != nil {
		return nil, s.fail("list members", err)
	}
	return all, nil
}

// RevokeMember implements store.Enrolment.
func (s *Store) RevokeMember(ctx context.Context, sensor, by string, when time.Time) (found bool, err error) {
	err = s.transact(ctx, "revoke a sensor", func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM member WHERE sensor = ?)", sensor).Scan(&found); err != nil || !found {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE member SET revoked = ?, revoked_by = ? WHERE sensor = ? AND revoked = 0", nanos(when), by, sensor); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE credential SET revoked = ? WHERE sensor = ? AND revoked = 0", nanos(when), sensor)
		return err
	}, nil)
	return found && err == nil, err
}

// Places implements store.Enrolment.
func (s *Store) Places(ctx context.Context) ([]tyto.Site, []tyto.Zone, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, title, created FROM site ORDER BY id")
	if err != nil {
		return nil, nil, s.fail("list sites", err)
	}
	sites, err := collect(rows, func(rows *sql.Rows) (x tyto.Site, err error) {
		var created int64
		err = rows.Scan(&x.ID, &x.Title, &created)
		x.Created = at(created)
		return x, err
	})
	if err != nil {
		return nil, nil, s.fail("list sites", err)
	}
	if rows, err = s.read.QueryContext(ctx, "SELECT id, title, site, created FROM zone ORDER BY id"); err != nil {
		return nil, nil, s.fail("list zones", err)
	}
	zones, err := collect(rows, func(rows *sql.Rows) (x tyto.Zone, err error) {
		var created int64
		err = rows.Scan(&x.ID, &x.Title, &x.Site, &created)
		x.Created = at(created)
		return x, err
	})
	if err != nil {
		return nil, nil, s.fail("list zones", err)
	}
	return sites, zones, nil
}

// PutSite implements store.Enrolment.
func (s *Store) PutSite(ctx context.Context, x tyto.Site) error {
	return s.exec(ctx, "put a site", "INSERT INTO site (id, title, created) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET title = excluded.title", x.ID, x.Title, nanos(x.Created))
}

// PutZone implements store.Enrolment.
func (s *Store) PutZone(ctx context.Context, x tyto.Zone) error {
	return s.exec(ctx, "put a zone", "INSERT INTO zone (id, title, site, created) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET title = excluded.title, site = excluded.site",
		x.ID, x.Title, x.Site, nanos(x.Created))
}

// gaps writes the gaps of a change.
func (w *writer) gaps() error {
	for i := range w.change.Gaps {
		g := &w.change.Gaps[i]
		body, err := json.Marshal(&g.Gap)
		if err != nil {
			return err
		}
		err = w.exec("INSERT INTO sensor_gap (sensor, id, zone, received, events, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (sensor, id) DO NOTHING",
			g.Sensor, g.ID, g.Zone, nanos(g.Received), int64(g.Events), string(body))
		if err != nil {
			return err
		}
	}
	return nil
}

// Gaps implements store.Enrolment.
func (s *Store) Gaps(ctx context.Context, sensor string, limit int) ([]store.SensorGap, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT sensor, zone, received, body FROM sensor_gap WHERE ? IN ('', sensor) ORDER BY received DESC, id LIMIT ?", sensor, limit)
	if err != nil {
		return nil, s.fail("list gaps", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (g store.SensorGap, err error) {
		var when int64
		var body string
		if err := rows.Scan(&g.Sensor, &g.Zone, &when, &body); err != nil {
			return g, err
		}
		g.Received = at(when)
		return g, json.Unmarshal([]byte(body), &g.Gap)
	})
	if err != nil {
		return nil, s.fail("list gaps", err)
	}
	return all, nil
}

// GapTotals implements store.Enrolment.
func (s *Store) GapTotals(ctx context.Context) (map[string]uint64, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT sensor, CAST(sum(events) AS BIGINT) FROM sensor_gap GROUP BY sensor")
	if err != nil {
		return nil, s.fail("count gaps", err)
	}
	totals := map[string]uint64{}
	_, err = collect(rows, func(rows *sql.Rows) (string, error) {
		var sensor string
		var n int64
		err := rows.Scan(&sensor, &n)
		totals[sensor] = uint64(n)
		return sensor, err
	})
	if err != nil {
		return nil, s.fail("count gaps", err)
	}
	return totals, nil
}
