package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The MySQL protocol, of MariaDB too: the greeting, and how the login went.
// (MySQL Internals, "Connection Phase".)
func init() {
	register(Dissector{
		Name:  "mysql",
		Where: []Where{TCP(3306), TCP(3307)},
		Is:    isMySQL, Split: splitMySQL, Tell: tellMySQL,
	})
}

// What Memory[0] of a conversation keeps.
const (
	mysqlGreeted = 1 << iota
	mysqlLogin   // the client answered the greeting
	mysqlKnown   // it was let in
)

const (
	mysqlHeader     = 4
	mysqlTenth      = 10 // version of the protocol
	mysqlMaxVersion = 80
	mysqlDenied     = 1045 // ER_ACCESS_DENIED_ERROR
	mysqlTLS        = 1 << 11
)

func isMySQL(m *Message) bool {
	c := m.Read()
	n, sequence, protocol := mysqlLength(&c), c.U8(), c.U8()
	first := c.U8()
	return !c.Short() && sequence == 0 && (protocol == mysqlTenth && first >= '3' && first <= '9' || protocol == 0xff && n < 512)
}

// mysqlLength reads three bytes, little-endian.
func mysqlLength(c *frame.Cursor) int {
	low, high := c.L16(), c.U8()
	return int(high)<<16 | int(low)
}

func splitMySQL(m *Message) int {
	c := m.Read()
	n := mysqlLength(&c)
	if c.Short() {
		return 0
	}
	return mysqlHeader + n
}

// mysqlCommands is the operations of the client's commands.
var mysqlCommands = [...]string{1: "mysql quit", 2: "mysql init db", 3: "mysql query", 4: "mysql field list", 14: "mysql ping",
	17: "mysql change user", 22: "mysql prepare", 23: "mysql execute", 25: "mysql close"}

func tellMySQL(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(mysqlHeader)
	memory := &m.Memory[0]
	switch {
	case m.ToServer && *memory&mysqlKnown != 0:
		if n := int(c.U8()); n < len(mysqlCommands) && mysqlCommands[n] != "" {
			s.Op(mysqlCommands[n])
		}
	case m.ToServer:
		if *memory&mysqlLogin == 0 && len(m.Body) == mysqlHeader+32 && c.L16()&mysqlTLS != 0 {
			s.Op("mysql secured")
			s.Switch()
			return
		}
		*memory |= mysqlLogin
	case *memory&mysqlGreeted == 0:
		*memory |= mysqlGreeted
		mysqlGreeting(m, s, c)
	case *memory&mysqlLogin != 0 && *memory&mysqlKnown == 0:
		mysqlAnswer(m, s, c)
	}
}

var mysqlServer = []byte("database server")

func mysqlGreeting(m *Message, s *Sink, c frame.Cursor) {
	if c.U8() != mysqlTenth {
		s.Op("mysql refused")
		return
	}
	version := c.Until("\x00")
	if c.Short() || len(version) > mysqlMaxVersion {
		s.Malformed("mysql: version")
		return
	}
	s.Op("mysql greeting")
	s.Sender(tyto.Clue, version, tyto.Stated, "mysql.version")
	s.Sender(tyto.Role, mysqlServer, tyto.Shown, "mysql.version")
	if b := s.Scratch(24 + len(version)); b != nil {
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(append(b, " mysql "...), version...), tyto.Stated, "mysql.version")
	}
}

func mysqlAnswer(m *Message, s *Sink, c frame.Cursor) {
	switch c.U8() {
	case 0x00:
		m.Memory[0] |= mysqlKnown
		s.Undergone(tyto.Login, "mysql login", nil, "ok")
	case 0xff:
		if c.L16() == mysqlDenied {
			s.Undergone(tyto.LoginFailed, "mysql login", nil, "refused")
		}
		s.Done()
	}
}
