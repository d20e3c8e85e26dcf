package fingerprint

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

const (
	shortestLiteral = 2   // shorter ones are in nearly every text
	longestLiteral  = 8   // longer ones tell hardly more
	mostLiterals    = 128 // alternatives of one factor: two digits, and some more
	mostFactors     = 2   // of one pattern that are looked for
)

// A factor is lower-case strings of which every text that a pattern matches has
// at least one, regardless of ASCII case.
type factor []string

// atWord begins a literal that begins a word; no literal has such a byte.
const atWord = "\xff"

// factors is the most telling factors of a pattern; nil if there is no useful one.
func factors(re *syntax.Regexp) []factor {
	all := required(nil, re.Simplify())
	slices.SortStableFunc(all, func(a, b factor) int {
		switch {
		case better(a, b):
			return -1
		case better(b, a):
			return 1
		}
		return 0
	})
	return all[:min(len(all), mostFactors)]
}

// required adds the useful factors of a pattern to all: the texts with which
// stretches of it begin, or, if those say more, what alternatives have in them.
func required(all []factor, re *syntax.Regexp) []factor {
	subs := flat(nil, re)
	for len(subs) > 0 {
		text, n, _ := begin(subs, mostLiterals)
		n = max(n, 1)
		switch last := subs[n-1]; last.Op { // which ended the stretch
		case syntax.OpPlus:
			all = required(all, last.Sub[0])
		case syntax.OpAlternate:
			if each := eachOf(last); better(each, text) {
				all = each.appendUseful(all)
			}
		}
		all = text.appendUseful(all)
		subs = subs[n:]
	}
	return all
}

// appendUseful adds a factor that is new, and not in nearly every text.
func (f factor) appendUseful(all []factor) []factor {
	for i, s := range f {
		word := len(s) > 1 && s[:1] == atWord && isWord(s[1])
		s = strings.ReplaceAll(s, atWord, "")
		if s = s[:min(len(s), longestLiteral)]; word {
			s = atWord + s
		}
		f[i] = s
	}
	f = compact(f)
	if shortest(f) < shortestLiteral || slices.ContainsFunc(all, func(x factor) bool { return slices.Equal(x, f) }) {
		return all
	}
	return append(all, f)
}

// eachOf is the best factors of all alternatives together, nil if one has none.
func eachOf(re *syntax.Regexp) (union factor) {
	for _, sub := range re.Sub {
		var best factor
		for _, f := range required(nil, sub) {
			if better(f, best) {
				best = f
			}
		}
		if len(best) == 0 {
			return nil
		}
		union = append(union, best...)
	}
	union, _ = union.shorten(mostLiterals)
	return union
}

// shorten cuts the literals of a factor until they are no more than most, and
// reports whether it had to.
func (f factor) shorten(most int) (short factor, cut bool) {
	for keep := longestLiteral; len(f) > most && keep > 0; keep-- {
		for i, s := range f {
			f[i] = s[:min(len(s), keep)]
		}
		f, cut = compact(f), true
	}
	return f, cut
}

// flat adds what follows one another in a pattern to out.
func flat(out []*syntax.Regexp, re *syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpCapture:
		return flat(out, re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			out = flat(out, sub)
		}
		return out
	}
	return append(out, re)
}

// begin is the texts, most of them at most, with which a match of subs, one after
// the other, begins: what the first n of them match. They are whole if the
// match is no longer.
func begin(subs []*syntax.Regexp, most int) (text factor, n int, whole bool) {
	text = factor{""}
	for n < len(subs) {
		next, whole := beginOf(subs[n], most)
		if len(text)*len(next) > most {
			return text, n, false
		}
		text, n = product(text, next), n+1
		if !whole {
			return text, n, false
		}
	}
	return text, n, true
}

// beginOf is the texts with which a match of one part of a pattern begins.
func beginOf(re *syntax.Regexp, most int) (text factor, whole bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpNoWordBoundary:
		return factor{""}, true
	case syntax.OpWordBoundary:
		return factor{atWord}, true
	case syntax.OpLiteral:
		s := lowerRunes(re.Rune)
		return factor{s}, len(s) == len(re.Rune)
	case syntax.OpCharClass:
		if set := members(re.Rune); set != nil && len(set) <= most {
			return set, true
		}
	case syntax.OpQuest:
		if text, _, whole := begin(flat(nil, re.Sub[0]), most); whole {
			return append(text, ""), true
		}
	case syntax.OpPlus:
		text, _, _ := begin(flat(nil, re.Sub[0]), most)
		return text, false
	case syntax.OpCapture, syntax.OpConcat:
		text, _, whole := begin(flat(nil, re), most)
		return text, whole
	case syntax.OpAlternate:
		return beginOfAny(re.Sub, most)
	}
	return factor{""}, false
}

func beginOfAny(subs []*syntax.Regexp, most int) (all factor, whole bool) {
	whole = true
	for _, sub := range subs {
		text, _, w := begin(flat(nil, sub), max(most/len(subs), 1))
		all, whole = append(all, text...), whole && w
	}
	all, cut := all.shorten(most)
	return all, whole && !cut
}

// members is the characters of a class, nil if they are many or not all ASCII.
func members(ranges []rune) (set factor) {
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i+1] > unicode.MaxASCII || ranges[i+1]-ranges[i] > 'z'-'a' {
			return nil
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			set = append(set, lower(string(r)))
		}
	}
	return compact(set)
}

func product(a, b factor) factor {
	out := make(factor, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

// compact sorts a factor and takes out repetitions.
func compact(f factor) factor {
	slices.Sort(f)
	return slices.Compact(f)
}

// better prefers the set whose shortest string is longest, then the smaller one.
func better(a, b factor) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) > 0
	}
	if x, y := shortest(a), shortest(b); x != y {
		return x > y
	}
	return len(a) < len(b)
}

func shortest(set factor) int {
	n := 0
	for i, s := range set {
		if s = strings.TrimPrefix(s, atWord); i == 0 || len(s) < n {
			n = len(s)
		}
	}
	return n
}

// isWord reports whether a byte is part of a word, as \b in a pattern has it.
func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
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
