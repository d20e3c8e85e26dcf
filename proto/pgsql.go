package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The PostgreSQL protocol, version 3 (PostgreSQL documentation, "Frontend/Backend
// Protocol"): the version of the server, and how the login went.
func init() {
	register(Dissector{
		Name:  "pgsql",
		Where: []Where{TCP(5432), TCP(5433)},
		Is:    isPgSQL, Split: splitPgSQL, Tell: tellPgSQL,
	})
}

// What Memory[0] of a conversation keeps.
const (
	pgsqlStarted = 1 << iota // the client has said its version
	pgsqlSecure              // it asked for TLS; the answer is one byte
	pgsqlKnown
)

// Codes in place of a version.
const (
	pgsqlVersion3 = 3 << 16
	pgsqlCancel   = 80877102
	pgsqlTLS      = 80877103
	pgsqlGSS      = 80877104
)

// pgsqlMax is the longest message that is believed, in bytes.
const pgsqlMax = 1 << 30

func isPgSQL(m *Message) bool {
	c := m.Read()
	n, code := c.U32(), c.U32()
	if c.Short() {
		return false
	}
	return n == 8 && (code == pgsqlTLS || code == pgsqlGSS) || n == 16 && code == pgsqlCancel ||
		n > 8 && n < 10000 && code>>16 == 3 && code&0xffff < 10
}

func splitPgSQL(m *Message) int {
	c := m.Read()
	switch {
	case len(m.Body) == 0:
		return 0
	case m.ToServer && m.Memory[0]&pgsqlStarted == 0:
	case !m.ToServer && m.Memory[0]&pgsqlSecure != 0:
		return 1
	default:
		if kind := c.U8(); kind < '1' || kind > 'z' {
			return -1
		}
		n := c.U32()
		switch {
		case c.Short():
			return 0
		case n < 4 || n > pgsqlMax:
			return -1
		}
		return 1 + int(n)
	}
	n := c.U32()
	switch {
	case c.Short():
		return 0
	case n < 8 || n > 10000:
		return -1
	}
	return int(n)
}

func tellPgSQL(m *Message, s *Sink) {
	c := m.Read()
	switch {
	case m.ToServer && m.Memory[0]&pgsqlStarted == 0:
		c.Skip(4)
		pgsqlStart(m, s, c.U32())
	case !m.ToServer && m.Memory[0]&pgsqlSecure != 0:
		m.Memory[0] &^= pgsqlSecure
		if c.U8() != 'N' {
			s.Op("pgsql secured")
			s.Switch()
		}
	case m.ToServer:
		switch c.U8() {
		case 'Q':
			s.Op("pgsql query")
		case 'P':
			s.Op("pgsql parse")
		case 'E':
			s.Op("pgsql execute")
		case 'X':
			s.Op("pgsql terminate")
		}
	default:
		kind := c.U8()
		c.Skip(4)
		pgsqlAnswer(m, s, kind, c)
	}
}

func pgsqlStart(m *Message, s *Sink, code uint32) {
	switch {
	case code == pgsqlTLS, code == pgsqlGSS:
		m.Memory[0] |= pgsqlSecure
		s.Op("pgsql ask for encryption")
	case code == pgsqlCancel:
		s.Op("pgsql cancel")
	case code >= pgsqlVersion3:
		m.Memory[0] |= pgsqlStarted
		s.Op("pgsql startup")
	}
}

var (
	pgsqlServer  = []byte("database server")
	pgsqlVersion = []byte("server_version")
	pgsqlRefused = []byte("\x00C28") // SQLSTATE class 28, invalid authorization
)

func pgsqlAnswer(m *Message, s *Sink, kind uint8, c frame.Cursor) {
	switch {
	case kind == 'R' && c.U32() == 0 && !c.Short() && m.Memory[0]&pgsqlKnown == 0:
		m.Memory[0] |= pgsqlKnown
		s.Undergone(tyto.Login, "pgsql login", nil, "ok")
		s.Sender(tyto.Role, pgsqlServer, tyto.Shown, "pgsql.authtype")
	case kind == 'E' && m.Memory[0]&pgsqlKnown == 0:
		if bytes.Contains(c.Rest(), pgsqlRefused) {
			s.Undergone(tyto.LoginFailed, "pgsql login", nil, "refused")
		}
	case kind == 'S':
		name, value := c.Until("\x00"), c.Until("\x00")
		if bytes.Equal(name, pgsqlVersion) && len(value) <= 64 {
			pgsqlProvides(m, s, value)
		}
	}
}

func pgsqlProvides(m *Message, s *Sink, version []byte) {
	s.Sender(tyto.Clue, version, tyto.Stated, "pgsql.parameter_value")
	if b := s.Scratch(32 + len(version)); b != nil {
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(append(b, " pgsql PostgreSQL "...), version...), tyto.Stated, "pgsql.parameter_value")
	}
}
