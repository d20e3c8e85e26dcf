package hub

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

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

// restore reads what was known. What is usual, conversations and the log are
// apart from each other until there is something new to learn, and are read at
// the same time: nobody watches the zone meanwhile.
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
	reading, within := errgroup.WithContext(ctx)
	reading.Go(func() error { return errors.Join(z.restoreUsual(within), z.restoreFamily(within)) })
	reading.Go(func() error {
		if err := z.restoreTalk(within); err != nil {
			return err
		}
		return z.restoreFolded(within, folded)
	})
	if err := reading.Wait(); err != nil {
		return err
	}
	if z.alerts != nil {
		z.alerts.Changed() // what was folded was told, as far as there is something to tell
	}
	z.position = folded // what is before it may be dropped from the log
	err = memory.Read(ctx, z.name, folded, func(e store.Entry) error {
		z.take(&e, true)
		return nil
	})
	if err != nil {
		return err
	}
	z.end = z.position + 1 // what came since is looked for
	return z.reconcile(ctx)
}

// restoreTalk makes the conversations known again.
func (z *zone) restoreTalk(ctx context.Context) error {
	return z.hub.deps.Store.Known(ctx, z.name, func(c store.Conversation) error {
		z.known.Learn(&tyto.Event{Zone: z.name, Time: c.Last, Kind: tyto.KindConversation, Conversation: &c.Conversation})
		z.placed[c.Client], z.placed[c.Server] = c.ClientDevice, c.ServerDevice
		if c.Last.After(z.newest) {
			z.newest = c.Last
		}
		return nil
	})
}

// restoreFolded learns the log again, up to where it is folded.
func (z *zone) restoreFolded(ctx context.Context, folded int64) error {
	err := z.hub.deps.Store.Read(ctx, z.name, 0, func(e store.Entry) error {
		if e.Position > folded {
			return errEnough
		}
		for i := range e.Events {
			z.recall(&e.Events[i])
		}
		z.take(&e, false)
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// reconcile forgets devices of the store that are none any more: the hub may
// have ended between knowing that and writing it.
func (z *zone) reconcile(ctx context.Context) error {
	z.moving = true
	ids, err := z.hub.deps.Store.DeviceIDs(ctx, z.name)
	for _, id := range ids {
		z.changed[id] = struct{}{}
		z.lost(id)
	}
	return err
}
