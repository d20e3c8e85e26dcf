package api

import (
	"context"
	"time"

	"tyto/store"
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
	Last      time.Time         `json:"last,omitzero" doc:"Time of the last report"`
	Capture   bool              `json:"capture" doc:"It is a recorded file"`
}

// Sensor is a sensor and its health.
type Sensor struct {
	Name       string            `json:"name"`
	Version    string            `json:"version,omitempty"`
	Zone       string            `json:"zone,omitempty"`
	Online     bool              `json:"online" doc:"It told something within a minute"`
	LastSeen   time.Time         `json:"last_seen"`
	Interfaces []SensorInterface `json:"interfaces"`
}

// SensorList is all sensors.
type SensorList struct {
	Items []Sensor `json:"items"`
}

// SensorsOutput is the answer that carries a SensorList.
type SensorsOutput struct {
	Body SensorList
}

// Online is how long ago a sensor must have told something to be online.
const Online = time.Minute

func (a *api) listSensors(ctx context.Context, _ *struct{}) (*SensorsOutput, error) {
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &SensorsOutput{Body: SensorList{Items: a.sensors(sensors)}}, nil
}

func (a *api) sensors(sensors []store.Sensor) []Sensor {
	out := make([]Sensor, len(sensors))
	for i := range sensors {
		s := &sensors[i]
		out[i] = Sensor{Name: s.Name, Version: s.Version, Zone: s.Zone, Online: a.Clock().Sub(s.Received) < Online,
			LastSeen: s.Received.UTC(), Interfaces: make([]SensorInterface, len(s.Interfaces))}
		for j := range s.Interfaces {
			out[i].Interfaces[j] = a.sensorInterface(&s.Interfaces[j])
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

func (a *api) sensorInterface(r *store.SensorReport) SensorInterface {
	c := r.Counters
	i := SensorInterface{Name: r.Interface, State: stateListening, Counters: c, Last: r.Time.UTC()}
	if c == nil {
		i.Counters = map[string]uint64{}
	}
	return i
}
