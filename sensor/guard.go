package sensor

import (
	"fmt"
	"runtime/debug"

	"tyto/flow"
	"tyto/frame"
)

// A Failure is a fault of this program that a packet brought to light: the
// path panicked. The packet is passed over, and nothing more is read of its
// conversation; a dissector that fails again and again is left out.
type Failure struct {
	Dissector string // "" if it was not in one
	Capture   string
	Packet    uint64
	Reason    string
	Stack     string
	Off       bool // the dissector is left out from now on
}

// A guard keeps a worker at work when the path panics.
type guard struct {
	failures map[uint16]int // by dissector, 0 is none
	packet   *frame.Packet  // that is looked at
	away     bool           // events are being handed on: what fails then is not the packet's fault
}

// maxFailures is how often a dissector may fail before it is left out.
const maxFailures = 3

// off reports whether a dissector is left out.
func (g *guard) off(n uint16) bool { return len(g.failures) > 0 && g.failures[n] >= maxFailures }

// take takes packets through the path: all, or those whose owner is me.
func (w *worker) take(packets []frame.Packet, owner []uint8, me uint8) {
	for at := 0; at < len(packets); {
		at = w.takeFrom(at, packets, owner, me)
	}
}

// takeFrom takes packets from at on, to the end or to one that fails, and is
// the place after that.
func (w *worker) takeFrom(at int, packets []frame.Packet, owner []uint8, me uint8) (next int) {
	defer func() {
		if w.guard.away {
			return // and let it fall
		}
		if reason := recover(); reason != nil {
			w.failed(reason)
			next = at + 1
		}
	}()
	for ; at < len(packets); at++ {
		if owner == nil || owner[at] == me {
			w.guard.packet = &packets[at]
			w.packet(&packets[at])
		}
	}
	return at
}

// failed gives up the conversation that was looked at, and tells.
func (w *worker) failed(reason any) {
	w.counters.Failures++
	f := Failure{Reason: fmt.Sprint(reason), Stack: string(debug.Stack()), Packet: w.guard.packet.Number, Capture: w.captures[w.guard.packet.Source]}
	if c := w.conv; c != nil {
		if d := w.index.At(c.Dissects); d != nil {
			if w.guard.failures == nil {
				w.guard.failures = map[uint16]int{}
			}
			w.guard.failures[c.Dissects]++
			f.Dissector, f.Off = d.Name, w.guard.failures[c.Dissects] == maxFailures
		}
		w.feeder.Kill(&c.Streams[0])
		w.feeder.Kill(&c.Streams[1])
		c.Flags |= flow.Done
	}
	w.change = false
	if w.fail != nil {
		w.fail(f)
	}
}
