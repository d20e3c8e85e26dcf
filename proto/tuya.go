package proto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"

	"tyto/frame"
	"tyto/proto/jsonfield"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// Tuya's local protocol: devices announce themselves on UDP 6666 in clear, on
// 6667 under a key that all of them share; TCP 6668 is control.
func init() {
	register(Dissector{
		Name:  "tuya",
		Where: []Where{UDP(6666), UDP(6667), TCP(6668)},
		Is:    isTuya, Split: splitTuya, Tell: tellTuya,
	})
	sum := md5.Sum([]byte("yGAdlopoPVldABfn"))
	tuyaKey, _ = aes.NewCipher(sum[:])
}

// tuyaKey deciphers announcements. It is public: every device has it.
var tuyaKey cipher.Block

// tuyaPrefix begins a message.
const tuyaPrefix = 0x000055aa

func isTuya(m *Message) bool {
	c := m.Read()
	prefix := c.U32()
	c.Skip(8)
	n := c.U32()
	return !c.Short() && prefix == tuyaPrefix && n >= 8 && n < 1<<16
}

func splitTuya(m *Message) int {
	c := m.Read()
	if c.Len() < 16 {
		return 0
	}
	if !isTuya(m) {
		return -1
	}
	c.Skip(12)
	return 16 + int(c.U32())
}

func tellTuya(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(8)
	command, n := c.U32(), int(c.U32())
	if n > c.Len() && !m.Cut && m.Frame.Missing == 0 {
		s.Malformed("tuya: message ends early")
		return
	}
	body := c.Bytes(min(n, c.Len()))
	if m.Frame.Proto == frame.TCP {
		tuyaControl(s, command)
		return
	}
	s.Op("tuya announcement")
	if len(body) < 12 {
		return
	}
	body = body[:len(body)-8] // checksum and the mark of the end
	if body[0] == 0 {
		body = body[4:] // a code of success
	}
	if len(body) > 0 && body[0] != '{' {
		body = tuyaOpen(s, body)
	}
	tuyaDevice(s, body)
}

// tuyaOpen deciphers an announcement, AES in mode ECB.
func tuyaOpen(s *Sink, body []byte) []byte {
	text := s.Scratch(min(len(body), 2048) &^ 15)
	for i := 0; i+16 <= len(text); i += 16 {
		tuyaKey.Decrypt(text[i:i+16], body[i:i+16])
	}
	if len(text) == 0 || text[0] != '{' {
		return nil
	}
	return text
}

var (
	tuyaVendor = []byte("Tuya")
	tuyaRole   = []byte("tuya device")
)

func tuyaDevice(s *Sink, text []byte) {
	id := phrase.Text(jsonfield.Get(text, "gwId"))
	if len(id) < 8 || len(id) > 40 {
		return
	}
	s.Sender(tyto.Role, tuyaRole, tyto.Stated, "tuya.gwId")
	s.Sender(tyto.Clue, tuyaVendor, tyto.Stated, "tuya.platform")
	s.Sender(tyto.Identity, phrase.Join(phrase.Add(s.Scratch(48)[:0], "tuya:"), id), tyto.Stated, "tuya.gwId")
	s.Sender(tyto.Clue, phrase.Text(jsonfield.Get(text, "productKey")), tyto.Stated, "tuya.productKey")
	s.Sender(tyto.Clue, phrase.Text(jsonfield.Get(text, "version")), tyto.Stated, "tuya.version")
}

func tuyaControl(s *Sink, command uint32) {
	switch command {
	case 7, 13:
		s.Did(tyto.Write, "tuya control", nil, "")
	case 8:
		s.Op("tuya status")
	case 9:
		s.Op("tuya heartbeat")
	case 10, 16:
		s.Op("tuya query")
	default:
		s.Op("tuya other")
	}
}
