package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"tyto/frame"
)

// Blocks of pcapng (draft-ietf-opsawg-pcapng section 4) that are read; all
// others (names, statistics, secrets, journals, custom ones) are passed over.
const (
	blockSection   = magicPcapng
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockEnhanced  = 6

	maxInterfaces = 4096
)

// pcapng walks pcapng: blocks, of which a section header sets the byte order
// and interface descriptions say how packets are to be read.
type pcapng struct {
	order      binary.ByteOrder
	swap       bool
	interfaces []ngInterface
	last       int64 // time of the packet before: a simple packet has none
}

// An ngInterface is what packets of one interface need.
type ngInterface struct {
	link   frame.LinkType
	snap   uint32
	offset int64  // nanoseconds
	shift  uint   // if binary: bits of the fraction of a second
	mul    int64  // else nanoseconds of a unit
	div    uint64 // or units of a nanosecond
	binary bool
}

var _ format = (*pcapng)(nil)

// walk implements format.
func (p *pcapng) walk(f *file, b *Batch, mem []byte) (used, need int, err error) {
	limit := f.options.BatchPackets
	for len(b.Packets) < limit && len(mem)-used >= 12 {
		h := mem[used:]
		if binary.BigEndian.Uint32(h) == blockSection {
			if err := p.section(f, h, used); err != nil {
				return used, 0, err
			}
		}
		if p.order == nil {
			return used, 0, p.fail(f, used, "no section header", "")
		}
		t, size := p.u32(h), p.u32(h[4:])
		if size < 12 || int64(size) > int64(f.options.MaxPacket)+1024 {
			return used, 0, p.fail(f, used, fmt.Sprintf("a block of %d bytes cannot be: the file is damaged here", size), remedyCut)
		}
		whole := int(size+3) &^ 3 // some writers leave the padding out of the length
		if whole > len(h) {
			return used, whole, nil
		}
		block := h[:size]
		if end := p.u32(h[whole-4:]); end != size && p.u32(block[size-4:]) != size {
			return used, 0, p.fail(f, used, fmt.Sprintf("a block says %d bytes at its begin and %d at its end: the file is damaged here", size, end), remedyCut)
		}
		if err := p.block(f, b, t, block[8:size-4], used); err != nil {
			return used, 0, err
		}
		used += whole
	}
	return used, 0, nil
}

// block reads the body of one block.
func (p *pcapng) block(f *file, b *Batch, t uint32, body []byte, used int) error {
	switch t {
	case blockEnhanced:
		if len(body) < 20 {
			break
		}
		return p.packet(f, b, int(p.u32(body)), p.u64(body[4:]), p.u32(body[12:]), p.u32(body[16:]), body[20:], used)
	case blockPacket:
		if len(body) < 20 {
			break
		}
		return p.packet(f, b, int(p.order.Uint16(body)), p.u64(body[4:]), p.u32(body[12:]), p.u32(body[16:]), body[20:], used)
	case blockSimple:
		if len(body) < 4 || len(p.interfaces) == 0 {
			break
		}
		return p.simple(f, b, p.u32(body), body[4:])
	case blockInterface:
		if len(body) < 8 {
			break
		}
		return p.describe(f, body, used)
	default:
		return nil
	}
	return p.fail(f, used, fmt.Sprintf("a block of type %d is too short or comes before an interface: the file is damaged here", t), remedyCut)
}

// section reads a section header's byte order; its interfaces are new ones.
func (p *pcapng) section(f *file, h []byte, used int) error {
	switch binary.BigEndian.Uint32(h[8:]) {
	case 0x1a2b3c4d:
		p.order, p.swap = binary.BigEndian, true
	case 0x4d3c2b1a:
		p.order, p.swap = binary.LittleEndian, false
	default:
		return p.fail(f, used, "a section of unknown byte order: the file is damaged here", remedyCut)
	}
	if len(h) >= 14 {
		if v := p.order.Uint16(h[12:]); v != 1 {
			return p.fail(f, used, fmt.Sprintf("pcapng of version %d", v), "version 1 is read")
		}
	}
	p.interfaces = p.interfaces[:0]
	return nil
}

