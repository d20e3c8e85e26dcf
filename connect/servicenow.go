package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tyto/outbound"
	"tyto/store"
)

// ServiceNow follows what becomes there of the incidents that package forward
// makes of alerts: what is taken up, resolved, closed or canceled there is so
// here. The user needs to read the table.
type ServiceNow struct {
	outbound.Instance `yaml:",inline"`
}

// serviceNow is a connection to it.
type serviceNow struct {
	session
	*outbound.Desk
	status map[string]string // of alerts, by an incident's state
}

func newServiceNow(c *Connector, deps Deps) (*serviceNow, error) {
	desk, err := c.ServiceNow.Open()
	if err != nil {
		return nil, err
	}
	desk.Clock = deps.Clock
	n := &serviceNow{session{c.Name, deps}, desk, map[string]string{}}
	states := c.ServiceNow.States()
	for _, x := range states.Work {
		n.status[x] = store.AlertActive
	}
	for _, x := range append(states.Over, states.Resolved) {
		n.status[x] = store.AlertClosed
	}
	n.status[states.New] = store.AlertNew
	return n, nil
}

func (n *serviceNow) close() error { return n.Close() }

// incident is a row of the table. All columns are text.
type incident struct {
	ID      string `json:"sys_id"`
	Number  string `json:"number"`
	Alert   string `json:"correlation_id"`
	State   string `json:"state"`
	Notes   string `json:"close_notes"`
	Updated string `json:"sys_updated_on"` // in UTC
	By      string `json:"sys_updated_by"`
	Creator string `json:"sys_created_by"`
}

const incidentFields = "sys_id,number,correlation_id,state,close_notes,sys_updated_on,sys_updated_by,sys_created_by"

// Incidents are read so many at once. What is committed late there has an
// earlier time, so that each reading goes back a little.
const (
	rowsOfTable    = 500
	maxTablePages  = 1000
	incidentsAgain = 10 * time.Minute
)

// sync implements product.
func (n *serviceNow) sync(ctx context.Context, s *Status) error {
	since, err := n.cursor(ctx, "incidents")
	if err != nil {
		return err
	}
	now := n.deps.Clock()
	if since.IsZero() {
		since = now.Add(-lookBack)
	}
	// How long ago, not since when: both ends of that are told by one clock,
	// and a time in a query would be one of the user's time zone.
	minutes := int((now.Sub(since) + incidentsAgain + time.Minute - 1) / time.Minute)
	after := ""
	for range maxTablePages {
		rows, err := n.page(ctx, fmt.Sprintf("correlation_display=Tyto^sys_updated_onRELATIVEGE@minute@ago@%d", minutes), after, rowsOfTable)
		if err != nil {
			return fmt.Errorf("incidents: %w", err)
		}
		if len(rows) == 0 { // a page may be short, of rows that the user may not see
			return n.advance(ctx, "incidents", now)
		}
		last := after
		for _, text := range rows {
			var i incident
			if json.Unmarshal(text, &i) != nil || !plainID(i.ID) {
				continue // one that cannot be read does not stop the others
			}
			last = max(last, i.ID)
			if err := n.follow(ctx, s, &i); err != nil {
				return err
			}
		}
		if last == after {
			return errors.New("incidents: a page holds none that comes after the last page")
		}
		after = last
	}
	return fmt.Errorf("incidents: more than %d pages of %d rows", maxTablePages, rowsOfTable)
}

// page asks for incidents in the order of their ids, after one: rows that
// change meanwhile move no others from page to page, as they would an offset.
func (n *serviceNow) page(ctx context.Context, query, after string, limit int) ([]json.RawMessage, error) {
	if after != "" {
		query += "^sys_id>" + after
	}
	q := url.Values{"sysparm_query": {query + "^ORDERBYsys_id"}, "sysparm_fields": {incidentFields}, "sysparm_limit": {fmt.Sprint(limit)},
		"sysparm_exclude_reference_link": {"true"}, "sysparm_no_count": {"true"}}
	var found struct {
		Result []json.RawMessage `json:"result"`
	}
	err := n.Ask(ctx, http.MethodGet, "/api/now/table/"+n.Table+"?"+q.Encode(), nil, &found)
	return found.Result, err
}

// follow decides here what was decided there, if an incident's state changed.
func (n *serviceNow) follow(ctx context.Context, s *Status, i *incident) error {
	to, key := n.status[i.State], "incident "+i.ID
	was, err := n.deps.Memory.ConnectState(ctx, n.name, key)
	if err != nil || to == "" || was == i.State {
		return err
	}
	row, notes, err := n.deps.Memory.Alert(ctx, i.Alert)
	switch {
	case errors.Is(err, store.ErrNotFound): // it is older than what is kept
		s.Unplaced++
	case err != nil:
		return err
	default:
		s.Incidents++
		if i.overrules(&row, notes, to) {
			who := outbound.ByServiceNow + field(i.By)
			if err := n.decide(ctx, &row, who, to, strings.TrimSpace(field(i.Number)+" "+i.Notes)); err != nil {
				return err
			}
			s.Decided++
		}
	}
	return n.deps.Memory.PutConnectState(ctx, n.name, key, i.State)
}

// overrules reports whether a state there is a decision of its own: not what
// forward put there, and later than what was decided here. The last word counts.
func (i *incident) overrules(row *store.AlertRow, notes []store.AlertNote, to string) bool {
	if agrees(row.Status, to) || row.Status == store.AlertNew && to == store.AlertActive && i.By == i.Creator { // forward sets to work what comes again
		return false
	}
	at, err := time.Parse(time.DateTime, i.Updated)
	was := store.AlertNew
	return err == nil && !slices.ContainsFunc(notes, func(x store.AlertNote) bool { // oldest first
		comment := x.What == was
		was = x.What
		return !comment && !strings.HasPrefix(x.Who, outbound.ByServiceNow) && x.Time.Truncate(time.Second).After(at)
	})
}

// test implements product.
func (n *serviceNow) test(ctx context.Context) (string, error) {
	rows, err := n.page(ctx, "correlation_display=Tyto", "", 1)
	if err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "signed in; the table " + n.Table + " holds no incident of Tyto that this user sees", nil
	}
	return "signed in; the table " + n.Table + " is read", nil
}
