package proto

import (
	"bytes"
	"strconv"
	"time"

	"tyto/frame"
	"tyto/proto/dcerpc"
	"tyto/proto/smb"
	"tyto/tyto"
)

// Server Message Block over NetBIOS sessions (RFC 1002 section 4.3) and
// directly over TCP ([MS-SMB2] section 2.1): version 1 is the protocol smb,
// versions 2 and 3 are smb2. A connection that begins with version 1 and
// offers version 2 is counted as smb2, since that is what modern servers take.
func init() {
	register(Dissector{
		Name:     "smb",
		Where:    []Where{TCP(445), TCP(139)},
		Anywhere: true, First: "\x00",
		Is: isSMB, Split: splitSMB, Tell: tellSMB,
	})
	register(Dissector{
		Name:     "smb2",
		Where:    []Where{TCP(445), TCP(139)},
		Anywhere: true, First: "\x00",
		Is: isSMB2, Split: splitSMB, Tell: tellSMB,
	})
}

// What Memory of a conversation keeps.
const (
	smbNamed    = 1 << iota // [0]: a login that names somebody is under way
	smbTold                 // [0]: the server's version was told
	smbLoggedIn             // [0]: a login was told
	smbPending  = 1 << 33   // [1]: an administrative share was asked for
	smbShare    = 1 << 32   // [1]: bits 0 to 31 are the id of one
)

// Kinds of session packets (RFC 1002 section 4.3.1).
const (
	smbMessage   = 0x00
	smbRequest   = 0x81
	smbKeepAlive = 0x85
)

func isSMB(m *Message) bool {
	b := m.Body
	c := m.Read()
	if c.U8() == smbRequest { // two encoded names
		return c.U24() == 68 && c.U8() == 32 && c.Len() >= 67
	}
	return len(b) >= 36 && b[0] == smbMessage && smb.Magic(b[4:]) == 1 && !smb.Offers2(b[4:])
}

func isSMB2(m *Message) bool {
	b := m.Body
	if len(b) < 36 || b[0] != smbMessage {
		return false
	}
	return smb.Magic(b[4:]) > 1 || smb.Offers2(b[4:])
}

func splitSMB(m *Message) int {
	c := m.Read()
	kind, n := c.U8(), int(c.U24())
	switch {
	case c.Short():
		return 0
	case kind == smbMessage && c.Len() >= 4 && smb.Magic(c.Rest()) == 0:
		return -1
	case kind == smbMessage, kind >= smbRequest && kind <= smbKeepAlive && n <= 512:
		return 4 + n
	}
	return -1
}

func tellSMB(m *Message, s *Sink) {
	c := m.Read()
	switch kind := c.U8(); {
	case kind == smbRequest:
		s.Op("smb session request")
		c.Skip(3)
		smbCallers(s, c)
		return
	case kind != smbMessage:
		return
	}
	c.Skip(3)
	b := c.Rest()
	for range 8 {
		h, ok := smb.Read(b)
		if !ok {
			if !m.Cut && len(b) > 0 {
				s.Malformed("smb: header")
			}
			return
		}
		switch h.Version {
		case 1:
			tellSMB1(m, s, &h)
		case 2:
			tellSMB2(m, s, &h)
		default:
			s.Op("smb2 encrypted")
		}
		if h.Next == 0 || h.Version != 2 {
			return
		}
		b = b[h.Next:]
	}
}

// smbCallers tells the names of a session request: of whom it is sent to, and
// of who sends it.
func smbCallers(s *Sink, c frame.Cursor) {
	called, calling := smbName(s, &c), smbName(s, &c)
	if !bytes.Equal(called, smbAnybody) {
		s.Receiver(tyto.Hostname, called, tyto.Inferred, "nbss.called_name")
	}
	s.Sender(tyto.Hostname, calling, tyto.Stated, "nbss.calling_name")
}

var smbAnybody = []byte("*SMBSERVER")

