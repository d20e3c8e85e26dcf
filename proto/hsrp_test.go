package proto

import "testing"

func init() { generated["hsrp"] = hsrpPackets }

func hsrpPackets() [][]byte {
	group, group2 := station{"01:00:5e:00:00:02", "224.0.0.2"}, station{"01:00:5e:00:00:66", "224.0.0.102"}
	v1 := func(op, state int) []byte {
		return cat(0, op, state, 3, 10, 110, 7, 0, "secret\x00\x00", ip("192.168.77.254"))
	}
	v2 := func(version int, a ...any) []byte {
		return cat(1, 40, 2, 0, 6, version, uint16(300), mac(gateway.mac), uint32(150), uint32(3000), uint32(10000), cat(a...))
	}
	return [][]byte{
		onUDP(station{"00:00:0c:07:ac:07", gateway.ip}, group, 1985, 1985, v1(0, 16)),
		onUDP(gateway, group, 1985, 1985, v1(1, 4)),
		onUDP(gateway, group, 1985, 1985, cat(0, 3, uint16(1), uint16(10), 0, 1, uint16(0), uint16(1), uint32(0))),
		onUDP(gateway, group2, 1985, 1985, v2(4, ip("192.168.77.254"), make([]byte, 12))),
		onUDP(router6, station{"33:33:00:00:00:66", "ff02::66"}, 2029, 2029, v2(6, ip("fe80::254"))),
	}
}

func TestHSRP(t *testing.T) {
	p := hsrpPackets()
	says(t, "hsrp", p[0], "192.168.77.254: virtual=hsrp stated", "role=router stated", "clue=110", "op hsrp active", "!secret")
	says(t, "hsrp", p[1], "configure hsrp takes over group 7")
	says(t, "hsrp", p[2], "op hsrp advertise")
	says(t, "hsrp", p[3], "192.168.77.254: virtual=hsrp stated hsrp2.virt_ip", "clue=300")
	says(t, "hsrp", p[4], "fe80::254: virtual=hsrp stated hsrp2.virt_ip_v6")
}
