package hub

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"tyto/frame"
	"tyto/store"
	"tyto/store/postgrestest"
	"tyto/store/sqlite"
	"tyto/tyto"
)

// plantOf has a store know a zone of devices, each with ten facts and a
// conversation.
func plantOf(b *testing.B, s store.Store, devices int) {
	b.Helper()
	h, err := New(DefaultConfig(), Deps{Store: s})
	if err != nil {
		b.Fatal(err)
	}
	close(h.ready)
	if err := h.heartbeat(b.Context()); err != nil {
		b.Fatal(err)
	}
	if _, err := h.claim(b.Context(), "z"); err != nil {
		b.Fatal(err)
	}
	var events []tyto.Event
	for i := range devices {
		who := tyto.Subject{MAC: frame.MAC{0, 0x1b, 0x1b, byte(i >> 16), byte(i >> 8), byte(i)}, Addr: frame.V4(10, byte(i>>16), byte(i>>8), byte(i))}
		events = append(events, talked(who, subject(1), "modbus"))
		for j, attr := range []tyto.Attr{tyto.Address, tyto.Hostname, tyto.Vendor, tyto.Model, tyto.Firmware, tyto.Serial, tyto.OS, tyto.Protocol, tyto.Provides, tyto.Clue} {
			e := saw(1, attr, fmt.Sprintf("value-%d-%d", j, i))
			if e.Observation.Subject = who; attr == tyto.Address {
				e.Observation.Value = who.Addr.String()
			}
			events = append(events, e)
		}
		if len(events) < 250 && i < devices-1 {
			continue
		}
		if err := h.Accept(b.Context(), events); err != nil {
			b.Fatal(err)
		}
		if events = events[:0]; h.held("z").crowded() {
			flushAll(b, h)
		}
	}
	flushAll(b, h)
	if err := h.part(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func flushAll(b *testing.B, h *Hub) {
	b.Helper()
	for more, failures := true, 0; more; {
		var err error
		if more, err = h.flush(b.Context(), false); err != nil {
			if failures++; failures > 5 { // a busy machine may be too slow for the database's patience
				b.Fatal(err)
			}
			more = true
		}
	}
}

// BenchmarkRestore is how long a zone of 20,000 devices takes to be known again.
func BenchmarkRestore(b *testing.B) {
	s, err := sqlite.Open(b.Context(), sqlite.DefaultConfig(b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const devices = 20_000
	plantOf(b, s, devices)
	for b.Loop() {
		h, err := New(DefaultConfig(), Deps{Store: s})
		if err != nil {
			b.Fatal(err)
		}
		if err := errors.Join(h.restore(b.Context()), h.part(b.Context())); err != nil {
			b.Fatal(err)
		}
		if d := h.held("z").known.Stats().Devices; d != devices {
			b.Fatalf("%d devices are known again", d)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/devices*100_000, "s/100k-devices")
}

// BenchmarkTakeover is how long a zone has no analyst when the hub that holds
// it is killed, until another knows all that is in the log, with the heartbeats
// that are the default.
func BenchmarkTakeover(b *testing.B) {
	for _, devices := range []int{1000, 100_000} {
		all := b
		url, server := "", postgrestest.Start(b)
		b.Run(fmt.Sprintf("devices=%d", devices), func(b *testing.B) {
			if url == "" { // it takes long, and is run more than once
				url = shared(all)
				filler := openShared(all, url)
				plantOf(b, filler, devices)
				if err := filler.Close(); err != nil {
					b.Fatal(err)
				}
			}
			usual := func(c *Config) { *c = DefaultConfig() }
			holder := join(b, url, "hub-0", usual).run()
			soon(b, "a hub holds the zone", func() bool { return holder.hub.held("z") != nil })
			var worst time.Duration
			var cpu float64
			b.ResetTimer()
			for i := range b.N {
				b.StopTimer()
				next := join(b, url, fmt.Sprint("hub-", i+1), usual).run()
				used := processorTime(b)
				b.StartTimer()
				killed := time.Now()
				holder.kill(server)
				soon(b, "the other holds the zone", func() bool { return next.hub.held("z") != nil })
				worst, cpu = max(worst, time.Since(killed)), cpu+processorTime(b)-used
				if d := next.hub.held("z").known.Stats().Devices; d != devices {
					b.Fatalf("%d devices are known again", d)
				}
				holder = next
			}
			b.StopTimer()
			holder.kill(server)
			b.ReportMetric(worst.Seconds(), "s-worst")
			b.ReportMetric(cpu/float64(b.N), "CPU-s")
		})
	}
}

// processorTime is the seconds that this process was running, on all processors.
func processorTime(b *testing.B) float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}
