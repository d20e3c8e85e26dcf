package proto

import (
	"testing"

	"tyto/frame"
)

func crimsonSays(what uint16, kind byte, text string) []byte {
	return cat(uint16(4+len(text)), what, int(kind), 0, text)
}

func TestGenerateCrimson(t *testing.T) {
	w := newWire()
	desk, panel := wireStation(30), wireStation(60)
	c := w.tcp(desk, 40001, panel, 789)
	c.say(0, crimsonSays(0x012b, 0x1b, "")).say(1, crimsonSays(0x012b, 0x1b, "Red Lion Controls\x00")).end()
	c = w.tcp(desk, 40002, panel, 789)
	c.say(0, crimsonSays(0x012a, 0x1a, "")).say(1, crimsonSays(0x012a, 0x1a, "G310C2 EXAMPLE\x00"))
	c.say(0, crimsonSays(0x0300, 0x01, "\x01\x02")).say(1, crimsonSays(0x0300, 0x01, "\x00"))
	c.say(0, crimsonSays(0x0301, 0x01, "")[:3]).end()
	w.keep(t, "crimson")
}

func TestCrimsonTells(t *testing.T) {
	s := shown(t, "crimson", &Message{Body: crimsonSays(0x012a, 0x1a, "G310C2 EXAMPLE\x00")})
	if fact(s, "crimson.model") != "G310C2 EXAMPLE" {
		t.Errorf("got %+v", s.Facts())
	}
	s = shown(t, "crimson", &Message{Body: crimsonSays(0x012a, 0x1a, "\x01\x02\x03\x04\x00")})
	if fact(s, "crimson.model") != "" {
		t.Errorf("what is no text is told: %+v", s.Facts())
	}
}

func TestCrimsonIs(t *testing.T) {
	for _, x := range []struct {
		body string
		want bool
	}{{"\x00\x04\x01\x2b\x1b\x00", true}, {"\x00\x04\x01\x2b\x1b\x00\x00\x04\x01\x2a\x1a\x00", true}, {"\x00\x04\x01\x2b\x1b", false},
		{"GET / HTTP/1.1\r\n\r\n", false}, {"\x00\x04\x41\x42\x43\x44", false}, {"\x00\x00\x00\x00", false}} {
		if got := isCrimson(&Message{Body: []byte(x.body)}); got != x.want {
			t.Errorf("%q: %v, want %v", x.body, got, x.want)
		}
	}
}

func TestCrimsonAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 789, DstPort: 40000, Proto: frame.TCP}
	wireAllocs(t, "crimson", &Message{Frame: f, Body: crimsonSays(0x012a, 0x1a, "G310C2 EXAMPLE\x00")})
}
