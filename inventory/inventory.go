// Package inventory turns observations and conversations into the devices of
// one zone: which addresses are one device, what is believed of it, and why.
//
// Learning is free of order and idempotent for observations: shuffling and
// repeating them gives the same devices. Conversations are increments and are
// learnt once. Nothing is decided while learning; who is one device is worked
// out, for what changed since, when somebody asks. See identity.go for the
// rules of identity and belief.go for those of belief.
package inventory

import (
	"iter"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// A Matcher concludes facts from facts; package fingerprint's engine is one.
type Matcher interface {
	// Match appends to dst what follows from o. It keeps neither.
	Match(o *tyto.Observation, dst []Conclusion) []Conclusion
}

// A Conclusion is what a rule makes of an observation.
type Conclusion struct {
	Attr       tyto.Attr
	Value      string
	Confidence tyto.Confidence
	Rule       string // id of the rule
}

// A Taxonomy knows the types of devices.
type Taxonomy interface {
	// Category is the category of a type ("iot"), "" if the type is unknown.
	Category(typ string) string
	// Parent is the next more general type, "" if there is none.
	Parent(typ string) string
	// Purdue is the usual Purdue level of a type, "" if it has none.
	Purdue(typ string) string
}

// A Config says what an inventory knows and how much it may hold.
type Config struct {
	Rules Matcher  // nil: facts stand as they are
	Types Taxonomy // nil: no category and no level follows from a type
	// Vendor names who registered a MAC address's prefix, and the kind of the
	// registrant: "module", "odm", "chip", "nic" and "virtual" are not the
	// maker of the device. Nil: prefixes tell nothing.
	Vendor func(frame.MAC) (name, kind string, ok bool)

	MaxSubjects     int // addresses held, in all; beyond it the least known and longest silent go
	MaxClaims       int // claims held, in all; beyond it new ones are refused and counted
	ClaimsPerAttr   int // different values held of one attribute of one address
	ClaimsPerDevice int // claims shown of one device
}

// DefaultConfig is the budgets for a zone of 100,000 devices, without rules.
func DefaultConfig() Config {
	return Config{MaxSubjects: 1 << 20, MaxClaims: 8 << 20, ClaimsPerAttr: 64, ClaimsPerDevice: 2000}
}

// An Inventory is the devices of one zone. It belongs to one goroutine.
type Inventory struct {
	zone   string
	config Config
}

// New is an empty inventory of a zone. Budgets that are zero are DefaultConfig's.
func New(zone string, c Config) *Inventory { return &Inventory{zone: zone, config: c} }

// Learn takes an observation or a conversation; other events are ignored. It
// keeps nothing of e.
func (v *Inventory) Learn(e *tyto.Event) {}

// All is the devices, by id. Each is made when its turn comes and belongs to
// the receiver. The inventory must not be changed meanwhile.
func (v *Inventory) All() iter.Seq[*tyto.Device] { return func(func(*tyto.Device) bool) {} }

// Devices is all devices at once, by id. All holds less memory.
func (v *Inventory) Devices() []tyto.Device { return nil }

// Device is the device of an id.
func (v *Inventory) Device(id string) (tyto.Device, bool) { return tyto.Device{}, false }

// Find is the id of the device that a subject is part of, "" if it is none: an
// internet host, a group, or an address that nothing was ever heard from.
func (v *Inventory) Find(s tyto.Subject) string { return "" }

// Changed is the ids of the devices that changed since the last call, sorted.
// An id that Device does not know any more was removed or merged. That a
// device was seen again is a change once in 15 minutes.
func (v *Inventory) Changed() []string { return nil }

// Forget drops what was not seen since before, and is how many addresses that were.
func (v *Inventory) Forget(before time.Time) int { return 0 }

// Stats is how much an inventory holds and what it had to refuse.
type Stats struct {
	Devices  int    `json:"devices"`
	Subjects int    `json:"subjects"`
	Claims   int    `json:"claims"`
	Evicted  uint64 `json:"evicted"` // subjects that went to make room
	Refused  uint64 `json:"refused"` // claims and addresses beyond a budget
}

// Stats is the inventory's own count.
func (v *Inventory) Stats() Stats { return Stats{} }
