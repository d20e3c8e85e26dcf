package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/der"
	"tyto/proto/tlshello"
	"tyto/proto/x509"
	"tyto/tyto"
)

// TLS 1.0 to 1.3 and SSL (RFC 5246, RFC 8446, RFC 6101), up to where the
// encryption begins.
func init() {
	register(Dissector{
		Name: "tls",
		Where: []Where{TCP(443), TCP(465), TCP(636), TCP(853), TCP(989), TCP(990), TCP(993), TCP(995), TCP(3269), TCP(5061),
			TCP(5228), TCP(5671), TCP(8443), TCP(8883), TCP(9443)},
		Anywhere: true, First: "\x14\x15\x16\x17\x80\x81\x82",
		Is: isTLS, Split: splitTLS, Tell: tellTLS,
	})
}

// Content types of records, and types of handshake messages.
const (
	tlsChange      = 20
	tlsAlert       = 21
	tlsHandshake   = 22
	tlsData        = 23
	tlsHeartbeat   = 24
	tlsClientHello = 1
	tlsServerHello = 2
	tlsCertificate = 11
	tlsMaxRecord   = 16<<10 + 2048 // RFC 5246 section 6.2.3
)

// What Memory[0] of a conversation keeps.
const (
	tlsSawClient = 1 << iota
	tlsSawServer
)

// A tlsRecord is the header of a record.
type tlsRecord struct {
	kind   uint8
	length int
}

func readRecord(c *frame.Cursor) (r tlsRecord, ok bool) {
	r.kind = c.U8()
	major, minor := c.U8(), c.U8()
	r.length = int(c.U16())
	ok = !c.Short() && r.kind >= tlsChange && r.kind <= tlsHeartbeat && major == 3 && minor <= 4 && r.length <= tlsMaxRecord
	return r, ok
}

func isTLS(m *Message) bool {
	c := m.Read()
	r, ok := readRecord(&c)
	if !ok {
		return isSSL2(m.Body)
	}
	switch r.kind {
	case tlsHandshake:
		kind, n := c.U8(), int(c.U24())
		switch {
		case r.length > 0 && r.length < 4 && (kind == tlsClientHello || kind == tlsServerHello): // cut very small
			return len(m.Body) > 5+r.length && recordsThrough(m.Body)
		case c.Short() || r.length < 4:
			return false
		case kind == tlsClientHello || kind == tlsServerHello:
			major := c.U8()
			return n >= 38 && n < 1<<17 && (major == 3 || c.Short())
		case kind == tlsCertificate:
			return n > 3 && n+4 >= r.length
		}
		return false
	case tlsAlert: // two bytes in the clear, or as many as encryption makes of them
		level := c.U8()
		return len(m.Body) == 5+r.length && (r.length == 2 && (level == 1 || level == 2) || r.length >= 24)
	}
	// Picked up in the middle: records to the end of the segment.
	return r.length > 0 && recordsThrough(m.Body)
}

// recordsThrough reports whether b is records from end to end, or one and the
// header of another.
func recordsThrough(b []byte) bool {
	c := frame.Read(b)
	for n := 0; ; n++ {
		if c.Len() == 0 {
			return n > 0
		}
		r, ok := readRecord(&c)
		if !ok {
			return false
		}
		if c.Skip(r.length); c.Short() {
			return n >= 1
		}
	}
}

// isSSL2 recognises the hello of SSL 2.0 (RFC 6101 appendix E.2), with which
// old clients also offered newer versions.
func isSSL2(b []byte) bool {
	c := frame.Read(b)
	n := int(c.U16() & 0x7fff)
	kind, version, ciphers, session, challenge := c.U8(), c.U16(), c.U16(), c.U16(), c.U16()
	return !c.Short() && b[0]&0x80 != 0 && kind == 1 && (version == 2 || version>>8 == 3 && version&0xff <= 3) &&
		ciphers%3 == 0 && ciphers > 0 && session <= 16 && challenge >= 16 && challenge <= 32 &&
		n == 9+int(ciphers)+int(session)+int(challenge)
}

// splitTLS keeps records together that carry the parts of one handshake message.
func splitTLS(m *Message) int {
	b := m.Body
	if len(b) >= 2 && b[0]&0x80 != 0 {
		return 2 + int(b[0]&0x7f)<<8 + int(b[1])
	}
	var hello tlsMessages
	for at := 0; ; {
		c := frame.Read(b[at:])
		r, ok := readRecord(&c)
		switch {
		case c.Short() && at < MaxMessage-5:
			return at + 5
		case !ok && at == 0:
			return -1
		case !ok || at > 0 && r.kind != tlsHandshake || at+5+r.length > MaxMessage && at > 0:
			return at
		}
		at += 5 + r.length
		if r.kind != tlsHandshake || at > len(b) || !hello.pass(c.Bytes(r.length)) {
			return at
		}
	}
}

