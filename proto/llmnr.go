package proto

import (
	"tyto/frame"
	"tyto/proto/dns"
	"tyto/tyto"
)

// Link-Local Multicast Name Resolution, RFC 4795: how Windows (and
// systemd-resolved) find a name on the link. A message is like one of DNS, with
// one question.
func init() {
	register(Dissector{
		Name:  "llmnr",
		Where: []Where{UDP(5355), TCP(5355)},
		Is:    isLLMNR,
		Split: splitLLMNR,
		Tell:  tellLLMNR,
	})
}

// llmnrBody is the message without the length that precedes it in a stream.
func llmnrBody(m *Message) []byte {
	if m.Frame.Proto != frame.TCP {
		return m.Body
	}
	c := m.Read()
	return c.Bytes(min(int(c.U16()), c.Len()))
}

func isLLMNR(m *Message) bool {
	r := dns.Read(llmnrBody(m))
	q, ok := r.Question()
	return ok && r.Opcode() == dns.Query && r.Counts[0] == 1 && r.Counts[1] <= 64 && q.Class&0x7fff == 1
}

func splitLLMNR(m *Message) int {
	c := m.Read()
	n := int(c.U16())
	switch {
	case c.Short():
		return 0
	case n < 12:
		return -1
	}
	return 2 + n
}

func tellLLMNR(m *Message, s *Sink) {
	r := dns.Read(llmnrBody(m))
	q, ok := r.Question()
	if ok && r.Response() {
		s.Op("llmnr answer")
		llmnrAnswers(m, s, &r)
	} else if ok {
		llmnrAsked(s, &q)
	}
	if r.Broken() != "" && !m.Cut && m.Frame.Missing == 0 {
		s.Malformed(r.Broken())
	}
}

// llmnrAsked tells what a question says of who asks it. A host asks for any
// records of the name that it wants for itself, to see that nobody has it (RFC
// 4795 section 4).
func llmnrAsked(s *Sink, q *dns.Question) {
	name := q.Name.Text(s.Scratch(q.Name.TextLen())[:0])
	switch q.Type {
	case dns.A:
		s.Op("llmnr query A")
	case dns.AAAA:
		s.Op("llmnr query AAAA")
	case dns.PTR:
		s.Op("llmnr query PTR")
		return
	case dns.ANY:
		s.Op("llmnr query ANY")
		s.Sender(tyto.Hostname, name, tyto.Inferred, "dns.qry.name")
		return
	default:
		s.Op("llmnr query other")
	}
	s.Sender(tyto.Clue, name, tyto.Shown, "llmnr.name")
}

// llmnrAnswers tells the names that a host has. It answers for itself alone;
// what is said of other addresses is kept for the names of conversations.
func llmnrAnswers(m *Message, s *Sink, r *dns.Reader) {
	for {
		x, ok := r.Record()
		if !ok {
			return
		}
		switch x.Type {
		case dns.A, dns.AAAA:
			name := x.Name.Text(s.Scratch(x.Name.TextLen())[:0])
			s.Resolved(name, x.Addr())
			llmnrHost(m, s, name, x.Addr(), "dns.resp.name")
		case dns.PTR:
			addr, reverse := x.Name.Reverse()
			if target, ok := x.Target(); ok && reverse {
				llmnrHost(m, s, target.Text(s.Scratch(target.TextLen())[:0]), addr, "dns.ptr.domain_name")
			}
		}
	}
}

func llmnrHost(m *Message, s *Sink, name []byte, a frame.Addr, field string) {
	switch {
	case a.IsUnspecified() || a.IsLoopback():
	case a == m.Frame.Src:
		s.Sender(tyto.Hostname, name, tyto.Stated, field)
	case a.Is4() != m.Frame.Src.Is4(), !a.Is4() && a.IsLinkLocal() != m.Frame.Src.IsLinkLocal():
		s.Sender(tyto.Hostname, name, tyto.Shown, field) // another of its addresses
	default:
		s.About(tyto.Subject{Addr: a, VLAN: m.Frame.VLAN}, tyto.Hostname, name, tyto.Inferred, field)
	}
}
