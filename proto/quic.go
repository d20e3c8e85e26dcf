package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/proto/der"
	"tyto/proto/quic"
	"tyto/proto/tlshello"
	"tyto/tyto"
)

// QUIC (RFC 9000, RFC 9369) and Google's protocol that it grew from, up to the
// client's hello, whose keys everybody can make (RFC 9001 section 5.2).
func init() {
	first := "\x09\x0d\x19\x1d"
	for b := 0xc0; b < 0x100; b++ {
		first += string([]byte{byte(b)})
	}
	register(Dissector{
		Name:     "quic",
		Where:    []Where{UDP(443), UDP(80), UDP(784), UDP(853), UDP(4433), UDP(8853)},
		Anywhere: true, First: first,
		Is: isQUIC, Tell: tellQUIC,
	})
}

// What Memory[0] of a conversation keeps.
const (
	quicNamed = 1 << iota // the server's name was told
	quicHello             // the whole hello was
	quicSeen              // a client's packet was
)

// quicSmallest is the least that a client's first datagram holds, so that it
// cannot be used to amplify an attack (RFC 9000 section 14.1); the drafts and
// Google's allowed less.
const quicSmallest = 1000

func isQUIC(m *Message) bool {
	if quic.Google(m.Body) {
		return m.ToServer
	}
	_, ok := quic.ReadHeader(m.Body)
	return ok
}

func tellQUIC(m *Message, s *Sink) {
	if quic.Google(m.Body) {
		tellGoogle(m, s)
		return
	}
	h, ok := quic.ReadHeader(m.Body)
	if !ok {
		s.Malformed("quic: header")
		return
	}
	if !m.ToServer {
		tellQUICServer(m, s, &h)
		return
	}
	if m.Memory[0]&quicSeen == 0 {
		m.Memory[0] |= quicSeen
		s.Op("quic connection")
		if b := s.Scratch(10); b != nil {
			v := h.Version
			s.Sender(tyto.Clue, der.AppendHex(append(b[:0], "0x"...), []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}),
				tyto.Stated, "quic.version")
		}
	}
	if !h.Initial || len(m.Body) < quicSmallest || m.Memory[0]&quicHello != 0 {
		return
	}
	if frames := h.Open(s.Scratch(min(len(m.Body), 4096)), m.Body); frames != nil {
		tellQUICFrames(m, s, frames)
	}
}

// tellQUICFrames reads the hello, as far as this packet holds it.
func tellQUICFrames(m *Message, s *Sink, frames []byte) {
	b, ok := quic.Crypto(s.Scratch(len(frames)), frames)
	if !ok {
		return
	}
	c := frame.Read(b)
	if kind, n := c.U8(), int(c.U24()); kind == 1 && !c.Short() {
		if h, ok := tlshello.ReadClient(c.Bytes(min(n, c.Len()))); ok {
			tellQUICHello(m, s, &h, n <= len(b)-4)
		}
	}
	if m.Memory[0]&quicNamed == 0 {
		tellQUICName(m, s, quic.ServerName(frames))
	}
}

func tellQUICName(m *Message, s *Sink, name []byte) {
	if len(name) > 0 && len(name) < 256 {
		m.Memory[0] |= quicNamed
		s.ServerName(name)
		s.Sender(tyto.Clue, name, tyto.Stated, "tls.handshake.extensions_server_name")
	}
}

func tellQUICHello(m *Message, s *Sink, h *tlshello.Hello, whole bool) {
	tellQUICName(m, s, h.ServerName)
	if !whole || h.Cut { // no fingerprint of a part
		return
	}
	m.Memory[0] |= quicHello
	s.Sender(tyto.Clue, h.Protocol(), tyto.Stated, "tls.handshake.extensions_alpn_str")
	text := h.AppendJA3(s.Scratch(h.MaxJA3())[:0])
	if b := s.Scratch(32); b != nil && len(text) > 0 {
		s.Sender(tyto.Clue, tlshello.AppendMD5(b[:0], text), tyto.Stated, "tls.handshake.ja3")
		s.Sender(tyto.Clue, text, tyto.Stated, "tls.handshake.ja3_full")
	}
	if b := s.Scratch(tlshello.JA4Length); b != nil {
		s.Sender(tyto.Clue, h.AppendJA4(b[:0], 'q'), tyto.Stated, "tls.handshake.ja4")
	}
}

// tellQUICServer tells that the sender answers. What it says is encrypted
// with keys of the client's first packet and names nobody.
func tellQUICServer(m *Message, s *Sink, h *quic.Header) {
	if h.Version == 0 {
		return
	}
	if b := s.Scratch(20); b != nil {
		text := strconv.AppendUint(append(b[:0], "udp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(text, " quic"...), tyto.Stated, "quic.version")
	}
	if m.Memory[0]&(quicHello|quicNamed) != 0 {
		s.Done()
	}
}

func tellGoogle(m *Message, s *Sink) {
	if m.Memory[0]&quicSeen == 0 {
		m.Memory[0] |= quicSeen
		s.Op("quic connection")
		s.Sender(tyto.Clue, m.Body[9:13], tyto.Stated, "gquic.version")
	}
	tellQUICName(m, s, quic.GoogleTag(m.Body, "SNI\x00"))
	s.Sender(tyto.Clue, quic.GoogleTag(m.Body, "UAID"), tyto.Stated, "gquic.tag.uaid")
}
