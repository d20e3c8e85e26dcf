package proto

import (
	"testing"

	"tyto/frame"
)

// TestGenerateSMTP makes the capture of testdata/smtp.
func TestGenerateSMTP(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(54)
	c := w.tcp(client, 50900, server, 25)
	c.answer("220 mail.plant.example ESMTP Postfix (Debian/GNU)\r\n").ask("EHLO station5.plant.example\r\n").answer("250-mail.plant.example\r\n250 AUTH PLAIN\r\n")
	c.ask("AUTH PLAIN c29tZW9uZQ==\r\n").answer("535 5.7.8 No\r\n").ask("AUTH LOGIN\r\n").answer("334 VXNlcm5hbWU6\r\n").ask("c29tZW9uZQ==\r\n").answer("235 2.7.0 Ok\r\n")
	c.ask("MAIL FROM:<someone@plant.example>\r\n").answer("250 Ok\r\n").ask("RCPT TO:<other@plant.example>\r\n").answer("250 Ok\r\n")
	c.ask("DATA\r\n").answer("354 End with .\r\n").ask("Subject: secret\r\n\r\nEHLO secret.plant.example\r\n.\r\n").answer("250 Ok\r\n").ask("QUIT\r\n").answer("221 Bye\r\n")
	c.end()
	c = w.tcp(client, 50901, server, 587)
	c.answer("220 mail.plant.example ESMTP\r\n").ask("EHLO [192.168.17.50]\r\n").answer("250 STARTTLS\r\n").ask("STARTTLS\r\n").answer("220 Go\r\n").ask(wireHello())
	c.end()
	w.keep(t, "smtp")
}

func TestSMTPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 25, DstPort: 40000}
	wireAllocs(t, "smtp", &Message{Frame: f, Body: []byte("220 mail.plant.example ESMTP Postfix\r\n")})
}
