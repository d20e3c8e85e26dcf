package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"tyto/tyto"
)

// What people decide about devices is observations of confidence Confirmed,
// protocol "person", whose field names the person. Of each attribute the
// newest decision holds, whoever made it; Undecided takes all of them back.
// That two devices are one, and that an interface stands alone, are
// observations of Identity with keys of their own, each with an opposite.

// person is the protocol of what people decide.
const person = "person"

// Undecided is the value of a decision that takes back what was decided before.
const Undecided = "(undecided)"

// NotADevice is the type of what a person does not want to see as a device.
const NotADevice = "not_a_device"

const (
	mergeKey = "person:merge:"   // and a hash: who has it is one device
	aloneKey = "person:alone"    // who has it is one device with nobody else, but by a merge
	undoKey  = "person:undo"     // of alone
	apartKey = "person:unmerge:" // and the hash: of a merge
)

// Decidable is the attributes that a person may decide.
var Decidable = []tyto.Attr{tyto.Type, tyto.Vendor, tyto.Model, tyto.OS, tyto.Firmware, tyto.Serial, tyto.Hostname, tyto.Location,
	tyto.Description, tyto.Purdue}

// Decide is the event that a person says what an attribute of a subject is;
// Undecided takes back what was said.
func Decide(zone string, of tyto.Subject, a tyto.Attr, value, who string, at time.Time) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Sensor: person, Zone: zone, Time: at, Kind: tyto.KindObservation, Observation: &tyto.Observation{
		Subject: of, Attr: a, Value: value, Confidence: tyto.Confirmed, Evidence: tyto.Evidence{Sensor: person, Protocol: person, Field: who}}}
}

// DecideMerge is the events that two subjects are parts of one device, or,
// taken back, that nobody says so.
func DecideMerge(zone string, a, b tyto.Subject, undo bool, who string, at time.Time) []tyto.Event {
	key := mergeKey
	if undo {
		key = apartKey
	}
	key += pairHash(a, b)
	return []tyto.Event{Decide(zone, a, tyto.Identity, key, who, at), Decide(zone, b, tyto.Identity, key, who, at)}
}

// DecideAlone is the event that an interface is not a part of a device with
// others, whatever they have in common, or, taken back, that nobody says so.
func DecideAlone(zone string, of tyto.Subject, undo bool, who string, at time.Time) tyto.Event {
	if undo {
		return Decide(zone, of, tyto.Identity, undoKey, who, at)
	}
	return Decide(zone, of, tyto.Identity, aloneKey, who, at)
}

// pairHash names two subjects in either order.
func pairHash(a, b tyto.Subject) string {
	x, y := a.MAC.String()+a.Addr.String(), b.MAC.String()+b.Addr.String()
	if y < x {
		x, y = y, x
	}
	sum := sha256.Sum256([]byte(x + " " + y))
	return hex.EncodeToString(sum[:8])
}

// isDecided reports whether an identity key is of a person's.
func isDecided(key string) bool { return strings.HasPrefix(key, "person:") }

// opposite is the key that takes a decision back, "" if there is none.
func opposite(key string) string {
	switch {
	case key == aloneKey:
		return undoKey
	case strings.HasPrefix(key, mergeKey):
		return apartKey + key[len(mergeKey):]
	}
	return ""
}

// inverse is the key that a key takes back, "" if it takes back none.
func inverse(key string) string {
	switch {
	case key == undoKey:
		return aloneKey
	case strings.HasPrefix(key, apartKey):
		return mergeKey + key[len(apartKey):]
	}
	return ""
}

// stillHolds reports whether a pair has a key of a person's that was not taken
// back later.
func (v *Inventory) stillHolds(n uint32, key string) bool {
	against := opposite(key)
	if against == "" {
		return false
	}
	yes, no := never, never
	for i := v.pair(n).claims; i != 0; {
		x := v.claims.at(i)
		if x.attr() == tyto.Identity && v.claims.sources[x.source].protocol == person {
			switch string(v.words.raw(x.value)) {
			case key:
				yes = max(yes, x.last)
			case against:
				no = max(no, x.last)
			}
		}
		i = x.next
	}
	return yes > no
}

// standsAlone reports whether a person says that a core is nobody else's.
func (v *Inventory) standsAlone(c core) bool {
	key := v.words.find(aloneKey)
	if key == 0 {
		return false
	}
	for _, n := range v.keys[key] {
		if v.home(n) == c && v.stillHolds(n, aloneKey) {
			return true
		}
	}
	return false
}

// decided takes out of facts, which are sorted, what people decided before
// they decided otherwise, and puts what others confirm below what people say.
func decided(facts []fact) (hold, past []fact) {
	if !slices.ContainsFunc(facts, func(f fact) bool { return f.Evidence.Protocol == person && f.Attr != tyto.Identity }) {
		return facts, nil
	}
	newest := map[tyto.Attr]fact{}
	for _, f := range facts {
		if f.Evidence.Protocol == person && f.Attr != tyto.Identity {
			old, ok := newest[f.Attr]
			if !ok || cmp.Or(f.Last.Compare(old.Last), strings.Compare(f.Value, old.Value)) > 0 {
				newest[f.Attr] = f
			}
		}
	}
	hold = facts[:0:0]
	for _, f := range facts {
		n, ok := newest[f.Attr]
		switch {
		case f.Evidence.Protocol == person && ok && (n.Value == Undecided || f.Value != n.Value):
			past = append(past, f)
		case f.Evidence.Protocol != person && ok && n.Value != Undecided && f.Confidence >= tyto.Confirmed:
			f.Confidence = tyto.Stated
			hold = append(hold, f)
		default:
			hold = append(hold, f)
		}
	}
	return hold, past
}
