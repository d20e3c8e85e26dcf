package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// EAP over LAN, IEEE 802.1X-2020 section 11, with the head of EAP, RFC 3748.
// Who the person behind a supplicant is, is never told.
func init() {
	register(Dissector{
		Name:  "eapol",
		Where: []Where{EtherType(0x888e)},
		Is:    isEAPOL,
		Tell:  tellEAPOL,
	})
}

func isEAPOL(m *Message) bool {
	c := m.Read()
	version, kind, n := c.U8(), c.U8(), int(c.U16())
	return !c.Short() && version >= 1 && version <= 3 && kind <= 8 && n <= c.Len()+m.Frame.Missing
}

var (
	eapolSupplicant    = []byte("supplicant")
	eapolAuthenticator = []byte("authenticator")
)

func tellEAPOL(m *Message, s *Sink) {
	c := m.Read()
	c.U8()
	switch kind := c.U8(); kind {
	case 0:
		n := int(c.U16())
		eap(m, s, c.Bytes(min(n, c.Len())))
	case 1:
		s.Op("eapol start")
		s.Sender(tyto.Role, eapolSupplicant, tyto.Stated, "eapol.type")
	case 2:
		s.Op("eapol logoff")
		s.Sender(tyto.Role, eapolSupplicant, tyto.Stated, "eapol.type")
	case 3:
		s.Op("eapol key")
	case 5:
		s.Op("eapol mka") // MACsec key agreement
	default:
		s.Op("eapol other")
	}
}

// eap reads the head of EAP: code, identifier, length, type.
func eap(m *Message, s *Sink, body []byte) {
	c := frame.Read(body)
	code := c.U8()
	c.U8()
	if n := int(c.U16()); c.Short() || n > len(body)+m.Frame.Missing {
		s.Malformed("eapol: EAP message ends early")
		return
	}
	kind := c.U8()
	switch code {
	case 1:
		s.Op("eap request")
		s.Sender(tyto.Role, eapolAuthenticator, tyto.Stated, "eap.code")
		eapMethod(s, kind)
	case 2:
		s.Op("eap response")
		s.Sender(tyto.Role, eapolSupplicant, tyto.Stated, "eap.code")
		eapMethod(s, kind)
	case 3:
		s.Undergone(tyto.Login, "eap success", nil, "ok")
		s.Sender(tyto.Role, eapolAuthenticator, tyto.Stated, "eap.code")
	case 4:
		s.Undergone(tyto.LoginFailed, "eap failure", nil, "refused")
		s.Sender(tyto.Role, eapolAuthenticator, tyto.Stated, "eap.code")
	default:
		s.Malformed("eapol: EAP code that does not exist")
	}
}

// eapMethod tells the method by number: 4 is MD5, 13 TLS, 25 PEAP.
func eapMethod(s *Sink, kind byte) {
	if kind > 3 {
		s.Sender(tyto.Clue, phrase.Number(s.Scratch(3)[:0], uint64(kind)), tyto.Stated, "eap.type")
	}
}
