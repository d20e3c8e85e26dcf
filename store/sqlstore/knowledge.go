package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// errRepeated says that a change was written before.
var errRepeated = errors.New("the change was written before")

// Write implements store.Knowledge.
func (s *Store) Write(ctx context.Context, c store.Change) error {
	w := writer{s: s, ctx: ctx, change: &c, fresh: map[tallyKey]int64{}}
	err := s.transact(ctx, "write", func(tx *sql.Tx) error {
		w.tx = tx
		for _, step := range []func() error{w.guard, w.stale, w.gone, w.devices, w.conversations, w.acts, w.moves, w.tallied, w.alerts, w.facts, w.sensors, w.gaps, w.traffic, w.folded, w.news} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}, w.follow)
	if errors.Is(err, errRepeated) {
		return nil
	}
	return err
}

// writer is one change on its way into the database.
type writer struct {
	s       *Store
	ctx     context.Context
	tx      *sql.Tx
	change  *store.Change
	numbers []int64 // of change.Devices
	dropped []int64
	fresh   map[tallyKey]int64
}

// follow has the memory follow the database, if nobody else writes there.
func (w *writer) follow() {
	if w.s.dialect == Postgres {
		return
	}
	r := &w.s.roster
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range w.dropped {
		r.drop(n)
	}
	for i, n := range w.numbers {
		d := &w.change.Devices[i]
		r.put(n, &d.Row, d.Text)
	}
}

func (w *writer) exec(query string, args ...any) error {
	_, err := w.tx.ExecContext(w.ctx, query, args...)
	return err
}

func (w *writer) insert(into, then string, c columns, each func(*sql.Rows) error) error {
	return w.s.insert(w.ctx, w.tx, into, then, c, each)
}

func (w *writer) gone() error {
	if len(w.change.Gone) == 0 {
		return nil
	}
	condition, ids := in(w.s.dialect, "id", w.change.Gone)
	rows, err := w.tx.QueryContext(w.ctx, "DELETE FROM device WHERE "+condition+" AND zone = ? RETURNING n", ids, w.change.Zone)
	if err == nil {
		w.dropped, err = collect(rows, func(rows *sql.Rows) (n int64, err error) {
			err = rows.Scan(&n)
			return n, err
		})
	}
	return err
}

// addressKey sorts as addresses do; it is empty for none.
func addressKey(ip string) []byte {
	var a frame.Addr
	if err := a.UnmarshalText([]byte(ip)); err != nil || a.IsZero() {
		return []byte{}
	}
	return a[:]
}

