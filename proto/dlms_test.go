package proto

import (
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func dlmsWraps(apdu ...any) []byte {
	b := cat(apdu...)
	return cat(uint16(1), uint16(16), uint16(1), uint16(len(b)), b)
}

// dlmsSum is the check sequence of b.
func dlmsSum(b []byte) []byte {
	x := uint16(0xffff)
	for _, v := range b {
		x ^= uint16(v)
		for range 8 {
			x = x>>1 ^ x&1*0x8408
		}
	}
	return []byte{byte(^x), byte(^x >> 8)}
}

func dlmsFrames(control int, apdu ...any) []byte {
	body := cat(apdu...)
	n := 2 + 2 + 1 + 2
	if len(body) > 0 {
		n += len(body) + 2
	}
	b := cat(uint16(0xa000|n), 3, 0x21, control)
	b = cat(b, dlmsSum(b))
	if len(body) > 0 {
		b = cat(b, body)
		b = cat(b, dlmsSum(b))
	}
	return cat(0x7e, b, 0x7e)
}

const dlmsAsks = "\xa1\x09\x06\x07\x60\x85\x74\x05\x08\x01\x01\xa6\x0a\x04\x08EXA\x00\x00\x00\x00\x01\xac\x0a\x80\x08PLANTED1"

func TestGenerateDLMS(t *testing.T) {
	w := newWire()
	head, meter := wireStation(30), wireStation(60)
	c := w.tcp(head, 40001, meter, 4059)
	c.say(0, dlmsWraps(0x60, len(dlmsAsks), dlmsAsks)).say(1, dlmsWraps(0x61, 17, "\xa2\x03\x02\x01\x00\xa4\x0a\x04\x08EXA\x00\x00\x00\x00\x02"))
	c.say(0, dlmsWraps("\xc0\x01\xc1\x00\x01\x00\x00\x2a\x00\x00\xff\x02\x00")).say(1, dlmsWraps("\xc4\x01\xc1\x00\x09\x10EXA0000012345678"))
	c.say(0, dlmsWraps("\xc0\x01\xc1\x00\x01\x01\x00\x00\x02\x00\xff\x02\x00")).say(1, dlmsWraps("\xc4\x01\xc1\x00\x09\x051.4.2"))
	c.say(0, dlmsWraps("\xc1\x01\xc1\x00\x08\x00\x00\x01\x00\x00\xff\x02\x00\x09\x01x")).say(1, dlmsWraps("\xc5\x01\xc1\x03"))
	c.say(0, dlmsWraps("\xc3\x01\xc1\x00\x46\x00\x00\x60\x03\x0a\xff\x01\x00")).say(1, dlmsWraps("\xc7\x01\xc1\x00"))
	c.say(0, dlmsWraps("\xc8\x10ciphered-content")).end()
	c = w.tcp(head, 40002, meter, 4060)
	c.say(0, dlmsFrames(0x93)).say(0, dlmsFrames(0x10, "\xe6\xe6\x00\xc0\x01\xc1\x00\x01\x00\x00\x60\x01\x00\xff\x02\x00"))
	c.say(1, dlmsFrames(0x30, "\xe6\xe7\x00\xc4\x01\xc1\x00\x09\x0812345678")).say(0, dlmsFrames(0x53))
	wrong := dlmsFrames(0x10, "\xe6\xe6\x00\xc0")
	wrong[3]++
	c.say(0, wrong).end()
	w.keep(t, "dlms")
}

func TestDLMSTells(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "dlms", &Message{Body: dlmsWraps("\xc3\x01\xc1\x00\x46\x00\x00\x60\x03\x0a\xff\x01\x00"), Memory: memory, ToServer: true})
	d := shown(t, "dlms", &Message{Body: dlmsWraps("\xc7\x01\xc1\x03"), Memory: memory}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Execute || string(d[0].Object) != "0.0.96.3.10.255 1" || d[0].Outcome != "read-write denied" {
		t.Errorf("got %+v", d)
	}
	for _, x := range shown(t, "dlms", &Message{Body: dlmsWraps(0x60, len(dlmsAsks), dlmsAsks), ToServer: true}).Facts() {
		if strings.Contains(string(x.Value), "PLANTED") {
			t.Errorf("told %q", x.Value)
		}
	}
}

func TestDLMSAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 4059, DstPort: 40000, Proto: frame.TCP}
	wireAllocs(t, "dlms", &Message{Frame: f, Memory: &[4]uint64{1<<56 | 0x00002a0000ff<<8 | 2}, Body: dlmsWraps("\xc4\x01\xc1\x00\x09\x10EXA0000012345678")})
	f = &frame.Frame{SrcPort: 5000, DstPort: 40000, Proto: frame.TCP}
	for _, b := range [][]byte{[]byte("\x00\x01\x00\x01\x00\x01\x00\x05hello"), []byte("~\xa0\x07\x03\x21\x93\x00\x00\x7e")} {
		if isDLMS(&Message{Frame: f, Body: b}) {
			t.Errorf("%q is taken for DLMS", b)
		}
	}
}
