package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func doipSays(kind uint16, body ...any) []byte {
	b := cat(body...)
	return cat(2, 0xfd, kind, uint32(len(b)), b)
}

func TestGenerateDoIP(t *testing.T) {
	w := newWire()
	tester, car, all := wireStation(30), wireStation(60), wireHost{mac: frame.MAC{255, 255, 255, 255, 255, 255}, ip: [4]byte{192, 168, 17, 255}}
	announce := doipSays(4, "WEXAMPLE000000017", uint16(0x1001), "\x02\x00\x5e\x10\x00\x3c", "\x00\x00\x00\x00\x00\x00", 0)
	w.udp(car, 13400, all, 13400, announce)
	w.udp(tester, 40001, all, 13400, doipSays(1))
	w.udp(car, 13400, tester, 40001, announce)
	c := w.tcp(tester, 40002, car, 13400)
	c.say(0, doipSays(5, uint16(0x0e80), 0, uint32(0))).say(1, doipSays(6, uint16(0x0e80), uint16(0x1001), 0x10, uint32(0)))
	for _, x := range [][2]string{{"\x10\x03", "\x50\x03"}, {"\x27\x01", "\x7f\x27\x35"}, {"\x34\x00\x44", "\x74\x20"}, {"\x36\x01data", "\x76\x01"}, {"\x11\x01", "\x51\x01"}, {"\x22\xf1\x90", "\x62\xf1\x90"}, {"\xba", "\x7f\xba\x11"}} {
		c.say(0, doipSays(0x8001, uint16(0x0e80), uint16(0x1234), x[0])).say(1, doipSays(0x8002, uint16(0x1234), uint16(0x0e80), 0)).say(1, doipSays(0x8001, uint16(0x1234), uint16(0x0e80), x[1]))
	}
	c.say(0, doipSays(0x9999)).say(0, doipSays(5, uint16(1))).end()
	w.keep(t, "doip")
}

func TestDoIPActs(t *testing.T) {
	for _, x := range []struct {
		body    []byte
		verb    tyto.Verb
		outcome string
	}{
		{doipSays(0x8001, uint16(0x1234), uint16(1), "\x7f\x27\x33"), tyto.LoginFailed, "access denied"},
		{doipSays(0x8001, uint16(0x1234), uint16(1), "\x74\x20"), tyto.UpdateFirmware, "ok"},
		{doipSays(6, uint16(1), uint16(2), 0), tyto.LoginFailed, "refused"},
	} {
		d := shown(t, "doip", &Message{Body: x.body}).Deeds()
		if len(d) != 1 || d[0].Verb != x.verb || d[0].Outcome != x.outcome || !d[0].ByReceiver {
			t.Errorf("%x: got %+v", x.body, d)
		}
	}
}

func TestDoIPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 13400, DstPort: 40000, Proto: frame.UDP}
	wireAllocs(t, "doip", &Message{Frame: f, Body: doipSays(4, "WEXAMPLE000000017", uint16(0x1001), make([]byte, 13))})
	if isDoIP(&Message{Frame: f, Body: []byte("\x02\xfc\x00\x01\x00\x00\x00\x00")}) {
		t.Error("a version that does not match its inverse is taken for DoIP")
	}
}
