package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// The Address Resolution Protocol, RFC 826, with reverse ARP (RFC 903),
// inverse ARP (RFC 2390) and the detection of address conflicts (RFC 5227),
// for IPv4 over networks with MAC addresses.
func init() {
	register(Dissector{
		Name:  "arp",
		Where: []Where{EtherType(0x0806), EtherType(0x8035)},
		Is:    isARP,
		Tell:  tellARP,
	})
}

func isARP(m *Message) bool {
	c := m.Read()
	c.U16()
	protocol, hlen, plen := c.U16(), c.U8(), c.U8()
	op := c.U16()
	c.Skip(20)
	return !c.Short() && protocol == 0x0800 && hlen == 6 && plen == 4 && op >= 1 && op <= 25
}

func tellARP(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(6)
	op := c.U16()
	sender, has, target, wants := c.MAC(), c.IPv4(), c.MAC(), c.IPv4()
	switch op {
	case 1:
		arpRequest(m, s, sender, has, wants)
	case 2:
		s.Op("arp reply")
		arpHas(m, s, sender, has)
		arpGratuitous(s, has == wants)
		// Who is answered asked a moment ago, under the address that he gave.
		if target == m.Frame.DstMAC && target != sender {
			s.Has(target, wants, tyto.Shown, "arp.dst.proto_ipv4")
		}
	case 3:
		s.Op("rarp request")
	case 4:
		s.Op("rarp reply")
		arpHas(m, s, sender, has)
		s.Has(target, wants, tyto.Shown, "arp.dst.proto_ipv4")
	case 8:
		s.Op("inarp request")
		arpHas(m, s, sender, has)
	case 9:
		s.Op("inarp reply")
		arpHas(m, s, sender, has)
	default:
		s.Op("arp other")
	}
	if sender.IsGroup() {
		s.Malformed("sender's hardware address is that of a group")
	}
}

// arpRequest tells a question. One from nobody is a probe, whether an address
// is free; one for the address that one has announces it.
func arpRequest(m *Message, s *Sink, sender frame.MAC, has, wants frame.Addr) {
	switch {
	case has.IsUnspecified():
		s.Op("arp probe")
		return
	case has == wants:
		s.Op("arp announcement")
		arpGratuitous(s, true)
	default:
		s.Op("arp request")
	}
	arpHas(m, s, sender, has)
}

// arpHas tells who has an address. If another station than the one that sent
// the frame, that may be a proxy's word, or a liar's: it counts for less, and
// is remembered of the station that sent it.
func arpHas(m *Message, s *Sink, mac frame.MAC, a frame.Addr) {
	if a.IsLoopback() {
		return
	}
	if mac == m.Frame.SrcMAC || m.Frame.SrcMAC.IsZero() {
		s.Has(mac, a, tyto.Stated, "arp.src.proto_ipv4")
		return
	}
	s.Has(mac, a, tyto.Inferred, "arp.src.proto_ipv4")
	if b := s.Scratch(17); b != nil && !mac.IsZero() {
		s.Sender(tyto.Clue, mac.Append(b[:0]), tyto.Shown, "arp.src.hw_mac")
	}
}

var arpTrue = []byte("true")

// arpGratuitous tells that the sender spoke without being asked, as devices do
// that took an address anew, and those that take another's.
func arpGratuitous(s *Sink, is bool) {
	if is {
		s.Sender(tyto.Clue, arpTrue, tyto.Shown, "arp.isgratuitous")
	}
}
