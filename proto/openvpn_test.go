package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["openvpn"] = openvpnPackets }

func openvpnPackets() [][]byte {
	reset := cat(7<<3, "session1", 0, uint32(0))
	answer := cat(8<<3, "session2", 1, uint32(0), "session1", uint32(0))
	digest := cat(7<<3, "session3", make([]byte, 20), uint32(1), uint32(1767225600), 0, uint32(0))
	crypt := cat(7<<3, "session4", uint32(1), uint32(1767225600), make([]byte, 37))
	return append([][]byte{
		onUDP(laptop, server, 40002, 443, digest),
		onUDP(laptop, server, 40003, 13680, crypt),
		onUDP(laptop, server, 40000, 1194, reset),
		onUDP(server, laptop, 1194, 40000, answer),
		onUDP(laptop, server, 40000, 1194, cat(4<<3, "session1", 0, uint32(1), "tls")),
		onUDP(laptop, server, 40000, 1194, cat(9<<3, 0, 0, 1, make([]byte, 40))),
	}, talk(laptop, server, 40001, 443, ">"+string(sized16(reset)), "<"+string(sized16(answer)))...)
}

func TestOpenVPN(t *testing.T) {
	p := openvpnPackets()[2:]
	says(t, "openvpn", p[0], "role=vpn endpoint shown", "op openvpn reset")
	for _, b := range []string{"8session1\x01\x00\x00\x00\x00", "9session1\x00\x00\x00\x00\x00", "\x16\x03\x01\x00\x50\x01\x00\x00\x4c\x03\x03\x00\x00\x00"} {
		if isOpenVPN(&Message{Frame: &frame.Frame{DstPort: 443}, Body: []byte(b), Memory: new([4]uint64)}) {
			t.Errorf("%q is taken for OpenVPN", b)
		}
	}
}
