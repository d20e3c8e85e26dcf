package lab

import (
	"fmt"
	"strings"
)

// A lease is what is in one message of DHCP (RFC 2131, RFC 2132).
type lease struct {
	kind     byte // option 53
	xid      uint32
	client   mac
	offered  ip // yiaddr
	wanted   ip // option 50
	server   ip // option 54
	hostname string
	class    string
	asks     []byte // option 55
}

func (e *encoder) dhcp(l lease) []byte {
	e.b = e.b[:0]
	reply := l.kind == 2 || l.kind == 5
	e.u8(1+bit(reply), 1, 6, 0)
	e.u32(l.xid)
	e.u32(0)
	e.zeros(4)
	e.u8(l.offered[:]...)
	e.zeros(8)
	e.u8(l.client[:]...)
	e.zeros(10 + 64 + 128)
	e.u32(0x63825363)
	option := func(code byte, fill func()) { e.u8(code); e.sized8(fill) }
	option(53, func() { e.u8(l.kind) })
	if l.wanted != (ip{}) {
		option(50, func() { e.u8(l.wanted[:]...) })
	}
	if l.server != (ip{}) {
		option(54, func() { e.u8(l.server[:]...) })
	}
	if reply {
		option(51, func() { e.u32(43200) })
		option(1, func() { e.u8(255, 255, 255, 0) })
		option(3, func() { e.u8(l.server[:]...) })
		option(6, func() { e.u8(l.server[:]...) })
		option(15, func() { e.str("site.example") })
	} else {
		option(61, func() { e.u8(1); e.u8(l.client[:]...) })
		if l.hostname != "" {
			option(12, func() { e.str(l.hostname) })
		}
		if l.class != "" {
			option(60, func() { e.str(l.class) })
		}
		option(55, func() { e.bytes(l.asks) })
	}
	e.u8(255)
	if n := 300 - len(e.b); n > 0 {
		e.zeros(n)
	}
	return e.b
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// name appends a domain name, uncompressed (RFC 1035 section 3.1). The first
// label of a DNS-SD instance may hold dots: first is then that label.
func (e *encoder) name(first, rest string) {
	if first != "" {
		e.sized8(func() { e.str(first) })
	}
	for _, label := range strings.Split(rest, ".") {
		e.sized8(func() { e.str(label) })
	}
	e.u8(0)
}

func (e *encoder) dnsHeader(id, flags, questions, answers, additional uint16) {
	e.b = e.b[:0]
	e.u16(id)
	e.u16(flags)
	e.u16(questions)
	e.u16(answers)
	e.u16(0)
	e.u16(additional)
}

func (e *encoder) question(first, rest string, kind, class uint16) {
	e.name(first, rest)
	e.u16(kind)
	e.u16(class)
}

func (e *encoder) resource(first, rest string, kind, class uint16, ttl uint32, fill func()) {
	e.question(first, rest, kind, class)
	e.u32(ttl)
	e.sized16(fill)
}

// Types and classes of DNS.
const (
	typeA, typePTR, typeTXT, typeSRV = 1, 12, 16, 33
	classIN, classFlush              = 1, 0x8001 // RFC 6762 section 10.2
)

// dns asks for the address of a name, or answers.
func (e *encoder) dns(id uint16, host string, answer *ip) []byte {
	if answer == nil {
		e.dnsHeader(id, 0x0100, 1, 0, 0)
		e.question("", host, typeA, classIN)
		return e.b
	}
	e.dnsHeader(id, 0x8180, 1, 1, 0)
	e.question("", host, typeA, classIN)
	e.resource("", host, typeA, classIN, 300, func() { e.u8(answer[:]...) })
	return e.b
}

// advert is what a device offers by DNS-SD (RFC 6763).
type advert struct {
	instance, kind string // "%s" in instance and txt is the device's name
	port           uint16
	txt            []string
}

// mdns announces a service and the address behind it (RFC 6762 section 8.3).
func (e *encoder) mdns(hostname string, a advert, at ip) []byte {
	named := strings.NewReplacer("%s", hostname)
	instance := named.Replace(a.instance)
	e.dnsHeader(0, 0x8400, 0, 4, 0)
	e.resource("", a.kind+".local", typePTR, classIN, 4500, func() { e.name(instance, a.kind+".local") })
	e.resource(instance, a.kind+".local", typeSRV, classFlush, 120, func() {
		e.u32(0)
		e.u16(a.port)
		e.name(hostname, "local")
	})
	e.resource(instance, a.kind+".local", typeTXT, classFlush, 4500, func() {
		for _, t := range a.txt {
			e.sized8(func() { e.str(named.Replace(t)) })
		}
		if len(a.txt) == 0 {
			e.u8(0)
		}
	})
	e.resource(hostname, "local", typeA, classFlush, 120, func() { e.u8(at[:]...) })
	return e.b
}

// mdnsAsk asks for the instances of a service.
func (e *encoder) mdnsAsk(kind string) []byte {
	e.dnsHeader(0, 0, 1, 0, 0)
	e.question("", kind+".local", typePTR, classIN)
	return e.b
}

// llmnr asks for the address of a name (RFC 4795).
func (e *encoder) llmnr(id uint16, host string) []byte {
	e.dnsHeader(id, 0, 1, 0, 0)
	e.question("", host, typeA, classIN)
	return e.b
}

// nbns registers a NetBIOS name (RFC 1002 section 4.2.2).
func (e *encoder) nbns(id uint16, host string, suffix byte, at ip) []byte {
	e.dnsHeader(id, 0x2910, 1, 0, 1)
	e.netbios(host, suffix)
	e.u16(0x20)
	e.u16(classIN)
	e.u16(0xc00c)
	e.u16(0x20)
	e.u16(classIN)
	e.u32(300000)
	e.sized16(func() { e.u16(0); e.u8(at[:]...) })
	return e.b
}

// netbios appends a name in first-level encoding (RFC 1001 section 14.1).
func (e *encoder) netbios(host string, suffix byte) {
	padded := append(fmt.Appendf(nil, "%-15.15s", strings.ToUpper(host)), suffix)
	e.u8(32)
	for i := range 16 {
		e.u8('A'+padded[i]>>4, 'A'+padded[i]&15)
	}
	e.u8(0)
}

// notify is an announcement of SSDP (UPnP Device Architecture 1.0 section 1.2.2).
func (e *encoder) notify(location, kind, server, usn string) []byte {
	e.b = fmt.Appendf(e.b[:0], "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\nLOCATION: %s\r\nNT: %s\r\nNTS: ssdp:alive\r\nSERVER: %s\r\nUSN: %s::%s\r\n\r\n", location, kind, server, usn, kind)
	return e.b
}

// search is a search of SSDP for a kind of device.
func (e *encoder) search(kind, agent string) []byte {
	e.b = fmt.Appendf(e.b[:0], "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 3\r\nST: %s\r\nUSER-AGENT: %s\r\n\r\n", kind, agent)
	return e.b
}
