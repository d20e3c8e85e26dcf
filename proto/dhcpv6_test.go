package proto

import "testing"

func init() { generated["dhcpv6"] = dhcpv6Packets }

func opt6(code uint16, parts ...any) []byte { return cat(code, sized16(cat(parts...))) }

func dhcpv6Packets() [][]byte {
	agents := station{"33:33:00:01:00:02", "ff02::1:2"}
	server6 := station{"00:00:5e:00:53:05", "fe80::200:5eff:fe00:5305"}
	relay6 := station{"00:00:5e:00:53:01", "2001:db8:7::1"}
	llt := opt6(1, uint16(1), uint16(1), uint32(0x2c000000), mac(laptop.mac))
	serverID := opt6(2, uint16(2), uint32(32473), "box-5")
	lease := opt6(3, uint32(7), uint32(0), uint32(0), opt6(5, ip("2001:db8:7::21"), uint32(3600), uint32(7200)))
	name := opt6(39, 0, dnsName("laptop9.corp.example"))
	solicit := cat(1, 0x11, 0x22, 0x33, llt, opt6(6, uint16(23), uint16(24), uint16(39)), opt6(3, uint32(7), uint32(0), uint32(0)),
		opt6(16, uint32(311), sized16([]byte("MSFT 5.0"))), opt6(15, sized16([]byte("lab"))), opt6(112, "https://maker.example/lamp.json"), name)
	reply := cat(7, 0x11, 0x22, 0x33, llt, serverID, lease, opt6(23, ip("fd00:7::53")), opt6(24, dnsName("corp.example")), opt6(31, ip("fd00:7::7b")), name)
	modem := cat(1, 1, 2, 3, opt6(1, uint16(3), uint16(1), mac("00:00:5e:00:53:77")),
		opt6(17, uint32(4491), opt6(4, "SN-0042"), opt6(9, "CM-31"), opt6(10, "Example Cable"), opt6(6, "7.1.2")))
	forward := cat(12, 0, ip("2001:db8:8::1"), ip("fe80::7"), opt6(79, uint16(1), mac("00:00:5e:00:53:77")), opt6(18, "ge-0/0/7"), opt6(9, modem))
	back := cat(13, 0, ip("2001:db8:8::1"), ip("fe80::7"), opt6(79, uint16(1), mac("00:00:5e:00:53:77")), opt6(9, reply))
	return [][]byte{
		onUDP(laptop6, agents, 546, 547, solicit),
		onUDP(server6, laptop6, 547, 546, reply),
		onUDP(relay6, station{server6.mac, "2001:db8:7::5"}, 547, 547, forward),
		onUDP(station{server6.mac, "2001:db8:7::5"}, relay6, 547, 547, back),
		onUDP(laptop6, agents, 546, 547, cat(11, 1, 2, 3, opt6(1, uint16(4), uint32(0x01020304), uint32(5), uint32(6), uint32(7)), uint16(6), uint16(40))),
		onUDP(laptop6, agents, 546, 547, cat(11, 1, 2, 3, opt6(1, 9))),
	}
}

func TestDHCPv6(t *testing.T) {
	p := dhcpv6Packets()
	says(t, "dhcpv6", p[0], "identity=duid:000100012c00000000005e005311 stated", "hostname=laptop9 stated", "domain=corp.example",
		"clue=MSFT 5.0", "clue=311", "clue=23,24,39", "clue=https://maker.example/lamp.json")
	says(t, "dhcpv6", p[1], "00:00:5e:00:53:11: address=2001:db8:7::21 stated", "00:00:5e:00:53:05/fe80::200:5eff:fe00:5305: role=dhcp server",
		"fd00:7::53: role=dns server", "identity=duid:000200007ed9")
	says(t, "dhcpv6", p[2], "00:00:5e:00:53:77: serial=SN-0042 stated", "role=dhcp relay", "clue=ge-0/0/7")
	says(t, "dhcpv6", p[3], "00:00:5e:00:53:77: address=2001:db8:7::21 stated", "!00:00:5e:00:53:01: identity")
	says(t, "dhcpv6", p[4], "malformed: dhcpv6: option runs over the end")
	says(t, "dhcpv6", p[5], "malformed: dhcpv6: DUID of an impossible length")
}
