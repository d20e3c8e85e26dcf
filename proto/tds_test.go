package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func tdsPacket(kind byte, body []byte) []byte {
	return append([]byte{kind, 1, byte((len(body) + 8) >> 8), byte(len(body) + 8), 0, 0, 1, 0}, body...)
}

func tdsHello(major byte, build uint16) []byte {
	b := []byte{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, major, 0}
	return append(binary.BigEndian.AppendUint16(b, build), 0, 0, 2)
}

func tdsLoginBy(host, user, app string) []byte {
	b := make([]byte, 94)
	data := []byte{}
	for i, x := range []string{host, user, "secret", app} {
		binary.LittleEndian.PutUint16(b[36+4*i:], uint16(94+len(data)))
		binary.LittleEndian.PutUint16(b[38+4*i:], uint16(len(x)))
		data = append(data, smbWide(x)...)
	}
	b = append(b, data...)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	binary.LittleEndian.PutUint32(b[4:], 0x74000004)
	return tdsPacket(0x10, b)
}

// TestGenerateTDS makes the capture of testdata/tds.
func TestGenerateTDS(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(52)
	c := w.tcp(client, 50700, server, 1433)
	c.say(0, tdsPacket(0x12, tdsHello(11, 0))).say(1, tdsPacket(4, tdsHello(15, 2000)))
	c.say(0, tdsLoginBy("STATION5", "someone", "Historian"))
	c.say(1, tdsPacket(4, []byte{0xaa, 10, 0, 0x18, 0x48, 0, 0, 1, 14, 0, 0, 0, 0}))
	c.say(0, tdsLoginBy("STATION5", "someone", "Historian"))
	c.say(1, tdsPacket(4, []byte{0xad, 10, 0, 1, 0x74, 0, 0, 4, 0, 15, 0, 7, 0xd0}))
	c.say(0, tdsPacket(1, smbWide("select 1")))
	c.end()
	w.keep(t, "tds")
}

func TestTDSAllocates(t *testing.T) {
	f := &frame.Frame{Proto: frame.TCP, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 1433}
	m := &Message{Frame: f, Body: tdsLoginBy("STATION5", "someone", "Historian"), ToServer: true}
	if !isTDS(m) {
		t.Error("it is not recognised")
	}
	wireAllocs(t, "tds", m)
}
