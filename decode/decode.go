// Package decode turns the bytes of a packet into frames: what was on the
// wire first, then what each tunnel carried.
//
// Headers are read in place, nothing is allocated per packet, and nothing
// that a packet says is believed further than its bytes go. A header that is
// wrong ends the reading and is named in Frame.Malformed; what was understood
// before it is delivered, so that the sender of a broken packet is counted. A
// header that the capture cut off is not malformed: Frame.Truncated says so.
//
// Where Frame.Payload begins: after TCP, UDP and SCTP headers; at the type
// byte of ICMP, ICMPv6 and IGMP; at the hardware type of ARP; after the LLC
// or SNAP header; else after the last header that was understood.
//
// Of a fragmented datagram, the packet that completes it carries the whole
// payload and its ports (Reassembled); the others carry their piece and no
// ports (Fragment). That is how Wireshark counts them, too. Only of a datagram
// that cannot be put together because the capture was snapped does the first
// fragment show its ports.
package decode

import (
	"encoding/binary"
	"time"

	"tyto/frame"
)

const (
	maxFrames = 8  // headers of tunnels that are opened, and A-MSDU parts
	maxSteps  = 64 // link-layer headers of one packet, tags and labels included
)

var be = binary.BigEndian

// Config bounds what a Decoder remembers: pieces of fragmented datagrams.
type Config struct {
	FragmentBytes   int           // memory for pieces; the oldest datagrams go when it is full
	FragmentEntries int           // datagrams that may be incomplete at the same time
	FragmentTimeout time.Duration // from a datagram's first piece, in capture time
}

// DefaultConfig suits a sensor: 4 MiB, 1,024 datagrams, 30 seconds as Linux has it.
func DefaultConfig() Config {
	return Config{FragmentBytes: 4 << 20, FragmentEntries: 1024, FragmentTimeout: 30 * time.Second}
}

// A Decoder reads packets of one worker. It is not safe for concurrent use.
type Decoder struct {
	frames    [maxFrames]frame.Frame
	n         int // frames of this packet
	steps     int // link-layer headers of this packet
	source    uint16
	counters  Counters
	fragments fragments
}

// New makes a Decoder; fields of c that are 0 are those of DefaultConfig.
func New(c Config) *Decoder {
	d := DefaultConfig()
	if c.FragmentBytes > 0 {
		d.FragmentBytes = c.FragmentBytes
	}
	if c.FragmentEntries > 0 {
		d.FragmentEntries = c.FragmentEntries
	}
	if c.FragmentTimeout > 0 {
		d.FragmentTimeout = c.FragmentTimeout
	}
	return &Decoder{fragments: newFragments(d)}
}

// Decode reads the headers of p. There is always a first frame, of Depth 0;
// the parts of an 802.11 A-MSDU are all of Depth 0. The frames, and what they
// point to, are valid until the next Decode.
func (d *Decoder) Decode(p *frame.Packet) []frame.Frame {
	wire := max(p.Length, len(p.Data))
	f := &d.frames[0]
	*f = frame.Frame{Time: p.Time, Number: p.Number, Length: wire, Data: p.Data}
	if wire > len(p.Data) {
		f.Flags = frame.Truncated
		d.counters.Truncated++
	}
	if p.HasVLAN {
		f.VLAN = p.VLAN & 0xfff
	}
	d.n, d.steps, d.source, d.fragments.used = 1, 0, p.Source, 0
	d.counters.Packets++
	if p.Link == frame.LinkEthernet {
		d.ethernet(f, p.Data, wire)
	} else {
		d.link(f, p.Link, p.Data, wire)
	}
	d.counters.Frames += uint64(d.n)
	return d.frames[:d.n]
}

// Counters are what was counted since New.
func (d *Decoder) Counters() Counters { return d.counters }

// link reads a packet of any link type.
func (d *Decoder) link(f *frame.Frame, t frame.LinkType, b []byte, wire int) {
	switch t {
	case frame.LinkEthernet:
		d.ethernet(f, b, wire)
	case frame.LinkRaw, frame.LinkRawBSD, frame.LinkRawOpenBSD:
		d.rawIP(f, b, wire)
	case frame.LinkIPv4:
		d.ipv4(f, b, wire)
	case frame.LinkIPv6:
		d.ipv6(f, b, wire)
	case frame.LinkNull, frame.LinkLoop:
		d.null(f, b, wire)
	case frame.LinkLinuxSLL:
		d.sll(f, b, wire)
	case frame.LinkLinuxSLL2:
		d.sll2(f, b, wire)
	case frame.LinkPPP, linkPPPHDLC, linkCiscoHDLC:
		d.ppp(f, b, wire)
	case linkPPPoE:
		d.pppoe(f, b, wire)
	case frame.LinkIEEE80211:
		d.wireless(f, b, wire, false)
	case frame.LinkIEEE80211Radio:
		d.radiotap(f, b, wire)
	case frame.LinkPPI:
		d.ppi(f, b, wire)
	default:
		d.counters.UnknownLinks++
	}
}

// next is the frame after the last one, for what f carries in a tunnel; nil
// when there are too many.
func (d *Decoder) next(f *frame.Frame, t frame.Tunnel, b []byte, wire int) *frame.Frame {
	if d.n == maxFrames {
		d.counters.TooDeep++
		return nil
	}
	g := &d.frames[d.n]
	d.n++
	wire = max(wire, len(b))
	*g = frame.Frame{Time: f.Time, Number: f.Number, Length: wire, Data: b, Tunnel: t, Depth: f.Depth + 1}
	if wire > len(b) {
		g.Flags = frame.Truncated
	}
	d.counters.Tunnels[t]++
	return g
}

// step counts a link-layer header, and is false when there are too many.
func (d *Decoder) step(f *frame.Frame) bool {
	d.steps++
	if d.steps > maxSteps {
		d.wrong(f, TooManyHeaders)
		return false
	}
	return true
}

// rest makes what is left the payload of f.
func (d *Decoder) rest(f *frame.Frame, b []byte, wire int) {
	f.Payload = b
	f.Missing = max(wire-len(b), 0)
}

// short says that a header of need bytes is not there: cut off by the
// capture, or wrong.
func (d *Decoder) short(f *frame.Frame, need, wire int, fault Fault) {
	if wire < need {
		d.wrong(f, fault)
	}
}

// wrong names what is malformed in f, unless something was before.
func (d *Decoder) wrong(f *frame.Frame, fault Fault) {
	d.counters.Malformed[fault]++
	if f.Malformed == "" {
		f.Malformed = faults[fault]
	}
}
