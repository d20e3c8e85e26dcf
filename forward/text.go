package forward

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"tyto/tyto"
)

// clean is text from the network, or from a far end, of at most limit bytes,
// without anything that a terminal, a log or a reader's eye would take for
// more than text: control characters, reversed writing, broken UTF-8. Line
// ends and tabs stay; formats have their own way with them.
func clean(s string, limit int) string {
	if len(s) <= limit && plain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
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

func hidden(r rune) bool {
	if r == '\n' || r == '\r' || r == '\t' {
		return false
	}
	return unicode.Is(unicode.C, r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029'
}

// oneLine is clean text without line ends and tabs.
func oneLine(s string, limit int) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, clean(s, limit))
}

// eventJSON is an event as JSON, as everywhere.
func eventJSON(e *tyto.Event) []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic("forward: " + err.Error()) // nouns are text and numbers
	}
	return b
}

// eventID is the same whenever the same event is sent.
func eventID(e *tyto.Event) string {
	sum := sha256.Sum256(eventJSON(e))
	return hex.EncodeToString(sum[:16])
}