// smbName reads an encoded name (RFC 1001 section 14) of a host; nil for others.
func smbName(s *Sink, c *frame.Cursor) []byte {
	c.Skip(1)
	label, b := c.Bytes(32), s.Scratch(16)
	c.Skip(1)
	if c.Short() || b == nil {
		return nil
	}
	for i := range b {
		b[i] = (label[2*i]-'A')<<4 | (label[2*i+1]-'A')&15
	}
	if b[15] != 0 && b[15] != 0x20 {
		return nil
	}
	return bytes.TrimRight(b[:15:15], " \x00")
}

// smb1Ops is the operation of a command of version 1.
var smb1Ops = [256]string{
	0x00: "smb create directory", 0x01: "smb delete directory", 0x02: "smb open", 0x03: "smb create", 0x04: "smb close",
	0x05: "smb flush", 0x06: "smb delete", 0x07: "smb rename", 0x08: "smb query information", 0x09: "smb set information",
	0x0a: "smb read", 0x0b: "smb write", 0x10: "smb check directory", 0x24: "smb lock", 0x25: "smb transaction",
	0x26: "smb transaction", 0x2b: "smb echo", 0x2d: "smb open", 0x2e: "smb read", 0x2f: "smb write",
	0x32: "smb transaction 2", 0x33: "smb transaction 2", 0x34: "smb find close", 0x70: "smb tree connect",
	0x71: "smb tree disconnect", 0x72: "smb negotiate", 0x73: "smb session setup", 0x74: "smb logoff",
	0x75: "smb tree connect", 0x80: "smb query disk", 0x81: "smb search", 0xa0: "smb nt transaction",
	0xa1: "smb nt transaction", 0xa2: "smb create", 0xa4: "smb cancel", 0xa5: "smb rename", 0xc0: "smb print",
}

var smbVersion1 = []byte("SMBv1")

func tellSMB1(m *Message, s *Sink, h *smb.Header) {
	for range 4 {
		switch {
		case h.Answer:
			smb1Answer(m, s, h)
		default:
			op := smb1Ops[h.Command&0xff]
			if op == "" {
				op = "smb other command"
			}
			smbAsked(m, s, h, op)
		}
		if !h.AndX() {
			return
		}
	}
}

func smb1Answer(m *Message, s *Sink, h *smb.Header) {
	switch h.Command {
	case 0x72:
		n := h.Negotiate1()
		if n.Refused {
			return
		}
		s.Sender(tyto.Clue, smbVersion1, tyto.Stated, "smb.dialect")
		s.Receiver(tyto.Clue, smbVersion1, tyto.Shown, "smb.dialect")
		smbProvides(m, s, "smb SMBv1")
		smbText(s, tyto.Domain, n.Domain, h.Wide, "smb.primary_domain")
		smbText(s, tyto.Hostname, n.Server, h.Wide, "smb.server")
		smbGUID(s, n.GUID, "smb.server_guid")
		s.NTLM(n.Blob)
	case 0x73:
		smbNatives(s, h)
		smbLogin(m, s, h.Status, "smb session setup", 0)
	case 0x75:
		smbTree(m, h)
	}
}

// smbNatives tells what a session setup says of its sender's software.
func smbNatives(s *Sink, h *smb.Header) (named bool) {
	n := h.SessionSetup1()
	smbText(s, tyto.Clue, n.OS, h.Wide, "smb.native_os")
	smbText(s, tyto.Clue, n.LanMan, h.Wide, "smb.native_lanman")
	if h.Answer {
		smbText(s, tyto.Domain, n.Domain, h.Wide, "smb.primary_domain")
	}
	return s.NTLM(n.Blob) || n.Named || bytes.Contains(n.Blob, smbKerberos)
}

// smbKerberos is the object identifier of Kerberos 5 in DER (RFC 4121 section
// 4.1), followed by the mark of an AP-REQ: here a ticket is shown.
var smbKerberos = []byte("\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00")

func smbText(s *Sink, a tyto.Attr, b []byte, wide bool, field string) {
	if wide {
		s.Sender16(a, b, tyto.Stated, field)
	} else {
		s.Sender(a, b, tyto.Stated, field)
	}
}

