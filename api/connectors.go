package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/store"
	"tyto/tyto"
)

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

// connectors is the routes of what connected products know, and do not.
func (a *api) connectors(h huma.API) {
	viewer := needs(tyto.Viewer).scoped()
	route(h, viewer, http.MethodGet, "/api/v1/connectors/{name}/machines", "list-machines", "Devices as a connected product knows them", a.listMachines)
	route(h, viewer.csv(), http.MethodGet, "/api/v1/connectors/{name}/machines.csv", "export-machines", "Devices as a connected product knows them, as CSV", a.exportMachines)
	route(h, viewer, http.MethodGet, "/api/v1/connectors/{name}/unconnected", "list-unconnected", "Devices that were seen and that a connected product does not know", a.listUnconnected)
	route(h, viewer.csv(), http.MethodGet, "/api/v1/connectors/{name}/unconnected.csv", "export-unconnected", "Devices that were seen and that a connected product does not know, as CSV", a.exportUnconnected)
}

func (in *MachinesInput) query(w store.Window) store.MachineQuery {
	return store.MachineQuery{Connector: in.Name, Text: strings.TrimSpace(in.Q), Unheard: in.Unheard, Window: w}
}

func (a *api) listMachines(ctx context.Context, in *MachinesInput) (*MachinesOutput, error) {
	page, err := see(ctx).Machines(ctx, in.query(store.Window{Limit: in.Limit, Offset: in.Offset}))
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
	return a.table("machines.csv", head, pages(func(ctx context.Context, w store.Window) (store.Page[store.Machine], error) {
		return see(ctx).Machines(ctx, in.query(w))
	}, func(x *store.Machine) []string {
		m := machineOf(x)
		return []string{m.ID, m.Name, m.OS, m.Type, m.Onboarding, m.Exposure, m.Risk, strings.Join(m.IPs, " "), strings.Join(m.MACs, " "), m.Zone, m.Device,
			strconv.FormatBool(m.Heard), m.LastSeen.Format(time.RFC3339)}
	})), nil
}

func (a *api) exportUnconnected(_ context.Context, in *UnconnectedInput) (*huma.StreamResponse, error) {
	return a.table("unconnected.csv", append([]string{"can", "why"}, csvHead...), pages(func(ctx context.Context, w store.Window) (store.Page[store.DeviceRow], error) {
		return see(ctx).Unconnected(ctx, store.UnconnectedQuery{Connector: in.Name, Window: w})
	}, func(r *store.DeviceRow) []string {
		can, why := a.onboardable(r)
		return append([]string{strconv.FormatBool(can), why}, csvRow(a.deviceRow(*r))...)
	})), nil
}

// pages is the rows of a table that is read a page at a time, until there is none.
func pages[T any](next func(context.Context, store.Window) (store.Page[T], error), cells func(*T) []string) func(context.Context, func(...string) error) error {
	return func(ctx context.Context, row func(...string) error) error {
		for offset := 0; ; offset += exportAtOnce {
			page, err := next(ctx, store.Window{Limit: exportAtOnce, Offset: offset})
			if err != nil || len(page.Items) == 0 {
				return err
			}
			for i := range page.Items {
				if err := row(cells(&page.Items[i])...); err != nil {
					return err
				}
			}
		}
	}
}
