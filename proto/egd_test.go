package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func egdSays(exchange, status uint32) []byte {
	b := cat(13, 1, 7, 0, "\xc0\xa8\x11\x1e")
	b = binary.LittleEndian.AppendUint32(b, exchange)
	b = binary.LittleEndian.AppendUint32(append(b, make([]byte, 8)...), status)
	return append(b, make([]byte, 28)...)
}

func TestGenerateEGD(t *testing.T) {
	w := newWire()
	plc, hmi := wireStation(30), wireStation(60)
	w.udp(plc, 40001, hmi, 18246, egdSays(123, 0))
	w.udp(plc, 40001, hmi, 18246, egdSays(123, 0))
	w.udp(plc, 40001, hmi, 18246, egdSays(123, 3))
	w.udp(plc, 40001, wireHost{ip: [4]byte{224, 0, 7, 1}}, 18246, egdSays(9, 0))
	w.keep(t, "egd")
}

func TestEGDTells(t *testing.T) {
	s := shown(t, "egd", &Message{Body: egdSays(123, 0)})
	if fact(s, "egd.exid") == "" || len(s.Facts()) != 4 {
		t.Errorf("got %+v", s.Facts())
	}
}

func TestEGDAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 18246, Proto: frame.UDP}
	wireAllocs(t, "egd", &Message{Frame: f, Body: egdSays(123, 0)})
	f.DstPort = 5000
	if isEGD(&Message{Frame: f, Body: egdSays(123, 0)}) {
		t.Error("a producer of another name is taken for EGD on any port")
	}
}
