package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// Tabular Data Stream, of Microsoft SQL Server ([MS-TDS] section 2.2), up to
// the login: queries are counted only.
func init() {
	register(Dissector{
		Name:  "tds",
		Where: []Where{TCP(1433)},
		Is:    isTDS, Split: splitTDS, Tell: tellTDS,
	})
}

// Types of packets (section 2.2.3.1.1).
const (
	tdsOldLogin = 0x02
	tdsAnswer   = 0x04
	tdsLogin7   = 0x10
	tdsSSPI     = 0x11
	tdsPrelogin = 0x12
	tdsHeader   = 8
)

// What Memory[0] keeps.
const tdsPending = 1 // a login is under way

var tdsOps = [0x13]string{1: "tds sql batch", 2: "tds login", 3: "tds rpc", 4: "tds answer", 6: "tds attention", 7: "tds bulk load",
	0x0e: "tds transaction", 0x10: "tds login", 0x11: "tds sspi", 0x12: "tds prelogin"}

func tdsRead(b []byte) (kind uint8, n int) {
	c := frame.Read(b)
	kind = c.U8()
	status := c.U8()
	n = int(c.U16())
	if c.Short() || int(kind) >= len(tdsOps) || tdsOps[kind] == "" || status > 0x1f || n < tdsHeader {
		return 0, 0
	}
	return kind, n
}

func isTDS(m *Message) bool {
	kind, n := tdsRead(m.Body)
	c := m.Read()
	c.Skip(tdsHeader)
	switch kind {
	case tdsPrelogin: // the first option is the version
		return n > 20 && c.U8() == 0 && c.U16() < 128 && c.U16() == 6
	case tdsLogin7:
		return int(c.L32()) == n-tdsHeader && n > 94
	case 1, 3: // under way: what all requests since version 7.2 begin with (section 2.2.5.3.2)
		return len(m.Body) > 30 && m.Body[7] == 0 && c.L32() == 22 && c.L32() == 18 && c.L16() == 2
	case tdsOldLogin:
		return n == 512+tdsHeader || n > 560 && n < 600
	}
	return false
}

func splitTDS(m *Message) int {
	if len(m.Body) < 4 {
		return 0
	}
	if _, n := tdsRead(m.Body); n > 0 {
		return n
	}
	return -1
}

func tellTDS(m *Message, s *Sink) {
	kind, n := tdsRead(m.Body)
	if n == 0 {
		s.Malformed("tds: header")
		return
	}
	c := m.Read()
	c.Skip(tdsHeader)
	if m.ToServer || kind == tdsPrelogin {
		s.Op(tdsOps[kind])
	}
	switch {
	case kind == tdsPrelogin && c.Has("\x16\x03"), kind == tdsPrelogin && c.Has("\x14\x03"): // TLS within
	case kind == tdsPrelogin && m.ToServer: // the version of its driver
	case kind == tdsAnswer && c.Len() > 5 && c.Rest()[0] == 0 && m.Memory[0]&tdsPending == 0:
		tdsVersion(m, s, c)
	case kind == tdsLogin7:
		m.Memory[0] |= tdsPending
		tdsLogin(s, c)
	case kind == tdsOldLogin:
		m.Memory[0] |= tdsPending
		name := c.Bytes(30)
		if n := int(c.U8()); n <= len(name) {
			s.Sender(tyto.Hostname, name[:n], tyto.Stated, "tds.login.hostname")
		}
	case kind == tdsSSPI:
		s.NTLM(c.Rest())
	case kind == tdsAnswer && m.Memory[0]&tdsPending != 0:
		tdsLoggedIn(m, s, c)
	}
}

var tdsServer = []byte("sql server")

// tdsVersion reads the server's version in its prelogin (section 2.2.6.5).
func tdsVersion(m *Message, s *Sink, c frame.Cursor) {
	all := c.Rest()
	if c.U8() != 0 {
		return
	}
	at := int(c.U16())
	if n := c.U16(); c.Short() || n != 6 || at > len(all) {
		s.Malformed("tds: prelogin")
		return
	}
	v := frame.Read(all[at:])
	major, minor, build := v.U8(), v.U8(), v.U16()
	b := s.Scratch(48)
	if v.Short() || b == nil || major == 0 {
		return
	}
	b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
	b = append(b, " tds SQL Server "...)
	from := len(b)
	b = strconv.AppendUint(b, uint64(major), 10)
	b = strconv.AppendUint(append(b, '.'), uint64(minor), 10)
	b = strconv.AppendUint(append(b, '.'), uint64(build), 10)
	s.Sender(tyto.Provides, b, tyto.Stated, "tds.prelogin.option.version")
	s.Sender(tyto.Role, tdsServer, tyto.Shown, "tds.prelogin.option.version")
	s.Sender(tyto.Clue, b[from:], tyto.Stated, "tds.prelogin.option.version")
}

// tdsLogin reads the name of the client's host (section 2.2.6.4): not who logs in.
func tdsLogin(s *Sink, c frame.Cursor) {
	all := c.Rest()
	c.Skip(36)
	at, n := int(c.L16()), int(c.L16())
	c.Skip(8)
	appAt, appN := int(c.L16()), int(c.L16())
	if c.Short() {
		s.Malformed("tds: login")
		return
	}
	tdsText(s, tyto.Hostname, all, at, n, "tds.7login.clientname")
	tdsText(s, tyto.Clue, all, appAt, appN, "tds.7login.appname")
	s.NTLM(all)
}

func tdsText(s *Sink, a tyto.Attr, all []byte, at, n int, field string) {
	if n <= 128 && at+2*n <= len(all) {
		s.Sender16(a, all[at:at+2*n], tyto.Stated, field)
	}
}

// Tokens of an answer (section 2.2.7).
const (
	tdsTokenError = 0xaa
	tdsTokenInfo  = 0xab
	tdsTokenAck   = 0xad
	tdsTokenEnv   = 0xe3
	tdsTokenSSPI  = 0xed
	tdsNoLogin    = 18456 // login failed
)

// tdsLoggedIn reads how a login went.
func tdsLoggedIn(m *Message, s *Sink, c frame.Cursor) {
	for range 32 {
		token := c.U8()
		body := c.Sub(int(c.L16()))
		if c.Short() {
			return
		}
		switch token {
		case tdsTokenSSPI:
			s.NTLM(body.Rest())
		case tdsTokenAck:
			m.Memory[0] &^= tdsPending
			s.Undergone(tyto.Login, "tds login", nil, "ok")
			return
		case tdsTokenError:
			if body.L32() == tdsNoLogin {
				m.Memory[0] &^= tdsPending
				s.Undergone(tyto.LoginFailed, "tds login", nil, "refused")
			}
			return
		case tdsTokenInfo, tdsTokenEnv:
		default:
			return
		}
	}
}
