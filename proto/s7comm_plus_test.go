package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// s7plus is a message of version 2 in one TPDU.
func s7plus(kind byte, function, sequence uint16, body string) []byte {
	b := []byte{kind, 0, 0}
	b = binary.BigEndian.AppendUint16(b, function)
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint16(b, sequence)
	b = append(b, body...)
	out := binary.BigEndian.AppendUint16([]byte{2, 0xf0, 0x80, 0x72, 2}, uint16(len(b)))
	return tpkt(append(append(out, b...), 0x72, 2, 0, 0)...)
}

const (
	s7plusSession = "\x00\x00\x03\xbe"
	s7plusAnswer  = "\x36\x00\x01\x87\x3e\xa1\xa3\x82\x32\x00\x17\x82\x3f\x00\x15\x1b1;6ES7 211-1BE31-0XB0 ;V3.0\x82\x40\x00\x15\x052;288"
	s7plusIM      = "\x34\x00\x00\x00\x14\x00\x3c\x00\x20\x00\x38\x01\x00\x00\x2a6ES7 211-1BE31-0XB0 SZVEXAMPLE0042  \x00\x02V\x03\x00\x02\x00\x00\x00\x00"
	s7plusStop    = s7plusSession + "\x36\x00\x00\x00\x34\x01\x90\x77\x00\x08\x01\x00\x00\x00\x00"
)

// TestGenerateS7commPlus makes the capture of testdata/s7comm-plus.
func TestGenerateS7commPlus(t *testing.T) {
	w := newWire()
	panel, plc := wireStation(36), wireStation(68)
	c := w.tcp(panel, 54400, plc, 102)
	pair := func(request, answer []byte) { c.say(0, request).say(1, answer) }
	called := append([]byte{0xc1, 2, 6, 0, 0xc2, 16}, "SIMATIC-ROOT-HMI"...)
	pair(tpkt(append([]byte{28, 0xe0, 0, 0, 0, 1, 0}, called...)...), tpkt(append([]byte{28, 0xd0, 0, 1, 0, 4, 0}, called...)...))
	pair(s7plus(0x31, 0x04ca, 1, "\x00\x00\x01\x20\x36\x00\x00\x01\x1d\xa3\x82\x29\x00\x15\x06HMI RT\xa3\x82\x2a\x00\x15\x08PANEL-04"), s7plus(0x32, 0x04ca, 1, s7plusAnswer))
	c.say(0, tpkt(2, 0xf0, 0))
	pair(s7plus(0x31, 0x0542, 2, s7plusSession+"\x34"+s7plusSession+"\x01\x01"), s7plus(0x32, 0x0542, 2, "\x34\x00\x00\x00"))
	pair(s7plus(0x31, 0x0586, 3, s7plusSession+"\x34\x00\x00\x00\x31"), s7plus(0x32, 0x0586, 3, s7plusIM))
	pair(s7plus(0x31, 0x04bb, 4, s7plusSession+"\x34\x00\x00\x00\x03"), s7plus(0x32, 0x04bb, 4, "\x34\x00\x00"))
	pair(s7plus(0x31, 0x0542, 5, s7plusSession+"\x34\x00\x00\x00\x00\x01\x05"), s7plus(0x32, 0x0542, 5, "\x34\x00\x00\x00"))
	pair(s7plus(0x31, 0x04ca, 6, s7plusSession+"\x34\x00\x00\x00\x03\x00\x04"), s7plus(0x32, 0x04ca, 6, "\x34\x00\x01"))
	pair(s7plus(0x31, 0x04f2, 7, s7plusStop), s7plus(0x32, 0x04f2, 7, "\x34\x00\x00"))
	c.say(1, s7plus(0x33, 0, 0, "\x00\x00"))
	lie := s7plus(0x31, 0x04bb, 8, s7plusSession)
	lie[9] = 0xff // length
	c.say(0, lie)
	c.end()
	w.keep(t, "s7comm-plus")
}

func TestS7commPlusActs(t *testing.T) {
	for _, x := range []struct {
		function uint16
		body     string
		answer   string
		verb     tyto.Verb
		outcome  string
	}{
		{0x04f2, s7plusStop, "\x34\x00\x00", tyto.Stop, "ok"},
		{0x04ca, s7plusSession + "\x34\x00\x00\x00\x03", "\x34\x8d\x00", tyto.Program, "error"},
		{0x0542, s7plusSession + "\x34\x00\x00\x00\x00", "\x34\x00\x00", tyto.Write, "ok"},
	} {
		memory := new([4]uint64)
		shown(t, "s7comm-plus", &Message{Frame: &frame.Frame{SrcPort: 40000, DstPort: 102}, Body: s7plus(0x31, x.function, 9, x.body), Memory: memory, ToServer: true})
		s := shown(t, "s7comm-plus", &Message{Frame: &frame.Frame{SrcPort: 102, DstPort: 40000}, Body: s7plus(0x32, x.function, 9, x.answer), Memory: memory})
		d := s.Deeds()
		if len(d) != 1 || d[0].Verb != x.verb || d[0].Outcome != x.outcome || !d[0].ByReceiver {
			t.Errorf("%x: got %+v %q, want %s: %s", x.function, d, s.Broken(), x.verb, x.outcome)
		}
	}
}

func TestS7commPlusAllocatesNothing(t *testing.T) {
	f := &frame.Frame{SrcPort: 102, DstPort: 40000}
	wireAllocs(t, "s7comm-plus", &Message{Frame: f, Body: s7plus(0x32, 0x04ca, 1, s7plusAnswer)})
	wireAllocs(t, "s7comm-plus", &Message{Frame: f, Body: s7plus(0x32, 0x0586, 1, s7plusIM)})
}
