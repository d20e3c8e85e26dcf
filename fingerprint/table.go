package fingerprint

import (
	"math/bits"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// A table is the rules on one field, arranged so that few of them are looked at.
type table struct {
	id       uint16
	exact    map[string][]int32 // whole values in lower case, and option lists
	prefixes affixes
	suffixes affixes // of reversed text
	domains  map[string][]int32
	numbers  map[uint64][]int32
	spans    []spanRule
	patterns []patternRule
	need     [][]factor // of patterns, until compiled
	find1    *automaton // literals of factors → bits: of a pattern's first factor, and behind those of its second
	single   []uint64   // bits of patterns with one factor only
	always   []int32    // patterns without
	fields   []int32    // rules on structured values
	any      []int32    // rules that every value matches
}

type spanRule struct {
	span
	rule int32
}

type patternRule struct {
	re   *regexp.Regexp
	rule int32
}

// A hit is a rule that matched, with what it captured.
type hit struct {
	rule   int32
	groups []string
	pairs  map[string]string
}

// number is t's number for the memo, 0 for no table.
func (t *table) number() uint16 {
	if t == nil {
		return 0
	}
	return t.id
}

// An affixes table finds all of its words that a text begins with: one hash look-up for
// each length that words have.
type affixes struct {
	words   map[string][]int32
	lengths []int // ascending
}

func (a *affixes) add(word string, rule int32) {
	if a.words == nil {
		a.words = map[string][]int32{}
	}
	a.words[word] = append(a.words[word], rule)
	if at, ok := slices.BinarySearch(a.lengths, len(word)); !ok {
		a.lengths = slices.Insert(a.lengths, at, len(word))
	}
}

func (a *affixes) find(text string, out []hit) []hit {
	for _, n := range a.lengths {
		if n > len(text) {
			break
		}
		out = appendRules(out, a.words[text[:n]])
	}
	return out
}

func appendRules(out []hit, rules []int32) []hit {
	for _, r := range rules {
		out = append(out, hit{rule: r})
	}
	return out
}

// add puts a rule into the table.
func (t *table) add(x *rule, index int32) {
	m := &x.match
	switch m.kind {
	case matchAny:
		t.any = append(t.any, index)
	case matchExact, matchSeq:
		for _, w := range m.words {
			t.exact[w] = append(t.exact[w], index)
		}
	case matchPrefix, matchOUI:
		for _, w := range m.words {
			t.prefixes.add(w, index)
		}
	case matchSuffix:
		for _, w := range m.words {
			t.suffixes.add(reversed(w), index)
		}
	case matchDomain:
		for _, w := range m.words {
			t.domains[w] = append(t.domains[w], index)
		}
	case matchNum:
		for _, s := range m.nums {
			if s.lo == s.hi {
				t.numbers[s.lo] = append(t.numbers[s.lo], index)
			} else {
				t.spans = append(t.spans, spanRule{s, index})
			}
		}
	case matchGlob, matchRegex:
		for i, re := range m.res {
			t.patterns = append(t.patterns, patternRule{re, index})
			t.need = append(t.need, m.need[i])
		}
	case matchFields:
		t.fields = append(t.fields, index)
	}
}

// find appends the rules that value matches, some perhaps twice.
func (t *table) find(rules []rule, value string, out []hit) []hit {
	low := lower(value)
	out = appendRules(out, t.any)
	out = appendRules(out, t.exact[low])
	out = t.prefixes.find(low, out)
	if len(t.suffixes.lengths) > 0 {
		out = t.suffixes.find(reversed(low), out)
	}
	out = t.findDomain(strings.TrimSuffix(low, "."), out)
	out = t.findNumber(low, out)
	out = t.findPattern(value, out)
	if len(t.fields) > 0 {
		pairs := parsePairs(value)
		for _, r := range t.fields {
			if holdPairs(rules[r].match.pairs, pairs) {
				out = append(out, hit{rule: r, pairs: pairs})
			}
		}
	}
	return out
}

// findDomain asks for the name and each of its parent domains.
func (t *table) findDomain(name string, out []hit) []hit {
	if len(t.domains) == 0 {
		return out
	}
	for name != "" {
		out = appendRules(out, t.domains[name])
		_, parent, ok := strings.Cut(name, ".")
		if !ok {
			break
		}
		name = parent
	}
	return out
}

func (t *table) findNumber(text string, out []hit) []hit {
	if len(t.numbers)+len(t.spans) == 0 {
		return out
	}
	n, ok := number(text)
	if !ok {
		return out
	}
	out = appendRules(out, t.numbers[n])
	for _, s := range t.spans {
		if s.lo <= n && n <= s.hi {
			out = append(out, hit{rule: s.rule})
		}
	}
	return out
}

// findPattern runs the regular expressions of which all factors are in the value.
func (t *table) findPattern(value string, out []hit) []hit {
	for _, p := range t.always {
		out = t.try(p, value, out)
	}
	if t.find1 == nil {
		return out
	}
	n := len(t.single)
	var small [16]uint64
	seen := small[:]
	if mostFactors*n > len(small) {
		seen = make([]uint64, mostFactors*n)
	}
	copy(seen[n:], t.single)
	t.find1.each(value, func(bit int32) { seen[bit/64] |= 1 << (bit % 64) })
	for w := range n {
		for both := seen[w] & seen[n+w]; both != 0; both &= both - 1 {
			out = t.try(int32(w*64+bits.TrailingZeros64(both)), value, out)
		}
	}
	return out
}

func (t *table) try(p int32, value string, out []hit) []hit {
	x := t.patterns[p]
	if x.re.NumSubexp() == 0 {
		if x.re.MatchString(value) {
			out = append(out, hit{rule: x.rule})
		}
		return out
	}
	if groups := x.re.FindStringSubmatch(value); groups != nil {
		out = append(out, hit{rule: x.rule, groups: groups})
	}
	return out
}

func sortHits(h []hit) {
	sort.SliceStable(h, func(i, j int) bool { return h[i].rule < h[j].rule })
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// parsePairs reads a structured value: "key=value;key=value" or, as in IEEE 1284 device
// ids, "KEY:value;KEY:value;". Keys are in lower case; there are 64 at most.
func parsePairs(value string) map[string]string {
	pairs := map[string]string{}
	for _, item := range strings.SplitN(value, ";", 64) {
		at := strings.IndexAny(item, "=:")
		if at <= 0 {
			continue
		}
		pairs[lower(strings.TrimSpace(item[:at]))] = strings.TrimSpace(item[at+1:])
	}
	return pairs
}

func holdPairs(want []pairMatch, have map[string]string) bool {
	for _, w := range want {
		v, ok := have[w.key]
		if !ok || len(w.want) > 0 && !slices.Contains(w.want, lower(v)) && !sameNumber(w.want, v) {
			return false
		}
	}
	return true
}

func sameNumber(want []string, have string) bool {
	n, ok := number(have)
	if !ok {
		return false
	}
	for _, w := range want {
		if x, ok := number(w); ok && x == n {
			return true
		}
	}
	return false
}
