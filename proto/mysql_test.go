package proto

import (
	"testing"

	"tyto/frame"
)

func mysqlPacket(sequence byte, text string) string {
	return string([]byte{byte(len(text)), 0, 0, sequence}) + text
}

const mysqlHello = "\x0a5.7.33-log\x00\x08\x00\x00\x00abcdefgh\x00\xff\xf7\x08\x02\x00\xff\x81\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00abcdefghijkl\x00mysql_native_password\x00"

// TestGenerateMySQL makes the capture of testdata/mysql.
func TestGenerateMySQL(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(57)
	login := "\x85\xa6\xff\x01\x00\x00\x00\x01\x21" + string(make([]byte, 23)) + "someone\x00\x14abcdefghijklmnopqrst"
	c := w.tcp(client, 51400, server, 3306)
	c.answer(mysqlPacket(0, mysqlHello)).ask(mysqlPacket(1, login)).answer(mysqlPacket(2, "\xff\x15\x04#28000Access denied for user 'someone'"))
	c.end()
	c = w.tcp(client, 51401, server, 3306)
	c.answer(mysqlPacket(0, mysqlHello)).ask(mysqlPacket(1, login)).answer(mysqlPacket(2, "\x00\x00\x00\x02\x00\x00\x00")).ask(mysqlPacket(0, "\x03select 1"))
	c.end()
	c = w.tcp(client, 51402, server, 3306)
	c.answer(mysqlPacket(0, mysqlHello)).ask(mysqlPacket(1, "\x85\xae\xff\x01\x00\x00\x00\x01\x21"+string(make([]byte, 23)))).ask(wireHello())
	c.end()
	w.keep(t, "mysql")
}

func TestMySQLAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 3306, DstPort: 40000}
	wireAllocs(t, "mysql", &Message{Frame: f, Body: []byte(mysqlPacket(0, mysqlHello))})
}
