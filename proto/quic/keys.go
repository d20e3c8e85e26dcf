package quic

import (
	"crypto/sha256"
	"math/bits"
)

// The keys of Initial packets are made of what everybody sees (RFC 9001
// section 5.2); they only keep middle boxes from meddling by accident. AES is
// written out here because crypto/aes allocates for each key, and these keys
// serve one packet each. It is the client's first key only; nothing is kept secret by it.

// A version is what differs between versions of QUIC in making keys.
type version struct {
	salt                string
	key, iv, protection string // labels
}

var (
	labels1 = version{key: "quic key", iv: "quic iv", protection: "quic hp"}
	salt1   = "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a" // RFC 9001 section 5.2
	salt2   = "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9" // RFC 9369 section 3.3.1
	salt29  = "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99" // drafts 29 to 32
	salt23  = "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02" // drafts 23 to 28
	saltT50 = "\x7f\xf5\x79\xe5\xac\xd0\x72\x91\x55\x80\x30\x4c\x43\xa2\x36\x7c\x60\x48\x83\x10" // Google's T050
	saltT51 = "\x7a\x4e\xde\xf4\xe7\xcc\xee\x5f\xa4\x50\x6c\x19\x12\x4f\xc8\xcc\xda\x6e\x03\x3d" // Google's T051
)

// keysOf is how keys are made in a version; ok is false for one that we cannot read.
func keysOf(number uint32) (v version, ok bool) {
	v = labels1
	switch {
	case number == 1 || number >= 0xff000021 && number <= 0xff000022:
		v.salt = salt1
	case number == 0x6b3343cf:
		return version{salt2, "quicv2 key", "quicv2 iv", "quicv2 hp"}, true
	case number >= 0xff00001d && number <= 0xff000020:
		v.salt = salt29
	case number >= 0xff000017 && number <= 0xff00001c, number == 0xfaceb002:
		v.salt = salt23
	case number == 0x54303530:
		v.salt = saltT50
	case number == 0x54303531:
		v.salt = saltT51
	default:
		return v, false
	}
	return v, true
}

// mac is HMAC-SHA-256 of at most 128 bytes with a key of at most 64 (RFC 2104).
func mac(key, text []byte) [32]byte {
	var inner [64 + 128]byte
	var outer [64 + 32]byte
	copy(inner[:], key)
	copy(outer[:], key)
	for i := range 64 {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	n := copy(inner[64:], text)
	sum := sha256.Sum256(inner[:64+n])
	copy(outer[64:], sum[:])
	return sha256.Sum256(outer[:])
}

// expand is HKDF-Expand-Label with no context, for at most 32 bytes (RFC 8446 section 7.1).
func expand(secret []byte, label string, length byte) [32]byte {
	var info [64]byte
	info[1] = length
	info[2] = byte(len("tls13 ") + len(label))
	n := 3 + copy(info[3:], "tls13 ")
	n += copy(info[n:], label)
	info[n+1] = 1 // after the empty context, the counter of HKDF-Expand
	return mac(secret, info[:n+2])
}

// A clientKey opens the Initial packets of a client.
type clientKey struct {
	packet, header schedule
	iv             [12]byte
}

func newClientKey(v version, connection []byte) (k clientKey) {
	var salt [20]byte
	copy(salt[:], v.salt)
	secret := mac(salt[:], connection)
	secret = expand(secret[:], "client in", 32)
	key, iv, hp := expand(secret[:], v.key, 16), expand(secret[:], v.iv, 12), expand(secret[:], v.protection, 16)
	k.packet.set(key[:16])
	k.header.set(hp[:16])
	copy(k.iv[:], iv[:])
	return k
}

// A schedule is the round keys of AES-128 (FIPS 197).
type schedule [44]uint32

var (
	sbox  [256]byte
	table [256]uint32 // MixColumns of SubBytes, for the first row
)

func init() {
	// The S-box is the inverse in GF(2^8), then an affine map (FIPS 197 section 5.1.1).
	p, q := byte(1), byte(1)
	for {
		p ^= p<<1 ^ p>>7*0x1b // times 3
		q ^= q << 1           // divided by 3
		q ^= q << 2
		q ^= q << 4
		q ^= q >> 7 * 0x09
		sbox[p] = q ^ bits.RotateLeft8(q, 1) ^ bits.RotateLeft8(q, 2) ^ bits.RotateLeft8(q, 3) ^ bits.RotateLeft8(q, 4) ^ 0x63
		if p == 1 {
			break
		}
	}
	sbox[0] = 0x63
	for i, s := range sbox {
		double := s<<1 ^ s>>7*0x1b
		table[i] = uint32(double)<<24 | uint32(s)<<16 | uint32(s)<<8 | uint32(double^s)
	}
}

func word(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func substitute(w uint32) uint32 {
	return uint32(sbox[w>>24])<<24 | uint32(sbox[w>>16&255])<<16 | uint32(sbox[w>>8&255])<<8 | uint32(sbox[w&255])
}

func (s *schedule) set(key []byte) {
	for i := range 4 {
		s[i] = word(key[4*i:])
	}
	round := byte(1)
	for i := 4; i < len(s); i++ {
		w := s[i-1]
		if i%4 == 0 {
			w = substitute(bits.RotateLeft32(w, 8)) ^ uint32(round)<<24
			round = round<<1 ^ round>>7*0x1b
		}
		s[i] = s[i-4] ^ w
	}
}

// encrypt is one block of AES-128.
func (s *schedule) encrypt(block *[16]byte) {
	var x, y [4]uint32
	for i := range x {
		x[i] = word(block[4*i:]) ^ s[i]
	}
	for round := 1; round < 10; round++ {
		for i := range y {
			y[i] = table[x[i]>>24] ^ bits.RotateLeft32(table[x[(i+1)&3]>>16&255], -8) ^
				bits.RotateLeft32(table[x[(i+2)&3]>>8&255], -16) ^ bits.RotateLeft32(table[x[(i+3)&3]&255], -24) ^ s[4*round+i]
		}
		x = y
	}
	for i := range y {
		w := x[i]&0xff000000 | x[(i+1)&3]&0xff0000 | x[(i+2)&3]&0xff00 | x[(i+3)&3]&0xff
		w = substitute(w) ^ s[40+i]
		block[4*i], block[4*i+1], block[4*i+2], block[4*i+3] = byte(w>>24), byte(w>>16), byte(w>>8), byte(w)
	}
}

// open decrypts text of the packet number in place, with the counter mode
// inside of GCM (NIST SP 800-38D section 6.5). The tag is not checked: what
// comes out must be frames anyway.
func (k *clientKey) open(number uint32, text []byte) {
	var start, block [16]byte
	copy(start[:], k.iv[:])
	for i := range 4 {
		start[11-i] ^= byte(number >> (8 * i))
	}
	for counter := uint32(2); len(text) > 0; counter++ {
		block = start
		block[12], block[13], block[14], block[15] = byte(counter>>24), byte(counter>>16), byte(counter>>8), byte(counter)
		k.packet.encrypt(&block)
		n := min(len(text), 16)
		for i := range n {
			text[i] ^= block[i]
		}
		text = text[n:]
	}
}
