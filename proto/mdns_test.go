package proto

import "testing"

func mdnsPackets() [][]byte {
	const in, flush = 1, 0x8001
	say := func(from station, records ...[]byte) []byte {
		to := mdnsGroup
		if len(ip(from.ip)) == 16 {
			to = mdns6
		}
		return onUDP(from, to, 5353, 5353, dnsMessage(0x8400, nil, records, nil, nil))
	}
	ptr := func(service, instance string) []byte { return record(service, 12, in, dnsName(instance)) }
	srv := func(instance string, port uint16, host string) []byte {
		return record(instance, 33, flush, cat(uint16(0), uint16(0), port, dnsName(host)))
	}
	txt := func(instance string, t ...string) []byte { return record(instance, 16, flush, texts(t...)) }
	service := func(from station, kind, instance string, port uint16, host string, t ...string) []byte {
		name := instance + "." + kind + ".local"
		return say(from, ptr("_services._dns-sd._udp.local", kind+".local"), ptr(kind+".local", name), srv(name, port, host), txt(name, t...), record(host, 1, flush, ip(from.ip)))
	}
	ipp := "Example LaserJet 400 [531200]"
	return [][]byte{
		// 1: a printer.
		say(printer, ptr("_ipp._tcp.local", ipp+"._ipp._tcp.local"), ptr("_universal._sub._ipp._tcp.local", ipp+"._ipp._tcp.local"),
			srv(ipp+"._ipp._tcp.local", 631, "printer1.local"),
			txt(ipp+"._ipp._tcp.local", "txtvers=1", "rp=ipp/print", "ty=Example LaserJet 400", "product=(Example LaserJet 400 M401)", "usb_MFG=Example", "usb_MDL=LaserJet 400",
				"note=Room 101", "UUID=5b6ba1d2-6c3b-11e4-9a5e-00005e005312", "adminurl=http://printer1.local/", "Color=T", "Duplex=T", "Scan=F"),
			record("printer1.local", 1, flush, ip(printer.ip)), record("printer1.local", 28, flush, ip("fe80::200:5eff:fe00:5312"))),
		service(printer, "_uscan._tcp", ipp, 8080, "printer1.local", "ty=Example LaserJet 400", "is=platen"),
		// 3: HomeKit, AirPlay, Cast, and the like.
		service(server, "_hap._tcp", "Example Bridge", 8080, "bridge.local", "c#=1", "ff=1", "id=00:00:5E:00:53:05", "md=BR002", "pv=1.0", "sf=1", "ci=2"),
		service(server, "_airplay._tcp", "Living Room", 7000, "tv.local", "model=AppleTV6,2", "manufacturer=Example", "serialNumber=EX123456", "fv=p20.1", "deviceid=00:00:5E:00:53:05",
			"srcvers=670.6", "pi=2e388006-13ba-4041-9a67-25dd4a43d536", "osvers=17.0"),
		service(server, "_raop._tcp", "00005E005305@Living Room", 7000, "tv.local", "am=AppleTV6,2", "vs=670.6"),
		service(server, "_googlecast._tcp", "Example-Cast-0123", 8009, "0a1b2c3d-4e5f-6789-abcd-ef0123456789.local", "id=0a1b2c3d4e5f67890a1b2c3d4e5f6789", "md=Example Cast Ultra", "fn=Kitchen", "ve=05"),
		say(laptop, txt("laptop1._device-info._tcp.local", "model=MacBookPro18,3", "osxvers=22"), record("laptop1.local", 1, flush, ip(laptop.ip))),
		service(server, "_dhnap._tcp", "HNAP Service", 80, "cam1.local", "mac=00:00:5E:00:53:05", "model_number=DCS-1", "hardware_ver=A1", "version=0106"),
		service(server, "_hue._tcp", "Example hue - 005305", 443, "hue.local", "bridgeid=00005efffe005305", "modelid=BSB002"),
		service(server, "_shelly._tcp", "shellyplus1-00005e005305", 80, "shellyplus1-00005e005305.local", "gen=2", "app=Plus1", "ver=1.0.3"),
		service(server, "_esphomelib._tcp", "plug1", 6053, "plug1.local", "friendly_name=Plug one", "version=2024.2.0", "mac=00005e005305", "board=esp01_1m", "project_name=example.plug", "project_version=3.1"),
		service(server, "_matterc._udp", "0123456789ABCDEF", 5540, "00005E005305.local", "VP=65521+32768", "DT=266", "DN=Plug", "D=840", "CM=1"),
		service(server, "_sonos._tcp", "RINCON_00005E00530501400@Kitchen", 1443, "sonos.local", "info=/api/v1/players/RINCON_00005E00530501400/info", "vers=3"),
		say(server, ptr("_workstation._tcp.local", "server1 [00:00:5e:00:53:05]._workstation._tcp.local"), srv("server1 [00:00:5e:00:53:05]._workstation._tcp.local", 9, "server1.local")),
		service(server, "_adisk._tcp", "nas1", 9, "nas1.local", "sys=waMA=00:00:5E:00:53:05,adVF=0x100", "dk0=adVN=TimeMachine,adVF=0x82"),
		// 16: reverse names, both families of addresses.
		say(laptop6, record("laptop1.local", 28, flush, ip(laptop6.ip)), record("laptop1.local", 1, flush, ip(laptop.ip)),
			record("21.77.168.192.in-addr.arpa", 12, flush, dnsName("laptop1.local")),
			record("1.1.3.5.0.0.e.f.f.f.e.5.0.0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.ip6.arpa", 12, flush, dnsName("laptop1.local")),
			record("laptop1.local", 13, flush, cat(sized8([]byte("X86_64")), sized8([]byte("LINUX"))))),
		// 17: a sleep proxy, or a reflector, speaks of another.
		say(server, srv("Sleeper._ssh._tcp.local", 22, "sleeper.local"), txt("Sleeper._ssh._tcp.local", "model=Sleeper9"), record("sleeper.local", 1, flush, ip("192.168.77.99"))),
		// 18: queries: what is looked for, what is known already, and a probe.
		onUDP(laptop, mdnsGroup, 5353, 5353, dnsMessage(0, list(question("_googlecast._tcp.local", 12, in), question("_companion-link._tcp.local", 12, in), question("printer1.local", 1, in)),
			list(ptr("_googlecast._tcp.local", "Kitchen._googlecast._tcp.local")), nil, nil)),
		onUDP(laptop, mdnsGroup, 5353, 5353, dnsMessage(0, list(question("laptop1.local", 255, in)), nil, list(record("laptop1.local", 1, in, ip(laptop.ip))), nil)),
		// 20: people's chat, a browser's made-up name, a goodbye.
		service(laptop, "_presence._tcp", "person@laptop1", 5298, "laptop1.local", "1st=A", "last=Person", "email=person@example.com"),
		say(laptop, record("3f8c9a52-8a1b-4c4e-9b0a-1f2e3d4c5b6a.local", 1, flush, ip(laptop.ip))),
		say(printer, cat(dnsName("_http._tcp.local"), uint16(12), uint16(1), uint32(0), sized16(dnsName("gone._http._tcp.local")))),
		say(printer, record("printer1.local", 28, flush, ip("fe80::200:5eff:fe00:5312")), cat(dnsName("printer1.local"), uint16(1), uint16(flush), uint32(120), uint16(4), 192, 168)),
	}
}

