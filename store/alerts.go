package store

import (
	"context"
	"time"

	"tyto/tyto"
)

// The statuses of an alert.
const (
	AlertNew     = "new"     // nobody looked at it yet, or it came again after it was closed
	AlertActive  = "active"  // somebody took it up
	AlertClosed  = "closed"  // dealt with; it is new once more when it occurs again
	AlertMuted   = "muted"   // counted, and no longer shown as open
	AlertLearned = "learned" // usual here: the same is no alert any more
)

// AlertStatuses are the statuses, the open ones first.
var AlertStatuses = []string{AlertNew, AlertActive, AlertClosed, AlertMuted, AlertLearned}

// An AlertRow is an alert and what became of it.
type AlertRow struct {
	tyto.Alert
	Zone   string
	Status string
	Labels []string // what the devices of the subjects are called, "" if they have no name
	// Children is how many alerts came of this one.
	Children uint64
}

// An AlertNote is a step in an alert's history.
type AlertNote struct {
	Time    time.Time
	Who     string // "" is the hub
	What    string // the status that it got
	Comment string
}

// An AlertQuery selects alerts.
type AlertQuery struct {
	Window   // Sort is one of AlertSorts; by default last_seen, newest first
	Text     string
	Status   []string
	Severity []string
	Rule     []string
	Zone     []string
	Device   string
	Parent   string // that it came of
	Top      bool   // only what came of no other
}

// AlertSorts are the columns that alerts are sorted by.
var AlertSorts = []string{"last_seen", "first_seen", "severity", "count", "title", "status"}

// AlertFacets are the filters of an AlertQuery that are counted.
var AlertFacets = []string{"status", "severity", "rule"}

// Alerts are the alerts of all zones. They are written as part of a Change:
// one whose id is there already went on, and its Count is added. Readers are
// told, as AlertNews says, of each decision and of one that is new once more.
type Alerts interface {
	// Alerts lists the alerts that a query selects.
	Alerts(ctx context.Context, q AlertQuery) (Page[AlertRow], error)
	// Alert is one alert and its history, oldest first. ErrNotFound if there
	// is none of that id.
	Alert(ctx context.Context, id string) (AlertRow, []AlertNote, error)
	// DecideAlert gives an alert another status and notes who did it.
	DecideAlert(ctx context.Context, id string, n AlertNote) error
	// AlertTotals counts the open alerts by severity, the gravest first.
	AlertTotals(ctx context.Context) ([]Count, error)
}
