package filter

import (
	"errors"
	"fmt"

	"golang.org/x/net/bpf"

	"tyto/frame"
)

// Where a program keeps what it found out first: the EtherType, where the
// network's header begins, up to three tags (the first is one that the kernel
// took off), and how long that one was. Sums use the rest.
const (
	slotType = iota
	slotNetwork
	slotTags
	slotTaken = slotTags + 3
	slotSums  = slotTaken + 1
	slots     = 16

	noTag = 1<<32 - 1
)

// What the kernel answers to loads of absurd offsets (linux/filter.h).
const (
	kernelTag    = 1<<32 - 0x1000 + 44
	kernelHasTag = 1<<32 - 0x1000 + 48
	maxProgram   = 4096 // BPF_MAXINSNS

)

// A label is a place in the program, known when it is placed.
type label int

// An instruction of which the jumps are not resolved.
type instruction struct {
	op     uint16
	k      uint32
	jt, jf label
	far    bool // one of its jumps is too far for eight bits
}

// A coder makes a program.
type coder struct {
	link           frame.LinkType
	kernel         bool
	code           []instruction
	places         []int // of labels
	accept, reject label
	sums           uint32 // slots in use
	err            error
}

var errLong = errors.New("filter: the expression is too long for the kernel; say less, or net instead of many hosts")

func compile(tree node, link frame.LinkType, kernel bool) ([]bpf.RawInstruction, error) {
	c := &coder{link: link, kernel: kernel, sums: slotSums}
	c.accept, c.reject = c.label(), c.label()
	if err := c.begin(); err != nil {
		return nil, err
	}
	c.node(tree, c.accept, c.reject)
	c.place(c.accept)
	c.emit(opReturn, Accepted)
	c.place(c.reject)
	c.emit(opReturn, Rejected)
	if c.err != nil {
		return nil, c.err
	}
	return c.resolve()
}

func (c *coder) label() label {
	c.places = append(c.places, -1)
	return label(len(c.places) - 1)
}

func (c *coder) place(l label) { c.places[l] = len(c.code) }

func (c *coder) emit(op uint16, k uint32) { c.code = append(c.code, instruction{op: op, k: k}) }

func (c *coder) jump(op uint16, k uint32, jt, jf label) {
	c.code = append(c.code, instruction{op: opJump | op, k: k, jt: jt, jf: jf})
}

// unless goes on if a test is true, and rejects the packet if not.
func (c *coder) unless(op uint16, k uint32) {
	on := c.label()
	c.jump(op, k, on, c.reject)
	c.place(on)
}

func (c *coder) set(slot, value uint32) {
	c.emit(opLoad|imm, value)
	c.emit(opStore, slot)
}

// load loads bytes at X and an offset. The kernel would drop a packet that
// ends before them without counting it, so that has to be asked before.
func (c *coder) load(size uint16, at uint32) {
	if c.kernel {
		c.emit(opLoad|wire, 0)
		c.unless(greaterEqual|byX, 0)
		c.emit(opALU|sub|byX, 0)
		c.unless(greaterEqual, at+map[uint16]uint32{word: 4, half: 2, octet: 1}[size])
	}
	c.emit(opLoad|ind|size, at)
}

// begin finds out what all tests need.
func (c *coder) begin() error {
	for i := range uint32(3) {
		c.set(slotTags+i, noTag)
	}
	c.set(slotTaken, 0)
	if c.kernel {
		c.takenTag()
	}
	c.emit(opLoadX|imm, 0)
	network := uint32(0)
	switch c.link {
	case frame.LinkEthernet:
		c.load(half, 12)
		network = 14
	case frame.LinkLinuxSLL:
		c.load(half, 14)
		network = 16
	case frame.LinkLinuxSLL2:
		c.load(half, 0)
		network = 20
	case frame.LinkRaw, frame.LinkRawBSD, frame.LinkRawOpenBSD, frame.LinkIPv4, frame.LinkIPv6:
		c.version(0)
		return nil
	case frame.LinkNull, frame.LinkLoop:
		c.version(4)
		return nil
	default:
		return fmt.Errorf("filter: packets of link type %v cannot be told apart by an expression; leave the filter out for them", c.link)
	}
	c.emit(opStore, slotType)
	c.set(slotNetwork, network)
	done := c.label()
	c.tag(slotTags+1, done)
	c.tag(slotTags+2, done)
	c.place(done)
	return nil
}

