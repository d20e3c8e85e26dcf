package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["igmp"] = igmpPackets }

func igmpPackets() [][]byte {
	say := func(from, to station, parts ...any) []byte { return onIP(from, to, frame.IGMP, cat(parts...), 2) }
	all := station{"01:00:5e:00:00:01", "224.0.0.1"}
	all3 := station{"01:00:5e:00:00:16", "224.0.0.22"}
	return [][]byte{
		say(gateway, all, 0x11, 100, uint16(0), ip("0.0.0.0")),
		say(station{switch1.mac, "0.0.0.0"}, all, 0x11, 100, uint16(0), ip("0.0.0.0")),
		say(laptop, mdnsGroup, 0x16, 0, uint16(0), ip("224.0.0.251")),
		say(printer, all3, 0x22, 0, uint16(0), uint16(0), uint16(3), 4, 0, uint16(0), ip("239.255.255.250"), 3, 0, uint16(0), ip("224.0.1.60"),
			3, 0, uint16(1), ip("232.1.1.1"), ip(server.ip)),
		say(laptop, station{"01:00:5e:00:00:02", "224.0.0.2"}, 0x17, 0, uint16(0), ip("224.0.0.252")),
		say(laptop, all3, 0x22, 0, uint16(0), uint16(0), uint16(9), 4, 0, uint16(0), ip("239.255.255.250")),
	}
}

func TestIGMP(t *testing.T) {
	p := igmpPackets()
	says(t, "igmp", p[0], "role=multicast querier shown")
	says(t, "igmp", p[1], "!role")
	says(t, "igmp", p[3], "clue=239.255.255.250 stated igmp.maddr", "clue=232.1.1.1", "!224.0.1.60")
	says(t, "igmp", p[4], "op igmp leave", "!clue")
	says(t, "igmp", p[5], "malformed: igmp: message ends early", "clue=239.255.255.250")
}
