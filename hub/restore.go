package hub

import (
	"context"
	"errors"

	"tyto/store"
	"tyto/tyto"
)

// restore makes the analysts know again what they knew: conversations from
// the store, where their sums are, observations from the log, and from there
// also what was accepted and not folded when the hub ended.
func (h *Hub) restore(ctx context.Context) error {
	if err := h.PlacesChanged(ctx); err != nil {
		return err
	}
	if err := h.RulesChanged(ctx); err != nil {
		return err
	}
	if !h.alone {
		if err := h.heartbeat(ctx); err != nil {
			return err
		}
		return h.divide(ctx)
	}
	names, err := h.deps.Store.Zones(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := h.claim(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (z *zone) restore(ctx context.Context) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	memory := z.hub.deps.Store
	folded, err := memory.Folded(ctx, z.name)
	if err == nil {
		z.written, err = memory.Written(ctx, z.name)
	}
	if err != nil {
		return err
	}
	z.position = folded // what is before it may be dropped from the log
	err = memory.Known(ctx, z.name, func(c store.Conversation) error {
		z.known.Learn(&tyto.Event{Zone: z.name, Time: c.Last, Kind: tyto.KindConversation, Conversation: &c.Conversation})
		z.placed[c.Client], z.placed[c.Server] = c.ClientDevice, c.ServerDevice
		if c.Last.After(z.newest) {
			z.newest = c.Last
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := errors.Join(z.restoreUsual(ctx), z.restoreFamily(ctx)); err != nil {
		return err
	}
	told := false // what was folded was told, as far as there is something to tell
	err = memory.Read(ctx, z.name, 0, func(e store.Entry) error {
		fresh := e.Position > folded
		if fresh && !told && z.alerts != nil {
			told = true
			z.alerts.Changed()
		}
		z.batch = mark{e.Epoch, e.Seq}
		for i := range e.Events {
			if !fresh {
				z.recall(&e.Events[i])
			}
			if fresh || e.Events[i].Observation != nil {
				z.learn(&e.Events[i], fresh)
			}
		}
		z.position = max(z.position, e.Position)
		z.measure()
		return nil
	})
	if err != nil {
		return err
	}
	if !told && z.alerts != nil {
		z.alerts.Changed()
	}
	z.end = z.position + 1 // what came since is looked for
	return z.reconcile(ctx)
}

// reconcile forgets devices of the store that are none any more: the hub may
// have ended between knowing that and writing it.
func (z *zone) reconcile(ctx context.Context) error {
	z.moving = true
	q := store.DeviceQuery{Zone: []string{z.name}, Window: store.Window{Sort: "first_seen"}}
	return z.hub.deps.Store.EachDevice(ctx, q, func(r store.DeviceRow) error {
		z.changed[r.ID] = struct{}{}
		z.lost(r.ID)
		return nil
	})
}
