package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func rocSays(toController bool, code int, data string) []byte {
	b := cat(1, 2, 3, 1, code, len(data), data)
	if !toController {
		b = cat(3, 1, 1, 2, code, len(data), data)
	}
	x := uint16(0)
	for _, v := range b {
		x ^= uint16(v)
		for range 8 {
			x = x>>1 ^ x&1*0xa001
		}
	}
	return append(b, byte(x), byte(x>>8))
}

func TestGenerateROC(t *testing.T) {
	w := newWire()
	host, roc := wireStation(30), wireStation(60)
	c := w.tcp(host, 40001, roc, 4000)
	c.say(0, rocSays(true, 17, "LOI\x03\xe8")).say(1, rocSays(false, 255, "\x3f\x11"))
	c.say(0, rocSays(true, 17, "LOI\x03\xe8")).say(1, rocSays(false, 17, ""))
	c.say(0, rocSays(true, 6, "")).say(1, rocSays(false, 6, "config"))
	c.say(0, rocSays(true, 167, "\x01\x02\x03")).say(1, rocSays(false, 167, "\x01\x02\x03data"))
	c.say(0, rocSays(true, 166, "\x01\x02\x03data")).say(0, rocSays(true, 203, "\x01")).say(1, rocSays(false, 203, "\x00"))
	c.say(1, rocSays(false, 224, "\x01")).say(0, rocSays(true, 225, "\x01")).say(0, rocSays(true, 99, ""))
	wrong := rocSays(true, 7, "")
	wrong[6]++
	c.say(0, wrong).end()
	w.keep(t, "roc")
}

func TestROCActs(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "roc", &Message{Body: rocSays(true, 181, "x"), Memory: memory, ToServer: true})
	d := shown(t, "roc", &Message{Body: rocSays(false, 255, "\x14"), Memory: memory}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Write || d[0].Outcome != "access denied" || !d[0].ByReceiver {
		t.Errorf("got %+v", d)
	}
}

func TestROCAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 4000, DstPort: 40000, Proto: frame.TCP}
	wireAllocs(t, "roc", &Message{Frame: f, Body: rocSays(false, 6, "config")})
	if isROC(&Message{Frame: f, Body: []byte("some text that is no such message")}) {
		t.Error("text is taken for ROC")
	}
}

// TestROCSeed accepts both beginnings of the checksum that are in use.
func TestROCSeed(t *testing.T) {
	for _, sum := range [][]byte{{0x3a, 0x34}, {0x3a, 0x2f}} {
		if !rocSummed([]byte{1, 2, 3, 4, 6, 0}, sum) {
			t.Errorf("% x is refused", sum)
		}
	}
	if rocSummed([]byte{1, 2, 3, 4, 6, 1}, []byte{0x3a, 0x2f}) {
		t.Error("a wrong checksum is taken")
	}
}
