package api

import (
	"context"
	"time"

	"tyto/store"
)

// Overview is the network in numbers.
type Overview struct {
	Devices       OverviewDevices       `json:"devices"`
	Conversations OverviewConversations `json:"conversations"`
	Sensors       OverviewSensors       `json:"sensors"`
	Alerts        OverviewAlerts        `json:"alerts"`
	Recent        []DeviceRow           `json:"recent" doc:"First seen last"`
	TopTalkers    []DeviceRow           `json:"top_talkers" doc:"Most bytes sent"`
	Protocols     []store.Count         `json:"protocols" doc:"By conversations"`
	Traffic       []store.Traffic       `json:"traffic" doc:"Of the 24 hours before the newest packet, in equal steps, oldest first"`
}

// OverviewDevices counts devices.
type OverviewDevices struct {
	Total      uint64        `json:"total"`
	ByCategory []store.Count `json:"by_category"`
	ByType     []store.Count `json:"by_type"`
	ByVendor   []store.Count `json:"by_vendor"`
	ByOS       []store.Count `json:"by_os"`
	New24h     uint64        `json:"new_24h" doc:"First seen in the 24 hours before the newest packet"`
}

// OverviewConversations counts conversations.
type OverviewConversations struct {
	Total    uint64 `json:"total"`
	Internet uint64 `json:"internet"`
}

// OverviewSensors counts sensors.
type OverviewSensors struct {
	Total  int `json:"total"`
	Online int `json:"online"`
	Lossy  int `json:"lossy"`
}

// OverviewAlerts counts the alerts that are open.
type OverviewAlerts struct {
	Open       uint64        `json:"open" doc:"New or active"`
	BySeverity []store.Count `json:"by_severity" doc:"The gravest first"`
}

// OverviewOutput is the answer that carries an Overview.
type OverviewOutput struct {
	Body Overview
}

const (
	overviewRows   = 8
	overviewSpan   = 24 * time.Hour
	overviewPoints = 144
	overviewFacets = 12
)

func (a *api) getOverview(ctx context.Context, _ *struct{}) (*OverviewOutput, error) {
	var o Overview
	for _, fill := range []func(context.Context, *Overview) error{a.overviewDevices, a.overviewConversations, a.overviewSensors, a.overviewAlerts, a.overviewLists} {
		if err := fill(ctx, &o); err != nil {
			return nil, a.problem(ctx, err)
		}
	}
	return &OverviewOutput{Body: o}, nil
}

func (a *api) overviewDevices(ctx context.Context, o *Overview) error {
	t, err := see(ctx).DeviceTotals(ctx)
	if err != nil {
		return err
	}
	o.Devices = OverviewDevices{Total: t.Total, New24h: t.NewDay, ByCategory: top(t.ByCategory), ByType: top(t.ByType), ByVendor: top(t.ByVendor), ByOS: top(t.ByOS)}
	return nil
}

func (a *api) overviewConversations(ctx context.Context, o *Overview) error {
	t, err := see(ctx).ConversationTotals(ctx)
	if err != nil {
		return err
	}
	o.Conversations = OverviewConversations{Total: t.Total, Internet: t.Internet}
	o.Protocols = top(t.Protocols)
	traffic, err := see(ctx).Traffic(ctx, overviewSpan, overviewPoints)
	o.Traffic = list(traffic)
	return err
}

func (a *api) overviewSensors(ctx context.Context, o *Overview) error {
	sensors, err := see(ctx).Sensors(ctx)
	if err != nil {
		return err
	}
	for _, s := range a.sensors(sensors) {
		o.Sensors.Total++
		if s.Online {
			o.Sensors.Online++
		}
		for _, i := range s.Interfaces {
			if i.State == stateLossy {
				o.Sensors.Lossy++
				break
			}
		}
	}
	return nil
}

func (a *api) overviewAlerts(ctx context.Context, o *Overview) error {
	counts, err := see(ctx).AlertTotals(ctx)
	o.Alerts.BySeverity = list(counts)
	for _, c := range counts {
		o.Alerts.Open += c.Count
	}
	return err
}

func (a *api) overviewLists(ctx context.Context, o *Overview) (err error) {
	if o.Recent, err = a.first(ctx, "first_seen"); err != nil {
		return err
	}
	o.TopTalkers, err = a.first(ctx, "bytes")
	return err
}

// first is the devices that a descending order begins with.
func (a *api) first(ctx context.Context, sort string) ([]DeviceRow, error) {
	rows, err := see(ctx).FirstDevices(ctx, sort, overviewRows)
	return a.deviceRows(rows), err
}

// top is the most frequent counts.
func top(c []store.Count) []store.Count { return list(c[:min(len(c), overviewFacets)]) }
