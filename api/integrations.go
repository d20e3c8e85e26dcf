package api

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

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

// MachinesInput asks for a page of what a connector's product knows.
type MachinesInput struct {
	NameInput
	Paging
	Q       string `query:"q" maxLength:"200" doc:"Part of name, address or id"`
	Unheard bool   `query:"unheard" doc:"Those alone that nothing was heard from on the wire"`
}

// Machine is a device as a connector's product knows it.
type Machine struct {
	ID         string    `json:"id" doc:"The product's"`
	Device     string    `json:"device,omitempty" doc:"Ours"`
	Heard      bool      `json:"heard" doc:"Something that it sent was seen on the wire"`
	Zone       string    `json:"zone,omitempty"`
	Name       string    `json:"name,omitempty"`
	OS         string    `json:"os,omitempty"`
	Type       string    `json:"type,omitempty"`
	Onboarding string    `json:"onboarding,omitempty"`
	Exposure   string    `json:"exposure,omitempty"`
	Risk       string    `json:"risk,omitempty"`
	IPs        []string  `json:"ips"`
	MACs       []string  `json:"macs"`
	LastSeen   time.Time `json:"last_seen,omitzero" doc:"By the product"`
}

// MachineList is a page of machines.
type MachineList struct {
	Items []Machine `json:"items"`
	Total uint64    `json:"total"`
}

// MachinesOutput is the answer that carries a MachineList.
type MachinesOutput struct {
	Body MachineList
}

// UnconnectedInput asks for a page of what a connector's product does not know.
type UnconnectedInput struct {
	NameInput
	Paging
}

// Unconnected is a device that a connector's product does not know.
type Unconnected struct {
	Device DeviceRow `json:"device"`
	Can    bool      `json:"can" doc:"It could be onboarded"`
	Why    string    `json:"why" doc:"Or why not"`
}

// UnconnectedList is a page of such devices.
type UnconnectedList struct {
	Items []Unconnected `json:"items"`
	Total uint64        `json:"total"`
}

// UnconnectedOutput is the answer that carries an UnconnectedList.
type UnconnectedOutput struct {
	Body UnconnectedList
}

