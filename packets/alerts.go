package packets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"tyto/tyto"
)

// Alerts is the packets of alerts: out of the ring while it has them, and
// saved beside it, so that they outlast it.
type Alerts struct {
	ring   *Ring
	dir    string
	cap    int64
	sensor string
	saving sync.Mutex
}

// Around an alert so much time is looked at, and so much is saved of one.
const (
	before     = 2 * time.Second
	bytesSaved = 2 << 20
)

// NewAlerts is the packets of the alerts of a sensor, whose packets the ring
// keeps. A quarter of the ring's size is for what is saved.
func NewAlerts(r *Ring, sensor string) (*Alerts, error) {
	a := &Alerts{ring: r, dir: filepath.Join(r.config.Dir, "alerts"), cap: r.config.Bytes / 4, sensor: sensor}
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return nil, fmt.Errorf("packets: %w", err)
	}
	return a, nil
}

// plainID is what ids of alerts look like: they become names of files.
var plainID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

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
	f, err := os.Open(a.path(x.ID))
	if errors.Is(err, os.ErrNotExist) {
		_, err = a.ring.Find(ctx, a.query(x), w)
		return err
	}
	if err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	defer f.Close()
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	return nil
}

func (a *Alerts) path(id string) string { return filepath.Join(a.dir, id+wholeSuffix) }

func (a *Alerts) query(x *tyto.Alert) Query {
	return Query{From: x.First.Add(-before), To: x.Last.Add(before), Between: x.Subjects[:min(len(x.Subjects), 2)], Bytes: bytesSaved,
		Comment: fmt.Sprintf("Tyto alert %s, %s: %s. %s", x.ID, x.Severity, x.Title, x.Detail)}
}

// Save keeps the packets of an alert beside the ring, unless it has them
// already. ErrNone if there are none.
func (a *Alerts) Save(ctx context.Context, x *tyto.Alert) error {
	if !a.Has(x) {
		return ErrNone
	}
	a.saving.Lock()
	defer a.saving.Unlock()
	if _, err := os.Stat(a.path(x.ID)); err == nil {
		return nil
	}
	if err := a.thin(); err != nil {
		return err
	}
	f, err := os.CreateTemp(a.dir, "new-*")
	if err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	defer os.Remove(f.Name()) // is gone when all went well
	_, err = a.ring.Find(ctx, a.query(x), f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), a.path(x.ID)); err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	return nil
}

// thin drops what was saved first until there is room for one more.
func (a *Alerts) thin() error {
	entries, err := os.ReadDir(a.dir)
	if err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	var all []os.FileInfo
	bytes := int64(bytesSaved)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), wholeSuffix) {
			all = append(all, info)
			bytes += info.Size()
		}
	}
	slices.SortFunc(all, func(a, b os.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range all {
		if bytes <= a.cap {
			break
		}
		if err := os.Remove(filepath.Join(a.dir, info.Name())); err != nil {
			return fmt.Errorf("packets: %w", err)
		}
		bytes -= info.Size()
	}
	return nil
}
