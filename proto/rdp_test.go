package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func rdpPacket(x224 []byte) []byte {
	return append([]byte{3, 0, byte((len(x224) + 4) >> 8), byte(len(x224) + 4)}, x224...)
}

func rdpAsk(cookie string, protocols byte) []byte {
	body := append([]byte{0xe0, 0, 0, 0, 0, 0}, cookie...)
	body = append(body, 1, 0, 8, 0, protocols, 0, 0, 0)
	return rdpPacket(append([]byte{byte(len(body))}, body...))
}

func rdpCreate(name string, build uint32) []byte {
	core := []byte{0x01, 0xc0, 0xd8, 0, 4, 0, 8, 0, 0, 4, 0, 3, 0x01, 0xca, 0x03, 0xaa, 9, 4, 0, 0}
	core = binary.LittleEndian.AppendUint32(core, build)
	core = append(core, smbWide(name)...)
	core = append(core, make([]byte, 216-len(core))...)
	b := append([]byte{2, 0xf0, 0x80, 0x7f, 0x65, 0x82, 1, 0x20}, "\x00\x05\x00\x14\x7c\x00\x01Duca\x80\xd8"...)
	return rdpPacket(append(b, core...))
}

// TestGenerateRDP makes the capture of testdata/rdp.
func TestGenerateRDP(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(51)
	c := w.tcp(client, 50600, server, 3389)
	c.say(0, rdpAsk("Cookie: mstshash=someone\r\n", 3)).say(1, rdpPacket([]byte{14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 2, 0, 0, 0}))
	c.ask(wireHello())
	c.end()
	c = w.tcp(client, 50601, server, 3390)
	c.say(0, rdpAsk("Cookie: mstshash=someone\r\n", 0)).say(1, rdpPacket([]byte{14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 0, 0, 0, 0}))
	c.say(0, rdpCreate("STATION5", 2600))
	c.end()
	c = w.tcp(client, 50602, server, 3389)
	c.say(0, rdpAsk("", 1)).say(1, rdpPacket([]byte{14, 0xd0, 0, 0, 0x12, 0x34, 0, 3, 0, 8, 0, 5, 0, 0, 0}))
	c.end()
	w.keep(t, "rdp")
}

func TestRDPAllocates(t *testing.T) {
	f := &frame.Frame{Proto: frame.TCP, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 3389}
	wireAllocs(t, "rdp", &Message{Frame: f, Body: rdpCreate("STATION5", 2600), ToServer: true})
	if s := shown(t, "rdp", &Message{Body: rdpAsk("Cookie: mstshash=someone\r\n", 3)}); len(s.Facts()) > 0 {
		t.Errorf("the cookie was told: %v", s.Facts())
	}
}
