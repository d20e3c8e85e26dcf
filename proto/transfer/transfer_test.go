package transfer

import (
	"hash/fnv"
	"strconv"
	"testing"
)

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
