package api

import (
	"cmp"
	"context"
	"time"

	"tyto/fingerprint"
	"tyto/store"
)

// MapInput asks for a map of the network. Filters select devices, and the
// conversations among them.
type MapInput struct {
	Q        string   `query:"q" maxLength:"200" doc:"Text that names, addresses, vendor, model or type contain"`
	Category []string `query:"category,explode" maxItems:"20" doc:"it, iot, ot, network, medical, unknown"`
	Type     []string `query:"type,explode" maxItems:"20" doc:"Ids of the taxonomy, such as ip_camera"`
	Vendor   []string `query:"vendor,explode" maxItems:"20"`
	Site     []string `query:"site,explode" maxItems:"20"`
	Zone     []string `query:"zone,explode" maxItems:"20"`
	Protocol []string `query:"protocol,explode" maxItems:"20" doc:"Wireshark's short names"`
	Scope    []string `query:"scope,explode" maxItems:"10" doc:"lan, other_zone, internet, multicast"`
	Devices  int      `query:"devices" minimum:"1" maximum:"5000" default:"2000" doc:"The most devices, those with the most bytes"`
	Links    int      `query:"links" minimum:"0" maximum:"50000" default:"10000" doc:"The most links, those with the most bytes"`
}

// MapDevice is a device as a map shows it.
type MapDevice struct {
	ID       string    `json:"id"`
	Name     string    `json:"name,omitempty" doc:"What it is called"`
	Category string    `json:"category" doc:"it, iot, ot, network, medical, unknown"`
	Type     string    `json:"type,omitempty" doc:"Id of the taxonomy"`
	Vendor   string    `json:"vendor,omitempty"`
	IP       string    `json:"ip,omitempty"`
	MAC      string    `json:"mac,omitempty"`
	Zone     string    `json:"zone,omitempty"`
	Site     string    `json:"site,omitempty"`
	Purdue   string    `json:"purdue_level,omitempty" doc:"The level where devices of its type usually are"`
	Bytes    uint64    `json:"bytes" doc:"Sent"`
	LastSeen time.Time `json:"last_seen"`
}

// MapProtocol is the part of a link that is one protocol.
type MapProtocol struct {
	Protocol string `json:"protocol,omitempty" doc:"Wireshark's short name; absent if it is not known"`
	Bytes    uint64 `json:"bytes"`
}

// MapLink is all that one device asks of another and is answered.
type MapLink struct {
	Client        string        `json:"client,omitempty" doc:"Id of a device; absent for hosts of the internet and for groups"`
	Server        string        `json:"server,omitempty" doc:"As client"`
	Scope         string        `json:"scope" doc:"lan, other_zone, internet, multicast"`
	Protocols     []MapProtocol `json:"protocols" doc:"The most bytes first, at most 8"`
	Conversations uint64        `json:"conversations"`
	Packets       uint64        `json:"packets"`
	Bytes         uint64        `json:"bytes"`
	LastSeen      time.Time     `json:"last_seen"`
}

// NetworkMap is who talks to whom.
type NetworkMap struct {
	Devices      []MapDevice `json:"devices" doc:"The most bytes first"`
	DevicesTotal uint64      `json:"devices_total" doc:"How many devices the filters select, shown or not"`
	Links        []MapLink   `json:"links" doc:"The most bytes first; both ends are among devices, or are none"`
	LinksTotal   uint64      `json:"links_total" doc:"How many links there are among the devices, shown or not"`
}

// MapOutput is the answer that carries a NetworkMap.
type MapOutput struct {
	Body NetworkMap
}

// maxLinkProtocols is as many protocols of a link as a person reads.
const maxLinkProtocols = 8

func (a *api) getMap(ctx context.Context, in *MapInput) (*MapOutput, error) {
	filter := Filter{Q: in.Q, Category: in.Category, Type: in.Type, Vendor: in.Vendor, Site: in.Site, Zone: in.Zone}
	m, err := see(ctx).Map(ctx, store.MapQuery{Devices: filter.query(Paging{Limit: in.Devices}), Protocol: in.Protocol, Scope: in.Scope, Links: in.Links})
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := NetworkMap{Devices: make([]MapDevice, len(m.Devices)), DevicesTotal: m.Selected, Links: make([]MapLink, len(m.Links)), LinksTotal: m.Found}
	for i := range m.Devices {
		out.Devices[i] = mapDevice(&m.Devices[i])
	}
	for i := range m.Links {
		out.Links[i] = mapLink(&m.Links[i])
	}
	return &MapOutput{Body: out}, nil
}

func mapDevice(r *store.DeviceRow) MapDevice {
	usual, _ := fingerprint.TypeOf(r.Type)
	return MapDevice{ID: r.ID, Name: cmp.Or(r.Hostname, r.Model), Category: r.Category, Type: r.Type, Vendor: r.Vendor, IP: r.IP, MAC: r.MAC, Zone: r.Zone, Site: r.Site,
		Purdue: usual.Purdue, Bytes: r.Bytes, LastSeen: r.Last.UTC()}
}

func mapLink(l *store.Link) MapLink {
	protocols := make([]MapProtocol, min(len(l.Protocols), maxLinkProtocols))
	for i := range protocols {
		protocols[i] = MapProtocol(l.Protocols[i])
	}
	return MapLink{Client: l.Client, Server: l.Server, Scope: l.Scope, Protocols: protocols, Conversations: l.Conversations, Packets: l.Packets, Bytes: l.Bytes,
		LastSeen: l.Last.UTC()}
}
