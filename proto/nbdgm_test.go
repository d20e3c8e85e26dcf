package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func nbdgmEncode(name string, suffix byte) []byte {
	b := []byte{32}
	for i := range 16 {
		x := byte(' ')
		if i == 15 {
			x = suffix
		} else if i < len(name) {
			x = name[i]
		}
		b = append(b, 'A'+x>>4, 'A'+x&15)
	}
	return append(b, 0)
}

func nbdgmPacket(from wireHost, source, dest string, suffix byte, slot string, data []byte) []byte {
	b := append([]byte{0x11, 0x02, 0x12, 0x34}, from.ip[:]...)
	smb := append([]byte("\xffSMB\x25"), make([]byte, 27)...)
	smb = append(smb, 17)
	offset := 33 + 34 + 2 + len(slot) + 1
	for _, w := range []int{0, len(data), 0, 0, 0, 0, 1000, 0, 0, 0, 0, len(data), offset, 3, 1, 1, 2} {
		smb = binary.LittleEndian.AppendUint16(smb, uint16(w))
	}
	smb = binary.LittleEndian.AppendUint16(smb, uint16(len(slot)+1+len(data)))
	smb = append(append(append(smb, slot...), 0), data...)
	body := append(append(nbdgmEncode(source, 0), nbdgmEncode(dest, suffix)...), smb...)
	b = append(b, 0, 138, byte(len(body)>>8), byte(len(body)), 0, 0)
	return append(b, body...)
}

func nbdgmAnnounce(command byte, name string, major, minor byte, kind uint32, comment string) []byte {
	b := append([]byte{command, 0, 0x80, 0xa9, 3, 0}, make([]byte, 16)...)
	copy(b[6:], name)
	b = binary.LittleEndian.AppendUint32(append(b, major, minor), kind)
	return append(append(b, 15, 1, 0x55, 0xaa), comment+"\x00"...)
}

// TestGenerateNBDGM makes the capture of testdata/nbdgm.
func TestGenerateNBDGM(t *testing.T) {
	w := newWire()
	all := wireHost{mac: frame.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ip: [4]byte{192, 168, 17, 255}}
	a, b, c, d := wireStation(20), wireStation(21), wireStation(22), wireStation(23)
	say := func(h wireHost, p []byte) { w.udp(h, 138, all, 138, p) }
	const browse = `\MAILSLOT\BROWSE`
	say(a, nbdgmPacket(a, "CONTROL1", "PLANT", 0x1d, browse, nbdgmAnnounce(1, "CONTROL1", 5, 1, 0x00011003, "line 3")))
	say(b, nbdgmPacket(b, "DC1", "PLANT", 0x1e, browse, nbdgmAnnounce(15, "DC1", 6, 1, 0x0084102b|1<<15, "")))
	say(c, nbdgmPacket(c, "NAS", "PLANT", 0x1e, browse, nbdgmAnnounce(1, "NAS", 4, 9, 0x00819a03, "storage (Samba, x)")))
	say(d, nbdgmPacket(d, "OLD", "PLANT", 0x1d, browse, nbdgmAnnounce(1, "OLD", 4, 0, 0x00412003, "")))
	say(b, nbdgmPacket(b, "DC1", "\x01\x02__MSBROWSE__\x02", 0x01, browse, append(nbdgmAnnounce(12, "PLANT", 3, 10, 0x80001000, ""), "DC1\x00"...)))
	say(a, nbdgmPacket(a, "CONTROL1", "PLANT", 0x1e, browse, append([]byte{8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "CONTROL1\x00"...)))
	say(a, nbdgmPacket(a, "CONTROL1", "PLANT", 0x00, browse, append([]byte{2, 0}, "CONTROL1\x00"...)))
	say(a, nbdgmPacket(a, "CONTROL1", "PLANT", 0x1c, `\MAILSLOT\NET\NETLOGON`, append([]byte{7, 0}, "CONTROL1\x00\\MAILSLOT\\NET\\GETDC1\x00"...)))
	answer := append([]byte{0x13, 0}, nbdgm16(`\\DC1`+"\x00someone\x00PLANT\x00")...)
	w.udp(b, 138, a, 138, nbdgmPacket(b, "DC1", "CONTROL1", 0x00, `\MAILSLOT\NET\GETDC1`, answer))
	w.udp(b, 138, a, 138, append([]byte{0x13, 0, 0, 1}, 192, 168, 17, 21, 0, 138, 0x82))
	w.keep(t, "nbdgm")
}

// nbdgm16 is UTF-16, little-endian, of plain text.
func nbdgm16(text string) (b []byte) {
	for i := range len(text) {
		b = append(b, text[i], 0)
	}
	return b
}

func TestNBDGMTellsNoPersons(t *testing.T) {
	h := wireStation(1)
	b := nbdgmPacket(h, "X", "Y", 0, `\MAILSLOT\NET\NETLOGON`, append([]byte{0x12, 0, 0, 0}, nbdgm16("HOST1\x00someone\x00")...))
	m := &Message{Body: b, Frame: &frame.Frame{Src: frame.V4(192, 168, 17, 1), Dst: frame.V4(192, 168, 17, 255)}}
	s := shown(t, "nbdgm", m)
	if fact(s, "smb_netlogon.unicode_computer_name") != "HOST1" {
		t.Errorf("told %v", s.Facts())
	}
	for _, x := range s.Facts() {
		if string(x.Value) == "someone" {
			t.Errorf("%s tells a person", x.Field)
		}
	}
	wireAllocs(t, "nbdgm", m)
}
