package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/der"
	"tyto/tyto"
)

// The Lightweight Directory Access Protocol (RFC 4511), and its form without
// connection by which Windows finds domain controllers ([MS-ADTS] section 6.3.3).
func init() {
	register(Dissector{
		Name:  "ldap",
		Where: []Where{TCP(389), TCP(3268), UDP(389)},
		Is:    isLDAP, Split: splitLDAP, Tell: tellLDAP,
	})
}

// ldapMax is the longest message that is believed, in bytes.
const ldapMax = 16 << 20

// What Memory[0] of a conversation keeps.
const (
	ldapNamed  = 1 << iota // a login that names somebody is under way
	ldapClear              // with a password in the clear
	ldapSecure             // the client asked for TLS
)

// Operations by the tag of their message (RFC 4511 section 4.2 on).
var ldapOps = [256]string{0x60: "ldap bind", 0x61: "ldap bind answer", 0x42: "ldap unbind", 0x63: "ldap search", 0x64: "ldap entry",
	0x65: "ldap search done", 0x73: "ldap reference", 0x66: "ldap modify", 0x67: "ldap modify answer", 0x68: "ldap add",
	0x69: "ldap add answer", 0x4a: "ldap delete", 0x6b: "ldap delete answer", 0x6c: "ldap modify name", 0x6d: "ldap modify name answer",
	0x6e: "ldap compare", 0x6f: "ldap compare answer", 0x50: "ldap abandon", 0x77: "ldap extended", 0x78: "ldap extended answer",
	0x79: "ldap intermediate answer"}

func isLDAP(m *Message) bool {
	c := m.Read()
	n := len(m.Body)
	c, ok := der.Enter(&c, der.Sequence)
	id, ok2 := der.Expect(&c, der.Integer)
	tag := der.Peek(&c)
	return n >= 7 && ok && ok2 && len(id) <= 4 && ldapOps[tag] != ""
}

func splitLDAP(m *Message) int {
	c := m.Read()
	if c.U8() != der.Sequence && !c.Short() {
		return -1
	}
	n := int(c.U8())
	head := 2
	if n >= 0x80 {
		k := n & 0x7f
		if k == 0 || k > 4 {
			return -1
		}
		head, n = head+k, 0
		for range k {
			n = n<<8 | int(c.U8())
		}
	}
	switch {
	case c.Short():
		return 0
	case n > ldapMax:
		return -1
	}
	return head + n
}

func tellLDAP(m *Message, s *Sink) {
	c := m.Read()
	for range 16 { // without connection, all parts of the answer are in one datagram
		x, ok := der.Enter(&c, der.Sequence)
		if !ok {
			return
		}
		der.Expect(&x, der.Integer)
		tag := der.Peek(&x)
		op, ok := der.Enter(&x, tag)
		if !ok || ldapOps[tag] == "" {
			if !m.Cut {
				s.Malformed("ldap: no operation")
			}
			return
		}
		ldapMessage(m, s, tag, op)
	}
}

func ldapMessage(m *Message, s *Sink, tag byte, c frame.Cursor) {
	switch tag {
	case 0x60:
		ldapBind(m, s, c)
	case 0x61:
		ldapBound(m, s, c)
	case 0x63:
		ldapSearch(s, c)
	case 0x64:
		ldapEntry(s, c)
	case 0x77:
		ldapExtended(m, c)
	case 0x78:
		if code, ok := ldapResult(&c); ok && code == 0 && m.Memory[0]&ldapSecure != 0 {
			s.Op("ldap secured")
			s.Switch()
			return
		}
		m.Memory[0] &^= ldapSecure
	case 0x66, 0x68, 0x4a, 0x6c:
		s.Did(tyto.Write, ldapOps[tag], nil, "")
		return
	}
	s.Op(ldapOps[tag])
}

