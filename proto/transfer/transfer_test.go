package transfer

import (
	"hash/fnv"
	"strconv"
	"testing"
)

func TestRead(t *testing.T) {
	s := Begin()
	s.Add([]byte("a block"))
	for before, name := range map[string]string{"": "", "OB 1, ": "OB 1", "file,3, ": "file,3", "a, 7 bytes, fnv1a 0123456789abcdef, ": "a, 7 bytes, fnv1a 0123456789abcdef"} {
		text := string(s.Append(append(make([]byte, 0, 100), before...)))
		if got, sum, ok := Read(text); !ok || got != name || sum != s {
			t.Errorf("%q: %q %v %v", text, got, sum, ok)
		}
	}
	for _, other := range []string{"", "holding registers 40-49", "7 bytes, fnv1a 12", "x bytes, fnv1a 0123456789abcdef", "99999999999 bytes, fnv1a 0123456789abcdef",
		"7 bytes, fnv1a 0123456789abcdeg", " bytes, fnv1a 0123456789abcdef"} {
		if name, _, ok := Read(other); ok {
			t.Errorf("%q is read as %q", other, name)
		}
	}
}

func TestSum(t *testing.T) {
	want := fnv.New64a()
	s := Begin()
	for _, part := range []string{"", "a block ", "in parts"} {
		s.Add([]byte(part))
		want.Write([]byte(part))
	}
	if s.Hash != want.Sum64() || s.Size != 16 {
		t.Errorf("got %x of %d bytes, want %x", s.Hash, s.Size, want.Sum64())
	}
	hex := strconv.FormatUint(want.Sum64(), 16)
	if got := string(s.Append(make([]byte, 0, Longest))); got != "16 bytes, fnv1a "+hex {
		t.Errorf("got %q", got)
	}
	if got := s.Append(make([]byte, 0, 10)); len(got) != 0 {
		t.Errorf("%q does not fit", got)
	}
}
