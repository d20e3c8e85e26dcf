package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/jsonfield"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// TP-Link's protocol for smart home devices of the Kasa family: JSON, each
// byte XORed with the one before it on the wire.
func init() {
	register(Dissector{
		Name:  "tplink-smarthome",
		Where: []Where{UDP(9999), TCP(9999)},
		Is:    isTPLink, Split: splitTPLink, Tell: tellTPLink,
	})
}

// tplinkMost is how much of one message is deciphered, in bytes.
const tplinkMost = 4096

// tplinkBody is the message without the length that precedes it in a stream.
func tplinkBody(m *Message) []byte {
	c := m.Read()
	if m.Frame.Proto == frame.TCP {
		c.U32()
	}
	return c.Rest()
}

func isTPLink(m *Message) bool {
	b := tplinkBody(m)
	if len(b) < 4 || b[0]^171 != '{' {
		return false
	}
	second := b[1] ^ b[0]
	return second == '"' || second == '}' || second == '\n' || second == ' '
}

func splitTPLink(m *Message) int {
	c := m.Read()
	n := c.U32()
	switch {
	case c.Short():
		return 0
	case n == 0 || n > 1<<20 || c.Len() > 0 && c.U8()^171 != '{':
		return -1
	}
	return 4 + int(n)
}

var tplinkFields = [...]struct {
	name  string
	attr  tyto.Attr
	field string
}{
	{"model", tyto.Model, "tplink_smarthome.model"},
	{"sw_ver", tyto.Firmware, "tplink_smarthome.sw_ver"},
	{"hw_ver", tyto.Hardware, "tplink_smarthome.hw_ver"},
	{"alias", tyto.Description, "tplink_smarthome.alias"},
	{"dev_name", tyto.Clue, "tplink_smarthome.dev_name"},
	{"description", tyto.Clue, "tplink_smarthome.dev_name"},
	{"type", tyto.Clue, "tplink_smarthome.type"},
	{"mic_type", tyto.Clue, "tplink_smarthome.type"},
	{"mac", tyto.Clue, "tplink_smarthome.mac"},
	{"mic_mac", tyto.Clue, "tplink_smarthome.mac"},
	{"oemId", tyto.Clue, "tplink_smarthome.oemId"},
}

var tplinkVendor = []byte("TP-Link")

func tellTPLink(m *Message, s *Sink) {
	cipher := tplinkBody(m)
	text := s.Scratch(min(len(cipher), tplinkMost))
	for i, key := 0, byte(171); i < len(text); i++ {
		text[i], key = cipher[i]^key, cipher[i]
	}
	if len(text) == 0 || text[0] != '{' {
		s.Malformed("tplink-smarthome: not JSON")
		return
	}
	if !bytes.Contains(text, []byte(`"err_code"`)) { // which every answer has
		tplinkAsked(s, text)
		return
	}
	s.Op("tplink answer")
	if jsonfield.Get(text, "deviceId") == nil {
		return
	}
	s.Sender(tyto.Vendor, tplinkVendor, tyto.Stated, "tplink_smarthome.msg")
	for i := range tplinkFields {
		x := &tplinkFields[i]
		s.Sender(x.attr, phrase.Text(jsonfield.Get(text, x.name)), tyto.Stated, x.field)
	}
	if id := phrase.Text(jsonfield.Get(text, "deviceId")); len(id) >= 16 && len(id) <= 64 {
		s.Sender(tyto.Identity, phrase.Join(phrase.Add(s.Scratch(72)[:0], "tplink:"), id), tyto.Stated, "tplink_smarthome.deviceId")
	}
}

// tplinkActs are the commands that change something, by what they are called.
var tplinkActs = [...]struct {
	word, op string
	verb     tyto.Verb
}{
	{`"set_relay_state"`, "tplink switch", tyto.Write}, {`"transition_light_state"`, "tplink light", tyto.Write},
	{`"reset"`, "tplink factory reset", tyto.Configure}, {`"reboot"`, "tplink reboot", tyto.Stop},
	{`"download_firmware"`, "tplink firmware", tyto.UpdateFirmware}, {`"flash_firmware"`, "tplink firmware", tyto.UpdateFirmware},
	{`"set_stainfo"`, "tplink join network", tyto.Configure}, {`"set_server_url"`, "tplink cloud server", tyto.Configure},
}

func tplinkAsked(s *Sink, text []byte) {
	for i := range tplinkActs {
		if x := &tplinkActs[i]; bytes.Contains(text, []byte(x.word)) {
			s.Did(x.verb, x.op, nil, "")
			return
		}
	}
	s.Op("tplink request")
}
