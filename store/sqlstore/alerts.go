package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tyto/store"
	"tyto/tyto"
)

// alerts writes the alerts of a change.
func (w *writer) alerts() error {
	for i := range w.change.Alerts {
		if err := w.alert(&w.change.Alerts[i]); err != nil {
			return fmt.Errorf("alert %q: %w", w.change.Alerts[i].ID, err)
		}
	}
	return nil
}

// alert adds an alert, or what it went on by. The earliest evidence stays. One
// that was closed is new once more.
func (w *writer) alert(a *tyto.Alert) error {
	old, status, decided := tyto.Alert{}, store.AlertNew, int64(0)
	var body string
	var first, last, count int64
	err := w.tx.QueryRowContext(w.ctx, "SELECT status, decided, first_seen, last_seen, count, body FROM alert WHERE id = ?"+w.s.dialect.held(), a.ID).
		Scan(&status, &decided, &first, &last, &count, &body)
	fresh := errors.Is(err, sql.ErrNoRows)
	if err != nil && !fresh {
		return err
	}
	x := *a
	if fresh {
		status = cmp.Or(w.change.Quiet[x.ID], status)
	} else {
		if err := json.Unmarshal([]byte(body), &old); err != nil {
			return err
		}
		if at(first).Before(x.First) {
			x.First, x.Evidence, x.Subjects, x.Of, x.Devices = old.First, old.Evidence, old.Subjects, old.Of, old.Devices
		}
		if at(last).After(x.Last) {
			x.Last = at(last)
		}
		x.Count += uint64(count)
		x.Parent = cmp.Or(x.Parent, old.Parent)
		if _, quiet := w.change.Quiet[x.ID]; status == store.AlertClosed && nanos(x.Last) > decided && !quiet {
			status = store.AlertNew
			if err := w.exec("INSERT INTO alert_note (alert, at, who, what, comment) VALUES (?, ?, '', ?, '')", x.ID, nanos(x.Last), status); err != nil {
				return err
			}
			again := store.AlertNews(w.change.Zone, x, store.AlertNote{Time: x.Last, What: status})
			if err := w.s.logNews(w.ctx, w.tx, w.change.Zone, cmp.Or(w.change.Time, x.Last), []tyto.Event{again}); err != nil {
				return err
			}
		}
	}
	text, err := json.Marshal(&x)
	if err != nil {
		return err
	}
	err = w.exec(`INSERT INTO alert (id, zone, rule, severity, title, status, first_seen, last_seen, count, decided, search, body, parent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, title = excluded.title, status = excluded.status, first_seen = excluded.first_seen,
		last_seen = excluded.last_seen, count = excluded.count, search = excluded.search, body = excluded.body, parent = excluded.parent`,
		x.ID, w.change.Zone, x.Rule, int(x.Severity), x.Title, status, nanos(x.First), nanos(x.Last), int64(x.Count), decided, alertText(&x), string(text), x.Parent)
	if err != nil {
		return err
	}
	if err := w.exec("DELETE FROM alert_device WHERE alert = ?", x.ID); err != nil {
		return err
	}
	for _, d := range x.Devices {
		if err := w.exec("INSERT INTO alert_device (alert, device) VALUES (?, ?) ON CONFLICT DO NOTHING", x.ID, d); err != nil {
			return err
		}
	}
	return nil
}

// alertText is what a search looks through.
func alertText(a *tyto.Alert) string {
	lines := []string{a.Title, a.Detail, a.Rule}
	for _, s := range a.Subjects {
		lines = append(lines, s.Addr.String(), s.MAC.String())
	}
	return strings.ToLower(strings.Join(append(lines, a.Techniques...), "\n"))
}

const alertColumns = "a.zone, a.status, a.count, a.body, (SELECT count(*) FROM alert c WHERE c.parent = a.id)"

