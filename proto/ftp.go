package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The File Transfer Protocol's control connection (RFC 959, RFC 4217). Names of
// files and persons, and passwords, are passed over; of a file its kind is told: .bin.
func init() {
	register(Dissector{
		Name:  "ftp",
		Where: []Where{TCP(21), TCP(2121)},
		Is:    isFTP, Split: splitFTP, Tell: tellFTP,
	})
}

// What Memory[0] of a conversation keeps. Above it are the command that waits
// for its answer, plus one, and the size of its file; Memory[1] to Memory[3] are
// the file's kind: the end of its name, from the dot on.
const (
	ftpPassword = 1 << iota // a password was given; the answer is awaited
	ftpSecure               // TLS was asked for
	ftpGreeted

	ftpWaitShift = 8
	ftpSizeShift = 16
	ftpName      = 24 // how much of it is kept, in bytes
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
	if s.Op(x.op); x.verb != tyto.NoVerb {
		ftpAct(m, s, NoAnswer)
		ftpKeep(m, i, line[len(x.word):])
	}
}

// ftpKeep remembers what is done to which file.
func ftpKeep(m *Message, command int, path []byte) {
	name := phrase.Text(path[bytes.LastIndexByte(path, '/')+1:])
	name = name[max(0, bytes.LastIndexByte(name, '.')):]
	if len(name) > ftpName || len(name) > 0 && name[0] != '.' {
		name = nil // it has none, and may be a person's
	}
	m.Memory[0] = m.Memory[0]&0xff | uint64(command+1)<<ftpWaitShift
	for i := range m.Memory[1:] {
		word := uint64(0)
		for k, x := range name[min(len(name), 8*i):min(len(name), 8*i+8)] {
			word |= uint64(x) << (8 * k)
		}
		m.Memory[1+i] = word
	}
}

// ftpAct tells what was done to a file, and how it went.
func ftpAct(m *Message, s *Sink, outcome string) {
	command := int(m.Memory[0] >> ftpWaitShift & 0xff)
	b := s.Scratch(ftpName + 32)
	if command == 0 || command > len(ftpCommands) || b == nil {
		return
	}
	b = b[:0]
	for i := range ftpName {
		if x := byte(m.Memory[1+i/8] >> (8 * (i % 8))); x != 0 {
			b = append(b, x)
		}
	}
	if size := m.Memory[0] >> ftpSizeShift; size > 0 {
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		b = append(strconv.AppendUint(b, size, 10), " bytes"...)
	}
	m.Memory[0] &= 0xff
	x := &ftpCommands[command-1]
	if outcome == NoAnswer {
		s.Did(x.verb, x.op, b, outcome)
	} else {
		s.Undergone(x.verb, x.op, b, outcome)
	}
}

// ftpDone tells what the answer says of the file that waits: a preliminary one its size perhaps, a final one how it went.
func ftpDone(m *Message, s *Sink, code int, text []byte) {
	switch {
	case code < 200:
		if at := bytes.LastIndexByte(text, '('); at >= 0 {
			m.Memory[0] = m.Memory[0]&(1<<ftpSizeShift-1) | min(ftpNumber(text[at+1:]), 1<<48-1)<<ftpSizeShift
		}
	case code < 300:
		ftpAct(m, s, "ok")
	case code == 425 || code == 426:
		ftpAct(m, s, "connection failed")
	case code == 450 || code == 550:
		ftpAct(m, s, "not available")
	case code == 452 || code == 552:
		ftpAct(m, s, "no room")
	case code == 530 || code == 532:
		ftpAct(m, s, "not logged in")
	case code >= 400:
		ftpAct(m, s, "refused")
	}
}

// ftpNumber is the number of "1234 bytes", 0 if it is not that.
func ftpNumber(b []byte) (n uint64) {
	i := 0
	for ; i < min(len(b), 15) && b[i] >= '0' && b[i] <= '9'; i++ {
		n = 10*n + uint64(b[i]-'0')
	}
	if !bytes.HasPrefix(b[i:], []byte(" byte")) {
		return 0
	}
	return n
}

var ftpInClear = []byte("in the clear")

func ftpAnswer(m *Message, s *Sink, line []byte) {
	code := ftpCode(line)
	if code != 0 && line[3] == ' ' && m.Memory[0]>>ftpWaitShift&0xff != 0 {
		ftpDone(m, s, code, line[4:])
		return
	}
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
