package tlshello

import "tyto/frame"

// ReadDatagramClient reads a ClientHello of DTLS (RFC 6347 section 4.3.2),
// from after the handshake header on: it has a cookie before the ciphers.
func ReadDatagramClient(body []byte) (h Hello, ok bool) {
	c := frame.Read(body)
	h.Version = c.U16()
	c.Skip(32)
	c.Skip(int(c.U8())) // session id
	c.Skip(int(c.U8())) // cookie
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
