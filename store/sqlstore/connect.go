package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"tyto/store"
)

// ConnectState implements store.Connect.
func (s *Store) ConnectState(ctx context.Context, connector, key string) (value string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT value FROM connect_state WHERE connector = ? AND name = ?", connector, key).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", s.fail("read a connector's state", err)
	}
	return value, nil
}

// PutConnectState implements store.Connect.
func (s *Store) PutConnectState(ctx context.Context, connector, key, value string) error {
	return s.exec(ctx, "note a connector's state", `INSERT INTO connect_state (connector, name, value) VALUES (?, ?, ?)
		ON CONFLICT (connector, name) DO UPDATE SET value = excluded.value`, connector, key, value)
}

// PutMachines implements store.Connect.
func (s *Store) PutMachines(ctx context.Context, all []store.Machine) error {
	return s.transact(ctx, "keep machines", func(tx *sql.Tx) error {
		for i := range all {
			m := &all[i]
			body, err := json.Marshal(m)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO machine (connector, id, zone, device, heard, name, search, last_seen, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (connector, id) DO UPDATE SET zone = excluded.zone, device = excluded.device, heard = excluded.heard, name = excluded.name,
				search = excluded.search, last_seen = excluded.last_seen, body = excluded.body`,
				m.Connector, m.ID, m.Zone, m.Device, bit(m.Heard), strings.ToLower(m.Name), machineText(m), nanos(m.Last), string(body)); err != nil {
				return fmt.Errorf("machine %q: %w", m.ID, err)
			}
		}
		return nil
	}, nil)
}

// machineText is what a search looks through.
func machineText(m *store.Machine) string {
	lines := []string{m.ID, m.Name, m.Domain, m.OS, m.Vendor, m.Model, m.Serial, m.Group}
	for _, l := range m.Adapters {
		lines = append(append(lines, l.MAC), l.IPs...)
	}
	return strings.ToLower(strings.Join(lines, "\n"))
}

func (s *Store) scanMachine(rows interface{ Scan(...any) error }) (m store.Machine, err error) {
	var body string
	if err := rows.Scan(&body); err != nil {
		return m, err
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return m, s.damaged(err)
	}
	return m, nil
}

// Machine implements store.Connect.
func (s *Store) Machine(ctx context.Context, connector, id string) (store.Machine, bool, error) {
	m, err := s.scanMachine(s.read.QueryRowContext(ctx, "SELECT body FROM machine WHERE connector = ? AND id = ?", connector, id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return store.Machine{}, false, nil
	case err != nil:
		return store.Machine{}, false, s.fail("find a machine", err)
	}
	return m, true, nil
}

// Machines implements store.Connect.
func (s *Store) Machines(ctx context.Context, q store.MachineQuery) (p store.Page[store.Machine], err error) {
	and, args := []string{"connector = ?"}, []any{q.Connector}
	if len(q.Zone) > 0 {
		condition, list := in(s.dialect, "zone", q.Zone)
		and, args = append(and, condition), append(args, list)
	}
	if q.Unheard {
		and = append(and, "heard = 0")
	}
	words, found := saying("search", q.Text)
	and, args = append(and, words...), append(args, found...)
	where := " FROM machine WHERE " + strings.Join(and, " AND ")
	var total int64
	if err := s.read.QueryRowContext(ctx, "SELECT count(*)"+where, args...).Scan(&total); err != nil {
		return p, s.fail("count machines", err)
	}
	rows, err := s.read.QueryContext(ctx, "SELECT body"+where+" ORDER BY name, id LIMIT ? OFFSET ?", append(args[:len(args):len(args)], q.Limit, q.Offset)...)
	if err == nil {
		p.Items, err = collect(rows, func(rows *sql.Rows) (store.Machine, error) { return s.scanMachine(rows) })
	}
	if err != nil {
		return p, s.fail("list machines", err)
	}
	p.Total = uint64(total)
	return p, nil
}

// EachMachine implements store.Connect.
func (s *Store) EachMachine(ctx context.Context, connector string, take func(store.Machine) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT body FROM machine WHERE connector = ? ORDER BY id", connector)
	if err != nil {
		return s.fail("list machines", err)
	}
	defer rows.Close()
	for rows.Next() {
		m, err := s.scanMachine(rows)
		if err != nil {
			return s.fail("list machines", err)
		}
		if err := take(m); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return s.fail("list machines", err)
	}
	return nil
}

// DropMachines implements store.Connect.
func (s *Store) DropMachines(ctx context.Context, connector string, before time.Time) (n int64, err error) {
	err = s.transact(ctx, "forget machines", func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "DELETE FROM machine WHERE connector = ? AND last_seen < ?", connector, nanos(before))
		if err == nil {
			n, err = done.RowsAffected()
		}
		return err
	}, nil)
	return n, err
}

// Unconnected implements store.Connect.
func (s *Store) Unconnected(ctx context.Context, q store.UnconnectedQuery) (p store.Page[store.DeviceRow], err error) {
	and, args := "packets > 0 AND NOT EXISTS (SELECT 1 FROM machine m WHERE m.connector = ? AND m.device = device.id)", []any{q.Connector}
	if len(q.Zone) > 0 {
		condition, list := in(s.dialect, "zone", q.Zone)
		and, args = and+" AND "+condition, append(args, list)
	}
	var total int64
	if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM device WHERE "+and, args...).Scan(&total); err != nil {
		return p, s.fail("count devices", err)
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+deviceColumns+" FROM device WHERE "+and+" ORDER BY last_seen DESC, n LIMIT ? OFFSET ?", append(args[:len(args):len(args)], q.Limit, q.Offset)...)
	if err == nil {
		p.Items, err = collect(rows, func(rows *sql.Rows) (store.DeviceRow, error) {
			_, r, err := scanDevice(rows)
			return r, err
		})
	}
	if err != nil {
		return p, s.fail("list devices", err)
	}
	p.Total = uint64(total)
	return p, nil
}

// aMAC is an address alone on a line of what a device is searched by.
var aMAC = regexp.MustCompile(`(?m)^[0-9a-f]{2}(:[0-9a-f]{2}){5}$`)

// EachAddress implements store.Connect.
func (s *Store) EachAddress(ctx context.Context, take func(store.DeviceAddress) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT id, zone, packets, search FROM device")
	if err != nil {
		return s.fail("list addresses", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a store.DeviceAddress
		var packets int64
		var text string
		if err := rows.Scan(&a.ID, &a.Zone, &packets, &text); err != nil {
			return s.fail("list addresses", err)
		}
		a.Heard, a.MACs = packets > 0, aMAC.FindAllString(text, -1)
		if err := take(a); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return s.fail("list addresses", err)
	}
	return nil
}
