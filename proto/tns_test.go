package proto

import (
	"testing"

	"tyto/frame"
)

func tnsPacket(kind byte, body string) string {
	n := len(body) + 8
	return string([]byte{byte(n >> 8), byte(n), 0, 0, kind, 0, 0, 0}) + body
}

const tnsAsk = "\x01\x3a\x01\x2c\x00\x00\x08\x00\x7f\xff\x7f\x08\x00\x00\x01\x00\x00\x60\x00\x3a\x00\x00\x08\x00\x41\x41" +
	"(DESCRIPTION=(CONNECT_DATA=(SID=orcl)(CID=(PROGRAM=C:\\someone\\historian.exe)(HOST=STATION5)(USER=someone)))(ADDRESS=(PROTOCOL=TCP)(HOST=192.168.17.57)(PORT=1521)))"

// TestGenerateTNS makes the capture of testdata/tns.
func TestGenerateTNS(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(57)
	c := w.tcp(client, 51700, server, 1521)
	c.ask(tnsPacket(1, tnsAsk)).answer(tnsPacket(11, "")).ask(tnsPacket(1, tnsAsk)).answer(tnsPacket(2, "\x01\x3a\x00\x00\x08\x00\x7f\xff\x01\x00\x00\x00\x00\x20\x41\x01"))
	c.ask(tnsPacket(6, "\x00\x00\xde\xad\xbe\xef"))
	c.end()
	c = w.tcp(client, 51701, server, 1521)
	c.ask(tnsPacket(1, tnsAsk)).answer(tnsPacket(4, "\x04\x00\x00\x50(DESCRIPTION=(TMP=)(VSNNUM=186647552)(ERR=12505)(ERROR_STACK=(ERROR=(CODE=12505)(EMFI=4))))"))
	c.end()
	w.keep(t, "tns")
}

func TestTNSAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 1521}
	m := &Message{Frame: f, Body: []byte(tnsPacket(1, tnsAsk)), ToServer: true}
	if !isTNS(m) {
		t.Error("it is not recognised")
	}
	wireAllocs(t, "tns", m)
}
