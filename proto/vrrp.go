package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Virtual Router Redundancy Protocol, RFC 3768 (version 2) and RFC 9568
// (version 3), and CARP, OpenBSD's, which has the same protocol number.
func init() {
	register(Dissector{
		Name:  "vrrp",
		Where: []Where{IP(112)},
		Is:    isVRRP,
		Tell:  tellVRRP,
	})
}

// carpLength is the length of an announcement of CARP.
const carpLength = 36

func isVRRP(m *Message) bool {
	c := m.Read()
	first := c.U8()
	return (first == 0x21 || first == 0x31) && c.Len() >= 7
}

var (
	vrrpRouter  = []byte("router")
	vrrpVirtual = []byte("vrrp")
)

func tellVRRP(m *Message, s *Sink) {
	c := m.Read()
	version := c.U8() >> 4
	if version == 2 && len(m.Body)+m.Frame.Missing == carpLength && m.Body[3] == 7 {
		s.Op("carp announcement")
		vrrpNumber(s, uint64(c.U8()), "carp.vhid")
		vrrpNumber(s, uint64(c.U8()), "carp.advskew")
		return
	}
	s.Op("vrrp announcement")
	id, priority, count := c.U8(), c.U8(), int(c.U8())
	c.U32()
	if m.Frame.TTL != 255 {
		s.Malformed("vrrp: announcement from beyond the link")
		return
	}
	s.Sender(tyto.Role, vrrpRouter, tyto.Stated, "vrrp.type")
	vrrpNumber(s, uint64(id), "vrrp.virt_rtr_id")
	vrrpNumber(s, uint64(priority), "vrrp.prio")
	if priority == 0 {
		s.Op("vrrp resignation")
	}
	for ; count > 0 && !c.Short(); count-- {
		if m.Frame.Flags&frame.IPv6 != 0 {
			vrrpShared(s, c.IPv6(), priority, "vrrp.ipv6_addr")
		} else {
			vrrpShared(s, c.IPv4(), priority, "vrrp.ip_addr")
		}
	}
	if c.Short() && m.Frame.Missing == 0 {
		s.Malformed("vrrp: announcement ends early")
	}
}

// vrrpShared tells an address that the routers of the group share. Who has
// priority 255 owns it: it is that device's as well.
func vrrpShared(s *Sink, a frame.Addr, priority byte, field string) {
	if !a.IsUnspecified() && !a.IsMulticast() && priority != 255 {
		s.About(tyto.Subject{Addr: a, VLAN: s.SenderSubject().VLAN}, tyto.Virtual, vrrpVirtual, tyto.Stated, field)
	}
}

func vrrpNumber(s *Sink, n uint64, field string) {
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(3)[:0], n), tyto.Stated, field)
}
