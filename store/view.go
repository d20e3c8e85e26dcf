package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tyto/tyto"
)

// A View is what can be seen of a store from some of its zones. What is in
// other zones is not there: it is neither listed nor counted, and asking for
// it by its id is ErrNotFound. All that people and programs ask for of
// devices, conversations, alerts and sensors goes through one.
type View struct {
	of    Store
	zones []string // nil: all
}

// All is the view of everything.
func All(of Store) View { return View{of: of} }

// Within is the view from zones; without zones it is empty.
func Within(of Store, zones []string) View {
	if len(zones) == 0 {
		zones = []string{""} // no zone has that name
	}
	return View{of: of, zones: zones}
}

// Zones is the zones that are seen, nil if it is all of them.
func (v View) Zones() []string { return v.zones }

// Sees reports whether a zone is seen.
func (v View) Sees(zone string) bool { return v.zones == nil || slices.Contains(v.zones, zone) }

// narrow is the zones that are both wanted and seen.
func (v View) narrow(wanted []string) []string {
	switch {
	case v.zones == nil:
		return wanted
	case len(wanted) == 0:
		return v.zones
	}
	both := slices.DeleteFunc(slices.Clone(wanted), func(z string) bool { return !v.Sees(z) })
	if len(both) == 0 {
		return []string{""}
	}
	return both
}

// Devices is Store.Devices.
func (v View) Devices(ctx context.Context, q DeviceQuery) (Page[DeviceRow], error) {
	q.Zone = v.narrow(q.Zone)
	return v.of.Devices(ctx, q)
}

// EachDevice is Store.EachDevice.
func (v View) EachDevice(ctx context.Context, q DeviceQuery, take func(DeviceRow) error) error {
	q.Zone = v.narrow(q.Zone)
	return v.of.EachDevice(ctx, q, take)
}

// Device is Store.Device.
func (v View) Device(ctx context.Context, id string) (DeviceRow, tyto.Device, error) {
	row, d, err := v.of.Device(ctx, id)
	if err == nil && !v.Sees(row.Zone) {
		return DeviceRow{}, tyto.Device{}, fmt.Errorf("store: device %q: %w", id, ErrNotFound)
	}
	return row, d, err
}

// FirstDevices is Store.FirstDevices.
func (v View) FirstDevices(ctx context.Context, sort string, limit int) ([]DeviceRow, error) {
	if v.zones == nil {
		return v.of.FirstDevices(ctx, sort, limit)
	}
	page, err := v.Devices(ctx, DeviceQuery{Window: Window{Sort: sort, Desc: true, Limit: limit}})
	return page.Items, err
}

// CountDevices is Store.CountDevices.
func (v View) CountDevices(ctx context.Context) (uint64, error) {
	if v.zones == nil {
		return v.of.CountDevices(ctx)
	}
	page, err := v.Devices(ctx, DeviceQuery{})
	return page.Total, err
}

// DeviceTotals is Store.DeviceTotals.
func (v View) DeviceTotals(ctx context.Context) (DeviceTotals, error) {
	return v.of.DeviceTotals(ctx, v.zones...)
}

// Conversations is Store.Conversations.
func (v View) Conversations(ctx context.Context, q ConversationQuery) (Page[ConversationRow], error) {
	q.Zone = v.narrow(q.Zone)
	return v.of.Conversations(ctx, q)
}

// ConversationTotals is Store.ConversationTotals.
func (v View) ConversationTotals(ctx context.Context) (ConversationTotals, error) {
	if v.zones == nil {
		return v.of.ConversationTotals(ctx)
	}
	page, err := v.Conversations(ctx, ConversationQuery{})
	t := ConversationTotals{Total: page.Total, Protocols: page.Facets["protocol"]}
	for _, c := range page.Facets["scope"] {
		if c.Key == ScopeInternet {
			t.Internet = c.Count
		}
	}
	return t, err
}

// Traffic is Store.Traffic.
func (v View) Traffic(ctx context.Context, span time.Duration, points int) ([]Traffic, error) {
	return v.of.Traffic(ctx, span, points, v.zones...)
}

// History is Store.History.
func (v View) History(ctx context.Context, q HistoryQuery) (History, error) {
	q.Zone = v.narrow(q.Zone)
	return v.of.History(ctx, q)
}

// Acts is Store.Acts.
func (v View) Acts(ctx context.Context, q ActQuery) ([]ActRow, error) {
	q.Zone = v.narrow(q.Zone)
	return v.of.Acts(ctx, q)
}

// Map is Store.Map.
func (v View) Map(ctx context.Context, q MapQuery) (Map, error) {
	q.Devices.Zone = v.narrow(q.Devices.Zone)
	return v.of.Map(ctx, q)
}

// Alerts is Store.Alerts.
func (v View) Alerts(ctx context.Context, q AlertQuery) (Page[AlertRow], error) {
	q.Zone = v.narrow(q.Zone)
	return v.of.Alerts(ctx, q)
}

// Alert is Store.Alert.
func (v View) Alert(ctx context.Context, id string) (AlertRow, []AlertNote, error) {
	row, notes, err := v.of.Alert(ctx, id)
	if err == nil && !v.Sees(row.Zone) {
		return AlertRow{}, nil, fmt.Errorf("store: alert %q: %w", id, ErrNotFound)
	}
	return row, notes, err
}

// DecideAlert is Store.DecideAlert.
func (v View) DecideAlert(ctx context.Context, id string, n AlertNote) error {
	if _, _, err := v.Alert(ctx, id); err != nil {
		return err
	}
	return v.of.DecideAlert(ctx, id, n)
}

// AlertTotals is Store.AlertTotals.
func (v View) AlertTotals(ctx context.Context) ([]Count, error) {
	if v.zones == nil {
		return v.of.AlertTotals(ctx)
	}
	page, err := v.Alerts(ctx, AlertQuery{Status: []string{AlertNew, AlertActive}})
	counts := page.Facets["severity"]
	slices.SortFunc(counts, func(a, b Count) int { return int(severity(b)) - int(severity(a)) })
	return counts, err
}

func severity(c Count) (s tyto.Severity) {
	_ = s.UnmarshalText([]byte(c.Key)) // what is none is 0, the least
	return s
}

// Sensors is Store.Sensors: those that feed a zone that is seen, with the
// interfaces that do.
func (v View) Sensors(ctx context.Context) ([]Sensor, error) {
	all, err := v.of.Sensors(ctx)
	if v.zones == nil || err != nil {
		return all, err
	}
	var seen []Sensor
	for _, s := range all {
		mine := Sensor{Name: s.Name}
		for _, r := range s.Interfaces {
			if !v.Sees(r.Zone) {
				continue
			}
			mine.Interfaces = append(mine.Interfaces, r)
			if !r.Received.Before(mine.Received) {
				mine.Received, mine.Version, mine.Zone = r.Received, r.Version, r.Zone
			}
		}
		if len(mine.Interfaces) > 0 {
			seen = append(seen, mine)
		}
	}
	return seen, nil
}
