package fingerprint

import (
	"regexp/syntax"
	"unicode"
)

const (
	shortestLiteral = 2  // shorter ones are in nearly every text
	mostLiterals    = 24 // alternatives of one pattern
)

// literals is a set of lower-case strings of which every text that the pattern matches
// has at least one, regardless of ASCII case; nil if there is no useful one.
func literals(re *syntax.Regexp) []string {
	set := required(re.Simplify())
	if len(set) > mostLiterals || shortest(set) < shortestLiteral {
		return nil
	}
	return set
}

func required(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if s := lowerRunes(re.Rune); s != "" {
			return []string{s}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if set := required(sub); better(set, best) {
				best = set
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			set := required(sub)
			if len(set) == 0 || len(all)+len(set) > mostLiterals {
				return nil
			}
			all = append(all, set...)
		}
		return all
	}
	return nil
}

// better prefers the set whose shortest string is longest, then the smaller one.
func better(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) > 0
	}
	if x, y := shortest(a), shortest(b); x != y {
		return x > y
	}
	return len(a) < len(b)
}

func shortest(set []string) int {
	n := 0
	for i, s := range set {
		if i == 0 || len(s) < n {
			n = len(s)
		}
	}
	return n
}

// lowerRunes is the ASCII lower case of the first run of ASCII in a literal.
func lowerRunes(runes []rune) string {
	var b []byte
	for _, r := range runes {
		if r > unicode.MaxASCII {
			break
		}
		b = append(b, byte(r))
	}
	return lower(string(b))
}

// lower is s in ASCII lower case; s itself if it has no capitals.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'A' && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
