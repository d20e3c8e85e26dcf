package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/outbound"
	"tyto/store"
	"tyto/tyto"
)

// Integrations is who passes on what the hub knows, and who fetches what
// others know.
type Integrations interface {
	// List tells how all are, destinations first.
	List(ctx context.Context) ([]Integration, error)
	// Undelivered lists what a destination did not take, newest first.
	Undelivered(ctx context.Context, name string, limit int) ([]store.Undelivered, error)
	// Replay has a destination try again what it did not take, all of it
	// without ids, and returns how many events that are.
	Replay(ctx context.Context, name string, ids []int64) (int64, error)
	// Test sends a destination a sample event, or asks a connector's product
	// something that changes nothing, and says what came back.
	Test(ctx context.Context, name string) (answer string, err error)
	// Onboardable says whether a device that a connector's product does not
	// know could be, and why, or why not.
	Onboardable(r *store.DeviceRow) (can bool, why string)
}

// ErrNoIntegration says that no destination or connector has that name.
var ErrNoIntegration = errors.New("there is no integration of that name")

// Integration is a destination of events, or a connector to another product.
type Integration struct {
	Name        string            `json:"name"`
	Direction   string            `json:"direction" enum:"out,both" doc:"out: a destination of events; both: a connector"`
	Product     string            `json:"product" doc:"syslog, sentinel, splunk, servicenow, defender, webhook, file"`
	State       string            `json:"state" enum:"working,failing,waiting" doc:"waiting: nothing was sent or fetched yet"`
	Error       string            `json:"error,omitempty" doc:"The last one, also if it is over"`
	Remedy      string            `json:"remedy,omitempty" doc:"What can be done about it"`
	Last        time.Time         `json:"last,omitzero" doc:"When something was sent, or fetched, last"`
	Next        time.Time         `json:"next,omitzero" doc:"Of a connector: when it works next"`
	Delivered   uint64            `json:"delivered" doc:"Events, since the hub started; of a connector: observations that were told, in its life"`
	Undelivered uint64            `json:"undelivered" doc:"Events that are set aside, to be looked at and tried again"`
	Backlog     int64             `json:"backlog" doc:"Entries of the log that are not read yet"`
	Failures    uint64            `json:"failures" doc:"Attempts that failed"`
	Wants       []string          `json:"wants" doc:"What its filter lets through, in words"`
	Counts      map[string]uint64 `json:"counts,omitempty" doc:"More numbers, by name"`
}

// IntegrationList is all integrations.
type IntegrationList struct {
	Items []Integration `json:"items"`
}

// IntegrationsOutput is the answer that carries an IntegrationList.
type IntegrationsOutput struct {
	Body IntegrationList
}

// NameInput names an integration.
type NameInput struct {
	Name string `path:"name" maxLength:"64"`
}

