package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func pgsqlPacket(kind, text string) string {
	return kind + string(binary.BigEndian.AppendUint32(nil, uint32(len(text)+4))) + text
}

// TestGeneratePgSQL makes the capture of testdata/pgsql.
func TestGeneratePgSQL(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(57)
	startup := pgsqlPacket("", "\x00\x03\x00\x00user\x00someone\x00database\x00secret\x00\x00")
	c := w.tcp(client, 51500, server, 5432)
	c.ask("\x00\x00\x00\x08\x04\xd2\x16\x2f").answer("N").ask(startup).answer(pgsqlPacket("R", "\x00\x00\x00\x05salt")).ask(pgsqlPacket("p", "md5secret\x00"))
	c.answer(pgsqlPacket("E", "SFATAL\x00C28P01\x00Mpassword authentication failed for user \"someone\"\x00\x00"))
	c.end()
	c = w.tcp(client, 51501, server, 5432)
	c.ask(startup).answer(pgsqlPacket("R", "\x00\x00\x00\x00") + pgsqlPacket("S", "server_version\x0015.4\x00") + pgsqlPacket("Z", "I")).ask(pgsqlPacket("Q", "select 1\x00"))
	c.end()
	c = w.tcp(client, 51502, server, 5432)
	c.ask("\x00\x00\x00\x08\x04\xd2\x16\x2f").answer("S").ask(wireHello())
	c.end()
	w.keep(t, "pgsql")
}

func TestPgSQLAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 5432, DstPort: 40000}
	wireAllocs(t, "pgsql", &Message{Frame: f, Body: []byte(pgsqlPacket("S", "server_version\x0015.4\x00"))})
}
