package proto

import (
	"testing"

	"tyto/frame"
)

// TestGenerateVNC makes the capture of testdata/vnc.
func TestGenerateVNC(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(55)
	for i, x := range []string{"\x00\x00\x00\x01", "\x00\x00\x00\x00"} {
		c := w.tcp(client, uint16(51200+i), server, 5900)
		c.answer("RFB 003.008\n").ask("RFB 003.008\n").answer("\x02\x02\x10").ask("\x02").answer("0123456789abcdef").ask("fedcba9876543210").answer(x)
		c.end()
	}
	c := w.tcp(client, 51202, server, 6001)
	c.answer("RFB 003.889\n").ask("RFB 003.003\n").answer("\x00\x00\x00\x01").ask("\x01").answer("\x05\x00\x04\x00secret")
	c.end()
	c = w.tcp(client, 51203, server, 5901)
	c.answer("RFB 003.007\n").ask("RFB 003.007\n").answer("\x01\x01").ask("\x01")
	c.end()
	w.keep(t, "vnc")
}

func TestVNCAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 5900, DstPort: 40000}
	wireAllocs(t, "vnc", &Message{Frame: f, Body: []byte("RFB 003.008\n")})
}
