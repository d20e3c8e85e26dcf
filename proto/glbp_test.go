package proto

import "testing"

func init() { generated["glbp"] = glbpPackets }

func glbpPackets() [][]byte {
	group := station{"01:00:5e:00:00:66", "224.0.0.102"}
	head := cat(1, 0, uint16(7), uint16(0), mac(gateway.mac))
	hello := cat(1, 28, 0, 32, 0, 110, uint16(0), uint32(3000), uint32(10000), uint16(600), uint16(14400), uint16(0), 1, 4, ip("192.168.77.254"))
	forwarder := cat(2, 20, 1, 32, 0, 167, 100, make([]byte, 7), mac("00:07:b4:00:07:01"))
	return [][]byte{
		onUDP(gateway, group, 3222, 3222, cat(head, hello, forwarder)),
		onUDP(gateway, group, 3222, 3222, cat(head, forwarder)),
		onUDP(gateway, group, 3222, 3222, cat(head, hello, 2, 20, 1)),
	}
}

func TestGLBP(t *testing.T) {
	p := glbpPackets()
	says(t, "glbp", p[0], "192.168.77.254: virtual=glbp stated", "role=router stated", "clue=110 stated glbp.hello.priority", "op glbp forwarder")
	says(t, "glbp", p[1], "role=router", "!virtual")
	says(t, "glbp", p[2], "malformed: glbp: part runs over the end")
}
