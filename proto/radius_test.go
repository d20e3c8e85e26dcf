package proto

import "testing"

func init() { generated["radius"] = radiusPackets }

func radiusPackets() [][]byte {
	attr := func(kind int, parts ...any) []byte { v := cat(parts...); return cat(kind, len(v)+2, v) }
	say := func(code int, attrs ...any) []byte {
		body := cat(attrs...)
		return cat(code, 7, uint16(20+len(body)), make([]byte, 16), body)
	}
	return [][]byte{
		onUDP(switch1, server, 40000, 1812, say(1, attr(1, "someone"), attr(4, ip("192.168.77.99")), attr(32, "switch-hall-2"),
			attr(30, "00-00-5E-00-53-80:LAB"), attr(31, "00-00-5E-00-53-11"), attr(26, uint32(9), "x"))),
		onUDP(server, switch1, 1812, 40000, say(11)),
		onUDP(server, switch1, 1812, 40000, say(2, attr(6, uint32(2)))),
		onUDP(server, switch1, 1812, 40000, say(3)),
		onUDP(switch1, server, 40001, 1813, say(4, attr(40, uint32(1)))),
		onUDP(switch1, server, 40000, 1812, say(1, attr(1, "someone"), 32, 40)),
	}
}

func TestRADIUS(t *testing.T) {
	p := radiusPackets()
	says(t, "radius", p[0], "clue=switch-hall-2 stated radius.NAS_Identifier", "clue=9", "role=network access server", "!someone", "!53-11")
	says(t, "radius", p[2], "login radius access", "role=radius server")
	says(t, "radius", p[3], "login-failed radius access")
	says(t, "radius", p[5], "malformed: radius: attribute runs over the end")
}
