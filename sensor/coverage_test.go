package sensor

import (
	"testing"

	"tyto/frame"
	"tyto/observe"
	"tyto/proto"
)

// A mirror plays TCP connections into a worker, as a mirror port shows them.
type mirrored struct {
	w     *worker
	clock int64
	port  uint16
}

func newMirrored() *mirrored {
	config := DefaultConfig()
	config.Live, config.Conversations, config.Buffers = true, 1000, 8
	w := newWorker(&config, proto.NewIndex(proto.All()), observe.NewBatch(64), func(b *observe.Batch) *observe.Batch { b.Reset(); return b })
	w.captures = []string{"eth1"}
	return &mirrored{w: w, port: 40000}
}

// connection is ten segments each way of 100 bytes. show says which frames
// the mirror has, by who sends it and its number, and how often.
func (m *mirrored) connection(show func(fromClient bool, n int) int) {
	m.port++
	seq, ack := uint32(1000), uint32(5000)
	for n := range 10 {
		m.segment(true, seq, ack, show(true, n))
		seq += 100
		m.segment(false, ack, seq, show(false, n))
		ack += 100
	}
}

func (m *mirrored) segment(fromClient bool, seq, ack uint32, times int) {
	m.clock += 5_000_000
	f := frame.Frame{Time: m.clock, Length: 154, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcMAC: frame.MAC{2, 1}, DstMAC: frame.MAC{2, 2}, VLAN: 7,
		SrcPort: m.port, DstPort: 9, TCPSeq: seq, TCPAck: ack, TCPFlags: frame.ACK, Proto: frame.TCP, Flags: frame.IPv4 | frame.Ports, Payload: make([]byte, 100)}
	if !fromClient {
		f.Src, f.Dst, f.SrcMAC, f.DstMAC, f.SrcPort, f.DstPort = f.Dst, f.Src, f.DstMAC, f.SrcMAC, f.DstPort, f.SrcPort
	}
	for range times {
		f.Time += 10_000
		m.w.see(&f)
	}
}

func (m *mirrored) coverage() Coverage {
	m.w.finish()
	return m.w.totals().Coverage[0]
}

func TestCoverage(t *testing.T) {
	for name, x := range map[string]struct {
		show func(fromClient bool, n int) int
		want Coverage
	}{
		"whole": {func(bool, int) int { return 1 }, Coverage{Unicast: 20, TwoSided: 1, Seen: 2000}},
		"one side": {func(fromClient bool, _ int) int {
			if fromClient {
				return 0
			}
			return 1
		}, Coverage{Unicast: 10, OneSided: 1, Seen: 1000}},
		"twice": {func(bool, int) int { return 2 }, Coverage{Unicast: 40, TwoSided: 1, Seen: 2000, Duplicates: 20}},
		"lossy": {func(fromClient bool, n int) int {
			if fromClient && (n == 3 || n == 4 || n == 7) {
				return 0
			}
			return 1
		}, Coverage{Unicast: 17, TwoSided: 1, Seen: 1700, Unseen: 300}},
	} {
		m := newMirrored()
		m.connection(x.show)
		got := m.coverage()
		if got.VLANs() != 1 {
			t.Errorf("%s: %d VLANs", name, got.VLANs())
		}
		if got.Longest != 154 {
			t.Errorf("%s: longest frame %d", name, got.Longest)
		}
		got.vlans, got.Longest = x.want.vlans, 0
		if got != x.want {
			t.Errorf("%s: %+v, want %+v", name, got, x.want)
		}
	}
}
