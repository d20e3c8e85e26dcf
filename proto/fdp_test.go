package proto

import "testing"

func init() { generated["fdp"] = fdpPackets }

func fdpPackets() [][]byte {
	tlv := func(kind uint16, v string) []byte { return cat(kind, uint16(len(v)+4), v) }
	say := func(parts ...any) []byte {
		return llc("00:00:5e:00:53:81", "01:e0:52:cc:cc:cc", 0xaa, 0xaa, 3, 0, 0xe0, 0x52, uint16(0x2000), 1, 30, uint16(0), cat(parts...))
	}
	return [][]byte{
		say(tlv(1, "edge-4"), tlv(3, "ethernet1/1/7"), tlv(5, "Example Networks, Version 7.3.00T311"), tlv(6, "EX-ICX 648")),
		say(tlv(1, "edge-4"), uint16(6), uint16(90), "x"),
	}
}

func TestFDP(t *testing.T) {
	p := fdpPackets()
	says(t, "fdp", p[0], "hostname=edge-4 stated", "model=EX-ICX 648 stated", "role=switch stated", "clue=Example Networks, Version 7.3.00T311")
	says(t, "fdp", p[1], "malformed: fdp: field runs over the end")
}
