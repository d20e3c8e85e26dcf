package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The Internet Message Access Protocol (RFC 3501, RFC 9051). Mails, folders
// and persons are passed over.
func init() {
	register(Dissector{
		Name:  "imap",
		Where: []Where{TCP(143)},
		Is:    isIMAP, Split: splitIMAP, Tell: tellIMAP,
	})
}

// What Memory[0] of a conversation keeps.
const (
	imapLogin = 1 << iota
	imapSecure
	imapGreeted
)

const (
	imapMaxLine = 2048
	imapMaxTag  = 16
	imapBanner  = 100 // how much of a greeting a service is called by, in bytes
)

var imapCommands = [...]string{"LOGIN", "AUTHENTICATE", "STARTTLS", "CAPABILITY", "LOGOUT", "SELECT", "EXAMINE", "LIST", "LSUB",
	"FETCH", "UID", "STORE", "APPEND", "SEARCH", "IDLE", "NOOP", "ID", "STATUS", "CLOSE", "EXPUNGE"}

var imapOps = [...]string{"imap LOGIN", "imap AUTHENTICATE", "imap STARTTLS", "imap CAPABILITY", "imap LOGOUT", "imap SELECT",
	"imap EXAMINE", "imap LIST", "imap LSUB", "imap FETCH", "imap UID", "imap STORE", "imap APPEND", "imap SEARCH", "imap IDLE",
	"imap NOOP", "imap ID", "imap STATUS", "imap CLOSE", "imap EXPUNGE"}

// imapWords cuts a line into its tag, and the word after it in upper case.
func imapWords(line []byte, upper *[12]byte) (tag, word []byte) {
	tag, rest, _ := bytes.Cut(line, []byte{' '})
	word, _, _ = bytes.Cut(bytes.TrimRight(rest, "\r\n"), []byte{' '})
	if len(tag) == 0 || len(tag) > imapMaxTag || len(word) > len(upper) {
		return nil, nil
	}
	for _, x := range tag {
		if x|0x20 < 'a' && (x < '0' || x > '9') && x != '*' && x != '.' || x > 'z' {
			return nil, nil
		}
	}
	for i, x := range word {
		if x >= 'a' && x <= 'z' {
			x -= 'a' - 'A'
		}
		upper[i] = x
	}
	return tag, upper[:len(word)]
}

// imapWord is the index of the command of a line of the client, or -1.
func imapWord(line []byte) int {
	var upper [12]byte
	_, word := imapWords(line, &upper)
	for i, w := range imapCommands {
		if w == string(word) {
			return i
		}
	}
	return -1
}

func isIMAP(m *Message) bool {
	c := m.Read()
	return c.Has("* OK ") || c.Has("* PREAUTH ") || c.Has("* BYE ") || imapWord(m.Body) >= 0
}

func splitIMAP(m *Message) int {
	i := bytes.IndexByte(m.Body, '\n')
	if i < 0 && len(m.Body) > imapMaxLine { // within a mail
		return len(m.Body)
	}
	return i + 1
}

func tellIMAP(m *Message, s *Sink) {
	c := frame.Read(m.Body)
	line := c.Line()
	if !m.ToServer {
		imapAnswer(m, s, line)
		return
	}
	i := imapWord(line)
	if i < 0 {
		return
	}
	s.Op(imapOps[i])
	switch i {
	case 0, 1:
		m.Memory[0] |= imapLogin
	case 2:
		m.Memory[0] |= imapSecure
	}
}

var (
	imapServer = []byte("mail server")
	imapClear  = []byte("in the clear")
	imapYes    = []byte("* OK ")
)

func imapAnswer(m *Message, s *Sink, line []byte) {
	memory := &m.Memory[0]
	if bytes.HasPrefix(line, imapYes) {
		if *memory == 0 {
			imapGreeting(m, s, line[len(imapYes):])
		}
		*memory |= imapGreeted
		return
	}
	if *memory&(imapLogin|imapSecure) == 0 {
		return
	}
	var upper [12]byte
	tag, word := imapWords(line, &upper)
	ok, failed := string(word) == "OK", string(word) == "NO" || string(word) == "BAD"
	switch {
	case len(tag) == 0 || tag[0] == '*' || !ok && !failed:
	case *memory&imapSecure != 0:
		*memory &^= imapSecure
		if ok {
			s.Op("imap secured")
			s.Switch()
		}
	case ok:
		*memory &^= imapLogin
		s.Undergone(tyto.Login, "imap login", imapClear, "ok")
	default:
		*memory &^= imapLogin
		s.Undergone(tyto.LoginFailed, "imap login", imapClear, "refused")
	}
}

func imapGreeting(m *Message, s *Sink, text []byte) {
	if len(text) > 0 && text[0] == '[' { // capabilities
		s.Sender(tyto.Clue, text, tyto.Stated, "imap.response")
		if _, rest, ok := bytes.Cut(text, []byte("] ")); ok {
			text = rest
		}
	}
	text = text[:min(len(text), imapBanner)]
	s.Sender(tyto.Clue, text, tyto.Stated, "imap.response")
	s.Sender(tyto.Role, imapServer, tyto.Shown, "imap.response")
	if b := s.Scratch(16 + len(text)); b != nil {
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(append(b, " imap "...), text...), tyto.Stated, "imap.response")
	}
}