// describe reads an interface description: link type, limit, and of its
// options the units and the offset of its times.
func (p *pcapng) describe(f *file, body []byte, used int) error {
	if len(p.interfaces) == maxInterfaces {
		return p.fail(f, used, fmt.Sprintf("more than %d interfaces", maxInterfaces), "")
	}
	i := ngInterface{link: frame.LinkType(p.order.Uint16(body)), snap: p.u32(body[4:]), mul: 1000, div: 1}
	for o := body[8:]; len(o) >= 4; {
		code, n := p.order.Uint16(o), int(p.order.Uint16(o[2:]))
		if code == 0 || n > len(o)-4 {
			break
		}
		switch value := o[4 : 4+n]; {
		case code == 9 && n >= 1:
			i.resolution(value[0])
		case code == 14 && n >= 8:
			i.offset = int64(p.u64swapped(value)) * 1e9
		}
		o = o[min(4+(n+3)&^3, len(o)):]
	}
	if len(p.interfaces) == 0 && f.info.Packets == 0 {
		f.info.Link = i.link
	}
	p.interfaces = append(p.interfaces, i)
	return nil
}

// resolution is if_tsresol: a negative power of ten, or of two.
func (i *ngInterface) resolution(x byte) {
	n := uint(x & 0x7f)
	if x&0x80 != 0 {
		i.binary, i.shift = true, min(n, 63)
		return
	}
	i.mul, i.div = 1, 1
	for ; n < 9; n++ {
		i.mul *= 10
	}
	for ; n > 9 && n <= 18+9; n-- {
		i.div *= 10
	}
}

// time is a timestamp in nanoseconds.
func (i *ngInterface) time(t uint64) int64 {
	if i.binary {
		hi, lo := bits.Mul64(t&(1<<i.shift-1), 1e9)
		fraction := lo
		if i.shift > 0 {
			fraction = hi<<(64-i.shift) | lo>>i.shift
		}
		return int64(t>>i.shift)*1e9 + int64(fraction) + i.offset
	}
	if i.div > 1 {
		t /= i.div
	}
	return int64(t)*i.mul + i.offset
}

// packet reads an enhanced or an obsolete packet block. Of its options none
// is needed.
func (p *pcapng) packet(f *file, b *Batch, index int, time uint64, captured, length uint32, data []byte, used int) error {
	if uint(index) >= uint(len(p.interfaces)) {
		return p.fail(f, used, fmt.Sprintf("a packet of interface %d, which the file does not describe", index), remedyCut)
	}
	if int64(captured) > int64(len(data)) {
		return p.fail(f, used, fmt.Sprintf("a packet of %d bytes in a block of %d: the file is damaged here", captured, len(data)), remedyCut)
	}
	i := &p.interfaces[index]
	p.last = i.time(time)
	p.add(f, b, i.link, data[:captured:captured], int(max(length, captured)))
	return nil
}

// simple reads a simple packet block: of the first interface, without a time.
func (p *pcapng) simple(f *file, b *Batch, length uint32, data []byte) error {
	i := &p.interfaces[0]
	n := min(int64(length), int64(len(data)))
	if i.snap > 0 {
		n = min(n, int64(i.snap))
	}
	p.add(f, b, i.link, data[:n:n], int(length))
	return nil
}

func (p *pcapng) add(f *file, b *Batch, link frame.LinkType, data []byte, length int) {
	f.info.saw(p.last, length, len(data))
	b.Packets = append(b.Packets, frame.Packet{
		Time: p.last, Number: f.info.Packets, Data: data, Length: length, Link: link, Source: f.source,
	})
}

func (p *pcapng) u32(b []byte) uint32 {
	x := binary.LittleEndian.Uint32(b)
	if p.swap {
		x = bits.ReverseBytes32(x)
	}
	return x
}

// u64 reads a time, whose upper half comes first in either byte order.
func (p *pcapng) u64(b []byte) uint64 { return uint64(p.u32(b))<<32 | uint64(p.u32(b[4:])) }

// u64swapped reads eight bytes in the section's byte order.
func (p *pcapng) u64swapped(b []byte) uint64 { return p.order.Uint64(b) }

// fail makes the error of the block at used.
func (p *pcapng) fail(f *file, used int, reason, remedy string) error {
	f.offset += int64(used)
	err := f.fail(reason, remedy, nil)
	f.offset -= int64(used)
	return err
}
