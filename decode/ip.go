package decode

import "tyto/frame"

// ipv4 reads an IPv4 header (RFC 791). The total length cuts link padding
// off; 0 is what segmentation offload leaves there, and means all of it.
func (d *Decoder) ipv4(f *frame.Frame, b []byte, wire int) {
	if len(b) < 20 {
		d.short(f, 20, wire, ShortIP)
		return
	}
	if b[0]>>4 != 4 {
		d.wrong(f, BadIPVersion)
		d.rest(f, b, wire)
		return
	}
	header, total := int(b[0]&15)*4, int(be.Uint16(b[2:4]))
	if total == 0 {
		total = wire
	}
	if header < 20 || total < header {
		d.badIPv4(f, b, wire, header)
		return
	}
	f.Flags |= frame.IPv4
	f.TTL, f.Proto = b[8], b[9]
	mapped(&f.Src, b[12:16])
	mapped(&f.Dst, b[16:20])
	if total > wire {
		d.wrong(f, LongIP)
		total = wire
	}
	if len(b) > total {
		b = b[:total]
	}
	if len(b) < header {
		d.short(f, header, wire, ShortIP)
		return
	}
	id, at := be.Uint16(b[4:6]), be.Uint16(b[6:8])
	if at&0x4000 != 0 {
		f.Flags |= frame.DontFragment
	}
	b, wire = b[header:], total-header
	if at&0x3fff != 0 {
		d.fragment(f, uint32(id), int(at&0x1fff)*8, at&0x2000 != 0, b, wire)
		return
	}
	d.transport(f, b, wire)
}

// mapped writes an IPv4 address to a zero Addr. Built elsewhere and copied it
// would cost five nanoseconds more: the copy waits for the bytes.
func mapped(a *frame.Addr, b []byte) {
	a[10], a[11] = 0xff, 0xff
	*(*[4]byte)(a[12:16]) = [4]byte(b)
}

func (d *Decoder) badIPv4(f *frame.Frame, b []byte, wire, header int) {
	if header < 20 {
		d.wrong(f, BadIPHeaderLength)
	} else {
		d.wrong(f, BadIPLength)
	}
	d.rest(f, b, wire)
}

// ipv6 reads an IPv6 header (RFC 8200). A payload length of 0 is a jumbogram
// or segmentation offload, and means all that is there.
func (d *Decoder) ipv6(f *frame.Frame, b []byte, wire int) {
	if len(b) < 40 {
		d.short(f, 40, wire, ShortIP)
		return
	}
	if b[0]>>4 != 6 {
		d.wrong(f, BadIPVersion)
		d.rest(f, b, wire)
		return
	}
	f.Flags |= frame.IPv6
	f.TTL, f.Proto = b[7], b[6]
	f.Src, f.Dst = frame.Addr(b[8:24]), frame.Addr(b[24:40])
	length := int(be.Uint16(b[4:6]))
	b, wire = b[40:], wire-40
	if length == 0 && f.Proto != noNextHeader {
		length = wire
	}
	if length > wire {
		d.wrong(f, LongIP)
		length = wire
	}
	if len(b) > length {
		b = b[:length]
	}
	if isExtension(f.Proto) {
		d.extensions(f, b, length)
		return
	}
	d.transport(f, b, length)
}

// Extension headers, and what else IPv6's next header can name.
const (
	hopByHop      = 0
	ipInIP        = 4
	ipv6InIP      = 41
	routing       = 43
	fragmentation = 44
	authenticated = 51
	noNextHeader  = 59
	destination   = 60
	mobility      = 135
	mplsInIP      = 137
	hostIdentity  = 139
	shim6         = 140
)

func isExtension(next uint8) bool {
	switch next {
	case hopByHop, routing, fragmentation, authenticated, destination, mobility, hostIdentity, shim6:
		return true
	}
	return false
}

// extensions walks the extension headers of IPv6 and IPv4's authentication
// header; f.Proto names the first one, and afterwards what follows the last.
func (d *Decoder) extensions(f *frame.Frame, b []byte, wire int) {
	for isExtension(f.Proto) {
		if len(b) < 8 {
			d.short(f, 8, wire, BadIPExtension)
			d.rest(f, b, wire)
			return
		}
		if !d.step(f) {
			return
		}
		size := 8 + int(b[1])*8
		switch f.Proto {
		case fragmentation:
			size = 8
			at := be.Uint16(b[2:])
			if at&0xfff9 != 0 { // else an atomic fragment, RFC 6946
				id := be.Uint32(b[4:])
				f.Proto = b[0]
				d.fragment(f, id, int(at&0xfff8), at&1 != 0, b[8:], wire-8)
				return
			}
		case authenticated: // RFC 4302 counts in words
			size = 8 + int(b[1])*4
		}
		if size > wire {
			d.wrong(f, BadIPExtension)
			d.rest(f, b, wire)
			return
		}
		f.Proto = b[0]
		if size > len(b) { // cut off by the capture
			d.rest(f, nil, wire-size)
			return
		}
		b, wire = b[size:], wire-size
	}
	d.transport(f, b, wire)
}