// smbGUID tells the identifier of a server, unless it is one that Samba makes
// of its name or that was never set.
func smbGUID(s *Sink, id []byte, field string) {
	if len(id) != 16 || bytes.Count(id, []byte{0}) > 3 {
		return
	}
	if b := s.Scratch(41); b != nil {
		b = append(b[:0], "smb-guid:"...)
		for _, x := range id {
			b = append(b, "0123456789abcdef"[x>>4], "0123456789abcdef"[x&15])
		}
		s.Sender(tyto.Identity, b, tyto.Stated, field)
	}
}

func smbProvides(m *Message, s *Sink, what string) {
	if b := s.Scratch(40); b != nil && m.Memory[0]&smbTold == 0 {
		m.Memory[0] |= smbTold
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(append(b, ' '), what...), tyto.Stated, "smb.dialect")
	}
}

// smbLogin tells how a login went, when somebody was named.
func smbLogin(m *Message, s *Sink, status uint32, op string, flags uint16) {
	switch {
	case status == smb.MoreProcessing || m.Memory[0]&smbNamed == 0:
		return
	case status != 0:
		s.Undergone(tyto.LoginFailed, op, nil, "refused")
	case flags&3 != 0:
		s.Undergone(tyto.Login, op, nil, "as guest")
	default:
		s.Undergone(tyto.Login, op, nil, "ok")
	}
	m.Memory[0] &^= smbNamed
}

// smbPipes is the pipes of known services, and what opening one is for.
var smbPipes = []string{"svcctl", "atsvc", "winreg", "samr", "lsarpc", "netlogon", "srvsvc", "wkssvc", "spoolss",
	"browser", "epmapper", "eventlog", "ntsvcs", "initshutdown", "psexesvc", "lsass", "dssetup"}

var smbPipeOps = []struct {
	op   string
	verb tyto.Verb
}{
	{"smb open pipe svcctl", tyto.Execute}, {"smb open pipe atsvc", tyto.Execute}, {"smb open pipe winreg", tyto.Configure},
	{"smb open pipe samr", tyto.NoVerb}, {"smb open pipe lsarpc", tyto.NoVerb}, {"smb open pipe netlogon", tyto.NoVerb},
	{"smb open pipe srvsvc", tyto.NoVerb}, {"smb open pipe wkssvc", tyto.NoVerb}, {"smb open pipe spoolss", tyto.NoVerb},
	{"smb open pipe browser", tyto.NoVerb}, {"smb open pipe epmapper", tyto.NoVerb}, {"smb open pipe eventlog", tyto.NoVerb},
	{"smb open pipe ntsvcs", tyto.NoVerb}, {"smb open pipe initshutdown", tyto.Stop}, {"smb open pipe psexesvc", tyto.Execute},
	{"smb open pipe lsass", tyto.NoVerb}, {"smb open pipe dssetup", tyto.NoVerb},
}

// smbAsked tells what a request of either version is for.
func smbAsked(m *Message, s *Sink, h *smb.Header, op string) {
	path, wide := h.Path()
	switch {
	case h.Version == 1 && h.Command == 0x73:
		if smbNatives(s, h) {
			m.Memory[0] |= smbNamed
		}
	case h.Version == 1 && h.Command == 0x06, h.Version == 1 && h.Command == 0x01,
		h.SetsInfo() == 13: // FileDispositionInformation
		s.Did(tyto.Write, "smb delete file", nil, "")
	case len(path) == 0:
		smbCall(m, s, h)
	case h.Command == 0x75, h.Version == 2 && h.Command == 3:
		if smb.Administrative(path, wide) {
			m.Memory[1] |= smbPending
			s.Did(tyto.NoVerb, "smb connect to administrative share", nil, "")
		}
	default:
		if i := smb.Last(path, wide, smbPipes); i >= 0 {
			s.Did(smbPipeOps[i].verb, smbPipeOps[i].op, nil, "")
		} else if h.Creates() && m.Memory[1]&smbShare != 0 && uint32(m.Memory[1]) == h.Tree {
			s.Did(tyto.Transfer, "smb create on administrative share", nil, "")
		}
	}
	s.Op(op)
}

