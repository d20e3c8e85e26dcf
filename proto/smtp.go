package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The Simple Mail Transfer Protocol (RFC 5321; RFC 3207, RFC 4954). Addresses
// and mails are passed over.
func init() {
	register(Dissector{
		Name:  "smtp",
		Where: []Where{TCP(25), TCP(587), TCP(2525)},
		Is:    isSMTP, Split: splitSMTP, Tell: tellSMTP,
	})
}

// What Memory[0] of a conversation keeps.
const (
	smtpLogin = 1 << iota // a login is under way
	smtpSecure
	smtpAsked // the client asked to send a mail
	smtpMail  // the client is sending it
	smtpGreeted
)

const (
	smtpMaxLine = 2048
	smtpBanner  = 100 // how much of a greeting a service is called by, in bytes
)

// smtpCode is the code of an answer (RFC 5321 section 4.2), 0 if it is none.
func smtpCode(b []byte) int {
	if len(b) < 4 || b[3] != ' ' && b[3] != '-' {
		return 0
	}
	n := 0
	for _, x := range b[:3] {
		if x < '0' || x > '9' {
			return 0
		}
		n = 10*n + int(x-'0')
	}
	return n
}

var smtpCommands = [...]string{"EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "QUIT", "AUTH", "STAR", "NOOP", "VRFY", "EXPN"}

var smtpOps = [...]string{"smtp EHLO", "smtp HELO", "smtp MAIL", "smtp RCPT", "smtp DATA", "smtp RSET", "smtp QUIT", "smtp AUTH",
	"smtp STARTTLS", "smtp NOOP", "smtp VRFY", "smtp EXPN"}

// smtpWord is the index of the command that begins a line, or -1.
func smtpWord(line []byte) int {
	if len(line) < 4 {
		return -1
	}
	var upper [4]byte
	for i := range upper {
		upper[i] = line[i]
		if x := line[i]; x >= 'a' && x <= 'z' {
			upper[i] -= 'a' - 'A'
		}
	}
	for i, w := range smtpCommands {
		if w == string(upper[:]) {
			return i
		}
	}
	return -1
}

func isSMTP(m *Message) bool {
	code := smtpCode(m.Body)
	return code == 220 || code == 554 || code == 421 || code == 0 && smtpWord(m.Body) >= 0
}

func splitSMTP(m *Message) int {
	i := bytes.IndexByte(m.Body, '\n')
	if i < 0 && len(m.Body) > smtpMaxLine {
		if m.Memory[0]&smtpMail != 0 && m.ToServer {
			return len(m.Body)
		}
		return -1
	}
	return i + 1
}

func tellSMTP(m *Message, s *Sink) {
	c := frame.Read(m.Body)
	line := c.Line()
	switch {
	case !m.ToServer:
		smtpAnswer(m, s, line)
	case m.Memory[0]&smtpMail != 0:
		if len(line) == 1 && line[0] == '.' {
			m.Memory[0] &^= smtpMail
		}
	default:
		smtpCommand(m, s, line)
	}
}

func smtpCommand(m *Message, s *Sink, line []byte) {
	i := smtpWord(line)
	if i < 0 { // what a login goes on with
		return
	}
	s.Op(smtpOps[i])
	switch i {
	case 0, 1:
		if len(line) > 5 {
			smtpHost(s, bytes.TrimSpace(line[5:]), "smtp.req.parameter")
		}
	case 4:
		m.Memory[0] |= smtpAsked
	case 7:
		m.Memory[0] |= smtpLogin
	case 8:
		m.Memory[0] |= smtpSecure
	}
}

var (
	smtpLocal  = []byte("localhost")
	smtpServer = []byte("mail server")
	smtpClear  = []byte("in the clear")
)

// smtpHost tells a name by which a host greets, if it is one.
func smtpHost(s *Sink, name []byte, field string) {
	letter := false
	for _, x := range name {
		switch {
		case x|0x20 >= 'a' && x|0x20 <= 'z':
			letter = true
		case x >= '0' && x <= '9', x == '.', x == '-', x == '_':
		default:
			return
		}
	}
	if letter && len(name) <= 255 && !bytes.HasPrefix(name, smtpLocal) {
		s.Sender(tyto.Hostname, name, tyto.Shown, field)
	}
}

func smtpAnswer(m *Message, s *Sink, line []byte) {
	code := smtpCode(line)
	memory := &m.Memory[0]
	switch {
	case code == 220 && *memory&smtpSecure != 0:
		s.Op("smtp secured")
		s.Switch()
	case code == 220 && *memory&smtpGreeted == 0:
		*memory |= smtpGreeted
		smtpGreeting(m, s, line[4:])
	case code == 354 && *memory&smtpAsked != 0:
		*memory = *memory&^smtpAsked | smtpMail
	case code == 235 && *memory&smtpLogin != 0:
		*memory &^= smtpLogin
		s.Undergone(tyto.Login, "smtp AUTH", smtpClear, "ok")
	case code >= 500 && *memory&smtpLogin != 0:
		*memory &^= smtpLogin
		s.Undergone(tyto.LoginFailed, "smtp AUTH", smtpClear, "refused")
	}
}

func smtpGreeting(m *Message, s *Sink, text []byte) {
	s.Sender(tyto.Clue, text, tyto.Stated, "smtp.rsp.parameter")
	s.Sender(tyto.Role, smtpServer, tyto.Shown, "smtp.rsp.parameter")
	host, _, _ := bytes.Cut(text, []byte{' '})
	if bytes.IndexByte(host, '.') > 0 {
		smtpHost(s, host, "smtp.rsp.parameter")
	}
	text = text[:min(len(text), smtpBanner)]
	if b := s.Scratch(16 + len(text)); b != nil {
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(append(b, " smtp "...), text...), tyto.Stated, "smtp.rsp.parameter")
	}
}
