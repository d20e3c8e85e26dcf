package decode

import "tyto/frame"

// inEthernet opens an Ethernet frame that a tunnel carries.
func (d *Decoder) inEthernet(f *frame.Frame, t frame.Tunnel, b []byte, wire int) *frame.Frame {
	g := d.next(f, t, b, wire)
	if g != nil {
		d.ethernet(g, b, wire)
	}
	return g
}

// inIP opens an IP packet of either version that a tunnel carries.
func (d *Decoder) inIP(f *frame.Frame, t frame.Tunnel, b []byte, wire int) {
	if g := d.next(f, t, b, wire); g != nil {
		d.rawIP(g, b, wire)
	}
}

// inType opens what an EtherType announces in a tunnel.
func (d *Decoder) inType(f *frame.Frame, t frame.Tunnel, ether uint16, b []byte, wire int) {
	if ether == typeTEB {
		d.inEthernet(f, t, b, wire)
		return
	}
	if g := d.next(f, t, b, wire); g != nil {
		d.network(g, ether, b, wire)
	}
}

// gre reads GRE (RFC 2784, 2890; version 1 of PPTP, RFC 2637): the flags say
// which words follow.
func (d *Decoder) gre(f *frame.Frame, b []byte, wire int) {
	if len(b) < 4 {
		d.short(f, 4, wire, BadTunnel)
		return
	}
	flags, t := be.Uint16(b), be.Uint16(b[2:])
	size := 4
	if flags&0xc000 != 0 { // checksum or routing
		size += 4
	}
	for _, bit := range [...]uint16{0x2000, 0x1000} { // key, sequence number
		if flags&bit != 0 {
			size += 4
		}
	}
	if flags&7 == 1 && flags&0x0080 != 0 { // acknowledgement
		size += 4
	}
	if len(b) < size || flags&0x4000 != 0 || flags&7 > 1 { // source routes are history
		d.short(f, size, wire, BadTunnel)
		return
	}
	b, wire = b[size:], wire-size
	f.Payload = b
	if len(b) > 0 {
		d.inGRE(f, t, flags&0x1000 != 0, b, wire)
	}
}

func (d *Decoder) inGRE(f *frame.Frame, t uint16, sequenced bool, b []byte, wire int) {
	switch t {
	case typeIPv4, typeIPv6, typeTEB, typeMPLS, typeMPLSMulti, typePPP, typeVLAN, typeCMD, typeARP:
		d.inType(f, frame.TunnelGRE, t, b, wire)
	case 0x88be: // ERSPAN type I has no header, type II has a GRE sequence number
		if !sequenced {
			d.inEthernet(f, frame.TunnelERSPAN, b, wire)
			return
		}
		d.erspan(f, b, wire, 8)
	case 0x22eb:
		d.erspan(f, b, wire, 12)
	case 0x883e: // WCCP; version 2 puts a redirect header of 4 bytes first
		if b[0]>>4 != 4 && len(b) >= 4 {
			b, wire = b[4:], wire-4
		}
		d.inIP(f, frame.TunnelGRE, b, wire)
	}
}

// erspan reads ERSPAN type II and III (draft-foschiano-erspan): version,
// VLAN, session; type III may have a platform header of 8 bytes more.
func (d *Decoder) erspan(f *frame.Frame, b []byte, wire, size int) {
	if len(b) < size {
		d.short(f, size, wire, BadTunnel)
		return
	}
	if v := b[0] >> 4; v != 1 && v != 2 {
		d.wrong(f, BadTunnel)
		return
	}
	vlan, isIP := be.Uint16(b)&0xfff, false
	if size == 12 {
		isIP = be.Uint16(b[10:])>>10&0x1f == 2
		if b[11]&1 != 0 {
			size += 8
		}
	}
	if len(b) < size {
		d.short(f, size, wire, BadTunnel)
		return
	}
	b, wire = b[size:], wire-size
	if isIP {
		d.inIP(f, frame.TunnelERSPAN, b, wire)
		return
	}
	if g := d.inEthernet(f, frame.TunnelERSPAN, b, wire); g != nil && g.VLAN == 0 {
		g.VLAN = vlan
	}
}

// udpTunnel is the tunnel that uses one of the ports.
func udpTunnel(a, b uint16) frame.Tunnel {
	if t := portTunnel(b); t != frame.NoTunnel {
		return t
	}
	return portTunnel(a)
}

func portTunnel(port uint16) frame.Tunnel {
	switch port {
	case 2152:
		return frame.TunnelGTPU
	case 3544:
		return frame.TunnelTeredo
	case 4789, 4790, 8472:
		return frame.TunnelVXLAN
	case 5247:
		return frame.TunnelCAPWAP
	case 6081:
		return frame.TunnelGeneve
	case 37008:
		return frame.TunnelTZSP
	}
	return frame.NoTunnel
}

// inUDP opens a tunnel over UDP. Ports are only a hint: what does not look
// like the tunnel is left alone.
func (d *Decoder) inUDP(f *frame.Frame, t frame.Tunnel, b []byte, wire int) {
	switch t {
	case frame.TunnelGTPU:
		d.gtp(f, b, wire)
	case frame.TunnelTeredo:
		d.teredo(f, b, wire)
	case frame.TunnelVXLAN:
		d.vxlan(f, b, wire)
	case frame.TunnelCAPWAP:
		d.capwap(f, b, wire)
	case frame.TunnelGeneve:
		d.geneve(f, b, wire)
	case frame.TunnelTZSP:
		d.tzsp(f, b, wire)
	}
}

