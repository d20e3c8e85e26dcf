package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// Syslog, RFC 5424 and its forerunner RFC 3164. What is logged is not told.
func init() {
	register(Dissector{
		Name:  "syslog",
		Where: []Where{UDP(514), TCP(514), TCP(601)},
		Is:    isSyslog, Split: splitSyslog, Tell: tellSyslog,
	})
}

// syslogPriority reads "<34>", and octets counted before it (RFC 6587): false if they are not there.
func syslogPriority(c *frame.Cursor) (n int, ok bool) {
	if c.U8() != '<' {
		return 0, false
	}
	for i := 0; i < 4; i++ {
		x := c.U8()
		if x == '>' {
			return n, i > 0 && n <= 191
		}
		if x < '0' || x > '9' {
			return 0, false
		}
		n = n*10 + int(x-'0')
	}
	return 0, false
}

// syslogCounted passes over the count of octets before a message in a stream.
func syslogCounted(c *frame.Cursor) (n int) {
	look := *c
	for i := 0; i < 6; i++ {
		x := look.U8()
		if x == ' ' && i > 0 {
			*c = look
			return n
		}
		if x < '0' || x > '9' {
			return 0
		}
		n = n*10 + int(x-'0')
	}
	return 0
}

func isSyslog(m *Message) bool {
	c := m.Read()
	if m.Frame.Proto == frame.TCP {
		syslogCounted(&c)
	}
	_, ok := syslogPriority(&c)
	return ok && c.Len() > 0
}

func splitSyslog(m *Message) int {
	c := m.Read()
	if n := syslogCounted(&c); n > 0 {
		return len(m.Body) - c.Len() + n
	}
	if c.U8() != '<' {
		return -1
	}
	if i := bytes.IndexByte(m.Body, '\n'); i >= 0 {
		return i + 1
	}
	return 0
}

var (
	syslogSource = []byte("syslog sender")
	syslogServer = []byte("syslog server")
)

func tellSyslog(m *Message, s *Sink) {
	c := m.Read()
	if m.Frame.Proto == frame.TCP {
		syslogCounted(&c)
	}
	n, ok := syslogPriority(&c)
	if !ok {
		s.Malformed("syslog: no priority")
		return
	}
	s.Op(syslogOp(n & 7))
	s.Sender(tyto.Role, syslogSource, tyto.Shown, "syslog.facility")
	s.Receiver(tyto.Role, syslogServer, tyto.Inferred, "syslog.facility")
	var host, app []byte
	if c.Has("1 ") {
		c.Skip(2)
		syslogWord(&c) // the time
		host, app = syslogWord(&c), syslogWord(&c)
	} else if syslogTime(&c) {
		host, app = syslogWord(&c), syslogTag(&c)
	}
	if syslogName(host) {
		s.Sender(tyto.Hostname, host, tyto.Shown, "syslog.hostname")
	}
	if len(app) > 1 && len(app) <= 48 {
		s.Sender(tyto.Clue, phrase.Text(app), tyto.Stated, "syslog.appname")
	}
}

func syslogOp(level int) string {
	switch {
	case level <= 3:
		return "syslog error"
	case level <= 5:
		return "syslog notice"
	}
	return "syslog information"
}

func syslogWord(c *frame.Cursor) []byte {
	i := bytes.IndexByte(c.Rest(), ' ')
	if i < 0 || i > 255 {
		c.Skip(c.Len())
		return nil
	}
	word := c.Bytes(i)
	c.U8()
	return word
}

// syslogTime passes over "Nov 25 01:02:03 " (RFC 3164 section 4.1.2).
func syslogTime(c *frame.Cursor) bool {
	b := c.Rest()
	if len(b) < 16 || b[3] != ' ' || b[6] != ' ' || b[9] != ':' || b[12] != ':' || b[15] != ' ' {
		return false
	}
	c.Skip(16)
	return true
}

// syslogTag is the program's name: what stands before ":" or "[".
func syslogTag(c *frame.Cursor) []byte {
	b := c.Rest()
	i := bytes.IndexAny(b, ":[ ")
	if i < 0 || b[i] == ' ' {
		return nil
	}
	return b[:i]
}

// syslogName reports whether a word is a host's name: letters among digits, not an address.
func syslogName(b []byte) bool {
	letters := 0
	for _, x := range b {
		switch {
		case x|0x20 >= 'a' && x|0x20 <= 'z':
			letters++
		case x >= '0' && x <= '9' || x == '-' || x == '.' || x == '_':
		default:
			return false
		}
	}
	return letters > 0 && len(b) > 1
}
