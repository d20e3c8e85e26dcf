package proto

import (
	"testing"

	"tyto/frame"
)

func lantronixAnswered() []byte {
	return cat("\x00\x00\x00\xf7", make([]byte, 4), "X9", make([]byte, 14), wireStation(60).mac)
}

func TestGenerateLantronix(t *testing.T) {
	w := newWire()
	desk, server, all := wireStation(30), wireStation(60), wireHost{mac: frame.MAC{255, 255, 255, 255, 255, 255}, ip: [4]byte{192, 168, 17, 255}}
	w.udp(desk, 30718, all, 30718, []byte("\x00\x00\x00\xf6"))
	w.udp(server, 30718, desk, 30718, lantronixAnswered())
	w.udp(desk, 30718, server, 30718, []byte("\x00\x00\x00\xf8"))
	w.udp(server, 30718, desk, 30718, cat("\x00\x00\x00\xf9", "PLANTED-PASSWORD", make([]byte, 110)))
	w.udp(desk, 30718, server, 30718, cat("\x00\x00\x00\xfa", make([]byte, 126)))
	w.udp(server, 30718, desk, 30718, []byte("\x00\x00\x00\xfb"))
	w.udp(server, 30718, desk, 30718, []byte("\x00\x00\x00\xf7short"))
	w.keep(t, "lantronix")
}

func TestLantronixTells(t *testing.T) {
	s := shown(t, "lantronix", &Message{Frame: &frame.Frame{SrcMAC: wireStation(60).mac, Src: frame.V4(192, 168, 17, 60), SrcPort: 30718}, Body: lantronixAnswered()})
	if fact(s, "lantronix.type") != "X9" || fact(s, "lantronix.mac") != "192.168.17.60" {
		t.Errorf("got %+v", s.Facts())
	}
}

func TestLantronixAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 30718, DstPort: 30718, Proto: frame.UDP}
	wireAllocs(t, "lantronix", &Message{Frame: f, Body: lantronixAnswered()})
}
