package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
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

func gooseEvent(state, sequence, test byte) []byte {
	return tlv(0x61, tlv(0x80, []byte("EXA1LD0/LLN0$GO$gcb_A")), tlv(0x81, []byte{8}), tlv(0x82, []byte("EXA1LD0/LLN0$Interlocking")),
		tlv(0x83, []byte("Interlocking")), tlv(0x84, make([]byte, 8)), tlv(0x85, []byte{state}), tlv(0x86, []byte{sequence}), tlv(0x87, []byte{test}),
		tlv(0x88, []byte{1}), tlv(0x89, []byte{1}), tlv(0x8a, []byte{1}), tlv(0xab, tlv(0x83, []byte{1})))
}

func TestGenerateGOOSE(t *testing.T) {
	w := newWire()
	ied := wireStation(60)
	for _, pdu := range [][]byte{gooseEvent(1, 0, 0), gooseEvent(1, 1, 0), gooseEvent(2, 0, 0), gooseEvent(2, 1, 0xff), gooseEvent(2, 2, 0)[:90]} {
		w.frame(onLink(ied, 0x88b8, pdu))
	}
	w.keep(t, "goose")
}

func TestGOOSEAllocates(t *testing.T) {
	body := onLink(wireStation(1), 0x88b8, gooseEvent(1, 0, 0))[14:]
	wireAllocs(t, "goose", &Message{Frame: &frame.Frame{SrcMAC: frame.MAC{2}}, Body: body})
	if isGOOSE(&Message{Frame: &frame.Frame{}, Body: []byte("hello, this is no event")}) {
		t.Error("text is taken for GOOSE")
	}
}
