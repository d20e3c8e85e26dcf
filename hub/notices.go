package hub

import (
	"context"
	"slices"
	"sync"

	"tyto/api"
	"tyto/store"
)

// notices tells subscribers what changed. Each has room for one notice; what
// comes before it was taken is merged into it, so that who is slow costs
// nobody anything and misses nothing but detail.
type notices struct {
	mu   sync.Mutex
	subs map[chan api.Notice][]string // the zones that each is told of; none: all
}

var _ api.Notices = (*notices)(nil)

// maxNamed is how many devices a notice names; beyond it everything is to be
// asked for again.
const maxNamed = 200

// Subscribe implements api.Notices.
func (n *notices) Subscribe(ctx context.Context, zones ...string) <-chan api.Notice {
	ch := make(chan api.Notice, 1)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.subs == nil {
		n.subs = map[chan api.Notice][]string{}
	}
	n.subs[ch] = zones
	context.AfterFunc(ctx, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.subs, ch)
		close(ch)
	})
	return ch
}

func (n *notices) publish(x api.Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for ch, zones := range n.subs {
		if len(zones) > 0 && !slices.Contains(zones, x.Zone) {
			continue
		}
		merged := x
		select {
		case before := <-ch:
			merged = merge(before, x)
		default:
		}
		ch <- merged // there is room: nobody else sends, and this one was emptied
	}
}

func (n *notices) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.subs)
}

func merge(a, b api.Notice) api.Notice {
	a.Sensors, a.Overview, a.Resync = a.Sensors || b.Sensors, a.Overview || b.Overview, a.Resync || b.Resync
	a.Alerts = a.Alerts || b.Alerts
	a.Devices = append(append([]string(nil), a.Devices...), b.Devices...)
	if len(a.Devices) > maxNamed {
		a.Resync = true
	}
	if a.Resync {
		a.Devices = nil
	}
	return a
}

// notice says what a change changed.
func notice(c *store.Change) api.Notice {
	n := api.Notice{Zone: c.Zone, Sensors: len(c.Sensors) > 0, Alerts: len(c.Alerts) > 0, Overview: len(c.Devices)+len(c.Gone)+len(c.Conversations) > 0, Devices: append([]string(nil), c.Gone...)}
	for i := range c.Devices {
		n.Devices = append(n.Devices, c.Devices[i].Row.ID)
	}
	return merge(n, api.Notice{})
}
