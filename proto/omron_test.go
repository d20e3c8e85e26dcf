package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// finsFrame is a FINS message; finsTCP puts its header for TCP in front.
func finsFrame(icf, id byte, command string, data string) []byte {
	return append([]byte{icf, 0, 2, 0, 10, 0, 0, 20, 0, id}, command+data...)
}

func finsTCP(command byte, body []byte) []byte {
	return append([]byte{'F', 'I', 'N', 'S', 0, 0, 0, byte(8 + len(body)), 0, 0, 0, command, 0, 0, 0, 0}, body...)
}

var finsIdentity = "\x00\x00CP1X-EXAMPLE\x00\x00\x00     01.00\x00\x00\x00\x00\x00\x00          " + string(make([]byte, 52))

// TestGenerateOmron makes the capture of testdata/omron.
func TestGenerateOmron(t *testing.T) {
	w := newWire()
	station, plc := wireStation(35), wireStation(67)
	pair := func(id byte, command, data, answer string) {
		w.udp(station, 50200, plc, 9600, finsFrame(0x80, id, command, data))
		w.udp(plc, 9600, station, 50200, finsFrame(0xc0, id, command, answer))
	}
	pair(1, "\x05\x01", "\x00", finsIdentity)
	pair(2, "\x06\x01", "", "\x00\x00\x01\x04"+string(make([]byte, 24)))
	pair(3, "\x01\x01", "\x82\x00\x64\x00\x00\x0a", "\x00\x00"+string(make([]byte, 20)))
	pair(4, "\x01\x02", "\x82\x00\x64\x00\x00\x02\x00\x01\x00\x02", "\x00\x00")
	pair(5, "\x01\x02", "\xb0\x00\x01\x00\x00\x01\x00\x01", "\x21\x08")
	pair(6, "\x04\x02", "", "\x00\x00")
	pair(7, "\x03\x07", "\x00\x00\x00\x00\x00\x00\x00\x04ABCD", "\x00\x00")
	pair(8, "\x04\x01", "\xff\xff\x04", "\x00\x00")
	pair(9, "\x05\x02", "\x00", "\x00\x00\x81\x00\x10C200H-EXAMPLE-IO\x00\x00\x00\x00")
	w.udp(station, 50200, plc, 9600, finsFrame(0x81, 10, "\x04\x03", ""))
	w.udp(station, 50200, plc, 9600, finsFrame(0x80, 11, "\x01\x02", "\x82"))
	c := w.tcp(station, 54300, plc, 9600)
	c.say(0, finsTCP(0, []byte{0, 0, 0, 0})).say(1, finsTCP(1, []byte{0, 0, 0, 20, 0, 0, 0, 10}))
	c.say(0, finsTCP(2, finsFrame(0x80, 1, "\x05\x01", "\x00"))).say(1, finsTCP(2, finsFrame(0xc0, 1, "\x05\x01", finsIdentity)))
	c.say(0, finsTCP(2, finsFrame(0x80, 2, "\x07\x02", "\x26\x01\x01"))).say(1, finsTCP(2, finsFrame(0xc0, 2, "\x07\x02", "\x00\x00")))
	c.end()
	w.keep(t, "omron")
}

func TestOmronActs(t *testing.T) {
	for _, x := range []struct {
		command, data, end string
		verb               tyto.Verb
		object, outcome    string
	}{
		{"\x01\x02", "\x82\x00\x64\x00\x00\x02\x00\x01\x00\x02", "\x00\x00", tyto.Write, "DM 100-101", "ok"},
		{"\x04\x01", "\xff\xff\x04", "\x00\x00", tyto.Start, "controller", "ok"},
		{"\x04\x02", "", "\x00\x40", tyto.Stop, "controller", "ok"},
		{"\x03\x07", "\x00\x00\x00\x00\x00\x00\x00\x01A", "\x20\x02", tyto.Program, "program", "protected"},
		{"\x03\x06", "\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x00", tyto.Transfer, "program", "ok"},
		{"\x0c\x02", "\xff\xff", "\x00\x00", tyto.Configure, "access right", "ok"},
	} {
		memory := new([4]uint64)
		shown(t, "omron", &Message{Frame: &frame.Frame{SrcPort: 40000, DstPort: 9600, Proto: frame.UDP}, Body: finsFrame(0x80, 9, x.command, x.data), Memory: memory, ToServer: true})
		s := shown(t, "omron", &Message{Frame: &frame.Frame{SrcPort: 9600, DstPort: 40000, Proto: frame.UDP}, Body: finsFrame(0xc0, 9, x.command, x.end), Memory: memory})
		d := s.Deeds()
		if len(d) != 1 || d[0].Verb != x.verb || string(d[0].Object) != x.object || d[0].Outcome != x.outcome || !d[0].ByReceiver {
			t.Errorf("%x: got %+v %q, want %s of %q: %s", x.command, d, s.Broken(), x.verb, x.object, x.outcome)
		}
	}
}

func TestOmronAllocatesNothing(t *testing.T) {
	f := &frame.Frame{SrcPort: 9600, DstPort: 40000, Proto: frame.UDP}
	wireAllocs(t, "omron", &Message{Frame: f, Body: finsFrame(0xc0, 1, "\x05\x01", finsIdentity)})
}