// tlsMessages follows handshake messages over the bounds of records.
type tlsMessages struct {
	header [4]byte
	have   int // bytes of the header
	left   int // bytes of the body
}

// pass goes through the body of a record, and reports whether a message goes
// on beyond it.
func (t *tlsMessages) pass(b []byte) bool {
	for len(b) > 0 {
		n := min(t.left, len(b))
		t.left -= n
		b = b[n:]
		if t.left > 0 {
			return true
		}
		n = copy(t.header[t.have:], b)
		t.have += n
		b = b[n:]
		if t.have == 4 {
			t.left, t.have = int(t.header[1])<<16|int(t.header[2])<<8|int(t.header[3]), 0
			if t.left > 1<<17 { // encrypted, or not the protocol
				return false
			}
		}
	}
	return t.left > 0 || t.have > 0
}

func tellTLS(m *Message, s *Sink) {
	if len(m.Body) > 0 && m.Body[0]&0x80 != 0 {
		tellSSL2(m, s)
		return
	}
	c := m.Read()
	var parts []byte // of messages over several records
	for c.Len() > 0 {
		r, ok := readRecord(&c)
		if !ok {
			s.Malformed("tls: record header")
			return
		}
		body := c.Bytes(min(r.length, c.Len()))
		switch r.kind {
		case tlsHandshake:
			if c.Len() == 0 && parts == nil {
				tellHandshakes(m, s, body)
				return
			}
			if parts == nil {
				parts = s.Scratch(len(m.Body))[:0]
			}
			if len(parts)+len(body) <= cap(parts) {
				parts = append(parts, body...)
			}
		case tlsAlert:
			tellAlert(s, body)
		case tlsChange, tlsData: // encrypted from here on
			s.Done()
		}
	}
	tellHandshakes(m, s, parts)
}

func tellHandshakes(m *Message, s *Sink, b []byte) {
	for c := frame.Read(b); c.Len() >= 4; {
		kind, n := c.U8(), int(c.U24())
		body := c.Bytes(min(n, c.Len()))
		switch kind {
		case tlsClientHello:
			tellClientHello(m, s, body)
		case tlsServerHello:
			tellServerHello(m, s, body)
		case tlsCertificate:
			s.Op("tls Certificate")
			tellCertificates(s, body)
		}
	}
}

func tellClientHello(m *Message, s *Sink, body []byte) {
	h, ok := tlshello.ReadClient(body)
	if !ok {
		s.Malformed("tls: ClientHello")
		return
	}
	m.Memory[0] |= tlsSawClient
	s.Op("tls ClientHello")
	if len(h.ServerName) > 0 && len(h.ServerName) < 256 {
		s.ServerName(h.ServerName)
		s.Sender(tyto.Clue, h.ServerName, tyto.Stated, "tls.handshake.extensions_server_name")
	}
	tellALPN(s, &h)
	tellHex(s, h.Offered(), "tls.handshake.extensions.supported_version")
	if m.Cut || h.Cut { // no fingerprint of a part
		return
	}
	tellJA3(s, h.AppendJA3(s.Scratch(h.MaxJA3())[:0]), "tls.handshake.ja3", "tls.handshake.ja3_full")
	if b := s.Scratch(tlshello.JA4Length); b != nil {
		s.Sender(tyto.Clue, h.AppendJA4(b[:0], 't'), tyto.Stated, "tls.handshake.ja4")
	}
}

// tellJA3 tells a fingerprint and the text that it is made of.
func tellJA3(s *Sink, text []byte, field, fullField string) {
	if b := s.Scratch(32); b != nil && len(text) > 0 {
		s.Sender(tyto.Clue, tlshello.AppendMD5(b[:0], text), tyto.Stated, field)
		s.Sender(tyto.Clue, text, tyto.Stated, fullField)
	}
}

