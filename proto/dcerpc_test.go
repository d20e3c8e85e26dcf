package proto

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
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
	c = w.tcp(client, 50504, server, 49155)
	c.say(0, dcerpcBindTo("e3514235-4b06-11d1-ab04-00c04fc2dcd2", nil)).say(1, dcerpcPacket(12, make([]byte, 44), nil))
	c.say(0, dcerpcRequest(0, 0, nil)).say(1, dcerpcPacket(2, make([]byte, 40), nil))
	c.say(0, dcerpcRequest(0, 3, []byte("sealed"))).say(1, dcerpcPacket(2, make([]byte, 200), []byte("sealed"))).end()
	c = w.tcp(client, 50505, server, 49156)
	c.say(0, dcerpcBindTo("12345678-1234-abcd-ef00-01234567cffb", nil)).say(1, dcerpcPacket(12, make([]byte, 44), nil))
	c.say(0, dcerpcRequest(0, 26, nil)).say(1, dcerpcPacket(2, []byte("\x14\x00\x00\x00\x00\x00\x00\x00credenti\xff\xff\x2f\x61\x00\x00\x00\x00\x22\x00\x00\xc0"), nil))
	c.say(0, dcerpcRequest(0, 26, nil)).say(1, dcerpcPacket(2, []byte("\x14\x00\x00\x00\x00\x00\x00\x00credenti\xff\xff\x2f\x61\x00\x00\x00\x00\x00\x00\x00\x00"), nil)).end()
	w.keep(t, "dcerpc")
}

// dcerpcRequest is a call of a context; it is sealed if there is a seal.
func dcerpcRequest(context, operation uint16, seal []byte) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{8, 0, 0, 0}, context)
	return dcerpcPacket(0, append(binary.LittleEndian.AppendUint16(b, operation), 1, 2, 3, 4, 5, 6, 7, 8), seal)
}

// dcerpcDoes is the acts that a message tells, as "verb operation".
func dcerpcDoes(s *Sink) (all []string) {
	for _, x := range s.Deeds() {
		if x.Verb != tyto.NoVerb {
			all = append(all, x.Verb.String()+" "+x.Operation)
		}
	}
	return all
}

func TestDCERPCCalls(t *testing.T) {
	memory := new([4]uint64)
	tell := func(body []byte) []string {
		return dcerpcDoes(shown(t, "dcerpc", &Message{Body: body, ToServer: true, Memory: memory}))
	}
	for _, c := range []struct {
		body []byte
		want string
	}{
		{dcerpcRequest(0, 3, nil), "[]"}, // of an interface that was bound before the capture began
		{dcerpcBindTo("e3514235-4b06-11d1-ab04-00c04fc2dcd2", nil), "[]"},
		{dcerpcRequest(0, 3, []byte("sealed")), "[transfer drsuapi DsGetNCChanges]"},
		{dcerpcRequest(1, 3, nil), "[]"},
		{dcerpcRequest(0, 77, nil), "[]"},
		{append([]byte{5, 0, 0, 2}, dcerpcRequest(0, 3, nil)[4:]...), "[]"}, // a later fragment
		{dcerpcBindTo("12345678-1234-abcd-ef00-01234567cffb", nil), "[]"},   // the same number is another's now
		{dcerpcRequest(0, 3, nil), "[]"},
		{dcerpcBindTo("df1941c5-fe89-4e79-bf10-463657acf44d", nil), "[]"},
		{dcerpcRequest(0, 0, nil), "[configure efs EfsRpcOpenFileRaw]"},
		{dcerpcBindTo("ffffffff-fe89-4e79-bf10-463657acf44d", nil), "[]"},
		{dcerpcRequest(0, 0, nil), "[]"},
	} {
		if got := fmt.Sprint(tell(c.body)); got != c.want {
			t.Errorf("%x: %s, want %s", c.body[:24], got, c.want)
		}
	}
}

// TestDCERPCInPipes: two pipes of one connection, each with its interface; a file that is none.
func TestDCERPCInPipes(t *testing.T) {
	memory := new([4]uint64)
	write := func(file uint64, data []byte) []byte {
		b := append([]byte{49, 0, 112, 0}, binary.LittleEndian.AppendUint32(nil, uint32(len(data)))...)
		b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(append(b, make([]byte, 8)...), file), 1)
		return smbTwo(9, false, 0, 10, append(append(b, make([]byte, 16)...), data...))
	}
	ioctl := func(file uint64, data []byte) []byte {
		b := binary.LittleEndian.AppendUint64([]byte{57, 0, 0, 0, 0x17, 0xc0, 0x11, 0}, file)
		b = append(binary.LittleEndian.AppendUint64(b, 1), 120, 0, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
		return smbTwo(11, false, 0, 10, append(append(b, make([]byte, 24)...), data...))
	}
	old := func(data []byte) []byte {
		w := make([]byte, 32)
		binary.LittleEndian.PutUint16(w[22:], uint16(len(data)))
		binary.LittleEndian.PutUint16(w[24:], 32+1+32+2)
		w[26], w[28], w[30] = 2, 0x26, 5
		return smbOne(0x25, false, 0, 10, w, data)
	}
	for _, c := range []struct {
		body []byte
		want string
	}{
		{write(7, dcerpcBindTo("367abb81-9844-35f1-ad32-98f038001003", nil)), "[]"},
		{write(8, dcerpcBindTo("12345778-1234-abcd-ef00-0123456789ac", nil)), "[]"},
		{ioctl(7, dcerpcRequest(0, 12, nil)), "[execute svcctl CreateServiceW]"},
		{ioctl(8, dcerpcRequest(0, 12, nil)), "[configure samr CreateUser]"},
		{ioctl(9, dcerpcRequest(0, 12, nil)), "[]"},
		{write(7, dcerpcRequest(0, 19, nil)), "[start svcctl StartServiceW]"},
		{write(7, []byte("text in a file")), "[]"},
		{old(dcerpcBindTo("338cd001-2244-31f1-aaaa-900038001003", nil)), "[]"},
		{old(dcerpcRequest(0, 20, nil)), "[transfer winreg SaveKey]"},
	} {
		m := &Message{Body: c.body, ToServer: true, Memory: memory}
		if got := fmt.Sprint(dcerpcDoes(shown(t, "smb2", m))); got != c.want {
			t.Errorf("%x: %s, want %s", c.body[:24], got, c.want)
		}
		sink := new(Sink)
		if n := testing.AllocsPerRun(10, func() { sink.Begin(m.Frame); tellSMB(m, sink) }); n != 0 {
			t.Errorf("%x: %v allocations", c.body[:24], n)
		}
	}
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
