package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["icmpv6"] = icmpv6Packets }

var (
	router6   = station{"00:00:5e:00:53:01", "fe80::200:5eff:fe00:5301"}
	allNodes6 = station{"33:33:00:00:00:01", "ff02::1"}
)

// nd is a message of neighbour discovery, with the hop limit that it must have.
func nd(from, to station, parts ...any) []byte {
	p := onIP(from, to, frame.ICMPv6, cat(parts...), 2)
	p[21] = 255
	return p
}

func icmpv6Packets() [][]byte {
	source, target := cat(1, 1, mac(laptop.mac)), cat(2, 1, mac(laptop.mac))
	prefix := cat(3, 4, 64, 0xc0, uint32(86400), uint32(14400), uint32(0), ip("2001:db8:7::"))
	rdnss := cat(25, 3, uint16(0), uint32(600), ip("fd00:7::53"))
	dnssl := cat(31, 3, uint16(0), uint32(600), dnsName("corp.example"), 0, 0)
	return [][]byte{
		nd(station{laptop.mac, "::"}, station{"33:33:ff:00:53:11", "ff02::1:ff00:5311"}, 135, 0, 0, 0, uint32(0), ip(laptop6.ip)),
		nd(laptop6, station{"33:33:00:00:00:02", "ff02::2"}, 133, 0, 0, 0, uint32(0), source),
		nd(router6, allNodes6, 134, 0, 0, 0, 64, 0xc0, uint16(1800), uint32(0), uint32(0), cat(1, 1, mac(router6.mac)), prefix, rdnss, dnssl),
		nd(laptop6, station{"33:33:ff:00:53:01", "ff02::1:ff00:5301"}, 135, 0, 0, 0, uint32(0), ip(router6.ip), source),
		nd(router6, laptop6, 136, 0, 0, 0, uint32(0xe0000000), ip(router6.ip), cat(2, 1, mac(router6.mac))),
		nd(station{laptop.mac, "2001:db8:7::21"}, allNodes6, 136, 0, 0, 0, uint32(0x20000000), ip("2001:db8:7::21"), target),
		nd(router6, laptop6, 137, 0, 0, 0, uint32(0), ip("fe80::7"), ip("2001:db8:9::1"), cat(2, 1, mac("00:00:5e:00:53:07"))),
		nd(laptop6, station{"33:33:00:00:00:16", "ff02::16"}, 143, 0, 0, 0, uint16(0), uint16(3), 4, 0, uint16(0), ip("ff02::fb"),
			4, 0, uint16(0), ip("ff02::1:ff00:5311"), 3, 0, uint16(0), ip("ff02::c")),
		nd(laptop6, mdns6, 131, 0, 0, 0, uint16(0), uint16(0), ip("ff02::1:3")),
		nd(router6, allNodes6, 130, 0, 0, 0, uint16(1000), uint16(0), ip("::")),
		nd(laptop6, router6, 128, 0, 0, 0, uint32(1), "abcdefgh"),
		onIP(router6, laptop6, frame.ICMPv6, cat(136, 0, 0, 0, uint32(0), ip(router6.ip)), 2), // through a router: forged
		nd(router6, allNodes6, 134, 0, 0, 0, 64, 0, uint16(0), uint32(0), uint32(0), 1, 0),
	}
}

func TestICMPv6(t *testing.T) {
	p := icmpv6Packets()
	says(t, "icmpv6", p[0], "op icmpv6 address probe", "!address=")
	says(t, "icmpv6", p[2], "role=router stated", "domain=corp.example inferred", "fd00:7::53: role=dns server", "clue=2001:db8:7::/64")
	says(t, "icmpv6", p[4], "address=fe80::200:5eff:fe00:5301 stated", "role=router stated")
	says(t, "icmpv6", p[5], "address=2001:db8:7::21 stated", "!router")
	says(t, "icmpv6", p[6], "configure icmpv6 redirect 2001:db8:9::1")
	says(t, "icmpv6", p[7], "clue=ff02::fb", "!ff02::1:ff00", "!ff02::c")
	says(t, "icmpv6", p[11], "malformed: icmpv6: neighbour discovery from beyond the link", "!address")
	says(t, "icmpv6", p[12], "malformed: icmpv6: option of no length", "!role=router")
}
