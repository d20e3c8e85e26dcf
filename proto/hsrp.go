package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// Cisco's Hot Standby Router Protocol: version 1 is RFC 2281, version 2 has
// type, length, value.
func init() {
	register(Dissector{
		Name:  "hsrp",
		Where: []Where{UDP(1985), UDP(2029)},
		Is:    isHSRP,
		Tell:  tellHSRP,
	})
}

// hsrpOps is the operations, by opcode.
var hsrpOps = [...]string{"hsrp hello", "hsrp coup", "hsrp resign", "hsrp advertise"}

func isHSRP(m *Message) bool {
	c := m.Read()
	first, second := c.U8(), c.U8()
	switch {
	case first == 0 && second == 3:
		return c.Len() >= 8
	case first == 0 && second < 3: // version, opcode
		c.Skip(4)
		return c.Len() >= 14
	}
	return first == 1 && second >= 40 && c.U8() == 2 && c.U8() < 4
}

var (
	hsrpRouter  = []byte("router")
	hsrpVirtual = []byte("hsrp")
)

func tellHSRP(m *Message, s *Sink) {
	c := m.Read()
	if c.U8() == 1 {
		hsrp2(m, s, &c)
		return
	}
	op := c.U8()
	s.Op(hsrpOps[op&3])
	s.Sender(tyto.Role, hsrpRouter, tyto.Stated, "hsrp.opcode")
	if op == 3 {
		return
	}
	state := c.U8()
	c.Skip(2)
	priority, group := c.U8(), c.U8()
	c.Skip(9) // the password
	a := c.IPv4()
	if c.Short() {
		if m.Frame.Missing == 0 {
			s.Malformed("hsrp: message ends early")
		}
		return
	}
	hsrpTell(s, op, state, uint64(priority), uint64(group))
	hsrpShared(s, a, "hsrp.virt_ip")
}

// hsrp2 reads the group state of version 2; c is after its type.
func hsrp2(m *Message, s *Sink, c *frame.Cursor) {
	c.Skip(2)
	op, state, version := c.U8(), c.U8(), c.U8()
	group := c.U16()
	mac, priority := c.MAC(), c.U32()
	c.Skip(8)
	s.Op(hsrpOps[op&3])
	s.Sender(tyto.Role, hsrpRouter, tyto.Stated, "hsrp2.opcode")
	a := c.IPv6()
	if version == 4 {
		a = frame.AddrOf(a[:4])
	}
	if c.Short() {
		if m.Frame.Missing == 0 {
			s.Malformed("hsrp: message ends early")
		}
		return
	}
	hsrpTell(s, op, state, uint64(priority), uint64(group))
	if !mac.IsZero() {
		s.Sender(tyto.Clue, mac.Append(s.Scratch(17)[:0]), tyto.Stated, "hsrp2.identifier")
	}
	if version == 4 {
		hsrpShared(s, a, "hsrp2.virt_ip")
	} else {
		hsrpShared(s, a, "hsrp2.virt_ip_v6")
	}
}

// hsrpTell tells who takes over: a coup of one that nobody knows is an attack.
func hsrpTell(s *Sink, op, state byte, priority, group uint64) {
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(10)[:0], priority), tyto.Stated, "hsrp.priority")
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(5)[:0], group), tyto.Stated, "hsrp.group")
	if op == 1 {
		s.Did(tyto.Configure, "hsrp takes over", phrase.Number(phrase.Add(s.Scratch(12)[:0], "group "), group), "")
	}
	if state == 16 || state == 6 {
		s.Op("hsrp active")
	}
}

// hsrpShared tells an address that the routers of the group share.
func hsrpShared(s *Sink, a frame.Addr, field string) {
	if !a.IsUnspecified() && !a.IsMulticast() {
		s.About(tyto.Subject{Addr: a, VLAN: s.SenderSubject().VLAN}, tyto.Virtual, hsrpVirtual, tyto.Stated, field)
	}
}
