package hub

import (
	"testing"

	"tyto/store"
	"tyto/tyto"
)

// news is what readers were told of devices.
func (f *fixture) news() (all []tyto.Event) {
	f.t.Helper()
	err := f.store.Follow(f.t.Context(), 0, func(e store.Entry) error {
		for _, e := range e.Events {
			if e.Kind == tyto.KindDevice {
				all = append(all, e)
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return all
}

func TestDevicesThatChangeAreNews(t *testing.T) {
	f := newFixture(t)
	f.accept(saw(1, tyto.Address, "10.0.0.1"), saw(1, tyto.Hostname, "plc-1"))
	f.eventually("the device is news", func() bool { return len(f.news()) == 1 })
	e := f.news()[0]
	if e.Zone != "z" || e.Sensor != "s" || e.Device.Hostname != "plc-1" || e.Device.Site != "Graz" || e.Device.MACs[0] != mac(1).String() {
		t.Errorf("told %+v of %+v", e.Device, e)
	}
	f.accept(saw(1, tyto.Firmware, "V4.5"))
	f.eventually("its firmware is news", func() bool { n := f.news(); return n[len(n)-1].Device.Firmware == "V4.5" })
	want := len(f.news())
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.begin(nil) // knows all again, and has nothing new to tell
	f.accept(saw(2, tyto.Address, "10.0.0.2"), saw(2, tyto.Hostname, "hmi-1"))
	f.eventually("the other is news", func() bool { return len(f.news()) == want+1 })
}
