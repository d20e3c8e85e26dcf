package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func codesys16(s string) (b []byte) {
	for _, r := range s {
		b = append(b, byte(r), 0)
	}
	return append(b, 0, 0)
}

func codesysSays(service int, body ...any) []byte {
	return cat(0xc5, 0x73, 0x40, service, 0, 0x43, 0x2d, 0xdc, cat(body...))
}

func codesysOverTCP(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte(codesysTCP), uint32(len(b)+8)), b...)
}

func codesysNode() []byte {
	return codesysSays(4, "\x80\x02\x00\x04", uint32(0x11223344), 4, 0, 1, 0, 10, 0, 12, 0, 15, 0, uint32(0x10), uint32(0x2), uint32(0x03050c00),
		codesys16("PRESS-7"), codesys16("EXC-400 WebPanel"), codesys16("Example Control GmbH"), 0, 0)
}

func codesysTwo(os, kind, product string) []byte {
	b := make([]byte, 200)
	copy(b, "\xbb\xbb\x01\x00\x00\x00\x01")
	copy(b[65:], os)
	copy(b[97:], kind)
	copy(b[129:], product)
	return b
}

func TestGenerateCodesys(t *testing.T) {
	w := newWire()
	desk, plc, all := wireStation(30), wireStation(60), wireHost{mac: frame.MAC{255, 255, 255, 255, 255, 255}, ip: [4]byte{192, 168, 17, 255}}
	w.udp(desk, 1743, all, 1740, codesysSays(3, "\x80\x02\x00\x04", uint32(1)))
	w.udp(plc, 1740, desk, 1743, codesysNode())
	w.udp(desk, 1743, plc, 1740, codesysSays(64, make([]byte, 20)))
	w.udp(desk, 1743, plc, 1740, codesysSays(9, make([]byte, 20)))
	c := w.tcp(desk, 40001, plc, 11740)
	c.say(0, codesysOverTCP(codesysSays(64, make([]byte, 40)))).say(1, codesysOverTCP(codesysSays(64, make([]byte, 40)))).end()
	c = w.tcp(desk, 40002, plc, 2455)
	c.say(0, []byte("\xbb\xbb\x01\x00\x00\x00\x01")).say(1, codesysTwo("Nucleus PLUS", "Nucleus PLUS version unknown", "Example Automation")).end()
	w.keep(t, "codesys")
}

func TestCodesysTells(t *testing.T) {
	s := shown(t, "codesys", &Message{Frame: &frame.Frame{Proto: frame.UDP, SrcPort: 1740}, Body: codesysNode()})
	if fact(s, "codesys.node_name") != "PRESS-7" || fact(s, "codesys.device_name") != "EXC-400 WebPanel" || fact(s, "codesys.vendor_name") != "Example Control GmbH" {
		t.Errorf("got %+v", s.Facts())
	}
}

func TestCodesysAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 1740, DstPort: 1743, Proto: frame.UDP}
	wireAllocs(t, "codesys", &Message{Frame: f, Body: codesysNode()})
	if isCodesys(&Message{Frame: f, Body: []byte("\xc5 is some text")}) {
		t.Error("text is taken for CODESYS")
	}
}
