package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// ICMPv6, RFC 4443, with neighbour discovery (RFC 4861, 4862, 8106) and
// multicast listener discovery (RFC 2710, 3810).
func init() {
	register(Dissector{
		Name:  "icmpv6",
		Where: []Where{IP(frame.ICMPv6)},
		Is:    isICMPv6,
		Tell:  tellICMPv6,
	})
}

// Types of messages that are looked into.
const (
	icmpv6Query         = 130
	icmpv6Report        = 131
	icmpv6Done          = 132
	icmpv6RouterAsk     = 133
	icmpv6Router        = 134
	icmpv6NeighbourAsk  = 135
	icmpv6Neighbour     = 136
	icmpv6Redirect      = 137
	icmpv6Report2       = 143
	icmpv6LongestReport = 32 // groups of one report that are told
)

func isICMPv6(m *Message) bool {
	return len(m.Body) >= 4 && m.Frame.Flags&frame.IPv6 != 0
}

func tellICMPv6(m *Message, s *Sink) {
	c := m.Read()
	kind, code := c.U8(), c.U8()
	c.U16()
	if kind != icmpv6Redirect { // told as an act
		s.Op(icmpv6Op(kind))
	}
	switch kind {
	case icmpv6RouterAsk, icmpv6Router, icmpv6NeighbourAsk, icmpv6Neighbour, icmpv6Redirect:
		if m.Frame.TTL != 255 || code != 0 { // RFC 4861 section 6.1: came from another link, or is forged
			s.Malformed("icmpv6: neighbour discovery from beyond the link")
			return
		}
		icmpv6Discovery(m, s, kind, c)
	case icmpv6Query:
		if !m.Frame.Src.IsUnspecified() {
			s.Sender(tyto.Role, icmpv6Querier, tyto.Shown, "icmpv6.type")
		}
	case icmpv6Report:
		c.Skip(4)
		icmpv6Joined(s, c.IPv6(), "icmpv6.mld.multicast_address")
	case icmpv6Report2:
		icmpv6Groups(s, c)
	case icmpv6Done:
	default:
		s.Malformed(icmpv6Short(m, kind))
		return
	}
}

// icmpv6Short is what is wrong with a message that carries a packet in error.
func icmpv6Short(m *Message, kind byte) string {
	if kind >= 1 && kind <= 4 && len(m.Body) < 8 && m.Frame.Missing == 0 {
		return "icmpv6: error without its packet"
	}
	return ""
}

func icmpv6Op(kind byte) string {
	switch kind {
	case 1:
		return "icmpv6 destination unreachable"
	case 2:
		return "icmpv6 packet too big"
	case 3:
		return "icmpv6 time exceeded"
	case 4:
		return "icmpv6 parameter problem"
	case 128:
		return "icmpv6 echo request"
	case 129:
		return "icmpv6 echo reply"
	case icmpv6Query:
		return "icmpv6 listener query"
	case icmpv6Report, icmpv6Report2:
		return "icmpv6 listener report"
	case icmpv6Done:
		return "icmpv6 listener done"
	case icmpv6RouterAsk:
		return "icmpv6 router solicitation"
	case icmpv6Router:
		return "icmpv6 router advertisement"
	case icmpv6NeighbourAsk:
		return "icmpv6 neighbour solicitation"
	case icmpv6Neighbour:
		return "icmpv6 neighbour advertisement"
	}
	return "icmpv6 other"
}

var (
	icmpv6RouterRole = []byte("router")
	icmpv6Querier    = []byte("multicast querier")
	icmpv6DNS        = []byte("dns server")
	icmpv6Probe      = []byte("true")
)

// icmpv6Discovery reads a message of neighbour discovery: c is after the checksum.
func icmpv6Discovery(m *Message, s *Sink, kind byte, c frame.Cursor) {
	var target frame.Addr
	flags := uint32(0)
	switch kind {
	case icmpv6Router:
		c.U8()
		flags = uint32(c.U8())
		lifetime := c.U16()
		c.Skip(8)
		if c.Short() {
			break
		}
		if lifetime > 0 {
			s.Sender(tyto.Role, icmpv6RouterRole, tyto.Stated, "icmpv6.nd.ra.router_lifetime")
		}
		if flags&0xc0 != 0 { // who has address or options by DHCPv6
			s.Sender(tyto.Clue, phrase.Number(s.Scratch(3)[:0], uint64(flags>>6)), tyto.Stated, "icmpv6.nd.ra.flag")
		}
	case icmpv6NeighbourAsk, icmpv6Neighbour:
		flags = c.U32()
		target = c.IPv6()
	case icmpv6Redirect:
		c.Skip(4)
		target = c.IPv6()
		dest := c.IPv6()
		s.Did(tyto.Configure, "icmpv6 redirect", dest.Append(s.Scratch(46)[:0]), "")
	default:
		c.U32()
	}
	if c.Short() {
		if m.Frame.Missing == 0 {
			s.Malformed("icmpv6: message ends early")
		}
		return
	}
	link := icmpv6Options(m, s, &c)
	icmpv6Binding(m, s, kind, flags, target, link)
}

