package fingerprint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const longestPattern = 600 // of a regular expression, in bytes

// readMatch reads exactly one kind of matcher.
func (x *rule) readMatch(n node) error {
	if n.kind == scalar && n.text == "any" {
		x.match.kind = matchAny
		return nil
	}
	if n.kind != mapping || len(n.fields) == 0 {
		return fmt.Errorf("match is %s; it is a mapping such as {prefix: \"text\"}, or any", n.kind)
	}
	p := n.fields[0]
	if len(n.fields) > 1 || isStructured(x.on) {
		return x.match.readPairs(n, isStructured(x.on))
	}
	if p.key == "set" {
		x.match.kind = matchSet
		return x.match.set.read(p.value)
	}
	if p.key == "fields" {
		return x.match.readPairs(p.value, true)
	}
	words, err := p.value.texts()
	if err != nil {
		return err
	}
	if len(words) == 0 || slices.Contains(words, "") {
		return fmt.Errorf("%s has an empty value, which would match everything", p.key)
	}
	return x.match.readWords(p.key, words)
}

var wordKinds = map[string]matchKind{"exact": matchExact, "prefix": matchPrefix, "suffix": matchSuffix,
	"domain": matchDomain, "glob": matchGlob, "regex": matchRegex, "num": matchNum, "oui": matchOUI, "seq": matchSeq}

func (m *matcher) readWords(key string, words []string) error {
	kind, ok := wordKinds[key]
	if !ok {
		return fmt.Errorf("unknown matcher %q; there are exact, prefix, suffix, domain, glob, regex, num, set, oui, seq and fields", key)
	}
	for _, w := range words {
		if err := m.readWord(kind, w); err != nil {
			return err
		}
	}
	m.kind = kind
	return nil
}

func (m *matcher) readWord(kind matchKind, w string) error {
	switch kind {
	case matchGlob, matchRegex:
		re, err := compilePattern(kind, w)
		if err != nil {
			return err
		}
		m.res, m.need = append(m.res, re), append(m.need, factorsOf(re))
	case matchNum:
		s, err := parseSpan(w)
		if err != nil {
			return err
		}
		m.nums = append(m.nums, s)
	case matchOUI:
		p, err := parseOUI(w)
		if err != nil {
			return err
		}
		m.words = append(m.words, p)
	case matchSeq:
		if !seqForm.MatchString(w) {
			return fmt.Errorf("seq %q; it is numbers in one text, \"1,3,6\"", w)
		}
		m.words = append(m.words, w)
	case matchDomain:
		m.words = append(m.words, strings.Trim(lower(w), "."))
	default:
		m.words = append(m.words, lower(w))
	}
	return nil
}

func compilePattern(kind matchKind, w string) (*regexp.Regexp, error) {
	if len(w) > longestPattern {
		return nil, fmt.Errorf("a pattern of %d bytes; it may have %d: make several rules", len(w), longestPattern)
	}
	if kind == matchGlob {
		return globPattern(w)
	}
	return regexp.Compile(w)
}

// parseSpan reads "5", "0x2a" or "7-10".
func parseSpan(w string) (s span, err error) {
	lo, hi, ranged := strings.Cut(w, "-")
	a, ok := number(lo)
	b, ok2 := a, true
	if ranged {
		b, ok2 = number(hi)
	}
	if !ok || !ok2 || a > b {
		return s, fmt.Errorf("num %q; it is a number or a range such as 7-10", w)
	}
	return span{a, b}, nil
}

var ouiForm = regexp.MustCompile(`^[0-9a-f]{2}(:[0-9a-f]{2})*(:[0-9a-f])?$`)

var seqForm = regexp.MustCompile(`^[0-9]+(,[0-9]+)+$`)

// parseOUI reads the beginning of a MAC address, "00:50:56".
func parseOUI(w string) (string, error) {
	p := strings.ReplaceAll(lower(w), "-", ":")
	if !ouiForm.MatchString(p) || len(p) > 17 {
		return "", fmt.Errorf("oui %q; it is the beginning of an address such as 00:50:56", w)
	}
	return p, nil
}

func (s *setMatch) read(n node) error {
	if n.kind != mapping || len(n.fields) == 0 {
		return fmt.Errorf("set is %s; it is a mapping with all, any and none", n.kind)
	}
	for _, p := range n.fields {
		words, err := p.value.texts()
		if err != nil {
			return err
		}
		for i := range words {
			words[i] = lower(words[i])
		}
		switch p.key {
		case "all":
			s.all = words
		case "any":
			s.any = words
		case "none":
			s.none = words
		default:
			return fmt.Errorf("unknown key %q in set; there are all, any and none", p.key)
		}
	}
	if len(s.all)+len(s.any) == 0 {
		return fmt.Errorf("a set with only none would match nearly everything; add all or any")
	}
	return nil
}

func (m *matcher) readPairs(n node, structured bool) error {
	if !structured || n.kind != mapping {
		return fmt.Errorf("more than one matcher; use one, or fields for structured values")
	}
	for _, p := range n.fields {
		words, err := p.value.texts()
		if err != nil {
			return err
		}
		for i := range words {
			words[i] = lower(words[i])
		}
		if len(words) == 1 && words[0] == "*" {
			words = nil // any value, but the field must be there
		}
		m.pairs = append(m.pairs, pairMatch{key: lower(p.key), want: words})
	}
	m.kind = matchFields
	return nil
}
