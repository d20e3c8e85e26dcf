package proto

import "testing"

var resolver = station{"00:00:5e:00:53:01", "192.168.77.1"}

func dnsPackets() [][]byte {
	ask := func(payload []byte) []byte { return onUDP(laptop, resolver, 50001, 53, payload) }
	answer := func(payload []byte) []byte { return onUDP(resolver, laptop, 53, 50001, payload) }
	edns := cat(0, uint16(41), uint16(1232), uint32(0), sized16(cat(uint16(3), sized16([]byte("ns7.example")), uint16(10), sized16([]byte("12345678")))))
	axfr := sized16(dnsMessage(0x0000, list(question("corp.example", 252, 1)), nil, nil, nil))
	dc := "_ldap._tcp.dc._msdcs.corp.example"
	srv := cat(uint16(0), uint16(100), uint16(389), dnsName("dc1.corp.example"))
	return [][]byte{
		ask(dnsMessage(0x0100, list(question("www.shop.example", 1, 1)), nil, nil, list(edns))),
		// An alias leads to the address; owner names are compressed.
		answer(dnsMessage(0x8180, list(question("www.shop.example", 1, 1)), list(
			cat(0xc0, 0x0c, uint16(5), uint16(1), uint32(60), sized16(dnsName("edge.cdn.example"))),
			cat(0xc0, 0x2e, uint16(1), uint16(1), uint32(60), sized16(ip("203.0.113.80"))),
			cat(0xc0, 0x2e, uint16(1), uint16(1), uint32(60), sized16(ip("203.0.113.81")))), nil, list(edns))),
		answer(dnsMessage(0x8180, list(question("www.shop.example", 28, 1)), list(record("www.shop.example", 28, 1, ip("2001:db8::80"))), nil, nil)),
		answer(dnsMessage(0x8183, list(question("nosuch.example", 1, 1)), nil, nil, nil)),
		ask(dnsMessage(0x0100, list(question(dc, 33, 1)), nil, nil, nil)),
		answer(dnsMessage(0x8580, list(question(dc, 33, 1)), list(record(dc, 33, 1, srv)), nil, list(record("dc1.corp.example", 1, 1, ip(server.ip))))),
		ask(dnsMessage(0x0100, list(question("_ldap._tcp.Leipzig._sites.dc._msdcs.corp.example", 33, 1)), nil, nil, nil)),
		ask(dnsMessage(0x0100, list(question("22.77.168.192.in-addr.arpa", 12, 1)), nil, nil, nil)),
		answer(dnsMessage(0x8580, list(question("22.77.168.192.in-addr.arpa", 12, 1)), list(record("22.77.168.192.in-addr.arpa", 12, 1, dnsName("printer1.corp.example"))), nil, nil)),
		ask(dnsMessage(0x0100, list(question("version.bind", 16, 3)), nil, nil, nil)),
		answer(dnsMessage(0x8580, list(question("version.bind", 16, 3)), list(record("version.bind", 16, 3, texts("dnsmasq-2.90"))), nil, nil)),
		answer(dnsMessage(0x8580, list(question("id.server", 16, 3)), list(record("id.server", 16, 3, texts("ns7"))), nil, nil)),
		ask(dnsMessage(0x2800, list(question("corp.example", 6, 1)), nil, list(record("laptop1.corp.example", 1, 1, ip(laptop.ip))), nil)),
		ask(dnsMessage(0x0100, list(question("shop.example", 65, 1)), nil, nil, nil)),
		onUDP(laptop, resolver, 50002, 5300, dnsMessage(0x0100, list(question("odd.port.example", 1, 1)), nil, nil, nil)),
		onTCP(laptop, resolver, 50003, 53, 1000, 0, 2, nil),
		onTCP(resolver, laptop, 53, 50003, 8000, 1001, 0x12, nil),
		onTCP(laptop, resolver, 50003, 53, 1001, 8001, 0x10, nil),
		onTCP(laptop, resolver, 50003, 53, 1001, 8001, 0x18, axfr),
		ask(dnsMessage(0x0100, list(question("laptop\\.one.example", 1, 1)), nil, nil, nil)),
		ask(cat(uint16(1), uint16(0x0100), uint16(1), uint16(0), uint16(0), uint16(0), 3, "www", 0xc0, 0x0c, uint16(1), uint16(1))), // pointer to itself
		answer(dnsMessage(0x8180, list(question("cut.example", 1, 1)), list(cat(dnsName("cut.example"), uint16(1), uint16(1), uint32(60), uint16(4), 192, 168)), nil, nil)),
	}
}

