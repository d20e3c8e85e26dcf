package lab

import "fmt"

// A hello is how a program begins TLS (RFC 8446 section 4.1.2).
type hello struct {
	ciphers []uint16
	groups  []uint16
	alpn    []string
	modern  bool // speaks version 1.3
}

// The hellos of the generator: a browser, a telephone and a small device.
var (
	browserHello = hello{[]uint16{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x9c, 0x9d, 0x2f, 0x35}, []uint16{29, 23, 24}, []string{"h2", "http/1.1"}, true}
	phoneHello   = hello{[]uint16{0x1301, 0x1302, 0x1303, 0xcca9, 0xcca8, 0xc02b, 0xc02f, 0xc02c, 0xc030}, []uint16{29, 23}, []string{"h2"}, true}
	thingHello   = hello{[]uint16{0xc02c, 0xc030, 0xc02b, 0xc02f, 0xc00a, 0xc014, 0xc009, 0xc013, 0x35, 0x2f, 0xff}, []uint16{23, 24}, nil, false}
)

func (e *encoder) extension(kind uint16, fill func()) { e.u16(kind); e.sized16(fill) }

// clientHello is a record with the handshake's first message; r is where randomness comes from.
func (e *encoder) clientHello(h hello, host string, r *random) []byte {
	e.b = e.b[:0]
	e.u8(22, 3, 1)
	e.sized16(func() {
		e.u8(1)
		e.sized24(func() {
			e.u16(0x0303)
			e.random(r, 32)
			e.sized8(func() { e.random(r, 32) })
			e.sized16(func() {
				for _, c := range h.ciphers {
					e.u16(c)
				}
			})
			e.u8(1, 0)
			e.sized16(func() { e.clientExtensions(h, host, r) })
		})
	})
	return e.b
}

func (e *encoder) clientExtensions(h hello, host string, r *random) {
	e.extension(0, func() { e.sized16(func() { e.u8(0); e.sized16(func() { e.str(host) }) }) })
	e.extension(23, func() {})
	e.extension(10, func() {
		e.sized16(func() {
			for _, g := range h.groups {
				e.u16(g)
			}
		})
	})
	e.extension(11, func() { e.u8(1, 0) })
	e.extension(13, func() {
		e.sized16(func() {
			for _, s := range []uint16{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501} {
				e.u16(s)
			}
		})
	})
	if len(h.alpn) > 0 {
		e.extension(16, func() {
			e.sized16(func() {
				for _, a := range h.alpn {
					e.sized8(func() { e.str(a) })
				}
			})
		})
	}
	if h.modern {
		e.extension(43, func() { e.sized8(func() { e.u16(0x0304); e.u16(0x0303) }) })
		e.extension(45, func() { e.u8(1, 1) })
		e.extension(51, func() { e.sized16(func() { e.u16(29); e.sized16(func() { e.random(r, 32) }) }) })
	}
}

// serverHello is the answer and the beginning of what is encrypted.
func (e *encoder) serverHello(h hello, r *random) []byte {
	e.b = e.b[:0]
	e.u8(22, 3, 3)
	e.sized16(func() {
		e.u8(2)
		e.sized24(func() {
			e.u16(0x0303)
			e.random(r, 32)
			e.sized8(func() { e.random(r, 32) })
			e.u16(h.ciphers[0])
			e.u8(0)
			e.sized16(func() {
				if h.modern {
					e.extension(43, func() { e.u16(0x0304) })
					e.extension(51, func() { e.u16(29); e.sized16(func() { e.random(r, 32) }) })
				} else {
					e.extension(23, func() {})
				}
			})
		})
	})
	e.u8(20, 3, 3, 0, 1, 1)
	return e.sealedMore(h, r, 40)
}

// sealed is a record that nobody can read: of the handshake's end in TLS 1.2,
// else of data.
func (e *encoder) sealed(h hello, r *random, n int, changed bool) []byte {
	e.b = e.b[:0]
	if changed {
		e.u8(20, 3, 3, 0, 1, 1)
		return e.sealedMore(h, r, n)
	}
	e.u8(23, 3, 3)
	e.sized16(func() { e.random(r, n) })
	return e.b
}

func (e *encoder) sealedMore(h hello, r *random, n int) []byte {
	kind := byte(22)
	if h.modern {
		kind = 23
	}
	e.u8(kind, 3, 3)
	e.sized16(func() { e.random(r, n) })
	return e.b
}

// random appends n bytes.
func (e *encoder) random(r *random, n int) {
	for ; n >= 8; n -= 8 {
		e.u64(r.next())
	}
	for ; n > 0; n-- {
		e.u8(byte(r.next() >> 56))
	}
}

// get and ok are a request and an answer of HTTP.
func (e *encoder) get(host, path, agent string) []byte {
	e.b = fmt.Appendf(e.b[:0], "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\n\r\n", path, host, agent)
	return e.b
}

func (e *encoder) ok(server, kind, body string) []byte {
	e.b = fmt.Appendf(e.b[:0], "HTTP/1.1 200 OK\r\nServer: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", server, kind, len(body), body)
	return e.b
}

// kexinit is the first binary packet of SSH (RFC 4253 section 7.1).
func (e *encoder) kexinit(r *random) []byte {
	e.b = e.b[:0]
	lists := []string{"curve25519-sha256,ecdh-sha2-nistp256", "ssh-ed25519,rsa-sha2-512", "aes256-gcm@openssh.com,aes128-ctr", "aes256-gcm@openssh.com,aes128-ctr",
		"hmac-sha2-256,hmac-sha2-512", "hmac-sha2-256,hmac-sha2-512", "none", "none", "", ""}
	n := 1 + 1 + 16 + 1 + 4
	for _, l := range lists {
		n += 4 + len(l)
	}
	padding := 8 - (n+4)%8
	if padding < 4 {
		padding += 8
	}
	e.u32(uint32(n + padding))
	e.u8(byte(padding), 20)
	e.random(r, 16)
	for _, l := range lists {
		e.u32(uint32(len(l)))
		e.str(l)
	}
	e.u8(0)
	e.u32(0)
	e.zeros(padding)
	return e.b
}

// modbus is one message of Modbus/TCP.
func (e *encoder) modbus(transaction uint16, unit byte, pdu func()) []byte {
	e.b = e.b[:0]
	e.u16(transaction)
	e.u16(0)
	e.sized16(func() { e.u8(unit); pdu() })
	return e.b
}
