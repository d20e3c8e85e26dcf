package proto

import (
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func c1222Says(sequence, answerTo int, control int, class string, service ...any) []byte {
	data := cat(service...)
	epsem := cat(control, class, len(data), data)
	external := cat(0x28, len(epsem)+2, 0x81, len(epsem), epsem)
	b := cat("\xa2\x05\x80\x03\x7b\xc1\x02", "\xa6\x07\x06\x05\x60\x7c\x86\xf7\x54", 0xa8, 3, 2, 1, sequence)
	if answerTo != 0 {
		b = cat("\xa2\x05\x80\x03\x7b\xc1\x02", 0xa4, 3, 2, 1, answerTo, "\xa6\x07\x06\x05\x60\x7c\x86\xf7\x55", 0xa8, 3, 2, 1, sequence)
	}
	b = cat(b, 0xbe, len(external), external)
	return cat(0x60, len(b), b)
}

func TestGenerateC1222(t *testing.T) {
	w := newWire()
	head, meter := wireStation(30), wireStation(60)
	c := w.tcp(head, 40001, meter, 1153)
	c.say(0, c1222Says(1, 0, 0x80, "", 0x20)).say(1, c1222Says(9, 1, 0x90, "EXAM", 0, 3, 1, 0, 0))
	c.say(0, c1222Says(2, 0, 0x80, "", 0x50, 0, 2, "PLANTED   ")).say(1, c1222Says(10, 2, 0x80, "", 0))
	c.say(0, c1222Says(3, 0, 0x80, "", 0x51, "PLANTED-PASSWORD")).say(1, c1222Says(11, 3, 0x80, "", 3))
	c.say(0, c1222Says(4, 0, 0x80, "", 0x30, 0, 1)).say(1, c1222Says(12, 4, 0x80, "", 0, 0, 2, "xx"))
	c.say(0, c1222Says(5, 0, 0x80, "", 0x40, 0, 7, "data")).say(0, c1222Says(6, 0, 0x88, "", 1)).say(0, c1222Says(7, 0, 0x80, "", 0x22)).end()
	w.udp(meter, 1153, head, 1153, c1222Says(1, 0, 0x80, "", 0x27))
	for _, x := range []struct {
		from, to wireHost
		says     []byte
	}{ // over IPv6, as in a mesh of meters: one registers, one is asked
		{wireStation(71), head, c1222Says(1, 0, 0x80, "", 0x27)}, {head, wireStation(71), c1222Says(7, 1, 0x80, "", 0)},
		{head, wireStation(72), c1222Says(8, 0, 0x80, "", 0x20)}, {wireStation(72), head, c1222Says(2, 8, 0x90, "EXAM", 0, 3, 1, 0, 0)},
	} {
		w.udp6(x.from, x.to, 1153, x.says)
	}
	w.keep(t, "c1222")
}

// udp6 sends a datagram between the addresses that two stations have of their own in fd00::/64.
func (w *wire) udp6(from, to wireHost, port uint16, payload []byte) {
	address := func(h wireHost) []byte { return cat("\xfd", make([]byte, 14), h.ip[3:]) }
	segment := cat(port, port, uint16(8+len(payload)), uint16(0), payload)
	sum := uint32(17) + uint32(len(segment))
	for _, b := range [][]byte{address(from), address(to)} {
		for i := 0; i < 16; i += 2 {
			sum += uint32(b[i])<<8 + uint32(b[i+1])
		}
	}
	copy(segment[6:], cat(wireSum(sum, segment)))
	w.frame(cat(to.mac[:], from.mac[:], uint16(0x86dd), "\x60\x00\x00\x00", uint16(len(segment)), 17, 64, address(from), address(to), segment))
}

func TestC1222Acts(t *testing.T) {
	memory := new([4]uint64)
	s := shown(t, "c1222", &Message{Body: c1222Says(3, 0, 0x80, "", 0x51, "PLANTED-PASSWORD"), Memory: memory, ToServer: true})
	for _, x := range s.Facts() {
		if strings.Contains(string(x.Value), "PLANTED") {
			t.Errorf("told %q", x.Value)
		}
	}
	d := shown(t, "c1222", &Message{Body: c1222Says(11, 3, 0x80, "", 3), Memory: memory}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.LoginFailed || d[0].Outcome != "insufficient security clearance" || !d[0].ByReceiver {
		t.Errorf("got %+v", d)
	}
}

func TestC1222Allocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 1153, DstPort: 40000, Proto: frame.TCP}
	wireAllocs(t, "c1222", &Message{Frame: f, Body: c1222Says(9, 1, 0x90, "EXAM", 0)})
	if isC1222(&Message{Frame: f, Body: []byte("`ls` is a command")}) {
		t.Error("text is taken for C12.22")
	}
}
