package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"tyto/frame"
)

// Sizes of classic pcap (draft-ietf-opsawg-pcap).
const (
	pcapHeader = 24
	pcapRecord = 16
	// plausible is the largest packet that is believed of a file whose own
	// limit is lower: what tcpdump writes without a limit.
	plausible = 256 << 10
)

// Magic numbers, as read in big-endian order.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // a kernel patch of 1999, with longer records
	magicPcapng   = 0x0a0d0d0a
)

// others are formats that are recognised in order to say what to do.
var others = []struct{ prefix, name, remedy string }{
	{"snoop\x00\x00\x00", "a snoop capture", "convert it: editcap -F pcapng IN OUT"},
	{"GMBU", "a Microsoft Network Monitor capture", "convert it: editcap -F pcapng IN OUT"},
	{"RTSS", "a Microsoft Network Monitor capture", "convert it: editcap -F pcapng IN OUT"},
	{"TRSNIFF data", "a Sniffer capture", "convert it: editcap -F pcapng IN OUT"},
	{"XCP\x00", "a NetXray capture", "convert it: editcap -F pcapng IN OUT"},
	{"PK\x03\x04", "a zip archive", "unpack it"},
	{"BZh", "compressed with bzip2", "unpack it with bunzip2"},
	{"\xfd7zXZ\x00", "compressed with xz", "unpack it with unxz"},
	{"\x04\x22\x4d\x18", "compressed with lz4", "unpack it with lz4 -d"},
	{"7z\xbc\xaf", "a 7-Zip archive", "unpack it"},
}

// sniff finds the format of a capture by its first bytes, and says what of
// them is not yet read.
func (f *file) sniff(head []byte) (format, []byte, error) {
	for _, o := range others {
		if hasPrefix(head, o.prefix) {
			return nil, head, f.fail("this is "+o.name+", not pcap or pcapng", o.remedy, nil)
		}
	}
	if len(head) < 4 {
		return nil, head, f.fail(fmt.Sprintf("not a capture file: it has only %d bytes", len(head)), "", nil)
	}
	magic := binary.BigEndian.Uint32(head)
	if magic == magicPcapng {
		return &pcapng{}, head, nil
	}
	switch p := (&pcap{}); {
	case magic == magicMicro, magic == magicNano:
		p.swap = true
		return p.begin(f, head, magic)
	case bits.ReverseBytes32(magic) == magicMicro, bits.ReverseBytes32(magic) == magicNano:
		return p.begin(f, head, bits.ReverseBytes32(magic))
	case magic == magicModified, bits.ReverseBytes32(magic) == magicModified:
		return nil, head, f.fail("this is modified pcap of an old kernel patch", "convert it: editcap -F pcap IN OUT", nil)
	}
	return nil, head, f.fail(fmt.Sprintf("not a capture file: it begins with % x", head[:4]), "pcap and pcapng are read, plain or compressed with gzip or zstd", nil)
}

// pcap walks classic pcap: a header of 24 bytes, then records of 16 bytes and
// a packet.
type pcap struct {
	swap  bool  // big-endian
	unit  int64 // nanoseconds of a fraction
	minor uint16
	snap  int
	link  frame.LinkType
}

var _ format = (*pcap)(nil)

// begin reads the file header.
func (p *pcap) begin(f *file, head []byte, magic uint32) (format, []byte, error) {
	if len(head) < pcapHeader {
		return nil, head, f.fail(fmt.Sprintf("the file ends within its header: %d of 24 bytes are there", len(head)), "", nil)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if p.swap {
		order = binary.BigEndian
	}
	major, minor := order.Uint16(head[4:]), order.Uint16(head[6:])
	if major != 2 {
		return nil, head, f.fail(fmt.Sprintf("pcap of version %d.%d", major, minor), "versions 2.3 and 2.4 are read; convert it: editcap -F pcap IN OUT", nil)
	}
	if minor == 2 {
		return nil, head, f.fail("this is pcap of AIX, whose records differ", "convert it: editcap -F pcap IN OUT", nil)
	}
	p.unit, p.minor = 1000, minor
	if magic == magicNano {
		p.unit = 1
	}
	p.snap = int(min(order.Uint32(head[16:]), uint32(f.options.MaxPacket)))
	link := order.Uint32(head[20:]) & 0x03ffffff // above it, whether a checksum trails the packets
	p.link = frame.LinkType(min(link, uint32(frame.LinkUnknown)))
	f.info.Link = p.link
	return p, head[pcapHeader:], nil
}

// walk implements format. It is the loop over every packet of a file.
func (p *pcap) walk(f *file, b *Batch, mem []byte) (used, need int, err error) {
	limit := f.options.BatchPackets
	biggest := min(max(p.snap, plausible), f.options.MaxPacket)
	for len(b.Packets) < limit && len(mem)-used >= pcapRecord {
		h := mem[used : used+pcapRecord]
		sec, frac := binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[4:])
		captured, length := binary.LittleEndian.Uint32(h[8:]), binary.LittleEndian.Uint32(h[12:])
		if p.swap {
			sec, frac = bits.ReverseBytes32(sec), bits.ReverseBytes32(frac)
			captured, length = bits.ReverseBytes32(captured), bits.ReverseBytes32(length)
		}
		if p.minor < 3 || p.minor == 3 && captured > length { // once the other way round
			captured, length = length, captured
		}
		if int64(captured) > int64(biggest) {
			return used, 0, p.absurd(f, captured, used)
		}
		end := used + pcapRecord + int(captured)
		if end > len(mem) {
			return used, pcapRecord + int(captured), nil
		}
		time := int64(sec)*1e9 + int64(frac)*p.unit
		wire := int(max(captured, length))
		f.info.saw(time, wire, int(captured))
		b.Packets = append(b.Packets, frame.Packet{
			Time: time, Number: f.info.Packets, Data: mem[used+pcapRecord : end : end],
			Length: wire, Link: p.link, Source: f.source,
		})
		used = end
	}
	return used, 0, nil
}

// absurd is the error of a record whose length cannot be. Where the next
// record begins nobody knows, and guessing would make up packets.
func (p *pcap) absurd(f *file, captured uint32, used int) error {
	f.offset += int64(used)
	err := f.fail(fmt.Sprintf("a packet of %d bytes cannot be: the file is damaged here", captured), remedyCut, nil)
	f.offset -= int64(used)
	return err
}
