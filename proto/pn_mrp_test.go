package proto

import (
	"testing"

	"tyto/frame"
)

func mrpSays(kind int, block []byte) []byte {
	return cat(uint16(1), kind, len(block), block, 1, 18, uint16(7), "domain-of-16-byt", 0, 0)
}

func mrpTested(state uint16) []byte {
	return mrpSays(mrpTest, cat(uint16(0x8000), wireStation(30).mac, uint16(0), state, uint16(1), uint32(1000)))
}

func TestGenerateMRP(t *testing.T) {
	w := newWire()
	manager, client, group := wireStation(30).mac, wireStation(60).mac, frame.MAC{0x01, 0x15, 0x4e, 0, 0, 1}
	w.ether(manager, group, 0x88e3, mrpTested(1))
	w.ether(manager, group, 0x88e3, mrpTested(1))
	w.ether(client, group, 0x88e3, mrpSays(mrpLinkDown, cat(client, uint16(1), uint16(20), uint16(0))))
	w.ether(manager, group, 0x88e3, mrpTested(0))
	w.ether(manager, group, 0x88e3, mrpSays(mrpTopology, cat(uint16(0x8000), manager, uint16(20))))
	w.ether(client, group, 0x88e3, mrpSays(mrpLinkUp, cat(client, uint16(1), uint16(20), uint16(0))))
	w.ether(manager, group, 0x88e3, mrpTested(9))
	w.keep(t, "pn_mrp")
}

func TestMRPTells(t *testing.T) {
	memory := new([4]uint64)
	for i, want := range []string{"ring closed", "", "ring open"} {
		if got := fact(shown(t, "pn_mrp", &Message{Body: mrpTested([]uint16{1, 1, 0}[i]), Memory: memory}), "pn_mrp.ring_state"); got != want {
			t.Errorf("%d: got %q, want %q", i, got, want)
		}
	}
}

func TestMRPAllocates(t *testing.T) {
	f := &frame.Frame{SrcMAC: frame.MAC{2, 0, 0, 0, 0, 1}, DstMAC: frame.MAC{1, 0x15, 0x4e, 0, 0, 1}}
	wireAllocs(t, "pn_mrp", &Message{Frame: f, Body: mrpTested(1)})
}
