package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// bsapSays is a message in IP of one function, or an answer.
func bsapSays(kind byte, sequence uint32, body string) []byte {
	b := []byte{14, 0, 1, 0, kind, 0}
	b = binary.LittleEndian.AppendUint32(b, sequence)
	b = binary.LittleEndian.AppendUint32(b, sequence-1)
	b = binary.LittleEndian.AppendUint32(b, uint32(9+len(body)))
	b = binary.LittleEndian.AppendUint32(append(b, 12), sequence)
	return append(b, body...)
}

// bsapLine is a frame of the serial line.
func bsapLine(body string) []byte {
	b := append([]byte(bsapSTX), body...)
	sum := uint16(0xffff)
	for _, x := range []byte(body + "\x03") {
		sum = bsapSum(sum, x)
	}
	return append(append(b, bsapETX...), byte(sum), byte(sum>>8))
}

const (
	bsapRead  = "\xa0\x00\x04\x03\xd0\x01\x0f\x02@GV.Level\x00@GV.Pump1\x00"
	bsapWrite = "\xa0\x00\x84\x0f\x01@GV.Pump1\x00\x09"
)

func TestGenerateBSAP(t *testing.T) {
	w := newWire()
	scada, rtu, line := wireStation(30), wireStation(60), wireStation(61)
	ask := func(b []byte) { w.udp(scada, 1234, rtu, 1234, b) }
	say := func(b []byte) { w.udp(rtu, 1234, scada, 1234, b) }
	ask([]byte("\x0e\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	ask(bsapSays(bsapRequest, 1, bsapRead))
	say(bsapSays(bsapResponse, 1, "\x00\x02\x00\x00\x00\x04\x24\x77\x00\x01\x00\x14\x24\x77"))
	ask(bsapSays(bsapRequest, 2, bsapWrite))
	say(bsapSays(bsapResponse, 2, "\x00"))
	ask(bsapSays(bsapRequest, 3, bsapWrite))
	say(bsapSays(bsapResponse, 3, "\x80\x01\x04"))
	ask(bsapSays(bsapRequest, 4, "\x68\x00\x01"))
	ask(bsapSays(bsapRequest, 5, "\xa1\x00\x02\x81\x00\x00"))
	ask(bsapSays(bsapRequest, 6, "\xa0\x00\x33"))
	say(bsapSays(bsapReport, 7, "\x00"))
	ask(bsapSays(bsapRequest, 8, "\xf0\x00"))
	w.udp(scada, 1235, line, 1235, bsapLine("\x01\xeb\xa0\xe3\x08\x03\x00\x04\x01\x40\x0f\x01@GV.AS3.\x00"))
	w.udp(line, 1235, scada, 1235, bsapLine("\x00\xeb\x03\xe3\x08\xa0\x00\x00\x01\x82\xdf\x82\xbe"))
	w.udp(scada, 1235, line, 1235, bsapLine("\x81\xec\x01\x00\x02\x00\x00\xa0\xe4\x08\x03\x00\x84\x0f\x01@GV.DS1.\x00\x0a"))
	w.udp(line, 1235, scada, 1235, bsapLine("\x00\xec\x03\xe4\x08\xa0\x00\x01"))
	w.keep(t, "bsap")
}

func TestBSAPActs(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 1234, DstPort: 1234}
	s := shown(t, "bsap", &Message{Frame: f, Body: bsapSays(bsapRequest, 2, bsapWrite)})
	if d := s.Deeds(); len(d) != 1 || d[0].Verb != tyto.Write || string(d[0].Object) != "@GV.Pump1" {
		t.Errorf("got %+v", d)
	}
}

func TestBSAPIs(t *testing.T) {
	for _, x := range []struct {
		body []byte
		want bool
	}{
		{bsapSays(bsapRequest, 1, bsapRead), true},
		{bsapLine("\x01\xeb\xa0\xe3\x08\x03\x00\x04\x01\x40\x0f\x01@GV.AS3.\x00"), true},
		{[]byte("\x10\x02\x01\xeb\xa0\xe3\x08\x03\x00\x04\x01\x40\x0f\x01@GV.AS3.\x00\x10\x03\xa9\x4e"), false}, // another checksum
		{bsapSays(bsapRequest, 1, bsapRead)[:30], false},
		{append(bsapSays(bsapRequest, 1, bsapRead), 0), false},
		{[]byte("\x0e\x00\x01\x00\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00"), false},
	} {
		if got := isBSAP(&Message{Body: x.body}); got != x.want {
			t.Errorf("%x: %v, want %v", x.body, got, x.want)
		}
	}
}

func TestBSAPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 1234, DstPort: 1234}
	wireAllocs(t, "bsap", &Message{Frame: f, Body: bsapSays(bsapRequest, 2, bsapWrite)})
}
