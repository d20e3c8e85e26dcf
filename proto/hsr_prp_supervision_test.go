package proto

import (
	"testing"

	"tyto/frame"
)

func redundancySays(kind int, node frame.MAC, more ...any) []byte {
	return cat(uint16(1), uint16(9), kind, 6, node, cat(more...), 0, 0)
}

func TestGenerateRedundancy(t *testing.T) {
	w := newWire()
	relay, box, group := wireStation(30).mac, wireStation(60).mac, frame.MAC{0x01, 0x15, 0x4e, 0, 1, 0}
	w.ether(relay, group, 0x88fb, redundancySays(20, relay))
	w.ether(relay, group, 0x88fb, redundancySays(20, relay))
	w.ether(box, group, 0x88fb, redundancySays(23, wireStation(61).mac, 30, 6, box))
	w.ether(box, group, 0x88fb, cat(uint16(1), uint16(9), 20, 12, "short")[:10])
	w.keep(t, "hsr_prp_supervision")
}

func TestRedundancyTells(t *testing.T) {
	f := &frame.Frame{SrcMAC: wireStation(60).mac, DstMAC: frame.MAC{1, 0x15, 0x4e, 0, 1, 0}}
	s := shown(t, "hsr_prp_supervision", &Message{Frame: f, Body: redundancySays(23, wireStation(61).mac, 30, 6, wireStation(60).mac)})
	if fact(s, "hsr_prp_supervision.tlv.type") != "hsr node" || fact(s, "hsr_prp_supervision.red_box_mac_address") != "redundancy box" {
		t.Errorf("got %+v", s.Facts())
	}
	if s.Facts()[0].Subject.MAC != wireStation(61).mac {
		t.Errorf("the node is %v", s.Facts()[0].Subject)
	}
}

func TestRedundancyAllocates(t *testing.T) {
	f := &frame.Frame{SrcMAC: frame.MAC{2, 0, 0, 0, 0, 1}, DstMAC: frame.MAC{1, 0x15, 0x4e, 0, 1, 0}}
	wireAllocs(t, "hsr_prp_supervision", &Message{Frame: f, Body: redundancySays(20, f.SrcMAC)})
}
