package proto

import (
	"testing"

	"tyto/frame"
)

// TestGeneratePOP makes the capture of testdata/pop.
func TestGeneratePOP(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(54)
	c := w.tcp(client, 51000, server, 110)
	c.answer("+OK Dovecot (Debian) ready. <1896.697170952@plant.example>\r\n").ask("USER someone\r\n").answer("+OK\r\n").ask("PASS secret\r\n").answer("-ERR no\r\n")
	c.ask("user someone\r\n").answer("+OK\r\n").ask("pass secret\r\n").answer("+OK Logged in.\r\n").ask("RETR 1\r\n").answer("+OK\r\nSubject: secret\r\n.\r\n").ask("QUIT\r\n")
	c.end()
	c = w.tcp(client, 51001, server, 110)
	c.answer("+OK ready\r\n").ask("STLS\r\n").answer("+OK\r\n").ask(wireHello())
	c.end()
	w.keep(t, "pop")
}

func TestPOPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 110, DstPort: 40000}
	wireAllocs(t, "pop", &Message{Frame: f, Body: []byte("+OK Dovecot ready.\r\n")})
}
