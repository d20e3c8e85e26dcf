package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Network Time Protocol: RFC 5905, its control messages RFC 9327, and the
// private mode 7 of ntpd.
func init() {
	register(Dissector{
		Name:  "ntp",
		Where: []Where{UDP(123)},
		Is:    isNTP,
		Tell:  tellNTP,
	})
}

// Modes of messages.
const (
	ntpActive    = 1
	ntpPassive   = 2
	ntpClient    = 3
	ntpServer    = 4
	ntpBroadcast = 5
	ntpControl   = 6
	ntpPrivate   = 7
)

func isNTP(m *Message) bool {
	c := m.Read()
	first := c.U8()
	version, mode, n := first>>3&7, first&7, len(m.Body)+m.Frame.Missing
	switch {
	case version < 1 || version > 4 || mode == 0 && version > 1:
		return false
	case mode == ntpControl:
		return n >= 12 && c.U8()&0x1f <= 31
	case mode == ntpPrivate:
		return n >= 8
	}
	return n >= 48 && c.U8() <= 16 && len(m.Body) >= 16
}

var (
	ntpServes  = []byte("ntp server")
	ntpAgainst = []byte("ntp client")
)

func tellNTP(m *Message, s *Sink) {
	c := m.Read()
	first := c.U8()
	switch first & 7 {
	case ntpActive, ntpPassive:
		s.Op("ntp symmetric")
		ntpServe(m, s, c)
	case ntpServer:
		s.Op("ntp server")
		ntpServe(m, s, c)
	case ntpBroadcast:
		s.Op("ntp broadcast")
		ntpServe(m, s, c)
	case ntpClient, 0:
		s.Op("ntp client")
		s.Sender(tyto.Role, ntpAgainst, tyto.Shown, "ntp.flags.mode")
	case ntpControl:
		ntpReadControl(m, s, c)
	case ntpPrivate:
		ntpReadPrivate(s, first, c)
	}
}

// ntpServe tells of who gives the time: from whom it has it, how good it is.
// Stratum 0 is a refusal (RFC 5905 section 7.4), 16 has no time itself.
func ntpServe(m *Message, s *Sink, c frame.Cursor) {
	stratum := c.U8()
	c.Skip(10)
	id := c.Bytes(4)
	if c.Short() || stratum == 0 || stratum > 15 {
		if stratum == 0 {
			s.Op("ntp refusal")
		}
		return
	}
	s.Sender(tyto.Role, ntpServes, tyto.Shown, "ntp.flags.mode")
	s.Sender(tyto.Clue, phrase.Number(s.Scratch(2)[:0], uint64(stratum)), tyto.Stated, "ntp.stratum")
	if b := s.Scratch(phrase.ServiceRoom); b != nil && m.Frame.SrcPort == 123 {
		s.Sender(tyto.Provides, phrase.Service(b[:0], "udp/", 123, "ntp", nil), tyto.Shown, "ntp.flags.mode")
	}
	switch {
	case stratum == 1: // its kind of clock: "GPS", "DCFa", "PPS"
		s.Sender(tyto.Clue, phrase.Text(phrase.Until(id, 0)), tyto.Stated, "ntp.refid")
	case m.Frame.Flags&frame.IPv4 != 0:
		s.Sender(tyto.Clue, frame.AddrOf(id).Append(s.Scratch(15)[:0]), tyto.Stated, "ntp.refid")
	}
}

var ntpVariables = [...]struct {
	name  string
	attr  tyto.Attr
	field string
}{
	{"version=", tyto.Clue, "ntp.ctrl.item"},
	{"processor=", tyto.Clue, "ntp.ctrl.item"},
	{"system=", tyto.OS, "ntp.ctrl.item"},
}

// ntpReadControl reads a control message: what a server says of its program,
// processor and system when it is asked for its variables.
func ntpReadControl(m *Message, s *Sink, c frame.Cursor) {
	op := c.U8()
	c.Skip(8)
	n := int(c.U16())
	if op&0x80 == 0 {
		ntpControlOp(s, op&0x1f)
		return
	}
	s.Op("ntp control response")
	if c.Short() || n > c.Len()+m.Frame.Missing {
		s.Malformed("ntp: control message ends early")
		return
	}
	if op&0x1f != 2 {
		return
	}
	text := frame.Read(c.Bytes(min(n, c.Len())))
	for i := 0; text.Len() > 0 && i < 64; i++ {
		for text.Has(" ") || text.Has("\r") || text.Has("\n") {
			text.U8()
		}
		item := ntpItem(&text)
		for j := range ntpVariables {
			x := &ntpVariables[j]
			if len(item) > len(x.name) && string(item[:len(x.name)]) == x.name {
				s.Sender(x.attr, phrase.Text(ntpUnquote(item[len(x.name):])), tyto.Stated, x.field)
			}
		}
	}
}

// ntpItem reads up to the next comma that is not in quotes.
func ntpItem(c *frame.Cursor) []byte {
	rest, quoted := c.Rest(), false
	for i, x := range rest {
		if x == '"' {
			quoted = !quoted
		}
		if x == ',' && !quoted {
			c.Skip(i + 1)
			return rest[:i]
		}
	}
	c.Skip(len(rest))
	return rest
}

func ntpUnquote(v []byte) []byte {
	if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
		return v[1 : len(v)-1]
	}
	return v
}

func ntpControlOp(s *Sink, op byte) {
	switch op {
	case 1:
		s.Op("ntp read status")
	case 2:
		s.Did(tyto.Identify, "ntp read variables", nil, "")
	case 3:
		s.Did(tyto.Configure, "ntp write variables", nil, "")
	case 8:
		s.Did(tyto.Configure, "ntp configure", nil, "")
	default:
		s.Op("ntp control")
	}
}

// ntpReadPrivate tells requests of mode 7; the list of clients (20, 42) is a favourite to flood others with.
func ntpReadPrivate(s *Sink, first byte, c frame.Cursor) {
	c.Skip(2)
	code := c.U8()
	switch {
	case first&0x80 != 0:
		s.Op("ntp private response")
	case code == 20 || code == 42:
		s.Did(tyto.Browse, "ntp monlist", nil, "")
	default:
		s.Op("ntp private request")
	}
}
