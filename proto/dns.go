package proto

import (
	"tyto/frame"
	"tyto/proto/dns"
	"tyto/tyto"
)

// The Domain Name System, RFC 1035, with dynamic updates (RFC 2136), EDNS
// (RFC 6891), service records (RFC 2782) and queries over TCP (RFC 7766).
func init() {
	register(Dissector{
		Name:     "dns",
		Where:    []Where{UDP(53), TCP(53)},
		Is:       isDNS,
		Anywhere: true,
		Split:    splitDNS,
		Tell:     tellDNS,
	})
}

// isDNS is content with a plausible start on port 53. Anywhere else the whole
// message must be there and make sense to its last byte.
func isDNS(m *Message) bool {
	body, usual, partial := m.Body, m.Frame.SrcPort == 53 || m.Frame.DstPort == 53, m.Frame.Missing > 0
	if m.Frame.Proto == frame.TCP {
		c := m.Read()
		n := int(c.U16())
		if n < 12+5 || !usual && n != c.Len() {
			return false
		}
		if c.Len() < 12 {
			return usual // the length came in a segment of its own
		}
		partial = partial || n > c.Len()
		body = c.Bytes(min(n, c.Len()))
	}
	r := dns.Read(body)
	if r.Broken() != "" || r.Flags&0x0040 != 0 || dnsKinds[r.Opcode()] == "" {
		return false
	}
	for i, n := range r.Counts {
		if n > 512 || i == 0 && n > 16 {
			return false
		}
	}
	if usual {
		q, ok := r.Question()
		return ok && knownDNSClass(q.Class) || !ok && (r.Broken() == "" || partial)
	}
	return wholeDNS(&r)
}

// wholeDNS is the full check: one question for a usual name, and records that
// end where the message ends.
func wholeDNS(r *dns.Reader) bool {
	if r.Opcode() != dns.Query || r.Counts[0] != 1 || !r.Response() && (r.Counts[1] != 0 || r.RCode() != 0) {
		return false
	}
	q, ok := r.Question()
	if !ok || q.Class != 1 || dnsQueries[min(int(q.Type), len(dnsQueries)-1)] == "" || !usualName(q.Name) {
		return false
	}
	for {
		if _, ok = r.Record(); !ok {
			return r.Broken() == "" && r.Rest() == 0
		}
	}
}

