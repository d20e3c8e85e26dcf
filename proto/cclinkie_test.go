package proto

import (
	"testing"

	"tyto/frame"
)

func TestGenerateCCLinkIE(t *testing.T) {
	w := newWire()
	body := make([]byte, 60)
	for i := range 4 {
		from := wireStation(byte(60 + i%2))
		body[0] = byte(i)
		w.frame(cat("\x01\x00\x5e\x7f\x00\x01", from.mac, "\x89\x0f", body))
	}
	w.frame(cat("\x01\x00\x5e\x7f\x00\x01", wireStation(62).mac, "\x89\x0f\x01")) // too short to be one
	w.keep(t, "cclinkie")
}

func TestCCLinkIEAllocates(t *testing.T) {
	f := &frame.Frame{SrcMAC: wireStation(60).mac, EtherType: 0x890f}
	wireAllocs(t, "cclinkie", &Message{Frame: f, Body: make([]byte, 60)})
}
