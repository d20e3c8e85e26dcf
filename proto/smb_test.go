package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func smbWide(text string) (b []byte) {
	for i := range len(text) {
		b = append(b, text[i], 0)
	}
	return b
}

func smbSession(b []byte) []byte {
	return append([]byte{0, 0, byte(len(b) >> 8), byte(len(b))}, b...)
}

// smbOne builds a message of version 1: words and data of one block.
func smbOne(command byte, answer bool, status uint32, tree uint16, words, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32(append([]byte("\xffSMB"), command), status)
	flags := byte(0x18)
	if answer {
		flags |= 0x80
	}
	b = append(b, flags, 0x01, 0xc8)
	b = append(b, make([]byte, 12)...)
	b = binary.LittleEndian.AppendUint16(b, tree)
	b = append(b, 1, 2, 3, 4, 5, 6)
	b = append(append(b, byte(len(words)/2)), words...)
	return smbSession(append(binary.LittleEndian.AppendUint16(b, uint16(len(data))), data...))
}

// smbTwo builds a message of version 2.
func smbTwo(command uint16, answer bool, status, tree uint32, body []byte) []byte {
	b := append([]byte("\xfeSMB"), 64, 0, 1, 0)
	b = binary.LittleEndian.AppendUint32(b, status)
	b = append(binary.LittleEndian.AppendUint16(b, command), 1, 0)
	flags := uint32(0)
	if answer {
		flags = 1
	}
	b = binary.LittleEndian.AppendUint32(b, flags)
	b = append(b, make([]byte, 16)...)
	b = binary.LittleEndian.AppendUint32(b, tree)
	return smbSession(append(append(b, make([]byte, 24)...), body...))
}

// smbChallenge builds an NTLM challenge; smbClaim what a client answers.
func smbChallenge(build uint16, names ...string) []byte {
	var info []byte
	for i, n := range names {
		info = binary.LittleEndian.AppendUint16(info, uint16([]int{1, 2, 3, 4}[i]))
		info = append(binary.LittleEndian.AppendUint16(info, uint16(2*len(n))), smbWide(n)...)
	}
	info = append(info, 0, 0, 0, 0)
	b := append([]byte("NTLMSSP\x00\x02\x00\x00\x00"), 0, 0, 0, 0, 56, 0, 0, 0, 0x15, 0x82, 0x89, 0xe2)
	b = append(b, make([]byte, 16)...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(info)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(info)))
	b = append(b, 56, 0, 0, 0, 10, 0)
	b = append(binary.LittleEndian.AppendUint16(b, build), 0, 0, 0, 15)
	return append(b, info...)
}

