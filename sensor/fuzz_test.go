package sensor

import (
	"testing"

	"tyto/frame"
	"tyto/observe"
	"tyto/proto"
)

// FuzzDissectors gives messages to a dissector through the sensor's own path,
// cut at arbitrary places, in both directions.
func FuzzDissectors(f *testing.F) {
	seedDissectors(f)
	index := proto.NewIndex(proto.All())
	config := DefaultConfig()
	config.Conversations, config.Buffers, config.Remember = 1000, 8, 256
	f.Fuzz(func(t *testing.T, port uint16, udp bool, cut uint16, data []byte) {
		w := newWorker(&config, index, observe.NewBatch(64), func(b *observe.Batch) *observe.Batch { b.Reset(); return b })
		w.captures = []string{"fuzz"}
		a := frame.Frame{Time: 1, Number: 1, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcMAC: frame.MAC{2}, DstMAC: frame.MAC{4},
			SrcPort: 40000, DstPort: port, Proto: frame.TCP, Flags: frame.IPv4 | frame.Ports}
		if udp {
			a.Proto = frame.UDP
		}
		b := a
		b.Src, b.Dst, b.SrcPort, b.DstPort, b.SrcMAC, b.DstMAC = a.Dst, a.Src, a.DstPort, a.SrcPort, a.DstMAC, a.SrcMAC
		for at := 0; at < len(data); {
			n := min(len(data)-at, 1+int(cut)%1461)
			for _, x := range []*frame.Frame{&a, &b} {
				x.Payload, x.Length, x.TCPSeq = data[at:at+n], n, uint32(at)
				w.see(x)
			}
			at += n
		}
		w.finish()
	})
}

// FuzzPackets gives whole packets of any link type to the path.
func FuzzPackets(f *testing.F) {
	for _, path := range recorded(f) {
		for i, p := range load(f, path) {
			if i < 5 {
				f.Add(uint16(p.Link), p.Data)
			}
		}
	}
	index := proto.NewIndex(proto.All())
	config := DefaultConfig()
	config.Conversations, config.Buffers, config.Remember = 1000, 8, 256
	w := newWorker(&config, index, observe.NewBatch(64), func(b *observe.Batch) *observe.Batch { b.Reset(); return b })
	w.captures = []string{"fuzz"}
	n := uint64(0)
	f.Fuzz(func(t *testing.T, link uint16, data []byte) {
		n++
		w.packet(&frame.Packet{Time: int64(n), Number: n, Data: data, Length: len(data), Link: frame.LinkType(link)})
	})
}

// seedDissectors adds the payloads of testdata.
func seedDissectors(f *testing.F) {
	index := proto.NewIndex(proto.All())
	config := DefaultConfig()
	config.Conversations, config.Buffers = 1000, 8
	for _, path := range recorded(f) {
		packets := load(f, path)
		w := newWorker(&config, index, observe.NewBatch(64), func(b *observe.Batch) *observe.Batch { b.Reset(); return b })
		for i := range packets[:min(20, len(packets))] {
			for _, x := range w.decoder.Decode(&packets[i]) {
				if x.Flags.Is(frame.Ports) && len(x.Payload) > 0 {
					f.Add(min(x.SrcPort, x.DstPort), x.Proto == frame.UDP, uint16(i*100+50), x.Payload)
				}
			}
		}
	}
}
