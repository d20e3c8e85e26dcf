package proto

import (
	"slices"
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// ipmi is a message of IPMI 1.5 outside of a session.
func ipmi(net, command byte, data string) []byte {
	body := cat(0x20, int(net)<<2, 0, 0x81, 0, int(command), data, 0)
	return cat("\x06\x00\xff\x07\x00", make([]byte, 8), len(body), body)
}

// rakp is a payload of a session of IPMI 2.0 that begins.
func rakp(kind byte, data string) []byte {
	return cat("\x06\x00\xff\x07\x06", int(kind), make([]byte, 8), len(data), 0, data)
}

const (
	rmcpGUID   = "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
	rmcpPong   = "\x06\x00\xff\x06\x00\x00\x11\xbe\x40\x07\x00\x10\x00\x00\x02\xa2\x00\x00\x00\x00\x81\x00\x00\x00\x00\x00\x00\x00"
	rmcpDevice = "\x00\x20\x81\x02\x63\x02\xbf\xa2\x02\x00\x00\x01\x00\x00\x00\x00"
)

// TestGenerateRMCP makes the capture of testdata/rmcp.
func TestGenerateRMCP(t *testing.T) {
	w := newWire()
	desk, board := wireStation(30), wireStation(80)
	ask := func(b []byte) { w.udp(desk, 40623, board, 623, b) }
	answer := func(b []byte) { w.udp(board, 623, desk, 40623, b) }
	ask([]byte("\x06\x00\xff\x06\x00\x00\x11\xbe\x80\x07\x00\x00"))
	answer([]byte(rmcpPong))
	ask(ipmi(6, 0x38, "\x8e\x04"))
	answer(ipmi(7, 0x38, "\x00\x01\x97\x04\x03\xa2\x02\x00\x00"))
	ask(ipmi(6, 0x37, ""))
	answer(ipmi(7, 0x37, "\x00"+rmcpGUID))
	ask(ipmi(6, 1, ""))
	answer(ipmi(7, 1, rmcpDevice))
	ask(rakp(0x10, "\x00\x00\x00\x00\x01\x02\x03\x04"+strings.Repeat("\x00\x00\x00\x08\x00\x00\x00\x00", 3)))
	answer(rakp(0x11, "\x00\x00\x04\x00\x01\x02\x03\x04\x05\x06\x07\x08"+strings.Repeat("\x00\x00\x00\x08\x00\x00\x00\x00", 3)))
	ask(rakp(0x12, "\x00\x00\x00\x00\x05\x06\x07\x08"+strings.Repeat("r", 16)+"\x14\x00\x00\x05admin"))
	answer(rakp(0x13, "\x00\x00\x00\x00\x01\x02\x03\x04"+strings.Repeat("s", 16)+rmcpGUID))
	ask(rakp(0x14, "\x00\x0f\x00\x00\x05\x06\x07\x08"))
	ask(rakp(0x12, "\x00\x00\x00\x00\x05\x06\x07\x08"+strings.Repeat("r", 16)+"\x14\x00\x00\x05admin"))
	answer(rakp(0x15, "\x00\x00\x00\x00\x01\x02\x03\x04"))
	ask(ipmi(0, 2, "\x03"))
	ask(rakp(0xc0, "encrypted"))
	answer(ipmi(7, 1, "\x00\x20"))
	w.keep(t, "rmcp")
}

func TestRMCPTells(t *testing.T) {
	m := func(b []byte, toServer bool) *Message {
		f := &frame.Frame{SrcMAC: wireStation(80).mac, SrcPort: 623, DstPort: 40000, Proto: frame.UDP}
		return &Message{Frame: f, Body: b, ToServer: toServer, Memory: new([4]uint64)}
	}
	s := shown(t, "rmcp", m(ipmi(7, 1, rmcpDevice), false))
	if fact(s, "ipmi.app01.manufacturer") != "674" || fact(s, "ipmi.app01.fw.major") != "2.63" || fact(s, "ipmi.app01.product") != "256" {
		t.Errorf("device id: %+v", s.Facts())
	}
	var keys []string
	s = shown(t, "rmcp", m(rakp(0x13, "\x00\x00\x00\x00\x01\x02\x03\x04"+strings.Repeat("s", 16)+rmcpGUID), false))
	for _, f := range s.Facts() {
		if f.Attr == tyto.Identity {
			keys = append(keys, string(f.Value))
		}
	}
	want := []string{"machine:uuid:00112233-4455-6677-8899-aabbccddeeff", "machine:uuid:33221100-5544-7766-8899-aabbccddeeff", "machine:uuid:ffeeddcc-bbaa-9988-6677-445500112233"}
	if !slices.Equal(keys, want) {
		t.Errorf("guid: %q", keys)
	}
	for name, x := range map[string]struct {
		m    *Message
		want tyto.Verb
	}{
		"power":            {m(ipmi(0, 2, "\x00"), true), tyto.Stop},
		"wrong password":   {m(rakp(0x14, "\x00\x0f\x00\x00"), true), tyto.LoginFailed},
		"no such user":     {m(rakp(0x13, "\x00\x0d\x00\x00"), false), tyto.LoginFailed},
		"logged in":        {m(rakp(0x15, "\x00\x00\x00\x00"), false), tyto.Login},
		"logged in by 1.5": {m(ipmi(7, 0x3a, "\x00"), false), tyto.Login},
		"user changed":     {m(ipmi(6, 0x47, "\x02\x02secret"), true), tyto.Configure},
	} {
		s := shown(t, "rmcp", x.m)
		if deeds := s.Deeds(); len(deeds) != 1 || deeds[0].Verb != x.want {
			t.Errorf("%s: %+v", name, deeds)
		}
	}
	if isRMCP(m([]byte("\x06\x00\xff\x06\x00\x00\x00\x01\x80\x07\x00\x00"), true)) {
		t.Error("another enterprise's message is taken for ASF")
	}
}

func TestRMCPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 623, DstPort: 40000, Proto: frame.UDP}
	wireAllocs(t, "rmcp", &Message{Frame: f, Body: ipmi(7, 1, rmcpDevice)})
	wireAllocs(t, "rmcp", &Message{Frame: f, Body: ipmi(7, 0x37, "\x00"+rmcpGUID)})
}
