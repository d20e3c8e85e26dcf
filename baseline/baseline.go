// Package baseline learns what is usual in a zone, and says what is not.
//
// While a zone learns, whatever is heard becomes part of its baseline: which
// devices there are, who is a client of what, what is done to controllers,
// where on the internet devices go, and what devices say they are. Afterwards
// what is not part of it deviates, and is alerted of where it matters: see
// policy.go. A device that comes later has a time of its own to settle.
//
// What is heard is only noted; it is judged when somebody asks, since by then
// more is known of the devices. While learning, order does not matter: the
// baseline is a union. Everything that is held has a budget.
package baseline

import (
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// Config is what an administrator may tune.
type Config struct {
	Learning time.Duration // how long a new zone learns
	Settling time.Duration // how long a device that came later learns

	MaxFacts      int // facts held, in all
	FactsOfDevice int // facts held of one kind and device; whoever has more has no habits to deviate from
	MaxHeard      int // things remembered as heard, so that they need not be judged again
}

// DefaultConfig learns for two weeks, the shortest time that Defender for IoT
// advises, and lets devices settle for three days.
func DefaultConfig() Config {
	return Config{Learning: 14 * 24 * time.Hour, Settling: 72 * time.Hour, MaxFacts: 1_000_000, FactsOfDevice: 1000, MaxHeard: 400_000}
}

// Devices is what a baseline asks about devices; an inventory is one.
type Devices interface {
	// Find is the id of the device that a subject is part of, "" if it is none.
	Find(s tyto.Subject) string
}

// A Baseline is what is usual in one zone. It belongs to one goroutine.
type Baseline struct {
	zone     string
	config   Config
	devices  Devices
	names    func(client, server frame.Addr) string
	learning tyto.Learning

	facts     map[string]*fact     // by id
	counts    map[limit]int        // of facts
	pairs     map[pair]int         // usual conversations of one device as the client of another
	deviating map[talk]int         // conversations that deviate
	said      map[string][]*fact   // of kind identity, by device
	known     map[string]*profile  // devices, by id
	heard     map[uint64]*sighting // by hash of what makes it
	fresh     []*sighting          // to be judged
	groups    map[string]*group    // that take more facts, by key
	alerts    map[string]*group    // by the alert's id

	changed map[*fact]struct{} // since Changes was called
	gone    []string
	lost    map[string]bool     // devices that are none any more
	stirred map[*group]struct{} // to be told
	// Refused counts facts beyond a budget: they are held to be usual.
	Refused uint64
}

// limit is what the budget of facts is of.
type limit struct {
	device string
	kind   tyto.FactKind
}

type pair struct{ client, server string }

type talk struct{ client, server, protocol string }

// fact is a fact that the baseline holds.
type fact struct {
	tyto.Fact
	gone bool
}

// profile is what a baseline needs to know of a device.
type profile struct {
	category string
	since    time.Time
	later    bool // it came when the zone had stopped learning
}

// New is the baseline of a zone of which nothing is known. It does not learn
// until Switch says so. Names tells by which name a client looked a server
// up; it may be nil.
func New(zone string, c Config, devices Devices, names func(client, server frame.Addr) string) *Baseline {
	d := DefaultConfig()
	for _, b := range [...]struct {
		have *int
		want int
	}{{&c.MaxFacts, d.MaxFacts}, {&c.FactsOfDevice, d.FactsOfDevice}, {&c.MaxHeard, d.MaxHeard}} {
		if *b.have <= 0 {
			*b.have = b.want
		}
	}
	if names == nil {
		names = func(_, _ frame.Addr) string { return "" }
	}
	return &Baseline{zone: zone, config: c, devices: devices, names: names, learning: tyto.Learning{Zone: zone},
		facts: map[string]*fact{}, counts: map[limit]int{}, pairs: map[pair]int{}, deviating: map[talk]int{}, said: map[string][]*fact{}, lost: map[string]bool{}, known: map[string]*profile{}, heard: map[uint64]*sighting{},
		groups: map[string]*group{}, alerts: map[string]*group{}, changed: map[*fact]struct{}{}, stirred: map[*group]struct{}{}}
}

// Begin has a zone of which nothing is known learn for the configured time.
func (b *Baseline) Begin(now time.Time) {
	b.learning = tyto.Learning{Zone: b.zone, Active: true, Since: now, Until: now.Add(b.config.Learning)}
}

// Learning is whether the zone learns.
func (b *Baseline) Learning() tyto.Learning { return b.learning }

// Switch has the zone learn, or stop. What was heard before is judged first.
func (b *Baseline) Switch(l tyto.Learning) {
	b.judge()
	l.Zone = b.zone
	b.learning = l
}

// Tick ends learning when its time is over, and reports whether it did.
func (b *Baseline) Tick(now time.Time) (switched bool) {
	if !b.learning.Active || b.learning.Until.IsZero() || now.Before(b.learning.Until) {
		return false
	}
	b.Switch(tyto.Learning{Since: b.learning.Until})
	return true
}

// Changes is the facts that changed since the last call, in no order, and the
// ids of those that are none any more.
func (b *Baseline) Changes() (facts []tyto.Fact, gone []string) {
	b.judge()
	for f := range b.changed {
		if !f.gone {
			facts = append(facts, f.Fact)
		}
	}
	gone = b.gone
	clear(b.changed)
	b.gone = nil
	return facts, gone
}

// Restore takes a fact that was stored.
func (b *Baseline) Restore(x tyto.Fact) {
	f := &fact{Fact: x}
	b.put(f)
	if x.Kind == tyto.FactDevice {
		b.known[x.Device] = &profile{category: x.What, since: x.First, later: x.Later}
	}
	if x.Alert != "" {
		b.regroup(f)
	}
}

// Size is how many facts are held.
func (b *Baseline) Size() int { return len(b.facts) }
