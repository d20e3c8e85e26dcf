package proto

import (
	"tyto/frame"
	"tyto/proto/der"
	"tyto/tyto"
)

// Kerberos 5 (RFC 4120): the exchanges with a key distribution centre.
func init() {
	register(Dissector{
		Name:  "kerberos",
		Where: []Where{UDP(88), TCP(88)},
		Is:    isKerberos, Split: splitKerberos, Tell: tellKerberos,
	})
}

// Tags of messages: application 10 to 14 and 30 (RFC 4120 section 5.10).
const (
	kerberosASReq  = 0x6a
	kerberosASRep  = 0x6b
	kerberosTGSReq = 0x6c
	kerberosTGSRep = 0x6d
	kerberosError  = 0x7e
)

// kerberosMax is the longest message that is believed; tickets with many groups are large.
const kerberosMax = 1 << 18

// kerberosBody is the message after the length that precedes it on TCP (section 7.2.2).
func kerberosBody(m *Message) frame.Cursor {
	c := m.Read()
	if m.Frame.Proto == frame.TCP {
		c.Skip(4)
	}
	return c
}

func isKerberos(m *Message) bool {
	if m.Frame.Proto == frame.TCP {
		c := m.Read()
		if n := c.U32(); n < 16 || n > kerberosMax {
			return false
		}
	}
	c := kerberosBody(m)
	tag := der.Peek(&c)
	if tag != kerberosError && (tag < kerberosASReq || tag > kerberosTGSRep) {
		return false
	}
	c, ok := der.Enter(&c, tag)
	c, ok2 := der.Enter(&c, der.Sequence)
	first := byte(0xa0)
	if tag == kerberosASReq || tag == kerberosTGSReq {
		first = 0xa1
	}
	v, ok3 := der.Enter(&c, first)
	return ok && ok2 && ok3 && string(v.Rest()) == "\x02\x01\x05"
}

func splitKerberos(m *Message) int {
	c := m.Read()
	n := c.U32()
	switch {
	case c.Short():
		return 0
	case n < 16 || n > kerberosMax:
		return -1
	}
	return 4 + int(n)
}

func tellKerberos(m *Message, s *Sink) {
	c := kerberosBody(m)
	tag := der.Peek(&c)
	c, _ = der.Enter(&c, tag)
	c, ok := der.Enter(&c, der.Sequence)
	if !ok {
		s.Malformed("kerberos: no sequence")
		return
	}
	switch tag {
	case kerberosASReq:
		s.Op("kerberos AS-REQ")
		kerberosRequest(m, s, c)
	case kerberosTGSReq:
		s.Op("kerberos TGS-REQ")
		kerberosRequest(m, s, c)
	case kerberosASRep:
		kerberosAnswer(s, c)
		s.Undergone(tyto.Login, "kerberos AS-REP", nil, "ok")
	case kerberosTGSRep:
		s.Op("kerberos TGS-REP")
		kerberosAnswer(s, c)
	case kerberosError:
		s.Op("kerberos KRB-ERROR")
		kerberosFailed(s, c)
	}
}

// kerberosField is the body of the next element with the context tag; those before it are passed over.
func kerberosField(c *frame.Cursor, tag byte) (frame.Cursor, bool) {
	for range 16 {
		at := der.Peek(c)
		if at == 0 || at > tag {
			return frame.Cursor{}, false
		}
		if at == tag {
			return der.Enter(c, tag)
		}
		if _, _, ok := der.Next(c); !ok {
			return frame.Cursor{}, false
		}
	}
	return frame.Cursor{}, false
}

const kerberosString = 0x1b // GeneralString

func kerberosText(c frame.Cursor, ok bool) []byte {
	if !ok {
		return nil
	}
	text, _ := der.Expect(&c, kerberosString)
	return text
}

