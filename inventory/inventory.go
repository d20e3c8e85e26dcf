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
	"slices"
	"time"

	"tyto/fingerprint"
	"tyto/frame"
	"tyto/tyto"
)

// A Matcher concludes facts from facts; *fingerprint.Rules is one. What it
// returns is not changed.
type Matcher interface {
	// Match is what follows from one observation.
	Match(o tyto.Observation, known fingerprint.Context) []fingerprint.Conclusion
	// MatchMAC is what follows from an interface's address.
	MatchMAC(m frame.MAC, known fingerprint.Context) []fingerprint.Conclusion
	// SetFields names the fields and attributes that MatchSet looks at.
	SetFields() []string
	// MatchSet is what follows from all values of a field, or an attribute, together.
	MatchSet(field string, values []string, m frame.MAC, known fingerprint.Context) []fingerprint.Conclusion
}

var _ Matcher = (*fingerprint.Rules)(nil)

// A Config says what an inventory knows and how much it may hold.
type Config struct {
	Rules Matcher // nil: facts stand as they are
	// Vendor names who registered a MAC address's prefix, and the registrant's
	// kind, in the words of content.Kind: of kinds "odm", "module", "chip",
	// "nic" and "hypervisor" it is not the maker of the device. Nil: prefixes
	// tell nothing.
	Vendor func(frame.MAC) (name, kind string, ok bool)

	// Steady has a device keep its type, once it was told by Device, against
	// one that is hardly better. What is believed then depends on when it was
	// asked, so it is for who asks as time goes on, and not for a report.
	Steady bool

	MaxSubjects     int // addresses held, in all; beyond it the least known and longest silent go
	MaxClaims       int // claims held, in all; beyond it new ones are refused and counted
	ClaimsPerAttr   int // values held of one attribute of one address, from one field
	ClaimsPerDevice int // claims shown of one device
}

// DefaultConfig is the budgets for a zone of 100,000 devices, without rules.
func DefaultConfig() Config {
	return Config{MaxSubjects: 1 << 20, MaxClaims: 8 << 20, ClaimsPerAttr: 256, ClaimsPerDevice: 2000}
}

// An Inventory is the devices of one zone. It belongs to one goroutine.
type Inventory struct {
	tables
	zone   string
	config Config
	words  words
	claims claims
	kin    kin

	// Identity, and the queues of what must be decided again.
	settled    bool // an address of the zone's own was seen
	ifaceQueue []uint32
	hostQueue  []uint32
	coreQueue  []core
	keys       map[word][]uint32 // pairs by identity key
	keyOfMAC   map[uint64]word   // keys that name a MAC address
	devices    []device          // 0 is none
	free       []uint32          // unused places of devices
	byID       map[uint64]uint32

	touched []uint32            // pairs that changed since Changed was called
	news    map[uint64]struct{} // ids made or removed since then

	held map[uint64]string // the type last told of a device, by id; nil unless Config.Steady

	evicted, refused, strangers uint64
	shut                        uint // by how many halves strangers are turned away: shed.go

	own     teller // of one device at a time
	scratch []byte // memory that is used again
	rivals  []uint32
	around  []uint32
	members []core
}

// New is an empty inventory of a zone. Budgets that are zero are DefaultConfig's.
func New(zone string, c Config) *Inventory {
	d := DefaultConfig()
	for _, b := range [...]struct {
		have *int
		want int
	}{{&c.MaxSubjects, d.MaxSubjects}, {&c.MaxClaims, d.MaxClaims}, {&c.ClaimsPerAttr, d.ClaimsPerAttr}, {&c.ClaimsPerDevice, d.ClaimsPerDevice}} {
		if *b.have <= 0 {
			*b.have = b.want
		}
	}
	v := &Inventory{zone: zone, config: c}
	v.empty()
	return v
}

func (v *Inventory) empty() {
	v.tables, v.words, v.claims, v.kin = newTables(), newWords(), newClaims(), newKin()
	v.keys, v.keyOfMAC, v.byID = map[word][]uint32{}, map[uint64]word{}, map[uint64]uint32{}
	v.devices, v.free, v.settled = make([]device, 1), nil, false
	v.ifaceQueue, v.hostQueue, v.coreQueue, v.touched = nil, nil, nil, nil
	v.own = teller{Inventory: v}
	if v.news == nil {
		v.news = map[uint64]struct{}{}
	}
}

// All is the devices, by id. Each is made when its turn comes, by as many
// goroutines as there are processors, and belongs to the receiver. Nothing may
// be learnt meanwhile.
func (v *Inventory) All() iter.Seq[*tyto.Device] { return v.each((*teller).describe) }

// Outlines is the devices as in All, but without their Evidence, which is
// half of the work.
func (v *Inventory) Outlines() iter.Seq[*tyto.Device] {
	return v.each(func(t *teller, d uint32) *tyto.Device { out, _ := t.outline(d); return out })
}