// integrations is the routes of destinations and connectors.
func (a *api) integrations(h huma.API) {
	viewer, all, admin := needs(tyto.Viewer).scoped(), needs(tyto.Analyst), needs(tyto.Admin)
	route(h, all, http.MethodGet, "/api/v1/integrations", "list-integrations", "Where events are passed on to, and which products are connected", a.listIntegrations)
	route(h, all, http.MethodGet, "/api/v1/integrations/{name}/undelivered", "list-undelivered", "Events that a destination did not take", a.listUndelivered)
	route(h, admin, http.MethodPost, "/api/v1/integrations/{name}/replay", "replay-undelivered", "Try again what a destination did not take", a.replay)
	route(h, admin, http.MethodPost, "/api/v1/integrations/{name}/test", "test-integration", "Send a sample event, or ask for something that changes nothing", a.testIntegration)
	route(h, viewer, http.MethodGet, "/api/v1/connectors/{name}/machines", "list-machines", "Devices as a connected product knows them", a.listMachines)
	route(h, viewer.csv(), http.MethodGet, "/api/v1/connectors/{name}/machines.csv", "export-machines", "Devices as a connected product knows them, as CSV", a.exportMachines)
	route(h, viewer, http.MethodGet, "/api/v1/connectors/{name}/unconnected", "list-unconnected", "Devices that were seen and that a connected product does not know", a.listUnconnected)
	route(h, viewer.csv(), http.MethodGet, "/api/v1/connectors/{name}/unconnected.csv", "export-unconnected", "Devices that were seen and that a connected product does not know, as CSV", a.exportUnconnected)
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

func (a *api) listMachines(ctx context.Context, in *MachinesInput) (*MachinesOutput, error) {
	page, err := see(ctx).Machines(ctx, store.MachineQuery{Connector: in.Name, Text: strings.TrimSpace(in.Q), Unheard: in.Unheard, Window: store.Window{Limit: in.Limit, Offset: in.Offset}})
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := MachineList{Items: make([]Machine, len(page.Items)), Total: page.Total}
	for i := range page.Items {
		out.Items[i] = machineOf(&page.Items[i])
	}
	return &MachinesOutput{Body: out}, nil
}

func machineOf(m *store.Machine) Machine {
	out := Machine{ID: m.ID, Device: m.Device, Heard: m.Heard, Zone: m.Zone, Name: m.Name, OS: m.OS, Type: m.Type, Onboarding: m.Onboarding, Exposure: m.Exposure, Risk: m.Risk,
		IPs: []string{}, MACs: []string{}, LastSeen: m.Last.UTC()}
	for _, x := range m.Adapters {
		if x.MAC != "" {
			out.MACs = append(out.MACs, x.MAC)
		}
		out.IPs = append(out.IPs, x.IPs...)
	}
	return out
}

func (a *api) listUnconnected(ctx context.Context, in *UnconnectedInput) (*UnconnectedOutput, error) {
	page, err := see(ctx).Unconnected(ctx, store.UnconnectedQuery{Connector: in.Name, Window: store.Window{Limit: in.Limit, Offset: in.Offset}})
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := UnconnectedList{Items: make([]Unconnected, len(page.Items)), Total: page.Total}
	for i := range page.Items {
		out.Items[i] = Unconnected{Device: a.deviceRow(page.Items[i])}
		out.Items[i].Can, out.Items[i].Why = a.onboardable(&page.Items[i])
	}
	return &UnconnectedOutput{Body: out}, nil
}

func (a *api) onboardable(r *store.DeviceRow) (can bool, why string) {
	if a.Integrations == nil {
		return false, ErrNoIntegration.Error()
	}
	return a.Integrations.Onboardable(r)
}

// exportAtOnce is how many rows of an export are read at once.
const exportAtOnce = 500

func (a *api) exportMachines(_ context.Context, in *MachinesInput) (*huma.StreamResponse, error) {
	head := []string{"id", "name", "os", "type", "onboarding", "exposure", "risk", "ips", "macs", "zone", "device", "heard", "last_seen"}
	return a.exported("machines.csv", head, func(ctx context.Context, offset int) (rows [][]string, err error) {
		page, err := see(ctx).Machines(ctx, store.MachineQuery{Connector: in.Name, Text: strings.TrimSpace(in.Q), Unheard: in.Unheard, Window: store.Window{Limit: exportAtOnce, Offset: offset}})
		for i := range page.Items {
			m := machineOf(&page.Items[i])
			rows = append(rows, []string{m.ID, m.Name, m.OS, m.Type, m.Onboarding, m.Exposure, m.Risk, strings.Join(m.IPs, " "), strings.Join(m.MACs, " "), m.Zone, m.Device,
				strconv.FormatBool(m.Heard), m.LastSeen.Format(time.RFC3339)})
		}
		return rows, err
	}), nil
}

func (a *api) exportUnconnected(_ context.Context, in *UnconnectedInput) (*huma.StreamResponse, error) {
	return a.exported("unconnected.csv", append([]string{"can", "why"}, csvHead...), func(ctx context.Context, offset int) (rows [][]string, err error) {
		page, err := see(ctx).Unconnected(ctx, store.UnconnectedQuery{Connector: in.Name, Window: store.Window{Limit: exportAtOnce, Offset: offset}})
		for i := range page.Items {
			can, why := a.onboardable(&page.Items[i])
			rows = append(rows, append([]string{strconv.FormatBool(can), why}, csvRow(a.deviceRow(page.Items[i]))...))
		}
		return rows, err
	}), nil
}

// exported streams rows as CSV, a part at a time, until there are none.
func (a *api) exported(file string, head []string, next func(ctx context.Context, offset int) ([][]string, error)) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(h huma.Context) {
		_, w := humago.Unwrap(h)
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
		out, deadline := csv.NewWriter(w), http.NewResponseController(w)
		err := out.Write(head)
		for offset := 0; err == nil; offset += exportAtOnce {
			var rows [][]string
			if rows, err = next(h.Context(), offset); err != nil || len(rows) == 0 {
				break
			}
			_ = deadline.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every writer has deadlines
			for _, r := range rows {
				for i := range r {
					r[i] = inert(r[i])
				}
				err = errors.Join(err, out.Write(r))
			}
		}
		out.Flush()
		if err = errors.Join(err, out.Error()); err != nil {
			if h.Context().Err() == nil {
				a.Log.ErrorContext(h.Context(), "export broke off", "err", err)
			}
			panic(http.ErrAbortHandler) // as in exportDevices
		}
	}}
}