// takenTag notes a tag that the kernel took off.
func (c *coder) takenTag() {
	has, none := c.label(), c.label()
	c.emit(opLoad|abs|word, kernelHasTag)
	c.jump(equal, 0, none, has)
	c.place(has)
	c.emit(opLoad|abs|word, kernelTag)
	c.emit(opALU|and, 0xfff)
	c.emit(opStore, slotTags)
	c.set(slotTaken, 4)
	c.place(none)
}

// tag takes a tag off, or goes to done if there is none.
func (c *coder) tag(slot uint32, done label) {
	is := c.label()
	c.emit(opLoad|mem, slotType)
	for _, t := range []uint32{0x8100, 0x88a8} {
		other := c.label()
		c.jump(equal, t, is, other)
		c.place(other)
	}
	c.jump(equal, 0x9100, is, done)
	c.place(is)
	c.emit(opLoadX|mem, slotNetwork)
	c.load(half, 0)
	c.emit(opALU|and, 0xfff)
	c.emit(opStore, slot)
	c.load(half, 2)
	c.emit(opStore, slotType)
	c.emit(opMisc|toA, 0)
	c.emit(opALU|add, 4)
	c.emit(opStore, slotNetwork)
}

// version finds the type out from the version of IP.
func (c *coder) version(at uint32) {
	v6, not4, neither, done := c.label(), c.label(), c.label(), c.label()
	v4 := c.label()
	c.set(slotNetwork, at)
	c.set(slotType, 0)
	c.load(octet, at)
	c.emit(opALU|and, 0xf0)
	c.jump(equal, 0x40, v4, not4)
	c.place(v4)
	c.set(slotType, typeIP)
	c.jump(equal, typeIP, done, done)
	c.place(not4)
	c.jump(equal, 0x60, v6, neither)
	c.place(v6)
	c.set(slotType, typeIP6)
	c.place(neither)
	c.place(done)
}

// node goes to t if a node is true, and to f if not.
func (c *coder) node(n node, t, f label) {
	switch n := n.(type) {
	case both:
		next := c.label()
		c.node(n.a, next, f)
		c.place(next)
		c.node(n.b, t, f)
	case either:
		next := c.label()
		c.node(n.a, t, next)
		c.place(next)
		c.node(n.b, t, f)
	case not:
		c.node(n.a, f, t)
	case never:
		c.emit(opLoad|imm, 0)
		c.jump(equal, 0, f, f)
	case etherType:
		c.emit(opLoad|mem, slotType)
		c.jump(equal, uint32(n), t, f)
	case tagged:
		c.tagged(n, t, f)
	case field:
		c.base(n.base)
		c.load(n.size, n.at)
		if n.mask != 0 {
			c.emit(opALU|and, n.mask)
		}
		c.jump(n.op, n.value, t, f)
	case relation:
		c.relation(n, t, f)
	}
}

func (c *coder) tagged(n tagged, t, f label) {
	for i := range uint32(3) {
		c.emit(opLoad|mem, slotTags+i)
		next := c.label()
		if n == anyTag {
			c.jump(equal, noTag, next, t)
		} else {
			c.jump(equal, uint32(n), t, next)
		}
		c.place(next)
	}
	c.jump(equal, noTag, f, f)
}