// ldapBind reads a login (RFC 4511 section 4.2). Who it is, is not told.
func ldapBind(m *Message, s *Sink, c frame.Cursor) {
	der.Expect(&c, der.Integer)
	name, ok := der.Expect(&c, der.OctetString)
	how, secret, ok2 := der.Next(&c)
	if !ok || !ok2 {
		if !m.Cut {
			s.Malformed("ldap: bind")
		}
		return
	}
	m.Memory[0] &^= ldapNamed | ldapClear
	switch {
	case s.NTLM(secret):
		m.Memory[0] |= ldapNamed
	case how == 0x80 && len(name) > 0 && len(secret) > 0:
		m.Memory[0] |= ldapNamed | ldapClear
	case how == 0xa3 && !bytes.Contains(secret, ldapNegotiate):
		m.Memory[0] |= ldapNamed
	}
}

// ldapResult is the code that an answer begins with (RFC 4511 section 4.1.9); 0 is success.
func ldapResult(c *frame.Cursor) (code int64, ok bool) {
	_, body, ok := der.Next(c)
	code, ok2 := der.Int(body)
	return code, ok && ok2
}

// ldapExtended notes whether TLS is asked for (RFC 4511 section 4.14.1).
func ldapExtended(m *Message, c frame.Cursor) {
	m.Memory[0] &^= ldapSecure
	if name, ok := der.Expect(&c, 0x80); ok && bytes.Equal(name, ldapStartTLS) {
		m.Memory[0] |= ldapSecure
	}
}

var (
	ldapStartTLS  = []byte("1.3.6.1.4.1.1466.20037")
	ldapNegotiate = []byte("NTLMSSP\x00")
	ldapInClear   = []byte("in the clear")
)

func ldapBound(m *Message, s *Sink, c frame.Cursor) {
	s.NTLM(c.Rest())
	code, ok := ldapResult(&c)
	if !ok || code == 14 || m.Memory[0]&ldapNamed == 0 { // 14: the login goes on
		return
	}
	object := []byte(nil)
	if m.Memory[0]&ldapClear != 0 {
		object = ldapInClear
	}
	if code == 0 {
		s.Undergone(tyto.Login, "ldap bind", object, "ok")
	} else {
		s.Undergone(tyto.LoginFailed, "ldap bind", object, "refused")
	}
	m.Memory[0] &^= ldapNamed
}

// ldapSearch tells the domain in which a client searches, and what it says of
// itself when it looks for a controller ([MS-ADTS] section 6.3.3.2).
func ldapSearch(s *Sink, c frame.Cursor) {
	base, _ := der.Expect(&c, der.OctetString)
	s.Sender(tyto.Domain, ldapDomain(s, base), tyto.Inferred, "ldap.baseObject")
	for range 5 { // scope, aliases, limits, types only
		der.Next(&c)
	}
	filter, ok := der.Enter(&c, 0xa0)
	for i := 0; ok && i < 8; i++ {
		var match frame.Cursor
		if match, ok = der.Enter(&filter, 0xa3); !ok {
			return
		}
		attr, _ := der.Expect(&match, der.OctetString)
		value, _ := der.Expect(&match, der.OctetString)
		switch {
		case bytes.EqualFold(attr, ldapHost):
			s.Sender(tyto.Hostname, value, tyto.Stated, "ldap.filter.Host")
		case bytes.EqualFold(attr, ldapDNSDomain):
			s.Sender(tyto.Domain, bytes.TrimSuffix(value, []byte(".")), tyto.Shown, "ldap.filter.DnsDomain")
		}
	}
}

var (
	ldapHost      = []byte("Host")
	ldapDNSDomain = []byte("DnsDomain")
)

// ldapDomain makes "plant.example" of "DC=plant,DC=example"; nil of names with other parts, which may be persons.
func ldapDomain(s *Sink, dn []byte) []byte {
	b := s.Scratch(len(dn))
	if b == nil || len(dn) > 255 {
		return nil
	}
	b = b[:0]
	for len(dn) > 0 {
		part, rest, _ := bytes.Cut(dn, []byte{','})
		part = bytes.TrimLeft(part, " ")
		if len(part) < 4 || part[0]|0x20 != 'd' || part[1]|0x20 != 'c' || part[2] != '=' {
			return nil
		}
		if len(b) > 0 {
			b = append(b, '.')
		}
		b, dn = append(b, part[3:]...), rest
	}
	return b
}

