package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"

	"tyto/store"
	"tyto/tyto"
)

const putFact = `ON CONFLICT (zone, id) DO UPDATE SET kind = excluded.kind, device = excluded.device, peer = excluded.peer, what = excluded.what,
	status = excluded.status, first_seen = excluded.first_seen, last_seen = excluded.last_seen, search = excluded.search, body = excluded.body`

// facts writes the facts of a change, and whether the zone learns.
func (w *writer) facts() error {
	c := w.change
	if l := c.Learning; l != nil {
		err := w.exec(`INSERT INTO baseline (zone, active, since, until, who) VALUES (?, ?, ?, ?, ?) ON CONFLICT (zone) DO UPDATE SET
			active = excluded.active, since = excluded.since, until = excluded.until, who = excluded.who`, c.Zone, bit(l.Active), nanos(l.Since), nanos(l.Until), l.By)
		if err != nil {
			return fmt.Errorf("baseline: %w", err)
		}
	}
	for _, id := range c.FactsGone {
		if err := w.exec("DELETE FROM fact WHERE zone = ? AND id = ?", c.Zone, id); err != nil {
			return fmt.Errorf("fact %q: %w", id, err)
		}
	}
	text := make([][]string, 9)
	var first, last []int64
	for i := range c.Facts {
		f := &c.Facts[i]
		body, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("fact %q: %w", f.ID, err)
		}
		for j, x := range []string{c.Zone, f.ID, string(f.Kind), f.Device, f.Peer, f.What, string(f.Status), factText(f), string(body)} {
			text[j] = append(text[j], x)
		}
		first, last = append(first, nanos(f.First)), append(last, nanos(f.Last))
	}
	if len(c.Facts) == 0 {
		return nil
	}
	err := w.insert("fact (zone, id, kind, device, peer, what, status, search, body, first_seen, last_seen)", putFact,
		columns{text[0], text[1], text[2], text[3], text[4], text[5], text[6], text[7], text[8], first, last}, nil)
	if err != nil {
		return fmt.Errorf("facts: %w", err)
	}
	return nil
}

// factText is what a search looks through.
func factText(f *tyto.Fact) string {
	lines := []string{f.What, f.Peer, f.Protocol}
	for _, s := range []tyto.Subject{f.Client, f.Server} {
		lines = append(lines, s.Addr.String(), macText(s.MAC))
	}
	if f.Verb != tyto.NoVerb {
		lines = append(lines, f.Verb.String())
	}
	return strings.ToLower(strings.Join(lines, "\n"))
}

// Learnings implements store.Baselines.
func (s *Store) Learnings(ctx context.Context) ([]tyto.Learning, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT zone, active, since, until, who FROM baseline ORDER BY zone")
	if err != nil {
		return nil, s.fail("list baselines", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (l tyto.Learning, err error) {
		var active int
		var since, until int64
		err = rows.Scan(&l.Zone, &active, &since, &until, &l.By)
		l.Active, l.Since, l.Until = active != 0, at(since), at(until)
		return l, err
	})
	if err != nil {
		return nil, s.fail("list baselines", err)
	}
	return all, nil
}

var factOrder = map[string]string{"": "f.last_seen", "last_seen": "f.last_seen", "first_seen": "f.first_seen", "kind": "f.kind", "what": "f.what"}

// Facts implements store.Baselines.
func (s *Store) Facts(ctx context.Context, q store.FactQuery) (p store.Page[store.FactRow], err error) {
	order, ok := factOrder[q.Sort]
	if !ok {
		return p, fmt.Errorf("store: facts are not sorted by %q", q.Sort)
	}
	direction := " ASC"
	if q.Desc || q.Sort == "" {
		direction = " DESC"
	}
	condition, args := factWhere(s.dialect, &q, "")
	if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM fact f WHERE "+condition, args...).Scan(&p.Total); err != nil {
		return p, s.fail("count facts", err)
	}
	rows, err := s.read.QueryContext(ctx, "SELECT f.zone, f.body FROM fact f WHERE "+condition+" ORDER BY "+order+direction+", f.id LIMIT ? OFFSET ?",
		append(args[:len(args):len(args)], q.Limit, q.Offset)...)
	if err != nil {
		return p, s.fail("list facts", err)
	}
	if p.Items, err = collect(rows, s.scanFact); err != nil {
		return p, s.fail("list facts", err)
	}
	for i := range p.Items {
		one := store.AlertRow{Alert: tyto.Alert{Of: []string{p.Items[i].Device, p.Items[i].Peer}}}
		s.label(&one)
		p.Items[i].DeviceLabel, p.Items[i].PeerLabel = one.Labels[0], one.Labels[1]
	}
	p.Facets = map[string][]store.Count{}
	for _, f := range store.FactFacets {
		if p.Facets[f], err = s.factFacet(ctx, &q, f); err != nil {
			return p, s.fail("count facts", err)
		}
	}
	return p, nil
}

func (s *Store) scanFact(rows *sql.Rows) (r store.FactRow, err error) {
	var body string
	if err := rows.Scan(&r.Zone, &body); err != nil {
		return r, err
	}
	if err := jsonv2.Unmarshal([]byte(body), &r.Fact, asWritten); err != nil {
		return r, s.damaged(err)
	}
	return r, nil
}