func (v *Inventory) each(describe func(*teller, uint32) *tyto.Device) iter.Seq[*tyto.Device] {
	return func(yield func(*tyto.Device) bool) {
		v.settle()
		ids := make([]uint64, 0, len(v.byID))
		for id := range v.byID {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		inOrder(ids, func() func(uint64) *tyto.Device {
			t := &teller{Inventory: v}
			return func(id uint64) *tyto.Device { return describe(t, v.byID[id]) }
		}, yield)
	}
}

// Devices is all devices at once, by id. All needs less memory.
func (v *Inventory) Devices() []tyto.Device {
	var out []tyto.Device
	for d := range v.All() {
		out = append(out, *d)
	}
	return out
}

// Device is the device of an id.
func (v *Inventory) Device(id string) (tyto.Device, bool) {
	v.settle()
	n, ok := parseID(id)
	d := v.byID[n]
	if !ok || d == 0 {
		return tyto.Device{}, false
	}
	out := v.own.describe(d)
	v.hold(n, out.Value(tyto.Type))
	return *out, true
}

// hold notes the type that was told of a device.
func (v *Inventory) hold(id uint64, typ string) {
	if v.config.Steady && typ != "" {
		if v.held == nil || len(v.held) > 2*len(v.byID)+1024 { // others are gone
			v.held = map[uint64]string{}
		}
		v.held[id] = typ
	}
}

// Outline is the device of an id without its Evidence.
func (v *Inventory) Outline(id string) (tyto.Device, bool) {
	v.settle()
	n, ok := parseID(id)
	d := v.byID[n]
	if !ok || d == 0 {
		return tyto.Device{}, false
	}
	out, _ := v.own.outline(d)
	return *out, true
}

// Find is the id of the device that a subject is part of, "" if it is none: an
// internet host, a group, or an address that nothing was ever heard from.
func (v *Inventory) Find(s tyto.Subject) string {
	v.settle()
	if c := v.coreOf(&s); c != 0 {
		if d := v.seat(c).device; d != 0 {
			return idText(v.devices[d].id)
		}
	}
	return ""
}

// coreOf is the core that a subject is about, 0 if there is none.
func (v *Inventory) coreOf(s *tyto.Subject) core {
	i := v.byMAC[macKey(s.MAC, s.VLAN)]
	if s.Addr.IsUnspecified() {
		return coreOf(i)
	}
	h := v.byAddr[s.Addr]
	if h == 0 {
		return 0
	}
	if n := v.both(i, h); n != 0 {
		return v.home(n)
	}
	if owner := v.hosts[h].owner; owner != 0 {
		return coreOf(v.pair(owner).iface)
	}
	return coreOfAddr(h)
}

// Changed is the ids of the devices that changed since the last call, sorted.
// An id that Device does not know any more was removed or merged. That a
// device was seen again is a change once in 15 minutes.
func (v *Inventory) Changed() []string {
	v.settle()
	for _, n := range v.touched {
		p := v.pair(n)
		p.flags &^= touched
		p.reported = uint32(p.until() / int64(time.Second))
		if c := v.home(n); c != 0 {
			if d := v.seat(c).device; d != 0 {
				v.news[v.devices[d].id] = struct{}{}
			}
		}
	}
	v.touched = v.touched[:0]
	ids := make([]uint64, 0, len(v.news))
	for id := range v.news {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	clear(v.news)
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = idText(id)
	}
	return out
}

// Again has Changed tell of all devices: the rules are others now.
func (v *Inventory) Again() {
	v.settle()
	for id := range v.byID {
		v.news[id] = struct{}{}
	}
}

// touch notes that something about a pair changed.
func (v *Inventory) touch(n uint32) {
	if p := v.pair(n); p.flags&touched == 0 {
		p.flags |= touched
		v.touched = append(v.touched, n)
	}
}

// sighted notes that a pair was seen again, which is news now and then.
func (v *Inventory) sighted(n uint32, p *pair) {
	if uint32(p.until()/int64(time.Second))-p.reported >= sightingTime {
		v.touch(n)
	}
}

// Stats is how much an inventory holds and what it had to refuse.
type Stats struct {
	Devices  int    `json:"devices"`
	Subjects int    `json:"subjects"`
	Claims   int    `json:"claims"`
	Evicted  uint64 `json:"evicted"` // subjects that went to make room
	Refused  uint64 `json:"refused"` // claims and addresses beyond a budget
	// Strangers is addresses that only sent a frame or two, said nothing of
	// themselves and were not answered, and for which there was no room. One is
	// counted as often as a sensor tells that it sent.
	Strangers uint64 `json:"strangers"`
}

// Stats is the inventory's own count.
func (v *Inventory) Stats() Stats {
	v.settle()
	return Stats{Devices: len(v.byID), Subjects: v.subjects(), Claims: v.claims.held(), Evicted: v.evicted, Refused: v.refused, Strangers: v.strangers}
}

func (v *Inventory) subjects() int { return v.pairs.held() }
