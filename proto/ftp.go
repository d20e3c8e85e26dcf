package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The File Transfer Protocol's control connection (RFC 959, RFC 4217). Names of
// files and persons, and passwords, are passed over.
func init() {
	register(Dissector{
		Name:  "ftp",
		Where: []Where{TCP(21), TCP(2121)},
		Is:    isFTP, Split: splitFTP, Tell: tellFTP,
	})
}

// What Memory[0] of a conversation keeps.
const (
	ftpPassword = 1 << iota // a password was given; the answer is awaited
	ftpSecure               // TLS was asked for
	ftpGreeted
)

const (
	ftpMaxLine = 2048
	ftpBanner  = 100 // how much of a greeting a service is called by, in bytes
)

// ftpCommands is the operations of the client's commands, and what they do.
var ftpCommands = [...]struct {
	word, op string
	verb     tyto.Verb
}{
	{"USER", "ftp USER", tyto.NoVerb}, {"PASS", "ftp PASS", tyto.NoVerb}, {"ACCT", "ftp ACCT", tyto.NoVerb},
	{"RETR", "ftp RETR", tyto.Transfer}, {"STOR", "ftp STOR", tyto.Transfer}, {"STOU", "ftp STOU", tyto.Transfer},
	{"APPE", "ftp APPE", tyto.Transfer}, {"DELE", "ftp DELE", tyto.Write}, {"RMD", "ftp RMD", tyto.Write},
	{"MKD", "ftp MKD", tyto.Write}, {"RNTO", "ftp RNTO", tyto.Write}, {"SITE", "ftp SITE", tyto.NoVerb},
	{"LIST", "ftp LIST", tyto.NoVerb}, {"NLST", "ftp NLST", tyto.NoVerb}, {"MLSD", "ftp MLSD", tyto.NoVerb},
	{"SYST", "ftp SYST", tyto.NoVerb}, {"FEAT", "ftp FEAT", tyto.NoVerb}, {"CWD", "ftp CWD", tyto.NoVerb},
	{"PWD", "ftp PWD", tyto.NoVerb}, {"TYPE", "ftp TYPE", tyto.NoVerb}, {"PORT", "ftp PORT", tyto.NoVerb},
	{"PASV", "ftp PASV", tyto.NoVerb}, {"EPSV", "ftp EPSV", tyto.NoVerb}, {"EPRT", "ftp EPRT", tyto.NoVerb},
	{"AUTH", "ftp AUTH", tyto.NoVerb}, {"QUIT", "ftp QUIT", tyto.NoVerb}, {"NOOP", "ftp NOOP", tyto.NoVerb},
	{"OPTS", "ftp OPTS", tyto.NoVerb}, {"SIZE", "ftp SIZE", tyto.NoVerb}, {"MDTM", "ftp MDTM", tyto.NoVerb},
}

// ftpCode is the code of an answer (RFC 959 section 4.2), 0 if it is none.
func ftpCode(b []byte) int {
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

func isFTP(m *Message) bool {
	switch code := ftpCode(m.Body); {
	case code == 120 || code == 220 || code == 421:
		return true
	case code != 0:
		return false
	}
	return ftpWord(m.Body) >= 0
}

// ftpWord is the index of the command that begins a line, or -1.
func ftpWord(line []byte) int {
	word, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte{' '})
	if len(word) > 4 {
		return -1
	}
	var upper [4]byte
	for i, x := range word {
		if x >= 'a' && x <= 'z' {
			x -= 'a' - 'A'
		}
		upper[i] = x
	}
	for i := range ftpCommands {
		if ftpCommands[i].word == string(upper[:len(word)]) {
			return i
		}
	}
	return -1
}

func splitFTP(m *Message) int {
	if i := bytes.IndexByte(m.Body, '\n'); i >= 0 {
		return i + 1
	}
	if len(m.Body) > ftpMaxLine {
		return -1
	}
	return 0
}

func tellFTP(m *Message, s *Sink) {
	c := frame.Read(m.Body)
	line := c.Line()
	if !m.ToServer {
		ftpAnswer(m, s, line)
		return
	}
	i := ftpWord(line)
	if i < 0 {
		s.Op("ftp other command")
		return
	}
	x := &ftpCommands[i]
	switch x.word {
	case "PASS":
		m.Memory[0] |= ftpPassword
	case "AUTH":
		m.Memory[0] |= ftpSecure
	}
	s.Did(x.verb, x.op, nil, "")
}

var ftpInClear = []byte("in the clear")

func ftpAnswer(m *Message, s *Sink, line []byte) {
	code := ftpCode(line)
	switch {
	case code == 220 && m.Memory[0]&ftpGreeted == 0:
		if line[3] == ' ' {
			m.Memory[0] |= ftpGreeted
		}
		ftpGreeting(m, s, line[4:])
	case code == 215:
		s.Sender(tyto.Clue, line[4:], tyto.Stated, "ftp.response.arg")
	case code == 234 && m.Memory[0]&ftpSecure != 0:
		s.Op("ftp secured")
		s.Switch()
	case m.Memory[0]&ftpPassword == 0:
	case code == 230:
		m.Memory[0] &^= ftpPassword
		s.Undergone(tyto.Login, "ftp login", ftpInClear, "ok")
	case code == 530 || code == 430:
		m.Memory[0] &^= ftpPassword
		s.Undergone(tyto.LoginFailed, "ftp login", ftpInClear, "refused")
	}
}

func ftpGreeting(m *Message, s *Sink, text []byte) {
	s.Sender(tyto.Clue, text, tyto.Stated, "ftp.response.arg")
	text = text[:min(len(text), ftpBanner)]
	if b := s.Scratch(16 + len(text)); b != nil {
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(append(b, " ftp "...), text...), tyto.Stated, "ftp.response.arg")
	}
}
