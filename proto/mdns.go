package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/dns"
	"tyto/proto/dnssd"
	"tyto/tyto"
)

// Multicast DNS, RFC 6762, and service discovery over it, RFC 6763. What the
// keys of TXT records mean is in package dnssd.
func init() {
	register(Dissector{
		Name:  "mdns",
		Where: []Where{UDP(5353)},
		Is:    isMDNS,
		Tell:  tellMDNS,
	})
}

func isMDNS(m *Message) bool {
	r := dns.Read(m.Body)
	if r.Broken() != "" || r.Opcode() != dns.Query || r.Flags&0x0040 != 0 {
		return false
	}
	total := 0
	for _, n := range r.Counts {
		total += int(n)
	}
	if total == 0 || total > 1024 {
		return total == 0 && len(m.Body) == 12
	}
	if r.Counts[0] > 0 {
		_, ok := r.Question()
		return ok || m.Frame.Missing > 0
	}
	_, ok := r.Record()
	return ok || m.Frame.Missing > 0
}

// mdnsHosts is the host names that a message gives addresses for, and whose
// they are. A message may speak of others: a sleep proxy's does, and a
// reflector's. What it says of them is not about its sender.
type mdnsHosts struct {
	names   [12]mdnsHost
	n       int
	targets [24]mdnsTarget
	nTarget int
	listed  bool // instances are listed by type; then their own records need not tell the type again
}

type mdnsHost struct {
	name    dns.Name
	addr    frame.Addr // of who else it is, if not the sender
	ours    bool       // one of its addresses is the sender's
	foreign bool       // one of its addresses is of the sender's kind, and not the sender's
}

// mdnsTarget is which host a service instance is on.
type mdnsTarget struct{ instance, host dns.Name }

func (h *mdnsHosts) find(n dns.Name) *mdnsHost {
	for i := range h.n {
		if h.names[i].name.Equal(n) {
			return &h.names[i]
		}
	}
	return nil
}

// whose is the subject that a host name stands for, and how sure it is.
func (h *mdnsHosts) whose(n dns.Name, s *Sink) (tyto.Subject, tyto.Confidence) {
	x := h.find(n)
	switch {
	case x == nil || !x.ours && !x.foreign:
		return s.SenderSubject(), tyto.Shown
	case x.ours:
		return s.SenderSubject(), tyto.Stated
	}
	return tyto.Subject{Addr: x.addr, VLAN: s.SenderSubject().VLAN}, tyto.Inferred
}

// ofInstance is whose a service instance is.
func (h *mdnsHosts) ofInstance(n dns.Name, s *Sink) (tyto.Subject, tyto.Confidence) {
	for i := range h.nTarget {
		if h.targets[i].instance.Equal(n) {
			return h.whose(h.targets[i].host, s)
		}
	}
	if h.n == 1 { // all is about one host, also what does not say so
		return h.whose(h.names[0].name, s)
	}
	return s.SenderSubject(), tyto.Stated
}

// learn takes from a record whose addresses and instances it speaks of.
func (h *mdnsHosts) learn(x *dns.Record, f *frame.Frame) {
	switch x.Type {
	case dns.A, dns.AAAA:
		h.learnHost(x.Name, x.Addr(), f)
	case dns.PTR:
		addr, reverse := x.Name.Reverse()
		if target, ok := x.Target(); ok && reverse {
			h.learnHost(target, addr, f)
		} else if ok && target.Labels() >= 4 {
			h.listed = true
		}
	case dns.SRV:
		if target, ok := x.Target(); ok && h.nTarget < len(h.targets) {
			h.targets[h.nTarget] = mdnsTarget{instance: x.Name, host: target}
			h.nTarget++
		}
	}
}

func (h *mdnsHosts) learnHost(n dns.Name, a frame.Addr, f *frame.Frame) {
	x := h.find(n)
	if x == nil {
		if h.n == len(h.names) || a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() {
			return
		}
		x = &h.names[h.n]
		*x = mdnsHost{name: n}
		h.n++
	}
	switch {
	case a == f.Src || a == eui64(f.SrcMAC):
		x.ours = true
	case a.Is4() == f.Src.Is4() && a.IsLinkLocal() == f.Src.IsLinkLocal() && (a.Is4() || a.IsLinkLocal()):
		// A host has many IPv6 addresses, but one of IPv4 and one link-local, mostly.
		x.foreign, x.addr = true, a
	}
}

// eui64 is the link-local address that a MAC gives (RFC 4291 appendix A).
func eui64(m frame.MAC) frame.Addr {
	return frame.Addr{0: 0xfe, 1: 0x80, 8: m[0] ^ 2, 9: m[1], 10: m[2], 11: 0xff, 12: 0xfe, 13: m[3], 14: m[4], 15: m[5]}
}

