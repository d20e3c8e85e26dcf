package proto

import (
	"testing"

	"tyto/frame"
)

// TestGenerateTelnet makes the capture of testdata/telnet.
func TestGenerateTelnet(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(56)
	c := w.tcp(client, 51300, server, 23)
	c.answer("\xff\xfd\x18\xff\xfd\x20").ask("\xff\xfb\x18\xff\xfc\x20").answer("\xff\xfa\x18\x01\xff\xf0").ask("\xff\xfa\x18\x00VT100\xff\xf0")
	c.answer("\r\nEX-600 switch, firmware 3.2\r\n\r\n\x1b[1mlogin: ").ask("someone\r\n").answer("someone\r\nPassword: ").ask("secret\r\n")
	c.answer("\r\nLogin incorrect\r\nlogin: ").ask("someone\r\n").answer("someone\r\nPassword: ").ask("secret\r\n").answer("\r\nEX-600> ")
	c.end()
	w.keep(t, "telnet")
}

func TestTelnetAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 23, DstPort: 40000}
	wireAllocs(t, "telnet", &Message{Frame: f, Body: []byte("\xff\xfd\x18\r\nEX-600 switch\r\nlogin: ")})
}