// icmpv6Binding tells who has which address. An address of another interface
// than the one that sent the frame may be a proxy's word, or a liar's.
func icmpv6Binding(m *Message, s *Sink, kind byte, flags uint32, target frame.Addr, link frame.MAC) {
	f := m.Frame
	mac, sure := link, tyto.Stated
	if mac.IsZero() {
		mac, sure = f.SrcMAC, tyto.Shown
	} else if mac != f.SrcMAC && !f.SrcMAC.IsZero() {
		sure = tyto.Inferred
	}
	switch kind {
	case icmpv6NeighbourAsk:
		if f.Src.IsUnspecified() { // is the address that it is about to take free (RFC 4862 section 5.4)?
			s.Op("icmpv6 address probe")
			s.Sender(tyto.Clue, icmpv6Probe, tyto.Shown, "icmpv6.nd.ns.target_address")
			return
		}
		s.Has(mac, f.Src, sure, "icmpv6.opt.src_linkaddr")
	case icmpv6Neighbour:
		if flags>>31 != 0 {
			s.Sender(tyto.Role, icmpv6RouterRole, tyto.Stated, "icmpv6.nd.na.flag.r")
		}
		if !link.IsZero() || target == f.Src {
			s.Has(mac, target, sure, "icmpv6.nd.na.target_address")
		}
	case icmpv6Router, icmpv6RouterAsk:
		s.Has(mac, f.Src, sure, "icmpv6.opt.src_linkaddr")
	case icmpv6Redirect:
		if !link.IsZero() {
			s.Has(link, target, tyto.Inferred, "icmpv6.nd.rd.target_address")
		}
	}
}

// icmpv6Options reads the options of a message, and tells what does not
// depend on the message; link is the link-layer address that one states.
func icmpv6Options(m *Message, s *Sink, c *frame.Cursor) (link frame.MAC) {
	for n := 0; c.Len() >= 2 && n < 32; n++ {
		kind, units := c.U8(), int(c.U8())
		if units == 0 {
			s.Malformed("icmpv6: option of no length")
			return link
		}
		o := c.Sub(units*8 - 2)
		if o.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("icmpv6: option runs over the end")
			}
			return link
		}
		switch kind {
		case 1, 2:
			link = o.MAC()
		case 3:
			icmpv6Prefix(s, &o)
		case 25:
			icmpv6Servers(s, &o)
		case 31:
			icmpv6Search(s, &o)
		case 37:
			s.Sender(tyto.Clue, phrase.Text(o.Rest()), tyto.Stated, "icmpv6.opt.captive_portal")
		}
	}
	return link
}

// icmpv6Prefix tells a network of the link, "2001:db8::/64".
func icmpv6Prefix(s *Sink, o *frame.Cursor) {
	length := o.U8()
	o.Skip(13)
	b := o.IPv6().Append(s.Scratch(50)[:0])
	if !o.Short() && len(b) > 0 {
		s.Sender(tyto.Clue, phrase.Number(phrase.Add(b, "/"), uint64(length)), tyto.Stated, "icmpv6.opt.prefix")
	}
}

// icmpv6Servers tells the resolvers that the router names (RFC 8106 section 5.1).
func icmpv6Servers(s *Sink, o *frame.Cursor) {
	o.Skip(6)
	for n := 0; o.Len() >= 16 && n < 8; n++ {
		if a := o.IPv6(); !a.IsUnspecified() && !a.IsMulticast() && (a.IsPrivate() || a.IsLinkLocal()) {
			s.About(tyto.Subject{Addr: a}, tyto.Role, icmpv6DNS, tyto.Inferred, "icmpv6.opt.rdnss")
		}
	}
}

// icmpv6Search tells the first domain of the search list (RFC 8106 section 5.2).
func icmpv6Search(s *Sink, o *frame.Cursor) {
	o.Skip(6)
	b := s.Scratch(255)[:0]
	for o.Len() > 0 {
		label := o.Bytes(int(o.U8()))
		if len(label) == 0 {
			break
		}
		if len(b) > 0 {
			b = phrase.Add(b, ".")
		}
		b = phrase.Join(b, label)
	}
	s.Sender(tyto.Domain, phrase.Text(b), tyto.Inferred, "icmpv6.opt.dnssl")
}

// icmpv6Groups tells the groups of a report of version 2.
func icmpv6Groups(s *Sink, c frame.Cursor) {
	c.U16()
	for n := min(int(c.U16()), icmpv6LongestReport); n > 0; n-- {
		kind, aux, sources := c.U8(), int(c.U8()), int(c.U16())
		group := c.IPv6()
		c.Skip(16*sources + 4*aux)
		if c.Short() {
			s.Malformed("icmpv6: report ends early")
			return
		}
		if kind == 3 || kind == 1 || kind == 6 { // "include" of no source leaves a group
			if sources == 0 {
				continue
			}
		}
		icmpv6Joined(s, group, "icmpv6.mldr.mar.multicast_address")
	}
}

// icmpv6Joined tells that the sender listens to a group: it says what it can
// do. Those by which neighbours find an address (RFC 4291 section 2.7.1) say nothing.
func icmpv6Joined(s *Sink, group frame.Addr, field string) {
	solicited := frame.Addr{0: 0xff, 1: 2, 11: 1, 12: 0xff}
	if group.IsMulticast() && [13]byte(group[:13]) != [13]byte(solicited[:13]) {
		s.Sender(tyto.Clue, group.Append(s.Scratch(46)[:0]), tyto.Stated, field)
	}
}
