package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func kipMessage(service uint16, body ...byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{6, 0x10}, service)
	b = binary.BigEndian.AppendUint16(b, uint16(6+len(body)))
	return append(b, body...)
}

var kipHost = []byte{8, 1, 192, 168, 17, 60, 0x0e, 0x57}

func kipDescription() []byte {
	b := []byte{54, 1, 2, 0, 0x11, 0x01, 0, 0, 0x00, 0x83, 0x76, 0x40, 0x01, 0xa4, 224, 0, 23, 12, 2, 0, 0x5e, 0x10, 0, 61}
	name := make([]byte, 30)
	copy(name, "EXK-IP000.03 interface")
	return append(append(b, name...), 4, 2, 2, 1)
}

// kipGroup is a telegram to the group 1/2/3 with a service of the bus.
func kipGroup(code byte, service uint16) []byte {
	return []byte{code, 0, 0xbc, 0xe0, 0, 0, 0x0a, 3, 1, byte(service >> 8), byte(service)}
}

func TestGenerateKIP(t *testing.T) {
	w := newWire()
	desk, gateway := wireStation(30), wireStation(60)
	all := wireHost{ip: [4]byte{224, 0, 23, 12}}
	w.udp(desk, 40001, all, 3671, kipMessage(0x0201, kipHost...))
	w.udp(gateway, 3671, desk, 40001, kipMessage(0x0202, append(kipHost, kipDescription()...)...))
	connection := []byte{4, 7, 0, 0}
	for _, x := range [][2][]byte{
		{kipMessage(0x0203, kipHost...), kipMessage(0x0204, kipDescription()...)},
		{kipMessage(0x0205, append(kipHost, append(kipHost, 4, 4, 2, 0)...)...), kipMessage(0x0206, append([]byte{7, 0}, append(kipHost, 4, 4, 0x11, 2)...)...)},
		{kipMessage(0x0420, append(connection, kipGroup(0x11, 0x81)...)...), kipMessage(0x0421, connection...)},
		{kipMessage(0x0420, append(connection, kipGroup(0x11, 0x00)...)...), kipMessage(0x0420, append(connection, kipGroup(0x29, 0x41)...)...)},
		{kipMessage(0x0420, append(connection, 0x11, 0, 0xbc, 0x60, 0, 0, 0x11, 5, 1, 3, 0x80)...), kipMessage(0x0421, connection...)},
		{kipMessage(0x0420, append(connection, 0x11, 0, 0xbc, 0x60, 0, 0, 0x11, 5, 3, 2, 0x81, 1, 2)...), kipMessage(0x0421, connection...)},
		{kipMessage(0x0209, append([]byte{7, 0}, kipHost...)...), kipMessage(0x0204, 54, 1, 2)},
	} {
		w.udp(desk, 40001, gateway, 3671, x[0])
		w.udp(gateway, 3671, desk, 40001, x[1])
	}
	c := w.tcp(desk, 40002, gateway, 3671)
	c.say(0, kipMessage(0x0203, kipHost...)).say(1, kipMessage(0x0204, kipDescription()...)).end()
	w.keep(t, "kip")
}

func TestKIPIs(t *testing.T) {
	f := &frame.Frame{DstPort: 40000, Proto: frame.UDP}
	for _, x := range []struct {
		body []byte
		want bool
	}{
		{kipMessage(0x0201, kipHost...), true},
		{append(kipMessage(0x0201, kipHost...), 0), false},
		{kipMessage(0x0999), false},
		{[]byte{6, 0x10}, false},
	} {
		if got := isKIP(&Message{Frame: f, Body: x.body}); got != x.want {
			t.Errorf("Is(%x) = %v, want %v", x.body, got, x.want)
		}
	}
}

func TestKIPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 3671, DstPort: 40000, Proto: frame.UDP}
	wireAllocs(t, "kip", &Message{Frame: f, Body: kipMessage(0x0204, kipDescription()...)})
}
