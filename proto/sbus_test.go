package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func sbusSays(sequence uint16, attribute int, body ...any) []byte {
	data := cat(body...)
	b := cat(uint32(11+len(data)), 0, 0, sequence, attribute, data)
	x := uint16(0)
	for _, v := range b {
		x = x<<8 ^ sbusSum[byte(x>>8)^v]
	}
	return binary.BigEndian.AppendUint16(b, x)
}

func TestGenerateSBus(t *testing.T) {
	w := newWire()
	desk, pcd := wireStation(30), wireStation(60)
	for i, x := range [][2][]byte{
		{sbusSays(1, 0, 10, 32), sbusSays(1, 1, "D3M5 ", "1.9", 0)},
		{sbusSays(2, 0, 10, 27), sbusSays(2, 1, "R")},
		{sbusSays(3, 0, 10, 6, 0, uint16(100)), sbusSays(3, 1, uint32(7))},
		{sbusSays(4, 0, 10, 14, 5, uint16(100), uint32(7)), sbusSays(4, 2, uint16(0))},
		{sbusSays(5, 0, 10, 67), sbusSays(5, 2, uint16(2))},
		{sbusSays(6, 0, 10, 48), nil},
		{sbusSays(7, 0, 10, 35, 0, uint16(1)), sbusSays(7, 2, uint16(0))},
		{sbusSays(8, 0, 10, 200), nil},
	} {
		w.udp(desk, 40001, pcd, 5050, x[0])
		if x[1] != nil && i < 8 {
			w.udp(pcd, 5050, desk, 40001, x[1])
		}
	}
	w.keep(t, "sbus")
}

func TestSBusActs(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "sbus", &Message{Body: sbusSays(9, 0, 10, 174), Memory: memory, ToServer: true})
	d := shown(t, "sbus", &Message{Body: sbusSays(9, 2, uint16(2)), Memory: memory}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.UpdateFirmware || d[0].Outcome != "password" || !d[0].ByReceiver {
		t.Errorf("got %+v", d)
	}
}

func TestSBusAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 5050, DstPort: 40000, Proto: frame.UDP}
	wireAllocs(t, "sbus", &Message{Frame: f, Memory: &[4]uint64{1<<32 | 32<<16 | 1}, Body: sbusSays(1, 1, "D3M5 ", "1.9", 0)})
	wrong := sbusSays(1, 0, 10, 32)
	wrong[10]++
	if isSBus(&Message{Frame: f, Body: wrong}) {
		t.Error("a wrong checksum is taken for S-Bus")
	}
}
