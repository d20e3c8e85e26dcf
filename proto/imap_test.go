package proto

import (
	"testing"

	"tyto/frame"
)

// TestGenerateIMAP makes the capture of testdata/imap.
func TestGenerateIMAP(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(54)
	c := w.tcp(client, 51100, server, 143)
	c.answer("* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot (Debian) ready.\r\n").ask("a1 LOGIN someone secret\r\n").answer("a1 NO [AUTHENTICATIONFAILED] no\r\n")
	c.ask("a2 login someone secret\r\n").answer("a2 OK Logged in\r\n").ask("a3 SELECT secret\r\n").answer("* 3 EXISTS\r\na3 OK done\r\n")
	c.ask("a4 FETCH 1 BODY[]\r\n").answer("* 1 FETCH (BODY[] {17}\r\nSubject: secret\r\n)\r\na4 OK\r\n").ask("a5 LOGOUT\r\n")
	c.end()
	c = w.tcp(client, 51101, server, 143)
	c.answer("* OK ready\r\n").ask("1 STARTTLS\r\n").answer("1 OK go\r\n").ask(wireHello())
	c.end()
	w.keep(t, "imap")
}

func TestIMAPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 143, DstPort: 40000}
	wireAllocs(t, "imap", &Message{Frame: f, Body: []byte("* OK Dovecot ready.\r\n")})
}
