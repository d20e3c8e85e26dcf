package proto

import (
	"testing"

	"tyto/frame"
)

func svSamples(ids ...string) []byte {
	var units []byte
	for _, id := range ids {
		units = append(units, tlv(0x30, tlv(0x80, []byte(id)), tlv(0x81, []byte("EXMU1/LLN0$Samples")), tlv(0x82, []byte{0, 7}), tlv(0x83, []byte{0, 0, 0, 1}),
			tlv(0x85, []byte{1}), tlv(0x87, make([]byte, 64)))...)
	}
	return tlv(0x60, tlv(0x80, []byte{byte(len(ids))}), tlv(0xa2, units))
}

func TestGenerateSV(t *testing.T) {
	w := newWire()
	unit := wireStation(60)
	for _, pdu := range [][]byte{svSamples("EXMU0101"), svSamples("EXMU0101"), svSamples("EXMU0102", "EXMU0103"), svSamples(""), svSamples("EXMU0101")} {
		w.frame(onLink(unit, 0x88ba, pdu))
	}
	w.keep(t, "sv")
}

func TestSVAllocates(t *testing.T) {
	body := onLink(wireStation(1), 0x88ba, svSamples("EXMU0102", "EXMU0103"))[14:]
	wireAllocs(t, "sv", &Message{Frame: &frame.Frame{SrcMAC: frame.MAC{2}}, Body: body})
	if isSV(&Message{Frame: &frame.Frame{}, Body: []byte("hello, these are no samples")}) {
		t.Error("text is taken for Sampled Values")
	}
}
