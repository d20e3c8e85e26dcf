package proto

import (
	"strings"
	"testing"

	"tyto/frame"
)

func h225Calling(kind int, body ...any) []byte {
	b := cat(8, 2, uint16(0x1234), kind, cat(body...))
	return cat(3, 0, uint16(4+len(b)), b)
}

const h225Vendor = "\x22\xc0\xb5\x00\x00\x01\x0eExample Codec 5\x04v9.10"

func TestGenerateH225(t *testing.T) {
	w := newWire()
	phone, gate := wireStation(30), wireStation(60)
	w.udp(phone, 1719, gate, 1719, cat("\x0e\x80\x00\x01", h225Vendor, "\x01\x00p\x00l\x00a"))
	w.udp(gate, 1719, phone, 1719, []byte("\x12\x80\x00\x01\x00\x00"))
	w.udp(phone, 1719, gate, 1719, []byte("\x26\x80\x00\x02\x00\x00"))
	w.udp(gate, 1719, phone, 1719, []byte("\x16\x80\x00\x03\x00\x00"))
	c := w.tcp(phone, 40001, gate, 1720)
	c.say(0, h225Calling(5, "\x28\x07PLANTED", "\x7e\x00\x20\x05", h225Vendor)).say(1, h225Calling(7)).say(0, h225Calling(0x5a)).say(0, h225Calling(0x40)).end()
	w.keep(t, "h225")
}

func TestH225Tells(t *testing.T) {
	s := shown(t, "h225", &Message{Frame: &frame.Frame{Proto: frame.TCP}, Body: h225Calling(5, "\x28\x07PLANTED", h225Vendor), ToServer: true})
	if fact(s, "h225.productId") != "Example Codec 5" || fact(s, "h225.versionId") != "v9.10" {
		t.Errorf("got %+v", s.Facts())
	}
	for _, x := range s.Facts() {
		if strings.Contains(string(x.Value), "PLANTED") {
			t.Errorf("told %q", x.Value)
		}
	}
}

func TestH225Allocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 1720, Proto: frame.TCP}
	wireAllocs(t, "h225", &Message{Frame: f, ToServer: true, Body: h225Calling(5, h225Vendor)})
	if isH225(&Message{Frame: f, Body: []byte("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00")}) {
		t.Error("COTP is taken for H.225")
	}
}
