package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
	"tyto/baseline"
	"tyto/store"
	"tyto/tyto"
)

// Analysts is who holds the baselines of the zones.
type Analysts interface {
	// Decide has a zone do what a person decided: see package baseline.
	Decide(ctx context.Context, zone, who, value string) error
	// RulesChanged tells that mutes or indicators are others.
	RulesChanged(ctx context.Context) error
}

// ZoneBaseline is whether a zone learns, and what it learnt.
type ZoneBaseline struct {
	Zone     string        `json:"zone"`
	Learning bool          `json:"learning" doc:"False: what is not usual is alerted of"`
	Since    time.Time     `json:"since"`
	Until    time.Time     `json:"until,omitzero" doc:"When learning ends by itself"`
	By       string        `json:"by,omitempty" doc:"Who switched it; absent for the hub itself"`
	Facts    []store.Count `json:"facts" doc:"By kind, all statuses"`
	Statuses []store.Count `json:"statuses" doc:"By status, all kinds"`
	Latest   time.Time     `json:"latest,omitzero" doc:"When something usual was first seen last: a zone that learns nothing new any more has learnt enough"`
}

// BaselineList is the baselines of all zones.
type BaselineList struct {
	Items []ZoneBaseline `json:"items"`
}

// BaselinesOutput is the answer that carries a BaselineList.
type BaselinesOutput struct {
	Body BaselineList
}

// BaselineInput names a zone.
type BaselineInput struct {
	Zone string `path:"zone" maxLength:"128"`
}

// LearnWish says how long a zone is to learn.
type LearnWish struct {
	Hours int `json:"hours" minimum:"1" maximum:"8784"`
}

// LearnInput is a request that a zone learns.
type LearnInput struct {
	BaselineInput
	Body LearnWish
}

// FactsInput asks for a page of facts.
type FactsInput struct {
	Paging
	Q      string   `query:"q" maxLength:"200" doc:"Text that the fact or an address in it contains"`
	Kind   []string `query:"kind,explode" maxItems:"5" doc:"device, conversation, operation, destination, identity"`
	Status []string `query:"status,explode" maxItems:"3" doc:"usual, deviates, ignored"`
	Zone   []string `query:"zone,explode" maxItems:"20"`
	Device string   `query:"device" maxLength:"128" doc:"Id of a device on either side"`
	Sort   string   `query:"sort" enum:"last_seen,first_seen,kind,what" default:"last_seen"`
	Order  string   `query:"order" enum:"asc,desc" default:"desc"`
}

