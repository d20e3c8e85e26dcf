package proto

import "testing"

func init() { generated["mndp"] = mndpPackets }

func mndpPackets() [][]byte {
	tlv := func(kind uint16, parts ...any) []byte { return opt6(kind, parts...) }
	box := cat(uint16(0), uint16(7), tlv(1, mac(gateway.mac)), tlv(5, "hall-2"), tlv(7, "7.1.2 (stable)"), tlv(8, "MikroTik"), tlv(10, uint32(0x10270000)),
		tlv(11, "AB12-CD34"), tlv(12, "RB-EX-4"), tlv(14, 1), tlv(15, ip("fe80::1")), tlv(16, "bridge1/ether4"), tlv(17, ip(gateway.ip)))
	return [][]byte{
		onUDP(laptop, everybody, 5678, 5678, cat(uint32(0))),
		onUDP(gateway, everybody, 5678, 5678, box),
		onUDP(gateway, everybody, 5678, 5678, box[:len(box)-2]),
	}
}

func TestMNDP(t *testing.T) {
	p := mndpPackets()
	says(t, "mndp", p[1], "hostname=hall-2 stated", "firmware=7.1.2 (stable)", "model=RB-EX-4", "vendor=MikroTik", "identity=routeros:AB12-CD34",
		"address=192.168.77.1 stated", "address=fe80::1 stated")
	says(t, "mndp", p[2], "malformed: mndp: field runs over the end", "model=RB-EX-4")
}