// ldapEntry reads the entry without a name, in which a server speaks of itself
// (RFC 4512 section 5.1, [MS-ADTS] section 3.1.1.3.2).
func ldapEntry(s *Sink, c frame.Cursor) {
	name, ok := der.Expect(&c, der.OctetString)
	list, ok2 := der.Enter(&c, der.Sequence)
	if !ok || !ok2 || len(name) > 0 {
		return
	}
	for range 64 {
		x, ok := der.Enter(&list, der.Sequence)
		if !ok {
			return
		}
		attr, _ := der.Expect(&x, der.OctetString)
		values, ok := der.Enter(&x, der.Set)
		value, _ := der.Expect(&values, der.OctetString)
		if ok && len(value) > 0 {
			ldapAttribute(s, attr, value)
		}
	}
}

var (
	ldapController = []byte("domain controller")
	ldapNames      = [...][]byte{[]byte("dnsHostName"), []byte("defaultNamingContext"), []byte("domainControllerFunctionality"),
		[]byte("vendorName"), []byte("vendorVersion"), []byte("netlogon")}
)

func ldapAttribute(s *Sink, attr, value []byte) {
	switch {
	case bytes.EqualFold(attr, ldapNames[0]):
		s.Sender(tyto.Hostname, value, tyto.Stated, "ldap.dnsHostName")
	case bytes.EqualFold(attr, ldapNames[1]):
		s.Sender(tyto.Domain, ldapDomain(s, value), tyto.Stated, "ldap.defaultNamingContext")
	case bytes.EqualFold(attr, ldapNames[2]):
		s.Sender(tyto.Role, ldapController, tyto.Stated, "ldap.domainControllerFunctionality")
	case bytes.EqualFold(attr, ldapNames[3]):
		s.Sender(tyto.Clue, value, tyto.Stated, "ldap.vendorName")
	case bytes.EqualFold(attr, ldapNames[4]):
		s.Sender(tyto.Clue, value, tyto.Stated, "ldap.vendorVersion")
	case bytes.EqualFold(attr, ldapNames[5]):
		ldapNetlogon(s, value)
	}
}

// ldapNetlogon reads NETLOGON_SAM_LOGON_RESPONSE_EX ([MS-ADTS] section 6.3.1.9).
func ldapNetlogon(s *Sink, b []byte) {
	c := frame.Read(b)
	if op := c.L16(); op != 23 && op != 25 {
		return
	}
	c.Skip(22)
	at := len(b) - c.Len()
	s.Sender(tyto.Role, ldapController, tyto.Stated, "mscldap.netlogon.opcode")
	for i := range 5 {
		var text []byte
		if text, at = ldapName(s, b, at); at < 0 {
			return
		}
		switch i {
		case 0:
			s.Sender(tyto.Clue, text, tyto.Stated, "mscldap.forest")
		case 1:
			s.Sender(tyto.Domain, text, tyto.Stated, "mscldap.domain")
			s.Receiver(tyto.Domain, text, tyto.Inferred, "mscldap.domain")
		case 2:
			s.Sender(tyto.Hostname, text, tyto.Stated, "mscldap.hostname")
		case 4:
			s.Sender(tyto.Hostname, text, tyto.Stated, "mscldap.nb_hostname")
		}
	}
}

// ldapName reads a name that is compressed as in DNS (RFC 1035 section 4.1.4)
// at a place in b; where the next one begins, or -1.
func ldapName(s *Sink, b []byte, at int) (text []byte, next int) {
	text = s.Scratch(256)
	if text == nil {
		return nil, -1
	}
	text, next = text[:0], -1
	for range 32 {
		if at < 0 || at >= len(b) {
			return nil, -1
		}
		n := int(b[at])
		switch {
		case n == 0:
			if next < 0 {
				next = at + 1
			}
			return text, next
		case n >= 0xc0 && at+1 < len(b):
			if next < 0 {
				next = at + 2
			}
			at = (n&0x3f)<<8 | int(b[at+1])
		case n < 0x40 && at+1+n <= len(b) && len(text)+n < 255:
			if len(text) > 0 {
				text = append(text, '.')
			}
			text = append(text, b[at+1:at+1+n]...)
			at += 1 + n
		default:
			return nil, -1
		}
	}
	return nil, -1
}
