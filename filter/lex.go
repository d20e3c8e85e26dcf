package filter

import (
	"fmt"
	"strings"
)

// A token is a word, a sign, or "" at the end.
type token struct {
	text string
	at   int // offset in the expression
}

// A lexer cuts an expression into tokens. Within brackets words are short:
// ":" and "-" are signs there, and parts of addresses elsewhere.
type lexer struct {
	text     string
	at       int
	brackets int
}

const (
	blanks     = " \t\r\n"
	shortWord  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	firstSigns = "&&||<<>><=>===!="
)

func (l *lexer) next() token {
	for l.at < len(l.text) && strings.IndexByte(blanks, l.text[l.at]) >= 0 {
		l.at++
	}
	begin := l.at
	if begin == len(l.text) {
		return token{"", begin}
	}
	word := shortWord
	if l.brackets == 0 {
		word += `.:/-\`
	}
	isWord := func(i int) bool { return i < len(l.text) && strings.IndexByte(word, l.text[i]) >= 0 }
	switch c := l.text[begin]; {
	case isWord(begin) && c != '-' && c != '/':
		for isWord(l.at) {
			l.at++
		}
	case begin+1 < len(l.text) && isPair(l.text[begin:begin+2]):
		l.at += 2
	default:
		l.at++
		l.brackets += strings.Count("[", string(c)) - strings.Count("]", string(c))
	}
	return token{l.text[begin:l.at], begin}
}

func isPair(s string) bool {
	for i := 0; i < len(firstSigns); i += 2 {
		if firstSigns[i:i+2] == s {
			return true
		}
	}
	return false
}

// wrong is an error at a token.
func (t token) wrong(format string, args ...any) error {
	return fmt.Errorf("at character %d: %s", t.at+1, fmt.Sprintf(format, args...))
}

// shown is the token in a message.
func (t token) shown() string {
	if t.text == "" {
		return "the end"
	}
	return fmt.Sprintf("%q", t.text)
}
