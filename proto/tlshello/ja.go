package tlshello

import (
	"crypto/md5"
	"crypto/sha256"
	"slices"
	"strconv"

	"tyto/frame"
)

// AppendJA3 appends the text of which the client fingerprint JA3 is the MD5
// (version, ciphers, extensions, groups, point formats; without GREASE).
func (h *Hello) AppendJA3(b []byte) []byte {
	b = strconv.AppendUint(b, uint64(h.Version), 10)
	b = appendList(append(b, ','), h.Ciphers)
	b = h.appendExtensions(append(b, ','))
	b = appendList(append(b, ','), h.Groups)
	b = append(b, ',')
	for i, p := range h.Points {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(p), 10)
	}
	return b
}

// AppendJA3S appends the text of which the server fingerprint JA3S is the
// MD5 (version, cipher, extensions).
func (h *Hello) AppendJA3S(b []byte) []byte {
	b = strconv.AppendUint(b, uint64(h.Version), 10)
	b = append(b, ',')
	b = strconv.AppendUint(b, uint64(h.Cipher()), 10)
	return h.appendExtensions(append(b, ','))
}

// MaxJA3 bounds the length of the text of JA3 of this hello, in bytes.
func (h *Hello) MaxJA3() int {
	return 16 + 3*(len(h.Ciphers)+len(h.Groups)) + 4*len(h.Points) + 6*(len(h.Extensions)/4+1)
}

func appendList(b, list []byte) []byte {
	first := true
	for c := frame.Read(list); c.Len() > 1; {
		x := c.U16()
		if Grease(x) {
			continue
		}
		if !first {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(x), 10)
		first = false
	}
	return b
}

func (h *Hello) appendExtensions(b []byte) []byte {
	first := true
	for c := frame.Read(h.Extensions); c.Len() >= 4; {
		x := c.U16()
		c.Skip(int(c.U16()))
		if Grease(x) || c.Short() {
			continue
		}
		if !first {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(x), 10)
		first = false
	}
	return b
}

// AppendMD5 appends the MD5 of text in hexadecimal digits.
func AppendMD5(b, text []byte) []byte {
	sum := md5.Sum(text)
	return appendHex(b, sum[:])
}

const hexDigits = "0123456789abcdef"

func appendHex(b, sum []byte) []byte {
	for _, x := range sum {
		b = append(b, hexDigits[x>>4], hexDigits[x&15])
	}
	return b
}

// mostJA4 is how many ciphers or extensions JA4 is made of; no client sends
// so many, and who does gets none.
const mostJA4 = 256

// JA4Length is the length of a JA4 fingerprint, in bytes.
const JA4Length = 36

// AppendJA4 appends the client fingerprint JA4 (FoxIO, technical details of
// 2023, BSD-3-Clause) for a hello that came over transport: 't' for TCP, 'q'
// for QUIC, 'd' for DTLS. Nothing is appended if the hello has more parts than it
// can be made of.
func (h *Hello) AppendJA4(b []byte, transport byte) []byte {
	var ciphers, extensions [mostJA4]uint16
	nc := sorted(&ciphers, h.Ciphers)
	ne, counted := h.sortedExtensions(&extensions)
	if nc < 0 || ne < 0 {
		return b
	}
	b = append(b, transport)
	b = append(b, versionText(h.Offered())...)
	if h.HasName {
		b = append(b, 'd')
	} else {
		b = append(b, 'i')
	}
	b = appendCount(b, nc)
	b = appendCount(b, counted)
	b = h.appendALPN(b)
	var text [8 * mostJA4]byte
	list := appendHexList(text[:0], ciphers[:nc])
	b = appendShort(append(b, '_'), list)
	list = appendHexList(text[:0], extensions[:ne])
	if counted > 0 && len(h.Signatures) > 0 {
		list = append(list, '_')
		list = appendRawHexList(list, h.Signatures)
	}
	return appendShort(append(b, '_'), list)
}

// sorted fills to with the list, without GREASE, and is its length; -1 if it is too long.
func sorted(to *[mostJA4]uint16, list []byte) int {
	n := 0
	for c := frame.Read(list); c.Len() > 1; {
		x := c.U16()
		if Grease(x) {
			continue
		}
		if n == len(to) {
			return -1
		}
		to[n] = x
		n++
	}
	slices.Sort(to[:n])
	return n
}

// sortedExtensions is as sorted, for the extensions without server_name and
// ALPN; counted includes these.
func (h *Hello) sortedExtensions(to *[mostJA4]uint16) (n, counted int) {
	for c := frame.Read(h.Extensions); c.Len() >= 4; {
		x := c.U16()
		c.Skip(int(c.U16()))
		if Grease(x) || c.Short() {
			continue
		}
		counted++
		if x == extServerName || x == extALPN {
			continue
		}
		if n == len(to) {
			return -1, counted
		}
		to[n] = x
		n++
	}
	slices.Sort(to[:n])
	return n, counted
}

func versionText(v uint16) string {
	switch v {
	case 0x0304:
		return "13"
	case 0x0303:
		return "12"
	case 0x0302:
		return "11"
	case 0x0301:
		return "10"
	case 0x0300:
		return "s3"
	case 0x0002:
		return "s2"
	case 0xfeff:
		return "d1"
	case 0xfefd:
		return "d2"
	case 0xfefc:
		return "d3"
	}
	return "00"
}

func appendCount(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

func (h *Hello) appendALPN(b []byte) []byte {
	p := h.Protocol()
	if len(p) == 0 {
		return append(b, "00"...)
	}
	first, last := p[0], p[len(p)-1]
	if alphanumeric(first) && alphanumeric(last) {
		return append(b, first, last)
	}
	return append(b, hexDigits[first>>4], hexDigits[last&15])
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func appendHexList(b []byte, list []uint16) []byte {
	for i, x := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, hexDigits[x>>12], hexDigits[x>>8&15], hexDigits[x>>4&15], hexDigits[x&15])
	}
	return b
}

// appendRawHexList appends at most mostJA4 values in the order in which they
// stand, without GREASE.
func appendRawHexList(b, list []byte) []byte {
	first := true
	for c := frame.Read(list); c.Len() > 1 && len(b)+5 <= cap(b); {
		x := c.U16()
		if Grease(x) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		b = append(b, hexDigits[x>>12], hexDigits[x>>8&15], hexDigits[x>>4&15], hexDigits[x&15])
		first = false
	}
	return b
}

// appendShort appends the first twelve digits of the SHA-256 of the list.
func appendShort(b, list []byte) []byte {
	if len(list) == 0 {
		return append(b, "000000000000"...)
	}
	sum := sha256.Sum256(list)
	return appendHex(b, sum[:6])
}
