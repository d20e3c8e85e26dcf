package proto

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"tyto/frame"
)

// sshKexInit builds a packet of RFC 4253 section 7.1 with ten lists.
func sshKexInitPacket(lists [10]string) []byte {
	body := append([]byte{20}, make([]byte, 16)...)
	for i := range 16 {
		body[1+i] = byte(i * 7)
	}
	for _, l := range lists {
		body = append(binary.BigEndian.AppendUint32(body, uint32(len(l))), l...)
	}
	body = append(body, 0, 0, 0, 0, 0)
	padding := 8 - (len(body)+5)%8 + 4
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(body)+padding))
	b = append(append(b, byte(padding)), body...)
	return append(b, make([]byte, padding)...)
}

var (
	sshClientLists = [10]string{"curve25519-sha256,ecdh-sha2-nistp256", "ssh-ed25519,rsa-sha2-512", "chacha20-poly1305@openssh.com,aes128-ctr",
		"aes256-ctr", "umac-64-etm@openssh.com,hmac-sha2-256", "hmac-sha2-512", "none,zlib@openssh.com", "none", "", ""}
	sshServerLists = [10]string{"curve25519-sha256", "ssh-ed25519", "aes128-ctr", "aes256-ctr,aes192-ctr", "hmac-sha2-256",
		"hmac-sha2-512,hmac-sha1", "none", "none,zlib", "", ""}
)

// TestGenerateSSH makes the capture of testdata/ssh.
func TestGenerateSSH(t *testing.T) {
	w := newWire()
	admin, server, old := wireStation(30), wireStation(40), wireStation(3)
	c := w.tcp(admin, 51000, server, 22)
	c.answer("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
	c.ask("SSH-2.0-ExTerm_0.81\r\n")
	c.say(0, sshKexInitPacket(sshClientLists)).say(1, sshKexInitPacket(sshServerLists))
	c.say(0, []byte{0, 0, 0, 12, 10, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	c.end()
	c = w.tcp(admin, 51001, server, 40022) // not on its port, server waits, banner and kexinit in one
	c.say(0, append([]byte("SSH-2.0-ExTerm_0.81\r\n"), sshKexInitPacket(sshClientLists)...))
	c.say(1, append([]byte("SSH-2.0-dropbear_2022.83\n"), sshKexInitPacket(sshServerLists)...))
	c.end()
	c = w.tcp(admin, 51002, old, 22)
	c.answer("SSH-1.5-Cisco-1.25\n").ask("SSH-1.5-ExTerm\n")
	c.end()
	w.keep(t, "ssh")
}

// TestSSHFingerprints compares with the definition: kex;ciphers;MACs;compressions of one's own direction.
func TestSSHFingerprints(t *testing.T) {
	for _, x := range []struct {
		toServer bool
		lists    [10]string
		way      int
		field    string
	}{{true, sshClientLists, 0, "ssh.kex.hassh"}, {false, sshServerLists, 1, "ssh.kex.hasshserver"}} {
		text := x.lists[0] + ";" + x.lists[2+x.way] + ";" + x.lists[4+x.way] + ";" + x.lists[6+x.way]
		sum := md5.Sum([]byte(text))
		m := &Message{Body: sshKexInitPacket(x.lists), ToServer: x.toServer, Memory: &[4]uint64{sshBanner | sshBanner<<sshOther}}
		if got, want := fact(shown(t, "ssh", m), x.field), hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s = %s, want %s", x.field, got, want)
		}
	}
}

func TestSSHSplit(t *testing.T) {
	memory := new([4]uint64)
	for _, x := range []struct {
		text string
		want int
	}{{"SSH-2.0-x\r\nabc", 11}, {"SSH-2.0-x", 0}, {"hello\nSSH-2.0-x\n", 6}, {"", 0}} {
		if got := splitSSH(&Message{Body: []byte(x.text), Memory: memory}); got != x.want {
			t.Errorf("Split(%q) = %d, want %d", x.text, got, x.want)
		}
	}
	memory[0] = sshBanner << sshOther
	for _, x := range []struct {
		body []byte
		want int
	}{{[]byte{0, 0}, 4}, {[]byte{0, 0, 1, 0}, 260}, {[]byte{0xff, 0, 1, 0}, -1}} {
		if got := splitSSH(&Message{Body: x.body, Memory: memory}); got != x.want {
			t.Errorf("Split(%x) = %d, want %d", x.body, got, x.want)
		}
	}
}

func TestSSHAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 22, DstPort: 40000}
	wireAllocs(t, "ssh", &Message{Frame: f, Body: []byte("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")})
	wireAllocs(t, "ssh", &Message{Frame: f, Body: sshKexInitPacket(sshServerLists), Memory: &[4]uint64{sshBanner << sshOther}})
}
