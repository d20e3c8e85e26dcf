package sensor

import (
	"testing"

	"tyto/frame"
)

// TestPressure rises quickly, falls slowly, and stays within its levels.
func TestPressure(t *testing.T) {
	var p pressure
	tell := func(waited bool, times int) level {
		for range times {
			p.waited(waited)
		}
		return level(p.level.Load())
	}
	for i, step := range []struct {
		waited bool
		times  int
		want   level
	}{
		{true, latePatience - 1, nothing}, {false, 1, nothing}, {true, latePatience, bulk}, {true, latePatience, unknown}, {true, 100, unknown},
		{false, calmPatience - 1, unknown}, {true, 1, unknown}, {false, calmPatience, bulk}, {false, calmPatience, nothing}, {false, 5 * calmPatience, nothing},
	} {
		if got := tell(step.waited, step.times); got != step.want {
			t.Errorf("step %d: level %d, want %d", i, got, step.want)
		}
	}
}

// TestShed gives up long conversations first, then new ones, and never what
// makes devices known.
func TestShed(t *testing.T) {
	for name, x := range map[string]struct {
		level        level
		port         uint16
		packets      int
		to           frame.MAC
		bulk, begins uint64
	}{
		"at leisure":               {level: nothing, port: 9, packets: 500},
		"long":                     {level: bulk, port: 9, packets: 500, bulk: 1},
		"short":                    {level: bulk, port: 9, packets: 100},
		"new":                      {level: unknown, port: 9, packets: 1, begins: 1},
		"a look-up of a name":      {level: unknown, port: 53, packets: 500},
		"an announcement to all":   {level: unknown, port: 9, packets: 500, to: frame.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
		"an announcement to a few": {level: unknown, port: 1900, packets: 500, to: frame.MAC{1, 0, 0x5e, 0x7f, 0xff, 0xfa}},
	} {
		m := newMirrored()
		m.w.level = x.level
		f := frame.Frame{Length: 60, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcMAC: frame.MAC{2, 1}, DstMAC: frame.MAC{2, 2},
			SrcPort: 40000, DstPort: x.port, Proto: frame.UDP, Flags: frame.IPv4 | frame.Ports, Payload: []byte("what nobody reads")}
		if x.to != (frame.MAC{}) {
			f.DstMAC = x.to
		}
		for i := range x.packets {
			f.Time = int64(i)
			c, _, _ := m.w.flows.See(&f, 0)
			if c.Packets() == 1 && x.packets > 1 {
				c.Dissects = 1 // it was known before the pressure rose
			}
			m.w.sheds(&f, c)
			if got := m.w.counters.ShedBulk + m.w.counters.ShedNew; got > 0 {
				break
			}
		}
		if got := m.w.counters; got.ShedBulk != x.bulk || got.ShedNew != x.begins {
			t.Errorf("%s: gave up %d long and %d new ones, want %d and %d", name, got.ShedBulk, got.ShedNew, x.bulk, x.begins)
		}
	}
}
