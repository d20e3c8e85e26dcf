package proto

import (
	"testing"

	"tyto/frame"
)

const proconosSays = "\xcc\x01\x00\xa0\x40\x02\x92\x00V2.1.2ProConOS V3.0.1040 Oct 29 2002\x00\x00\x00ADAM5510KW 1.24 Build 005\x00\x00510-exampl\x00\x00\x00510-boot\x00Exist\x00\x37\x11"

func TestGenerateProConOS(t *testing.T) {
	w := newWire()
	desk, plc := wireStation(30), wireStation(60)
	c := w.tcp(desk, 40001, plc, 20547)
	c.ask("\xcc\x01\x00\x0b\x40\x02\x00\x00\x47\xee").answer(proconosSays)
	c.ask("\xcc\x01\x00\x0f\x41\x03\x00\x00\x01\x02\x03\x04\x55\xaa").answer("\xcc\x01\x00\x0b\x41\x03\x00\x00\x46\xee")
	c.answer("data that goes on").answer("\xcc\x01\x00\x10\x40\x02\x92\x00V2\x00\x00").end()
	w.keep(t, "proconos")
}

func TestProConOSTells(t *testing.T) {
	s := shown(t, "proconos", &Message{Body: []byte(proconosSays)})
	if fact(s, "proconos.version") != "ProConOS V3.0.1040" || fact(s, "proconos.plc_type") != "ADAM5510KW 1.24 Build 005" ||
		fact(s, "proconos.project") != "510-exampl" || fact(s, "proconos.boot_project") != "510-boot" || fact(s, "proconos.date") != "Oct 29 2002" {
		t.Errorf("got %+v", s.Facts())
	}
}

func TestProConOSAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 20547, DstPort: 40000, Proto: frame.TCP}
	wireAllocs(t, "proconos", &Message{Frame: f, Body: []byte(proconosSays)})
}
