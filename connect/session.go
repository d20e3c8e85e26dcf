package connect

import (
	"context"
	"time"

	"tyto/baseline"
	"tyto/outbound"
	"tyto/store"
	"tyto/tyto"
)

// A session is what connections to all products have in common: what they
// remember by the connector's name, and how they decide about alerts.
type session struct {
	name string
	deps Deps
}

// cursor is up to when a list was read; zero if it never was.
func (s *session) cursor(ctx context.Context, list string) (time.Time, error) {
	text, err := s.deps.Memory.ConnectState(ctx, s.name, "cursor "+list)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, nil // what is none begins anew
	}
	return at, nil
}

// advance notes that a list was read up to a time, which is not later than
// now: a clock that is wrong there must not make us miss what comes.
func (s *session) advance(ctx context.Context, list string, to time.Time) error {
	if now := s.deps.Clock(); to.After(now) {
		to = now
	}
	if to.IsZero() {
		return nil
	}
	return s.deps.Memory.PutConnectState(ctx, s.name, "cursor "+list, to.UTC().Format(time.RFC3339Nano))
}

// decisions are what the audit log calls them, as it does those of people.
var decisions = map[string]string{store.AlertNew: "alert.reopen", store.AlertActive: "alert.activate", store.AlertClosed: "alert.close"}

// agrees reports whether a status here says the same as one there, where an
// alert is resolved in more than one way.
func agrees(here, there string) bool {
	return here == there || there == store.AlertClosed && (here == store.AlertMuted || here == store.AlertLearned)
}

// decide gives an alert here the status that somebody gave it there, as if
// they had done it here: no change without an audit record.
func (s *session) decide(ctx context.Context, row *store.AlertRow, who, status, comment string) error {
	now := s.deps.Clock()
	if err := s.deps.Memory.Audit(ctx, tyto.AuditRecord{Time: now, Who: who, From: s.name, What: decisions[status], Object: row.ID, Outcome: "ok"}); err != nil {
		return err
	}
	err := s.deps.Memory.DecideAlert(ctx, row.ID, store.AlertNote{Time: now, Who: who, What: status, Comment: outbound.Clean(comment, maxComment)})
	if err != nil || baseline.RuleOf(row.Rule) == nil {
		return err
	}
	return s.deps.Accept(ctx, []tyto.Event{baseline.Event(row.Zone, who, baseline.DecisionOn(row.ID, status), now.UTC())})
}

// maxComment bounds a comment from there.
const maxComment = 2000
