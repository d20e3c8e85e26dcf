package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func amsNumbers(parts ...any) (b []byte) {
	for _, x := range parts {
		switch x := x.(type) {
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, x)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, x)
		case string:
			b = append(b, x...)
		}
	}
	return b
}

const (
	amsDesk = "\xc0\xa8\x11\x1e\x01\x01"
	amsPLC  = "\x05\x0d\x75\x60\x01\x01"
)

func ads(to, from string, command, flags uint16, invoke, result uint32, data []byte) []byte {
	b := amsNumbers(uint16(0), uint32(32+len(data)), to, uint16(801), from, uint16(32905), command, flags, uint32(len(data)), result, invoke)
	return append(b, data...)
}

func adsAsk(command uint16, invoke uint32, data ...any) []byte {
	return ads(amsPLC, amsDesk, command, 4, invoke, 0, amsNumbers(data...))
}

func adsTell(command uint16, invoke uint32, data ...any) []byte {
	return ads(amsDesk, amsPLC, command, 5, invoke, 0, amsNumbers(data...))
}

func amsIdentified() []byte {
	os := amsNumbers(uint32(276), uint32(6), uint32(0), uint32(0), uint32(3))
	b := amsNumbers("\x03\x66\x14\x71", uint32(0), uint32(0x80000001), amsPLC, uint16(10000), uint32(3),
		uint16(5), uint16(8), "EX_0D75\x00", uint16(4), uint16(len(os)))
	return append(append(b, os...), amsNumbers(uint16(3), uint16(4), "\x02\x0b\xb4\x08")...)
}

func TestGenerateAMS(t *testing.T) {
	w := newWire()
	desk, plc := wireStation(30), wireStation(60)
	w.udp(desk, 48899, plc, 48899, amsNumbers("\x03\x66\x14\x71", uint32(0), uint32(1), amsDesk, uint16(10000), uint32(0)))
	w.udp(plc, 48899, desk, 48899, amsIdentified())
	w.udp(desk, 48899, plc, 48899, amsNumbers("\x03\x66\x14\x71", uint32(0), uint32(6), amsDesk, uint16(10000), uint32(1), uint16(12), uint16(4), "desk"))
	w.udp(plc, 48899, desk, 48899, amsNumbers("\x03\x66\x14\x71", uint32(0), uint32(0x80000006), amsPLC, uint16(10000), uint32(1), uint16(1), uint16(4), uint32(0x704)))
	c := w.tcp(desk, 40001, plc, 48898)
	for _, x := range [][2][]byte{
		{adsAsk(1, 1), adsTell(1, 1, uint32(0), "\x02\x0b\x37\x08", "PLC Server\x00\x00\x00\x00\x00\x00")},
		{adsAsk(1, 2), adsTell(1, 2, uint32(0), "\x02\x0b\xb4\x08", "TwinCAT CE\x00\x00\x00\x00\x00\x00")},
		{adsAsk(2, 3, uint32(0x4020), uint32(8), uint32(2)), adsTell(2, 3, uint32(0), uint32(2), uint16(7))},
		{adsAsk(3, 4, uint32(0x4020), uint32(8), uint32(2), uint16(9)), adsTell(3, 4, uint32(0))},
		{adsAsk(5, 5, uint16(6), uint16(0), uint32(0)), adsTell(5, 5, uint32(0))},
		{adsAsk(5, 6, uint16(5), uint16(0), uint32(0)), adsTell(5, 6, uint32(0x704))},
		{adsAsk(9, 7, uint32(0xf003), uint32(0), uint32(4), uint32(5), "MAIN."), adsTell(9, 7, uint32(0x710))},
		{adsAsk(3, 8, uint32(123), uint32(0), uint32(0)), nil},
		{adsAsk(3, 9, uint32(500), uint32(0), uint32(0)), adsTell(3, 9, uint32(0))},
		{adsAsk(3, 10, uint16(1)), adsTell(99, 10)},
	} {
		c.say(0, x[0]).say(1, x[1])
	}
	c.end()
	w.keep(t, "ams")
}

func TestAMSActs(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "ams", &Message{Body: adsAsk(5, 5, uint16(6), uint16(0), uint32(0)), Memory: memory, ToServer: true})
	d := shown(t, "ams", &Message{Body: adsTell(5, 5, uint32(0)), Memory: memory}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Stop || string(d[0].Object) != "stop" || d[0].Outcome != "ok" || !d[0].ByReceiver {
		t.Errorf("got %+v", d)
	}
}

func TestAMSIs(t *testing.T) {
	for _, x := range []struct {
		body []byte
		want bool
	}{
		{adsAsk(1, 1), true},
		{adsAsk(99, 1), false},
		{adsAsk(1, 1)[:20], false},
		{make([]byte, 64), false},
	} {
		if got := isAMS(&Message{Frame: &frame.Frame{DstPort: 40001, Proto: frame.TCP}, Body: x.body}); got != x.want {
			t.Errorf("Is(%x) = %v, want %v", x.body, got, x.want)
		}
	}
}

func TestAMSAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 48898, DstPort: 40000, Proto: frame.TCP}
	wireAllocs(t, "ams", &Message{Frame: f, Body: adsTell(1, 2, uint32(0), "\x02\x0b\xb4\x08", "TwinCAT CE\x00\x00\x00\x00\x00\x00")})
	u := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 48899, DstPort: 48899, Proto: frame.UDP}
	wireAllocs(t, "ams", &Message{Frame: u, Body: amsIdentified()})
}
