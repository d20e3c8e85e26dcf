package api

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/store"
	"tyto/tyto"
)

// Filter selects devices. A filter that is given more than once lets any of
// its values through.
type Filter struct {
	Q        string   `query:"q" maxLength:"200" doc:"Text that names, addresses, vendor, model or type contain"`
	Category []string `query:"category,explode" maxItems:"20" doc:"it, iot, ot, network, medical, unknown"`
	Type     []string `query:"type,explode" maxItems:"20" doc:"Ids of the taxonomy, such as ip_camera"`
	Vendor   []string `query:"vendor,explode" maxItems:"20"`
	OS       []string `query:"os,explode" maxItems:"20"`
	Role     []string `query:"role,explode" maxItems:"20"`
	Site     []string `query:"site,explode" maxItems:"20"`
	Zone     []string `query:"zone,explode" maxItems:"20"`
	Sort     string   `query:"sort" enum:"last_seen,first_seen,hostname,ip,type,vendor,model,os,packets,bytes" default:"last_seen"`
	Order    string   `query:"order" enum:"asc,desc" default:"desc"`
}

// Resolve implements huma.Resolver: it bounds each value.
func (f *Filter) Resolve(huma.Context) (errs []error) {
	for name, values := range map[string][]string{"category": f.Category, "type": f.Type, "vendor": f.Vendor, "os": f.OS, "role": f.Role, "site": f.Site, "zone": f.Zone} {
		for _, v := range values {
			if len(v) > 200 {
				errs = append(errs, &huma.ErrorDetail{Location: "query." + name, Message: "expected at most 200 bytes"})
			}
		}
	}
	return errs
}

// Paging is which part of a list is wanted.
type Paging struct {
	Limit  int `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Offset int `query:"offset" minimum:"0" maximum:"100000000"`
}

// DevicesInput asks for a page of devices.
type DevicesInput struct {
	Filter
	Paging
}

// DeviceRow is a device as a list shows it. Absent facts are absent.
type DeviceRow struct {
	ID         string    `json:"id"`
	Category   string    `json:"category" doc:"it, iot, ot, network, medical, unknown"`
	Type       string    `json:"type,omitempty" doc:"Id of the taxonomy, such as ip_camera"`
	TypeName   string    `json:"type_name,omitempty" doc:"The type in words"`
	Vendor     string    `json:"vendor,omitempty"`
	Model      string    `json:"model,omitempty"`
	OS         string    `json:"os,omitempty"`
	Firmware   string    `json:"firmware,omitempty"`
	Hostname   string    `json:"hostname,omitempty"`
	IP         string    `json:"ip,omitempty" doc:"The first of ips"`
	IPs        []string  `json:"ips"`
	MAC        string    `json:"mac,omitempty"`
	NICVendor  string    `json:"nic_vendor,omitempty" doc:"Who registered the prefix of the MAC address"`
	Role       string    `json:"role,omitempty" doc:"What it does for others, separated by commas"`
	Protocols  []string  `json:"protocols"`
	FirstSeen  time.Time `json:"first_seen"`
	LastSeen   time.Time `json:"last_seen"`
	Packets    uint64    `json:"packets" doc:"Sent"`
	Bytes      uint64    `json:"bytes" doc:"Sent, as on the wire"`
	Zone       string    `json:"zone,omitempty"`
	Sensor     string    `json:"sensor,omitempty"`
	Confidence string    `json:"confidence,omitempty" enum:"guessed,inferred,shown,stated,confirmed" doc:"How sure the type is"`
}

// DeviceFacets count the devices by the values of a filter; each count
// ignores the filter it belongs to.
type DeviceFacets struct {
	Category []store.Count `json:"category"`
	Type     []store.Count `json:"type"`
	Vendor   []store.Count `json:"vendor"`
	OS       []store.Count `json:"os"`
}

// DeviceList is a page of devices.
type DeviceList struct {
	Items  []DeviceRow  `json:"items"`
	Total  uint64       `json:"total" doc:"Of all pages"`
	Facets DeviceFacets `json:"facets"`
}

// DevicesOutput is the answer that carries a DeviceList.
type DevicesOutput struct {
	Body DeviceList
}

// IDInput names a device.
type IDInput struct {
	ID string `path:"id" minLength:"1" maxLength:"128"`
}

// DeviceDetail is a device, whole.
type DeviceDetail struct {
	Device tyto.Device `json:"device"`
	Row    DeviceRow   `json:"row"`
}

// DeviceOutput is the answer that carries a DeviceDetail.
type DeviceOutput struct {
	Body DeviceDetail
}

func (a *api) listDevices(ctx context.Context, in *DevicesInput) (*DevicesOutput, error) {
	page, err := see(ctx).Devices(ctx, in.query(in.Paging))
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &DevicesOutput{Body: DeviceList{
		Items: a.deviceRows(page.Items),
		Total: page.Total,
		Facets: DeviceFacets{
			Category: counts(page.Facets["category"]),
			Type:     counts(page.Facets["type"]),
			Vendor:   counts(page.Facets["vendor"]),
			OS:       counts(page.Facets["os"]),
		},
	}}, nil
}

func (a *api) getDevice(ctx context.Context, in *IDInput) (*DeviceOutput, error) {
	row, device, err := see(ctx).Device(ctx, in.ID)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &DeviceOutput{Body: DeviceDetail{Device: whole(device), Row: a.deviceRow(row)}}, nil
}

// query is the filter as the store understands it.
func (f *Filter) query(p Paging) store.DeviceQuery {
	return store.DeviceQuery{
		Window: store.Window{Sort: f.Sort, Desc: f.Order == "desc", Limit: p.Limit, Offset: p.Offset},
		Text:   strings.TrimSpace(f.Q), Category: f.Category, Type: f.Type, Vendor: f.Vendor, OS: f.OS,
		Role: f.Role, Site: f.Site, Zone: f.Zone,
	}
}

func (a *api) deviceRows(rows []store.DeviceRow) []DeviceRow {
	out := make([]DeviceRow, len(rows))
	for i := range rows {
		out[i] = a.deviceRow(rows[i])
	}
	return out
}

func (a *api) deviceRow(r store.DeviceRow) DeviceRow {
	return DeviceRow{
		ID: r.ID, Category: r.Category, Type: r.Type, TypeName: a.typeName(r.Type), Vendor: r.Vendor, Model: r.Model,
		OS: r.OS, Firmware: r.Firmware, Hostname: r.Hostname, IP: r.IP, IPs: list(r.IPs), MAC: r.MAC, NICVendor: r.NICVendor,
		Role: strings.Join(r.Roles, ", "), Protocols: list(r.Protocols), FirstSeen: r.First.UTC(), LastSeen: r.Last.UTC(),
		Packets: r.Packets, Bytes: r.Bytes, Zone: r.Zone, Sensor: r.Sensor, Confidence: r.Confidence,
	}
}

func (a *api) typeName(id string) string {
	if a.TypeName == nil || id == "" {
		return id
	}
	return a.TypeName(id)
}

// whole is a device without null lists.
func whole(d tyto.Device) tyto.Device {
	d.Interfaces, d.Evidence = list(d.Interfaces), list(d.Evidence)
	if d.Beliefs == nil {
		d.Beliefs = map[tyto.Attr]tyto.Belief{}
	}
	return d
}

// list is s, never nil: a list on the wire is never null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func counts(c []store.Count) []store.Count { return list(c) }

var _ huma.Resolver = (*Filter)(nil)
