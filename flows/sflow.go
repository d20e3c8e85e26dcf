package flows

import (
	"bytes"
	"time"

	"github.com/netsampler/goflow2/v2/decoders/sflow"

	"tyto/decode"
	"tyto/frame"
)

// sampledEthernet is the protocol of a sampled header that is read.
const sampledEthernet = 1

// samples is the conversations that the packets of an sFlow datagram are of,
// each as many packets as it stands for.
func samples(d *decode.Decoder, b []byte, now time.Time) (all []record, err error) {
	var p sflow.Packet
	err = sflow.DecodeMessageVersion(bytes.NewBuffer(b), &p)
	for _, s := range p.Samples {
		var records []sflow.FlowRecord
		var rate uint32
		switch s := s.(type) {
		case sflow.FlowSample:
			records, rate = s.Records, s.SamplingRate
		case sflow.ExpandedFlowSample:
			records, rate = s.Records, s.SamplingRate
		}
		for _, x := range records {
			h, ok := x.Data.(sflow.SampledHeader)
			if !ok || h.Protocol != sampledEthernet {
				continue
			}
			if one, ok := sample(d, &h, uint64(max(rate, 1)), now); ok {
				all = append(all, one)
			}
		}
	}
	return all, err
}

// sample is the outermost conversation of a packet of which the head is there.
func sample(d *decode.Decoder, h *sflow.SampledHeader, rate uint64, now time.Time) (record, bool) {
	packet := frame.Packet{Link: frame.LinkEthernet, Data: h.HeaderData, Length: max(int(h.FrameLength), len(h.HeaderData)), Time: now.UnixNano()}
	f := &d.Decode(&packet)[0]
	if !f.HasIP() {
		return record{}, false
	}
	return record{src: f.Src.Netip(), dst: f.Dst.Netip(), srcMAC: f.SrcMAC, dstMAC: f.DstMAC, vlan: f.VLAN, srcPort: f.SrcPort, dstPort: f.DstPort, proto: f.Proto,
		packets: rate, bytes: rate * uint64(packet.Length), first: now, last: now}, true
}
