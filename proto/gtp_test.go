package proto

import (
	"testing"

	"tyto/frame"
)

func gtpSays(flags, kind int, body string) []byte {
	head := 0
	if flags>>5 == 1 && flags&0x10 != 0 {
		head = 4 // the tunnel's id is not counted
	}
	if flags == 0x0e || flags == 0x0f {
		head = 2 // the sequence number neither
	}
	return cat(flags, kind, uint16(len(body)-head), body)
}

func TestGenerateGTP(t *testing.T) {
	w := newWire()
	a, b := wireStation(30), wireStation(60)
	w.udp(a, 2123, b, 2123, gtpSays(0x32, 1, "\x00\x00\x00\x00\x00\x01\x00\x00"))
	w.udp(b, 2123, a, 2123, gtpSays(0x32, 2, "\x00\x00\x00\x00\x00\x01\x00\x00\x0e\x01"))
	w.udp(a, 2123, b, 2123, gtpSays(0x48, 32, "\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x08\x00PLANTED1"))
	w.udp(b, 2123, a, 2123, gtpSays(0x48, 33, "\x00\x00\x00\x01\x00\x00\x01\x00"))
	w.udp(a, 40001, b, 3386, gtpSays(0x0f, 240, "\x00\x01\x7e\x01"))
	w.udp(b, 3386, a, 40001, gtpSays(0x0f, 241, "\x00\x01\x01\x80"))
	w.udp(a, 2123, b, 2123, gtpSays(0x48, 200, "\x00\x00\x00\x00\x00\x00\x01\x00"))
	w.udp(a, 2123, b, 2123, []byte("\x32\x01\x00\x63"))
	w.keep(t, "gtp")
}

func TestGTPIs(t *testing.T) {
	f := &frame.Frame{Proto: frame.UDP, SrcPort: 2123, DstPort: 2123}
	for _, x := range []struct {
		body []byte
		want bool
	}{{gtpSays(0x32, 16, "\x00\x00\x00\x00\x00\x01\x00\x00"), true}, {gtpSays(0x48, 32, "\x00\x00\x00\x00\x00\x00\x01\x00"), true},
		{[]byte("2 is some text"), false}, {gtpSays(0x32, 99, "\x00\x00\x00\x00\x00\x01\x00\x00"), false}} {
		if got := isGTP(&Message{Frame: f, Body: x.body}); got != x.want {
			t.Errorf("Is(%x) = %v", x.body, got)
		}
	}
}

func TestGTPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 2123, Proto: frame.UDP}
	wireAllocs(t, "gtp", &Message{Frame: f, ToServer: true, Body: gtpSays(0x32, 16, "\x00\x00\x00\x00\x00\x01\x00\x00")})
}
