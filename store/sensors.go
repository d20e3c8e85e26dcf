package store

import (
	"context"
	"time"
)

// A SensorReport is what a sensor told of one of its interfaces. It replaces
// what it told before of the same interface.
type SensorReport struct {
	Sensor    string
	Zone      string
	Version   string
	Interface string
	Time      time.Time // when it was told, by the sensor's clock
	Received  time.Time // by the hub's clock
	Counters  map[string]uint64
}

// A Sensor is a sensor with the last report of each of its interfaces.
type Sensor struct {
	Name       string
	Version    string
	Zone       string
	Received   time.Time // the newest report
	Interfaces []SensorReport
}

// Sensors are the sensors that were heard of.
type Sensors interface {
	// Sensors lists all sensors by name, their interfaces by name.
	Sensors(ctx context.Context) ([]Sensor, error)
}
