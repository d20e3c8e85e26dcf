package api

import (
	"context"
	"strings"
	"time"

	"tyto/store"
)

// HistoryInput asks for what went over conversations in the course of time.
type HistoryInput struct {
	Q         string    `query:"q" maxLength:"200" doc:"Text that addresses, names or protocol contain"`
	Device    string    `query:"device" maxLength:"128" doc:"Id of a device on either side"`
	Client    string    `query:"client" maxLength:"128" doc:"Id of the device that asked"`
	Server    string    `query:"server" maxLength:"128" doc:"Id of the device that answered"`
	ClientIP  string    `query:"client_ip" maxLength:"45" doc:"Address, for who is no device"`
	ServerIP  string    `query:"server_ip" maxLength:"45" doc:"Address, for who is no device"`
	Transport string    `query:"transport" maxLength:"32" doc:"tcp, udp, …"`
	Protocol  []string  `query:"protocol,explode" maxItems:"20" doc:"Wireshark's short names"`
	Scope     []string  `query:"scope,explode" maxItems:"4" doc:"lan, other_zone, internet, multicast"`
	Zone      []string  `query:"zone,explode" maxItems:"20"`
	Category  []string  `query:"category,explode" maxItems:"20" doc:"Of every device that takes part: it, iot, ot, network, medical, unknown"`
	Port      int       `query:"port" minimum:"0" maximum:"65535" doc:"The server's"`
	From      time.Time `query:"from" doc:"Without it, from the first that is kept"`
	To        time.Time `query:"to" doc:"Without it, up to the last"`
	Points    int       `query:"points" minimum:"1" maximum:"2000" default:"200" doc:"At most so many intervals"`
}

// HistoryPoint is what went over conversations in an interval.
type HistoryPoint struct {
	Time     time.Time `json:"time" doc:"When the interval begins"`
	Packets  [2]uint64 `json:"packets" doc:"From client, from server"`
	Bytes    [2]uint64 `json:"bytes" doc:"From client, from server, as on the wire"`
	Sessions uint64    `json:"sessions" doc:"That began"`
}

// History is equal intervals, oldest first, without a gap.
type History struct {
	Step   int64          `json:"step" doc:"Seconds of an interval: no finer than what is kept of the time asked for"`
	Points []HistoryPoint `json:"points"`
}

// HistoryOutput is the answer that carries a History.
type HistoryOutput struct {
	Body History
}

func (a *api) getHistory(ctx context.Context, in *HistoryInput) (*HistoryOutput, error) {
	h, err := see(ctx).History(ctx, store.HistoryQuery{Text: strings.TrimSpace(in.Q), Device: in.Device, Protocol: in.Protocol, Scope: in.Scope, Zone: in.Zone,
		Category: in.Category, Client: in.Client, Server: in.Server, ClientIP: in.ClientIP, ServerIP: in.ServerIP, Transport: in.Transport, Port: uint16(in.Port), From: in.From, To: in.To, Points: in.Points})
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := &HistoryOutput{Body: History{Step: int64(h.Step / time.Second), Points: make([]HistoryPoint, len(h.Points))}}
	for i, p := range h.Points {
		out.Body.Points[i] = HistoryPoint{Time: p.Time, Packets: p.Packets, Bytes: p.Bytes, Sessions: p.Sessions}
	}
	return out, nil
}