func (s *Store) scanAlert(rows *sql.Rows) (r store.AlertRow, err error) {
	var count, children int64
	var body string
	if err := rows.Scan(&r.Zone, &r.Status, &count, &body, &children); err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(body), &r.Alert); err != nil {
		return r, s.damaged(err)
	}
	r.Count, r.Children = uint64(count), uint64(children)
	return r, nil
}

var alertOrder = map[string]string{
	"": "a.last_seen", "last_seen": "a.last_seen", "first_seen": "a.first_seen", "severity": "a.severity", "count": "a.count", "title": "lower(a.title)", "status": "a.status",
}

// Alerts implements store.Alerts.
func (s *Store) Alerts(ctx context.Context, q store.AlertQuery) (p store.Page[store.AlertRow], err error) {
	order, ok := alertOrder[q.Sort]
	if !ok {
		return p, fmt.Errorf("store: alerts are not sorted by %q", q.Sort)
	}
	direction := " ASC"
	if q.Desc || q.Sort == "" {
		direction = " DESC"
	}
	condition, args := alertWhere(s.dialect, &q, "")
	if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM alert a WHERE "+condition, args...).Scan(&p.Total); err != nil {
		return p, s.fail("count alerts", err)
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+alertColumns+" FROM alert a WHERE "+condition+" ORDER BY "+order+direction+", a.id LIMIT ? OFFSET ?",
		append(args[:len(args):len(args)], q.Limit, q.Offset)...)
	if err != nil {
		return p, s.fail("list alerts", err)
	}
	if p.Items, err = collect(rows, s.scanAlert); err != nil {
		return p, s.fail("list alerts", err)
	}
	if err := s.current(ctx); err != nil {
		return p, s.fail("list alerts", err)
	}
	for i := range p.Items {
		s.label(&p.Items[i])
	}
	p.Facets = map[string][]store.Count{}
	for _, f := range store.AlertFacets {
		if p.Facets[f], err = s.alertFacet(ctx, &q, f); err != nil {
			return p, s.fail("count alerts", err)
		}
	}
	return p, nil
}

func (s *Store) label(r *store.AlertRow) {
	s.roster.mu.RLock()
	defer s.roster.mu.RUnlock()
	r.Labels = make([]string, len(r.Of))
	for i, d := range r.Of {
		r.Labels[i] = s.roster.labelOf(d)
	}
}

// alertWhere is the condition of a query, but for one of its filters.
func alertWhere(d Dialect, q *store.AlertQuery, but string) (condition string, args []any) {
	and := []string{"1 = 1"}
	severities := []string{}
	for _, x := range q.Severity {
		var v tyto.Severity
		_ = v.UnmarshalText([]byte(x)) // what is none is 0, which no alert has
		severities = append(severities, fmt.Sprint(int(v)))
	}
	for _, f := range []struct {
		name, column string
		values       []string
	}{{"status", "a.status", q.Status}, {"severity", "CAST(a.severity AS TEXT)", severities}, {"rule", "a.rule", q.Rule}, {"zone", "a.zone", q.Zone}} {
		if len(f.values) > 0 && f.name != but {
			condition, list := in(d, f.column, f.values)
			and, args = append(and, condition), append(args, list)
		}
	}
	if q.Device != "" {
		and, args = append(and, "a.id IN (SELECT alert FROM alert_device WHERE device = ?)"), append(args, q.Device)
	}
	if q.Parent != "" {
		and, args = append(and, "a.parent = ?"), append(args, q.Parent)
	}
	if q.Top {
		and = append(and, "a.parent = ''")
	}
	words, found := saying("a.search", q.Text)
	and, args = append(and, words...), append(args, found...)
	return strings.Join(and, " AND "), args
}

func (s *Store) alertFacet(ctx context.Context, q *store.AlertQuery, name string) ([]store.Count, error) {
	condition, args := alertWhere(s.dialect, q, name)
	counts, err := s.grouped(ctx, "a."+name, "alert a", condition, args)
	if name == "severity" {
		nameSeverities(counts)
	}
	return counts, err
}

