// Package uplink carries what a sensor tells to its hub, over networks that
// fail and through crashes of either end.
//
// The Spool takes events and has them on disk in batches at most 200 ms
// later; only then are they accepted. A Sender sends the batches and the
// spool drops each when the hub has acknowledged it, which the hub does when
// its store has committed it. A batch is known by (sensor, epoch, sequence),
// so that the hub takes a repeated one once. What the spool has no room for
// is counted in gaps, which travel like everything else.
//
// An Identity is a sensor's certificate and whom it trusts; Join gets one for
// a token, and a Client keeps it fresh.
package uplink

import (
	"math"
	"strings"
	"time"

	"tyto/tyto"
)

// Class is what an event's loss would mean, and so how it is kept (design,
// section 5).
type Class uint8

// The classes.
const (
	ClassA Class = iota + 1 // never dropped once accepted
	ClassB                  // kept by quota: the oldest go first
	ClassC                  // the first to go
)

// classes are all of them, in the order in which they are sent.
var classes = [...]Class{ClassA, ClassB, ClassC}

// String is the letter.
func (c Class) String() string {
	if c < ClassA || c > ClassC {
		return ""
	}
	return "ABC"[c-1 : c]
}

// A Batch is events that are accepted, sent and acknowledged together.
type Batch struct {
	Epoch  uint64 // of the spool: another at each start
	Seq    uint64 // within the spool; ascending, and ascending again in a new one
	Floor  uint64 // no batch of the epoch before it will be sent any more
	Class  Class
	Events int
	Body   []byte // lines of JSON, zstd
}

// The ways of the protocol, over HTTPS. See docs/reference/uplink.md.
const (
	PathJoin        = "/uplink/v1/join"
	PathCertificate = "/uplink/v1/certificate"
	PathBatches     = "/uplink/v1/batches"
)

// The headers of a batch.
const (
	HeaderEpoch   = "Tyto-Epoch"
	HeaderSeq     = "Tyto-Sequence"
	HeaderFloor   = "Tyto-Floor"
	HeaderEvents  = "Tyto-Events"
	ContentType   = "application/x-ndjson"
	ContentCoding = "zstd"
)

// ServerName is what every hub's certificate for sensors says: sensors trust
// the authority that signed it, which signs no other servers, so that a hub
// may have any address.
const ServerName = "hub.tyto.internal"

// Accepted is how long after it was put an event is on disk at the latest, if
// the disk keeps up.
const Accepted = 200 * time.Millisecond

// FromSensor reports whether an event is one that sensors tell, and whole.
// Alerts and changes of devices are the hub's own to conclude, and decisions
// are people's.
func FromSensor(e *tyto.Event) bool {
	told := 0
	for _, set := range [...]bool{e.Observation != nil, e.Act != nil, e.Conversation != nil, e.Health != nil, e.Alert != nil, e.Device != nil} {
		if set {
			told++
		}
	}
	switch e.Kind {
	case tyto.KindObservation:
		return told == 1 && e.Observation != nil && e.Observation.Attr != tyto.Decision // which is a person's
	case tyto.KindAct:
		return told == 1 && e.Act != nil
	case tyto.KindConversation:
		return told == 1 && e.Conversation != nil
	case tyto.KindHealth:
		return told == 1 && e.Health != nil
	}
	return false
}

// Claim makes events those of a sensor in a zone, whatever they say: nobody
// speaks for another. What a person confirms is no sensor's to say.
func Claim(events []tyto.Event, sensor, zone string) {
	for i := range events {
		e := &events[i]
		e.Sensor, e.Zone = sensor, zone
		switch {
		case e.Observation != nil:
			e.Observation.Evidence.Sensor = sensor
			e.Observation.Confidence = min(e.Observation.Confidence, tyto.Stated)
		case e.Act != nil:
			e.Act.Evidence.Sensor = sensor
		case e.Conversation != nil:
			e.Conversation.Evidence.Sensor = sensor
		case e.Health != nil:
			tame(e.Health)
		}
	}
}

// Bounds of a health.
const (
	maxCounters = 256
	maxWord     = 256 // bytes
)

// tame cuts what no honest sensor would say.
func tame(h *tyto.Health) {
	h.Interface, h.Version = cut(h.Interface), cut(h.Version)
	for name := range h.Counters {
		if len(h.Counters) > maxCounters || len(name) > maxWord {
			delete(h.Counters, name)
		}
	}
	h.Gaps = h.Gaps[:min(len(h.Gaps), gapsTogether)]
	for i := range h.Gaps {
		g := &h.Gaps[i]
		g.ID, g.Reason, g.Class, g.Detail = cut(g.ID), cut(g.Reason), cut(g.Class), cut(g.Detail)
		g.Events = min(g.Events, math.MaxInt64)
	}
}

func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxWord)], "") }
