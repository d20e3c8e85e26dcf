package proto

import (
	"bytes"
	"strconv"

	"tyto/tyto"
)

// Telnet (RFC 854): what a server says before anything is typed. What is typed,
// and what comes back of it, is passed over.
func init() {
	register(Dissector{
		Name:     "telnet",
		Where:    []Where{TCP(23), TCP(2323)},
		Anywhere: true, First: "\xff",
		Is: isTelnet, Tell: tellTelnet,
	})
}

// What Memory[0] of a conversation keeps; from bit telnetLines on, how many lines were told.
const (
	telnetTold   = 1 << iota // the service was told
	telnetTyped              // the client has typed
	telnetAsked              // the server asked for a password after that
	telnetBegun              // the beginning was seen
	telnetLines  = 8
	telnetMost   = 8 // lines that are told, at most
	telnetLine   = 200
	telnetProbed = 512 // bytes of a segment that are looked at for a login's outcome
)

// Commands (RFC 854).
const (
	telnetIAC = 0xff
	telnetSB  = 0xfa
	telnetSE  = 0xf0
)

// isTelnet: negotiations from the start, or on its port text.
func isTelnet(m *Message) bool {
	b, n := m.Body, 0
	for len(b) >= 3 && b[0] == telnetIAC && b[1] > telnetSB && b[1] < telnetIAC && b[2] < 50 {
		b = b[3:]
		n++
	}
	if n > 1 || n == 1 && len(b) == 0 {
		return true
	}
	f := m.Frame
	if f.DstPort != 23 && f.SrcPort != 23 || len(m.Body) == 0 {
		return false
	}
	for _, x := range b[:min(len(b), 64)] {
		if x < 0x20 && x != '\r' && x != '\n' && x != 0 && x != '\t' && x != 0x1b && x != 7 && x != 8 || x >= 0x7f && x < 0xf0 {
			return false
		}
	}
	return true
}

func tellTelnet(m *Message, s *Sink) {
	b := s.Scratch(min(len(m.Body), 4096))
	if len(b) == 0 {
		return
	}
	text := telnetText(b[:0], m.Body[:min(len(m.Body), 4096)])
	if m.Body[0] == telnetIAC || bytes.Contains(text, telnetLogin) {
		m.Memory[0] |= telnetBegun
	}
	if len(text) == 0 {
		s.Op("telnet negotiation")
		return
	}
	memory := &m.Memory[0]
	switch {
	case m.ToServer:
		*memory |= telnetTyped
	case *memory&telnetBegun == 0: // it may be what somebody typed
	case *memory&telnetTyped == 0:
		telnetGreeting(m, s, text)
	default:
		telnetOutcome(m, s, text[:min(len(text), telnetProbed)])
	}
}

// telnetText is the text of a segment without commands and control characters.
func telnetText(text, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		x := b[i]
		switch {
		case x == telnetIAC && i+1 < len(b) && b[i+1] == telnetSB:
			end := bytes.IndexByte(b[i:], telnetSE)
			if end < 0 {
				return text
			}
			i += end
		case x == telnetIAC && i+1 < len(b) && b[i+1] > telnetSB && b[i+1] < telnetIAC:
			i += 2
		case x == telnetIAC:
			i++
		case x == 0x1b && i+1 < len(b) && b[i+1] == '[': // a terminal's sequence
			for i += 2; i < len(b) && b[i] < '@'; i++ {
			}
		case x == '\n', x >= 0x20 && x < 0x7f:
			text = append(text, x)
		}
	}
	return text
}

func telnetGreeting(m *Message, s *Sink, text []byte) {
	if m.Memory[0]&telnetTold == 0 {
		m.Memory[0] |= telnetTold
		if b := s.Scratch(16); b != nil {
			b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
			s.Sender(tyto.Provides, append(b, " telnet"...), tyto.Shown, "telnet.data")
		}
		s.Op("telnet greeting")
	}
	for len(text) > 0 && m.Memory[0]>>telnetLines < telnetMost {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		if line = bytes.TrimSpace(line); len(line) > 2 {
			m.Memory[0] += 1 << telnetLines
			s.Sender(tyto.Clue, line[:min(len(line), telnetLine)], tyto.Stated, "telnet.data")
		}
		text = rest
	}
}

// What servers say, in lower case without the first letter, which may be a capital.
var (
	telnetPassword = []byte("assword")
	telnetLogin    = []byte("ogin:")
	telnetFailures = [...][]byte{[]byte("ncorrect"), []byte("ailed"), []byte("nvalid"), []byte("enied"), []byte("rong password")}
)

// telnetOutcome tells that a login failed, or what else follows a password.
func telnetOutcome(m *Message, s *Sink, text []byte) {
	memory := &m.Memory[0]
	if *memory&telnetAsked != 0 {
		for _, w := range telnetFailures {
			if bytes.Contains(text, w) {
				*memory &^= telnetAsked
				s.Undergone(tyto.LoginFailed, "telnet login", nil, "refused")
				break
			}
		}
		if *memory&telnetAsked != 0 && len(bytes.TrimSpace(text)) > 0 && !bytes.Contains(text, telnetPassword) {
			*memory &^= telnetAsked
			s.Undergone(tyto.Login, "telnet login", nil, "ok")
		}
	}
	if bytes.Contains(text, telnetPassword) {
		*memory |= telnetAsked
	}
}
