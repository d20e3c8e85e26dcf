package proto

import "testing"

func init() { generated["vrrp"] = vrrpPackets }

// beyond sets the TTL or hop limit that messages of the link alone have.
func beyond(p []byte) []byte {
	if p[12] == 0x86 {
		p[21] = 255
		return p
	}
	p[22] = 255
	p[24], p[25] = 0, 0
	sum := checksum(p[14:34])
	p[24], p[25] = byte(sum>>8), byte(sum)
	return p
}

func vrrpPackets() [][]byte {
	group := station{"01:00:5e:00:00:12", "224.0.0.18"}
	virtual := station{"00:00:5e:00:01:07", gateway.ip}
	v2 := cat(0x21, 7, 100, 1, 0, 1, uint16(0), ip("192.168.77.254"), uint32(0), uint32(0))
	v3 := cat(0x31, 7, 200, 2, uint16(100), uint16(0), ip("fe80::7"), ip("2001:db8:7::fe"))
	return [][]byte{
		beyond(onIP(virtual, group, 112, v2, 6)),
		beyond(onIP(station{"00:00:5e:00:02:07", "fe80::1"}, station{"33:33:00:00:00:12", "ff02::12"}, 112, v3, 6)),
		beyond(onIP(gateway, group, 112, cat(0x21, 7, 0, 1, 0, 1, uint16(0), ip("192.168.77.254"), uint32(0), uint32(0)), 6)),
		beyond(onIP(gateway, group, 112, cat(0x21, 9, 0, 7, 0, 1, uint16(0), make([]byte, 28)), 6)),
		onIP(gateway, group, 112, cat(0x21, 7, 100, 1, 0, 1, uint16(0), ip("192.168.77.254"), uint32(0), uint32(0)), 6),
		beyond(onIP(gateway, group, 112, cat(0x21, 7, 100, 9, 0, 1, uint16(0), ip("192.168.77.254"), uint32(0)), 6)),
	}
}

func TestVRRP(t *testing.T) {
	p := vrrpPackets()
	says(t, "vrrp", p[0], "role=router stated", "192.168.77.254: virtual=vrrp stated", "clue=100 stated vrrp.prio")
	says(t, "vrrp", p[1], "2001:db8:7::fe: virtual=vrrp stated")
	says(t, "vrrp", p[2], "op vrrp resignation")
	says(t, "vrrp", p[3], "op carp announcement", "!virtual")
	says(t, "vrrp", p[4], "malformed: vrrp: announcement from beyond the link", "!virtual")
	says(t, "vrrp", p[5], "malformed: vrrp: announcement ends early")
}
