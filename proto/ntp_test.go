package proto

import (
	"testing"
)

func init() { generated["ntp"] = ntpPackets }

func ntpPackets() [][]byte {
	say := func(first, stratum int, id string) []byte {
		return cat(first, stratum, 6, 0xec, uint32(0), uint32(0x100), id, make([]byte, 32))
	}
	vars := `version="ntpd 4.2.8p15@1.3728-o", processor="armv7l", system="ExampleOS/5.4", leap=0, stratum=2`
	return [][]byte{
		onUDP(laptop, server, 123, 123, say(0x23, 0, "\x00\x00\x00\x00")),
		onUDP(server, laptop, 123, 123, say(0x24, 1, "GPS\x00")),
		onUDP(server, laptop, 123, 40000, say(0x24, 2, string(ip(gateway.ip)))),
		onUDP(server, laptop, 123, 123, say(0x24, 0, "RATE")),
		onUDP(server, subnet, 123, 123, say(0x25, 3, string(ip(gateway.ip)))),
		onUDP(laptop, server, 40000, 123, cat(0x16, 2, uint16(1), uint32(0), uint32(0))),
		onUDP(server, laptop, 123, 40000, cat(0x16, 0x82, uint16(1), uint32(0), uint16(0), sized16([]byte(vars)))),
		onUDP(laptop, server, 40000, 123, cat(0x17, 0, 3, 42, uint32(0))),
		onUDP(server, laptop, 123, 40000, cat(0x16, 0x82, uint16(1), uint32(0), uint16(0), uint16(900), "version=")),
	}
}

func TestNTP(t *testing.T) {
	p := ntpPackets()
	says(t, "ntp", p[0], "role=ntp client shown", "!ntp server")
	says(t, "ntp", p[1], "role=ntp server shown", "clue=GPS stated ntp.refid", "service=udp/123 ntp", "clue=1 stated ntp.stratum")
	says(t, "ntp", p[2], "clue=192.168.77.1 stated ntp.refid")
	says(t, "ntp", p[3], "op ntp refusal", "!role")
	says(t, "ntp", p[6], "os=ExampleOS/5.4 stated", "clue=ntpd 4.2.8p15@1.3728-o", "clue=armv7l")
	says(t, "ntp", p[7], "browse ntp monlist")
	says(t, "ntp", p[8], "malformed: ntp: control message ends early")
}