// tellALPN tells the protocols as "h2,http/1.1".
func tellALPN(s *Sink, h *tlshello.Hello) {
	b := s.Scratch(min(len(h.Protocols), 200))[:0]
	for c := frame.Read(h.Protocols); c.Len() > 0; {
		p := c.Bytes(int(c.U8()))
		if len(b)+1+len(p) > cap(b) {
			break
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = append(b, p...)
	}
	s.Sender(tyto.Clue, b, tyto.Stated, "tls.handshake.extensions_alpn_str")
}

// tellHex tells a number as Wireshark writes it: 0x0303.
func tellHex(s *Sink, x uint16, field string) {
	if b := s.Scratch(6); b != nil {
		s.Sender(tyto.Clue, der.AppendHex(append(b[:0], "0x"...), []byte{byte(x >> 8), byte(x)}), tyto.Stated, field)
	}
}

func tellServerHello(m *Message, s *Sink, body []byte) {
	h, ok := tlshello.ReadServer(body)
	if !ok {
		if !m.Cut {
			s.Malformed("tls: ServerHello")
		}
		return
	}
	s.Op("tls ServerHello")
	if h.Retry { // the client says hello once more
		return
	}
	m.Memory[0] |= tlsSawServer
	tellHex(s, h.Offered(), "tls.handshake.version")
	tellHex(s, h.Cipher(), "tls.handshake.ciphersuite")
	tellALPN(s, &h)
	if !m.Cut && !h.Cut {
		tellJA3(s, h.AppendJA3S(s.Scratch(h.MaxJA3())[:0]), "tls.handshake.ja3s", "tls.handshake.ja3s_full")
	}
	if b := s.Scratch(16); b != nil {
		text := strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(text, " tls"...), tyto.Stated, "tls.handshake.type")
	}
	if h.Offered() >= 0x0304 { // the rest is encrypted
		s.Done()
	}
}

// tellCertificates tells of the first certificate of the chain, the sender's own.
func tellCertificates(s *Sink, body []byte) {
	c := frame.Read(body)
	c.Skip(3)
	n := int(c.U24())
	x, ok := x509.Read(c.Bytes(min(n, c.Len())))
	if !ok {
		return
	}
	subject := x509.AppendName(s.Scratch(maxValue)[:0], x.Subject)
	s.Sender(tyto.Clue, subject, tyto.Stated, "x509sat.subject")
	s.Sender(tyto.Clue, x509.AppendName(s.Scratch(maxValue)[:0], x.Issuer), tyto.Stated, "x509sat.issuer")
	s.Sender(tyto.Clue, der.AppendHex(s.Scratch(2 * min(len(x.Serial), 32))[:0], x.Serial[:min(len(x.Serial), 32)]),
		tyto.Stated, "x509af.serialNumber")
	s.Sender(tyto.Clue, x.AppendNotBefore(s.Scratch(10)[:0]), tyto.Stated, "x509af.notBefore")
	s.Sender(tyto.Clue, x.AppendNotAfter(s.Scratch(10)[:0]), tyto.Stated, "x509af.notAfter")
	s.Sender(tyto.Clue, x.AppendKey(s.Scratch(16)[:0]), tyto.Stated, "x509af.subjectPublicKey")
	if x.SelfSigned() {
		s.Sender(tyto.Clue, tlsSelfSigned, tyto.Stated, "x509af.selfSigned")
	}
	for i := range 8 {
		s.Sender(tyto.Clue, x.AltName(i, false), tyto.Stated, "x509ce.dNSName")
		if ip := x.AltName(i, true); ip != nil {
			s.Sender(tyto.Clue, frame.AddrOf(ip).Append(s.Scratch(46)[:0]), tyto.Stated, "x509ce.iPAddress")
		}
	}
	tellFactory(s, subject)
}

var tlsSelfSigned = []byte("self-signed")

// tellFactory tells what the makers of phones and servers write into the
// certificates that they install: "PID:CP-8841 SN:FCH0000A0A0", "SERIAL:…".
func tellFactory(s *Sink, subject []byte) {
	if !bytes.Contains(subject, []byte("PID:")) {
		return
	}
	s.Sender(tyto.ModelNumber, wordAfter(subject, "PID:"), tyto.Stated, "x509sat.subject")
	s.Sender(tyto.Serial, wordAfter(subject, " SN:"), tyto.Stated, "x509sat.subject")
	s.Sender(tyto.Serial, wordAfter(subject, " SERIAL:"), tyto.Stated, "x509sat.subject")
}

func wordAfter(b []byte, label string) []byte {
	i := bytes.Index(b, []byte(label))
	if i < 0 {
		return nil
	}
	b = b[i+len(label):]
	if i = bytes.IndexAny(b, " ,"); i >= 0 {
		b = b[:i]
	}
	return b
}

func tellAlert(s *Sink, body []byte) {
	c := frame.Read(body)
	level, what := c.U8(), c.U8()
	if c.Short() || c.Len() > 0 { // encrypted
		s.Done()
		return
	}
	switch {
	case level == 2 && (what == 42 || what == 43 || what == 46 || what == 48):
		s.Op("tls alert: certificate refused")
	case level == 2 && (what == 40 || what == 70 || what == 71):
		s.Op("tls alert: nothing in common")
	case level == 2:
		s.Op("tls alert")
	}
}

func tellSSL2(m *Message, s *Sink) {
	if !isSSL2(m.Body) { // the answer, whose certificate follows other rules
		s.Done()
		return
	}
	c := m.Read()
	c.Skip(3)
	s.Op("tls SSLv2 ClientHello")
	tellHex(s, c.U16(), "tls.handshake.version")
}
