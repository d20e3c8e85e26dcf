package proto

import (
	"testing"

	"tyto/frame"
)

func pcworxSays(kind, size int, texts map[int]string) []byte {
	b := make([]byte, size)
	b[0], b[2], b[3] = byte(kind), byte(size>>8), byte(size)
	for at, text := range texts {
		copy(b[at:], text)
	}
	return b
}

func pcworxInformed() []byte {
	return pcworxSays(0x86, 200, map[int]string{30: "ILC 171 EXAMPLE", 66: "4.42", 79: "08/21/15", 91: "10:00:00", 152: "2700975"})
}

func TestGeneratePCWorx(t *testing.T) {
	w := newWire()
	desk, plc := wireStation(30), wireStation(60)
	c := w.tcp(desk, 40001, plc, 1962)
	c.say(0, pcworxSays(1, 26, map[int]string{14: "IBETH01N0_M"})).say(1, pcworxSays(0x81, 20, nil))
	c.say(0, pcworxSays(6, 14, nil)).say(1, pcworxInformed()).say(0, pcworxSays(5, 22, nil)).end()
	w.keep(t, "pcworx")
}

func TestPCWorxTells(t *testing.T) {
	s := shown(t, "pcworx", &Message{Body: pcworxInformed()})
	if fact(s, "pcworx.plc_type") != "ILC 171 EXAMPLE" || fact(s, "pcworx.firmware_version") != "4.42" || fact(s, "pcworx.model_number") != "2700975" {
		t.Errorf("got %+v", s.Facts())
	}
}

func TestPCWorxAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 1962, DstPort: 40000, Proto: frame.TCP}
	wireAllocs(t, "pcworx", &Message{Frame: f, Body: pcworxInformed()})
}
