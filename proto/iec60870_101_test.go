package proto

import (
	"testing"

	"tyto/frame"
	"tyto/proto/iec60870"
	"tyto/tyto"
)

// A line101 makes frames with the sizes of one system, of the station 3.
type line101 iec60870.Sizes

func (z line101) little(n int, size uint8) (b []byte) {
	for range size {
		b = append(b, byte(n))
		n >>= 8
	}
	return b
}

func checked(b []byte) (sum byte) {
	for _, x := range b {
		sum += x
	}
	return sum
}

// short is a frame of fixed length.
func (z line101) short(control byte) []byte {
	b := append([]byte{control}, z.little(3, z.Link)...)
	return append(append([]byte{0x10}, b...), checked(b), 0x16)
}

// long is a frame with what user is after the link's address.
func (z line101) long(control byte, user ...byte) []byte {
	b := append(append([]byte{control}, z.little(3, z.Link)...), user...)
	n := byte(len(b))
	return append(append([]byte{0x68, n, n, 0x68}, b...), checked(b), 0x16)
}

// asdu is a message with one object.
func (z line101) asdu(kind, cause byte, object int, value ...byte) []byte {
	b := append([]byte{kind, 1, cause, 0}[:2+z.Cause], z.little(3, z.Address)...)
	return append(append(b, z.little(object, z.Object)...), value...)
}

// measured is a message with the values of objects that have an address each.
func (z line101) measured(objects ...int) []byte {
	b := append([]byte{9, byte(len(objects)), 3, 0}[:2+z.Cause], z.little(3, z.Address)...)
	for _, x := range objects {
		b = append(append(b, z.little(x, z.Object)...), 1, 2, 0)
	}
	return b
}

var (
	line101Serial = line101{Link: 1, Cause: 1, Address: 1, Object: 2}
	line101Wide   = line101{Link: 2, Cause: 2, Address: 2, Object: 3}
	line101Bare   = line101{Link: 0, Cause: 1, Address: 2, Object: 2}
)

func TestGenerateIEC101(t *testing.T) {
	w := newWire()
	scada, rtu := wireStation(30), wireStation(61)
	z := line101Serial
	c := w.tcp(scada, 40001, rtu, 4001)
	for _, x := range [][2][]byte{
		{z.short(0x49), z.short(0x0b)},
		{z.short(0x40), {0xe5}},
		{z.short(0x7a), z.long(0x28, z.asdu(70, 4, 0, 0)...)},
		{z.long(0x53, z.asdu(100, 6, 0, 20)...), {0xe5}},
		{z.short(0x7a), z.long(0x28, z.asdu(100, 7, 0, 20)...)},
		{z.short(0x5b), z.long(0x08, z.measured(1001, 1002, 1003)...)},
		{z.long(0x73, z.asdu(45, 6, 2001, 0x81)...), z.short(0x20)},
		{z.short(0x5a), z.long(0x08, z.asdu(45, 7, 2001, 0x81)...)},
		{z.long(0x73, z.asdu(46, 6, 2002, 2)...), {0xe5}},
		{z.short(0x5a), z.long(0x08, z.asdu(46, 0x40|47, 2002, 2)...)},
		{z.long(0x73, z.asdu(103, 6, 0, 0, 0, 0, 0, 0, 0, 0)...), {0xe5}},
		{z.short(0x5a), z.long(0x08, z.asdu(103, 7, 0, 0, 0, 0, 0, 0, 0, 0)...)},
		{z.long(0x73, z.asdu(105, 6, 0, 1)...), {0xe5}},
		{z.short(0x5a), z.long(0x08, z.asdu(105, 7, 0, 1)...)},
		{z.short(0x7b), z.short(0x09)},
		{z.short(0x47), z.long(0x08, z.asdu(1, 3, 1004, 1, 9)...)}, // reserved function; more than one object
	} {
		c.say(0, x[0]).say(1, x[1])
	}
	broken := z.long(0x08, z.measured(1001)...)
	broken[9] ^= 4 // a disturbance on the line
	c.say(1, broken).say(1, append([]byte("noise"), z.short(0x0b)...))
	c.end()

	z = line101Wide // balanced; the station connects, in pieces and several frames at once
	c = w.tcp(rtu, 40002, scada, 2404)
	first := z.long(0xf3, z.measured(70001, 70002)...)
	c.say(0, first).say(1, z.short(0))
	c.say(1, z.long(0x53, z.asdu(50, 6, 70010, 0, 0, 0x80, 0x3f, 0)...)).say(0, append(z.short(0x80), z.long(0xd3, z.asdu(50, 0x47, 70010, 0, 0, 0x80, 0x3f, 0)...)...))
	second := append(z.long(0xf3, z.asdu(30, 3, 70003, 1, 0, 0, 0, 0, 0, 0, 0)...), z.long(0xd3, z.asdu(45, 10, 5, 1)...)...)
	c.say(0, second[:1]).say(0, second[1:3]).say(0, second[3:20]).say(0, second[20:])
	c.end()

	z = line101Bare
	w.udp(scada, 40003, rtu, 2405, z.long(0x73, z.asdu(100, 6, 0, 20)...))
	w.udp(rtu, 2405, scada, 40003, append(z.short(0), z.long(0xd3, z.asdu(100, 7, 0, 20)...)...))
	w.udp(rtu, 2405, scada, 40003, z.long(0xf3, z.measured(11, 12)...))
	w.udp(scada, 40003, rtu, 2405, z.short(0))
	w.udp(scada, 40003, rtu, 2405, z.long(0x73, z.asdu(45, 6, 21, 1)...))
	w.udp(rtu, 2405, scada, 40003, z.long(0xd3, z.asdu(45, 7, 21, 1)...))
	w.keep(t, "iec60870_101")
}