// factWhere is the condition of a query, but for one of its filters.
func factWhere(d Dialect, q *store.FactQuery, but string) (condition string, args []any) {
	and := []string{"1 = 1"}
	for _, f := range []struct {
		name   string
		values []string
	}{{"kind", q.Kind}, {"status", q.Status}, {"zone", q.Zone}} {
		if len(f.values) > 0 && f.name != but {
			condition, list := in(d, "f."+f.name, f.values)
			and, args = append(and, condition), append(args, list)
		}
	}
	if q.Device != "" {
		and, args = append(and, "(f.device = ? OR f.peer = ?)"), append(args, q.Device, q.Device)
	}
	words, found := saying("f.search", q.Text)
	and, args = append(and, words...), append(args, found...)
	return strings.Join(and, " AND "), args
}

func (s *Store) factFacet(ctx context.Context, q *store.FactQuery, name string) ([]store.Count, error) {
	condition, args := factWhere(s.dialect, q, name)
	return s.grouped(ctx, "f."+name, "fact f", condition, args)
}

// Fact implements store.Baselines.
func (s *Store) Fact(ctx context.Context, zone, id string) (tyto.Fact, error) {
	var f tyto.Fact
	var body string
	err := s.read.QueryRowContext(ctx, "SELECT body FROM fact WHERE zone = ? AND id = ?", zone, id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return f, fmt.Errorf("store: fact %q: %w", id, store.ErrNotFound)
	}
	if err == nil {
		if bad := json.Unmarshal([]byte(body), &f); bad != nil {
			err = s.damaged(bad)
		}
	}
	if err != nil {
		return f, s.fail("read a fact", err)
	}
	return f, nil
}

// EachFact implements store.Baselines.
func (s *Store) EachFact(ctx context.Context, zone string, take func(tyto.Fact) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT zone, body FROM fact WHERE zone = ? ORDER BY id", zone)
	if err != nil {
		return s.fail("read facts", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := s.scanFact(rows)
		if err != nil {
			return s.fail("read facts", err)
		}
		if err := take(r.Fact); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return s.fail("read facts", err)
	}
	return nil
}

// Mutes implements store.Baselines.
func (s *Store) Mutes(ctx context.Context) ([]store.Mute, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, zone, rule, device, subnet, expires, created, who, comment FROM mute ORDER BY created DESC, id")
	if err != nil {
		return nil, s.fail("list mutes", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (m store.Mute, err error) {
		var expires, created int64
		err = rows.Scan(&m.ID, &m.Zone, &m.Rule, &m.Device, &m.Subnet, &expires, &created, &m.By, &m.Comment)
		m.Expires, m.Created = at(expires), at(created)
		return m, err
	})
	if err != nil {
		return nil, s.fail("list mutes", err)
	}
	return all, nil
}

// PutMute implements store.Baselines.
func (s *Store) PutMute(ctx context.Context, m store.Mute) error {
	return s.exec(ctx, "put a mute", `INSERT INTO mute (id, zone, rule, device, subnet, expires, created, who, comment) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET zone = excluded.zone, rule = excluded.rule, device = excluded.device, subnet = excluded.subnet,
		expires = excluded.expires, created = excluded.created, who = excluded.who, comment = excluded.comment`,
		m.ID, m.Zone, m.Rule, m.Device, m.Subnet, nanos(m.Expires), nanos(m.Created), m.By, m.Comment)
}

// DropMute implements store.Baselines.
func (s *Store) DropMute(ctx context.Context, id string) error {
	return s.dropOne(ctx, "drop a mute", "DELETE FROM mute WHERE id = ?", id)
}

// dropOne runs a DELETE of one row, which has to be there.
func (s *Store) dropOne(ctx context.Context, what, query, key string) error {
	return s.transact(ctx, what, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, query, key)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		if err == nil && n == 0 {
			err = fmt.Errorf("%q: %w", key, store.ErrNotFound)
		}
		return err
	}, nil)
}

// RulesPrint implements store.Baselines. Whatever is replaced has another time,
// or at least another length.
func (s *Store) RulesPrint(ctx context.Context) (string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT 'mute', id, created, expires, 0 FROM mute
		UNION ALL SELECT 'list', name, put, entries, length(body) FROM indicator_list ORDER BY 1, 2`)
	if err != nil {
		return "", s.fail("read the print of rules", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (string, error) {
		var kind, id string
		var made, until, size int64
		err := rows.Scan(&kind, &id, &made, &until, &size)
		return fmt.Sprintf("%s %q %d %d %d", kind, id, made, until, size), err
	})
	if err != nil {
		return "", s.fail("read the print of rules", err)
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(all, "\n")))), nil
}

// Indicators implements store.Baselines.
func (s *Store) Indicators(ctx context.Context) ([]store.IndicatorList, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT name, entries, put, who, body FROM indicator_list ORDER BY name")
	if err != nil {
		return nil, s.fail("list indicators", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (l store.IndicatorList, err error) {
		var put int64
		err = rows.Scan(&l.Name, &l.Entries, &put, &l.By, &l.Text)
		l.Put = at(put)
		return l, err
	})
	if err != nil {
		return nil, s.fail("list indicators", err)
	}
	return all, nil
}

// PutIndicators implements store.Baselines.
func (s *Store) PutIndicators(ctx context.Context, l store.IndicatorList) error {
	return s.exec(ctx, "put indicators", `INSERT INTO indicator_list (name, entries, put, who, body) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET entries = excluded.entries, put = excluded.put, who = excluded.who, body = excluded.body`,
		l.Name, l.Entries, nanos(l.Put), l.By, l.Text)
}

// DropIndicators implements store.Baselines.
func (s *Store) DropIndicators(ctx context.Context, name string) error {
	return s.dropOne(ctx, "drop indicators", "DELETE FROM indicator_list WHERE name = ?", name)
}
