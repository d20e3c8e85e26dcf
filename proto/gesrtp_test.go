package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func srtpSays(kind, message, code int, text string) []byte {
	b := make([]byte, srtpHeader)
	b[0], b[4], b[31], b[42] = byte(kind), byte(len(text)), byte(message), byte(code)
	if message == srtpLong {
		b[42], b[50] = 1, byte(code)
	}
	if kind == srtpAnswer {
		b[42], b[51], b[54], b[55] = 0, 2, 0, 0x20
	}
	return append(b, text...)
}

func TestGenerateSRTP(t *testing.T) {
	w := newWire()
	desk, plc := wireStation(30), wireStation(60)
	c := w.tcp(desk, 40001, plc, 18245)
	c.say(0, make([]byte, srtpHeader)).say(1, append([]byte{1}, make([]byte, srtpHeader-1)...))
	for _, x := range []struct {
		code, answer int
		text         string
	}{{0x43, srtpAckText, "\x00\x00EXAMPLE_PLC\x00\x00IC695EXA\x00"}, {0x04, srtpAck, ""}, {0x07, srtpNack, ""}, {0x20, srtpNack, ""}, {0x23, srtpAck, ""}, {0x40, srtpAck, ""}, {0x99, srtpAck, ""}} {
		kind := srtpShort
		if x.code == 0x40 {
			kind = srtpLong
		}
		c.say(0, srtpSays(2, kind, x.code, "")).say(1, srtpSays(3, x.answer, 0, x.text))
	}
	c.say(0, srtpSays(2, srtpShort, 0x39, "")).say(0, srtpSays(2, srtpShort, 0, "")).end()
	w.keep(t, "gesrtp")
}

func TestSRTPActs(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "gesrtp", &Message{Body: srtpSays(2, srtpLong, 0x40, ""), Memory: memory, ToServer: true})
	s := shown(t, "gesrtp", &Message{Body: srtpSays(3, srtpAck, 0, ""), Memory: memory})
	if d := s.Deeds(); len(d) != 1 || d[0].Verb != tyto.Program || d[0].Outcome != "ok" || !d[0].ByReceiver {
		t.Errorf("got %+v", d)
	}
	if fact(s, "gesrtp.status") != "stop" || fact(s, "gesrtp.privilege") != "privilege level 2" {
		t.Errorf("got %+v", s.Facts())
	}
}

func TestSRTPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 18245, DstPort: 40000, Proto: frame.TCP}
	wireAllocs(t, "gesrtp", &Message{Frame: f, Memory: &[4]uint64{3: srtpWaits}, Body: srtpSays(3, srtpAck, 0, "")})
	if isSRTP(&Message{Frame: f, Body: []byte("\x00 is some text that is long enough to be a header of it, really")}) {
		t.Error("text is taken for SRTP")
	}
}
