// Package tlshello reads the hellos of TLS (RFC 5246, RFC 8446) and makes the
// fingerprints JA3, JA3S and JA4 of them. It is pure: no memory of its own,
// no allocation. QUIC carries the same hellos.
package tlshello

import "tyto/frame"

// Extensions that are looked into.
const (
	extServerName        = 0
	extGroups            = 10
	extPointFormats      = 11
	extSignatures        = 13
	extALPN              = 16
	extSupportedVersions = 43
)

// A Hello is what a client or a server said first. Its slices point into the message.
type Hello struct {
	Version    uint16 // of the message; what was meant is Offered
	Ciphers    []byte // two bytes each; a server's has one
	Extensions []byte // raw, each with type and length
	ServerName []byte
	Protocols  []byte // ALPN list: each with a byte of length
	Groups     []byte // two bytes each
	Points     []byte // one byte each
	Signatures []byte // two bytes each
	Versions   []byte // supported_versions, two bytes each; a server's has one
	Retry      bool   // a server's HelloRetryRequest (RFC 8446 section 4.1.3)
	Cut        bool   // the message ended early; what is there was read
	HasName    bool   // has the extension server_name, even if empty
}

// retryRandom is the random that makes a ServerHello a HelloRetryRequest.
const retryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91" +
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// ReadClient reads a ClientHello, from after the handshake header on.
func ReadClient(body []byte) (h Hello, ok bool) {
	c := frame.Read(body)
	h.Version = c.U16()
	c.Skip(32)
	c.Skip(int(c.U8())) // session id
	n := int(c.U16())
	if c.Short() || n%2 != 0 {
		return h, false
	}
	h.Cut = n > c.Len()
	h.Ciphers = c.Bytes(min(n, c.Len()) &^ 1)
	if h.Cut {
		return h, true
	}
	c.Skip(int(c.U8())) // compression methods
	if c.Short() {
		return h, false
	}
	h.readExtensions(c, true)
	return h, true
}

// ReadServer reads a ServerHello, from after the handshake header on.
func ReadServer(body []byte) (h Hello, ok bool) {
	c := frame.Read(body)
	h.Version = c.U16()
	h.Retry = string(c.Bytes(32)) == retryRandom
	c.Skip(int(c.U8()))
	h.Ciphers = c.Bytes(2)
	c.Skip(1)
	if c.Short() {
		return h, false
	}
	h.readExtensions(c, false)
	return h, true
}

func (h *Hello) readExtensions(c frame.Cursor, client bool) {
	if c.Len() < 2 {
		return
	}
	n := int(c.U16())
	h.Cut = n > c.Len()
	h.Extensions = c.Bytes(min(n, c.Len()))
	for e := frame.Read(h.Extensions); e.Len() >= 4; {
		id, body := e.U16(), e.Sub(int(e.U16()))
		if body.Short() {
			h.Cut = true
			return
		}
		h.readExtension(id, body, client)
	}
}

func (h *Hello) readExtension(id uint16, c frame.Cursor, client bool) {
	switch id {
	case extServerName:
		h.HasName = true
		if !client || c.Len() < 5 {
			return
		}
		list := c.Sub(int(c.U16()))
		if list.U8() == 0 {
			h.ServerName = list.Bytes(int(list.U16()))
		}
	case extALPN:
		h.Protocols = c.Bytes(int(c.U16()))
	case extGroups:
		h.Groups = c.Bytes(int(c.U16()) &^ 1)
	case extPointFormats:
		h.Points = c.Bytes(int(c.U8()))
	case extSignatures:
		h.Signatures = c.Bytes(int(c.U16()) &^ 1)
	case extSupportedVersions:
		if client {
			h.Versions = c.Bytes(int(c.U8()) &^ 1)
		} else {
			h.Versions = c.Bytes(2)
		}
	}
}

// Grease reports whether x is a value that is sent to be ignored (RFC 8701).
func Grease(x uint16) bool { return x&0x0f0f == 0x0a0a && x>>8 == x&0xff }

// Offered is the newest version that is meant: of supported_versions if the
// hello has it, else of the hello itself.
func (h *Hello) Offered() uint16 {
	best := uint16(0)
	for c := frame.Read(h.Versions); c.Len() > 1; {
		if v := c.U16(); !Grease(v) && v > best {
			best = v
		}
	}
	if best == 0 {
		return h.Version
	}
	return best
}

// Cipher is the cipher suite that a server chose.
func (h *Hello) Cipher() uint16 {
	c := frame.Read(h.Ciphers)
	return c.U16()
}

// Protocol is the first protocol of ALPN.
func (h *Hello) Protocol() []byte {
	c := frame.Read(h.Protocols)
	return c.Bytes(int(c.U8()))
}
