package main

import (
	"errors"
	"testing"
)

// TestMemory shares the limit of the configuration out: the default is enough
// for an ordinary machine, a number of conversations is a limit beside it, and
// what cannot be is the user's mistake.
func TestMemory(t *testing.T) {
	set := defaultSettings()
	set.Sensor.Workers = 3
	b, err := set.Sensor.budget(2, true)
	if err != nil || b.Heap+2*b.Rings != 512<<20 || b.Conversations < 100_000 {
		t.Errorf("the default: %+v, %v", b, err)
	}
	set.Sensor.Conversations = 5000
	if b, err = set.Sensor.budget(2, true); err != nil || b.Conversations != 5000 {
		t.Errorf("with a number of conversations: %+v, %v", b, err)
	}
	set.Sensor.Memory, set.Sensor.Workers = leastMemory, 64
	var usage usageError
	if _, err = set.Sensor.budget(2, true); !errors.As(err, &usage) {
		t.Errorf("64 workers in 128 MiB: %v", err)
	}
}
