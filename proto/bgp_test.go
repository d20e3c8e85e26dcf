package proto

import (
	"testing"

	"tyto/frame"
)

func bgpSays(kind int, body ...any) []byte {
	b := cat(body...)
	return cat(bgpMarker, uint16(bgpHeader+len(b)), kind, b)
}

func bgpOpens(name string) []byte {
	capabilities := cat(65, 4, uint32(4200000001), 73, 2+len(name), len(name), name, 0)
	return bgpSays(1, 4, uint16(23456), uint16(180), "\xc0\xa8\x11\x1e", 2+len(capabilities), 2, len(capabilities), capabilities)
}

func TestGenerateBGP(t *testing.T) {
	w := newWire()
	a, b := wireStation(30), wireStation(60)
	c := w.tcp(a, 40001, b, 179)
	c.say(0, bgpOpens("edge-1")).say(1, bgpSays(1, 4, uint16(64512), uint16(90), "\xc0\xa8\x11\x3c", 0))
	c.say(0, bgpSays(4)).say(1, append(bgpSays(4), bgpSays(2, uint16(0), uint16(0))...)).say(1, bgpSays(3, 6, 2)).say(0, bgpSays(9)).end()
	w.keep(t, "bgp")
}

func TestBGPTells(t *testing.T) {
	s := shown(t, "bgp", &Message{Body: bgpOpens("edge-1"), ToServer: true})
	if fact(s, "bgp.cap.fqdn.hostname") != "edge-1" || fact(s, "bgp.open.myas") != "AS4200000001" || fact(s, "bgp.open.identifier") != "192.168.17.30" {
		t.Errorf("got %+v", s.Facts())
	}
}

func TestBGPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 179, Proto: frame.TCP}
	wireAllocs(t, "bgp", &Message{Frame: f, ToServer: true, Body: bgpOpens("edge-1")})
	if isBGP(&Message{Frame: f, Body: []byte(bgpMarker + "\x00\x10\x01")}) {
		t.Error("a length that is too short is taken for BGP")
	}
}
