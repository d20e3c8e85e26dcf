package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func hartMessage(kind, id byte, sequence uint16, body ...byte) []byte {
	b := []byte{1, kind, id, 0}
	b = binary.BigEndian.AppendUint16(b, sequence)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(body)))
	return append(b, body...)
}

func hartAsks(sequence uint16, device, command byte, data ...byte) []byte {
	body := append([]byte{0x82, 0xa6, 0x4e, 0, 0, device, command, byte(len(data))}, data...)
	return hartMessage(0, 3, sequence, append(body, 0)...)
}

func hartSays(sequence uint16, device, command, code byte, data ...byte) []byte {
	body := append([]byte{0x86, 0xa6, 0x4e, 0, 0, device, command, byte(len(data) + 2), code, 0}, data...)
	return hartMessage(1, 3, sequence, append(body, 0)...)
}

func hartWho(device byte) []byte {
	return []byte{254, 0x26, 0x4e, 5, 7, 4, 1, 0x0a, 0, 0, 0, device, 5, 9, 0, 1, 0, 0, 38, 0, 38, 1}
}

func TestGenerateHART(t *testing.T) {
	w := newWire()
	desk, gateway := wireStation(30), wireStation(60)
	for i, x := range [][2][]byte{
		{hartMessage(0, 0, 1, 1, 0, 0, 0, 60), hartMessage(1, 0, 1, 1, 0, 0, 0, 60)},
		{hartAsks(2, 0xd2, 0), hartSays(2, 0xd2, 0, 0, hartWho(0xd2)...)},
		{hartAsks(3, 0xd2, 13), hartSays(3, 0xd2, 13, 0, 0x50, 0x94, 0xa0, 0x82, 0x08, 0x20, 0x14, 0x50, 0x82, 0x08, 0x20, 0x82, 0x08, 0x20, 0x82, 0x08, 0x20, 0x82, 1, 2, 3)},
		{hartAsks(4, 0xd2, 20), hartSays(4, 0xd2, 20, 0, append([]byte("Boiler 4 flow"), make([]byte, 19)...)...)},
		{hartAsks(5, 0xd2, 18, make([]byte, 21)...), hartSays(5, 0xd2, 18, 7)},
		{hartAsks(6, 0xd2, 42), hartSays(6, 0xd2, 42, 0)},
		{hartAsks(7, 0xd3, 0), hartSays(7, 0xd3, 0, 0, hartWho(0xd3)...)},
		{hartAsks(8, 0xd2, 3), hartSays(8, 0xd2, 3, 0, make([]byte, 24)...)},
		{hartMessage(0, 3, 9, 0x82, 1), hartMessage(0, 1, 10)},
	} {
		w.udp(desk, 40001, gateway, 5094, x[0])
		if i < 8 {
			w.udp(gateway, 5094, desk, 40001, x[1])
		}
	}
	c := w.tcp(desk, 40002, gateway, 5094)
	c.say(0, hartAsks(1, 0xd2, 0)).say(1, hartSays(1, 0xd2, 0, 0, hartWho(0xd2)...)).end()
	w.keep(t, "hart_ip")
}

func TestHARTActs(t *testing.T) {
	memory := new([4]uint64)
	f := &frame.Frame{Proto: frame.UDP, SrcPort: 5094}
	shown(t, "hart_ip", &Message{Frame: f, Body: hartAsks(6, 0xd2, 42), Memory: memory, ToServer: true})
	d := shown(t, "hart_ip", &Message{Frame: f, Body: hartSays(6, 0xd2, 42, 16), Memory: memory}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Stop || d[0].Outcome != "access restricted" {
		t.Errorf("got %+v", d)
	}
}

func TestHARTAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 5094, DstPort: 40000, Proto: frame.UDP}
	wireAllocs(t, "hart_ip", &Message{Frame: f, Body: hartSays(2, 0xd2, 0, 0, hartWho(0xd2)...)})
	away := &frame.Frame{SrcPort: 5095, DstPort: 40000, Proto: frame.UDP}
	pdu := hartAsks(3, 0xd2, 0)
	for _, x := range pdu[8 : len(pdu)-1] {
		pdu[len(pdu)-1] ^= x
	}
	if !isHART(&Message{Frame: away, Body: pdu}) || !isHART(&Message{Frame: away, Body: hartMessage(1, 0, 1, 1, 0, 0, 0, 60)}) {
		t.Error("a server's own port is not taken for HART-IP")
	}
	if pdu[9]++; isHART(&Message{Frame: away, Body: pdu}) || isHART(&Message{Frame: away, Body: hartMessage(0, 2, 1)}) {
		t.Error("a wrong check byte, or a keep alive, is taken for HART-IP anywhere")
	}
	if isHART(&Message{Frame: f, Body: []byte("hello, this is text")}) {
		t.Error("text is taken for HART-IP")
	}
}