// usualName reports whether a name is of at least two labels of the characters
// of host names (RFC 1123 section 2.1) and underscores.
func usualName(n dns.Name) bool {
	if n.Labels() < 2 {
		return false
	}
	for i := range n.Labels() {
		for _, c := range n.Label(i) {
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

func knownDNSClass(c uint16) bool { return c == 1 || c == 3 || c == 4 || c == 254 || c == 255 }

func splitDNS(m *Message) int {
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

// dnsKinds is the operations by opcode.
var dnsKinds = [16]string{dns.Query: "dns query", 1: "dns inverse query", 2: "dns status", dns.Notify: "dns notify",
	dns.Update: "dns update", dns.Stateful: "dns stateful"}

// dnsQueries is the operations by type of record asked for.
var dnsQueries = [...]string{dns.A: "dns query A", dns.NS: "dns query NS", dns.CNAME: "dns query CNAME", dns.SOA: "dns query SOA",
	10: "dns query NULL", dns.PTR: "dns query PTR", dns.HINFO: "dns query HINFO", dns.MX: "dns query MX", dns.TXT: "dns query TXT",
	dns.AAAA: "dns query AAAA", dns.SRV: "dns query SRV", 35: "dns query NAPTR", 43: "dns query DS", 46: "dns query RRSIG",
	48: "dns query DNSKEY", 52: "dns query TLSA", dns.SVCB: "dns query SVCB", dns.HTTPS: "dns query HTTPS", 99: "dns query SPF",
	dns.IXFR: "dns query IXFR", dns.AXFR: "dns query AXFR", dns.ANY: "dns query ANY", 256: "dns query URI", 257: "dns query CAA",
	258: ""}

// dnsOutcomes is the operations by how they went; what went well is not counted apart.
var dnsOutcomes = [16]string{1: "dns format error", 2: "dns server failure", 3: "dns no such name", 4: "dns not implemented",
	5: "dns refused", 6: "dns name exists", 9: "dns not authoritative", 10: "dns not in zone"}

var (
	dnsServerRole = []byte("dns server")
	dcRole        = []byte("domain controller")
)

func tellDNS(m *Message, s *Sink) {
	body := m.Body
	if m.Frame.Proto == frame.TCP {
		c := m.Read()
		n := int(c.U16())
		body = c.Bytes(min(n, c.Len()))
	}
	r := dns.Read(body)
	switch {
	case r.Opcode() == dns.Update && !r.Response():
		dnsUpdate(m, s, &r)
	case r.Opcode() != dns.Query:
		s.Op(orElse(dnsKinds[r.Opcode()], "dns other"))
	case r.Response():
		dnsAnswer(m, s, &r)
	default:
		dnsQuery(s, &r)
	}
	if r.Broken() != "" && !m.Cut && !r.Truncated() && m.Frame.Missing == 0 {
		s.Malformed(r.Broken())
	}
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func dnsQuery(s *Sink, r *dns.Reader) {
	for {
		q, ok := r.Question()
		if !ok {
			break
		}
		op := "dns query other"
		if int(q.Type) < len(dnsQueries) {
			op = orElse(dnsQueries[q.Type], op)
		}
		if q.Type == dns.AXFR || q.Type == dns.IXFR {
			s.Did(tyto.Browse, op, q.Name.Text(s.Scratch(q.Name.TextLen())[:0]), "")
			continue
		}
		s.Op(op)
		dnsAsked(s, &q)
	}
	dnsOptions(s, r)
}

// dnsAsked tells what a question says of who asks it.
func dnsAsked(s *Sink, q *dns.Question) {
	switch q.Type {
	case dns.A, dns.AAAA, dns.HTTPS, dns.SVCB, dns.SRV, dns.PTR, dns.ANY:
	default:
		return
	}
	if q.Name.Labels() == 0 || q.Name.Under("arpa") {
		return
	}
	s.Sender(tyto.Clue, q.Name.Text(s.Scratch(q.Name.TextLen())[:0]), tyto.Shown, "dns.qry.name")
	if domain, ok := activeDirectory(q.Name); ok && q.Type == dns.SRV {
		s.Sender(tyto.Domain, domain.Text(s.Scratch(domain.TextLen())[:0]), tyto.Inferred, "dns.qry.name")
	}
}

// activeDirectory is the domain for which a name asks who controls it:
// _ldap._tcp.dc._msdcs.DOMAIN, or _ldap._tcp.SITE._sites.dc._msdcs.DOMAIN
// (MS-ADTS section 6.3.2.3), with _kerberos as well.
func activeDirectory(n dns.Name) (domain dns.Name, ok bool) {
	if !dns.Same(n.Label(0), "_ldap") && !dns.Same(n.Label(0), "_kerberos") || !dns.Same(n.Label(1), "_tcp") {
		return n, false
	}
	for _, i := range [...]int{2, 4} {
		if i == 4 && !dns.Same(n.Label(3), "_sites") {
			break
		}
		if dns.Same(n.Label(i), "dc") && dns.Same(n.Label(i+1), "_msdcs") && n.Labels() > i+2 {
			return n.From(i + 2), true
		}
	}
	return n, false
}

func dnsAnswer(m *Message, s *Sink, r *dns.Reader) {
	if op := dnsOutcomes[r.RCode()]; op != "" {
		s.Op(op)
	}
	if (r.RecursionAvailable() || r.Authoritative()) && (r.RCode() == 0 || r.RCode() == 3) {
		s.Sender(tyto.Role, dnsServerRole, tyto.Shown, "dns.flags.recavail")
	}
	q, ok := r.Question()
	if !ok {
		return
	}
	asked := q.Name.Text(s.Scratch(q.Name.TextLen())[:0])
	_, controllers := activeDirectory(q.Name)
	for {
		x, ok := r.Record()
		if !ok {
			return
		}
		switch {
		case x.Type == dns.OPT:
			dnsOption(s, &x)
		case x.Section == dns.Answer:
			dnsAnswered(s, &q, &x, asked)
		case controllers && x.Section == dns.Additional && !x.Addr().IsZero():
			dc := tyto.Subject{Addr: x.Addr()}
			s.About(dc, tyto.Role, dcRole, tyto.Shown, "dns.srv.target")
			s.About(dc, tyto.Hostname, x.Name.Text(s.Scratch(x.Name.TextLen())[:0]), tyto.Inferred, "dns.resp.name")
		}
	}
}

// dnsAnswered tells one record of the answer. Whatever chain of aliases led to
// an address, it is the address of the name that was asked for.
func dnsAnswered(s *Sink, q *dns.Question, x *dns.Record, asked []byte) {
	switch x.Type {
	case dns.A, dns.AAAA:
		if a := x.Addr(); x.Class == 1 && !a.IsUnspecified() && len(asked) > 0 {
			s.Resolved(asked, a)
		}
	case dns.PTR:
		target, ok := x.Target()
		if addr, rev := x.Name.Reverse(); ok && rev && (addr.IsPrivate() || addr.IsLinkLocal()) {
			s.About(tyto.Subject{Addr: addr}, tyto.Hostname, target.Text(s.Scratch(target.TextLen())[:0]), tyto.Inferred, "dns.ptr.domain_name")
		}
	case dns.TXT:
		dnsChaos(s, q, x)
	}
}

// dnsChaos tells what a name server says of itself to who asks in class CHAOS (RFC 4892).
func dnsChaos(s *Sink, q *dns.Question, x *dns.Record) {
	c := x.Texts()
	t, ok := dns.Text(&c)
	if q.Class != 3 || !ok {
		return
	}
	switch {
	case q.Name.Is("version.bind"), q.Name.Is("version.server"):
		s.Sender(tyto.Clue, t, tyto.Stated, "dns.txt")
		if v := s.Scratch(len("udp/53 dns ") + len(t)); v != nil {
			s.Sender(tyto.Provides, append(append(v[:0], "udp/53 dns "...), t...), tyto.Stated, "dns.txt")
		}
	case q.Name.Is("hostname.bind"), q.Name.Is("id.server"):
		s.Sender(tyto.Hostname, t, tyto.Stated, "dns.txt")
	}
}

// dnsUpdate tells of a host that registers its own name, as Windows does.
func dnsUpdate(m *Message, s *Sink, r *dns.Reader) {
	zone, ok := r.Question()
	if !ok {
		return
	}
	name := zone.Name.Text(s.Scratch(zone.Name.TextLen())[:0])
	s.Did(tyto.Configure, "dns update", name, "")
	for {
		x, ok := r.Record()
		if !ok {
			return
		}
		if x.Section == dns.Authority && x.Class == 1 && !x.Addr().IsZero() && x.Addr() == m.Frame.Src {
			s.Sender(tyto.Hostname, x.Name.Text(s.Scratch(x.Name.TextLen())[:0]), tyto.Stated, "dns.resp.name")
			s.Sender(tyto.Domain, name, tyto.Inferred, "dns.qry.name")
		}
	}
}

// dnsOptions reads the records of a query, of which only the EDNS options are told.
func dnsOptions(s *Sink, r *dns.Reader) {
	for {
		x, ok := r.Record()
		if !ok {
			return
		}
		if x.Type == dns.OPT {
			dnsOption(s, &x)
		}
	}
}

// dnsOption tells of an EDNS record the identifier of the server (NSID, RFC 5001).
func dnsOption(s *Sink, x *dns.Record) {
	c := frame.Read(x.Data)
	for n := 0; c.Len() > 0 && n < 16; n++ {
		code, data := c.U16(), c.Bytes(int(c.U16()))
		if code == 3 && len(data) > 0 && !c.Short() {
			s.Sender(tyto.Clue, data, tyto.Stated, "dns.opt.data")
		}
	}
	if c.Short() {
		s.Malformed("EDNS option cut short")
	}
}