// conversationHash is of what makes a conversation the one it is.
func conversationHash(zone string, c *store.Conversation) []byte {
	h := sha256.New()
	for _, side := range []tyto.Subject{c.Client, c.Server} {
		h.Write(side.MAC[:])
		h.Write(side.Addr[:])
		h.Write([]byte{byte(side.VLAN >> 8), byte(side.VLAN), byte(side.Part >> 8), byte(side.Part)})
	}
	h.Write([]byte{byte(c.Port >> 8), byte(c.Port)})
	for _, text := range []string{zone, c.Transport, c.Protocol, c.ServerName} {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	return h.Sum(nil)[:16]
}

// subjectKey sorts subjects by address, those without one by MAC.
func subjectKey(s tyto.Subject) []byte {
	if s.Addr.IsZero() {
		return s.MAC[:]
	}
	return s.Addr[:]
}

func macText(m frame.MAC) string {
	if m.IsZero() {
		return ""
	}
	return m.String()
}

func (w *writer) moves() error {
	for _, m := range w.change.Moves {
		for _, side := range []string{"client", "server"} {
			if err := w.move(&m, side); err != nil {
				return err
			}
		}
	}
	return nil
}

// move places the conversations that have a subject on a side.
func (w *writer) move(m *store.Move, side string) error {
	where := " WHERE " + side + "_key = ? AND zone = ? AND " + side + "_mac = ? AND " + side + "_ip = ? AND " + side + "_vlan = ?"
	who := []any{subjectKey(m.Subject), w.change.Zone, macText(m.Subject.MAC), m.Subject.Addr.String(), m.Subject.VLAN}
	if err := w.retell(where, who, -1); err != nil {
		return err
	}
	if err := w.exec("UPDATE conversation SET "+side+"_device = ?"+where, append([]any{m.Device}, who...)...); err != nil {
		return err
	}
	if err := w.exec("UPDATE act SET "+side+"_device = ?"+where, append([]any{m.Device}, who...)...); err != nil {
		return err
	}
	err := w.exec(`UPDATE conversation SET scope = CASE WHEN client_public = 1 AND client_device = '' OR server_public = 1 AND server_device = ''
		THEN 'internet' ELSE 'lan' END`+where+" AND scope NOT IN ('multicast', 'other_zone')", who...) // what is of another zone is told anew when it goes on
	if err != nil {
		return err
	}
	return w.retell(where, who, 1)
}

// retell counts conversations that are about to be, or were, placed anew.
func (w *writer) retell(where string, args []any, sign int64) error {
	rows, err := w.tx.QueryContext(w.ctx, "SELECT protocol, scope, count(*) FROM conversation"+where+" GROUP BY protocol, scope", args...)
	if err != nil {
		return err
	}
	_, err = collect(rows, func(rows *sql.Rows) (_ struct{}, err error) {
		var protocol, scope string
		var n int64
		if err = rows.Scan(&protocol, &scope, &n); err == nil {
			w.tell(protocol, scope, sign*n)
		}
		return struct{}{}, err
	})
	return err
}

func (w *writer) sensors() error {
	for i := range w.change.Sensors {
		r := &w.change.Sensors[i]
		counters, err := json.Marshal(r.Counters)
		if err != nil {
			return err
		}
		err = w.exec(`INSERT INTO sensor_interface (sensor, interface, zone, version, told, received, counters) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (sensor, interface) DO UPDATE SET zone = excluded.zone, version = excluded.version, told = excluded.told,
			received = excluded.received, counters = excluded.counters`,
			r.Sensor, r.Interface, r.Zone, r.Version, nanos(r.Time), nanos(r.Received), string(counters))
		if err != nil {
			return err
		}
	}
	return nil
}

// keepTraffic is how long traffic is kept in its finest steps.
const keepTraffic = 2 * day

func (w *writer) traffic() error {
	if len(w.change.Traffic) == 0 {
		return nil
	}
	for _, t := range w.change.Traffic {
		err := w.exec(`INSERT INTO traffic (zone, at, packets, bytes) VALUES (?, ?, ?, ?) ON CONFLICT (at, zone) DO UPDATE SET
			packets = traffic.packets + excluded.packets, bytes = traffic.bytes + excluded.bytes`,
			w.change.Zone, nanos(t.Time.Truncate(store.TrafficStep)), int64(t.Packets), int64(t.Bytes))
		if err != nil {
			return err
		}
	}
	return w.exec("DELETE FROM traffic WHERE at < (SELECT max(at) FROM traffic) - ?", keepTraffic)
}

func (w *writer) folded() error {
	if w.change.Position == 0 && w.change.Number == 0 {
		return nil
	}
	return w.exec(`INSERT INTO folded (zone, position, number) VALUES (?, ?, ?) ON CONFLICT (zone) DO UPDATE SET
		position = max(folded.position, excluded.position), number = max(folded.number, excluded.number)`,
		w.change.Zone, w.change.Position, int64(w.change.Number))
}

// Folded implements store.Knowledge.
func (s *Store) Folded(ctx context.Context, zone string) (position int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT coalesce(max(position), 0) FROM folded WHERE zone = ?", zone).Scan(&position)
	if err != nil {
		return 0, s.fail("read a position", err)
	}
	return position, nil
}
