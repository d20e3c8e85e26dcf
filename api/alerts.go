package api

import (
	"context"
	"strings"
	"time"

	"tyto/baseline"
	"tyto/detect"
	"tyto/store"
	"tyto/tyto"
)

// AlertsInput asks for a page of alerts.
type AlertsInput struct {
	Paging
	Q        string   `query:"q" maxLength:"200" doc:"Text that title, detail or addresses contain"`
	Status   []string `query:"status,explode" maxItems:"5" doc:"new, active, closed, muted, learned"`
	Severity []string `query:"severity,explode" maxItems:"4" doc:"warning, minor, major, critical"`
	Rule     []string `query:"rule,explode" maxItems:"20" doc:"Ids of rules"`
	Zone     []string `query:"zone,explode" maxItems:"20"`
	Device   string   `query:"device" maxLength:"128" doc:"Id of a device"`
	Parent   string   `query:"parent" maxLength:"64" doc:"Id of the alert that they came of"`
	Top      bool     `query:"top" doc:"Only what came of no other"`
	Sort     string   `query:"sort" enum:"last_seen,first_seen,severity,count,title,status" default:"last_seen"`
	Order    string   `query:"order" enum:"asc,desc" default:"desc"`
}

// Alert is something that a person should look at: one for each cause.
type Alert struct {
	ID         string    `json:"id"`
	Rule       string    `json:"rule" doc:"Id of the rule"`
	Severity   string    `json:"severity" enum:"warning,minor,major,critical"`
	Title      string    `json:"title"`
	Detail     string    `json:"detail,omitempty" doc:"What was seen, in a few words"`
	Status     string    `json:"status" enum:"new,active,closed,muted,learned"`
	Parties    []Party   `json:"parties" doc:"Who did it, then to whom"`
	Techniques []string  `json:"techniques" doc:"ATT&CK"`
	Zone       string    `json:"zone"`
	FirstSeen  time.Time `json:"first_seen"`
	LastSeen   time.Time `json:"last_seen"`
	Count      uint64    `json:"count" doc:"Events of this cause"`
	Parent     string    `json:"parent,omitempty" doc:"Id of the alert that this one is a consequence of"`
	Children   uint64    `json:"children" doc:"How many alerts are a consequence of this one"`
	Learnable  bool      `json:"learnable" doc:"Learning makes what it is about part of the baseline"`
}

// AlertFacets count the alerts by the values of a filter.
type AlertFacets struct {
	Status   []store.Count `json:"status"`
	Severity []store.Count `json:"severity"`
	Rule     []store.Count `json:"rule"`
}

// AlertList is a page of alerts.
type AlertList struct {
	Items  []Alert     `json:"items"`
	Total  uint64      `json:"total" doc:"Of all pages"`
	Facets AlertFacets `json:"facets"`
}

// AlertsOutput is the answer that carries an AlertList.
type AlertsOutput struct {
	Body AlertList
}

// AlertThreshold is a number that a rule compares with.
type AlertThreshold struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
	Unit  string `json:"unit"`
	Text  string `json:"text"`
}

// AlertStep is a step in an alert's history.
type AlertStep struct {
	Time    time.Time `json:"time"`
	Who     string    `json:"who,omitempty" doc:"Absent for the hub itself"`
	Status  string    `json:"status"`
	Comment string    `json:"comment,omitempty"`
}

// AlertDetail is an alert, whole.
type AlertDetail struct {
	Alert       Alert            `json:"alert"`
	Evidence    tyto.Evidence    `json:"evidence" doc:"The earliest"`
	Description string           `json:"description,omitempty"`
	Action      string           `json:"action,omitempty" doc:"What to do about it"`
	Thresholds  []AlertThreshold `json:"thresholds"`
	History     []AlertStep      `json:"history"`
	Packets     bool             `json:"packets" doc:"GET …/packets may have the packets that it was raised for"`
}

// AlertOutput is the answer that carries an AlertDetail.
type AlertOutput struct {
	Body AlertDetail
}

// AlertDecision is a decision about an alert.
type AlertDecision struct {
	Comment string `json:"comment,omitempty" maxLength:"2000"`
}

// AlertDecisionInput is a request to decide about an alert.
type AlertDecisionInput struct {
	IDInput
	Body AlertDecision
}

func (a *api) listAlerts(ctx context.Context, in *AlertsInput) (*AlertsOutput, error) {
	page, err := see(ctx).Alerts(ctx, store.AlertQuery{
		Window: store.Window{Sort: in.Sort, Desc: in.Order == "desc", Limit: in.Limit, Offset: in.Offset},
		Text:   strings.TrimSpace(in.Q), Status: in.Status, Severity: in.Severity, Rule: in.Rule, Zone: in.Zone, Device: in.Device, Parent: in.Parent, Top: in.Top,
	})
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	items := make([]Alert, len(page.Items))
	for i := range page.Items {
		items[i] = alertOf(&page.Items[i])
	}
	return &AlertsOutput{Body: AlertList{Items: items, Total: page.Total,
		Facets: AlertFacets{Status: counts(page.Facets["status"]), Severity: counts(page.Facets["severity"]), Rule: counts(page.Facets["rule"])}}}, nil
}

func (a *api) getAlert(ctx context.Context, in *IDInput) (*AlertOutput, error) {
	row, notes, err := see(ctx).Alert(ctx, in.ID)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := AlertDetail{Alert: alertOf(&row), Evidence: row.Evidence, Thresholds: []AlertThreshold{}, History: make([]AlertStep, len(notes)),
		Packets: a.Packets != nil && a.Packets.Has(&row.Alert)}
	for i, n := range notes {
		out.History[i] = AlertStep{Time: n.Time, Who: n.Who, Status: n.What, Comment: n.Comment}
	}
	if r := a.rule(row.Rule); r != nil {
		out.Description, out.Action, out.Thresholds = r.Description, r.Action, thresholds(r)
	}
	if r := baseline.RuleOf(row.Rule); r != nil {
		out.Description, out.Action = r.Description, r.Action
	}
	return &AlertOutput{Body: out}, nil
}

// rule is the rule of an id, nil if there is none now.
func (a *api) rule(id string) *detect.Rule {
	if a.Rules == nil {
		return nil
	}
	return a.Rules.Rule(id)
}

// decide is the handler that gives an alert a status.
func (a *api) decide(status string) func(context.Context, *AlertDecisionInput) (*AlertOutput, error) {
	return func(ctx context.Context, in *AlertDecisionInput) (*AlertOutput, error) {
		if err := a.decideOne(ctx, in.ID, status, in.Body.Comment); err != nil {
			return nil, a.problem(ctx, err)
		}
		return a.getAlert(ctx, &in.IDInput)
	}
}

func alertOf(r *store.AlertRow) Alert {
	out := Alert{ID: r.ID, Rule: r.Rule, Severity: r.Severity.String(), Title: r.Title, Detail: r.Detail, Status: r.Status, Techniques: list(r.Techniques),
		Zone: r.Zone, FirstSeen: r.First.UTC(), LastSeen: r.Last.UTC(), Count: r.Count, Parent: r.Parent, Children: r.Children,
		Learnable: baseline.RuleOf(r.Rule) != nil, Parties: make([]Party, len(r.Subjects))}
	for i, s := range r.Subjects {
		out.Parties[i] = party("", "", s)
		if i < len(r.Of) && i < len(r.Labels) {
			out.Parties[i] = party(r.Of[i], r.Labels[i], s)
		}
	}
	return out
}
