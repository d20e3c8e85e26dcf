package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"tyto/store"
	"tyto/tyto"
)

const (
	actTable = `act (hash, client_key, server_key, zone, client_mac, client_ip, client_device, server_mac, server_ip, server_device, verb, body,
		client_vlan, server_vlan, first_seen, last_seen, count)`
	actAdd = `ON CONFLICT (hash) DO UPDATE SET first_seen = min(act.first_seen, excluded.first_seen), last_seen = max(act.last_seen, excluded.last_seen),
		count = act.count + excluded.count, client_device = excluded.client_device, server_device = excluded.server_device`
)

// actHash is of what makes acts one record.
func actHash(zone string, a *store.ActRecord) []byte {
	h := sha256.New()
	for _, side := range []tyto.Subject{a.Client, a.Server} {
		h.Write(side.MAC[:])
		h.Write(side.Addr[:])
		h.Write([]byte{byte(side.VLAN >> 8), byte(side.VLAN), byte(side.Part >> 8), byte(side.Part)})
	}
	h.Write(binary.BigEndian.AppendUint64([]byte{byte(a.Verb)}, uint64(nanos(store.SlotOf(a.Verb, a.First)))))
	for _, text := range []string{zone, a.Operation, a.Object, a.Outcome} {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	return h.Sum(nil)[:16]
}

// acts adds the acts of a change.
func (w *writer) acts() error {
	all := w.change.Acts
	keys, text, number := make([][][]byte, 3), make([][]string, 9), make([][]int64, 5)
	place := make(map[string]int, len(all))
	for i := range all {
		a := &all[i]
		hash := actHash(w.change.Zone, a)
		if at, twice := place[string(hash)]; twice {
			number[2][at], number[3][at] = min(number[2][at], nanos(a.First)), max(number[3][at], nanos(a.Last))
			number[4][at] += int64(a.Count)
			continue
		}
		place[string(hash)] = len(keys[0])
		body, err := json.Marshal(&a.Act)
		if err != nil {
			return fmt.Errorf("acts: %w", err)
		}
		for j, x := range [3][]byte{hash, subjectKey(a.Client), subjectKey(a.Server)} {
			keys[j] = append(keys[j], x)
		}
		for j, x := range [9]string{w.change.Zone, macText(a.Client.MAC), a.Client.Addr.String(), a.ClientDevice, macText(a.Server.MAC), a.Server.Addr.String(),
			a.ServerDevice, a.Verb.String(), string(body)} {
			text[j] = append(text[j], x)
		}
		for j, x := range [5]int64{int64(a.Client.VLAN), int64(a.Server.VLAN), nanos(a.First), nanos(a.Last), int64(a.Count)} {
			number[j] = append(number[j], x)
		}
	}
	if len(place) == 0 {
		return nil
	}
	if err := w.insert(actTable, actAdd, joined(keys, text, number), nil); err != nil {
		return fmt.Errorf("acts: %w", err)
	}
	return nil
}

// forgetActs drops acts that are too old, and of each device those that are too many.
func (s *Store) forgetActs(ctx context.Context, tx *sql.Tx, now time.Time, keep time.Duration) error {
	if keep > 0 {
		if _, err := tx.ExecContext(ctx, "DELETE FROM act WHERE last_seen < ?", nanos(now.Add(-keep))); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM act WHERE hash IN (SELECT hash FROM (SELECT hash, row_number() OVER (
		PARTITION BY zone, server_device, CASE server_device WHEN '' THEN server_key END ORDER BY last_seen DESC, hash) AS place FROM act) AS ranked WHERE place > ?)`, store.MostActs)
	return err
}

// Acts implements store.Acts.
func (s *Store) Acts(ctx context.Context, q store.ActQuery) ([]store.ActRow, error) {
	if err := s.current(ctx); err != nil {
		return nil, s.fail("list acts", err)
	}
	where, args := "1 = 1", []any(nil)
	if q.Device != "" {
		where, args = where+" AND (client_device = ? OR server_device = ?)", append(args, q.Device, q.Device)
	}
	for _, f := range []struct {
		column string
		values []string
	}{{"zone", q.Zone}, {"verb", q.Verb}} {
		if len(f.values) > 0 {
			condition, list := in(s.dialect, f.column, f.values)
			where, args = where+" AND "+condition, append(args, list)
		}
	}
	rows, err := s.read.QueryContext(ctx, "SELECT zone, client_device, server_device, first_seen, last_seen, count, body FROM act WHERE "+where+
		" ORDER BY last_seen DESC, hash LIMIT ?", append(args, q.Limit)...)
	if err != nil {
		return nil, s.fail("list acts", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (r store.ActRow, err error) {
		var zone, client, server, body string
		var first, last, count int64
		if err = rows.Scan(&zone, &client, &server, &first, &last, &count, &body); err == nil {
			err = json.Unmarshal([]byte(body), &r.Act)
		}
		r.Zone, r.ClientDevice, r.ServerDevice, r.First, r.Last, r.Count = zone, client, server, at(first), at(last), uint64(count)
		return r, err
	})
	if err != nil {
		return nil, s.fail("list acts", err)
	}
	s.roster.mu.RLock()
	defer s.roster.mu.RUnlock()
	for i := range all {
		all[i].ClientLabel, all[i].ServerLabel = s.roster.labelOf(all[i].ClientDevice), s.roster.labelOf(all[i].ServerDevice)
	}
	return all, nil
}
