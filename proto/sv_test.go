package proto

import (
	"testing"

	"tyto/frame"
)

func svSamples(ids ...string) []byte { return svOf("Samples", 7, 1, 1, ids...) }

func svOf(set string, count, revision, synchronised byte, ids ...string) []byte {
	var units []byte
	for _, id := range ids {
		units = append(units, tlv(0x30, tlv(0x80, []byte(id)), tlv(0x81, []byte("EXMU1/LLN0$"+set)), tlv(0x82, []byte{0, count}), tlv(0x83, []byte{0, 0, 0, revision}),
			tlv(0x85, []byte{synchronised}), tlv(0x87, make([]byte, 64)))...)
	}
	return tlv(0x60, tlv(0x80, []byte{byte(len(ids))}), tlv(0xa2, units))
}

func TestGenerateSV(t *testing.T) {
	w := newWire()
	unit := wireStation(60)
	for _, pdu := range [][]byte{svSamples("EXMU0101"), svSamples("EXMU0101"), svSamples("EXMU0102", "EXMU0103"), svSamples(""), svSamples("EXMU0101")} {
		w.frame(onLink(unit, 0x88ba, pdu))
	}
	for _, pdu := range [][]byte{
		svOf("Samples", 0, 1, 1, "EXMU0101"), // a new second
		svOf("Samples", 1, 2, 1, "EXMU0101"), // another revision
		svOf("Others", 2, 2, 1, "EXMU0101"),  // another data set, the same revision
		svOf("Others", 3, 2, 0, "EXMU0101"),  // the clock is lost
	} {
		w.frame(onLink(unit, 0x88ba, pdu))
	}
	simulated := onLink(unit, 0x88ba, svOf("Others", 4, 2, 0, "EXMU0101"))
	simulated[18] = 0x80
	w.frame(simulated)
	w.frame(onLink(wireStation(99), 0x88ba, svOf("Others", 4, 2, 0, "EXMU0101"))) // the same stream from elsewhere
	w.keep(t, "sv")
}

func TestSVAllocates(t *testing.T) {
	body := onLink(wireStation(1), 0x88ba, svSamples("EXMU0102", "EXMU0103"))[14:]
	wireAllocs(t, "sv", &Message{Frame: &frame.Frame{SrcMAC: frame.MAC{2}}, Body: body})
	if isSV(&Message{Frame: &frame.Frame{}, Body: []byte("hello, these are no samples")}) {
		t.Error("text is taken for Sampled Values")
	}
}
