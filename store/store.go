// Package store is the hub's memory: the event log, the devices and
// conversations that events amount to, the sensors' health, and the people
// who look at them. It holds the nouns and the contract; store/sqlite keeps
// that contract in one file, and store/storetest is the suite that every
// implementation has to pass.
package store

import (
	"context"
	"errors"
	"time"

	"tyto/tyto"
)

// Errors that callers tell apart. They come wrapped.
var (
	// ErrNotFound says that nothing of that name is stored.
	ErrNotFound = errors.New("not found")
	// ErrDamaged says that what is stored cannot be trusted. Nothing was
	// changed; the message names the file and the remedy.
	ErrDamaged = errors.New("the store is damaged")
	// ErrNewer says that a newer program wrote the store.
	ErrNewer = errors.New("the store was written by a newer version")
	// ErrFull says that the medium has no room left; what was committed stays.
	ErrFull = errors.New("no space left in the store")
)

// A Store keeps everything a hub must remember. It is safe for concurrent
// use. What a method without error reports as written is on disk.
type Store interface {
	Log
	Readers
	Knowledge
	Leases
	Devices
	Conversations
	Rollups
	Acts
	Maps
	Alerts
	Baselines
	Sensors
	Connect
	Enrolment
	People
	Factors
	Filters
	Settings

	// Check reads what is cheap to read and says what is wrong with it; it is
	// what readiness means.
	Check(ctx context.Context) error
	// Close ends the store's use; it waits for what is under way.
	Close() error
}

// A Batch is what a sensor sent at once, in its order.
type Batch struct {
	Zone   string
	Sensor string
	Epoch  uint64 // of the sensor: changes when it starts anew
	Seq    uint64 // of the batch within the epoch
	// Floor says that every batch of the epoch before it is done with, and
	// that no batch is sent under those numbers any more. 0 says nothing.
	Floor  uint64
	Events []tyto.Event

	Received time.Time // by the hub's clock
}

// An Entry is a batch in the log.
type Entry struct {
	Position int64 // ascending within the store
	Batch
}

// Class separates what is never dropped from what is kept by quota.
type Class uint8

// The classes of an event (DESIGN section 5).
const (
	ClassA Class = iota + 1 // observations, health, alerts
	ClassB                  // conversations, acts: dropped by age once folded
	ClassC                  // what the hub tells of devices: dropped by age once read
)

// ClassOf is the class of a kind of event.
func ClassOf(k tyto.Kind) Class {
	switch k {
	case tyto.KindConversation, tyto.KindAct:
		return ClassB
	case tyto.KindDevice:
		return ClassC
	}
	return ClassA
}

// Log is the event log, ordered within a zone.
type Log interface {
	// Append adds a batch and returns once it is on disk. A batch that is
	// there already, by (sensor, epoch, seq), changes nothing: fresh is false.
	// If it has a Floor it is remembered that it was there, also when the log
	// forgets it.
	Append(ctx context.Context, b Batch) (position int64, fresh bool, err error)
	// Read calls take with each entry of a zone after a position, in order,
	// until the log ends or take fails. Entries of class B that were folded
	// are missing, those of class C are left out; the events of a batch come as one entry for each class.
	Read(ctx context.Context, zone string, after int64, take func(Entry) error) error
	// Logged counts the entries that Read gives after a position and up to
	// another.
	Logged(ctx context.Context, zone string, after, until int64) (n int, err error)
	// Arrived tells of the zones that Read gives entries of after a position,
	// of any zone, with the last position of each, and up to where it looked.
	Arrived(ctx context.Context, after int64) (zones map[string]int64, newest int64, err error)
	// Zones lists the zones that anything was logged or folded for, sorted.
	Zones(ctx context.Context) ([]string, error)
	// TrimLog drops events of class B that are folded, and those of class C,
	// that every reader has read and that were appended before a time, and
	// returns how many batches that were.
	TrimLog(ctx context.Context, before time.Time) (int64, error)
	// ThinLog drops the events of class A of a zone that were appended before
	// a time and that keep does not want, and returns how many these were. It
	// is given each with its entry's position and its place there.
	ThinLog(ctx context.Context, zone string, before time.Time, keep func(position int64, i int, e *tyto.Event) bool) (int64, error)
}

// A Change is what one flush of a zone's analyst writes, all or nothing.
type Change struct {
	Zone          string
	Lease         Lease  // by which the zone is held; without a name nothing is checked
	Number        uint64 // of the change in its zone, one more than Written; 0 is not counted
	Position      int64  // in the log, up to which everything is folded; 0 leaves it
	Devices       []DeviceRecord
	Gone          []string // ids of devices that were merged into others, or forgotten
	Conversations []Conversation
	Acts          []ActRecord
	Stale         time.Time // conversations that were last seen before are dropped, as many as go at once
	Moves         []Move
	Sensors       []SensorReport
	Traffic       []Traffic
	Alerts        []tyto.Alert      // Count is what was added
	Quiet         map[string]string // by id the status of an alert that is not to be new: muted, learned
	Facts         []tyto.Fact
	FactsGone     []string       // ids of facts that are none any more
	Learning      *tyto.Learning // if it changed
	Gaps          []SensorGap
	News          []News    // for readers; see Readers
	Time          time.Time // of News, by the hub's clock
}

// Knowledge is written by the analyst of a zone, and read when it starts.
type Knowledge interface {
	// Write applies a change in one transaction. One that has a Number and was
	// written is not written again, so that it may be tried again when nobody
	// knows whether it was. ErrFenced if its Lease is not the last given, or
	// another change came between.
	Write(ctx context.Context, c Change) error
	// Written is the number of the last change of a zone that had one.
	Written(ctx context.Context, zone string) (number uint64, err error)
	// Folded is the position up to which a zone's log is folded.
	Folded(ctx context.Context, zone string) (int64, error)
	// Known calls take with every conversation of a zone as it is rolled up,
	// in a fixed order, so that an analyst can be rebuilt without class B.
	Known(ctx context.Context, zone string, take func(Conversation) error) error
	// DeviceIDs lists the ids of a zone's devices, in no order.
	DeviceIDs(ctx context.Context, zone string) ([]string, error)
	// Subjects lists the distinct subjects of conversations that are held to
	// be of a device.
	Subjects(ctx context.Context, zone, device string) ([]tyto.Subject, error)
}

// A Move says that the conversations and acts of a subject are of another device now,
// or of none. Their scope follows.
type Move struct {
	Subject tyto.Subject
	Device  string
}

// Traffic is what was seen in Step seconds from Time on.
type Traffic struct {
	Time    time.Time `json:"time"`
	Packets uint64    `json:"packets"`
	Bytes   uint64    `json:"bytes"`
}

// TrafficStep is the finest interval in which traffic is kept.
const TrafficStep = 10 * time.Second

// A Count is how often a key occurs.
type Count struct {
	Key   string `json:"key"`
	Count uint64 `json:"count"`
}

// A Page is a part of a list and the size of the whole.
type Page[T any] struct {
	Items  []T
	Total  uint64
	Facets map[string][]Count // by filter; each ignores its own filter, most frequent first
}

// Window says which part of a sorted list is wanted.
type Window struct {
	Sort   string // a column of the list; "" is its default
	Desc   bool
	Limit  int
	Offset int
}

// Settings are small values by name.
type Settings interface {
	// Setting is a value, "" if it was never put.
	Setting(ctx context.Context, name string) (string, error)
	// PutSetting replaces a value; "" removes it.
	PutSetting(ctx context.Context, name, value string) error
}
