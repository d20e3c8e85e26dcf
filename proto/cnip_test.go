package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func cnipSays(kind int, data string) []byte {
	return cat(uint16(cnipHeader+len(data)), 1, kind, 0, 0, uint16(0), uint32(77), uint32(1), uint32(1000), data)
}

func TestGenerateCNIP(t *testing.T) {
	w := newWire()
	router, server, other := wireStation(30), wireStation(60), wireStation(61)
	w.udp(router, 1628, server, 1629, cnipSays(3, "registration"))
	w.udp(server, 1629, router, 1628, cnipSays(0x71, "configuration"))
	w.udp(server, 1629, router, 1628, cnipSays(4, "members"))
	w.udp(router, 1628, other, 1628, cnipSays(1, "lontalk packet"))
	w.udp(other, 1628, router, 1628, cnipSays(1, "lontalk packet"))
	w.udp(router, 1628, server, 1629, cnipSays(0x60, ""))
	w.keep(t, "cnip")
}

func TestCNIPTells(t *testing.T) {
	f := &frame.Frame{Proto: frame.UDP, SrcPort: 1629, DstPort: 1628}
	d := shown(t, "cnip", &Message{Frame: f, Body: cnipSays(0x71, "x")}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Configure {
		t.Errorf("got %+v", d)
	}
	if isCNIP(&Message{Frame: f, Body: []byte("\x00\x16\x01\x01 and a text of it")}) || isCNIP(&Message{Frame: f, Body: cnipSays(0x55, "")}) {
		t.Error("a wrong length or type is taken for LonTalk over IP")
	}
}

func TestCNIPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 1628, DstPort: 1629, Proto: frame.UDP}
	wireAllocs(t, "cnip", &Message{Frame: f, Body: cnipSays(3, "registration")})
}
