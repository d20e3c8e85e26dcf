package hub

import (
	"fmt"
	"testing"

	"tyto/frame"
	"tyto/store/sqlite"
	"tyto/tyto"
)

// BenchmarkAccept is how fast events get to the disk and into the inventory:
// batches of 256, half of them conversations, of 1,000 devices.
func BenchmarkAccept(b *testing.B) {
	s, err := sqlite.Open(b.Context(), sqlite.DefaultConfig(b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	h, err := New(DefaultConfig(), Deps{Store: s})
	if err != nil {
		b.Fatal(err)
	}
	close(h.ready)
	events := make([]tyto.Event, 256)
	n := 0
	for b.Loop() {
		for i := range events {
			who := tyto.Subject{MAC: frame.MAC{0, 0x1b, 0x1b, 0, byte(n >> 8 & 3), byte(n)}, Addr: frame.V4(10, 0, byte(n>>8&3), byte(n))}
			if n++; i%2 == 0 {
				events[i] = talked(who, subject(1), "modbus")
			} else {
				events[i] = saw(1, tyto.Hostname, fmt.Sprintf("host-%d", n%1000))
				events[i].Observation.Subject = who
			}
		}
		if err := h.Accept(b.Context(), events); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*256/b.Elapsed().Seconds(), "events/s")
	if err := h.last(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRestore is how long a zone of 20,000 devices with ten facts and a
// conversation each takes to be known again.
func BenchmarkRestore(b *testing.B) {
	s, err := sqlite.Open(b.Context(), sqlite.DefaultConfig(b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const devices = 20_000
	h, err := New(DefaultConfig(), Deps{Store: s})
	if err != nil {
		b.Fatal(err)
	}
	close(h.ready)
	for i := range devices {
		who := tyto.Subject{MAC: frame.MAC{0, 0x1b, 0x1b, byte(i >> 16), byte(i >> 8), byte(i)}, Addr: frame.V4(10, byte(i>>16), byte(i>>8), byte(i))}
		events := []tyto.Event{talked(who, subject(1), "modbus")}
		for j, attr := range []tyto.Attr{tyto.Address, tyto.Hostname, tyto.Vendor, tyto.Model, tyto.Firmware, tyto.Serial, tyto.OS, tyto.Protocol, tyto.Provides, tyto.Clue} {
			e := saw(1, attr, fmt.Sprintf("value-%d-%d", j, i))
			if e.Observation.Subject = who; attr == tyto.Address {
				e.Observation.Value = who.Addr.String()
			}
			events = append(events, e)
		}
		if err := h.Accept(b.Context(), events); err != nil {
			b.Fatal(err)
		}
	}
	if err := h.last(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		h, err := New(DefaultConfig(), Deps{Store: s})
		if err != nil {
			b.Fatal(err)
		}
		if err := h.restore(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Seconds())/float64(b.N)/devices*100_000, "s/100k-devices")
}
