package proto

import "testing"

func init() { generated["srvloc"] = srvlocPackets }

func srvlocPackets() [][]byte {
	group := station{"01:00:5e:7f:ff:fd", "239.255.255.253"}
	str := func(x string) []byte { return sized16([]byte(x)) }
	say := func(function int, parts ...any) []byte {
		body := cat(parts...)
		return cat(2, function, 0, uint16(16+len(body)), uint16(0), 0, 0, 0, uint16(7), str("en"), body)
	}
	return [][]byte{
		onUDP(laptop, group, 40000, 427, say(1, str(""), str("service:printer"), str("DEFAULT"), str(""), str(""))),
		onUDP(printer, laptop, 427, 40000, say(2, uint16(0), uint16(1), 0, uint16(600), str("service:printer:lpr://192.168.77.22/q1"), 0)),
		onUDP(printer, laptop, 427, 40000, say(7, uint16(0), str("(printer-model=Example LaserX),(color=true)"), 0)),
		onUDP(server, group, 427, 427, say(8, uint16(0), uint32(7), str("service:directory-agent://192.168.77.5"), str("DEFAULT"), str(""), str(""), 0)),
		onUDP(printer, laptop, 427, 40000, say(11, str("service:service-agent://192.168.77.22"), str("DEFAULT"), str("(x=1)"), 0)),
		onUDP(printer, laptop, 427, 40000, say(7, uint16(0), uint16(900), "x")),
	}
}

func TestSrvLoc(t *testing.T) {
	p := srvlocPackets()
	says(t, "srvloc", p[0], "clue=service:printer stated srvloc.srvreq.srvtypelist")
	says(t, "srvloc", p[1], "clue=service:printer:lpr://192.168.77.22/q1 stated srvloc.url.url")
	says(t, "srvloc", p[2], "clue=(printer-model=Example LaserX)")
	says(t, "srvloc", p[3], "role=slp directory agent")
	says(t, "srvloc", p[5], "malformed: srvloc: message ends early")
}
