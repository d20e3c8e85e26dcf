package decode

import "tyto/frame"

// Link types that are others in another coat.
const (
	linkPPPHDLC   frame.LinkType = 50
	linkPPPoE     frame.LinkType = 51
	linkCiscoHDLC frame.LinkType = 104
)

// EtherTypes that are read here.
const (
	typeIPv4      = 0x0800
	typeARP       = 0x0806
	typeTEB       = 0x6558 // transparent Ethernet bridging
	typeVLAN      = 0x8100
	typeIPv6      = 0x86dd
	typePPP       = 0x880b
	typeMPLS      = 0x8847
	typeMPLSMulti = 0x8848
	typePPPoE     = 0x8864
	typeJumboLLC  = 0x8870
	typeQinQ      = 0x88a8
	typeCMD       = 0x8909 // Cisco MetaData, the security group tag
	typeVNTag     = 0x8926
	typeHSR       = 0x892f // IEC 62439-3 clause 5
	typeETag      = 0x893f // 802.1BR
	typeQinQOld   = 0x9100
	typeQinQOlder = 0x9200
	typeFabric    = 0x8903 // Cisco FabricPath
	typeArista    = 0xd28b // Arista's time of capture
)

// ethernet reads an Ethernet II or 802.3 header, which is 14 bytes.
func (d *Decoder) ethernet(f *frame.Frame, b []byte, wire int) {
	if len(b) < 14 {
		if len(b) >= 12 {
			f.DstMAC, f.SrcMAC = frame.MAC(b[0:6]), frame.MAC(b[6:12])
		}
		d.short(f, 14, wire, ShortEthernet)
		return
	}
	f.DstMAC, f.SrcMAC = frame.MAC(b[0:6]), frame.MAC(b[6:12])
	t := be.Uint16(b[12:14])
	if t == typeIPv4 {
		f.EtherType = t
		d.ipv4(f, b[14:], wire-14)
		return
	}
	if t == typeFabric && len(b) > 16+14 && d.step(f) {
		// The header of 16 bytes has switch numbers for addresses; the frame
		// that the stations sent is behind it.
		d.ethernet(f, b[16:], wire-16)
		return
	}
	d.network(f, t, b[14:], wire-14)
}

// network reads what an EtherType announces, tags first.
func (d *Decoder) network(f *frame.Frame, t uint16, b []byte, wire int) {
	for d.step(f) {
		tag := tagLength(t)
		if tag == 0 {
			d.untagged(f, t, b, wire)
			return
		}
		f.EtherType = t
		if len(b) < tag {
			d.short(f, tag, wire, ShortVLAN)
			return
		}
		if tag == 4 {
			tagged(f, be.Uint16(b)&0xfff)
		} else if t == typeArista && b[3]>>4 == 1 {
			if tag += 2; len(b) < tag {
				d.short(f, tag, wire, ShortVLAN)
				return
			}
		}
		t = be.Uint16(b[tag-2:])
		b, wire = b[tag:], wire-tag
	}
}

// tagLength is how many bytes the tag of an EtherType has up to and with the
// next EtherType; 0 if it is none.
func tagLength(t uint16) int {
	switch t {
	case typeVLAN, typeQinQ, typeQinQOld, typeQinQOlder:
		return 4
	case typeVNTag, typeHSR:
		return 6
	case typeCMD, typeETag:
		return 8
	case typeArista: // two bytes more if the time has 64 bits
		return 12
	}
	return 0
}

// tagged notes a VLAN tag; a priority tag (0) is no VLAN.
func tagged(f *frame.Frame, id uint16) {
	if f.VLAN == 0 {
		f.VLAN = id
	} else if f.InnerVLAN == 0 {
		f.InnerVLAN = id
	}
}

func (d *Decoder) untagged(f *frame.Frame, t uint16, b []byte, wire int) {
	if t <= 1500 {
		d.ieee8023(f, int(t), b, wire)
		return
	}
	f.EtherType = t
	switch t {
	case typeIPv4:
		d.ipv4(f, b, wire)
	case typeIPv6:
		d.ipv6(f, b, wire)
	case typeARP:
		d.arp(f, b, wire)
	case typeMPLS, typeMPLSMulti:
		d.mpls(f, b, wire)
	case typePPPoE:
		d.pppoe(f, b, wire)
	case typePPP:
		d.ppp(f, b, wire)
	case typeJumboLLC:
		f.EtherType = 0
		d.llc(f, b, wire)
	default:
		d.rest(f, b, wire)
	}
}

// ieee8023 reads what follows a length: padding goes, and an 802.2 header is
// read. Novell's raw frames have an IPX checksum of all ones instead.
func (d *Decoder) ieee8023(f *frame.Frame, length int, b []byte, wire int) {
	f.EtherType = 0
	if length > wire {
		d.wrong(f, LongLLC)
	} else {
		b, wire = b[:min(len(b), length)], length
	}
	if len(b) >= 2 && b[0] == 0xff && b[1] == 0xff {
		f.LLC = 0xffff
		d.rest(f, b, wire)
		return
	}
	d.llc(f, b, wire)
}

