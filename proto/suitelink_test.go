package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func suiteLinkWide(text string) (b []byte) {
	for _, x := range []byte(text) {
		b = append(b, x, 0)
	}
	return b
}

// suiteLinkWord is a text behind its length.
func suiteLinkWord(text string) []byte {
	return append([]byte{byte(len(text))}, suiteLinkWide(text)...)
}

// suiteLinkSays is a message that carries values.
func suiteLinkSays(code uint16, body ...any) []byte {
	b := cat(body...)
	head := binary.LittleEndian.AppendUint16(nil, uint16(3+len(b)))
	return append(append(binary.LittleEndian.AppendUint16(head, code), b...), suiteLinkEnd)
}

// suiteLinkGreets is the first message of a client, of a kind with a byte of length.
func suiteLinkGreets(magic, body string) []byte {
	b := magic + string(make([]byte, 16)) + body
	return append([]byte{byte(len(b))}, b...)
}

func suiteLinkConnects() []byte {
	return suiteLinkSays(0x8001, suiteLinkWord("VIEW"), suiteLinkWord("TAGNAME"), "\x01\x00\x00", suiteLinkWord("WWClient"), suiteLinkWord("HMI-7"),
		suiteLinkWord("jdoe"), suiteLinkWord("SCADA-1"), string(make([]byte, 20)))
}

func TestGenerateSuiteLink(t *testing.T) {
	w := newWire()
	hmi, server := wireStation(30), wireStation(60)
	c := w.tcp(hmi, 40001, server, 5413)
	c.ask(suiteLinkQuery+"VIEW"+string(make([]byte, 28))).say(1, suiteLinkSays(1, "\x02\x00"))
	c.say(0, suiteLinkConnects()).say(1, suiteLinkSays(1, "\x01\x00"))
	c.say(0, suiteLinkSays(0x8010, "\x05\x00\x00\x00", suiteLinkWord("Pump1"))).say(1, suiteLinkSays(3, "\x05\x00\x00\x00\x00"))
	c.say(1, append(suiteLinkSays(8, "\x00\x11\x22\x33\x44\x55\x66\x77"), suiteLinkSays(9, "\x05\x00\x00\x00\x10\x00\xc0\x00\x02\x2a\x00\x00\x00")...))
	c.say(0, suiteLinkSays(0x080b, "\x05\x00\x00\x00\x02\x2a\x00\x00\x00")).say(1, suiteLinkSays(0x0b, "\x05\x00\x00\x00\x00"))
	c.say(0, suiteLinkSays(0x080b, "\x05")).say(0, suiteLinkSays(0x4024)).say(0, suiteLinkSays(0x7777))
	c.say(0, suiteLinkSays(0x8001, "\x09VI")).end()
	c = w.tcp(hmi, 40002, server, 5413)
	c.say(0, suiteLinkGreets(suiteLinkQuery2, "\x01\x00\x00\x00"+string(suiteLinkWide("VIEW\x00HMI-7\x00jdoe\x00")))).say(1, suiteLinkSays(1, "\x02\x00")).end()
	c = w.tcp(hmi, 40003, server, 5413)
	c.say(0, suiteLinkGreets(suiteLinkRegister, "\x01\x00\x00\x00"+string(suiteLinkWide("AlarmMgr\x00"))))
	c.ask("\x14" + string(make([]byte, 20))).answer("\x00\x2c\x01" + string(make([]byte, 300))).answer("\x00\x00\x00\x05\x00\x00\x00alarm").end()
	w.keep(t, "suitelink")
}

func TestSuiteLinkTells(t *testing.T) {
	s := shown(t, "suitelink", &Message{Body: suiteLinkConnects(), ToServer: true})
	if fact(s, "suitelink.connect.client_node") != "HMI-7" || fact(s, "suitelink.connect.server_node") != "SCADA-1" || fact(s, "suitelink.connect.application") != "VIEW" {
		t.Errorf("got %+v", s.Facts())
	}
	for _, x := range s.Facts() {
		if string(x.Value) == "jdoe" {
			t.Errorf("a person is named: %+v", x)
		}
	}
	s = shown(t, "suitelink", &Message{Body: suiteLinkSays(0x080b, "\x05\x00\x00\x00\x02\x2a\x00\x00\x00"), ToServer: true})
	if d := s.Deeds(); len(d) != 1 || d[0].Verb != tyto.Write || string(d[0].Object) != "tag 0x5" {
		t.Errorf("got %+v", d)
	}
}

func TestSuiteLinkIs(t *testing.T) {
	for _, x := range []struct {
		body []byte
		want bool
	}{{[]byte(suiteLinkQuery), true}, {suiteLinkConnects(), true}, {suiteLinkSays(0x7777), false}, {[]byte("GET / HTTP/1.1\r\n\r\n"), false},
		{suiteLinkConnects()[:40], false}, {[]byte{5, 0, 1, 0, 2, 0, 0xa4}, false}} {
		if got := isSuiteLink(&Message{Body: x.body}); got != x.want {
			t.Errorf("%x: %v, want %v", x.body, got, x.want)
		}
	}
}

func TestSuiteLinkAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 5413, Proto: frame.TCP}
	wireAllocs(t, "suitelink", &Message{Frame: f, Body: suiteLinkConnects(), ToServer: true})
}
