package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// Write implements store.Knowledge.
func (s *Store) Write(ctx context.Context, c store.Change) error {
	w := writer{s: s, ctx: ctx, change: &c, fresh: map[tallyKey]int64{}}
	return s.transact(ctx, "write", func(tx *sql.Tx) error {
		w.tx = tx
		for _, step := range []func() error{w.gone, w.devices, w.conversations, w.moves, w.alerts, w.sensors, w.gaps, w.traffic, w.news, w.folded} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}, w.follow)
}

// writer is one change on its way into the file.
type writer struct {
	s       *Store
	ctx     context.Context
	tx      *sql.Tx
	change  *store.Change
	numbers []int64 // of change.Devices
	dropped []int64
	fresh   map[tallyKey]int64
}

// follow has the memory follow the file.
func (w *writer) follow() {
	r := &w.s.roster
	r.mu.Lock()
	for _, n := range w.dropped {
		r.drop(n)
	}
	for i, n := range w.numbers {
		d := &w.change.Devices[i]
		r.put(n, &d.Row, d.Text)
	}
	r.mu.Unlock()
	w.s.tally.add(w.fresh)
}

func (w *writer) exec(query string, args ...any) error {
	_, err := w.tx.ExecContext(w.ctx, query, args...)
	return err
}

func (w *writer) gone() error {
	for _, id := range w.change.Gone {
		var n int64
		err := w.tx.QueryRowContext(w.ctx, "DELETE FROM device WHERE id = ? AND zone = ? RETURNING n", id, w.change.Zone).Scan(&n)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		w.dropped = append(w.dropped, n)
	}
	return nil
}

const putDevice = `INSERT INTO device (id, zone, site, sensor, category, type, vendor, model, os, firmware, hostname, ip, ip_key, ips, mac,
	nic_vendor, roles, protocols, confidence, first_seen, last_seen, packets, bytes, search)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET zone = excluded.zone, site = excluded.site, sensor = excluded.sensor, category = excluded.category,
	type = excluded.type, vendor = excluded.vendor, model = excluded.model, os = excluded.os, firmware = excluded.firmware,
	hostname = excluded.hostname, ip = excluded.ip, ip_key = excluded.ip_key, ips = excluded.ips, mac = excluded.mac,
	nic_vendor = excluded.nic_vendor, roles = excluded.roles, protocols = excluded.protocols, confidence = excluded.confidence,
	first_seen = excluded.first_seen, last_seen = excluded.last_seen, packets = excluded.packets, bytes = excluded.bytes, search = excluded.search
	RETURNING n`

func (w *writer) devices() error {
	if len(w.change.Devices) == 0 {
		return nil
	}
	row, err := w.tx.PrepareContext(w.ctx, putDevice)
	if err != nil {
		return err
	}
	defer row.Close()
	whole, err := w.tx.PrepareContext(w.ctx, "INSERT INTO device_body (n, body) VALUES (?, ?) ON CONFLICT (n) DO UPDATE SET body = excluded.body")
	if err != nil {
		return err
	}
	defer whole.Close()
	for i := range w.change.Devices {
		n, err := w.device(&w.change.Devices[i], row, whole)
		if err != nil {
			return err
		}
		w.numbers = append(w.numbers, n)
	}
	return nil
}

func (w *writer) device(d *store.DeviceRecord, row, whole *sql.Stmt) (n int64, err error) {
	r := &d.Row
	err = row.QueryRowContext(w.ctx, r.ID, r.Zone, r.Site, r.Sensor, r.Category, r.Type, r.Vendor, r.Model, r.OS, r.Firmware, r.Hostname, r.IP, addressKey(r.IP),
		join(r.IPs), r.MAC, r.NICVendor, join(r.Roles), join(r.Protocols), r.Confidence, nanos(r.First), nanos(r.Last), int64(r.Packets), int64(r.Bytes), d.Text).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("device %q: %w", r.ID, err)
	}
	body, err := json.Marshal(&d.Device)
	if err != nil {
		return 0, fmt.Errorf("device %q: %w", r.ID, err)
	}
	_, err = whole.ExecContext(w.ctx, n, w.s.packed(body))
	return n, err
}

// addressKey sorts as addresses do; it is empty for none.
func addressKey(ip string) []byte {
	var a frame.Addr
	if err := a.UnmarshalText([]byte(ip)); err != nil || a.IsZero() {
		return []byte{}
	}
	return a[:]
}

const putConversation = `INSERT INTO conversation (hash, zone, client_mac, client_ip, client_key, client_vlan, client_device,
	client_public, server_mac, server_ip, server_key, server_vlan, server_device, server_public, transport, port, protocol, server_name, scope,
	first_seen, last_seen, client_packets, server_packets, client_bytes, server_bytes, sessions, lossy, evidence)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING n`

const findConversation = "SELECT n, client_device, server_device, scope FROM conversation WHERE hash = ?"

const addConversation = `UPDATE conversation SET first_seen = min(first_seen, ?), last_seen = max(last_seen, ?),
	client_packets = client_packets + ?, server_packets = server_packets + ?, client_bytes = client_bytes + ?, server_bytes = server_bytes + ?,
	sessions = sessions + ?, lossy = max(lossy, ?) WHERE n = ?`

