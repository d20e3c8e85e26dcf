package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func apdu104(control byte, asdu ...byte) []byte {
	return append([]byte{0x68, byte(4 + len(asdu)), control, 0, 0, 0}, asdu...)
}

// asdu104 is an ASDU with one object of the station 3.
func asdu104(kind, cause byte, object uint16, value ...byte) []byte {
	return apdu104(0, append([]byte{kind, 1, cause, 0, 3, 0, byte(object), byte(object >> 8), 0}, value...)...)
}

func TestGenerateIEC104(t *testing.T) {
	w := newWire()
	scada, rtu := wireStation(30), wireStation(60)
	c := w.tcp(scada, 40001, rtu, 2404)
	for _, x := range [][2][]byte{
		{apdu104(7), apdu104(0x0b)},
		{asdu104(100, 6, 0, 20), append(asdu104(100, 7, 0, 20), asdu104(13, 20, 1001, 0, 0, 0x80, 0x3f, 0)...)},
		{asdu104(45, 6, 2001, 0x81), asdu104(45, 7, 2001, 0x81)},
		{asdu104(45, 6, 2001, 1), asdu104(45, 0x47, 2001, 1)},
		{asdu104(50, 6, 2002, 0, 0, 0x80, 0x3f, 0), asdu104(50, 0x40|47, 2002, 0, 0, 0x80, 0x3f, 0)},
		{asdu104(103, 6, 0, 0, 0, 0, 0, 0, 0, 0), asdu104(103, 7, 0, 0, 0, 0, 0, 0, 0, 0)},
		{asdu104(105, 6, 0, 1), asdu104(105, 7, 0, 1)},
		{apdu104(0x43), apdu104(0x83)},
		{apdu104(1), asdu104(30, 0, 1002, 1, 0, 0, 0, 0, 0, 0, 0)},
		{asdu104(45, 6, 1, 1), asdu104(45, 6, 2, 1)},
		{append(asdu104(46, 6, 3, 1), asdu104(46, 6, 4, 1)...), append([]byte("noise"), apdu104(0x43)...)},
	} {
		c.say(0, x[0]).say(1, x[1])
	}
	c.end()
	w.keep(t, "iec60870_104")
}

func TestIEC104Acts(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "iec60870_104", &Message{Body: asdu104(46, 6, 2001, 2), Memory: memory, ToServer: true})
	d := shown(t, "iec60870_104", &Message{Body: asdu104(46, 0x47, 2001, 2), Memory: memory}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Write || string(d[0].Object) != "3/2001" || d[0].Outcome != "negative" || !d[0].ByReceiver {
		t.Errorf("got %+v", d)
	}
	if memory[0] != 0 {
		t.Errorf("the command still waits")
	}
}

func TestIEC104Is(t *testing.T) {
	for _, x := range []struct {
		body []byte
		want bool
	}{
		{apdu104(7), true},
		{apdu104(5), false},
		{asdu104(100, 6, 0, 20), true},
		{append(apdu104(1), asdu104(1, 3, 1, 0)...), true},
		{append(apdu104(7), "hello world"...), false},
		{asdu104(99, 6, 0, 20), false},
		{[]byte("hello"), false},
		{[]byte{0x68}, false},
	} {
		if got := isIEC104(&Message{Frame: &frame.Frame{DstPort: 40001}, Body: x.body}); got != x.want {
			t.Errorf("Is(%x) = %v, want %v", x.body, got, x.want)
		}
	}
}

func TestIEC104Allocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 2404, DstPort: 40000}
	wireAllocs(t, "iec60870_104", &Message{Frame: f, Body: asdu104(13, 3, 1001, 0, 0, 0x80, 0x3f, 0)})
	wireAllocs(t, "iec60870_104", &Message{Frame: f, Body: asdu104(45, 7, 1001, 1)})
}
