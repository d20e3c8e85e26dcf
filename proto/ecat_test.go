package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func ecatPut(command byte, device, register, processed uint16, more bool, data ...byte) []byte {
	b := []byte{command, 7}
	b = binary.LittleEndian.AppendUint16(b, device)
	b = binary.LittleEndian.AppendUint16(b, register)
	length := uint16(len(data))
	if more {
		length |= 0x8000
	}
	b = binary.LittleEndian.AppendUint16(b, length)
	b = append(append(b, 0, 0), data...)
	return binary.LittleEndian.AppendUint16(b, processed)
}

func ecatFrame(datagrams ...[]byte) (b []byte) {
	for _, d := range datagrams {
		b = append(b, d...)
	}
	return append(binary.LittleEndian.AppendUint16(nil, uint16(len(b))|1<<12), b...)
}

// ecatReads is what a master asks for and gets of the EEPROM of a device, from a word on.
func ecatReads(device, word uint16, data ...byte) [][]byte {
	return [][]byte{
		ecatFrame(ecatPut(5, device, 0x502, 1, false, 0, 1, byte(word), byte(word>>8), 0, 0)),
		ecatFrame(ecatPut(4, device, 0x508, 1, false, data...)),
	}
}

func TestGenerateECAT(t *testing.T) {
	w := newWire()
	out := func(mac frame.MAC, b []byte) {
		w.frame(append(append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, mac[:]...), append([]byte{0x88, 0xa4}, b...)...))
	}
	mac := frame.MAC{0x00, 0x00, 0x5e, 0x10, 0x00, 60}
	back := mac
	back[0] |= 2
	out(mac, ecatFrame(ecatPut(7, 0, 0, 0, false, 0)))
	out(back, ecatFrame(ecatPut(7, 3, 0, 3, false, 0)))
	for _, x := range ecatReads(0x1001, 8, 2, 0, 0, 0, 0x52, 0x2c, 0x4c, 0x04) {
		out(back, x)
	}
	for _, x := range ecatReads(0x1002, 8, 2, 0, 0, 0, 0x52, 0x30, 0xec, 0x03) {
		out(back, x)
	}
	for _, x := range ecatReads(0x1002, 12, 0, 0, 0x11, 0, 77, 0, 0, 0) {
		out(back, x)
	}
	out(back, ecatFrame(ecatPut(2, 3, 0x502, 1, false, 0, 1, 10, 0, 0, 0), ecatPut(1, 3, 0x508, 1, false, 1, 2, 3, 4)))
	out(back, ecatFrame(ecatPut(2, 3, 0x502, 1, true, 0, 1, 10, 0, 0, 0), ecatPut(1, 3, 0x508, 1, false, 1, 2, 3, 4)))
	out(back, ecatFrame(ecatPut(1, 3, 0x502, 1, true, 0, 1, 8, 0, 0, 0, 2, 0, 0, 0, 0x52, 0x2c, 0x4c, 4), ecatPut(1, 2, 0x502, 1, false, 0, 1, 8, 0, 0, 0, 2, 0, 0, 0, 0x52, 0x30, 0xec, 3)))
	out(back, ecatFrame(ecatPut(8, 3, 0x120, 3, false, 8, 0)))
	out(back, ecatFrame(ecatPut(5, 0x1002, 0x120, 1, false, 1, 0)))
	out(back, ecatFrame(ecatPut(12, 0, 0, 3, false, make([]byte, 16)...)))
	out(back, ecatFrame(ecatPut(99, 0, 0, 3, false, 1)))
	w.keep(t, "ecat")
}

func TestECATAllocates(t *testing.T) {
	f := &frame.Frame{SrcMAC: frame.MAC{2, 0, 0, 0, 0, 1}}
	wireAllocs(t, "ecat", &Message{Frame: f, Body: ecatReads(0x1001, 8, 2, 0, 0, 0, 0x52, 0x2c, 0x4c, 0x04)[1], Memory: &[4]uint64{ecatKnown | 8<<32 | 0x1001}})
	if isECAT(&Message{Frame: f, Body: []byte("hello, this is text")}) {
		t.Error("text is taken for EtherCAT")
	}
}
