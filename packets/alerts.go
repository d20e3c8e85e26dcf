package packets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"tyto/tyto"
)

// Alerts is the packets of alerts: out of the ring while it has them, and
// saved beside it, so that they outlast it.
type Alerts struct {
	ring   *Ring
	saved  *Saved
	sensor string
}

// Around an alert so much time is looked at.
const before = 2 * time.Second

// BytesOfAlert is how much is saved of one alert at most.
const BytesOfAlert = 2 << 20

// NewAlerts is the packets of the alerts of a sensor, whose packets the ring
// keeps. A quarter of the ring's size is for what is saved.
func NewAlerts(r *Ring, sensor string) (*Alerts, error) {
	saved, err := OpenSaved(filepath.Join(r.config.Dir, "alerts"), r.config.Bytes/4)
	if err != nil {
		return nil, err
	}
	return &Alerts{ring: r, saved: saved, sensor: sensor}, nil
}

// Saved is what is saved beside the ring.
func (a *Alerts) Saved() *Saved { return a.saved }

// Has reports whether packets of an alert may be kept here: those of another
// sensor are with it.
func (a *Alerts) Has(x *tyto.Alert) bool {
	return x.Evidence.Sensor == a.sensor && plainID.MatchString(x.ID) && len(x.Subjects) > 0
}

// Write writes the packets of an alert to w, as pcapng: those that were
// saved, else what the ring still has. ErrNone, and nothing was written, if
// there are none.
func (a *Alerts) Write(ctx context.Context, x *tyto.Alert, w io.Writer) error {
	if !a.Has(x) {
		return ErrNone
	}
	err := a.saved.Write(x.ID, w)
	if errors.Is(err, ErrNone) {
		_, err = a.ring.Find(ctx, QueryOf(x), w)
	}
	return err
}

// QueryOf is what is wanted of an alert: what its two parties, or the one, sent
// about that time.
func QueryOf(x *tyto.Alert) Query {
	return Query{From: x.First.Add(-before), To: x.Last.Add(before), Between: x.Subjects[:min(len(x.Subjects), 2)], Bytes: BytesOfAlert,
		Comment: fmt.Sprintf("Tyto alert %s, %s: %s. %s", x.ID, x.Severity, x.Title, x.Detail)}
}

// Save keeps the packets of an alert beside the ring, unless it has them
// already. ErrNone if there are none.
func (a *Alerts) Save(ctx context.Context, x *tyto.Alert) error {
	if !a.Has(x) {
		return ErrNone
	}
	return a.saved.Put(x.ID, func(w io.Writer) error {
		_, err := a.ring.Find(ctx, QueryOf(x), w)
		return err
	})
}
