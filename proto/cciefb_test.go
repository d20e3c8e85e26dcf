package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// cciefbSays is a frame of SLMP with a header of 3E, of 4E if serial is not zero: what follows the length is body.
func cciefbSays(answer bool, serial byte, body string) []byte {
	b := []byte{0x50, 0}
	if serial != 0 {
		b = []byte{0x54, 0, serial, 0, 0, 0}
	}
	if answer {
		b[0] |= 0x80
	}
	b = append(b, 0, 0xff, 0xff, 0x03, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(body)))
	return append(b, body...)
}

const cciefbClock = "\x00\x00\x2a\x11\x0f\x9b\x95\x01\x00\x00"

// cciefbAsks is a cycle of the master for one station, cciefbAnswers that of the station.
func cciefbAsks(state string) []byte {
	return cciefbSays(false, 0, "\x00\x00\x70\x0e\x00\x00"+"\x01\x00\x00\x00\x24\x00"+string(make([]byte, 14))+state+cciefbClock+
		"\x1e\x11\xa8\xc0\x01\x00\x07\x00\xf4\x01\x03\x00\x07\x00\x01\x00\x01\x00\x00\x00"+"\x3c\x11\xa8\xc0"+string(make([]byte, 72)))
}

func cciefbAnswers(end, state string) []byte {
	return cciefbSays(true, 0, "\x00\x00"+"\x01\x00"+end+"\x24\x00"+string(make([]byte, 14))+"\x34\x12\x00\x00\x01\x02\x00\x00\x03\x00\x00\x00"+state+
		"\x00\x00\x00\x00\x00\x00"+"\x3c\x11\xa8\xc0\x01\x00\x07\x00"+string(make([]byte, 72)))
}

func cciefbFound() []byte {
	return cciefbSays(true, 1, "\x00\x00"+"\x1e\x00\x10\x5e\x00\x02\x04\x1e\x11\xa8\xc0"+"\x3c\x00\x10\x5e\x00\x02\x04\x3c\x11\xa8\xc0"+"\x00\xff\xff\xff\xff\xff\xff\xff"+
		"\x00"+"\x34\x12\x01\x02\x00\x00\x03\x00"+"\x04\xff\xff\xff\xff\xff\xff\x00\x00\x0b\xf0\x01")
}

func TestGenerateCCIEFB(t *testing.T) {
	w := newWire()
	master, station := wireStation(30), wireStation(60)
	all := wireHost{mac: frame.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ip: [4]byte{192, 168, 17, 255}}
	w.udp(master, 52000, all, 61451, cciefbSays(false, 1, "\x00\x00\x30\x0e\x00\x00\x1e\x00\x10\x5e\x00\x02\x04\x1e\x11\xa8\xc0"))
	w.udp(station, 61451, master, 52000, cciefbFound())
	w.udp(master, 52000, all, 61451, cciefbSays(false, 2, "\x00\x00\x31\x0e\x00\x00\x1e\x00\x10\x5e\x00\x02\x04\x1e\x11\xa8\xc0\x3c\x00\x10\x5e\x00\x02\x04\x3d\x11\xa8\xc0"+
		"\x00\xff\xff\xff\xff\xff\xff\xff\x00\x04\xff\xff\xff\xff\xff\xff\x01"))
	w.udp(station, 61451, master, 52000, cciefbSays(true, 2, "\x00\x00\x1e\x00\x10\x5e\x00\x02"))
	w.udp(master, 52000, all, 61451, cciefbSays(false, 3, "\x00\x00\x31\x0e\x00\x00\x1e\x00"))
	w.udp(station, 61451, master, 52000, cciefbSays(true, 3, "\x20\xcf\x00\xff\xff\x03\x00\x31\x0e\x00\x00"))
	for range 3 {
		w.udp(master, 61450, all, 61450, cciefbAsks("\x01\x00"))
		w.udp(station, 61450, master, 61450, cciefbAnswers("\x00\x00", "\x01\x00"))
	}
	w.udp(master, 61450, all, 61450, cciefbAsks("\x00\x00"))
	w.udp(station, 61450, master, 61450, cciefbAnswers("\xff\xcf", "\x00\x00"))
	w.udp(master, 61450, all, 61450, cciefbAsks("\x00\x00")[:40])
	w.keep(t, "cciefb")
}

func TestCCIEFBTells(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(192, 168, 17, 60), Dst: frame.V4(192, 168, 17, 30), SrcPort: 61450, DstPort: 61450}
	memory := new([4]uint64)
	s := shown(t, "cciefb", &Message{Frame: f, Body: cciefbAnswers("\x00\x00", "\x01\x00"), Memory: memory})
	if fact(s, "cciefb.unit_info") != "run" || fact(s, "cciefb.vendor_code") != "4660" || fact(s, "cciefb.model_code") != "0x201" {
		t.Errorf("got %+v", s.Facts())
	}
	s = shown(t, "cciefb", &Message{Frame: f, Body: cciefbAnswers("\xe0\xcf", "\x00\x00"), Memory: memory})
	if fact(s, "cciefb.unit_info") != "stop" || fact(s, "cciefb.model_code") != "" {
		t.Errorf("what is known is told again: %+v", s.Facts())
	}
	if d := s.Deeds(); len(d) != 1 || d[0].Verb != tyto.Read || d[0].Outcome != "two masters" {
		t.Errorf("got %+v", d)
	}
}

func TestCCIEFBIs(t *testing.T) {
	onPort := &frame.Frame{SrcPort: 61450, DstPort: 61450}
	for _, x := range []struct {
		body []byte
		want bool
	}{
		{cciefbAsks("\x01\x00"), true}, {cciefbAnswers("\x00\x00", "\x01\x00"), true}, {cciefbFound(), true},
		{cciefbSays(false, 0, "\x00\x00\x01\x04\x00\x00\x64\x00\x00\xa8\x02\x00"), false}, // another command of SLMP
		{cciefbSays(true, 0, "\x00\x00\x01\x00\x02\x00"), false},
		{cciefbAsks("\x01\x00")[:60], false},
	} {
		if got := isCCIEFB(&Message{Frame: onPort, Body: x.body}); got != x.want {
			t.Errorf("%x: %v, want %v", x.body, got, x.want)
		}
	}
}

func TestCCIEFBAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(192, 168, 17, 60), Dst: frame.V4(192, 168, 17, 30), SrcPort: 61450, DstPort: 61450}
	wireAllocs(t, "cciefb", &Message{Frame: f, Body: cciefbAnswers("\x00\x00", "\x01\x00")})
}
