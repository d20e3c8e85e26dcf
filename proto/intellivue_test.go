package proto

import (
	"strings"
	"testing"

	"tyto/frame"
)

func intellivueAttribute(id uint16, value []byte) []byte {
	return cat(id, uint16(len(value)), value)
}

func intellivueIndicates() []byte {
	x := wireStation(60)
	list := cat(intellivueAttribute(0x0984, cat(uint16(6), x.mac)), intellivueAttribute(0x0928, cat(uint16(8), "Philips\x00", uint16(10), "M8004A EX\x00")),
		intellivueAttribute(0xf100, cat(x.mac, x.ip[:], "\xff\xff\xff\x00")), intellivueAttribute(0xf101, cat(uint16(1), "PLANTED!")))
	event := cat(uint16(0x21), uint32(0), uint32(99), uint16(0x0d04), uint16(len(list)+4), uint16(4), uint16(len(list)), list)
	rose := cat(uint16(1), uint16(0), uint16(len(event)), event)
	return cat("\x00\x01\x00\x00", uint16(1), uint16(len(rose)), rose)
}

func TestGenerateIntelliVue(t *testing.T) {
	w := newWire()
	monitor, station, all := wireStation(60), wireStation(30), wireHost{mac: frame.MAC{255, 255, 255, 255, 255, 255}, ip: [4]byte{192, 168, 17, 255}}
	w.udp(monitor, 24005, all, 24005, intellivueIndicates())
	w.udp(monitor, 24005, all, 24005, intellivueIndicates()[:60])
	w.udp(station, 40001, monitor, 24105, []byte("\x0d\x08\x05\x08\x13\x01\x00\x16\x01\x02"))
	w.udp(monitor, 24105, station, 40001, []byte("\xe1\x00\x00\x02PLANTED^PATIENT"))
	w.keep(t, "intellivue")
}

func TestIntelliVueTells(t *testing.T) {
	f := &frame.Frame{SrcMAC: wireStation(60).mac, SrcPort: 24005, DstPort: 24005}
	s := shown(t, "intellivue", &Message{Frame: f, Body: intellivueIndicates()})
	if fact(s, "intellivue.model") != "M8004A EX" || fact(s, "intellivue.manufacturer") != "Philips" || fact(s, "intellivue.net") != "192.168.17.60" {
		t.Errorf("got %+v", s.Facts())
	}
	for _, x := range append(s.Facts(), shown(t, "intellivue", &Message{Frame: &frame.Frame{SrcPort: 24105}, Body: []byte("\xe1\x00\x00\x02PLANTED")}).Facts()...) {
		if strings.Contains(string(x.Value), "PLANTED") {
			t.Errorf("told %q", x.Value)
		}
	}
}

func TestIntelliVueAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 24005, DstPort: 24005, Proto: frame.UDP}
	wireAllocs(t, "intellivue", &Message{Frame: f, Body: intellivueIndicates()})
}
