package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// Cisco's Gateway Load Balancing Protocol. There is no public specification;
// read from its messages.
func init() {
	register(Dissector{
		Name:  "glbp",
		Where: []Where{UDP(3222)},
		Is:    isGLBP,
		Tell:  tellGLBP,
	})
}

func isGLBP(m *Message) bool {
	c := m.Read()
	version := c.U8()
	c.Skip(11)
	kind, n := c.U8(), int(c.U8())
	return !c.Short() && version == 1 && kind >= 1 && kind <= 4 && n >= 4 && n-2 <= c.Len()+m.Frame.Missing
}

var (
	glbpRouter  = []byte("router")
	glbpVirtual = []byte("glbp")
)

func tellGLBP(m *Message, s *Sink) {
	c := m.Read()
	c.U16()
	group := c.U16()
	c.U16()
	owner := c.MAC()
	s.Op("glbp message")
	s.Sender(tyto.Role, glbpRouter, tyto.Stated, "glbp.type")
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(5)[:0], uint64(group)), tyto.Stated, "glbp.group")
	s.Sender(tyto.Clue, owner.Append(s.Scratch(17)[:0]), tyto.Stated, "glbp.ownerid")
	for n := 0; c.Len() >= 2 && n < 16; n++ {
		kind, length := c.U8(), int(c.U8())
		v := c.Sub(length - 2)
		if v.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("glbp: part runs over the end")
			}
			return
		}
		switch kind {
		case 1:
			glbpHello(s, &v)
		case 2:
			s.Op("glbp forwarder")
		}
	}
}

// glbpHello tells the address that the routers share.
func glbpHello(s *Sink, v *frame.Cursor) {
	v.Skip(3)
	priority := v.U8()
	v.Skip(16)
	kind, n := v.U8(), int(v.U8())
	a := frame.AddrOf(v.Bytes(n))
	if v.Short() || kind != 1 && kind != 2 || a.IsUnspecified() || a.IsMulticast() {
		return
	}
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(3)[:0], uint64(priority)), tyto.Stated, "glbp.hello.priority")
	field := "glbp.hello.virtualipv4"
	if kind == 2 {
		field = "glbp.hello.virtualipv6"
	}
	s.About(tyto.Subject{Addr: a, VLAN: s.SenderSubject().VLAN}, tyto.Virtual, glbpVirtual, tyto.Stated, field)
}