func TestMDNS(t *testing.T) {
	p := mdnsPackets()
	me, pr, srv := laptop.mac+"/"+laptop.ip+": ", printer.mac+"/"+printer.ip+": ", server.mac+"/"+server.ip+": "
	says(t, "mdns", p[0], pr+"hostname=printer1.local stated dns.resp.name", pr+"clue=_ipp._tcp stated mdns.service", pr+"service=tcp/631 ipp stated",
		pr+"model=Example LaserJet 400 stated", pr+"model=Example LaserJet 400 M401 shown", pr+"vendor=Example stated", pr+"location=Room 101",
		pr+"identity=uuid:5b6ba1d2-6c3b-11e4-9a5e-00005e005312", pr+"clue=adminurl=http://printer1.local/ stated mdns.txt", pr+"clue=Scan=F",
		pr+"clue=Example LaserJet 400 [531200]._ipp._tcp stated mdns.instance", "!txtvers", "!rp=",
		printer.mac+": address=fe80::200:5eff:fe00:5312 shown")
	says(t, "mdns", p[1], pr+"clue=_uscan._tcp", pr+"service=tcp/8080 uscan")
	says(t, "mdns", p[2], srv+"model=BR002 stated dns.txt", srv+"identity=homekit:00:00:5e:00:53:05", srv+"clue=ci=2 stated mdns.txt", "!c#=")
	says(t, "mdns", p[3], srv+"model=AppleTV6,2", srv+"vendor=Example", srv+"serial=EX123456", srv+"firmware=p20.1", srv+"identity=mac:00:00:5e:00:53:05",
		srv+"identity=uuid:2e388006", srv+"description=Living Room", srv+"clue=osvers=17.0")
	says(t, "mdns", p[4], srv+"model=AppleTV6,2", srv+"description=Living Room")
	says(t, "mdns", p[5], srv+"model=Example Cast Ultra", srv+"description=Kitchen", srv+"identity=uuid:0a1b2c3d-4e5f-6789-0a1b-2c3d4e5f6789", "!hostname=0a1b")
	says(t, "mdns", p[6], me+"model=MacBookPro18,3", me+"os=macOS 13", me+"hostname=laptop1.local")
	says(t, "mdns", p[7], srv+"model=DCS-1", srv+"hardware=A1", srv+"firmware=0106")
	says(t, "mdns", p[8], srv+"model=BSB002", srv+"identity=mac:00:00:5e:00:53:05")
	says(t, "mdns", p[9], srv+"model=Plus1", srv+"firmware=1.0.3")
	says(t, "mdns", p[10], srv+"model=example.plug", srv+"firmware=3.1", srv+"description=Plug one", srv+"hardware=esp01_1m")
	says(t, "mdns", p[11], srv+"clue=VP=65521+32768", srv+"clue=DT=266", srv+"service=udp/5540 matterc", srv+"description=Plug")
	says(t, "mdns", p[12], srv+"clue=RINCON_00005E00530501400@Kitchen._sonos._tcp")
	says(t, "mdns", p[13], srv+"hostname=server1 shown mdns.instance", srv+"hostname=server1.local shown dns.srv.target", "!service=")
	says(t, "mdns", p[14], srv+"identity=mac:00:00:5e:00:53:05 shown")
	six := laptop6.mac + "/" + laptop6.ip + ": "
	says(t, "mdns", p[15], six+"hostname=laptop1.local stated", laptop.mac+": address="+laptop.ip+" shown", six+"clue=LINUX stated dns.hinfo.os")
	says(t, "mdns", p[16], "192.168.77.99: hostname=sleeper.local inferred", "192.168.77.99: service=tcp/22 ssh inferred", "!"+srv)
	says(t, "mdns", p[17], me+"clue=_googlecast._tcp shown mdns.query", me+"clue=_companion-link._tcp shown mdns.query", "!mdns.service", "!Kitchen")
	says(t, "mdns", p[18], me+"hostname=laptop1.local shown")
	says(t, "mdns", p[19], "!Person", "!person@example.com")
	says(t, "mdns", p[20], "!hostname")
	says(t, "mdns", p[21], "!gone")
	says(t, "mdns", p[22], "malformed: record cut short")
}
