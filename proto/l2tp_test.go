package proto

import "testing"

func init() { generated["l2tp"] = l2tpPackets }

func l2tpPackets() [][]byte {
	avp := func(kind uint16, v string) []byte { return cat(uint16(0x8000|6+len(v)), uint16(0), kind, v) }
	say := func(avps ...any) []byte {
		body := cat(avps...)
		return cat(uint16(0xc802), uint16(12+len(body)), uint16(0), uint16(0), uint16(0), uint16(0), body)
	}
	return [][]byte{
		onUDP(laptop, server, 1701, 1701, say(avp(0, "\x00\x01"), avp(2, "\x01\x00"), avp(7, "branch-7"), avp(8, "Example Networks, Inc."))),
		onUDP(server, laptop, 1701, 1701, say()),
		onUDP(laptop, server, 1701, 1701, cat(uint16(2), uint16(7), uint16(8), "data")),
		onUDP(laptop, server, 1701, 1701, say(uint16(0x8040), uint16(0), uint16(7))),
	}
}

func TestL2TP(t *testing.T) {
	p := l2tpPackets()
	says(t, "l2tp", p[0], "hostname=branch-7 stated", "clue=Example Networks, Inc. stated", "role=vpn endpoint")
	says(t, "l2tp", p[3], "malformed: l2tp: attribute runs over the end")
}
