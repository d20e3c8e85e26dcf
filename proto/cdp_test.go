package proto

import (
	"testing"

	"tyto/frame"
)

func cdpPackets() [][]byte {
	say := func(version int, tlvs ...[]byte) []byte {
		b := cat(version, 180, uint16(0))
		for _, x := range tlvs {
			b = append(b, x...)
		}
		sum := checksum(b)
		b[2], b[3] = byte(sum>>8), byte(sum)
		b = cat(0xaa, 0xaa, 3, 0, 0, 0x0c, uint16(0x2000), b)
		return ether(switch1.mac, "01:00:0c:cc:cc:cc", uint16(len(b)), b)
	}
	tlv := func(kind int, parts ...any) []byte {
		v := cat(parts...)
		return cat(uint16(kind), uint16(4+len(v)), v)
	}
	addresses := cat(uint32(2), 1, 1, 0xcc, uint16(4), ip(switch1.ip), 2, 8, uint32(0xaaaa0300), uint32(0x86dd), uint16(16), ip("2001:db8::2"))
	energy := cat(make([]byte, 28), "WS-C3560X-24    ", uint16(0), 3, 2, 1, "FDO1234A0BC", make([]byte, 12))
	return [][]byte{
		say(2, tlv(1, "switch1.corp.example"), tlv(2, addresses), tlv(3, "GigabitEthernet0/7"), tlv(4, uint32(0x29)),
			tlv(5, "Cisco IOS Software, C3560 Software (C3560-IPBASEK9-M), Version 12.2(44)SE, RELEASE SOFTWARE (fc1)\nCompiled"), tlv(6, "cisco WS-C3560-24TS"),
			tlv(9, "lab"), tlv(0xa, uint16(1)), tlv(0xb, 1), tlv(0xe, 1, uint16(42)), tlv(0x11, uint32(1500)), tlv(0x14, "switch1"), tlv(0x15, 6, 9, 0x2b, 6, 1, 4, 1, 9, 1, 0x84, 0x79),
			tlv(0x16, cat(uint32(1), 1, 1, 0xcc, uint16(4), ip(switch1.ip))), tlv(0x17, 0, "hall 2"), tlv(0x1a, uint16(1), uint16(1), uint32(30000), uint32(0)), tlv(0x1d, energy)),
		say(2, tlv(1, "SEP00005E005380"), tlv(4, uint32(0x490)), tlv(5, "SIP88xx.12-5-1"), tlv(6, "Cisco IP Phone 8841"), tlv(0xf, 1, uint16(42)), tlv(0x10, uint16(6300)), tlv(0x19, uint16(1), uint16(2), uint32(6300))),
		say(1, tlv(1, "core1.corp.example(FDO1234A0BC)"), tlv(4, uint32(0x01)), tlv(6, "N9K-C93180YC-EX")),
		say(1, tlv(1, "069011486(catos1)"), tlv(6, "WS-C5500")),
		say(2, tlv(1, "ap1"), tlv(6, "cisco AIR-AP1"), tlv(0x1001, "FCW1234A0BC")),
		onIP(laptop, gateway, frame.GRE, cat(uint16(0), uint16(0x2000), 2, 180, uint16(0), tlv(1, "tunnel1"), tlv(6, "Linux Unix")), 6),
		say(2, tlv(1, "short"), cat(uint16(6), uint16(2))),
		say(2, tlv(1, "cut"), cat(uint16(6), uint16(200), "x")),
	}
}

func TestCDP(t *testing.T) {
	p := cdpPackets()
	me := switch1.mac + ": "
	says(t, "cdp", p[0], "op cdp announcement", me+"hostname=switch1.corp.example stated cdp.deviceid", me+"address="+switch1.ip+" shown", me+"address=2001:db8::2", me+"clue=GigabitEthernet0/7 stated cdp.portid",
		me+"role=router stated", me+"role=switch", me+"clue=router,switch,igmp stated cdp.capabilities", me+"clue=cisco WS-C3560-24TS stated cdp.platform", me+"model=WS-C3560-24TS", me+"vendor=Cisco",
		"stated cdp.software_version", me+"clue=lab stated cdp.vtp_management_domain", me+"clue=1 stated cdp.native_vlan", me+"clue=full stated cdp.duplex", me+"clue=42 stated cdp.voice_vlan",
		me+"clue=1500 stated cdp.mtu", me+"hostname=switch1 stated cdp.system_name", me+"location=hall 2", me+"clue=30000 stated cdp.power_available", me+"serial=FDO1234A0BC", me+"model_number=WS-C3560X-24", me+"clue=1.3.6.1.4.1.9.1.633 stated", "!malformed")
	says(t, "cdp", p[1], me+"hostname=SEP00005E005380", me+"model=IP Phone 8841", me+"role=telephone", me+"clue=6300 stated cdp.power_consumption", me+"clue=42 stated cdp.voice_vlan", me+"clue=6300 stated cdp.power_requested")
	says(t, "cdp", p[2], me+"hostname=core1.corp.example ", me+"serial=FDO1234A0BC", me+"clue=core1.corp.example(FDO1234A0BC)")
	says(t, "cdp", p[3], me+"hostname=catos1", me+"serial=069011486")
	says(t, "cdp", p[4], me+"serial=FCW1234A0BC")
	says(t, "cdp", p[5], laptop.mac+"/"+laptop.ip+": hostname=tunnel1", "model=Linux Unix")
	says(t, "cdp", p[6], "malformed: TLV shorter")
	says(t, "cdp", p[7], "malformed: TLV cut short", me+"hostname=cut")
}
