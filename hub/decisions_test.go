package hub

import (
	"testing"
	"time"

	"tyto/inventory"
	"tyto/tyto"
)

// TestDecisionsAboutDevices: what a person decides is stored, holds after a restart, and is taken back.
func TestDecisionsAboutDevices(t *testing.T) {
	f := newFixture(t)
	f.accept(saw(1, tyto.Address, "10.0.0.1"), saw(2, tyto.Address, "10.0.0.2"))
	f.eventually("two devices", func() bool { return len(f.devices()) == 2 })
	of := tyto.Subject{MAC: mac(1)}
	f.accept(inventory.Decide("z", of, tyto.Type, "plc", "anna", start.Add(time.Minute)))
	f.accept(inventory.DecideMerge("z", of, tyto.Subject{MAC: mac(2)}, false, "anna", start.Add(time.Minute))...)
	one := func() bool {
		all := f.devices()
		return len(all) == 1 && all[0].Type == "plc" && all[0].Confidence == "confirmed"
	}
	f.eventually("one PLC", one)
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.begin(nil)
	f.eventually("one PLC after a restart", one)
	f.accept(inventory.Decide("z", of, tyto.Type, inventory.Undecided, "ben", start.Add(2*time.Minute)),
		inventory.DecideAlone("z", of, false, "ben", start.Add(2*time.Minute)))
	f.accept(inventory.DecideMerge("z", of, tyto.Subject{MAC: mac(2)}, true, "ben", start.Add(2*time.Minute))...)
	f.eventually("two devices of no type", func() bool {
		all := f.devices()
		return len(all) == 2 && all[0].Type == "" && all[1].Type == ""
	})
}
