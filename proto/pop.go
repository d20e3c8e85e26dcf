package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The Post Office Protocol, version 3 (RFC 1939, RFC 2595). Mails are passed over.
func init() {
	register(Dissector{
		Name:  "pop",
		Where: []Where{TCP(110)},
		Is:    isPOP, Split: splitPOP, Tell: tellPOP,
	})
}

// What Memory[0] of a conversation keeps.
const (
	popLogin = 1 << iota
	popSecure
	popGreeted
)

const (
	popMaxLine = 2048
	popBanner  = 100 // how much of a greeting a service is called by, in bytes
)

var popCommands = [...]string{"USER", "PASS", "APOP", "AUTH", "STLS", "CAPA", "STAT", "LIST", "RETR", "DELE", "UIDL", "QUIT", "TOP ", "NOOP"}

var popOps = [...]string{"pop USER", "pop PASS", "pop APOP", "pop AUTH", "pop STLS", "pop CAPA", "pop STAT", "pop LIST", "pop RETR",
	"pop DELE", "pop UIDL", "pop QUIT", "pop TOP", "pop NOOP"}

// popWord is the index of the command that begins a line, or -1.
func popWord(line []byte) int {
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
	for i, w := range popCommands {
		if w == string(upper[:]) {
			return i
		}
	}
	return -1
}

func isPOP(m *Message) bool {
	c := m.Read()
	return c.Has("+OK") || c.Has("-ERR") || popWord(m.Body) >= 0
}

func splitPOP(m *Message) int {
	i := bytes.IndexByte(m.Body, '\n')
	if i < 0 && len(m.Body) > popMaxLine { // within a mail
		return len(m.Body)
	}
	return i + 1
}

func tellPOP(m *Message, s *Sink) {
	c := frame.Read(m.Body)
	line := c.Line()
	if !m.ToServer {
		popAnswer(m, s, line)
		return
	}
	i := popWord(line)
	if i < 0 {
		return
	}
	s.Op(popOps[i])
	switch i {
	case 1, 2, 3:
		m.Memory[0] |= popLogin
	case 4:
		m.Memory[0] |= popSecure
	}
}

var (
	popServer = []byte("mail server")
	popClear  = []byte("in the clear")
)

func popAnswer(m *Message, s *Sink, line []byte) {
	ok, failed := bytes.HasPrefix(line, popYes), bytes.HasPrefix(line, popNo)
	memory := &m.Memory[0]
	switch {
	case ok && *memory&popGreeted == 0:
		*memory |= popGreeted
		if *memory == popGreeted && popGreets(line) {
			popGreeting(m, s, bytes.TrimSpace(line[3:]))
		}
	case ok && *memory&popSecure != 0:
		s.Op("pop secured")
		s.Switch()
	case *memory&popLogin == 0:
	case ok:
		*memory &^= popLogin
		s.Undergone(tyto.Login, "pop login", popClear, "ok")
	case failed:
		*memory &^= popLogin
		s.Undergone(tyto.LoginFailed, "pop login", popClear, "refused")
	}
}

// popGreets reports whether a line is a greeting: where the beginning of a
// conversation was not seen, it could be an answer that names a person.
func popGreets(line []byte) bool {
	var lower [popBanner]byte
	n := copy(lower[:], line)
	for i, x := range lower[:n] {
		if x >= 'A' && x <= 'Z' {
			lower[i] = x + 'a' - 'A'
		}
	}
	for _, w := range popGreetings {
		if bytes.Contains(lower[:n], w) {
			return true
		}
	}
	return false
}

var popGreetings = [...][]byte{[]byte("ready"), []byte("pop3"), []byte("server"), []byte("dovecot"), []byte("cyrus"), []byte("welcome")}

var popYes, popNo = []byte("+OK"), []byte("-ERR")

func popGreeting(m *Message, s *Sink, text []byte) {
	text, _, _ = bytes.Cut(text, []byte{'<'}) // the mark of APOP is new each time
	text = bytes.TrimRight(text[:min(len(text), popBanner)], " ")
	s.Sender(tyto.Clue, text, tyto.Stated, "pop.response.description")
	s.Sender(tyto.Role, popServer, tyto.Shown, "pop.response.description")
	if b := s.Scratch(16 + len(text)); b != nil {
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, bytes.TrimRight(append(append(b, " pop "...), text...), " "), tyto.Stated, "pop.response.description")
	}
}
