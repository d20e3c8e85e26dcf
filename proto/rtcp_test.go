package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["rtcp"] = rtcpPackets }

func rtcpPackets() [][]byte {
	report := cat(0x80, 200, uint16(6), uint32(7), make([]byte, 20))
	empty := cat(0x80, 201, uint16(1), uint32(7))
	sdes := cat(0x81, 202, uint16(9), uint32(7), 1, 12, "someone@host", 6, 11, "ExPhone 2.1", 0, 0, 0, 0, 0)
	return [][]byte{
		onUDP(laptop, server, 40001, 30001, cat(report, sdes)),
		onUDP(server, laptop, 30001, 40001, cat(empty, 0x81, 203, uint16(1), uint32(7))),
	}
}

func TestRTCP(t *testing.T) {
	p := rtcpPackets()
	says(t, "rtcp", p[0], "clue=ExPhone 2.1 stated rtcp.sdes.text", "!someone", "op rtcp sender report")
	for _, b := range []string{"\x80\xc8\x00\x06", "\x80\xc9\x00\x01\x00\x00\x00\x07x", "\x80\xc8\x00\x01\x00\x00\x00\x07", "\x80\x00\x00\x01\x00\x00\x00\x07"} {
		if isRTCP(&Message{Frame: &frame.Frame{}, Body: []byte(b), Memory: new([4]uint64)}) {
			t.Errorf("%q is taken for RTCP", b)
		}
	}
}
