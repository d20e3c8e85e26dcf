package decode

import "tyto/frame"

// pppoe reads a PPPoE session header (RFC 2516 section 4): version and type,
// code, session, length.
func (d *Decoder) pppoe(f *frame.Frame, b []byte, wire int) {
	if len(b) < 6 {
		d.short(f, 6, wire, BadPPPoE)
		return
	}
	n := int(be.Uint16(b[4:]))
	if b[0] != 0x11 || b[1] != 0 || n > wire-6 {
		d.wrong(f, BadPPPoE)
		d.rest(f, b[6:], wire-6)
		return
	}
	d.pppProtocol(f, b[6:min(len(b), 6+n)], n)
}

// ppp reads PPP, in HDLC framing or not (RFC 1662 section 3), and Cisco's
// HDLC, which carries an EtherType.
func (d *Decoder) ppp(f *frame.Frame, b []byte, wire int) {
	if len(b) >= 4 && (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0 {
		t := be.Uint16(b[2:])
		if t <= 1500 {
			d.rest(f, b[4:], wire-4)
			return
		}
		d.network(f, t, b[4:], wire-4)
		return
	}
	if len(b) >= 2 && b[0] == 0xff && b[1] == 3 {
		b, wire = b[2:], wire-2
	}
	d.pppProtocol(f, b, wire)
}

// pppProtocol reads the protocol number, of one byte if that is odd (RFC
// 1661 section 2), and what it announces.
func (d *Decoder) pppProtocol(f *frame.Frame, b []byte, wire int) {
	if len(b) < 2 {
		d.short(f, 2, wire, ShortPPP)
		d.rest(f, b, wire)
		return
	}
	t, size := be.Uint16(b), 2
	if b[0]&1 != 0 {
		t, size = uint16(b[0]), 1
	}
	switch inner, left := b[size:], wire-size; t {
	case 0x0021:
		d.ipv4(f, inner, left)
	case 0x0057:
		d.ipv6(f, inner, left)
	case 0x0281, 0x0283:
		if d.step(f) {
			d.mpls(f, inner, left)
		}
	default:
		d.rest(f, b, wire)
	}
}

// mpls reads a label stack (RFC 3032) and what is under it: IP, or a
// pseudowire of Ethernet with or without a control word (RFC 4448), which is
// a frame of its own. Nothing on the wire says which, so contents decide.
func (d *Decoder) mpls(f *frame.Frame, b []byte, wire int) {
	for bottom := false; !bottom; b, wire = b[4:], wire-4 {
		if len(b) < 4 {
			d.short(f, 4, wire, ShortMPLS)
			return
		}
		if !d.step(f) {
			return
		}
		bottom = b[2]&1 != 0
	}
	switch {
	case len(b) == 0:
		d.rest(f, b, wire)
	case looksIPv4(b, wire):
		d.ipv4(f, b, wire)
	case looksIPv6(b, wire):
		d.ipv6(f, b, wire)
	case b[0]>>4 == 0 && len(b) > 4 && looksEthernet(b[4:], wire-4):
		d.inEthernet(f, frame.TunnelMPLS, b[4:], wire-4)
	case looksEthernet(b, wire):
		d.inEthernet(f, frame.TunnelMPLS, b, wire)
	default:
		d.rest(f, b, wire)
	}
}

// looksIPv4 is whether b could be an IPv4 header whose lengths fit.
func looksIPv4(b []byte, wire int) bool {
	if len(b) < 20 || b[0]>>4 != 4 || b[0]&15 < 5 {
		return false
	}
	total := int(be.Uint16(b[2:]))
	return total >= int(b[0]&15)*4 && total <= wire
}

// looksIPv6 is whether b could be an IPv6 header whose length fits.
func looksIPv6(b []byte, wire int) bool {
	return len(b) >= 40 && b[0]>>4 == 6 && 40+int(be.Uint16(b[4:])) <= wire
}

// looksEthernet is whether b could be an Ethernet frame: of a type that is
// known here, or of a length that fits.
func looksEthernet(b []byte, wire int) bool {
	if len(b) < 14 || b[6]&1 != 0 {
		return false
	}
	t := be.Uint16(b[12:])
	switch t {
	case typeIPv4, typeARP, typeIPv6, typeMPLS, typePPPoE, 0x8863, 0x88cc, 0x8892, 0x88b8, 0x88ba, 0x888e, 0x9000:
		return true
	}
	return tagLength(t) != 0 || t <= 1500 && t >= 3 && int(t) <= wire-14
}
