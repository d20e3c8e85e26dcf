package hub

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tyto/detect"
	"tyto/store"
	"tyto/tyto"
)

// mutes are the mutes as they are asked.
type mutes []mute

type mute struct {
	store.Mute
	subnet netip.Prefix
}

// cover reports whether a mute holds for an alert.
func (m *mutes) cover(zone string, a *tyto.Alert, now time.Time) bool {
	return slices.ContainsFunc(*m, func(x mute) bool { return x.covers(zone, a, now) })
}

func (x *mute) covers(zone string, a *tyto.Alert, now time.Time) bool {
	if !x.Expires.IsZero() && !now.Before(x.Expires) || x.Zone != "" && x.Zone != zone || x.Rule != "" && x.Rule != a.Rule {
		return false
	}
	if x.Device != "" && !slices.Contains(a.Devices, x.Device) {
		return false
	}
	return !x.subnet.IsValid() || slices.ContainsFunc(a.Subjects, func(s tyto.Subject) bool { return x.subnet.Contains(s.Addr.Netip().Unmap()) })
}

// RulesChanged has the hub read mutes and indicators again.
func (h *Hub) RulesChanged(ctx context.Context) error { return h.readRules(ctx, true) }

// readRules reads mutes and indicators, unless they are as they were.
func (h *Hub) readRules(ctx context.Context, anyway bool) error {
	h.reading.Lock() // who reads later has to be the last to put
	defer h.reading.Unlock()
	print, err := h.deps.Store.RulesPrint(ctx)
	if err != nil || !anyway && print == h.rules {
		return err
	}
	if err := errors.Join(h.readMutes(ctx), h.readIndicators(ctx)); err != nil {
		return err
	}
	h.rules = print // from before, so that a change meanwhile is one
	return nil
}

func (h *Hub) readMutes(ctx context.Context) error {
	stored, err := h.deps.Store.Mutes(ctx)
	if err != nil {
		return err
	}
	all := mutes{}
	for _, m := range stored {
		x := mute{Mute: m}
		if m.Subnet != "" {
			if x.subnet, err = netip.ParsePrefix(m.Subnet); err != nil {
				h.log.WarnContext(ctx, "a mute is passed over", "mute", m.ID, "err", err)
				continue
			}
		}
		all = append(all, x)
	}
	h.mutes.Store(&all)
	return nil
}

func (h *Hub) readIndicators(ctx context.Context) error {
	lists, err := h.deps.Store.Indicators(ctx)
	if err != nil {
		return err
	}
	known := slices.Clone(h.cfg.Indicators)
	for _, l := range lists {
		some, err := detect.ReadIndicators(l.Name, strings.NewReader(l.Text))
		if err != nil {
			h.log.WarnContext(ctx, "a list of indicators is passed over", "list", l.Name, "err", err)
			continue
		}
		known = append(known, some...)
	}
	h.indicators.Put(known)
	return nil
}

// follow has the hub know what people told another, until ctx is done.
func (h *Hub) follow(ctx context.Context) error {
	return h.every(ctx, h.cfg.Heartbeat, "cannot read what people told another hub; trying on", func(ctx context.Context) error {
		return errors.Join(h.PlacesChanged(ctx), h.readRules(ctx, false))
	})
}
