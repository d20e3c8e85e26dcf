package decode

import (
	"encoding/binary"

	"tyto/frame"
)

// radiotap reads LINKTYPE_IEEE802_11_RADIOTAP: of its fields only the flags
// matter, which say what trails the frame and whether its checksum was right.
func (d *Decoder) radiotap(f *frame.Frame, b []byte, wire int) {
	f.Flags |= frame.Wireless
	if len(b) < 8 {
		d.short(f, 8, wire, ShortLink)
		return
	}
	size := int(binary.LittleEndian.Uint16(b[2:]))
	if size < 8 || size > len(b) {
		d.short(f, max(size, 8), wire, ShortLink)
		if size < 8 {
			d.wrong(f, ShortLink)
		}
		return
	}
	flags := radiotapFlags(b[:size])
	b, wire = b[size:], wire-size
	if flags&0x10 != 0 { // a frame check sequence of 4 bytes
		wire = max(wire-4, 0)
		b = b[:min(len(b), wire)]
	}
	if flags&0x40 != 0 { // it is wrong: so may be every address
		d.wrong(f, BadWirelessChecksum)
		d.rest(f, nil, 0)
		return
	}
	d.station(f, b, wire, false, flags&0x20 != 0)
}

// radiotapFlags finds the field of flags, the second that may be there, after
// a timestamp of 8 bytes aligned to 8.
func radiotapFlags(b []byte) byte {
	present := binary.LittleEndian.Uint32(b[4:])
	at := 8
	for x := present; x&(1<<31) != 0; at += 4 {
		if at+4 > len(b) {
			return 0
		}
		x = binary.LittleEndian.Uint32(b[at:])
	}
	if present&1 != 0 {
		at = (at+7)&^7 + 8
	}
	if present&2 == 0 || at >= len(b) {
		return 0
	}
	return b[at]
}

// ppi reads the per-packet information header (LINKTYPE_PPI), which names the
// link type of what follows; its 802.11 field says whether a checksum trails.
func (d *Decoder) ppi(f *frame.Frame, b []byte, wire int) {
	if len(b) < 8 {
		d.short(f, 8, wire, ShortLink)
		return
	}
	size := int(binary.LittleEndian.Uint16(b[2:]))
	t := frame.LinkType(min(binary.LittleEndian.Uint32(b[4:]), uint32(frame.LinkUnknown)))
	if size < 8 || size > len(b) || t == frame.LinkPPI {
		d.wrong(f, ShortLink)
		return
	}
	fields := b[8:size]
	b, wire = b[size:], wire-size
	for len(fields) >= 4 && t == frame.LinkIEEE80211 {
		n := 4 + int(binary.LittleEndian.Uint16(fields[2:]))
		if fields[0] == 2 && fields[1] == 0 && n >= 14 && n <= len(fields) && fields[12]&1 != 0 {
			wire = max(wire-4, 0)
			b = b[:min(len(b), wire)]
		}
		fields = fields[min(n, len(fields)):]
	}
	d.link(f, t, b, wire)
}

// wireless reads an 802.11 frame. Some controllers' CAPWAP has the two bytes
// of its frame control swapped.
func (d *Decoder) wireless(f *frame.Frame, b []byte, wire int, swapped bool) {
	d.station(f, b, wire, swapped, false)
}

// station reads the header of an 802.11 frame (IEEE 802.11-2020 section 9.2,
// 9.3.2). The two DS bits say which of the addresses are source and
// destination. Of control frames only the sender is known, of management
// frames source and destination; neither has a payload for anyone.
func (d *Decoder) station(f *frame.Frame, b []byte, wire int, swapped, padded bool) {
	f.Flags |= frame.Wireless
	if len(b) < 10 {
		d.short(f, 10, wire, ShortWireless)
		return
	}
	control, ds := b[0], b[1]
	if swapped {
		control, ds = ds, control
	}
	if control&3 != 0 {
		d.wrong(f, ShortWireless)
		return
	}
	if control>>2&3 == 1 {
		return // control: receiver, and sometimes transmitter, on the air only
	}
	if len(b) < 24 {
		d.short(f, 24, wire, ShortWireless)
		return
	}
	a1, a2, a3 := frame.MAC(b[4:10]), frame.MAC(b[10:16]), frame.MAC(b[16:22])
	if control>>2&3 != 2 {
		f.DstMAC, f.SrcMAC = a1, a2
		return
	}
	d.stationData(f, b, wire, control, ds, a1, a2, a3, padded)
}

func (d *Decoder) stationData(f *frame.Frame, b []byte, wire int, control, ds byte, a1, a2, a3 frame.MAC, padded bool) {
	size := 24
	switch ds & 3 {
	case 0:
		f.DstMAC, f.SrcMAC = a1, a2
	case 1: // to the distribution system
		f.DstMAC, f.SrcMAC = a3, a2
	case 2: // from it
		f.DstMAC, f.SrcMAC = a1, a3
	case 3:
		size = 30
		if len(b) < size {
			d.short(f, size, wire, ShortWireless)
			return
		}
		f.DstMAC, f.SrcMAC = a3, frame.MAC(b[24:30])
	}
	aggregate := false
	if control&0x80 != 0 { // QoS
		aggregate = len(b) > size && b[size]&0x80 != 0
		size += 2
		if ds&0x80 != 0 { // HT control
			size += 4
		}
	}
	if padded {
		size = (size + 3) &^ 3
	}
	if ds&0x40 != 0 {
		d.counters.Protected++
		return
	}
	if control&0x40 != 0 || b[22]&15 != 0 || wire <= size { // no data, or not the first fragment
		return
	}
	if len(b) < size {
		d.short(f, size, wire, ShortWireless)
		return
	}
	if aggregate {
		d.aggregate(f, b[size:], wire-size)
		return
	}
	d.llc(f, b[size:], wire-size)
}

// aggregate reads an A-MSDU: destination, source, length and body each,
// padded to four bytes. The first is f itself, the others are frames of the
// same depth whose length is their own.
func (d *Decoder) aggregate(f *frame.Frame, b []byte, wire int) {
	for g := f; len(b) >= 14 && g != nil; {
		n := int(be.Uint16(b[12:]))
		if 14+n > wire {
			d.wrong(g, ShortWireless)
			return
		}
		g.DstMAC, g.SrcMAC = frame.MAC(b[0:6]), frame.MAC(b[6:12])
		d.llc(g, b[14:min(len(b), 14+n)], n)
		n = (14 + n + 3) &^ 3
		if n >= len(b) {
			return
		}
		b, wire = b[n:], wire-n
		if g = d.next(f, f.Tunnel, b, wire); g != nil {
			d.counters.Tunnels[f.Tunnel]--
			g.Depth = f.Depth
			g.Flags |= frame.Wireless
			if len(b) >= 14 {
				g.Length = min(14+int(be.Uint16(b[12:])), wire)
				g.Data = b[:min(len(b), g.Length)]
				if g.Length == len(g.Data) {
					g.Flags &^= frame.Truncated
				}
			}
		}
	}
}