func tellMDNS(m *Message, s *Sink) {
	r := dns.Read(m.Body)
	if !r.Response() {
		mdnsQuery(m, s, &r)
	} else {
		s.Op("mdns answer")
		first := r // a copy reads ahead
		var hosts mdnsHosts
		for {
			x, ok := first.Record()
			if !ok {
				break
			}
			hosts.learn(&x, m.Frame)
		}
		for {
			x, ok := r.Record()
			if !ok {
				break
			}
			mdnsRecord(s, m.Frame, &hosts, &x)
		}
	}
	if r.Broken() != "" && m.Frame.Missing == 0 && !m.Cut {
		s.Malformed(r.Broken())
	}
}

// mdnsQuery tells what the sender looks for. The answers in a query are what
// it knows already, of others; the authority section is names that it probes,
// to take them itself (RFC 6762 sections 7.1 and 8.1).
func mdnsQuery(m *Message, s *Sink, r *dns.Reader) {
	s.Op("mdns query")
	for {
		q, ok := r.Question()
		if !ok {
			break
		}
		if service, ok := serviceType(q.Name); ok && q.Type == dns.PTR {
			s.Sender(tyto.Clue, serviceText(s, service), tyto.Shown, "mdns.query")
		}
	}
	for {
		x, ok := r.Record()
		if !ok {
			return
		}
		if a := x.Addr(); x.Section == dns.Authority && !a.IsZero() && (a == m.Frame.Src || a == eui64(m.Frame.SrcMAC)) {
			s.Sender(tyto.Hostname, x.Name.Text(s.Scratch(x.Name.TextLen())[:0]), tyto.Shown, "dns.resp.name")
		}
	}
}

func mdnsRecord(s *Sink, f *frame.Frame, hosts *mdnsHosts, x *dns.Record) {
	if x.TTL == 0 { // goodbye: it was so until now
		return
	}
	switch x.Type {
	case dns.A, dns.AAAA:
		mdnsAddress(s, f, hosts, x.Name, x.Addr())
	case dns.PTR:
		mdnsPointer(s, f, hosts, x)
	case dns.SRV:
		mdnsService(s, hosts, x)
	case dns.TXT:
		mdnsTexts(s, hosts, x)
	case dns.HINFO:
		c := frame.Read(x.Data)
		c.Skip(int(c.U8()))
		who, sure := hosts.whose(x.Name, s)
		s.About(who, tyto.Clue, c.Bytes(int(c.U8())), sure, "dns.hinfo.os")
	}
}

func mdnsAddress(s *Sink, f *frame.Frame, hosts *mdnsHosts, name dns.Name, a frame.Addr) {
	if isUUID(name.Label(0)) { // random, made up by a browser for WebRTC
		return
	}
	who, sure := hosts.whose(name, s)
	s.About(who, tyto.Hostname, name.Text(s.Scratch(name.TextLen())[:0]), sure, "dns.resp.name")
	if who == s.SenderSubject() && sure == tyto.Stated && a != f.Src && !a.IsLoopback() {
		s.Has(f.SrcMAC, a, tyto.Shown, "dns.resp.name")
	}
}

// isUUID reports whether a label is a UUID in its usual text.
func isUUID(label []byte) bool {
	return len(label) == 36 && label[8] == '-' && label[13] == '-' && label[18] == '-' && label[23] == '-'
}

func mdnsPointer(s *Sink, f *frame.Frame, hosts *mdnsHosts, x *dns.Record) {
	target, ok := x.Target()
	if !ok {
		return
	}
	if addr, reverse := x.Name.Reverse(); reverse {
		mdnsAddress(s, f, hosts, target, addr)
		return
	}
	if x.Name.Under("_dns-sd._udp.local") { // the list of types, RFC 6763 section 9
		if service, ok := serviceType(target); ok {
			s.Sender(tyto.Clue, serviceText(s, service), tyto.Shown, "mdns.service")
		}
		return
	}
	if service, ok := serviceType(x.Name); ok {
		who, _ := hosts.ofInstance(target, s)
		s.About(who, tyto.Clue, serviceText(s, service), tyto.Stated, "mdns.service")
		mdnsInstance(s, who, target)
	}
}

// serviceType is the name from the type of service on: "_ipp._tcp.local" of
// "HP._ipp._tcp.local", of "_print._sub._ipp._tcp.local", and of itself.
func serviceType(n dns.Name) (dns.Name, bool) {
	i := n.Labels() - 3
	if i < 0 || !n.Under("_tcp.local") && !n.Under("_udp.local") {
		return n, false
	}
	label := n.Label(i)
	return n.From(i), len(label) > 1 && label[0] == '_' && !dns.Same(label, "_dns-sd")
}

// serviceText is the type of service without ".local".
func serviceText(s *Sink, n dns.Name) []byte {
	t := n.Text(s.Scratch(n.TextLen())[:0])
	return t[:max(0, len(t)-len(".local"))]
}