// base sets X to where a header begins.
func (c *coder) base(b base) {
	switch b {
	case ofLink:
		if c.link != frame.LinkEthernet {
			c.err = fmt.Errorf("filter: packets of link type %v have no Ethernet header; ask for IP addresses, or leave the filter out for them", c.link)
		}
		c.emit(opLoadX|imm, 0)
	case ofNetwork:
		c.emit(opLoadX|mem, slotNetwork)
	case ofTransport:
		c.transport()
		c.emit(opMisc, 0)
	}
}

// transport sets A to where what follows the header of IPv4 begins.
func (c *coder) transport() {
	c.emit(opLoadX|mem, slotNetwork)
	c.load(octet, 0)
	c.emit(opALU|and, 15)
	c.emit(opALU|lsh, 2)
	c.emit(opALU|add|byX, 0)
}

// relation compares a sum in A with one in X.
func (c *coder) relation(n relation, t, f label) {
	c.sum(n.a)
	a := c.keep()
	c.sum(n.b)
	c.emit(opMisc, 0)
	c.emit(opLoad|mem, a)
	c.sums--
	c.jump(n.op|byX, 0, t, f)
}

// keep puts A into a slot of its own.
func (c *coder) keep() uint32 {
	if c.sums == slots {
		c.err = errors.New("filter: a calculation has too many parts in parentheses; write it in another order")
		return slots - 1
	}
	c.emit(opStore, c.sums)
	c.sums++
	return c.sums - 1
}

// sum calculates into A.
func (c *coder) sum(s sum) {
	switch s := s.(type) {
	case number:
		c.emit(opLoad|imm, uint32(s))
	case length:
		c.emit(opLoadX|mem, slotTaken)
		c.emit(opLoad|wire, 0)
		c.emit(opALU|add|byX, 0)
	case part:
		c.sum(s.at)
		at := c.keep()
		switch s.base {
		case ofTransport:
			c.transport()
		case ofNetwork:
			c.emit(opLoad|mem, slotNetwork)
		default:
			c.base(ofLink)
			c.emit(opLoad|imm, 0)
		}
		c.emit(opLoadX|mem, at)
		c.emit(opALU|add|byX, 0)
		c.emit(opMisc, 0)
		c.load(s.size, s.plus)
		c.sums = at
	case calc:
		c.sum(s.a)
		a := c.keep()
		c.sum(s.b)
		if s.op == div || s.op == mod {
			on := c.label()
			c.jump(equal, 0, c.reject, on)
			c.place(on)
		}
		c.emit(opMisc, 0)
		c.emit(opLoad|mem, a)
		c.emit(opALU|s.op|byX, 0)
		c.sums = a
	}
}

// resolve makes the jumps. They go forward only; one that is too far for
// eight bits goes by way of two that are not bound so.
func (c *coder) resolve() ([]bpf.RawInstruction, error) {
	at := make([]int, len(c.code)+1)
	for again := true; again; {
		again = false
		for i := range c.code {
			at[i+1] = at[i] + 1
			if c.code[i].far {
				at[i+1] += 2
			}
		}
		for i := range c.code {
			n := &c.code[i]
			if n.op&7 == opJump && !n.far && max(at[c.places[n.jt]], at[c.places[n.jf]])-at[i]-1 > 255 {
				n.far, again = true, true
			}
		}
	}
	if at[len(c.code)] > maxProgram {
		return nil, errLong
	}
	out := make([]bpf.RawInstruction, 0, at[len(c.code)])
	for i, n := range c.code {
		raw := bpf.RawInstruction{Op: n.op, K: n.k}
		if n.op&7 != opJump {
			out = append(out, raw)
			continue
		}
		t, f := at[c.places[n.jt]]-at[i]-1, at[c.places[n.jf]]-at[i]-1
		if !n.far {
			raw.Jt, raw.Jf = uint8(t), uint8(f)
			out = append(out, raw)
			continue
		}
		raw.Jf = 1
		out = append(out, raw, bpf.RawInstruction{Op: opJump, K: uint32(t - 1)}, bpf.RawInstruction{Op: opJump, K: uint32(f - 2)})
	}
	return out, nil
}
