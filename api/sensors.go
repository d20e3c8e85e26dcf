package api

import (
	"math"
	"slices"
	"strings"
	"time"

	"tyto/mirror"
	"tyto/store"
	"tyto/uplink"
)

// SensorInterface is what a sensor tells of one interface, or of one capture.
type SensorInterface struct {
	Name      string            `json:"name"`
	State     string            `json:"state" enum:"listening,silent,lossy" doc:"silent: told nothing for a minute; lossy: over 0.1 % of packets were lost"`
	Counters  map[string]uint64 `json:"counters"`
	Packets   uint64            `json:"packets"`
	Bytes     uint64            `json:"bytes"`
	Dropped   uint64            `json:"dropped" doc:"Packets that were there and not looked at"`
	LossRatio float64           `json:"loss_ratio" doc:"Dropped of all packets"`
	First     time.Time         `json:"first,omitzero" doc:"Time of the first packet"`
	Last      time.Time         `json:"last,omitzero" doc:"Time of the last packet"`
	Coverage  string            `json:"coverage,omitempty" enum:"endpoint" doc:"endpoint: only what an ordinary host hears is looked at: its own conversations, broadcast and multicast"`
	Capture   bool              `json:"capture" doc:"It is a recorded file"`
	Findings  []mirror.Finding  `json:"findings" doc:"What is wrong with the traffic that is mirrored to it, and what to do; none if it is as it should be"`
}

// Sensor is a sensor and its health.
type Sensor struct {
	Name       string            `json:"name"`
	Version    string            `json:"version,omitempty"`
	Zone       string            `json:"zone,omitempty" doc:"Id"`
	Site       string            `json:"site,omitempty" doc:"Id; absent if nobody said where the zone is"`
	State      string            `json:"state" enum:"expired,offline,lossy,behind,mirror,new,online,finished,revoked" doc:"The gravest that is to be said of it. behind: more than half of the room for what waits is full, or the hub refused some; mirror: something is wrong with what is mirrored to it; new: it joined, and told nothing yet; finished: its recordings are read"`
	Online     bool              `json:"online" doc:"It told something within a minute"`
	LastSeen   time.Time         `json:"last_seen,omitzero" doc:"Absent if it joined and told nothing yet"`
	Interfaces []SensorInterface `json:"interfaces"`
	Member     *SensorMember     `json:"member,omitempty" doc:"Absent if it is in the hub's own process, or its events come by a file"`
	Uplink     *SensorUplink     `json:"uplink,omitempty" doc:"Absent if it told nothing of it"`
	Lost       uint64            `json:"lost" doc:"Events that it saw and the hub will never get, as its gaps count them"`
	Gaps       []SensorGap       `json:"gaps" doc:"The newest 20"`
}

// Online is how long ago a sensor must have told something to be online.
const Online = time.Minute

func (a *api) sensors(sensors []store.Sensor) []Sensor {
	out := make([]Sensor, len(sensors))
	for i := range sensors {
		s := &sensors[i]
		out[i] = Sensor{Name: s.Name, Version: s.Version, Zone: s.Zone, Online: a.Clock().Sub(s.Received) < Online,
			LastSeen: s.Received.UTC(), Interfaces: []SensorInterface{}, Gaps: []SensorGap{}}
		for j := range s.Interfaces {
			if r := &s.Interfaces[j]; r.Interface == uplink.HealthName {
				out[i].Uplink = uplinkOf(r)
			} else {
				out[i].Interfaces = append(out[i].Interfaces, a.sensorInterface(r))
			}
		}
	}
	return out
}

// The states of an interface.
const (
	stateListening = "listening"
	stateSilent    = "silent"
	stateLossy     = "lossy"
)

// lossyAbove is the part of packets lost above which conclusions are weak.
const lossyAbove = 0.001

// The counters of a Health that say what was not looked at.
var lost = []string{"kernel_drops"}

func (a *api) sensorInterface(r *store.SensorReport) SensorInterface {
	i := SensorInterface{Name: r.Interface, State: stateListening, Counters: r.Counters, Packets: r.Counters["packets"], Bytes: r.Counters["bytes"],
		First: nanoTime(r.Counters["first_ns"]), Last: nanoTime(r.Counters["last_ns"]), Capture: isFile(r.Interface), Findings: []mirror.Finding{}}
	if i.Counters == nil {
		i.Counters = map[string]uint64{}
	}
	if r.Counters["endpoint"] == 1 {
		i.Coverage = "endpoint"
	} else if r.Counters["unicast"]+r.Counters["broadcast"]+r.Counters["multicast"] > 0 || !i.Capture {
		i.Findings = slices.DeleteFunc(mirror.Findings(r.Counters), func(f mirror.Finding) bool { return f.Level == mirror.Good })
	}
	for _, name := range lost {
		i.Dropped += r.Counters[name]
	}
	if all := float64(i.Packets) + float64(i.Dropped); all > 0 {
		i.LossRatio = float64(i.Dropped) / all
	}
	switch {
	case i.LossRatio > lossyAbove:
		i.State = stateLossy
	case a.Clock().Sub(r.Received) >= Online:
		i.State = stateSilent
	}
	return i
}

func nanoTime(n uint64) time.Time {
	if n == 0 || n > math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(0, int64(n)).UTC()
}

// isFile tells a capture from an interface, whose names have no dot followed
// by one of these.
func isFile(name string) bool {
	name = strings.TrimSuffix(name, ".gz")
	for _, end := range []string{".pcap", ".pcapng", ".cap", ".dmp"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return name == "-"
}
