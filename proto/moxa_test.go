package proto

import (
	"testing"

	"tyto/frame"
)

func moxaAnswered() []byte {
	x := wireStation(60)
	return cat(0x81, 0, uint16(24), uint32(0), "\x10\x51\x00\x80\x10\x51", x.mac, x.ip[:])
}

func TestGenerateMoxa(t *testing.T) {
	w := newWire()
	desk, server, all := wireStation(30), wireStation(60), wireHost{mac: frame.MAC{255, 255, 255, 255, 255, 255}, ip: [4]byte{192, 168, 17, 255}}
	w.udp(desk, 40001, all, 4800, cat(1, 0, uint16(8), uint32(0)))
	w.udp(server, 4800, desk, 40001, moxaAnswered())
	w.udp(desk, 40001, server, 4800, cat(0x10, 0, uint16(20), uint32(0), make([]byte, 12)))
	w.udp(desk, 40001, server, 4800, cat(0x22, 0, uint16(20), uint32(0), make([]byte, 12)))
	w.udp(server, 4800, desk, 40001, cat(0x81, 0, uint16(10), uint32(0), uint16(1)))
	w.keep(t, "moxa")
}

func TestMoxaTells(t *testing.T) {
	s := shown(t, "moxa", &Message{Frame: &frame.Frame{SrcMAC: wireStation(60).mac, SrcPort: 4800}, Body: moxaAnswered()})
	if fact(s, "moxa.model") != "NPort 5110" || fact(s, "moxa.address") != "192.168.17.60" {
		t.Errorf("got %+v", s.Facts())
	}
}

func TestMoxaAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 4800, DstPort: 40000, Proto: frame.UDP}
	wireAllocs(t, "moxa", &Message{Frame: f, Body: moxaAnswered()})
	if isMoxa(&Message{Frame: f, Body: []byte("\x01\x00\x00\x09 some text")}) {
		t.Error("a wrong length is taken for Moxa's")
	}
}
