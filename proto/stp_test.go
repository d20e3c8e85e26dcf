package proto

import "testing"

func init() { generated["stp"] = stpPackets }

func llc(from, to string, parts ...any) []byte {
	body := cat(parts...)
	return ether(from, to, uint16(len(body)), body)
}

func stpPackets() [][]byte {
	const group, port1, port2 = "01:80:c2:00:00:00", "00:00:5e:00:53:81", "00:00:5e:00:53:82"
	bpdu := func(version, kind, flags int) []byte {
		return cat(uint16(0), version, kind, flags, uint16(0x1001), mac("00:00:5e:00:53:99"), uint32(20000), uint16(0x8001), mac(switch1.mac), uint16(0x8007),
			uint16(0x100), uint16(0x1400), uint16(0x200), uint16(0xf00))
	}
	mst := cat(bpdu(3, 2, 0x7c), 0, uint16(64), 0, "REGION1", make([]byte, 25), uint16(0), make([]byte, 16), uint32(0), uint16(0x8000), mac("00:00:5e:00:53:70"), 20)
	return [][]byte{
		llc(port1, group, 0x42, 0x42, 3, bpdu(0, 0, 0)),
		llc(port2, group, 0x42, 0x42, 3, bpdu(2, 2, 0x3d), 0),
		llc(port1, group, 0x42, 0x42, 3, mst),
		llc(port1, group, 0x42, 0x42, 3, uint16(0), 0, 0x80),
		llc(port1, "01:00:0c:cc:cc:cd", 0xaa, 0xaa, 3, 0, 0, 0x0c, uint16(0x010b), bpdu(2, 2, 0x3c), 0, uint16(0), uint16(2), uint16(7)),
		llc(port1, group, 0x42, 0x42, 3, bpdu(2, 2, 0x3c)[:20]),
	}
}

func TestSTP(t *testing.T) {
	p := stpPackets()
	says(t, "stp", p[2], "identity=bridge:00:00:5e:00:53:70 stated", "!bridge:00:00:5e:00:53:80")
	for _, x := range p[:2] {
		says(t, "stp", x, "identity=bridge:00:00:5e:00:53:80 stated", "role=switch stated", "clue=00:00:5e:00:53:99 stated stp.root.hw")
	}
	says(t, "stp", p[1], "op stp topology change")
	says(t, "stp", p[2], "clue=REGION1")
	says(t, "stp", p[3], "op stp topology change notification")
	says(t, "stp", p[4], "identity=bridge:00:00:5e:00:53:80")
	says(t, "stp", p[5], "malformed: stp: BPDU ends early")
}