func TestDNS(t *testing.T) {
	p := dnsPackets()
	me, ns := laptop.mac+"/"+laptop.ip+": ", resolver.mac+"/"+resolver.ip+": "
	says(t, "dns", p[0], "op dns query A", me+"clue=www.shop.example shown dns.qry.name", me+"clue=ns7.example stated dns.opt.data")
	says(t, "dns", p[1], laptop.ip+" told www.shop.example is 203.0.113.80", "told www.shop.example is 203.0.113.81", ns+"role=dns server shown", "!edge.cdn")
	says(t, "dns", p[2], "told www.shop.example is 2001:db8::80")
	says(t, "dns", p[3], "op dns no such name", ns+"role=dns server")
	says(t, "dns", p[4], "op dns query SRV", me+"domain=corp.example inferred")
	says(t, "dns", p[5], server.ip+": role=domain controller shown dns.srv.target", server.ip+": hostname=dc1.corp.example inferred")
	says(t, "dns", p[6], me+"domain=corp.example inferred")
	says(t, "dns", p[7], "op dns query PTR", "!clue")
	says(t, "dns", p[8], printer.ip+": hostname=printer1.corp.example inferred dns.ptr.domain_name")
	says(t, "dns", p[10], ns+"service=udp/53 dns dnsmasq-2.90 stated", ns+"clue=dnsmasq-2.90")
	says(t, "dns", p[11], ns+"hostname=ns7 stated")
	says(t, "dns", p[12], "configure dns update corp.example", me+"hostname=laptop1.corp.example stated", me+"domain=corp.example")
	says(t, "dns", p[13], "op dns query HTTPS")
	says(t, "dns", p[14], "op dns query A")
	says(t, "dns", p[18], "browse dns query AXFR corp.example")
	says(t, "dns", p[19], `clue=laptop\.one.example`)
	says(t, "dns", p[21], "malformed: record cut short")
	if is := dissector("dns").Is(messages(p[20])[0]); is {
		t.Error("a pointer to itself was taken for a name")
	}
}

// TestDNSAnywhere holds what looks like DNS on an odd port, but is not, off.
func TestDNSAnywhere(t *testing.T) {
	good := dnsMessage(0x0100, list(question("odd.port.example", 1, 1)), nil, nil, nil)
	for what, b := range map[string][]byte{
		"a byte too many":  cat(good, 0),
		"two questions":    dnsMessage(0x0100, list(question("a.example", 1, 1), question("b.example", 1, 1)), nil, nil, nil),
		"unknown type":     dnsMessage(0x0100, list(question("odd.port.example", 77, 1)), nil, nil, nil),
		"class CHAOS":      dnsMessage(0x0100, list(question("odd.port.example", 1, 3)), nil, nil, nil),
		"one label":        dnsMessage(0x0100, list(question("localhost", 1, 1)), nil, nil, nil),
		"strange letters":  dnsMessage(0x0100, list(question("odd port.example", 1, 1)), nil, nil, nil),
		"answers in query": dnsMessage(0x0100, list(question("a.example", 1, 1)), list(record("a.example", 1, 1, ip(server.ip))), nil, nil),
		"zeros":            make([]byte, 64),
	} {
		if dissector("dns").Is(messages(onUDP(laptop, resolver, 50002, 5300, b))[0]) {
			t.Errorf("%s: taken for DNS", what)
		}
	}
	if !dissector("dns").Is(messages(onUDP(laptop, resolver, 50002, 5300, good))[0]) {
		t.Error("a good message on an odd port was not recognised")
	}
}
