package outbound

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxReason bounds what is kept of a far end's words.
const MaxReason = 1000

// Clean is text from the network, or from a far end, of at most limit bytes,
// without anything that a terminal, a log or a reader's eye would take for
// more than text: control characters, reversed writing, broken UTF-8. Line
// ends and tabs stay; formats have their own way with them.
func Clean(s string, limit int) string {
	if len(s) <= limit && plain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if Hidden(r) {
			r = unicode.ReplacementChar
		}
		if b.Len()+utf8.RuneLen(r) > limit {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Hidden reports whether a character could hide or forge what is read.
func Hidden(r rune) bool {
	if r == '\n' || r == '\r' || r == '\t' {
		return false
	}
	return unicode.Is(unicode.C, r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029'
}

// OneLine is clean text without line ends and tabs.
func OneLine(s string, limit int) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, Clean(s, limit))
}
