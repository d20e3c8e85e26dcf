package sensor

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tyto/inventory"
	"tyto/tyto"
)

// TestWorkersKnowTheSame: captures that are read together, one after the other, are the same inventory however
// many workers read them, with the same evidence.
func TestWorkersKnowTheSame(t *testing.T) {
	know := func(workers int) []tyto.Device {
		config := DefaultConfig()
		config.Workers = workers
		events, _ := run(t, config, open(t, recorded(t)...))
		devices := inventory.New("z", inventory.Config{})
		for i := range events {
			devices.Learn(&events[i])
		}
		return devices.Devices()
	}
	if d := cmp.Diff(know(1), know(3)); d != "" {
		t.Errorf("three workers know other devices than one:\n%.2000s", d)
	}
}

// TestEndsOfConversationsHaveTheirCapture: what a conversation's buffers hold at its end is evidence of the
// capture that it is of, not of the one that is read then.
func TestEndsOfConversationsHaveTheirCapture(t *testing.T) {
	told := map[string]map[tyto.Observation]bool{}
	tell := func(paths ...string) {
		events, _ := run(t, DefaultConfig(), open(t, paths...))
		for _, e := range events {
			if o := e.Observation; o != nil {
				path := o.Evidence.Capture
				o.Evidence.Packet = 0 // a fact held back may be told of a later packet
				if told[path] == nil {
					told[path] = map[tyto.Observation]bool{}
				}
				told[path][*o] = len(paths) == 1 || told[path][*o]
			}
		}
	}
	for _, path := range recorded(t) {
		tell(path)
	}
	tell(recorded(t)...)
	for path, all := range told {
		for o, alone := range all {
			if !alone {
				t.Errorf("%s tells %v %q only if others are read too", path, o.Attr, o.Value)
			}
		}
	}
}
