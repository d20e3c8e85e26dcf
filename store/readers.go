package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"tyto/tyto"
)

// A Reader is one who is told of all that is logged, such as a SIEM.
type Reader struct {
	Name     string
	Position int64     // in the log, up to which it has read
	Moved    time.Time // when that was noted
}

// Undelivered is an event that a reader could not pass on.
type Undelivered struct {
	ID     int64 // by which it is found again; the store gives it
	Reader string
	Time   time.Time
	Reason string
	Event  tyto.Event
}

// MaxUndelivered is how many undelivered events are kept of a reader; beyond
// it the oldest go.
const MaxUndelivered = 10_000

// Readers are those who read the log of all zones, each at its own pace. What
// a reader has not read is neither trimmed nor thinned.
type Readers interface {
	// Follow calls take with each entry of all zones after a position, in
	// order, news among them, until the log ends or take fails. No entry
	// appears later before a position that was seen.
	Follow(ctx context.Context, after int64, take func(Entry) error) error
	// Newest is the position of the newest entry, 0 in an empty log.
	Newest(ctx context.Context) (int64, error)
	// Reader finds a reader by name.
	Reader(ctx context.Context, name string) (r Reader, found bool, err error)
	// PutReader notes up to where a reader has read; it never goes back.
	PutReader(ctx context.Context, r Reader) error
	// ListReaders lists all readers by name.
	ListReaders(ctx context.Context) ([]Reader, error)
	// DropReader forgets a reader, and what it could not pass on.
	DropReader(ctx context.Context, name string) error
	// PutUndelivered keeps events that a reader could not pass on.
	PutUndelivered(ctx context.Context, all []Undelivered) error
	// ListUndelivered lists what a reader could not pass on, newest first.
	ListUndelivered(ctx context.Context, reader string, limit int) ([]Undelivered, error)
	// CountUndelivered is how many there are of each reader that has some.
	CountUndelivered(ctx context.Context) (map[string]uint64, error)
	// Replay marks what a reader is to try again, all of it without ids, and
	// returns how many that are.
	Replay(ctx context.Context, reader string, ids []int64) (int64, error)
	// Replays lists what a reader is to try again, oldest first.
	Replays(ctx context.Context, reader string, limit int) ([]Undelivered, error)
	// DropUndelivered forgets what was passed on after all.
	DropUndelivered(ctx context.Context, reader string, ids []int64) error
}

// News is an event that readers are to be told of, unless they were told the
// same of the thing before.
type News struct {
	Thing string // "device ID": what it is about
	Print []byte // equal prints say the same; empty ends what is known of the thing
	Event tyto.Event
}

// DeviceNews is what readers are told of a device. That it was seen again is
// no news.
func DeviceNews(d *DeviceRecord) News {
	change := ChangeOf(&d.Row, &d.Device)
	n := News{Thing: "device " + d.Row.ID, Event: tyto.Event{Version: tyto.EventVersion, Sensor: d.Row.Sensor, Zone: d.Row.Zone, Time: d.Row.Last,
		Kind: tyto.KindDevice, Device: &change}}
	still := change
	still.First, still.Last = time.Time{}, time.Time{}
	text, err := json.Marshal(&still)
	if err != nil {
		panic("store: " + err.Error()) // plain text and numbers
	}
	sum := sha256.Sum256(text)
	n.Print = sum[:16]
	return n
}

// GoneNews tells readers that a device is none any more.
func GoneNews(zone, id string, at time.Time) News {
	return News{Thing: "device " + id, Event: tyto.Event{Version: tyto.EventVersion, Zone: zone, Time: at, Kind: tyto.KindDevice,
		Device: &tyto.DeviceChange{ID: id, Gone: true}}}
}

// AlertNews is what readers are told when an alert gets another status.
func AlertNews(zone string, a tyto.Alert, n AlertNote) tyto.Event {
	a.Status, a.By, a.Comment = n.What, n.Who, n.Comment
	return tyto.Event{Version: tyto.EventVersion, Sensor: a.Evidence.Sensor, Zone: zone, Time: n.Time, Kind: tyto.KindAlert, Alert: &a}
}

// ChangeOf is a device in the words of an event.
func ChangeOf(r *DeviceRow, d *tyto.Device) tyto.DeviceChange {
	c := tyto.DeviceChange{ID: r.ID, Category: r.Category, Type: r.Type, Confidence: r.Confidence, Vendor: r.Vendor, Model: r.Model, OS: r.OS, Firmware: r.Firmware,
		Serial: d.Value(tyto.Serial), Hostname: r.Hostname, IPs: r.IPs, Roles: r.Roles, Protocols: r.Protocols, Services: d.Services, Site: r.Site,
		Purdue: d.Value(tyto.Purdue), First: r.First, Last: r.Last}
	for _, i := range d.Interfaces {
		if !i.MAC.IsZero() {
			c.MACs = append(c.MACs, i.MAC.String())
		}
		for _, v := range i.VLANs {
			if !slices.Contains(c.VLANs, v) {
				c.VLANs = append(c.VLANs, v)
			}
		}
	}
	return c
}
