package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"tyto/store"
	"tyto/tyto"
)

// Audit implements store.People.
func (s *Store) Audit(ctx context.Context, r tyto.AuditRecord) error {
	return s.transact(ctx, "audit", func(tx *sql.Tx) error {
		if err := s.alone(ctx, tx, "audit"); err != nil {
			return err
		}
		var before string
		err := tx.QueryRowContext(ctx, "SELECT hash FROM audit ORDER BY n DESC LIMIT 1").Scan(&before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO audit (at, who, origin, what, object, outcome, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
			nanos(r.Time), r.Who, r.From, r.What, r.Object, r.Outcome, store.AuditHash(before, r))
		return err
	}, nil)
}

// AuditRecords implements store.People.
func (s *Store) AuditRecords(ctx context.Context, limit int) ([]tyto.AuditRecord, error) {
	page, err := s.AuditPage(ctx, store.AuditQuery{Limit: limit})
	all := make([]tyto.AuditRecord, len(page.Items))
	for i := range page.Items {
		all[i] = page.Items[i].AuditRecord
	}
	return all, err
}

const auditColumns = "n, at, who, origin, what, object, outcome, hash"

func scanAudit(rows *sql.Rows) (e store.AuditEntry, err error) {
	var when int64
	err = rows.Scan(&e.Number, &when, &e.Who, &e.From, &e.What, &e.Object, &e.Outcome, &e.Hash)
	e.Time = at(when)
	return e, err
}

// auditWhere is the condition of a query.
func auditWhere(q *store.AuditQuery) (condition string, args []any) {
	and := []string{"1 = 1"}
	add := func(condition string, values ...any) { and, args = append(and, condition), append(args, values...) }
	if q.Who != "" {
		add("who = ?", q.Who)
	}
	switch {
	case strings.HasSuffix(q.What, "."):
		add("substr(what, 1, ?) = ?", len([]rune(q.What)), q.What)
	case q.What != "":
		add("what = ?", q.What)
	}
	if !q.Since.IsZero() {
		add("at >= ?", nanos(q.Since))
	}
	if !q.Before.IsZero() {
		add("at < ?", nanos(q.Before))
	}
	for _, word := range strings.Fields(strings.ToLower(q.Text)) {
		add("lower(who || ' ' || what || ' ' || object || ' ' || origin || ' ' || outcome)"+like, pattern(word))
	}
	return strings.Join(and, " AND "), args
}

// AuditPage implements store.People.
func (s *Store) AuditPage(ctx context.Context, q store.AuditQuery) (p store.Page[store.AuditEntry], err error) {
	condition, args := auditWhere(&q)
	var total int64
	if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM audit WHERE "+condition, args...).Scan(&total); err != nil {
		return p, s.fail("read the audit", err)
	}
	p.Total = uint64(total)
	rows, err := s.read.QueryContext(ctx, "SELECT "+auditColumns+" FROM audit WHERE "+condition+" ORDER BY n DESC LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
	if err == nil {
		p.Items, err = collect(rows, scanAudit)
	}
	if err != nil {
		return p, s.fail("read the audit", err)
	}
	return p, nil
}

// auditPart is how many records are read at once, so that nothing is locked
// for as long as it takes to send all of them.
const auditPart = 500

// EachAudit implements store.People.
func (s *Store) EachAudit(ctx context.Context, q store.AuditQuery, take func(store.AuditEntry) error) error {
	condition, args := auditWhere(&q)
	for after := int64(0); ; {
		rows, err := s.read.QueryContext(ctx, "SELECT "+auditColumns+" FROM audit WHERE "+condition+" AND n > ? ORDER BY n LIMIT ?",
			append(args[:len(args):len(args)], after, auditPart)...)
		if err != nil {
			return s.fail("read the audit", err)
		}
		part, err := collect(rows, scanAudit)
		if err != nil {
			return s.fail("read the audit", err)
		}
		for i := range part {
			if err := take(part[i]); err != nil {
				return err
			}
		}
		if len(part) < auditPart {
			return nil
		}
		after = part[len(part)-1].Number
	}
}
