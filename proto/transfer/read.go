package transfer

import (
	"strconv"
	"strings"
)

// Read reads a text that ends as Append writes it: what was moved, which is ""
// where the protocol gives it no name, and its sum. It is false for another text.
func Read(text string) (name string, s Sum, ok bool) {
	rest, hash, ok := cutLast(text, " bytes, fnv1a ")
	if !ok || len(hash) != 16 {
		return "", s, false
	}
	var err error
	if s.Hash, err = strconv.ParseUint(hash, 16, 64); err != nil {
		return "", s, false
	}
	name, size, named := cutLast(rest, ", ")
	if !named {
		name, size = "", rest
	}
	n, err := strconv.ParseUint(size, 10, 32)
	s.Size = uint32(n)
	return name, s, err == nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
