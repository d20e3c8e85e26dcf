package flows

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"
)

// decode reads a datagram, by its version.
func (r *reader) decode(b []byte, exporter netip.Addr, now time.Time) ([]record, error) {
	if len(b) < 4 {
		return nil, errVersion
	}
	switch version := binary.BigEndian.Uint16(b); {
	case version == 5:
		return legacy(b, now)
	case version == 9:
		var p netflow.NFv9Packet
		known := r.templates.of(exporter)
		err := errors.Join(netflow.DecodeMessageVersion(bytes.NewBuffer(b), known, &p, nil), known.refused())
		boot := time.Unix(int64(p.UnixSeconds), 0).Add(-time.Duration(p.SystemUptime) * time.Millisecond)
		return r.sets(p.FlowSets, domain{exporter, p.SourceId}, boot, now), err
	case version == 10:
		var p netflow.IPFIXPacket
		known := r.templates.of(exporter)
		err := errors.Join(netflow.DecodeMessageVersion(bytes.NewBuffer(b), known, nil, &p), known.refused())
		return r.sets(p.FlowSets, domain{exporter, p.ObservationDomainId}, time.Time{}, now), err
	case binary.BigEndian.Uint32(b) == 5:
		return samples(r.decoder, b, now)
	}
	return nil, errVersion
}

// legacy is NetFlow 5.
func legacy(b []byte, now time.Time) (all []record, err error) {
	var p netflowlegacy.PacketNetFlowV5
	err = netflowlegacy.DecodeMessageVersion(bytes.NewBuffer(b), &p)
	boot := time.Unix(int64(p.UnixSecs), int64(p.UnixNSecs)).Add(-time.Duration(p.SysUptime) * time.Millisecond)
	every := uint64(max(p.SamplingInterval&0x3fff, 1))
	for _, x := range p.Records {
		one := record{src: address4(x.SrcAddr), dst: address4(x.DstAddr), srcPort: x.SrcPort, dstPort: x.DstPort, proto: x.Proto, packets: uint64(x.DPkts) * every, bytes: uint64(x.DOctets) * every}
		one.first, one.last = boot.Add(time.Duration(x.First)*time.Millisecond), boot.Add(time.Duration(x.Last)*time.Millisecond)
		one.at(now)
		all = append(all, one)
	}
	return all, err
}

func address4(a netflowlegacy.IPAddress) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

// skew is how far an exporter's clock may be from ours, and a conversation in
// the past, before its times are taken to be those of the datagram.
const skew = 24 * time.Hour

// at makes times plausible.
func (x *record) at(now time.Time) {
	if x.last.Sub(now).Abs() > skew || x.first.Sub(now).Abs() > 2*skew || x.first.After(x.last) {
		x.first, x.last = now, now
	}
	x.first, x.last = x.first.UTC(), x.last.UTC()
}

// sets is the records of NetFlow 9 and IPFIX, and notes how they are sampled.
func (r *reader) sets(sets []any, of domain, boot, now time.Time) (all []record) {
	for _, set := range sets {
		switch set := set.(type) {
		case netflow.DataFlowSet:
			for i := range set.Records {
				all = append(all, r.fields(set.Records[i].Values, of, boot, now)...)
			}
		case netflow.OptionsDataFlowSet:
			for _, x := range set.Records {
				for _, f := range x.OptionsValues {
					if n := numberOf(f.Value); !f.PenProvided && (f.Type == samplingInterval || f.Type == samplerInterval) && n > 0 {
						r.sampled.put(of, n)
					}
				}
			}
		}
	}
	return all
}

// Fields of NetFlow 9 and IPFIX (IANA, IPFIX information elements).
const (
	samplingInterval, samplerInterval = 34, 50
)

// fields is the record of one line of data, and one of the other direction
// where the exporter has both in one.
func (r *reader) fields(values []netflow.DataField, of domain, boot, now time.Time) []record {
	var x record
	var back struct{ packets, bytes uint64 }
	every := r.sampled.of(of)
	for _, f := range values {
		v, ok := f.Value.([]byte)
		if f.PenProvided || !ok {
			continue
		}
		n := numberOf(v)
		switch f.Type {
		case 1, 85, 231: // octetDeltaCount, octetTotalCount, initiatorOctets
			x.bytes = n
		case 2, 86, 298: // packetDeltaCount, packetTotalCount, initiatorPackets
			x.packets = n
		case 232: // responderOctets
			back.bytes = n
		case 299: // responderPackets
			back.packets = n
		case 4: // protocolIdentifier
			x.proto = uint8(n)
		case 7: // sourceTransportPort
			x.srcPort = uint16(n)
		case 11: // destinationTransportPort
			x.dstPort = uint16(n)
		case 8, 27: // sourceIPv4Address, sourceIPv6Address
			x.src, _ = netip.AddrFromSlice(v)
		case 12, 28: // destinationIPv4Address, destinationIPv6Address
			x.dst, _ = netip.AddrFromSlice(v)
		case 56: // sourceMacAddress
			copy(x.srcMAC[:], v)
		case 80: // destinationMacAddress
			copy(x.dstMAC[:], v)
		case 58: // vlanId
			x.vlan = uint16(n & 0xfff)
		case 21: // flowEndSysUpTime
			x.last = boot.Add(time.Duration(n) * time.Millisecond)
		case 22: // flowStartSysUpTime
			x.first = boot.Add(time.Duration(n) * time.Millisecond)
		case 150: // flowStartSeconds
			x.first = time.Unix(int64(n), 0)
		case 151: // flowEndSeconds
			x.last = time.Unix(int64(n), 0)
		case 152: // flowStartMilliseconds
			x.first = time.UnixMilli(int64(n))
		case 153: // flowEndMilliseconds
			x.last = time.UnixMilli(int64(n))
		}
	}
	x.at(now)
	x.packets, x.bytes = x.packets*every, x.bytes*every
	if back.packets == 0 {
		return []record{x}
	}
	y := x
	y.src, y.dst, y.srcPort, y.dstPort, y.srcMAC, y.dstMAC = x.dst, x.src, x.dstPort, x.srcPort, x.dstMAC, x.srcMAC
	y.packets, y.bytes = back.packets*every, back.bytes*every
	return []record{x, y}
}

// numberOf is a number of up to eight bytes, 0 if it is longer.
func numberOf(value any) (n uint64) {
	b, _ := value.([]byte)
	if len(b) > 8 {
		return 0
	}
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}
