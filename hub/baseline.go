package hub

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"tyto/baseline"
	"tyto/detect"
	"tyto/store"
	"tyto/tyto"
)

// newBaseline is the baseline of a zone that begins to learn, nil if zones
// have none.
func (z *zone) newBaseline() *baseline.Baseline {
	if z.hub.cfg.Baseline.Learning <= 0 {
		return nil
	}
	b := baseline.New(z.name, z.hub.cfg.Baseline, z.known, z.names.find)
	b.Begin(z.hub.now())
	z.switched = true
	return b
}

// decided does what a person decided about the zone. Who decides is no sensor.
func (z *zone) decided(e *tyto.Event, fresh bool) {
	if z.usual == nil || !fresh || e.Sensor != "" || e.Observation.Confidence < tyto.Confirmed {
		return
	}
	before := z.usual.Learning()
	if err := z.usual.Decide(e.Observation, e.Time); err != nil {
		z.hub.log.Warn("a decision is passed over", "zone", z.name, "err", err)
	}
	z.switched = z.switched || z.usual.Learning() != before
}

// lost tells the baseline of devices that are none any more, before others
// are told that took their place.
func (z *zone) lost(id string) {
	if z.usual != nil && !z.known.Has(id) {
		z.usual.Gone(id)
	}
}

// introduce tells the baseline of a device as it is known now.
func (z *zone) introduce(d *tyto.Device) {
	if z.usual != nil {
		z.usual.Device(d)
	}
}

// takeUsual takes what is new about what is usual, and what is not.
func (z *zone) takeUsual(c *store.Change) {
	if z.usual == nil {
		return
	}
	c.Alerts = append(c.Alerts, z.usual.Alerts()...)
	z.switched = z.usual.Tick(z.hub.now()) || z.switched
	c.Facts, c.FactsGone = z.usual.Changes()
	if z.switched {
		l := z.usual.Learning()
		c.Learning, z.switched = &l, false
	}
}

// restoreUsual makes the baseline know again what it knew, before the log is
// read. Where there is none yet it begins with the conversations that are
// known already.
func (z *zone) restoreUsual(ctx context.Context) error {
	if z.usual == nil {
		return nil
	}
	all, err := z.hub.deps.Store.Learnings(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(l tyto.Learning) bool { return l.Zone == z.name })
	if i < 0 {
		return z.hub.deps.Store.Known(ctx, z.name, func(c store.Conversation) error {
			z.usual.Learn(&tyto.Event{Zone: z.name, Time: c.Last, Kind: tyto.KindConversation, Conversation: &c.Conversation})
			return nil
		})
	}
	z.usual.Switch(all[i])
	z.switched = false
	return z.hub.deps.Store.EachFact(ctx, z.name, func(f tyto.Fact) error {
		z.usual.Restore(f)
		return nil
	})
}

// recall counts again what rules had counted before the hub ended. Alerts of
// it were told then.
func (z *zone) recall(e *tyto.Event) {
	if z.alerts != nil && z.hub.now().Sub(e.Time) <= z.hub.countedFor {
		z.alerts.Learn(e)
	}
}

// maxRestoredAlerts is how many of the latest alerts others may come of after
// a restart.
const maxRestoredAlerts = 2000

// restoreFamily remembers the latest alerts.
func (z *zone) restoreFamily(ctx context.Context) error {
	page, err := z.hub.deps.Store.Alerts(ctx, store.AlertQuery{Zone: []string{z.name}, Window: store.Window{Limit: maxRestoredAlerts}})
	if err != nil {
		return err
	}
	for i := range page.Items {
		z.family.Restore(page.Items[i].Alert)
	}
	return nil
}

// newFamily is the family of a zone's alerts.
func (h *Hub) newFamily() *detect.Family { return detect.NewFamily(Under(h.cfg.Detections)) }

// Under says by rule whose consequence its alerts may be: what the baseline
// says is not usual may be of what rules say, which may be nil.
func Under(rules *detect.Rules) map[string][]string {
	under := map[string][]string{
		"new-conversation":  {"telnet-scan", "botnet-scan", "address-scan", "port-scan", "service-probe", "new-device"},
		"new-remote-access": {"telnet-scan", "botnet-scan", "address-scan", "port-scan", "service-probe", "new-device"},
		"new-operation":     {"plc-stop", "plc-program", "firmware-update", "plc-start", "plc-scan", "new-conversation", "new-device"},
		"new-destination":   {"indicator-contact", "telnet-scan", "botnet-scan", "internet-scan", "ot-to-internet", "new-device"},
	}
	if rules != nil {
		maps.Copy(under, rules.Under())
	}
	return under
}

// settle finishes the alerts of a change: what they come of, whether anybody
// wants to be told, and what readers are told.
func (z *zone) settle(c *store.Change) {
	c.Alerts = z.family.Place(c.Alerts)
	mutes := z.hub.mutes.Load()
	for i := range c.Alerts {
		a := &c.Alerts[i]
		if mutes != nil && mutes.cover(z.name, a, z.hub.now()) {
			if c.Quiet == nil {
				c.Quiet = map[string]string{}
			}
			c.Quiet[a.ID] = store.AlertMuted
			continue
		}
		if z.hub.cfg.News {
			c.News = append(c.News, store.News{Thing: "alert " + a.ID, Print: []byte(a.ID),
				Event: tyto.Event{Version: tyto.EventVersion, Sensor: a.Evidence.Sensor, Zone: z.name, Time: a.First, Kind: tyto.KindAlert, Alert: a}})
		}
	}
	if z.hub.cfg.News {
		c.Time = z.hub.now()
	}
}

// Decide puts into a zone's log what a person decided about it: see package
// baseline for the values.
func (h *Hub) Decide(ctx context.Context, zone, who, value string) error {
	zones, err := h.deps.Store.Zones(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(zones, zone) {
		return fmt.Errorf("hub: zone %q: %w", zone, store.ErrNotFound)
	}
	return h.accept(ctx, []tyto.Event{baseline.Event(zone, who, value, h.now().UTC())})
}