// grouped counts the rows of a table that meet a condition, by a column, the
// most first.
func (s *Store) grouped(ctx context.Context, column, table, condition string, args []any) ([]store.Count, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+column+", count(*) FROM "+table+" WHERE "+condition+" GROUP BY "+column+" ORDER BY 2 DESC, "+column, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(rows *sql.Rows) (c store.Count, err error) {
		err = rows.Scan(&c.Key, &c.Count)
		return c, err
	})
}

// nameSeverities has counts by number be by name.
func nameSeverities(counts []store.Count) {
	for i := range counts {
		n, _ := strconv.Atoi(counts[i].Key) // else it is none, as 0 is
		counts[i].Key = tyto.Severity(n).String()
	}
}

// Alert implements store.Alerts.
func (s *Store) Alert(ctx context.Context, id string) (r store.AlertRow, notes []store.AlertNote, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+alertColumns+" FROM alert a WHERE a.id = ?", id)
	if err != nil {
		return r, nil, s.fail("read an alert", err)
	}
	all, err := collect(rows, s.scanAlert)
	if err != nil {
		return r, nil, s.fail("read an alert", err)
	}
	if len(all) == 0 {
		return r, nil, fmt.Errorf("store: alert %q: %w", id, store.ErrNotFound)
	}
	if err := s.current(ctx); err != nil {
		return r, nil, s.fail("read an alert", err)
	}
	r = all[0]
	s.label(&r)
	rows, err = s.read.QueryContext(ctx, "SELECT at, who, what, comment FROM alert_note WHERE alert = ? ORDER BY n", id)
	if err != nil {
		return r, nil, s.fail("read an alert", err)
	}
	notes, err = collect(rows, func(rows *sql.Rows) (n store.AlertNote, err error) {
		var when int64
		err = rows.Scan(&when, &n.Who, &n.What, &n.Comment)
		n.Time = at(when)
		return n, err
	})
	if err != nil {
		return r, nil, s.fail("read an alert", err)
	}
	return r, notes, nil
}

// DecideAlert implements store.Alerts.
func (s *Store) DecideAlert(ctx context.Context, id string, n store.AlertNote) error {
	return s.transact(ctx, "decide about an alert", func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "UPDATE alert SET status = ?, decided = last_seen WHERE id = ?", n.What, id)
		if err != nil {
			return err
		}
		if changed, err := done.RowsAffected(); err != nil || changed == 0 {
			return errors.Join(err, fmt.Errorf("alert %q: %w", id, store.ErrNotFound))
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO alert_note (alert, at, who, what, comment) VALUES (?, ?, ?, ?, ?)", id, nanos(n.Time), n.Who, n.What, n.Comment)
		if err != nil {
			return err
		}
		return s.tellDecision(ctx, tx, id, n)
	}, nil)
}

// tellDecision logs for readers what was decided about an alert.
func (s *Store) tellDecision(ctx context.Context, tx *sql.Tx, id string, n store.AlertNote) error {
	var a tyto.Alert
	var zone, body string
	var count int64
	if err := tx.QueryRowContext(ctx, "SELECT zone, count, body FROM alert WHERE id = ?", id).Scan(&zone, &count, &body); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		return s.damaged(err)
	}
	a.Count = uint64(count)
	return s.logNews(ctx, tx, zone, n.Time, []tyto.Event{store.AlertNews(zone, a, n)})
}

// AlertTotals implements store.Alerts.
func (s *Store) AlertTotals(ctx context.Context) ([]store.Count, error) {
	counts, err := s.grouped(ctx, "severity", "alert", "status IN (?, ?)", []any{store.AlertNew, store.AlertActive})
	if err != nil {
		return nil, s.fail("count alerts", err)
	}
	slices.SortFunc(counts, func(a, b store.Count) int { return strings.Compare(b.Key, a.Key) }) // the worst first; their numbers have one digit
	nameSeverities(counts)
	return counts, nil
}