// UndeliveredInput asks for what a destination did not take.
type UndeliveredInput struct {
	NameInput
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// Undelivered is an event that a destination did not take.
type Undelivered struct {
	ID     int64     `json:"id"`
	Time   time.Time `json:"time"`
	Reason string    `json:"reason"`
	Kind   string    `json:"kind"`
	Zone   string    `json:"zone,omitempty"`
	Title  string    `json:"title" doc:"What the event is about, in a few words"`
}

// UndeliveredList is the newest of what a destination did not take.
type UndeliveredList struct {
	Items []Undelivered `json:"items"`
}

// UndeliveredOutput is the answer that carries an UndeliveredList.
type UndeliveredOutput struct {
	Body UndeliveredList
}

// ReplayWish says which events are to be tried again.
type ReplayWish struct {
	IDs []int64 `json:"ids,omitempty" maxItems:"1000" doc:"All without any"`
}

// ReplayInput is a request to try events again.
type ReplayInput struct {
	NameInput
	Body ReplayWish
}

// Replayed is how many events are tried again.
type Replayed struct {
	Events int64 `json:"events"`
}

// ReplayOutput is the answer that carries a Replayed.
type ReplayOutput struct {
	Body Replayed
}

// Tested is what came of a test.
type Tested struct {
	OK     bool   `json:"ok"`
	Answer string `json:"answer,omitempty" doc:"What came back"`
	Error  string `json:"error,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

// TestedOutput is the answer that carries a Tested.
type TestedOutput struct {
	Body Tested
}

// integrations is the routes of destinations and connectors; what these know is
// in connectors.
func (a *api) integrations(h huma.API) {
	all, admin := needs(tyto.Analyst), needs(tyto.Admin)
	route(h, all, http.MethodGet, "/api/v1/integrations", "list-integrations", "Where events are passed on to, and which products are connected", a.listIntegrations)
	route(h, all, http.MethodGet, "/api/v1/integrations/{name}/undelivered", "list-undelivered", "Events that a destination did not take", a.listUndelivered)
	route(h, admin, http.MethodPost, "/api/v1/integrations/{name}/replay", "replay-undelivered", "Try again what a destination did not take", a.replay)
	route(h, admin, http.MethodPost, "/api/v1/integrations/{name}/test", "test-integration", "Send a sample event, or ask for something that changes nothing", a.testIntegration)
	a.connectors(h)
}

func (a *api) listIntegrations(ctx context.Context, _ *struct{}) (*IntegrationsOutput, error) {
	out := IntegrationList{Items: []Integration{}}
	if a.Integrations != nil {
		all, err := a.Integrations.List(ctx)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		for i := range all {
			all[i].Wants = list(all[i].Wants)
		}
		out.Items = append(out.Items, all...)
	}
	return &IntegrationsOutput{Body: out}, nil
}

// integrated reports whether there are integrations at all, as an error.
func (a *api) integrated() error {
	if a.Integrations == nil {
		return ErrNoIntegration
	}
	return nil
}

// integrationProblem is the answer to an error of an integration.
func (a *api) integrationProblem(ctx context.Context, err error) error {
	if errors.Is(err, ErrNoIntegration) {
		return huma.Error404NotFound(ErrNoIntegration.Error())
	}
	return a.problem(ctx, err)
}

func (a *api) listUndelivered(ctx context.Context, in *UndeliveredInput) (*UndeliveredOutput, error) {
	err := a.integrated()
	var all []store.Undelivered
	if err == nil {
		all, err = a.Integrations.Undelivered(ctx, in.Name, in.Limit)
	}
	if err != nil {
		return nil, a.integrationProblem(ctx, err)
	}
	out := UndeliveredList{Items: make([]Undelivered, len(all))}
	for i := range all {
		u := &all[i]
		out.Items[i] = Undelivered{ID: u.ID, Time: u.Time.UTC(), Reason: u.Reason, Kind: string(u.Event.Kind), Zone: u.Event.Zone, Title: aboutEvent(&u.Event)}
	}
	return &UndeliveredOutput{Body: out}, nil
}

// aboutEvent is what an event is about, in a few words.
func aboutEvent(e *tyto.Event) string {
	switch {
	case e.Alert != nil:
		return e.Alert.Title
	case e.Device != nil:
		return strings.Join(strings.Fields(strings.Join([]string{e.Device.Hostname, e.Device.Vendor, e.Device.Model, e.Device.ID}, " ")), " ")
	case e.Act != nil:
		return e.Act.Operation
	case e.Observation != nil:
		return e.Observation.Attr.String() + " " + e.Observation.Value
	case e.Conversation != nil:
		return e.Conversation.Client.Addr.String() + " to " + e.Conversation.Server.Addr.String()
	}
	return string(e.Kind)
}

func (a *api) replay(ctx context.Context, in *ReplayInput) (*ReplayOutput, error) {
	err := a.integrated()
	var n int64
	if err == nil {
		n, err = a.Integrations.Replay(ctx, in.Name, in.Body.IDs)
	}
	if err != nil {
		return nil, a.integrationProblem(ctx, err)
	}
	return &ReplayOutput{Body: Replayed{Events: n}}, nil
}

// maxTest is how long a test may take.
const maxTest = 30 * time.Second

func (a *api) testIntegration(ctx context.Context, in *NameInput) (*TestedOutput, error) {
	if err := a.integrated(); err != nil {
		return nil, a.integrationProblem(ctx, err)
	}
	ctx, cancel := context.WithTimeout(ctx, maxTest)
	defer cancel()
	answer, err := a.Integrations.Test(ctx, in.Name)
	if errors.Is(err, ErrNoIntegration) {
		return nil, a.integrationProblem(ctx, err)
	}
	out := Tested{OK: err == nil, Answer: answer}
	if err != nil {
		out.Error, out.Remedy = outbound.Clean(err.Error(), outbound.MaxReason), outbound.Remedy(err)
	}
	return &TestedOutput{Body: out}, nil
}
