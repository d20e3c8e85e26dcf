package proto

import "testing"

func init() { generated["edp"] = edpPackets }

func edpPackets() [][]byte {
	tlv := func(kind int, parts ...any) []byte {
		v := cat(parts...)
		return cat(0x99, kind, uint16(len(v)+4), v)
	}
	say := func(parts ...any) []byte {
		body := cat(parts...)
		return llc("00:00:5e:00:53:81", "00:e0:2b:00:00:00", 0xaa, 0xaa, 3, 0, 0xe0, 0x2b, uint16(0xbb),
			1, 0, uint16(16+len(body)), uint16(0), uint16(7), uint16(0), mac(switch1.mac), body)
	}
	info := tlv(2, uint16(0), uint16(7), uint16(0), make([]byte, 6), 12, 1, 2, 17, make([]byte, 16))
	return [][]byte{
		say(tlv(1, "core-1\x00"), info, tlv(0)),
		say(tlv(1, "core-1\x00"), 0x99, 2, uint16(90), 0),
		say(0x98, 1, uint16(4)),
	}
}

func TestEDP(t *testing.T) {
	p := edpPackets()
	says(t, "edp", p[0], "hostname=core-1 stated", "firmware=12.1.2.17 stated", "vendor=Extreme Networks", "identity=bridge:00:00:5e:00:53:80")
	says(t, "edp", p[1], "malformed: edp: part runs over the end")
	says(t, "edp", p[2], "malformed: edp: part without mark")
}