// TestIEC101Sizes tells systems apart by what they say, and wants the same of all afterwards.
func TestIEC101Sizes(t *testing.T) {
	for _, z := range []line101{line101Serial, line101Wide, line101Bare, {2, 1, 1, 1}, {0, 2, 2, 2}, {1, 2, 1, 3}, {1, 1, 2, 3}} {
		memory := new([4]uint64)
		f := &frame.Frame{SrcPort: 40000, DstPort: 40001, Proto: frame.TCP}
		m := &Message{Frame: f, Body: z.long(0x08, z.measured(1001, 1002, 1003)...), Memory: memory}
		if !isIEC101(m) {
			t.Fatalf("%+v is not known", z)
		}
		shown(t, "iec60870_101", m)
		shown(t, "iec60870_101", &Message{Frame: f, Body: z.short(0x40), Memory: memory, ToServer: true})
		shown(t, "iec60870_101", &Message{Frame: f, Body: z.long(0x08, z.measured(1, 2)...), Memory: memory})
		shown(t, "iec60870_101", &Message{Frame: f, Body: z.long(0x73, z.asdu(45, 6, 201, 1)...), Memory: memory, ToServer: true})
		s := shown(t, "iec60870_101", &Message{Frame: f, Body: z.long(0x08, z.asdu(45, 7, 201, 1)...), Memory: memory})
		if d := s.Deeds(); len(d) != 1 || d[0].Verb != tyto.Write || string(d[0].Object) != "3/201" || d[0].Outcome != "ok" || s.Broken() != "" {
			t.Errorf("%+v: %+v, %s; taken for %+v", z, d, s.Broken(), iec60870.Candidates(memory[3]).Likeliest())
		}
		s = shown(t, "iec60870_101", &Message{Frame: f, Body: z.long(0x08, append(z.measured(1, 2), 0)...), Memory: memory})
		if s.Broken() != "iec60870_101: length of an ASDU" {
			t.Errorf("%+v: a byte too many is %q", z, s.Broken())
		}
	}
}

// TestIEC101Is wants nothing taken for it that has the same frames and other messages.
func TestIEC101Is(t *testing.T) {
	z := line101Serial
	measured := z.long(0x08, z.measured(1001)...)
	wrong := append([]byte(nil), measured...)
	wrong[9]++
	for _, x := range []struct {
		name string
		body []byte
		want bool
	}{
		{"values", measured, true},
		{"an acknowledgement before", append([]byte{0xe5}, measured...), true},
		{"frames of the link alone", z.short(0x49), false},
		{"wrong check", wrong, false},
		{"the first half", measured[:9], false},
		{"text behind", append(measured, "hello"...), false},
		{"M-Bus, a meter's answer", []byte("\x68\x13\x13\x68\x08\x05\x72\x78\x56\x34\x12\x24\x40\x01\x07\x55\x00\x00\x00\x03\x13\x15\x31\x9b\x16"), false},
		{"IEC 60870-5-103, an identification", line101{Link: 1}.long(0x08, 5, 0x81, 3, 1, 255, 2, 2, 'R', 'e', 'l', 'a', 'y', ' ', '1', ' ', 1, 2, 3, 4), false},
		{"IEC 60870-5-103, an event", line101{Link: 1}.long(0x28, 1, 0x81, 1, 1, 128, 84, 2, 1, 2, 3, 4, 0), false},
		{"IEC 60870-5-103, the time", line101{Link: 1}.long(0x44, 6, 0x81, 8, 255, 255, 0, 1, 2, 3, 4, 5, 6, 7), false},
		{"IEC 60870-5-104", asdu104(45, 6, 2001, 0x81), false},
		{"a cause that the type has not", z.long(0x08, z.asdu(1, 6, 5, 1)...), false},
		{"a station's command to an object", z.long(0x73, z.asdu(100, 6, 0x4d4d, 20)...), false},
	} {
		if got := isIEC101(&Message{Frame: &frame.Frame{DstPort: 4001}, Body: x.body, Memory: new([4]uint64)}); got != x.want {
			t.Errorf("%s: Is = %v, want %v", x.name, got, x.want)
		}
	}
}

func TestIEC101Allocates(t *testing.T) {
	z, f := line101Serial, &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 4001, DstPort: 40000}
	wireAllocs(t, "iec60870_101", &Message{Frame: f, Body: z.long(0x08, z.measured(1001, 1002)...)})
	wireAllocs(t, "iec60870_101", &Message{Frame: f, Body: z.long(0x08, z.asdu(45, 7, 1001, 1)...)})
}