// vxlan reads VXLAN (RFC 7348), its group policy bits, and VXLAN-GPE, which
// names what it carries.
func (d *Decoder) vxlan(f *frame.Frame, b []byte, wire int) {
	if len(b) < 8 || b[0]&0x08 == 0 || b[7] != 0 {
		return
	}
	if b[0] == 0x0c { // GPE: next protocol
		switch b[3] {
		case 1, 2:
			d.inIP(f, frame.TunnelVXLAN, b[8:], wire-8)
		case 3:
			d.inEthernet(f, frame.TunnelVXLAN, b[8:], wire-8)
		}
		return
	}
	if b[0]&^0x88 == 0 && len(b) >= 8+14 && (f.DstPort != 8472 || looksEthernet(b[8:], wire-8)) {
		d.inEthernet(f, frame.TunnelVXLAN, b[8:], wire-8)
	}
}

// geneve reads Geneve (RFC 8926 section 3.4).
func (d *Decoder) geneve(f *frame.Frame, b []byte, wire int) {
	if len(b) < 8 || b[0]>>6 != 0 || b[7] != 0 {
		return
	}
	size, t := 8+int(b[0]&0x3f)*4, be.Uint16(b[2:])
	if size > len(b) {
		d.short(f, size, wire, BadTunnel)
		return
	}
	switch t {
	case typeTEB, typeIPv4, typeIPv6:
		d.inType(f, frame.TunnelGeneve, t, b[size:], wire-size)
	}
}

// gtp reads GTP-U version 1 (3GPP TS 29.281 section 5): a G-PDU carries IP,
// or Ethernet in a 5G session of that kind.
func (d *Decoder) gtp(f *frame.Frame, b []byte, wire int) {
	if len(b) < 8 || b[0]>>4 != 3 || b[1] != 0xff {
		return
	}
	if n := 8 + int(be.Uint16(b[2:])); n <= wire {
		b, wire = b[:min(len(b), n)], n
	}
	size := 8
	if b[0]&7 != 0 {
		size = 12
	}
	for at := 11; size > 8 && at < len(b) && b[0]&4 != 0 && b[at] != 0; at = size - 1 {
		if size >= len(b) || b[size] == 0 {
			d.short(f, size+4, wire, BadTunnel)
			return
		}
		size += int(b[size]) * 4
	}
	if size >= len(b) {
		return
	}
	b, wire = b[size:], wire-size
	if v := b[0] >> 4; v == 4 || v == 6 {
		d.inIP(f, frame.TunnelGTPU, b, wire)
	} else if looksEthernet(b, wire) {
		d.inEthernet(f, frame.TunnelGTPU, b, wire)
	}
}

// tzsp reads TaZmen Sniffer Protocol: version, type, encapsulation, tags.
func (d *Decoder) tzsp(f *frame.Frame, b []byte, wire int) {
	if len(b) < 5 || b[0] != 1 || b[1] > 1 {
		return
	}
	t, full := be.Uint16(b[2:]), 0
	for b, wire = b[4:], wire-4; ; {
		if len(b) < 2 {
			return
		}
		tag, size := b[0], 1
		if tag > 1 {
			size = 2 + int(b[1])
		}
		if size > len(b) {
			d.short(f, size, wire, BadTunnel)
			return
		}
		if tag == 41 && size == 4 { // length of the frame before it was cut
			full = int(be.Uint16(b[2:]))
		}
		b, wire = b[size:], wire-size
		if tag == 1 {
			break
		}
	}
	wire = max(wire, full)
	switch t {
	case 1:
		d.inEthernet(f, frame.TunnelTZSP, b, wire)
	case 0x12:
		if g := d.next(f, frame.TunnelTZSP, b, wire); g != nil {
			d.wireless(g, b, wire, false)
		}
	}
}

// teredo reads Teredo (RFC 4380 section 5.1.1): an authentication and an
// origin indication may stand before the IPv6 packet.
func (d *Decoder) teredo(f *frame.Frame, b []byte, wire int) {
	if len(b) >= 4 && b[0] == 0 && b[1] == 1 {
		n := 4 + int(b[2]) + int(b[3]) + 9
		if n > len(b) {
			return
		}
		b, wire = b[n:], wire-n
	}
	if len(b) >= 8 && b[0] == 0 && b[1] == 0 {
		b, wire = b[8:], wire-8
	}
	if looksIPv6(b, wire) {
		d.inIP(f, frame.TunnelTeredo, b, wire)
	}
}

// capwap reads CAPWAP's data channel (RFC 5415 section 4.3): the payload is
// Ethernet, or 802.11 in its native format.
func (d *Decoder) capwap(f *frame.Frame, b []byte, wire int) {
	if len(b) < 8 || b[0]>>4 != 0 {
		return
	}
	if b[0]&15 == 1 { // DTLS
		d.counters.Protected++
		return
	}
	bits := be.Uint32(b)
	size, binding := int(b[1]>>3)*4, b[2]>>1&0x1f
	native, piece, keepAlive := bits&0x100 != 0, bits&0x80 != 0, bits&0x08 != 0
	if b[0] != 0 || size < 8 || keepAlive || piece && be.Uint16(b[6:])>>3 != 0 {
		return
	}
	if size >= len(b) {
		d.short(f, size, wire, BadTunnel)
		return
	}
	b, wire = b[size:], wire-size
	if !native {
		d.inEthernet(f, frame.TunnelCAPWAP, b, wire)
	} else if binding == 1 {
		if g := d.next(f, frame.TunnelCAPWAP, b, wire); g != nil {
			d.wireless(g, b, wire, len(b) > 2 && b[0]&0x0f != 8 && b[1]&0x0f == 8)
		}
	}
}