// smbCall tells a call of DCE/RPC that a pipe carries.
func smbCall(m *Message, s *Sink, h *smb.Header) {
	file, data := h.Piped()
	p, ok := dcerpc.Read(data)
	if !ok {
		return
	}
	bound := (*dcerpc.Binding)(m.Memory[2:4])
	if p.Kind == dcerpc.Bind || p.Kind == dcerpc.Alter {
		p.Contexts(func(x dcerpc.Context) {
			if n := p.Find(x.UUID); n != 0 {
				bound.Bind(file, n)
			}
		})
		return
	}
	if _, operation, ok := p.Called(); ok {
		if call := dcerpc.CallOf(bound.Bound(file), operation); call != nil {
			s.Did(call.Verb, call.Op, nil, "")
		}
	}
}

// smbTree notes the id of an administrative share when it is given.
func smbTree(m *Message, h *smb.Header) {
	if m.Memory[1]&smbPending != 0 && h.Status == 0 {
		m.Memory[1] = smbShare | uint64(h.Tree)
	}
}

// smb2Ops is the operation of a command of version 2 or 3.
var smb2Ops = [...]string{"smb2 negotiate", "smb2 session setup", "smb2 logoff", "smb2 tree connect", "smb2 tree disconnect",
	"smb2 create", "smb2 close", "smb2 flush", "smb2 read", "smb2 write", "smb2 lock", "smb2 ioctl", "smb2 cancel", "smb2 echo",
	"smb2 query directory", "smb2 change notify", "smb2 query info", "smb2 set info", "smb2 oplock break"}

func tellSMB2(m *Message, s *Sink, h *smb.Header) {
	switch {
	case int(h.Command) >= len(smb2Ops):
		if !m.Cut {
			s.Malformed("smb2: command")
		}
	case h.Answer:
		smb2Answer(m, s, h)
	default:
		if h.Command == 0 {
			smbDialect(s, h.Highest())
		}
		if h.Command == 1 && (s.NTLM(h.Block.Rest()) || bytes.Contains(h.Block.Rest(), smbKerberos)) {
			m.Memory[0] |= smbNamed
		}
		smbAsked(m, s, h, smb2Ops[h.Command])
	}
}

func smb2Answer(m *Message, s *Sink, h *smb.Header) {
	switch h.Command {
	case 0:
		n, ok := h.Negotiate()
		if !ok || h.Status != 0 {
			return
		}
		smbDialect(s, n.Dialect)
		smbGUID(s, n.GUID, "smb2.server_guid")
		smbBooted(s, n.Booted)
		s.NTLM(n.Blob)
		switch n.Dialect {
		case 0x0202:
			smbProvides(m, s, "smb2 SMB 2.0.2")
		case 0x0210:
			smbProvides(m, s, "smb2 SMB 2.1")
		case 0x0300:
			smbProvides(m, s, "smb2 SMB 3.0")
		case 0x0302:
			smbProvides(m, s, "smb2 SMB 3.0.2")
		case 0x0311:
			smbProvides(m, s, "smb2 SMB 3.1.1")
		}
	case 1:
		s.NTLM(h.Block.Rest())
		c := h.Block
		c.Skip(2)
		smbLogin(m, s, h.Status, "smb2 session setup", c.L16())
	case 3:
		smbTree(m, h)
	}
}

// smbDialect tells the dialect of version 2 or 3, "0x0311".
func smbDialect(s *Sink, d uint16) {
	if b := s.Scratch(6); b != nil && d != 0 && d != 0x02ff {
		const hex = "0123456789abcdef"
		b[0], b[1], b[2], b[3], b[4], b[5] = '0', 'x', hex[d>>12], hex[d>>8&15], hex[d>>4&15], hex[d&15]
		s.Sender(tyto.Clue, b, tyto.Stated, "smb2.dialect")
	}
}

// smbBooted tells when a server says that it began, in 100 ns since 1601.
func smbBooted(s *Sink, t uint64) {
	const unix = 116444736000000000
	if b := s.Scratch(32); b != nil && t > unix && t < unix+1<<56 {
		at := time.Unix(int64((t-unix)/1e7), 0).UTC()
		s.Sender(tyto.Clue, at.AppendFormat(b[:0], time.RFC3339), tyto.Stated, "smb2.boot_time")
	}
}
