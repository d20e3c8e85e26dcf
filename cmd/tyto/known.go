package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"runtime/metrics"
)

// inventorySetting bounds what is known, of all zones together.
type inventorySetting struct {
	Memory int `yaml:"memory"`
}

// Bounds of inventory.memory, in MiB: a device whose facts are known takes about 2 kB.
const (
	leastKnown = 16
	mostKnown  = 1 << 20
)

func (i inventorySetting) check(bad func(key, why string)) {
	if i.Memory < leastKnown || i.Memory > mostKnown {
		bad("inventory.memory", fmt.Sprintf("%d is not between %d and %d MiB; 1024 is the default, room for half a million devices", i.Memory, leastKnown, mostKnown))
	}
}

// limit is in bytes.
func (i inventorySetting) limit() int64 { return int64(i.Memory) << 20 }

// keepTo makes room when devices and conversations take more than they may: first go
// addresses and calls of which nothing is known but that they were there.
func (k *knowledge) keepTo(limit int64) {
	over := k.devices.Bytes() + k.talks.Bytes() - limit
	if over <= 0 {
		return
	}
	want := over + limit/8 // so that it is not done for each batch
	for _, all := range []bool{false, true} {
		want -= k.talks.Shed(want/2, all)
		want -= k.devices.Shed(want, all)
		if want <= 0 {
			return
		}
	}
}

// collect has the garbage collector keep to a limit that leaves it a third of what is
// needed: with less it does hardly anything but collect.
func (k *knowledge) collect() {
	const step = 16 << 20
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	limit := int64(live[0].Value.Uint64()) / 3 * 4 / step * step
	if limit > max(k.collected, analysisMemory) {
		k.collected = limit
		debug.SetMemoryLimit(limit)
	}
}

// tellLeft says what was let go.
func (k *knowledge) tellLeft(w io.Writer, limit int64) {
	devices, talks := k.devices.Stats(), k.talks.Left()
	if devices.Strangers+devices.Evicted+talks.Conversations == 0 {
		return
	}
	fmt.Fprintf(w, "tyto: no room for all in inventory.memory (%d MiB): %d addresses that only sent a frame or two and %d conversations (%d packets) are not listed\n",
		limit>>20, devices.Strangers, talks.Conversations, talks.Packets)
}