const placeConversation = "UPDATE conversation SET client_device = ?, server_device = ?, scope = ? WHERE n = ?"

const addOperation = `INSERT INTO conversation_operation (n, operation, count) VALUES (?, ?, ?)
	ON CONFLICT (n, operation) DO UPDATE SET count = conversation_operation.count + excluded.count`

// statements are prepared once for a change's conversations.
type statements struct{ find, put, add, place, search, operation *sql.Stmt }

func (w *writer) conversations() (err error) {
	if len(w.change.Conversations) == 0 {
		return nil
	}
	var st statements
	for _, p := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&st.find, findConversation}, {&st.put, putConversation}, {&st.add, addConversation}, {&st.place, placeConversation},
		{&st.search, "INSERT INTO conversation_search (rowid, text) VALUES (?, ?)"}, {&st.operation, addOperation},
	} {
		if *p.to, err = w.tx.PrepareContext(w.ctx, p.query); err != nil {
			return err
		}
		defer (*p.to).Close()
	}
	for i := range w.change.Conversations {
		if err := w.conversation(&w.change.Conversations[i], &st); err != nil {
			return fmt.Errorf("conversation: %w", err)
		}
	}
	return nil
}

func (w *writer) conversation(c *store.Conversation, st *statements) error {
	hash := conversationHash(w.change.Zone, c)
	var n int64
	var client, server, scope string
	err := st.find.QueryRowContext(w.ctx, hash).Scan(&n, &client, &server, &scope)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		n, err = w.newConversation(c, hash, st)
	case err == nil:
		_, err = st.add.ExecContext(w.ctx, nanos(c.First), nanos(c.Last), int64(c.Packets[0]), int64(c.Packets[1]),
			int64(c.Bytes[0]), int64(c.Bytes[1]), int64(c.Sessions), bit(c.Lossy), n)
		if err == nil && (client != c.ClientDevice || server != c.ServerDevice || scope != c.Scope) {
			w.tell(c.Protocol, scope, -1)
			w.tell(c.Protocol, c.Scope, 1)
			_, err = st.place.ExecContext(w.ctx, c.ClientDevice, c.ServerDevice, c.Scope, n)
		}
	}
	if err != nil {
		return err
	}
	for op, count := range c.Operations {
		if _, err := st.operation.ExecContext(w.ctx, n, op, int64(count)); err != nil {
			return err
		}
	}
	return nil
}

// tell notes how many conversations more, or fewer, there are of a kind.
func (w *writer) tell(protocol, scope string, more int64) {
	w.fresh[tallyKey{w.change.Zone, protocol, scope}] += more
}

func (w *writer) newConversation(c *store.Conversation, hash []byte, st *statements) (n int64, err error) {
	evidence, err := json.Marshal(c.Evidence)
	if err != nil {
		return 0, err
	}
	zone := w.change.Zone
	err = st.put.QueryRowContext(w.ctx, hash, zone, macText(c.Client.MAC), c.Client.Addr.String(), subjectKey(c.Client), c.Client.VLAN, c.ClientDevice, bit(store.Public(c.Client.Addr)),
		macText(c.Server.MAC), c.Server.Addr.String(), subjectKey(c.Server), c.Server.VLAN, c.ServerDevice, bit(store.Public(c.Server.Addr)), c.Transport, c.Port, c.Protocol, c.ServerName, c.Scope,
		nanos(c.First), nanos(c.Last), int64(c.Packets[0]), int64(c.Packets[1]), int64(c.Bytes[0]), int64(c.Bytes[1]), int64(c.Sessions), bit(c.Lossy), string(evidence)).Scan(&n)
	if err != nil {
		return 0, err
	}
	w.tell(c.Protocol, c.Scope, 1)
	text := strings.ToLower(strings.Join([]string{c.Client.Addr.String(), c.Server.Addr.String(), macText(c.Client.MAC), macText(c.Server.MAC),
		c.ServerName, c.Protocol, c.Transport + "/" + strconv.Itoa(int(c.Port))}, "\n"))
	_, err = st.search.ExecContext(w.ctx, n, text)
	return n, err
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
	err := w.exec(`UPDATE conversation SET scope = CASE WHEN client_public = 1 AND client_device = '' OR server_public = 1 AND server_device = ''
		THEN 'internet' ELSE 'lan' END`+where+" AND scope <> 'multicast'", who...)
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
	if w.change.Position == 0 {
		return nil
	}
	return w.exec("INSERT INTO folded (zone, position) VALUES (?, ?) ON CONFLICT (zone) DO UPDATE SET position = max(folded.position, excluded.position)",
		w.change.Zone, w.change.Position)
}

// Folded implements store.Knowledge.
func (s *Store) Folded(ctx context.Context, zone string) (position int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT coalesce(max(position), 0) FROM folded WHERE zone = ?", zone).Scan(&position)
	if err != nil {
		return 0, s.fail("read a position", err)
	}
	return position, nil
}