// mdnsInstance tells the name of a service instance, which people gave to the
// device, or its maker.
func mdnsInstance(s *Sink, who tyto.Subject, n dns.Name) {
	if n.Labels() < 4 || isUUID(n.Label(0)) {
		return
	}
	s.About(who, tyto.Clue, serviceText(s, n), tyto.Stated, "mdns.instance")
	label := n.Label(0)
	switch {
	case dns.Same(n.Label(1), "_workstation"): // "name [00:11:22:33:44:55]"
		for i := range label {
			if label[i] == '[' && i > 1 {
				s.About(who, tyto.Hostname, label[:i-1], tyto.Shown, "mdns.instance")
				break
			}
		}
	case dns.Same(n.Label(1), "_raop"): // "001122334455@name"
		if len(label) > 13 && label[12] == '@' {
			s.About(who, tyto.Description, label[13:], tyto.Shown, "mdns.instance")
		}
	case dns.Same(n.Label(1), "_airplay"), dns.Same(n.Label(1), "_ipp"), dns.Same(n.Label(1), "_hap"), dns.Same(n.Label(1), "_axis-video"):
		s.About(who, tyto.Description, label, tyto.Shown, "mdns.instance")
	}
}

func mdnsService(s *Sink, hosts *mdnsHosts, x *dns.Record) {
	service, ok := serviceType(x.Name)
	target, good := x.Target()
	if !ok || !good {
		return
	}
	who, sure := hosts.whose(target, s)
	if !hosts.listed {
		s.About(who, tyto.Clue, serviceText(s, service), tyto.Stated, "mdns.service")
		mdnsInstance(s, who, x.Name)
	}
	if !isUUID(target.Label(0)) && target.Under("local") {
		s.About(who, tyto.Hostname, target.Text(s.Scratch(target.TextLen())[:0]), min(sure, tyto.Shown), "dns.srv.target")
	}
	port := x.Port()
	if port == 0 || port == 9 && dns.Same(service.Label(0), "_workstation") { // 9 says "no port"
		return
	}
	name, transport := service.Label(0)[1:], service.Label(1)[1:]
	b := s.Scratch(len("tcp/65535 ") + len(name))
	if b == nil {
		return
	}
	b = append(append(b[:0], transport...), '/')
	b = append(mdnsNumber(b, port), ' ')
	s.About(who, tyto.Provides, append(b, name...), sure, "dns.srv.port")
}

func mdnsNumber(b []byte, n uint16) []byte {
	if n >= 10 {
		b = mdnsNumber(b, n/10)
	}
	return append(b, '0'+byte(n%10))
}

// mdnsTexts tells what the TXT record of a service says of the device.
func mdnsTexts(s *Sink, hosts *mdnsHosts, x *dns.Record) {
	service, ok := serviceType(x.Name)
	if !ok || dnssd.Personal(service.Label(0)) {
		return
	}
	who, _ := hosts.ofInstance(x.Name, s)
	queue := mdnsQueue(x)
	if queue {
		s.About(who, tyto.Role, mdnsPrintServer, tyto.Stated, "mdns.txt")
	}
	c := x.Texts()
	for {
		t, ok := dns.Text(&c)
		if !ok {
			break
		}
		key, value := dns.Pair(t)
		if len(t) < 2 || dnssd.Dull(key) && len(value) > 0 {
			continue
		}
		if !queue {
			mdnsMeaning(s, who, dnssd.Means(service.Label(0), key), value)
		}
		s.About(who, tyto.Clue, t, tyto.Stated, "mdns.txt")
	}
	if c.Short() {
		s.Malformed("text cut short")
	}
}

var mdnsPrintServer = []byte("print server")

// mdnsQueue reports whether a TXT record is of a queue that a CUPS server
// shares: what it says is of the printer behind it, not of the server.
func mdnsQueue(x *dns.Record) bool {
	c := x.Texts()
	for {
		t, ok := dns.Text(&c)
		if !ok {
			return false
		}
		key, value := dns.Pair(t)
		if dns.Same(key, "rp") && (bytes.HasPrefix(value, []byte("printers/")) || bytes.HasPrefix(value, []byte("classes/"))) {
			return true
		}
	}
}

func mdnsMeaning(s *Sink, who tyto.Subject, is dnssd.Meaning, value []byte) {
	switch {
	case is.Attr == tyto.NoAttr || len(value) == 0:
	case is.Form == dnssd.Plain:
		s.About(who, is.Attr, value, is.Sure, "dns.txt")
	default:
		if b := s.Scratch(len(value) + 48); b != nil {
			s.About(who, is.Attr, is.Form.Append(b[:0], value), is.Sure, "dns.txt")
		}
	}
}
