package api

import (
	"context"
	"strings"
	"time"

	"tyto/store"
	"tyto/tyto"
)

// ConversationFilter selects conversations.
type ConversationFilter struct {
	Q        string   `query:"q" maxLength:"200" doc:"Text that addresses, names or protocol contain"`
	Protocol []string `query:"protocol,explode" maxItems:"20" doc:"Wireshark's short names"`
	Scope    []string `query:"scope,explode" maxItems:"4" doc:"lan, other_zone, internet, multicast"`
	Zone     []string `query:"zone,explode" maxItems:"20"`
	Category []string `query:"category,explode" maxItems:"20" doc:"Of every device that takes part: it, iot, ot, network, medical, unknown"`
	Sort     string   `query:"sort" enum:"last_seen,first_seen,bytes,packets,protocol,port,server_name,client,server" default:"last_seen"`
	Order    string   `query:"order" enum:"asc,desc" default:"desc"`
}

// ConversationsInput asks for a page of conversations.
type ConversationsInput struct {
	ConversationFilter
	Paging
	Device string `query:"device" maxLength:"128" doc:"Id of a device on either side"`
}

// DeviceConversationsInput asks for a page of the conversations of a device.
type DeviceConversationsInput struct {
	IDInput
	ConversationFilter
	Paging
}

// Party is one side of a conversation.
type Party struct {
	ID   string `json:"id,omitempty" doc:"The device; absent for hosts of the internet and for groups"`
	Name string `json:"name,omitempty" doc:"The device's name"`
	IP   string `json:"ip,omitempty"`
	MAC  string `json:"mac,omitempty"`
	// Of hosts of the internet, if the hub has databases that say so.
	Country string `json:"country,omitempty" doc:"Of a host of the internet: ISO 3166"`
	ASN     uint32 `json:"asn,omitempty" doc:"Of a host of the internet: the autonomous system"`
	Network string `json:"network,omitempty" doc:"Of a host of the internet: whose network it is in"`
}

// Conversation is what two parties said to each other, summed up.
type Conversation struct {
	Client     Party             `json:"client"`
	Server     Party             `json:"server"`
	Transport  string            `json:"transport" doc:"tcp, udp, icmp, …; ethernet without IP"`
	Port       uint16            `json:"port,omitempty" doc:"The server's; without IP the EtherType"`
	Protocol   string            `json:"protocol,omitempty" doc:"Wireshark's short name, once content confirmed it"`
	ServerName string            `json:"server_name,omitempty" doc:"What the client called the server"`
	Scope      string            `json:"scope" enum:"lan,other_zone,internet,multicast" doc:"other_zone: with an address of another zone of the same site"`
	FirstSeen  time.Time         `json:"first_seen"`
	LastSeen   time.Time         `json:"last_seen"`
	Packets    [2]uint64         `json:"packets" doc:"From client, from server"`
	Bytes      [2]uint64         `json:"bytes" doc:"From client, from server, as on the wire"`
	Operations map[string]uint64 `json:"operations"`
	Sessions   uint64            `json:"sessions"`
}

// ConversationFacets count the conversations by the values of a filter.
type ConversationFacets struct {
	Protocol []store.Count `json:"protocol"`
	Scope    []store.Count `json:"scope"`
}

// ConversationList is a page of conversations.
type ConversationList struct {
	Items  []Conversation     `json:"items"`
	Total  uint64             `json:"total" doc:"Of all pages"`
	Facets ConversationFacets `json:"facets"`
}

// ConversationsOutput is the answer that carries a ConversationList.
type ConversationsOutput struct {
	Body ConversationList
}

func (a *api) listConversations(ctx context.Context, in *ConversationsInput) (*ConversationsOutput, error) {
	return a.conversations(ctx, in.query(in.Paging, in.Device))
}

func (a *api) listDeviceConversations(ctx context.Context, in *DeviceConversationsInput) (*ConversationsOutput, error) {
	if _, _, err := see(ctx).Device(ctx, in.ID); err != nil {
		return nil, a.problem(ctx, err)
	}
	return a.conversations(ctx, in.query(in.Paging, in.ID))
}

func (a *api) conversations(ctx context.Context, q store.ConversationQuery) (*ConversationsOutput, error) {
	page, err := see(ctx).Conversations(ctx, q)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	items := make([]Conversation, len(page.Items))
	for i := range page.Items {
		items[i] = a.conversation(page.Items[i])
	}
	return &ConversationsOutput{Body: ConversationList{
		Items: items, Total: page.Total,
		Facets: ConversationFacets{Protocol: counts(page.Facets["protocol"]), Scope: counts(page.Facets["scope"])},
	}}, nil
}

func (f *ConversationFilter) query(p Paging, device string) store.ConversationQuery {
	return store.ConversationQuery{
		Window: store.Window{Sort: f.Sort, Desc: f.Order == "desc", Limit: p.Limit, Offset: p.Offset},
		Text:   strings.TrimSpace(f.Q), Device: device, Protocol: f.Protocol, Scope: f.Scope, Zone: f.Zone, Category: f.Category,
	}
}

func (a *api) conversation(r store.ConversationRow) Conversation {
	operations := r.Operations
	if operations == nil {
		operations = map[string]uint64{}
	}
	return Conversation{
		Client: a.place(party(r.ClientDevice, r.ClientLabel, r.Client), r.Client), Server: a.place(party(r.ServerDevice, r.ServerLabel, r.Server), r.Server),
		Transport: r.Transport, Port: r.Port, Protocol: r.Protocol, ServerName: r.ServerName, Scope: r.Scope,
		FirstSeen: r.First.UTC(), LastSeen: r.Last.UTC(), Packets: r.Packets, Bytes: r.Bytes,
		Operations: operations, Sessions: r.Sessions,
	}
}

// place adds to a party that is no device where it is.
func (a *api) place(p Party, s tyto.Subject) Party {
	if p.ID == "" && s.Addr.IsPublic() {
		where := a.Geo.Find(s.Addr)
		p.Country, p.ASN, p.Network = where.Country, where.ASN, where.Network
	}
	return p
}

func party(id, name string, s tyto.Subject) Party {
	p := Party{ID: id, Name: name, IP: s.Addr.String()}
	if !s.MAC.IsZero() {
		p.MAC = s.MAC.String()
	}
	return p
}
