package proto

import "testing"

func lldpTLVBytes(kind int, parts ...any) []byte {
	v := cat(parts...)
	return cat(uint16(kind<<9|len(v)), v)
}

func lldpPackets() [][]byte {
	say := func(from string, tlvs ...[]byte) []byte {
		var b []byte
		for _, x := range tlvs {
			b = append(b, x...)
		}
		return ether(from, "01:80:c2:00:00:0e", 0x88cc, cat(b, uint16(0)))
	}
	tlv, ttl := lldpTLVBytes, lldpTLVBytes(3, uint16(120))
	org := func(oui uint32, kind int, parts ...any) []byte {
		return tlv(127, int(oui>>16), uint16(oui), kind, cat(parts...))
	}
	port1 := "00:00:5e:00:53:81"
	return [][]byte{
		say(port1, tlv(1, 4, mac(switch1.mac)), tlv(2, 5, "GigabitEthernet0/7"), ttl, tlv(4, "uplink to hall 2"), tlv(5, "switch1.corp.example"),
			tlv(6, "Example Networks, SCALE X212, HW: 7, FW: V4.02"), tlv(7, uint16(0x14), uint16(0x04)),
			tlv(8, sized8(cat(1, ip(switch1.ip))), 2, uint32(7), sized8(cat(0x2b, 6, 1, 4, 1))),
			org(lldp8021, 1, uint16(42)), org(lldp8021, 3, uint16(42), sized8([]byte("office"))), org(lldp8023, 1, 3, uint16(0x6c11), uint16(30)),
			org(lldp8023, 2, 7, 1, 4), org(lldp8023, 4, uint16(1522)), org(lldp8023, 3, 1, uint32(0))),
		say(laptop.mac, tlv(1, 5, 1, ip(laptop.ip)), tlv(2, 3, mac(laptop.mac)), ttl, tlv(5, "PHONE1"), tlv(7, uint16(0x24), uint16(0x24)),
			org(lldpMED, 1, uint16(0x3f), 3), org(lldpMED, 2, 1, 0x40, 0x55, 0x6e), org(lldpMED, 3, 2, sized8(cat(1, "DE", 3, sized8([]byte("Leipzig")), 28, sized8([]byte("Room 7"))))),
			org(lldpMED, 5, "2"), org(lldpMED, 6, "boot 1.2"), org(lldpMED, 7, "5.9.3.2489"), org(lldpMED, 8, "0004f2aabbcc"), org(lldpMED, 9, "Example Voice"), org(lldpMED, 10, "VX 411"), org(lldpMED, 11, "A-1001")),
		say("00:00:5e:00:53:91", tlv(1, 7, "plc1"), tlv(2, 7, "port-001"), tlv(3, uint16(20)), tlv(6, "Example AG, S7-X, CPU"), tlv(7, uint16(0x80), uint16(0x80)),
			tlv(8, sized8(cat(1, ip("0.0.0.0"))), 2, uint32(1), 0), org(lldpPROFINET, 2, uint16(0), uint16(0)), org(lldpPROFINET, 5, mac("00:00:5e:00:53:90"))),
		say("00:00:5e:00:53:a1", tlv(1, 6, "eth0"), tlv(2, 7, "1"), ttl, org(lldpIANA, 1, "https://maker.example/.well-known/mud/v1/lamp"), org(lldpMED, 8, "To be filled by O.E.M.")),
		say("00:00:5e:00:53:a2", tlv(1, 4, mac("00:00:5e:00:53:a2")), tlv(2, 5, "eth1/1"), ttl, org(lldpCisco, 0xd4, "FDO12345678"), org(lldpCisco, 0xd6, "N9K-EX"), org(lldpCisco, 0xd7, "leaf101")),
		say("00:00:5e:00:53:a3", tlv(1, 1, 0x01, 0x02, 0xff), tlv(2, 2, 0xfe, 0xff), ttl, tlv(8, sized8(cat(2, ip("2001:db8::7"))), 2, uint32(1), 0), cat(uint16(5<<9|200), "cut")),
	}
}

func TestLLDP(t *testing.T) {
	p := lldpPackets()
	port := "00:00:5e:00:53:81: "
	says(t, "lldp", p[0], "op lldp announcement", port+"identity=chassis:"+switch1.mac+" stated lldp.chassis.id.mac", switch1.mac+": identity=chassis:"+switch1.mac,
		port+"hostname=switch1.corp.example stated lldp.tlv.system.name", port+"description=Example Networks, SCALE X212", port+"clue=Example Networks, SCALE X212, HW: 7, FW: V4.02 stated lldp.tlv.system.desc",
		port+"clue=bridge stated lldp.tlv.enable_system_cap", port+"clue=bridge,router stated lldp.tlv.system_cap", port+"role=switch", "!role=router",
		port+"address="+switch1.ip+" shown lldp.mgn.addr.ip4", port+"clue=42 stated lldp.ieee.802_1.port_vlan.id", port+"clue=office", port+"clue=30 stated lldp.ieee.802_3.pmd_mau_type",
		port+"clue=1522", port+"clue=GigabitEthernet0/7 stated lldp.port.id", port+"clue=uplink to hall 2", port+"clue=2b06010401 stated lldp.mgn.obj.id", "!malformed")
	me := laptop.mac + ": "
	says(t, "lldp", p[1], me+"address="+laptop.ip, me+"clue=3 stated lldp.media.subtype.class", me+"clue=42 stated lldp.media.vlan_id", me+"location=DE, Leipzig, Room 7", me+"hardware=2",
		me+"firmware=boot 1.2", me+"clue=5.9.3.2489 stated lldp.media.software", me+"serial=0004f2aabbcc", me+"vendor=Example Voice", me+"model=VX 411", me+"clue=A-1001",
		me+"identity=serial:Example Voice/0004f2aabbcc", me+"role=telephone")
	says(t, "lldp", p[2], "00:00:5e:00:53:91: protocol=pn_io", "00:00:5e:00:53:91: identity=chassis:00:00:5e:00:53:90", "00:00:5e:00:53:90: identity=chassis:00:00:5e:00:53:90", "clue=plc1 stated lldp.chassis.id", "hostname=plc1 shown", "!address=")
	says(t, "lldp", p[3], "clue=https://maker.example/.well-known/mud/v1/lamp stated lldp.iana.mudurl", "!serial=")
	says(t, "lldp", p[4], "serial=FDO12345678", "model=N9K-EX", "hostname=leaf101")
	says(t, "lldp", p[5], "clue=0102ff", "clue=feff", "address=2001:db8::7", "malformed: TLV cut short")
}
