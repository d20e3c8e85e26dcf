package observe

import (
	"strings"
	"unicode/utf8"
)

// clean is text from the network as a string that JSON, a terminal and a
// database can hold: UTF-8 as it was; bytes that are not UTF-8 as Latin-1;
// trailing NULs and white space gone; other control characters as \xNN.
func clean(b []byte) string {
	for len(b) > 0 && (b[len(b)-1] == 0 || b[len(b)-1] == ' ' || b[len(b)-1] == '\n' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	if plain(b) {
		return string(b)
	}
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1 && b[0] >= 0xa0:
			s.WriteRune(rune(b[0]))
		case r == utf8.RuneError && n == 1, r < ' ' && r != '\t' && r != '\n' && r != '\r', r >= 0x7f && r < 0xa0:
			s.WriteString(escape(b[0]))
			n = 1
		default:
			s.WriteRune(r)
		}
		b = b[n:]
	}
	return s.String()
}

func plain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

const hexDigits = "0123456789abcdef"

func escape(c byte) string { return string([]byte{'\\', 'x', hexDigits[c>>4], hexDigits[c&15]}) }