// Fact is something that is so in a zone: usual there, or not.
type Fact struct {
	ID        string    `json:"id"`
	Zone      string    `json:"zone"`
	Kind      string    `json:"kind" enum:"device,conversation,operation,destination,identity"`
	Status    string    `json:"status" enum:"usual,deviates,ignored"`
	Device    Party     `json:"device"`
	Peer      Party     `json:"peer" doc:"The server; without an id it is of the internet, and its name the destination"`
	What      string    `json:"what,omitempty" doc:"Service, operation, or what it says of itself"`
	Verb      string    `json:"verb,omitempty"`
	Protocol  string    `json:"protocol,omitempty"`
	Alert     string    `json:"alert,omitempty" doc:"That told of it"`
	By        string    `json:"by,omitempty" doc:"Who decided; absent for what was learnt"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	Count     uint64    `json:"count"`
}

// FactFacets count the facts by the values of a filter.
type FactFacets struct {
	Kind   []store.Count `json:"kind"`
	Status []store.Count `json:"status"`
}

// FactList is a page of facts.
type FactList struct {
	Items  []Fact     `json:"items"`
	Total  uint64     `json:"total" doc:"Of all pages"`
	Facets FactFacets `json:"facets"`
}

// FactsOutput is the answer that carries a FactList.
type FactsOutput struct {
	Body FactList
}

// FactInput names a fact of a zone.
type FactInput struct {
	BaselineInput
	ID string `path:"id" maxLength:"64"`
}

// Accepted is the answer to what takes effect in a moment.
type Accepted struct{}

// baselines is the routes about what is usual, and what people decide about
// what is not.
func (a *api) baselines(h huma.API) {
	viewer, analyst, admin := needs(tyto.Viewer).scoped(), needs(tyto.Analyst).scoped(), needs(tyto.Admin)
	route(h, viewer, http.MethodGet, "/api/v1/baseline", "list-baselines", "Whether each zone learns, and what it learnt", a.listBaselines)
	route(h, viewer, http.MethodGet, "/api/v1/facts", "list-facts", "What is usual, and what is not", a.listFacts)
	route(h, analyst, http.MethodPost, "/api/v1/baseline/{zone}/learn", "learn-zone", "Have a zone learn for a time: what it does becomes usual", a.learnZone)
	route(h, analyst, http.MethodPost, "/api/v1/baseline/{zone}/operate", "operate-zone", "Have a zone stop learning: what is not usual is alerted of", a.operateZone)
	route(h, analyst, http.MethodDelete, "/api/v1/baseline/{zone}/facts/{id}", "forget-fact", "Take something out of the baseline: it is alerted of when it occurs again", a.forgetFact)
	route(h, analyst, http.MethodPost, "/api/v1/alerts/decide", "decide-alerts", "Decide about several alerts at once", a.decideAlerts)
	route(h, analyst, http.MethodPost, "/api/v1/alerts/{id}/comment", "comment-alert", "Add a comment to an alert", a.commentAlert)
	route(h, viewer, http.MethodGet, "/api/v1/mutes", "list-mutes", "What nobody wants to be told of", a.listMutes)
	route(h, analyst, http.MethodPost, "/api/v1/mutes", "create-mute", "Keep alerts from being shown as open", a.postMute)
	route(h, analyst, http.MethodDelete, "/api/v1/mutes/{id}", "delete-mute", "End a mute", a.deleteMute)
	route(h, viewer, http.MethodGet, "/api/v1/detections", "list-detections", "What is looked for, and by which thresholds", a.listDetections)
	route(h, viewer, http.MethodGet, "/api/v1/indicators", "list-indicators", "The lists of what is known to be bad", a.listIndicators)
	route(h, admin.upTo(maxIndicatorText), http.MethodPut, "/api/v1/indicators/{name}", "put-indicators", "Add or replace a list of indicators", a.putIndicators)
	route(h, admin, http.MethodDelete, "/api/v1/indicators/{name}", "delete-indicators", "Drop a list of indicators", a.deleteIndicators)
}

func (a *api) listBaselines(ctx context.Context, _ *struct{}) (*BaselinesOutput, error) {
	all, err := see(ctx).Learnings(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := BaselineList{Items: []ZoneBaseline{}}
	for _, l := range all {
		page, err := see(ctx).Facts(ctx, store.FactQuery{Zone: []string{l.Zone}, Status: []string{string(tyto.Usual)}, Window: store.Window{Sort: "first_seen", Desc: true, Limit: 1}})
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		whole, err := see(ctx).Facts(ctx, store.FactQuery{Zone: []string{l.Zone}})
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		z := ZoneBaseline{Zone: l.Zone, Learning: l.Active, Since: l.Since.UTC(), Until: l.Until, By: l.By, Facts: counts(whole.Facets["kind"]), Statuses: counts(whole.Facets["status"])}
		if len(page.Items) > 0 {
			z.Latest = page.Items[0].First.UTC()
		}
		out.Items = append(out.Items, z)
	}
	return &BaselinesOutput{Body: out}, nil
}

func (a *api) listFacts(ctx context.Context, in *FactsInput) (*FactsOutput, error) {
	page, err := see(ctx).Facts(ctx, store.FactQuery{
		Window: store.Window{Sort: in.Sort, Desc: in.Order == "desc", Limit: in.Limit, Offset: in.Offset},
		Text:   strings.TrimSpace(in.Q), Kind: in.Kind, Status: in.Status, Zone: in.Zone, Device: in.Device,
	})
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	items := make([]Fact, len(page.Items))
	for i := range page.Items {
		items[i] = factOf(&page.Items[i])
	}
	return &FactsOutput{Body: FactList{Items: items, Total: page.Total,
		Facets: FactFacets{Kind: counts(page.Facets["kind"]), Status: counts(page.Facets["status"])}}}, nil
}

func factOf(r *store.FactRow) Fact {
	f := Fact{ID: r.ID, Zone: r.Zone, Kind: string(r.Kind), Status: string(r.Status), Device: party(r.Device, r.DeviceLabel, r.Client), What: r.What,
		Protocol: r.Protocol, Alert: r.Alert, By: r.By, FirstSeen: r.First.UTC(), LastSeen: r.Last.UTC(), Count: r.Count}
	if r.Verb != tyto.NoVerb {
		f.Verb = r.Verb.String()
	}
	switch r.Kind {
	case tyto.FactConversation, tyto.FactOperation:
		f.Peer = party(r.Peer, r.PeerLabel, r.Server)
	case tyto.FactDestination:
		f.Peer = party("", r.Peer, r.Server)
	case tyto.FactIdentity:
		if r.Peer != "" {
			f.What += ", before: " + r.Peer
		}
	}
	return f
}

// order has a zone of those that are seen do what a person decided.
func (a *api) order(ctx context.Context, zone, value string) (*Accepted, error) {
	if !see(ctx).Sees(zone) || a.Analysts == nil {
		return nil, a.problem(ctx, store.ErrNotFound)
	}
	who, _ := auth.Who(ctx)
	if err := a.Analysts.Decide(ctx, zone, who.User, value); err != nil {
		return nil, a.problem(ctx, err)
	}
	return &Accepted{}, nil
}

func (a *api) learnZone(ctx context.Context, in *LearnInput) (*Accepted, error) {
	return a.order(ctx, in.Zone, baseline.DecisionToLearn(a.Clock().Add(time.Duration(in.Body.Hours)*time.Hour)))
}

func (a *api) operateZone(ctx context.Context, in *BaselineInput) (*Accepted, error) {
	return a.order(ctx, in.Zone, baseline.DecisionToLearn(time.Time{}))
}

func (a *api) forgetFact(ctx context.Context, in *FactInput) (*Accepted, error) {
	if _, err := see(ctx).Fact(ctx, in.Zone, in.ID); err != nil {
		return nil, a.problem(ctx, err)
	}
	return a.order(ctx, in.Zone, baseline.DecisionToForget(in.ID))
}

// MaxTogether is how many alerts are decided about at once.
const MaxTogether = 500

// AlertsDecision is a decision about several alerts.
type AlertsDecision struct {
	IDs     []string `json:"ids" minItems:"1" maxItems:"500"`
	Status  string   `json:"status" enum:"active,closed,muted,learned"`
	Comment string   `json:"comment,omitempty" maxLength:"2000"`
}

// AlertsDecisionInput is a request to decide about several alerts.
type AlertsDecisionInput struct {
	Body AlertsDecision
}

// Decided says how many alerts got another status.
type Decided struct {
	Alerts int `json:"alerts" doc:"Of those asked for; the others are none any more"`
}

// DecidedOutput is the answer that carries a Decided.
type DecidedOutput struct {
	Body Decided
}

func (a *api) decideAlerts(ctx context.Context, in *AlertsDecisionInput) (*DecidedOutput, error) {
	var out Decided
	for _, id := range in.Body.IDs {
		switch err := a.decideOne(ctx, id, in.Body.Status, in.Body.Comment); {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return nil, a.problem(ctx, err)
		default:
			out.Alerts++
		}
	}
	return &DecidedOutput{Body: out}, nil
}

// decideOne gives an alert a status, and has its zone act on it.
func (a *api) decideOne(ctx context.Context, id, status, comment string) error {
	row, _, err := see(ctx).Alert(ctx, id)
	if err != nil {
		return err
	}
	who, _ := auth.Who(ctx)
	err = see(ctx).DecideAlert(ctx, id, store.AlertNote{Time: a.Clock(), Who: who.User, What: status, Comment: strings.TrimSpace(comment)})
	if err != nil || a.Analysts == nil || baseline.RuleOf(row.Rule) == nil {
		return err
	}
	return a.Analysts.Decide(ctx, row.Zone, who.User, baseline.DecisionOn(id, status))
}

func (a *api) commentAlert(ctx context.Context, in *AlertDecisionInput) (*AlertOutput, error) {
	row, _, err := see(ctx).Alert(ctx, in.ID)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	if strings.TrimSpace(in.Body.Comment) == "" {
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body.comment", Message: "there is nothing in it"})
	}
	who, _ := auth.Who(ctx)
	err = see(ctx).DecideAlert(ctx, in.ID, store.AlertNote{Time: a.Clock(), Who: who.User, What: row.Status, Comment: strings.TrimSpace(in.Body.Comment)})
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return a.getAlert(ctx, &in.IDInput)
}
