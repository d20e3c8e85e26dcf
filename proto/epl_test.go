package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// lanFrame is an Ethernet frame from a station to a group or another one.
func (w *wire) ether(from frame.MAC, to frame.MAC, kind uint16, body []byte) {
	b := cat(to, from, kind, body)
	for len(b) < 60 {
		b = append(b, 0)
	}
	w.frame(b)
}

func eplIdent() []byte {
	b := cat(6, 255, 1, 1, 0, 0, 0x1d, 0, 0x20, 0, make([]byte, 16))
	for _, x := range []uint32{0x000f0191, 0x0100006c, 0x1234, 0x00010002, 778899} {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return cat(b, make([]byte, 24), "\x01\x64\xa8\xc0", make([]byte, 8), "EXA-NODE-1", make([]byte, 22), make([]byte, 48))
}

func TestGenerateEPL(t *testing.T) {
	w := newWire()
	manager, node, group := wireStation(30).mac, wireStation(60).mac, frame.MAC{0x01, 0x11, 0x1e, 0, 0, 1}
	w.ether(manager, group, 0x88ab, cat(1, 255, 240, make([]byte, 40)))
	w.ether(manager, node, 0x88ab, cat(3, 1, 240, make([]byte, 40)))
	w.ether(node, group, 0x88ab, cat(4, 255, 1, make([]byte, 40)))
	w.ether(manager, group, 0x88ab, cat(5, 255, 240, make([]byte, 40)))
	w.ether(node, group, 0x88ab, eplIdent())
	w.ether(manager, group, 0x88ab, cat(6, 1, 240, 4, 0x22, make([]byte, 40)))
	w.ether(manager, group, 0x88ab, cat(6, 1, 240, 5, make([]byte, 40)))
	w.keep(t, "epl")
}

func TestEPLTells(t *testing.T) {
	s := shown(t, "epl", &Message{Body: eplIdent()})
	if fact(s, "epl.asnd.ires.serialno") != "778899" || fact(s, "epl.asnd.ires.hostname") != "EXA-NODE-1" || fact(s, "epl.asnd.ires.vendorid") != "0x100006c" {
		t.Errorf("got %+v", s.Facts())
	}
	d := shown(t, "epl", &Message{Body: cat(6, 1, 240, 4, 0x28)}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Stop || string(d[0].Object) != "reset node 1" {
		t.Errorf("got %+v", d)
	}
}

func TestEPLAllocates(t *testing.T) {
	f := &frame.Frame{SrcMAC: frame.MAC{2, 0, 0, 0, 0, 1}, DstMAC: frame.MAC{1, 0x11, 0x1e, 0, 0, 1}}
	wireAllocs(t, "epl", &Message{Frame: f, Body: eplIdent()})
}
