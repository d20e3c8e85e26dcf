package ntlmssp

import (
	"encoding/binary"
	"testing"
)

func utf16(s string) (b []byte) {
	for _, r := range s {
		b = append(b, byte(r), 0)
	}
	return b
}

// authenticate builds message 3.
func authenticate(user, workstation string) []byte {
	b := append([]byte(signature), 3, 0, 0, 0)
	u, w := utf16(user), utf16(workstation)
	for _, x := range []struct{ n, at int }{{0, 72}, {0, 72}, {0, 72}, {len(u), 72}, {len(w), 72 + len(u)}, {0, 72}} {
		b = binary.LittleEndian.AppendUint16(b, uint16(x.n))
		b = binary.LittleEndian.AppendUint16(b, uint16(x.n))
		b = binary.LittleEndian.AppendUint32(b, uint32(x.at))
	}
	b = binary.LittleEndian.AppendUint32(b, flagUnicode|flagVersion)
	b = append(b, 10, 0, 0x65, 0x4a, 0, 0, 0, 15)
	return append(append(b, u...), w...)
}

func TestReadClaim(t *testing.T) {
	b := append([]byte("before"), authenticate("someone", "STATION7")...)
	cl, ok := ReadClaim(Find(b))
	if !ok || !cl.Wide || !cl.Authenticates || cl.Null || cl.Build != 19045 || string(AppendText(nil, cl.Workstation)) != "STATION7" {
		t.Errorf("ReadClaim = %+v, %v", cl, ok)
	}
	if cl, ok = ReadClaim(authenticate("", "")); !ok || !cl.Null {
		t.Errorf("an anonymous claim reads as %+v, %v", cl, ok)
	}
	one := append([]byte(signature), 1, 0, 0, 0, 0, 0x20, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 4, 0, 40, 0, 0, 0, 6, 1, 0xb1, 0x1d, 0, 0, 0, 15)
	if cl, ok = ReadClaim(append(one, "HOST"...)); !ok || cl.Wide || string(cl.Workstation) != "HOST" || cl.Build != 7601 {
		t.Errorf("message 1 reads as %+v, %v", cl, ok)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(authenticate("someone", "STATION7"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ReadChallenge(b)
		ReadClaim(Find(b))
	})
}
