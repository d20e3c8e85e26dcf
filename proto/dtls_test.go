package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["dtls"] = dtlsPackets }

func dtlsPackets() [][]byte {
	record := func(kind int, body []byte) []byte {
		return cat(kind, uint16(0xfefd), uint16(0), make([]byte, 6), sized16(body))
	}
	handshake := func(kind int, parts ...any) []byte {
		body := cat(parts...)
		return record(22, cat(kind, 0, uint16(len(body)), uint16(0), 0, uint16(0), 0, uint16(len(body)), body))
	}
	sni := cat(uint16(0), uint16(19), uint16(17), 0, sized16([]byte("iot.corp.exam1")))
	client := handshake(1, uint16(0xfefd), make([]byte, 32), 0, 4, "cook", uint16(4), uint16(0xc02b), uint16(0xc0a8), 1, 0, sized16(sni))
	server1 := handshake(2, uint16(0xfefd), make([]byte, 32), 0, uint16(0xc02b), 0)
	return [][]byte{
		onUDP(laptop, server, 40000, 5684, client),
		onUDP(server, laptop, 5684, 40000, handshake(3, uint16(0xfefd), 4, "cook")),
		onUDP(server, laptop, 5684, 40000, cat(server1, record(22, []byte{11, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}))),
		onUDP(laptop, server, 40000, 5684, cat(23, uint16(0xfefd), uint16(1), make([]byte, 6), sized16(make([]byte, 24)))),
		onUDP(laptop, printer, 40001, 40002, client),
		onUDP(laptop, server, 40000, 5684, cat(client, 22, uint16(0xfefd), uint16(0), make([]byte, 6), uint16(900))),
	}
}

func TestDTLS(t *testing.T) {
	p := dtlsPackets()
	says(t, "dtls", p[0], "clue=iot.corp.exam1 stated dtls.handshake.extensions_server_name", "dtls.handshake.ja3")
	says(t, "dtls", p[2], "service=udp/5684 dtls", "dtls.handshake.ja3s")
	says(t, "dtls", p[5], "malformed: dtls: record ends early")
	if isDTLS(&Message{Frame: &frame.Frame{}, Body: []byte("\x16\x03\x01\x00\x05hello world what"), Memory: new([4]uint64)}) {
		t.Error("TLS is taken for DTLS")
	}
}
