package proto

import "testing"

func init() { generated["stun"] = stunPackets }

func stunPackets() [][]byte {
	attr := func(kind uint16, v string) []byte {
		b := cat(kind, uint16(len(v)), v)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		return b
	}
	say := func(kind uint16, attrs ...any) []byte {
		body := cat(attrs...)
		return cat(kind, uint16(len(body)), uint32(stunCookie), "0123456789ab", body)
	}
	software := attr(0x8022, "ExServer-4.5.2")
	return append([][]byte{
		onUDP(laptop, server, 40000, 3478, say(1)),
		onUDP(server, laptop, 3478, 40000, say(0x101, attr(0x20, "\x00\x01\x11\x22\x33\x44\x55\x66"), software)),
		onUDP(laptop, printer, 40001, 40002, say(1, attr(6, "someone:peer"))),
		onUDP(laptop, server, 40000, 3478, say(3)),
		onUDP(server, laptop, 3478, 40000, say(0x113, attr(9, "\x00\x00\x04\x01Unauthorized"), software)),
		onUDP(laptop, printer, 40005, 40006, cat(uint16(1), uint16(8), "0123456789abcdef", attr(3, "\x00\x00\x00\x04"))), // RFC 3489
		onUDP(printer, laptop, 40002, 40001, dtlsPackets()[0][42:]),                                                      // where STUN found a way, DTLS goes
		onUDP(laptop, server, 40003, 3478, cat(uint16(1), uint16(400), uint32(stunCookie), "0123456789ab")),
		onUDP(laptop, server, 40003, 3478, cat(uint16(1), uint16(4), uint32(stunCookie), "0123456789ab", uint16(6), uint16(9))),
	}, talk(laptop, server, 40004, 3478, ">"+string(say(3)), "<"+string(say(0x103, software)), ">\x40\x00\x00\x05abcde\x00\x00\x00")...)
}

func TestSTUN(t *testing.T) {
	p := stunPackets()
	says(t, "stun", p[1], "clue=ExServer-4.5.2 stated stun.att.software", "role=stun server", "op stun binding answer")
	says(t, "stun", p[2], "!someone")
	says(t, "stun", p[7], "malformed: stun: message ends early")
	says(t, "stun", p[8], "malformed: stun: attribute runs over the end")
}
