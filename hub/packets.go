package hub

import (
	"context"
	"errors"
	"time"

	"tyto/api"
	"tyto/packets"
	"tyto/store"
	"tyto/tyto"
)

// Packets is where the packets of alerts are kept; *packets.Alerts is one.
type Packets interface {
	api.Packets
	// Save keeps the packets of an alert for long; packets.ErrNone if there are none.
	Save(ctx context.Context, a *tyto.Alert) error
}

// Every so often the packets of new alerts are saved, before the ring of
// recent packets has them no more; of so many at a time.
const (
	saveEvery = 5 * time.Second
	saveMost  = 200
)

// savePackets saves the packets of alerts as they are raised, until ctx is done.
func (h *Hub) savePackets(ctx context.Context) error {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	done := map[string]bool{} // of the alerts of the last look
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			done = h.saveNew(ctx, done)
		}
	}
}

// saveNew saves the packets of the newest alerts that are not done, and is
// those that are.
func (h *Hub) saveNew(ctx context.Context, done map[string]bool) map[string]bool {
	page, err := h.deps.Store.Alerts(ctx, store.AlertQuery{Window: store.Window{Sort: "first_seen", Desc: true, Limit: saveMost}})
	if err != nil {
		return done // the flushes tell when the store fails
	}
	looked := make(map[string]bool, len(page.Items))
	for i := range page.Items {
		a := &page.Items[i].Alert
		looked[a.ID] = true
		if done[a.ID] {
			continue
		}
		if err := h.deps.Packets.Save(ctx, a); err != nil && !errors.Is(err, packets.ErrNone) && ctx.Err() == nil {
			h.log.WarnContext(ctx, "cannot save the packets of an alert", "alert", a.ID, "err", err)
		}
	}
	return looked
}
