package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func TestGenerateSIII(t *testing.T) {
	w := newWire()
	master, group := wireStation(30).mac, frame.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	for _, phase := range []int{0, 1, 2, 3, 0x84, 4, 4, 0x80, 0} {
		w.ether(master, group, 0x88cd, cat(0, phase, uint32(0x1234), make([]byte, 40)))
		w.ether(master, group, 0x88cd, cat(0x40, phase, uint32(0x1234), make([]byte, 40)))
	}
	w.keep(t, "siii")
}

func TestSIIIActs(t *testing.T) {
	memory := new([4]uint64)
	var verbs []tyto.Verb
	for _, phase := range []int{3, 4, 4, 0} {
		for _, d := range shown(t, "siii", &Message{Body: cat(0, phase, uint32(0)), Memory: memory}).Deeds() {
			if d.Verb != tyto.NoVerb {
				verbs = append(verbs, d.Verb)
			}
		}
	}
	if len(verbs) != 2 || verbs[0] != tyto.Start || verbs[1] != tyto.Stop {
		t.Errorf("got %v", verbs)
	}
}

func TestSIIIAllocates(t *testing.T) {
	f := &frame.Frame{SrcMAC: frame.MAC{2, 0, 0, 0, 0, 1}, DstMAC: frame.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	wireAllocs(t, "siii", &Message{Frame: f, Body: cat(0, 4, uint32(0))})
	if isSIII(&Message{Frame: f, Body: cat(0x3f, 9, uint32(0))}) {
		t.Error("a phase that does not exist is taken for SERCOS")
	}
}
