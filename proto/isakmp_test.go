package proto

import "testing"

func init() { generated["isakmp"] = isakmpPackets }

func isakmpPackets() [][]byte {
	say := func(next, version, exchange, flags int, payloads ...any) []byte {
		body := cat(payloads...)
		return cat("initiate", "respond1", next, version, exchange, flags, uint32(0), uint32(28+len(body)), body)
	}
	vendor := func(next int, id string) []byte { return cat(next, 0, uint16(4+len(id)), id) }
	ms := vendor(0, isakmpVendors[1].id+"\x00\x00\x00\x09")
	return [][]byte{
		onUDP(laptop, server, 500, 500, say(1, 0x10, 2, 0, cat(13, 0, uint16(8), uint32(1)), vendor(13, "ExampleVPN 5.2"), ms)),
		onUDP(server, laptop, 500, 500, say(13, 0x10, 4, 0, vendor(13, "\x01\x02\x03\x04\xff"), vendor(0, "short"))),
		onUDP(laptop, server, 500, 500, say(33, 0x20, 34, 8, cat(43, 0, uint16(8), uint32(1)), vendor(0, "strongEx"))),
		onUDP(laptop, server, 4500, 4500, cat(uint32(0), say(46, 0x20, 35, 8, cat(35, 0, uint16(36), make([]byte, 32))))),
		onUDP(laptop, server, 4500, 4500, cat(uint32(0x11223344), uint32(1), make([]byte, 40))),
		onUDP(laptop, server, 4500, 4500, []byte{0xff}),
		onUDP(laptop, server, 500, 500, say(33, 0x20, 34, 8, cat(43, 0, uint16(80), uint32(1)))),
	}
}

func TestISAKMP(t *testing.T) {
	p := isakmpPackets()
	says(t, "isakmp", p[0], "clue=ExampleVPN 5.2 stated isakmp.vid_string", "clue=Microsoft Windows", "role=vpn endpoint")
	says(t, "isakmp", p[1], "op isakmp aggressive mode", "clue=01020304ff stated isakmp.vid_bytes")
	says(t, "isakmp", p[2], "op ike init", "clue=strongEx")
	says(t, "isakmp", p[3], "op ike auth")
	says(t, "isakmp", p[6], "malformed: isakmp: payload runs over the end")
}
