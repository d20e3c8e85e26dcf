package enip

import "tyto/frame"

// The services that are understood here, and objects whose services have meanings of their own.
const (
	GetAll          byte = 0x01
	SetAll          byte = 0x02
	GetList         byte = 0x03
	SetList         byte = 0x04
	Reset           byte = 0x05
	Start           byte = 0x06
	Stop            byte = 0x07
	Create          byte = 0x08
	Delete          byte = 0x09
	Multiple        byte = 0x0a
	GetSingle       byte = 0x0e
	SetSingle       byte = 0x10
	SetMember       byte = 0x19
	ExecutePCCC     byte = 0x4b
	ForwardClose    byte = 0x4e
	UnconnectedSend byte = 0x52
	ForwardOpen     byte = 0x54
	LargeOpen       byte = 0x5b

	Identify      uint16 = 0x01
	Router        uint16 = 0x02
	Manager       uint16 = 0x06
	FileObject    uint16 = 0x37
	PCCCObject    uint16 = 0x67
	Symbol        uint16 = 0x6b
	Template      uint16 = 0x6c
	Changes       uint16 = 0x74
	WallClock     uint16 = 0x8b
	Controller    uint16 = 0x8e
	Flash         uint16 = 0xa1
	Program       uint16 = 0xac
	TCPIP         uint16 = 0xf5
	EthernetLink  uint16 = 0xf6
	Tag           uint16 = 0xffe // stands for a path of names
	UnknownObject uint16 = 0xfff // stands for one with a number that is not kept
)

// A Path is where a message goes inside a device (volume 1 appendix C).
type Path struct {
	Class     uint16
	Instance  uint32
	Attribute uint16
	Slot      int // of the last port segment to the backplane, -1 if there is none
	Name      []byte
	Key       Key
}

// A Key is the electronic key: what the sender expects to find there.
type Key struct{ Vendor, Type, Product uint16 }

// ReadPath reads a padded path to the end of c.
func ReadPath(c frame.Cursor) (p Path, ok bool) {
	p.Slot = -1
	for c.Len() > 0 {
		seg := c.U8()
		switch seg >> 5 {
		case 0:
			p.port(seg, &c)
		case 1:
			p.logical(seg, &c)
		case 2: // network segments: a byte, or with 0x10 a count of words
			n := int(c.U8())
			if seg&0x10 != 0 {
				c.Skip(2 * n)
			}
		case 3:
			c.Skip(int(seg & 31))
		case 4:
			if n := int(c.U8()); seg == 0x91 {
				p.Class, p.Name = Tag, c.Bytes(n)
				c.Skip(n & 1)
			} else {
				c.Skip(2 * n)
			}
		default:
			return p, false
		}
	}
	return p, !c.Short()
}

func (p *Path) port(seg byte, c *frame.Cursor) {
	n := 1
	if seg&0x10 != 0 {
		n = int(c.U8())
	}
	port := uint16(seg & 15)
	if port == 15 {
		port = c.L16()
	}
	link := c.Bytes(n)
	if n > 1 && n&1 != 0 {
		c.Skip(1)
	}
	if port == 1 && n == 1 && len(link) == 1 {
		p.Slot = int(link[0])
	}
}

func (p *Path) logical(seg byte, c *frame.Cursor) {
	var v uint32
	switch {
	case seg == 0x34: // electronic key
		c.Skip(1)
		p.Key = Key{c.L16(), c.L16(), c.L16()}
		c.Skip(2)
		return
	case seg&3 == 0:
		v = uint32(c.U8())
	case seg&3 == 1:
		c.Skip(1)
		v = uint32(c.L16())
	default:
		c.Skip(1)
		v = c.L32()
	}
	switch seg >> 2 & 7 {
	case 0:
		if p.Class == Controller && v == uint32(Changes) { // of the controller
			p.Class = Changes
			return
		}
		p.Class, p.Instance = uint16(min(v, uint32(UnknownObject))), 0
	case 1:
		p.Instance = v
	case 4:
		p.Attribute = uint16(v)
	}
}

// A Request is one message to an object.
type Request struct {
	Service byte
	Path    Path
	Data    frame.Cursor
}

// ReadRequest reads the message router's request (volume 1 section 2-4.1).
func ReadRequest(c frame.Cursor) (r Request, ok bool) {
	r.Service = c.U8()
	words := c.U8()
	path := c.Sub(2 * int(words))
	if c.Short() {
		return r, false
	}
	r.Path, ok = ReadPath(path)
	r.Data = c
	return r, ok && r.Service&0x80 == 0
}

// A Reply is the answer of an object.
type Reply struct {
	Service byte
	Status  byte
	Data    frame.Cursor
}

// ReadReply reads the message router's answer.
func ReadReply(c frame.Cursor) (r Reply, ok bool) {
	r.Service = c.U8()
	c.Skip(1)
	r.Status = c.U8()
	c.Skip(2 * int(c.U8()))
	r.Data = c
	r.Service &= 0x7f
	return r, !c.Short()
}

// Part is message i of a multiple service packet, which c holds from its count on.
func Part(c frame.Cursor, i int) (part frame.Cursor, ok bool) {
	table := c
	n := int(table.L16())
	table.Skip(2 * i)
	from := int(table.L16())
	to := c.Len()
	if i+1 < n {
		to = int(table.L16())
	}
	if i >= n || from < 2+2*n || to < from || to > c.Len() || table.Short() {
		return part, false
	}
	c.Skip(from)
	return c.Sub(to - from), true
}

// Embedded is the message that an unconnected send carries, and the way it takes.
func Embedded(c frame.Cursor) (message frame.Cursor, route Path, ok bool) {
	c.Skip(2) // priority, time-out
	n := int(c.L16())
	message = c.Sub(n)
	c.Skip(n & 1)
	words := c.U8()
	c.Skip(1)
	route, ok = ReadPath(c.Sub(2 * int(words)))
	return message, route, ok && !c.Short()
}

// OpenPath is the path of a forward open or close, large or not.
func OpenPath(service byte, c frame.Cursor) (p Path, ok bool) {
	switch service {
	case ForwardOpen:
		c.Skip(35)
	case LargeOpen:
		c.Skip(39)
	default:
		c.Skip(10)
	}
	words := c.U8()
	if service == ForwardClose {
		c.Skip(1)
	}
	p, ok = ReadPath(c.Sub(2 * int(words)))
	return p, ok && !c.Short()
}