// transport reads the header that f.Proto names.
func (d *Decoder) transport(f *frame.Frame, b []byte, wire int) {
	switch f.Proto {
	case frame.TCP:
		d.tcp(f, b, wire)
	case frame.UDP:
		d.udp(f, b, wire)
	case frame.ICMP, frame.ICMPv6, frame.IGMP:
		if len(b) < 4 {
			d.short(f, 4, wire, ShortICMP)
		}
		d.rest(f, b, wire)
	case frame.SCTP:
		d.sctp(f, b, wire)
	default:
		d.carried(f, b, wire)
	}
}

// carried opens the tunnels that are IP protocols.
func (d *Decoder) carried(f *frame.Frame, b []byte, wire int) {
	d.rest(f, b, wire)
	if f.Flags&frame.Fragment != 0 {
		return
	}
	switch f.Proto {
	case frame.GRE:
		d.gre(f, b, wire)
	case ipInIP:
		if g := d.next(f, frame.TunnelIPIP, b, wire); g != nil {
			d.ipv4(g, b, wire)
		}
	case ipv6InIP:
		if g := d.next(f, frame.TunnelIPIP, b, wire); g != nil {
			d.ipv6(g, b, wire)
		}
	case mplsInIP:
		if g := d.next(f, frame.TunnelMPLS, b, wire); g != nil {
			d.mpls(g, b, wire)
		}
	case authenticated:
		d.extensions(f, b, wire)
	}
}

// tcp reads a TCP header (RFC 9293 section 3.1).
func (d *Decoder) tcp(f *frame.Frame, b []byte, wire int) {
	if len(b) < 20 {
		d.portsOnly(f, b)
		d.short(f, 20, wire, ShortTCP)
		d.rest(f, nil, max(wire-20, 0))
		return
	}
	f.SrcPort, f.DstPort = be.Uint16(b[0:2]), be.Uint16(b[2:4])
	f.TCPSeq, f.TCPAck = be.Uint32(b[4:8]), be.Uint32(b[8:12])
	f.TCPFlags, f.TCPWindow = b[13], be.Uint16(b[14:16])
	f.Flags |= frame.Ports
	header := int(b[12]>>4) * 4
	if header < 20 || header > wire {
		d.wrong(f, BadTCPHeaderLength)
		return
	}
	if header > len(b) { // cut off by the capture
		f.Options = b[20:]
		d.rest(f, nil, wire-header)
		return
	}
	if header > 20 {
		f.Options = b[20:header]
	}
	f.Payload = b[header:]
	f.Missing = wire - len(b)
}

// udp reads a UDP header (RFC 768) and opens the tunnels that use it.
func (d *Decoder) udp(f *frame.Frame, b []byte, wire int) {
	if len(b) < 8 {
		d.portsOnly(f, b)
		d.short(f, 8, wire, ShortUDP)
		d.rest(f, nil, max(wire-8, 0))
		return
	}
	f.SrcPort, f.DstPort = be.Uint16(b[0:2]), be.Uint16(b[2:4])
	f.Flags |= frame.Ports
	length := int(be.Uint16(b[4:6]))
	if length != wire {
		if length == 0 { // a jumbogram (RFC 2675) or offload
			length = wire
		}
		if length < 8 {
			d.wrong(f, BadUDPLength)
			return
		}
		if length > wire {
			if f.Flags&frame.Fragment == 0 {
				d.wrong(f, LongUDP)
			}
			length = wire
		}
		if len(b) > length {
			b = b[:length]
		}
	}
	f.Payload = b[8:]
	f.Missing = length - len(b)
	if t := udpTunnel(f.SrcPort, f.DstPort); t != frame.NoTunnel && f.Flags&frame.Fragment == 0 {
		d.inUDP(f, t, b[8:], length-8)
	}
}

// sctp reads the common header (RFC 9260 section 3.1): ports, tag, checksum.
func (d *Decoder) sctp(f *frame.Frame, b []byte, wire int) {
	d.portsOnly(f, b)
	if len(b) < 12 {
		d.short(f, 12, wire, ShortSCTP)
		d.rest(f, nil, max(wire-12, 0))
		return
	}
	d.rest(f, b[12:], wire-12)
}

// portsOnly reads the ports of a header whose rest is not there.
func (d *Decoder) portsOnly(f *frame.Frame, b []byte) {
	if len(b) >= 4 {
		f.SrcPort, f.DstPort = be.Uint16(b[0:2]), be.Uint16(b[2:4])
		f.Flags |= frame.Ports
	}
}
