package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// slmpAsk is a 3E frame of a command, slmpTell its answer.
func slmpAsk(command uint16, data string) []byte {
	b := append([]byte{0x50, 0, 0, 0xff, 0xff, 3, 0}, byte(6+len(data)), 0, 16, 0)
	b = binary.LittleEndian.AppendUint16(b, command)
	return append(append(b, 0, 0), data...)
}

func slmpTell(end uint16, data string) []byte {
	b := append([]byte{0xd0, 0, 0, 0xff, 0xff, 3, 0}, byte(2+len(data)), 0)
	return append(binary.LittleEndian.AppendUint16(b, end), data...)
}

const (
	slmpName     = "R99CPU-EXAMPLE  \x04\x48"
	melsoftAsk   = "\x57\x01\x00\x00\x00\x11\x11\x07\x00\x00\xff\xff\x03\x00\x00\xfe\x03\x00\x00\x20\x00\x1c\x0a\x16\x14" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x01\x21\x01\x00\x00\x00\x00\x01"
	melsoftReply = "\xd7\x01\x00\x00\x00\x11\x11\x7f\x00\x00\x00\xa8\x03\x00\xff\xff\x03\x00\x00\x38\x00\x9c\x0a\x18\x14" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x01\x21\x01\x00\x00\x00FX9X-EXAMPLE\x00\x00\x00\x00\x29\x4a\x00\x08\x00\x00\x00\x00"
)

// TestGenerateMelsec makes the capture of testdata/melsec.
func TestGenerateMelsec(t *testing.T) {
	w := newWire()
	station, plc := wireStation(37), wireStation(69)
	all := wireHost{mac: frame.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ip: [4]byte{255, 255, 255, 255}}
	w.udp(station, 50300, all, 5560, []byte("\x5a\x00\x00\x01"))
	w.udp(plc, 5560, all, 50300, []byte("\xda\x00\x00\x01\x14\x00\xc0\xa8\x11\x25\xc0\xa8\x11\x25"))
	w.udp(station, 50301, all, 5560, []byte(melsoftAsk))
	w.udp(plc, 5560, all, 50301, []byte(melsoftReply))
	c := w.tcp(station, 54500, plc, 5007)
	pair := func(request, answer []byte) { c.say(0, request).say(1, answer) }
	pair(slmpAsk(0x0101, ""), slmpTell(0, slmpName))
	pair(slmpAsk(0x0401, "\x64\x00\x00\xa8\x02\x00"), slmpTell(0, "\x01\x00\x02\x00"))
	pair(slmpAsk(0x1401, "\x64\x00\x00\xa8\x01\x00\x07\x00"), slmpTell(0, ""))
	pair(slmpAsk(0x1401, "\x01\x00\x00\x90\x01\x00\x01\x00"), slmpTell(0xc055, ""))
	pair(slmpAsk(0x1630, "\x04\x00abcd"), slmpTell(0xc200, ""))
	pair(slmpAsk(0x1002, "\x01\x00"), slmpTell(0, ""))
	pair(slmpAsk(0x1001, "\x01\x00\x00\x00"), slmpTell(0, ""))
	pair(slmpAsk(0x0401, "\xc8\x00\x00\xa9\x04\x00"), slmpTell(0, "\x01\x00\x00\x00\x00\x00\x02\x00"))
	pair(slmpAsk(0x1829, "\x00\x00\x00\x00\x04\x00ABCD"), slmpTell(0, ""))
	c.say(0, slmpAsk(0x1401, "\x64"))
	c.end()
	w.keep(t, "melsec")
}

func TestMelsecActs(t *testing.T) {
	for _, x := range []struct {
		command         uint16
		data            string
		end             uint16
		verb            tyto.Verb
		object, outcome string
	}{
		{0x1401, "\x64\x00\x00\xa8\x01\x00\x07\x00", 0, tyto.Write, "D 100", "ok"},
		{0x0401, "\x01\x00\x00\x9d\x01\x00", 0xc201, tyto.Read, "Y 1", "locked by a password"},
		{0x1002, "\x01\x00", 0, tyto.Stop, "controller", "ok"},
		{0x1630, "\x04\x00abcd", 0xc200, tyto.LoginFailed, "password", "wrong password"},
	} {
		memory := new([4]uint64)
		shown(t, "melsec", &Message{Frame: &frame.Frame{SrcPort: 40000, DstPort: 5007, Proto: frame.TCP}, Body: slmpAsk(x.command, x.data), Memory: memory, ToServer: true})
		s := shown(t, "melsec", &Message{Frame: &frame.Frame{SrcPort: 5007, DstPort: 40000, Proto: frame.TCP}, Body: slmpTell(x.end, ""), Memory: memory})
		d := s.Deeds()
		if len(d) != 1 || d[0].Verb != x.verb || string(d[0].Object) != x.object || d[0].Outcome != x.outcome || !d[0].ByReceiver {
			t.Errorf("%x: got %+v %q, want %s of %q: %s", x.command, d, s.Broken(), x.verb, x.object, x.outcome)
		}
	}
}

func TestMelsecAllocatesNothing(t *testing.T) {
	f := &frame.Frame{SrcPort: 5560, DstPort: 40000, Proto: frame.UDP}
	wireAllocs(t, "melsec", &Message{Frame: f, Body: []byte(melsoftReply)})
	f = &frame.Frame{SrcPort: 40000, DstPort: 5007, Proto: frame.TCP}
	wireAllocs(t, "melsec", &Message{Frame: f, Body: slmpAsk(0x0401, "\x64\x00\x00\xa8\x02\x00")})
}
