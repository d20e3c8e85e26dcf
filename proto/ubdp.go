package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// Ubiquiti's discovery: its devices answer to a search, and newer ones
// announce themselves. There is no public specification; read from its messages.
func init() {
	register(Dissector{
		Name:  "ubdp",
		Where: []Where{UDP(10001)},
		Is:    isUBDP,
		Tell:  tellUBDP,
	})
}

// ubdpMost is how many fields of one message are looked at.
const ubdpMost = 64

func isUBDP(m *Message) bool {
	c := m.Read()
	version, command, n := c.U8(), c.U8(), int(c.U16())
	if c.Short() || version != 1 && version != 2 || n != c.Len()+m.Frame.Missing {
		return false
	}
	if n == 0 {
		return command == 0 || command == 8
	}
	c.U8()
	return int(c.U16()) <= c.Len()+m.Frame.Missing && !c.Short()
}

var (
	ubdpVendor = []byte("Ubiquiti")
	ubdpFields = [...]struct {
		attr  tyto.Attr
		field string
	}{
		0x03: {tyto.Clue, "ubdp.firmware_full"},
		0x0b: {tyto.Hostname, "ubdp.hostname"},
		0x0c: {tyto.Clue, "ubdp.product"},
		0x0d: {tyto.Clue, "ubdp.ssid"},
		0x14: {tyto.Model, "ubdp.model"},
		0x15: {tyto.Model, "ubdp.product"},
		0x16: {tyto.Firmware, "ubdp.firmware"},
		0x1b: {tyto.Clue, "ubdp.platform_vers"},
	}
)

func tellUBDP(m *Message, s *Sink) {
	c := m.Read()
	c.U8()
	command, n := c.U8(), c.U16()
	if n == 0 {
		s.Op("ubdp search")
		return
	}
	if command == 0 {
		s.Op("ubdp answer")
	} else {
		s.Op("ubdp announcement")
	}
	s.Sender(tyto.Vendor, ubdpVendor, tyto.Stated, "ubdp")
	full := []byte(nil)
	versioned := false
	for n := 0; c.Len() >= 3 && n < ubdpMost; n++ {
		kind, v := c.U8(), c.Sub(int(c.U16()))
		if v.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("ubdp: field runs over the end")
			}
			break
		}
		switch kind {
		case 0x03:
			full = phrase.Text(v.Rest())
		case 0x16:
			versioned = true
		}
		ubdpSays(s, kind, v)
	}
	if !versioned { // "XM.ar7240.v5.5.6.17762.130528.1755": platform, chip, version
		s.Sender(tyto.Firmware, ubdpVersion(full), tyto.Stated, "ubdp.firmware_full")
	}
}

func ubdpSays(s *Sink, kind byte, v frame.Cursor) {
	switch {
	case kind == 0x01:
		s.Sender(tyto.Clue, v.MAC().Append(s.Scratch(17)[:0]), tyto.Stated, "ubdp.mac")
	case kind == 0x02:
		mac, a := v.MAC(), v.IPv4()
		if !v.Short() {
			sure := tyto.Inferred
			if mac == s.SenderSubject().MAC {
				sure = tyto.Stated
			}
			s.Has(mac, a, sure, "ubdp.ip")
		}
	case int(kind) < len(ubdpFields) && ubdpFields[kind].field != "":
		x := ubdpFields[kind]
		s.Sender(x.attr, phrase.Text(v.Rest()), tyto.Stated, x.field)
	}
}

// ubdpVersion is the version in the name of a firmware; nil if there is none.
func ubdpVersion(full []byte) []byte {
	for i := 0; i+2 < len(full); i++ {
		if full[i] == '.' && full[i+1] == 'v' && full[i+2] >= '0' && full[i+2] <= '9' {
			return full[i+1:]
		}
	}
	return nil
}
