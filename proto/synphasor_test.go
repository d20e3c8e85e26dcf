package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func synMessage(kind byte, body ...byte) []byte {
	b := []byte{0xaa, kind<<4 | 1, 0, 0, 0, 7, 0x65, 0, 0, 0, 0, 0, 0, 0}
	b = append(b, body...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)+2))
	x := uint16(0xffff)
	for _, c := range b {
		x = x<<8 ^ synSum[byte(x>>8)^c]
	}
	return binary.BigEndian.AppendUint16(b, x)
}

func synStation(name string, id byte) []byte {
	b := make([]byte, 16)
	for i := range b {
		b[i] = ' '
	}
	copy(b, name)
	b = append(b, 0, id, 0, 0, 0, 1, 0, 0, 0, 0)
	b = append(b, make([]byte, 16+4)...)
	return append(b, 0, 1, 0, 1)
}

func synConfigured(stations ...[]byte) []byte {
	b := []byte{0, 0x0f, 0x42, 0x40, 0, byte(len(stations))}
	for _, x := range stations {
		b = append(b, x...)
	}
	return synMessage(3, append(b, 0, 50)...)
}

func TestGenerateSynphasor(t *testing.T) {
	w := newWire()
	pdc, pmu := wireStation(30), wireStation(60)
	c := w.tcp(pdc, 40001, pmu, 4712)
	c.say(0, synMessage(4, 0, 1)).say(0, synMessage(4, 0, 5)).say(1, synConfigured(synStation("EXAMPLE NORTH", 7))).say(0, synMessage(4, 0, 2))
	c.say(1, append(synMessage(0, make([]byte, 20)...), synMessage(0, make([]byte, 20)...)...))
	wrong := synMessage(0, make([]byte, 20)...)
	wrong[20]++
	c.say(1, wrong).say(0, synMessage(4, 0, 77)).end()
	w.udp(wireStation(61), 40002, pdc, 4713, synConfigured(synStation("EXAMPLE EAST", 8), synStation("EXAMPLE WEST", 9)))
	w.keep(t, "synphasor")
}

func TestSynphasorIs(t *testing.T) {
	wrong := synMessage(4, 0, 1)
	wrong[15]++
	for _, x := range []struct {
		body []byte
		want bool
	}{
		{synMessage(4, 0, 1), true},
		{wrong, false},
		{synMessage(4, 0, 1)[:10], false},
		{[]byte("hello"), false},
	} {
		if got := isSynphasor(&Message{Frame: &frame.Frame{DstPort: 40001}, Body: x.body}); got != x.want {
			t.Errorf("Is(%x) = %v, want %v", x.body, got, x.want)
		}
	}
}

func TestSynphasorAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 4712, DstPort: 40000}
	wireAllocs(t, "synphasor", &Message{Frame: f, Body: synConfigured(synStation("EXAMPLE NORTH", 7))})
}
