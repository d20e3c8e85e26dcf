package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"tyto/sensor"
)

// Bounds of sensor.memory, in MiB.
const (
	leastMemory = 128
	mostMemory  = 1 << 20
)

// workers is how many the packet path has.
func (c *sensorSetting) workers(live bool) int {
	switch {
	case c.Workers > 0:
		return c.Workers
	case live:
		return max(1, runtime.NumCPU()-1)
	}
	return 1
}

// budget is what each table of the sensor may take. The error says how much
// memory is needed for as many workers and interfaces.
func (c *sensorSetting) budget(interfaces int, live bool) (sensor.Budget, error) {
	b, err := sensor.Share(int64(c.Memory)<<20, c.workers(live), interfaces)
	if c.Conversations > 0 {
		b.Conversations = min(b.Conversations, c.Conversations)
	}
	if err != nil {
		err = usageError{err}
	}
	return b, err
}

// keepTo has the garbage collector keep to what the sensor may take, unless
// who started it said something else.
func keepTo(b sensor.Budget) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(b.Heap)
	}
}
