package hub

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"

	"tyto/packets"
	"tyto/tyto"
	"tyto/uplink"
)

// A Gatherer is Packets that has sensors on other machines send those of their
// alerts, and keeps these. What a sensor in this process keeps stays with that.
type Gatherer struct {
	saved *packets.Saved
	here  Packets // of a sensor in this process; may be nil

	mu      sync.Mutex               // guards what follows
	wanted  []tyto.Alert             // the latest last; saveMost at most
	changed map[string]chan struct{} // by sensor that asks: closed when more is wanted of it
}

// NewGatherer keeps what sensors send in saved. here may be nil.
func NewGatherer(saved *packets.Saved, here Packets) *Gatherer {
	return &Gatherer{saved: saved, here: here, changed: map[string]chan struct{}{}}
}

// Has implements Packets.
func (g *Gatherer) Has(a *tyto.Alert) bool {
	return g.here != nil && g.here.Has(a) || g.saved.Has(a.ID)
}

// Write implements Packets.
func (g *Gatherer) Write(ctx context.Context, a *tyto.Alert, w io.Writer) error {
	if g.here != nil && g.here.Has(a) {
		return g.here.Write(ctx, a, w)
	}
	return g.saved.Write(a.ID, w)
}

// Save implements Packets. Those of another sensor are wanted from now on, and
// come when it asks.
func (g *Gatherer) Save(ctx context.Context, a *tyto.Alert) error {
	if g.here != nil && g.here.Has(a) {
		return g.here.Save(ctx, a)
	}
	if a.Evidence.Sensor == "" || len(a.Subjects) == 0 || g.saved.Has(a.ID) {
		return packets.ErrNone
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.ContainsFunc(g.wanted, func(x tyto.Alert) bool { return x.ID == a.ID }) {
		g.wanted = append(g.wanted, *a)
		g.wanted = g.wanted[max(0, len(g.wanted)-saveMost):]
		if c := g.changed[a.Evidence.Sensor]; c != nil {
			close(c)
			delete(g.changed, a.Evidence.Sensor)
		}
	}
	return packets.ErrNone
}

// wants is what is wanted of a sensor, and what is closed when more is.
func (g *Gatherer) wants(sensor string) (all []uplink.Wanted, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.wanted {
		if a := &g.wanted[i]; a.Evidence.Sensor == sensor && len(all) < uplink.MostWanted {
			q := packets.QueryOf(a)
			all = append(all, uplink.Wanted{Alert: a.ID, From: q.From, To: q.To, Between: q.Between, Comment: q.Comment[:min(len(q.Comment), uplink.MaxComment)]})
		}
	}
	if g.changed[sensor] == nil {
		g.changed[sensor] = make(chan struct{})
	}
	return all, g.changed[sensor]
}

// got has an alert's packets wanted no more; false if they were not wanted of that sensor.
func (g *Gatherer) got(sensor, alert string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	had := len(g.wanted)
	g.wanted = slices.DeleteFunc(g.wanted, func(a tyto.Alert) bool { return a.ID == alert && a.Evidence.Sensor == sensor })
	return len(g.wanted) < had
}

// A packetDesk is where sensors ask which packets are wanted, and bring them.
type packetDesk struct {
	*receiver
	*Gatherer
}

// wantedPackets tells a sensor what is wanted of it, when something is.
func (x packetDesk) wantedPackets(w http.ResponseWriter, r *http.Request, m tyto.Member) error {
	ctx, cancel := context.WithTimeout(r.Context(), uplink.WantedWait)
	defer cancel()
	all, changed := x.wants(m.Sensor)
	for len(all) == 0 && ctx.Err() == nil {
		select {
		case <-changed:
		case <-ctx.Done():
		}
		all, changed = x.wants(m.Sensor)
	}
	answer(w, uplink.Wants{Packets: all})
	return nil
}

// packetsOf takes the packets of an alert that were wanted of a sensor.
func (x packetDesk) packetsOf(w http.ResponseWriter, r *http.Request, m tyto.Member) error {
	leave, err := x.enter()
	if err != nil {
		return err
	}
	defer leave()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, uplink.MaxPackets))
	if err != nil {
		return err
	}
	if err := x.takePackets(r.Context(), m.Sensor, r.PathValue("alert"), body); err != nil {
		return err
	}
	answer(w, struct{}{})
	return nil
}

// takePackets keeps what a sensor sent for an alert; nothing, if it has none. Whatever
// comes of it, it is not asked for again before the hub's next start.
func (x packetDesk) takePackets(ctx context.Context, sensor, alert string, body []byte) error {
	if !x.got(sensor, alert) {
		return &uplink.BatchError{Reason: "these packets are not wanted of this sensor, or not any more"}
	}
	if len(body) == 0 {
		return nil
	}
	if err := packets.Check(body); err != nil {
		return &uplink.BatchError{Reason: err.Error()}
	}
	err := x.saved.Put(alert, func(w io.Writer) error { _, err := w.Write(body); return err })
	if err == nil {
		x.hub.log.InfoContext(ctx, "packets of an alert received", "alert", alert, "sensor", sensor, "bytes", len(body))
	}
	return err
}
