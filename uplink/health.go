package uplink

import (
	"encoding/json"

	"tyto/tyto"
)

// HealthName is the interface of a spool's own health.
const HealthName = "uplink"

// gapsTogether bounds the gaps that one health tells; the rest come with the
// next.
const gapsTogether = 200

// healthSize is more than a health with all its gaps takes.
const healthSize = 64 << 10

// putGap writes a gap, or what became of it.
func (w *writer) putGap(g *tyto.Gap) error {
	body, err := json.Marshal(g)
	if err != nil {
		return err
	}
	_, err = w.tx.ExecContext(w.ctx, "INSERT INTO gap (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body", g.ID, string(body))
	return err
}

// takeGaps takes gaps that are to be told; from now on others are begun.
func (w *writer) takeGaps() (all []tyto.Gap, err error) {
	rows, err := w.tx.QueryContext(w.ctx, "DELETE FROM gap WHERE id IN (SELECT id FROM gap ORDER BY rowid LIMIT ?) RETURNING body", gapsTogether)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var body string
		var g tyto.Gap
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &g); err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	clear(w.open[:])
	return all, rows.Err()
}

// health is the spool's own health, with the gaps that were not told yet, as
// a batch. If there is no room for it, ok is false and nothing is taken.
func (w *writer) health() (r row, ok bool, err error) {
	s := w.s
	if ok, err := w.makeRoom(ClassA, healthSize); !ok || err != nil {
		return r, false, err
	}
	gaps, err := w.takeGaps()
	if err != nil {
		return r, false, err
	}
	var oldest int64
	if err := w.tx.QueryRowContext(w.ctx, "SELECT coalesce(min(first), 0) FROM (SELECT first FROM batch ORDER BY seq LIMIT 1)").Scan(&oldest); err != nil {
		return r, false, err
	}
	s.mu.Lock()
	n := s.counted
	s.mu.Unlock()
	now := s.cfg.Clock().UTC()
	h := &tyto.Health{Interface: HealthName, Version: s.cfg.Version, Gaps: gaps, Counters: map[string]uint64{
		"backlog_batches": uint64(w.rows[ClassA] + w.rows[ClassB] + w.rows[ClassC]),
		"backlog_events":  uint64(w.events[ClassA] + w.events[ClassB] + w.events[ClassC]),
		"backlog_bytes":   uint64(w.total()), "backlog_oldest_ns": uint64(oldest),
		"capacity_bytes": uint64(s.cfg.Cap), "reserve_bytes": uint64(s.cfg.Reserve),
		"events_accepted": n.accepted, "batches_acknowledged": n.acknowledged, "batches_refused": n.refused,
		"events_lost": n.lost + uint64(w.lost), "retries": n.retries, "send_failures": n.failures,
		"slowest_commit_us": uint64(n.slowest.Microseconds()),
	}}
	line, err := json.Marshal(&tyto.Event{Version: tyto.EventVersion, Sensor: s.cfg.Sensor, Zone: s.cfg.Zone, Time: now, Kind: tyto.KindHealth, Health: h})
	if err != nil {
		return r, false, err
	}
	return row{class: ClassA, events: 1, first: now, last: now, body: s.pack.EncodeAll(append(line, '\n'), nil)}, true, nil
}

// Tell has the spool tell its health with the next write.
func (s *Spool) Tell() {
	s.picking.Lock()
	s.tell = true
	s.picking.Unlock()
	s.hurry()
}
