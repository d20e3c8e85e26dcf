package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["rtp"] = rtpPackets }

func rtpPackets() [][]byte {
	say := func(kind int, seq uint16, ssrc uint32) []byte {
		return cat(0x80, kind, seq, uint32(seq)*160, ssrc, make([]byte, 40))
	}
	var p [][]byte
	for i := uint16(0); i < 3; i++ {
		p = append(p, onUDP(laptop, server, 40000, 30000, say(0, 7+i, 0x1234)), onUDP(server, laptop, 30000, 40000, say(96, 900+i, 0x5678)))
	}
	return append(p, onUDP(printer, server, 40002, 30002, say(26, 1, 0x99)), onUDP(printer, server, 40002, 30002, say(26, 900, 0x99)))
}

func TestRTP(t *testing.T) {
	m := Message{Frame: &frame.Frame{SrcPort: 40000, DstPort: 30000}, Memory: new([4]uint64)}
	for i, want := range []bool{false, true, true} {
		m.Body = cat(0x80, 0, uint16(7+i), uint32(0), uint32(9), "sound")
		if isRTP(&m) != want {
			t.Errorf("packet %d: Is = %v", i+1, !want)
		}
	}
	*m.Memory = [4]uint64{}
	for _, seq := range []uint16{7, 99, 7, 7} {
		m.Body = cat(0x80, 0, seq, uint32(0), uint32(9), "sound")
		if isRTP(&m) {
			t.Error("packets out of order are taken for RTP")
		}
	}
}
