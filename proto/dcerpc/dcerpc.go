// Package dcerpc reads packets of DCE/RPC (C706 chapter 12, [MS-RPCE] section 2.2), which travel over TCP and in pipes
// of SMB: which interfaces are bound, and which of their calls are made. It is pure: no memory of its own, no allocation.
package dcerpc

import "tyto/frame"

// Types of packets (C706 section 12.6.3).
const (
	Request  = 0
	Response = 2
	Bind     = 11
	Alter    = 14
	Shutdown = 17
	Last     = 19
)

// HeaderSize is how long what all packets begin with is.
const HeaderSize = 16

// A Packet is one, or a fragment of one.
type Packet struct {
	Kind   uint8
	First  bool // the first fragment
	Object bool // a request that names an object
	Little bool // numbers are little-endian
	Length int
	Auth   int // bytes of what authenticates it, at its end
	CallID uint32
	Body   frame.Cursor // what follows the header; may be cut
}

// Read reads a packet's header; false if it is none.
func Read(b []byte) (p Packet, ok bool) {
	c := frame.Read(b)
	version, minor := c.U8(), c.U8()
	p.Kind = c.U8()
	flags := c.U8()
	p.First, p.Object = flags&1 != 0, flags&0x80 != 0
	order := c.U32()
	p.Little = order>>24 == 0x10
	p.Length, p.Auth = int(p.u16(&c)), int(p.u16(&c))
	whole := !c.Short()
	p.CallID = p.u32(&c)
	p.Body = c
	return p, whole && version == 5 && minor <= 1 && p.Kind <= Last && (order == 0x10000000 || order == 0) && p.Length >= HeaderSize && p.Auth <= p.Length
}

func (p *Packet) u16(c *frame.Cursor) uint16 {
	if p.Little {
		return c.L16()
	}
	return c.U16()
}

func (p *Packet) u32(c *frame.Cursor) uint32 {
	if p.Little {
		return c.L32()
	}
	return c.U32()
}

// A Context is an interface that a client binds, and the number by which its requests name it.
type Context struct {
	ID   uint16
	UUID []byte // as it is in the packet
}

// MostContexts is how many contexts of a packet are read.
const MostContexts = 16

// Contexts calls each for the contexts of a Bind or Alter (C706 section 12.6.4.3); false if they are cut.
func (p *Packet) Contexts(each func(Context)) bool {
	c := p.Body
	c.Skip(8)
	n := c.U8()
	c.Skip(3)
	for range min(n, MostContexts) {
		x := Context{ID: p.u16(&c)}
		transfer := c.U8()
		c.Skip(1)
		x.UUID = c.Bytes(16)
		c.Skip(4 + 20*int(transfer))
		if c.Short() {
			return false
		}
		each(x)
	}
	return true
}

// Called is which call of which context a Request makes (C706 section 12.6.4.9). What it
// passes may be encrypted; this never is.
func (p *Packet) Called() (context, operation uint16, ok bool) {
	c := p.Body
	c.Skip(4)
	context, operation = p.u16(&c), p.u16(&c)
	return context, operation, p.Kind == Request && p.First && !c.Short()
}

// Status is the result with which the calls of Windows end; what is encrypted has none.
func (p *Packet) Status() (status uint32, ok bool) {
	c := p.Body
	if p.Kind != Response || p.Auth > 0 || p.Length-HeaderSize != c.Len() || c.Len() < 12 {
		return 0, false
	}
	c.Skip(c.Len() - 4)
	return p.u32(&c), true
}

// A Binding remembers which interface is meant by a key of 24 bits, for the last four that were bound.
type Binding [2]uint64

// Bind remembers an interface, by its number from Find. 0 forgets.
func (b *Binding) Bind(key uint32, number uint8) {
	entry := uint64(key&0xffffff)<<8 | uint64(number)
	for i := range b {
		for shift := 0; shift < 64; shift += 32 {
			if b[i]>>shift&0xff != 0 && uint32(b[i]>>shift)>>8 == key&0xffffff {
				b[i] = b[i]&^(0xffffffff<<shift) | entry<<shift
				return
			}
		}
	}
	if number != 0 {
		b[1] = b[1]<<32 | b[0]>>32
		b[0] = b[0]<<32 | entry
	}
}

// Bound is the number of the interface, 0 if it is not known.
func (b *Binding) Bound(key uint32) uint8 {
	for i := range b {
		for shift := 0; shift < 64; shift += 32 {
			if uint32(b[i]>>shift)>>8 == key&0xffffff {
				return uint8(b[i] >> shift)
			}
		}
	}
	return 0
}
