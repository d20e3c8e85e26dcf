package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/proto/tlshello"
	"tyto/tyto"
)

// Datagram Transport Layer Security: RFC 4347 (1.0), RFC 6347 (1.2), RFC 9147 (1.3).
func init() {
	register(Dissector{
		Name:     "dtls",
		Where:    []Where{UDP(443), UDP(4433), UDP(5684), UDP(5349), UDP(2083), UDP(4755)},
		Anywhere: true, First: "\x16",
		Is: isDTLS, Tell: tellDTLS,
	})
}

// Types of records and of handshakes.
const (
	dtlsHandshake = 22
	dtlsClient    = 1
	dtlsServer    = 2
	dtlsMost      = 8 // records of one datagram that are looked at
)

func isDTLS(m *Message) bool {
	c := m.Read()
	kind, version, epoch := c.U8(), c.U16(), c.U16()
	c.Skip(6)
	n := int(c.U16())
	if c.Short() || version != 0xfeff && version != 0xfefd && version != 0x0100 || n > c.Len()+m.Frame.Missing {
		return m.Memory[0] != 0 && len(m.Body) > 0 && m.Body[0]>>5 == 1 // 1.3's short header
	}
	if m.Memory[0] != 0 {
		return kind >= 20 && kind <= 26
	}
	if kind != dtlsHandshake || epoch != 0 {
		return kind >= 20 && kind <= 23 && n == c.Len() && n > 0 && epoch <= 16
	}
	what, length := c.U8(), int(c.U24())
	c.U16()
	offset, part := int(c.U24()), int(c.U24())
	return !c.Short() && what <= 24 && offset+part <= length && part <= n
}

func tellDTLS(m *Message, s *Sink) {
	m.Memory[0] = 1
	c := m.Read()
	for i := 0; c.Len() >= 13 && i < dtlsMost; i++ {
		kind := c.U8()
		c.U16()
		epoch := c.U16()
		c.Skip(6)
		n := int(c.U16())
		if n > c.Len() && m.Frame.Missing == 0 {
			if kind <= 26 && kind >= 20 {
				s.Malformed("dtls: record ends early")
			}
			return
		}
		body := frame.Read(c.Bytes(min(n, c.Len())))
		switch {
		case epoch > 0 || kind == 23:
			s.Op("dtls data")
			return
		case kind == dtlsHandshake:
			dtlsHello(m, s, body)
		case kind == 21:
			s.Op("dtls alert")
		}
	}
}

// dtlsHello reads a handshake message that is whole, or the first part of one.
func dtlsHello(m *Message, s *Sink, c frame.Cursor) {
	kind, length := c.U8(), int(c.U24())
	c.U16()
	offset, part := int(c.U24()), int(c.U24())
	if c.Short() || offset != 0 {
		return
	}
	body := c.Bytes(min(part, c.Len()))
	whole := len(body) == length
	switch kind {
	case dtlsClient:
		s.Op("dtls ClientHello")
		if h, ok := tlshello.ReadDatagramClient(body); ok {
			dtlsTellClient(s, &h, whole)
		} else if whole {
			s.Malformed("dtls: ClientHello")
		}
	case dtlsServer:
		s.Op("dtls ServerHello")
		if b := s.Scratch(phrase.ServiceRoom); b != nil {
			s.Sender(tyto.Provides, phrase.Service(b[:0], "udp/", m.Frame.SrcPort, "dtls", nil), tyto.Stated, "dtls.handshake.type")
		}
		if h, ok := tlshello.ReadServer(body); ok && whole {
			dtlsTellJA3(s, h.AppendJA3S(s.Scratch(h.MaxJA3())[:0]), "dtls.handshake.ja3s")
		}
	case 3:
		s.Op("dtls HelloVerifyRequest")
	default:
		s.Op("dtls handshake")
	}
}

func dtlsTellClient(s *Sink, h *tlshello.Hello, whole bool) {
	if len(h.ServerName) > 0 && len(h.ServerName) < 256 {
		s.ServerName(h.ServerName)
		s.Sender(tyto.Clue, h.ServerName, tyto.Stated, "dtls.handshake.extensions_server_name")
	}
	s.Sender(tyto.Clue, phrase.Text(h.Protocol()), tyto.Stated, "dtls.handshake.extensions_alpn_str")
	if whole && !h.Cut {
		dtlsTellJA3(s, h.AppendJA3(s.Scratch(h.MaxJA3())[:0]), "dtls.handshake.ja3")
	}
}

func dtlsTellJA3(s *Sink, text []byte, field string) {
	if b := s.Scratch(32); b != nil && len(text) > 0 {
		s.Sender(tyto.Clue, tlshello.AppendMD5(b[:0], text), tyto.Stated, field)
	}
}