// llc reads an 802.2 header and the SNAP header that may follow it.
func (d *Decoder) llc(f *frame.Frame, b []byte, wire int) {
	if len(b) < 3 {
		d.short(f, 3, wire, ShortLLC)
		d.rest(f, b, wire)
		return
	}
	f.LLC = be.Uint16(b)
	size := 3
	if b[2]&3 != 3 { // an I or S frame has a control field of two bytes
		size = min(4, len(b))
	}
	ui, b, wire := b[2] == 3, b[size:], wire-size
	switch {
	case f.LLC == 0xaaaa && ui:
		d.snap(f, b, wire)
	case f.LLC == 0x0606 && ui:
		d.ipv4(f, b, wire)
	default:
		d.rest(f, b, wire)
	}
}

func (d *Decoder) snap(f *frame.Frame, b []byte, wire int) {
	if len(b) < 5 {
		d.short(f, 5, wire, ShortLLC)
		d.rest(f, b, wire)
		return
	}
	oui, pid := be.Uint32(b)>>8, be.Uint16(b[3:])
	b, wire = b[5:], wire-5
	// RFC 1042's OUI, and that of 802.1H, which carries EtherTypes as well.
	if oui == 0 || oui == 0x0000f8 {
		if pid <= 1500 { // no EtherType: not another 802.3 length
			f.SNAP = uint64(oui)<<16 | uint64(pid)
			d.rest(f, b, wire)
			return
		}
		d.network(f, pid, b, wire)
		return
	}
	f.SNAP = uint64(oui)<<16 | uint64(pid)
	d.rest(f, b, wire)
}

// arp makes the ARP body the payload, cut to its length (RFC 826).
func (d *Decoder) arp(f *frame.Frame, b []byte, wire int) {
	if len(b) < 8 {
		d.short(f, 8, wire, ShortARP)
		d.rest(f, b, wire)
		return
	}
	n := 8 + 2*int(b[4]) + 2*int(b[5])
	if n > wire {
		d.wrong(f, ShortARP)
		n = wire
	}
	d.rest(f, b[:min(n, len(b))], n)
}

// sll reads Linux's cooked header (LINKTYPE_LINUX_SLL): 16 bytes.
func (d *Decoder) sll(f *frame.Frame, b []byte, wire int) {
	if len(b) < 16 {
		d.short(f, 16, wire, ShortLink)
		return
	}
	if be.Uint16(b[4:]) == 6 {
		f.SrcMAC = frame.MAC(b[6:12])
	}
	d.cooked(f, be.Uint16(b[2:]), be.Uint16(b[14:]), b[16:], wire-16)
}

// sll2 reads Linux's second cooked header (LINKTYPE_LINUX_SLL2): 20 bytes.
func (d *Decoder) sll2(f *frame.Frame, b []byte, wire int) {
	if len(b) < 20 {
		d.short(f, 20, wire, ShortLink)
		return
	}
	if b[11] == 6 {
		f.SrcMAC = frame.MAC(b[12:18])
	}
	d.cooked(f, be.Uint16(b[8:]), be.Uint16(b), b[20:], wire-20)
}

// cooked reads what follows a cooked header: hardware is an ARPHRD_ number,
// and t an EtherType or one of Linux's own numbers below 1536.
func (d *Decoder) cooked(f *frame.Frame, hardware, t uint16, b []byte, wire int) {
	switch {
	case hardware == 824: // netlink
		d.rest(f, b, wire)
	case hardware == 803:
		d.radiotap(f, b, wire)
	case t == 4: // 802.2
		d.llc(f, b, wire)
	case t < 1536:
		d.rest(f, b, wire)
	default:
		d.network(f, t, b, wire)
	}
}

// null reads BSD's loopback header: an address family of four bytes in the
// byte order of whoever captured.
func (d *Decoder) null(f *frame.Frame, b []byte, wire int) {
	if len(b) < 4 {
		d.short(f, 4, wire, ShortLink)
		return
	}
	family := be.Uint32(b)
	if family > 0xffff {
		family = uint32(b[0]) | uint32(b[1])<<8
	}
	b, wire = b[4:], wire-4
	switch family {
	case 2:
		d.ipv4(f, b, wire)
	case 10, 23, 24, 28, 30: // AF_INET6 of Linux, Windows, NetBSD, FreeBSD, Darwin
		d.ipv6(f, b, wire)
	default:
		d.rest(f, b, wire)
	}
}

// rawIP reads an IP header of either version.
func (d *Decoder) rawIP(f *frame.Frame, b []byte, wire int) {
	switch {
	case len(b) == 0:
		d.short(f, 1, wire, ShortIP)
	case b[0]>>4 == 4:
		d.ipv4(f, b, wire)
	case b[0]>>4 == 6:
		d.ipv6(f, b, wire)
	default:
		d.wrong(f, BadIPVersion)
		d.rest(f, b, wire)
	}
}
