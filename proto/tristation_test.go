package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func tristationSays(kind int, body ...any) []byte {
	data := cat(body...)
	b := cat(kind, 0, len(data), 0, data)
	x := uint16(0)
	for _, v := range b {
		x ^= uint16(v)
		for range 8 {
			x = x>>1 ^ x&1*0xa001
		}
	}
	return append(b, byte(x), byte(x>>8))
}

func TestGenerateTriStation(t *testing.T) {
	w := newWire()
	desk, tricon := wireStation(30), wireStation(60)
	ask := func(b []byte) { w.udp(desk, 1500, tricon, 1502, b) }
	say := func(b []byte) { w.udp(tricon, 1502, desk, 1500, b) }
	ask(tristationSays(1))
	say(tristationSays(2))
	ask(tristationSays(5, 0, 0, 0x13, 1))
	say(tristationSays(5, 1, 0, 0x6c, 1, "\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0d\x00\x01\x03\x00"))
	ask(tristationSays(5, 0, 0, 0x01, 1))
	say(tristationSays(10))
	ask(tristationSays(5, 0, 0, 0x37, 1))
	ask(tristationSays(5, 0, 0, 0x14, 1))
	say(tristationSays(5, 1, 0, 0x65, 1))
	ask(tristationSays(6))
	ask(tristationSays(5, 0, 0, 0xf0))
	ask(tristationSays(5, 0))
	w.keep(t, "tristation")
}

func TestTriStationActs(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "tristation", &Message{Frame: &frame.Frame{DstPort: 1502}, Body: tristationSays(5, 0, 0, 0x15), Memory: memory, ToServer: true})
	d := shown(t, "tristation", &Message{Frame: &frame.Frame{SrcPort: 1502}, Body: tristationSays(5, 1, 0, 0x66), Memory: memory}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Stop || d[0].Operation != "tristation halt program" || d[0].Outcome != "ok" {
		t.Errorf("got %+v", d)
	}
}

func TestTriStationAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 1502, DstPort: 1500, Proto: frame.UDP}
	wireAllocs(t, "tristation", &Message{Frame: f, Body: tristationSays(2)})
	wrong := tristationSays(2)
	wrong[5]++
	if isTriStation(&Message{Frame: f, Body: wrong}) {
		t.Error("a wrong checksum is taken for TriStation")
	}
}
