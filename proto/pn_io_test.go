package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

const (
	pnioObject = "\xde\xa0\x00\x00\x6c\x97\x11\xd1\x82\x71\x00\x01\x03\x01\x00\x2a"
	pnioUUID   = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
)

// pnio is a message of a station's interface in network order.
func pnio(kind byte, operation uint16, status uint32, blocks ...string) []byte {
	var body []byte
	for _, x := range blocks {
		body = append(body, x...)
	}
	b := append([]byte{4, kind, 0x20, 0, 0, 0, 0, 0}, pnioObject...)
	b = append(b, "\xde\xa0\x00\x01"+pnioBig...)
	b = append(append(b, pnioUUID...), 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, operation)
	b = append(b, 0xff, 0xff, 0xff, 0xff)
	b = binary.BigEndian.AppendUint16(b, uint16(20+len(body)))
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, status)
	for range 2 {
		b = append(b, 0, 0, 0, byte(len(body)), 0, 0, 0x10, 0)
	}
	return append(b, body...)
}

// pnioBlock is a block of version 1.0.
func pnioBlock(kind uint16, body string) string {
	b := binary.BigEndian.AppendUint16(nil, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(2+len(body)))
	return string(append(b, 1, 0)) + body
}

func pnioAt(kind uint16, slot byte, index string) string {
	return pnioBlock(kind, "\x00\x01"+pnioUUID+"\x00\x00\x00\x00\x00"+string([]byte{slot})+"\x00\x01\x00\x00"+index+"\x00\x00\x00\x40"+string(make([]byte, 24)))
}

func pnioText(text string, n int) string { return text + string(make([]byte, n-len(text))) }

var (
	pnioConnect     = pnioBlock(0x0101, "\x00\x01"+pnioUUID+"\x00\x02\x02\x00\x5e\x10\x00\x21"+"\xde\xa0\x00\x00\x6c\x97\x11\xd1\x82\x71\x00\x64\x01\x0d\x00\x2a"+"\x00\x00\x00\x11\x02\x58\x88\x92\x00\x06plc-05")
	pnioMaintenance = pnioBlock(0x0020, "\x00\x2a"+pnioText("6ES7 155-6AU00-0BN0", 20)+pnioText("S C-EXAMPLE0004", 16)+"\x00\x02V\x03\x01\x02\x00\x00\xf6\x00\x00\x01\x01\x01\x00\x0e")
	pnioEndpoint    = string(make([]byte, 36+16)) + "\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x40" + "Example IO 16             6ES7 155-6AU00-0BN0      2 V  3  1  2\x00"
)

// TestGeneratePNIO makes the capture of testdata/pn_io.
func TestGeneratePNIO(t *testing.T) {
	w := newWire()
	plc, io := wireStation(34), wireStation(66)
	ask := func(b []byte) { w.udp(plc, 49153, io, 34964, b) }
	answer := func(b []byte) { w.udp(io, 49160, plc, 49153, b) }
	ask(pnio(0, 0, 4096, pnioConnect))
	answer(pnio(2, 0, 0, pnioBlock(0x8101, "\x00\x01"+pnioUUID+"\x00\x02\x02\x00\x5e\x10\x00\x42\x88\x92"), pnioBlock(0x8106, "\x00\x08valve-10")))
	ask(pnio(0, 3, 4096, pnioAt(0x0008, 1, "\x80\x51")))
	answer(pnio(2, 3, 0, pnioAt(0x8008, 1, "\x80\x51")))
	ask(pnio(0, 3, 4096, pnioAt(0x0008, 0, "\x80\x52")))
	answer(pnio(2, 3, 0xdf80b600, pnioAt(0x8008, 0, "\x80\x52")))
	ask(pnio(0, 2, 4096, pnioAt(0x0009, 0, "\xaf\xf0")))
	answer(pnio(2, 2, 0, pnioAt(0x8009, 0, "\xaf\xf0"), pnioMaintenance))
	ask(pnio(0, 5, 4096, pnioAt(0x0009, 2, "\xaf\xf0")))
	answer(pnio(2, 5, 0, pnioAt(0x8009, 2, "\xaf\xf0"), pnioMaintenance))
	ask(pnio(0, 5, 4096, pnioAt(0x0009, 0, "\xaf\xf1")))
	answer(pnio(2, 5, 0, pnioAt(0x8009, 0, "\xaf\xf1"), pnioBlock(0x0021, pnioText("Filling", 32)+pnioText("Hall 7", 22)), pnioBlock(0x0022, "2026-01-01 00:00")))
	ask(pnio(0, 4, 4096, pnioBlock(0x0110, "\x00\x00"+pnioUUID+"\x00\x02\x00\x00\x00\x01\x00\x00")))
	ask(pnio(0, 1, 4096, pnioBlock(0x0114, "\x00\x00"+pnioUUID+"\x00\x02\x00\x00\x00\x04\x00\x00")))
	answer(pnio(2, 0, 0xdb810103))
	ask(pnio(0, 0, 4096, "\x01\x01\xff\x00\x01\x00"))
	lookup := func(kind byte, body string) []byte {
		b := pnio(kind, 2, 0)[:80]
		copy(b[24:], pnioMapperB)
		binary.BigEndian.PutUint16(b[74:], uint16(len(body)))
		return append(b, body...)
	}
	ask(lookup(0, "\x00\x00\x00\x00"))
	w.udp(io, 34964, plc, 49153, lookup(2, pnioEndpoint))
	w.keep(t, "pn_io")
}

func TestPNIORecords(t *testing.T) {
	f := &frame.Frame{SrcPort: 49160, DstPort: 49153, Proto: frame.UDP}
	s := shown(t, "pn_io", &Message{Frame: f, Body: pnio(2, 2, 0, pnioAt(0x8009, 0, "\xaf\xf0"), pnioMaintenance)})
	for field, want := range map[string]string{"pn_io.order_id": "6ES7 155-6AU00-0BN0", "pn_io.im_serial_number": "S C-EXAMPLE0004",
		"pn_io.im_revision_prefix": "V3.1.2", "pn_io.im_hardware_revision": "2", "pn_io.vendor_id_high": "0x002a"} {
		if got := fact(s, field); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
	s = shown(t, "pn_io", &Message{Frame: f, Body: pnio(2, 3, 0xdf80b600, pnioAt(0x8008, 1, "\x80\x51"))})
	if d := s.Deeds(); len(d) != 1 || d[0].Verb != tyto.Write || string(d[0].Object) != "slot 1 subslot 0x0001 record 0x8051" || d[0].Outcome != "refused: write" {
		t.Errorf("got %+v", d)
	}
}

func TestPNIOAllocatesNothing(t *testing.T) {
	f := &frame.Frame{SrcPort: 49153, DstPort: 34964, Proto: frame.UDP, SrcMAC: frame.MAC{2}, DstMAC: frame.MAC{2, 1}}
	wireAllocs(t, "pn_io", &Message{Frame: f, Body: pnio(0, 0, 4096, pnioConnect)})
}
