package quic

import (
	"crypto/aes"
	"encoding/hex"
	"testing"
)

// TestKeys compares with RFC 9001 appendix A.1.
func TestKeys(t *testing.T) {
	connection, _ := hex.DecodeString("8394c8f03e515708")
	v, _ := keysOf(1)
	salt := []byte(v.salt)
	initial := mac(salt, connection)
	secret := expand(initial[:], "client in", 32)
	for _, x := range []struct {
		label string
		n     byte
		want  string
	}{{v.key, 16, "1f369613dd76d5467730efcbe3b1a22d"}, {v.iv, 12, "fa044b2f42a3fd3b46fb255c"}, {v.protection, 16, "9f50449e04a0e810283a1e9933adedd2"}} {
		got := expand(secret[:], x.label, x.n)
		if hex.EncodeToString(got[:x.n]) != x.want {
			t.Errorf("%s = %x, want %s", x.label, got[:x.n], x.want)
		}
	}
}

// TestAES compares with Go's.
func TestAES(t *testing.T) {
	var key, want, got [16]byte
	for i := range 200 {
		for j := range key {
			key[j], got[j] = byte(i*7+j*13), byte(i*31+j)
		}
		want = got
		c, err := aes.NewCipher(key[:])
		if err != nil {
			t.Fatal(err)
		}
		c.Encrypt(want[:], want[:])
		var s schedule
		s.set(key[:])
		if s.encrypt(&got); got != want {
			t.Fatalf("key %x: %x, want %x", key, got, want)
		}
	}
}

func TestCrypto(t *testing.T) {
	room := make([]byte, 100)
	for _, x := range []struct {
		frames, want string
		ok           bool
	}{
		{"\x00\x06\x00\x03abc\x01", "abc", true},
		{"\x06\x03\x02de\x06\x00\x03abc", "abcde", true},
		{"\x06\x04\x02ef\x06\x00\x03abc", "abc", true},
		{"\x06\x00\x05ab", "", false},
		{"\x02\x05\x00\x00\x05\x06\x00\x01a", "a", true},
		{"\x40zzz", "", false},
		{"", "", true},
	} {
		got, ok := Crypto(room, []byte(x.frames))
		if ok != x.ok || string(got) != x.want {
			t.Errorf("%q: %q %v, want %q %v", x.frames, got, ok, x.want, x.ok)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	packet := append([]byte{0xc0, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x44, 0x9e}, make([]byte, 0x49e)...)
	room := make([]byte, len(packet))
	b.ReportAllocs()
	for b.Loop() {
		h, ok := ReadHeader(packet)
		if !ok || h.Open(room, packet) == nil {
			b.Fatal("not opened")
		}
	}
}
