package proto

import "testing"

func init() { generated["ubdp"] = ubdpPackets }

func ubdpPackets() [][]byte {
	tlv := func(kind int, parts ...any) []byte { return cat(kind, sized16(cat(parts...))) }
	v1 := cat(tlv(2, mac(gateway.mac), ip(gateway.ip)), tlv(1, mac(gateway.mac)), tlv(10, uint32(99)), tlv(11, "mast-3"), tlv(13, "BACKHAUL"), tlv(14, 2),
		tlv(3, "XX.ar0000.v5.5.6.17762.130528.1755"), tlv(12, "N5X"), tlv(20, "Example Station M5"))
	v2 := cat(tlv(2, mac(printer.mac), ip(printer.ip)), tlv(11, "ap-7"), tlv(21, "UEX-Pro"), tlv(22, "6.2.1"), tlv(27, "4.0.0"))
	return [][]byte{
		onUDP(laptop, everybody, 40000, 10001, cat(1, 0, uint16(0))),
		onUDP(gateway, laptop, 10001, 40000, cat(1, 0, sized16(v1))),
		onUDP(printer, everybody, 40001, 10001, cat(2, 6, sized16(v2))),
		onUDP(printer, everybody, 40001, 10001, cat(2, 6, sized16(cat(v2, 27, uint16(9), "1")))),
	}
}

func TestUBDP(t *testing.T) {
	p := ubdpPackets()
	says(t, "ubdp", p[1], "hostname=mast-3 stated", "model=Example Station M5", "firmware=v5.5.6.17762.130528.1755", "vendor=Ubiquiti", "address=192.168.77.1 stated")
	says(t, "ubdp", p[2], "model=UEX-Pro", "firmware=6.2.1")
	says(t, "ubdp", p[3], "malformed: ubdp: field runs over the end")
}
