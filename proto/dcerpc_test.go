package proto

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func dcerpcPacket(kind byte, body, auth []byte) []byte {
	if len(auth) > 0 {
		body = append(append(body, 10, 2, 0, 0, 1, 0, 0, 0), auth...)
	}
	b := []byte{5, 0, kind, 3, 0x10, 0, 0, 0}
	b = binary.LittleEndian.AppendUint16(b, uint16(16+len(body)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(auth)))
	return append(append(b, 1, 0, 0, 0), body...)
}

func dcerpcBindTo(id string, auth []byte) []byte {
	raw, _ := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	for _, x := range [][2]int{{0, 3}, {1, 2}, {4, 5}, {6, 7}} {
		raw[x[0]], raw[x[1]] = raw[x[1]], raw[x[0]]
	}
	b := append([]byte{0xb8, 0x10, 0xb8, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0}, raw...)
	return dcerpcPacket(11, append(append(b, 3, 0, 0, 0), make([]byte, 20)...), auth)
}

// TestGenerateDCERPC makes the capture of testdata/dcerpc.
func TestGenerateDCERPC(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(51)
	c := w.tcp(client, 50500, server, 135)
	c.say(0, dcerpcBindTo("e1af8308-5d1f-11c9-91a4-08002b14a0fa", nil)).say(1, dcerpcPacket(12, make([]byte, 44), nil))
	c.say(0, dcerpcPacket(0, make([]byte, 100), nil)).say(1, dcerpcPacket(2, make([]byte, 120), nil))
	c.end()
	c = w.tcp(client, 50501, server, 49152)
	c.say(0, dcerpcBindTo("367abb81-9844-35f1-ad32-98f038001003", []byte("NTLMSSP\x00\x01\x00\x00\x00\x97\x82\x08\xe2\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0a\x00\x65\x4a\x00\x00\x00\x0f")))
	c.say(1, dcerpcPacket(12, make([]byte, 44), smbChallenge(20348, "FILES1", "PLANT")))
	c.say(0, dcerpcPacket(16, []byte{0, 0, 0, 0}, smbClaim("someone", "STATION5")))
	c.end()
	c = w.tcp(client, 50502, server, 49153)
	c.say(0, dcerpcBindTo("39c13a4d-011e-11d0-9675-0020afd8adb3", nil)).end()
	c = w.tcp(server, 50503, client, 49154)
	c.say(0, dcerpcBindTo("39c13a70-011e-11d0-9675-0020afd8adb3", nil)).end()
	w.keep(t, "dcerpc")
}

func TestDCERPCKnowsOPC(t *testing.T) {
	for id, want := range map[string]string{"39c13a52-011e-11d0-9675-0020afd8adb3": "opc classic client", "39c13a70-011e-11d0-9675-0020afd8adb3": "opc classic server",
		"367abb81-9844-35f1-ad32-98f038001003": ""} {
		role := ""
		s := shown(t, "dcerpc", &Message{Body: dcerpcBindTo(id, nil), ToServer: true})
		for _, x := range s.Facts() {
			if x.Attr == tyto.Role && x.Subject == s.SenderSubject() {
				role = string(x.Value)
			}
		}
		if role != want {
			t.Errorf("%s: got %q, want %q", id, role, want)
		}
	}
}

func TestDCERPCAllocates(t *testing.T) {
	f := &frame.Frame{Proto: frame.TCP, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 135}
	m := &Message{Frame: f, Body: dcerpcBindTo("367abb81-9844-35f1-ad32-98f038001003", nil), ToServer: true}
	if !isDCERPC(m) {
		t.Error("it is not recognised")
	}
	wireAllocs(t, "dcerpc", m)
}
