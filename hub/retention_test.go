package hub

import (
	"testing"
	"time"

	"tyto/store"
	"tyto/tyto"
)

// TestForgets has a device and a conversation be silent for more than a year,
// while another goes on.
func TestForgets(t *testing.T) {
	f := newFixture(t)
	f.accept(saw(1, tyto.Address, "10.0.0.1"), saw(1, tyto.Hostname, "old"), saw(2, tyto.Address, "10.0.0.2"), saw(2, tyto.Hostname, "new"),
		talked(subject(1), subject(2), "modbus"), talked(subject(2), subject(2), "dns"))
	f.eventually("two devices", func() bool { return len(f.devices()) == 2 && len(f.conversations()) == 2 })
	f.Pass(401 * 24 * time.Hour)
	f.hub.tidy(t.Context()) // nothing was heard since: the newest is what counts
	if n := len(f.devices()); n != 2 {
		t.Fatalf("a capture of long ago is forgotten: %d devices are left", n)
	}
	later := saw(2, tyto.Hostname, "new")
	later.Time = f.Now()
	again := talked(subject(2), subject(2), "dns")
	again.Time, again.Conversation.First, again.Conversation.Last = f.Now(), f.Now(), f.Now()
	f.accept(later, again)
	f.hub.tidy(t.Context())
	gone := func() bool {
		d, c := f.devices(), f.conversations()
		return len(d) == 1 && d[0].Hostname == "new" && len(c) == 1 && c[0].Protocol == "dns"
	}
	f.eventually("the silent are gone", gone)
	f.hub.thin(t.Context())
	err := f.store.Read(t.Context(), "z", 0, func(e store.Entry) error {
		for i := range e.Events {
			if o := e.Events[i].Observation; o != nil && o.Value == "old" {
				t.Error("the log still tells of the device")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.begin(nil)
	f.accept(healthy("eth0", 1))
	f.eventually("it is still so after a start", gone)
}

// TestHistoryByMinute has a conversation take some minutes, and tells which.
func TestHistoryByMinute(t *testing.T) {
	f := newFixture(t)
	e := talked(subject(1), subject(2), "modbus")
	e.Conversation.Last = start.Add(3 * time.Minute)
	e.Conversation.Packets, e.Conversation.Bytes = [2]uint64{9, 4}, [2]uint64{1000, 402}
	f.accept(e, e)
	f.eventually("folded", func() bool { return len(f.conversations()) == 1 })
	h, err := f.store.History(t.Context(), store.HistoryQuery{Points: 10})
	if err != nil || len(h.Points) != 4 || h.Step != time.Minute {
		t.Fatalf("%+v, %v", h, err)
	}
	if h.Points[0].Bytes != [2]uint64{500, 200} || h.Points[3].Bytes != [2]uint64{500, 204} || h.Points[3].Packets != [2]uint64{6, 2} || h.Points[3].Sessions != 2 {
		t.Errorf("%+v", h.Points)
	}
}
