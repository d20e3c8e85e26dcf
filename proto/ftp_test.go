package proto

import (
	"testing"

	"tyto/frame"
)

// TestGenerateFTP makes the capture of testdata/ftp.
func TestGenerateFTP(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(53)
	c := w.tcp(client, 50800, server, 21)
	c.answer("220 NPort 5110 FTP server (version 2.1) ready.\r\n").ask("USER someone\r\n").answer("331 Password required.\r\n")
	c.ask("PASS secret\r\n").answer("530 Login incorrect.\r\n").ask("user someone\r\n").answer("331 Password required.\r\n")
	c.ask("PASS secret\r\n").answer("230 Logged in.\r\n").ask("SYST\r\n").answer("215 UNIX Type: L8\r\n")
	c.ask("STOR recipe.bin\r\n").answer("150 Go on\r\n226 Done\r\n").ask("DELE recipe.old\r\n").answer("250 Deleted\r\n").ask("XYZZY\r\n")
	c.answer("500 What\r\n").ask("RETR /flash/images/firmware-of-the-example-2.11.bin\r\n").answer("150 Opening BINARY mode data connection for it (24599 bytes).\r\n")
	c.answer("226-Sent\r\n226 Transfer complete.\r\n").ask("RETR /etc/secret\r\n").answer("550 Failed to open file.\r\n")
	c.ask("STOR a.bin\r\n").answer("150 Ok to send data.\r\n").answer("426 Connection closed\r\n").ask("APPE log.txt\r\n").ask("QUIT\r\n")
	c.end()
	c = w.tcp(client, 50801, server, 2121)
	c.answer("220-Welcome\r\n220 Second line\r\n").ask("AUTH TLS\r\n").answer("234 Go\r\n").ask(wireHello())
	c.end()
	w.keep(t, "ftp")
}

func TestFTPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 21, DstPort: 40000}
	wireAllocs(t, "ftp", &Message{Frame: f, Body: []byte("220 NPort 5110 FTP server ready.\r\n")})
}