func smbClaim(user, workstation string) []byte {
	b := []byte("NTLMSSP\x00\x03\x00\x00\x00")
	u, w := smbWide(user), smbWide(workstation)
	for _, x := range [][2]int{{0, 72}, {0, 72}, {0, 72}, {len(u), 72}, {len(w), 72 + len(u)}, {0, 72}} {
		b = binary.LittleEndian.AppendUint16(b, uint16(x[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(x[0]))
		b = binary.LittleEndian.AppendUint32(b, uint32(x[1]))
	}
	b = append(b, 0x15, 0x82, 0x88, 0xe2, 10, 0, 0x65, 0x4a, 0, 0, 0, 15)
	return append(append(b, u...), w...)
}

// smbBody lays out a body of version 2: fixed part with offset and length of what follows at the place.
func smbBody(fixed []byte, at int, rest []byte) []byte {
	binary.LittleEndian.PutUint16(fixed[at:], uint16(64+len(fixed)))
	binary.LittleEndian.PutUint16(fixed[at+2:], uint16(len(rest)))
	return append(fixed, rest...)
}

// TestGenerateSMB makes the captures of testdata/smb and testdata/smb2.
func TestGenerateSMB(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(51)
	c := w.tcp(client, 50100, server, 139)
	c.say(0, append([]byte{0x81, 0, 0, 68}, append(nbdgmEncode("*SMBSERVER", 0x20), nbdgmEncode("STATION5", 0)...)...))
	c.answer("\x82\x00\x00\x00")
	c.say(0, smbOne(0x72, false, 0, 0, nil, []byte("\x02NT LM 0.12\x00")))
	negotiated := append([]byte{0, 0, 3, 50, 0, 1, 0, 4, 17, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0xfc, 0xe3, 1, 0x80}, make([]byte, 11)...)
	guid := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	c.say(1, smbOne(0x72, true, 0, 0, negotiated, guid))
	blob := smbChallenge(3790, "FILES1", "PLANT")
	setup := append([]byte{0xff, 0, 0, 0, 0, 0, byte(len(blob)), byte(len(blob) >> 8)}, blob...)
	claim := smbClaim("someone", "STATION5")
	request := []byte{0xff, 0, 0, 0, 4, 17, 10, 0, 0, 0, 0, 0, 0, 0, byte(len(claim)), byte(len(claim) >> 8), 0, 0, 0, 0, 0xd4, 0, 0, 0x80}
	pad := make([]byte, (len(claim)+59)%2)
	c.say(0, smbOne(0x73, false, 0, 0, request, append(append(claim, pad...), smbWide("Windows 2002 Service Pack 3 2600\x00Windows 2002 5.1\x00\x00")...)))
	pad = make([]byte, (len(blob)+43)%2)
	c.say(1, smbOne(0x73, true, 0xc0000016, 0, setup[:8], append(append(setup[8:], pad...), smbWide("Windows Server 2003 3790 Service Pack 2\x00Windows Server 2003 5.2\x00")...)))
	c.say(0, smbOne(0x73, false, 0, 0, request, append(append(claim, make([]byte, (len(claim)+59)%2)...), smbWide("\x00\x00")...)))
	c.say(1, smbOne(0x73, true, 0, 0, []byte{0xff, 0, 0, 0, 0, 0}, append([]byte{0}, smbWide("Windows Server 2003 3790 Service Pack 2\x00Windows Server 2003 5.2\x00PLANT\x00")...)))
	c.say(0, smbOne(0x75, false, 0, 0, []byte{0xff, 0, 0, 0, 0, 0, 1, 0}, append([]byte{0}, append(smbWide("\\\\FILES1\\ADMIN$\x00"), "?????\x00"...)...)))
	c.say(1, smbOne(0x75, true, 0, 7, []byte{0xff, 0, 0, 0, 1, 0}, []byte("A:\x00")))
	create := func(disposition byte) []byte {
		b := make([]byte, 48)
		b[0], b[35] = 0xff, disposition
		return b
	}
	c.say(0, smbOne(0xa2, false, 0, 7, create(2), append([]byte{0}, smbWide("\\secret-document\x00")...)))
	c.say(0, smbOne(0xa2, false, 0, 8, create(1), append([]byte{0}, smbWide("\\svcctl\x00")...)))
	c.say(0, smbOne(0x06, false, 0, 7, []byte{0, 0}, append([]byte{4}, smbWide("\\secret-document\x00")...)))
	c.end()
	c = w.tcp(client, 50101, server, 445)
	account := smbOne(0x73, false, 0, 0, append([]byte{0xff, 0, 0, 0, 4, 17, 10, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}, make([]byte, 8)...),
		append([]byte{0}, smbWide("someone\x00PLANT\x00Windows 2000 2195\x00Windows 2000 5.0\x00")...))
	c.say(0, smbOne(0x72, false, 0, 0, nil, []byte("\x02NT LM 0.12\x00")))
	c.say(1, smbOne(0x72, true, 0, 0, append(negotiated[:19:19], append([]byte{0x7c, 0xe3, 1, 0}, make([]byte, 11)...)...), smbWide("PLANT\x00FILES1\x00")))
	c.say(0, account).say(1, smbOne(0x73, true, 0xc000006d, 0, nil, nil))
	c.end()
	w.keep(t, "smb")

	w = newWire()
	c = w.tcp(client, 50200, server, 445)
	c.say(0, smbOne(0x72, false, 0, 0, nil, []byte("\x02NT LM 0.12\x00\x02SMB 2.002\x00\x02SMB 2.???\x00")))
	answer := append([]byte{65, 0, 1, 0, 0xff, 2, 0, 0}, guid...)
	answer = append(answer, make([]byte, 12+4)...)
	answer = binary.LittleEndian.AppendUint64(answer, 134113344000000000)
	answer = binary.LittleEndian.AppendUint64(answer, 134113000000000000)
	answer = append(answer, 128, 0, 0, 0, 0, 0, 0, 0)
	c.say(1, smbTwo(0, true, 0, 0, answer))
	ask := append([]byte{36, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 24)...)
	c.say(0, smbTwo(0, false, 0, 0, append(ask, 0x02, 0x02, 0x00, 0x03, 0x11, 0x03)))
	answer[4], answer[5] = 0x11, 0x03
	c.say(1, smbTwo(0, true, 0, 0, answer))
	c.say(0, smbTwo(1, false, 0, 0, smbBody(append([]byte{25, 0, 0, 1}, make([]byte, 20)...), 12, claim)))
	c.say(1, smbTwo(1, true, 0xc0000016, 0, smbBody([]byte{9, 0, 0, 0, 0, 0, 0, 0}, 4, smbChallenge(20348, "FILES1", "PLANT", "files1.plant.example", "plant.example"))))
	c.say(0, smbTwo(1, false, 0, 0, smbBody(append([]byte{25, 0, 0, 1}, make([]byte, 20)...), 12, claim)))
	c.say(1, smbTwo(1, true, 0, 0, smbBody([]byte{9, 0, 0, 0, 0, 0, 0, 0}, 4, nil)))
	c.say(0, smbTwo(3, false, 0, 0, smbBody([]byte{9, 0, 0, 0, 0, 0, 0, 0}, 4, smbWide(`\\FILES1\C$`))))
	c.say(1, smbTwo(3, true, 0, 9, append([]byte{16, 0, 1, 0}, make([]byte, 12)...)))
	open := func(disposition byte, name string) []byte {
		b := make([]byte, 56)
		b[0], b[36] = 57, disposition
		return smbBody(b, 44, smbWide(name))
	}
	c.say(0, smbTwo(5, false, 0, 9, open(5, "secret-document")))
	c.say(0, smbTwo(5, false, 0, 10, open(1, "SvcCtl")))
	c.say(0, smbTwo(17, false, 0, 9, append([]byte{33, 0, 1, 13, 1, 0, 0, 0}, make([]byte, 25)...)))
	c.say(0, smbSession(append([]byte("\xfdSMB"), make([]byte, 60)...)))
	c.end()
	w.keep(t, "smb2")
}

func TestSMBAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 445, DstPort: 40000}
	wireAllocs(t, "smb2", &Message{Frame: f, Body: smbTwo(1, true, 0xc0000016, 0, smbBody([]byte{9, 0, 0, 0, 0, 0, 0, 0}, 4, smbChallenge(20348, "FILES1", "PLANT")))})
	wireAllocs(t, "smb", &Message{Frame: f, Body: smbOne(0x73, true, 0, 0, []byte{0xff, 0, 0, 0, 0, 0}, append([]byte{0}, smbWide("Windows 5.1\x00Windows\x00")...))})
}

func TestSMBSplit(t *testing.T) {
	for _, x := range []struct {
		body string
		want int
	}{{"\x00\x00\x01\x00\xffSMB", 260}, {"\x00\x00\x01\x00\x12SMB", -1}, {"\x85\x00\x00\x00", 4}, {"\x00\x00", 0}, {"GET / HTTP", -1}} {
		if got := splitSMB(&Message{Body: []byte(x.body)}); got != x.want {
			t.Errorf("Split(%q) = %d, want %d", x.body, got, x.want)
		}
	}
}