// kerberosComputer is the name of a principal if it is that of a computer:
// NAME$, or host/name; nil for persons (section 5.2.2).
func kerberosComputer(c frame.Cursor, ok bool) []byte {
	if !ok {
		return nil
	}
	c, ok = der.Enter(&c, der.Sequence)
	c, ok2 := kerberosField(&c, 0xa1)
	c, ok3 := der.Enter(&c, der.Sequence)
	if !ok || !ok2 || !ok3 {
		return nil
	}
	first, _ := der.Expect(&c, kerberosString)
	if string(first) == "host" {
		first, _ = der.Expect(&c, kerberosString)
		return first
	}
	if n := len(first); n > 1 && first[n-1] == '$' {
		return first[:n-1]
	}
	return nil
}

// kerberosRequest reads the body of a request (section 5.4.1).
func kerberosRequest(m *Message, s *Sink, c frame.Cursor) {
	c, ok := kerberosField(&c, 0xa4)
	c, ok2 := der.Enter(&c, der.Sequence)
	if !ok || !ok2 {
		if !m.Cut {
			s.Malformed("kerberos: no body")
		}
		return
	}
	name := kerberosComputer(kerberosField(&c, 0xa1))
	realm := kerberosText(kerberosField(&c, 0xa2))
	s.Sender(tyto.Hostname, name, tyto.Stated, "kerberos.CNameString")
	sure := tyto.Inferred // a person's may be another than the computer's
	if name != nil {
		sure = tyto.Stated
	}
	s.Sender(tyto.Domain, realm, sure, "kerberos.realm")
	list, ok := kerberosField(&c, 0xa9)
	list, ok2 = der.Enter(&list, der.Sequence)
	if ok && ok2 {
		kerberosAddresses(s, list)
	}
}

// kerberosAddresses reads the NetBIOS name that Windows gives as an address (section 7.5.3).
func kerberosAddresses(s *Sink, c frame.Cursor) {
	for range 8 {
		a, ok := der.Enter(&c, der.Sequence)
		if !ok {
			return
		}
		kind, ok := kerberosField(&a, 0xa0)
		if !ok || string(kind.Rest()) != "\x02\x01\x14" {
			continue
		}
		text, _ := kerberosField(&a, 0xa1)
		name, _ := der.Expect(&text, der.OctetString)
		n := min(len(name), 15)
		for n > 0 && name[n-1] == ' ' {
			n--
		}
		s.Sender(tyto.Hostname, name[:n], tyto.Stated, "kerberos.addr_nb")
	}
}

var kerberosKDC = []byte("domain controller")

// kerberosAnswer reads what a centre answers (section 5.4.2).
func kerberosAnswer(s *Sink, c frame.Cursor) {
	realm := kerberosText(kerberosField(&c, 0xa3))
	name := kerberosComputer(kerberosField(&c, 0xa4))
	s.Sender(tyto.Role, kerberosKDC, tyto.Shown, "kerberos.msg_type")
	s.Sender(tyto.Domain, realm, tyto.Stated, "kerberos.crealm")
	s.Receiver(tyto.Hostname, name, tyto.Shown, "kerberos.CNameString")
}

// kerberosFailed reads an error (section 5.9.1); the codes are of section 7.5.9.
func kerberosFailed(s *Sink, c frame.Cursor) {
	v, ok := kerberosField(&c, 0xa6)
	body, _ := der.Expect(&v, der.Integer)
	code, ok2 := der.Int(body)
	realm := kerberosText(kerberosField(&c, 0xa9))
	if !ok || !ok2 {
		return
	}
	s.Sender(tyto.Role, kerberosKDC, tyto.Shown, "kerberos.msg_type")
	s.Sender(tyto.Domain, realm, tyto.Stated, "kerberos.realm")
	switch code {
	case 6:
		s.Undergone(tyto.LoginFailed, "kerberos AS-REQ", nil, "unknown client")
	case 18:
		s.Undergone(tyto.LoginFailed, "kerberos AS-REQ", nil, "revoked")
	case 23:
		s.Undergone(tyto.LoginFailed, "kerberos AS-REQ", nil, "password expired")
	case 24:
		s.Undergone(tyto.LoginFailed, "kerberos AS-REQ", nil, "wrong password")
	}
}
