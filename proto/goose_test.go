package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/proto/goosepdu"
)

// tlv is a value of BER.
func tlv(tag byte, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	switch {
	case len(body) < 0x80:
		return append([]byte{tag, byte(len(body))}, body...)
	case len(body) < 0x100:
		return append([]byte{tag, 0x81, byte(len(body))}, body...)
	}
	return append([]byte{tag, 0x82, byte(len(body) >> 8), byte(len(body))}, body...)
}

// onLink is the Ethernet header to a group, and the header of GOOSE and Sampled Values before pdu.
func onLink(from wireHost, etherType uint16, pdu []byte) []byte {
	b := append([]byte{0x01, 0x0c, 0xcd, 0x01, 0, 1}, from.mac[:]...)
	b = binary.BigEndian.AppendUint16(b, etherType)
	b = binary.BigEndian.AppendUint16(b, 0x3001)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(pdu)))
	return append(append(b, 0, 0, 0, 0), pdu...)
}

// A gcb is a message of a control block.
type gcb struct {
	set, id                        string
	state, sequence, revision      byte
	simulated, commission, entries byte
}

func (g gcb) pdu() []byte {
	return tlv(0x61, tlv(0x80, []byte("EXA1LD0/LLN0$GO$gcb_A")), tlv(0x81, []byte{8}), tlv(0x82, []byte("EXA1LD0/LLN0$"+g.set)),
		tlv(0x83, []byte(g.id)), tlv(0x84, make([]byte, 8)), tlv(0x85, []byte{g.state}), tlv(0x86, []byte{g.sequence}), tlv(0x87, []byte{g.simulated}),
		tlv(0x88, []byte{g.revision}), tlv(0x89, []byte{g.commission}), tlv(0x8a, []byte{g.entries}), tlv(0xab, tlv(0x83, []byte{1})))
}

func gooseEvent(state, sequence, test byte) []byte {
	return gcb{"Interlocking", "Interlocking", state, sequence, 1, test, 1, 1}.pdu()
}

func TestGenerateGOOSE(t *testing.T) {
	w := newWire()
	ied, other := wireStation(60), wireStation(99)
	for _, pdu := range [][]byte{gooseEvent(1, 0, 0), gooseEvent(1, 1, 0), gooseEvent(2, 0, 0), gooseEvent(2, 1, 0xff), gooseEvent(2, 2, 0)[:90]} {
		w.frame(onLink(ied, 0x88b8, pdu))
	}
	x := gcb{"Trip", "Trip", 2, 3, 1, 0, 0, 1} // from here on other messages of the block
	for _, change := range []func(){
		func() {},                                     // another data set and goID, the same confRev
		func() { x.sequence, x.revision = 4, 2 },      // configured anew
		func() { x.sequence = 5 },                     //
		func() { x.sequence = 9 },                     // lost on the way
		func() { x.sequence = 4 },                     // recorded and sent again
		func() { x.state, x.sequence = 9, 0 },         // and states are lost
		func() { x.state, x.sequence = 3, 7 },         // who forged the one before knew no better
		func() { x.state, x.sequence = 1, 0 },         // switched off and on
		func() { x.sequence, x.commission = 1, 1 },    //
		func() { x.sequence, x.simulated = 2, 1 },     // a test set takes part
		func() { x.sequence, x.entries = 3, 2 },       // one more entry
		func() { x.sequence, x.id = 4, "Trip of T1" }, //
	} {
		change()
		w.frame(onLink(ied, 0x88b8, x.pdu()))
	}
	w.frame(onLink(other, 0x88b8, x.pdu())) // the same block from elsewhere
	edition2 := onLink(ied, 0x88b8, x.pdu())
	edition2[18] = 0x80
	w.frame(edition2)
	w.keep(t, "goose")
}

// TestGOOSENumbers goes through what the numbers of a block can do.
func TestGOOSENumbers(t *testing.T) {
	for _, x := range []struct {
		name              string
		state, sequence   uint32 // of the message before
		state2, sequence2 uint32
		want              goosepdu.Changes
	}{
		{"a repetition", 5, 3, 5, 4, 0},
		{"the same once more", 5, 3, 5, 3, 0},
		{"a new state", 5, 3, 6, 0, goosepdu.Event},
		{"a new state counted from 1", 5, 3, 6, 1, goosepdu.Event},
		{"the first of a new state is missing", 5, 3, 6, 2, goosepdu.Event | goosepdu.Skipped},
		{"states are missing", 5, 3, 8, 0, goosepdu.Event | goosepdu.Skipped},
		{"repetitions are missing", 5, 3, 5, 6, goosepdu.Skipped},
		{"a state from before", 5, 3, 4, 9, goosepdu.StateBack},
		{"a repetition from before", 5, 3, 5, 2, goosepdu.SequenceBack},
		{"a start", 700, 3, 1, 0, goosepdu.Restarted | goosepdu.Event},
		{"a start in the first state", 1, 90, 1, 0, goosepdu.Restarted},
		{"a start whose number is kept", 1, 90, 2, 0, goosepdu.Event},
		{"after the last repetition", 5, 1<<32 - 1, 5, 1, 0},
		{"after the last state", 1<<32 - 1, 4, 1, 0, goosepdu.Event | goosepdu.Skipped},
		{"beyond what is kept of a number", 5, 0x1ffff, 5, 0x20000, 0},
	} {
		memory, name := new([4]uint64), []byte("EXA1LD0/LLN0$GO$gcb_A")
		if got := goosepdu.See(memory, name, goosepdu.Block{State: x.state, Sequence: x.sequence}); got != goosepdu.First {
			t.Errorf("%s: %b at first", x.name, got)
		}
		if got := goosepdu.See(memory, name, goosepdu.Block{State: x.state2, Sequence: x.sequence2}); got != x.want {
			t.Errorf("%s: %b, want %b", x.name, got, x.want)
		}
	}
}

// TestGOOSEBlocks wants four blocks of a link kept apart.
func TestGOOSEBlocks(t *testing.T) {
	memory := new([4]uint64)
	for sequence := range uint32(5) {
		for i, name := range []string{"A", "B", "C", "D"} {
			got := goosepdu.See(memory, []byte(name), goosepdu.Block{State: uint32(i + 1), Sequence: sequence, Revision: uint32(i)})
			if want := goosepdu.Changes(0); sequence > 0 && got != want || sequence == 0 && got != goosepdu.First {
				t.Errorf("%s, message %d: %b", name, sequence, got)
			}
		}
	}
}

func TestGOOSEAllocates(t *testing.T) {
	body := onLink(wireStation(1), 0x88b8, gooseEvent(1, 0, 0))[14:]
	wireAllocs(t, "goose", &Message{Frame: &frame.Frame{SrcMAC: frame.MAC{2}}, Body: body})
	if isGOOSE(&Message{Frame: &frame.Frame{}, Body: []byte("hello, this is no event")}) {
		t.Error("text is taken for GOOSE")
	}
}
