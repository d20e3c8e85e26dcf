package fingerprint

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A template makes a value from what matched:
//
//	{1} {name}          a group of the pattern, a star of the glob, or a field
//	{value}             the whole value
//	{match:REGEXP}      the first match of REGEXP in the value
//	{1:names}           the group, looked up in the rule's names; nothing if it is not there
//	{1:lower} {1:upper} the group in another case
//	{1:spaces}          the group with "_" as blanks
//	{1:dots}            the group with "_", "-" and "," as dots
//	{1:%08x}            the group, a number, in another form
type template struct {
	pieces []piece
	fixed  bool // no piece is taken from the value
}

type piece struct {
	text  string         // if literal
	group int            // number of a group, or -1
	name  string         // of a field
	find  *regexp.Regexp // of {match:…}
	how   string         // what comes after the colon
}

const (
	literalPiece = -2
	wholeValue   = -3
	namedField   = -4
)

// parseTemplate reads a template; groups are the names of the pattern's groups, and
// open says that other names may be fields of the value.
func parseTemplate(s string, groups []string, open bool) (template, error) {
	t := template{fixed: true}
	for s != "" {
		at := strings.IndexByte(s, '{')
		if at != 0 {
			if at < 0 {
				at = len(s)
			}
			t.pieces = append(t.pieces, piece{text: s[:at], group: literalPiece})
			s = s[at:]
			continue
		}
		end := closing(s)
		if end < 0 {
			return t, fmt.Errorf("%q has no closing brace", s)
		}
		p, err := parsePiece(s[1:end], groups, open)
		if err != nil {
			return t, err
		}
		t.pieces, t.fixed, s = append(t.pieces, p), false, s[end+1:]
	}
	return t, nil
}

// closing is where the brace that opens s is closed; regular expressions have braces too.
func closing(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func parsePiece(s string, groups []string, open bool) (p piece, err error) {
	name, how, _ := strings.Cut(s, ":")
	p.how = how
	if name == "match" {
		if p.find, err = regexp.Compile(how); err != nil {
			return p, err
		}
		p.group, p.how = wholeValue, ""
		return p, nil
	}
	if !knownForm(how) {
		return p, fmt.Errorf("{%s}: there is no form %q; there are names, lower, upper, spaces, dots and %%d, %%x, %%X with a width", s, how)
	}
	if name == "value" {
		p.group = wholeValue
		return p, nil
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n < 1 || n >= len(groups) {
			return p, fmt.Errorf("{%s}: the pattern has %d groups", s, max(0, len(groups)-1))
		}
		p.group = n
		return p, nil
	}
	for i, g := range groups {
		if g == name && name != "" {
			p.group = i
			return p, nil
		}
	}
	if !open || name == "" {
		return p, fmt.Errorf("{%s}: the pattern has no group of that name", s)
	}
	p.group, p.name = namedField, name
	return p, nil
}

var numberForm = regexp.MustCompile(`^%0?[0-9]?[0-9]?[dxX]$`)

func knownForm(how string) bool {
	switch how {
	case "", "names", "lower", "upper", "spaces", "dots":
		return true
	}
	return numberForm.MatchString(how)
}

// fill makes the value; empty if nothing of what matched went into it.
func (t template) fill(groups []string, value string, pairs map[string]string, names map[string]string) string {
	if t.fixed && len(t.pieces) == 1 {
		return t.pieces[0].text
	}
	var b strings.Builder
	got := t.fixed
	for _, p := range t.pieces {
		s := p.take(groups, value, pairs)
		if p.group != literalPiece {
			if s = p.form(s, names); s == "" && p.how == "names" {
				return ""
			}
			got = got || s != ""
		}
		b.WriteString(s)
	}
	if !got {
		return ""
	}
	return strings.TrimSpace(b.String())
}

func (p piece) take(groups []string, value string, pairs map[string]string) string {
	switch {
	case p.group == literalPiece:
		return p.text
	case p.find != nil:
		return p.find.FindString(value)
	case p.group == wholeValue:
		return value
	case p.group == namedField:
		return pairs[lower(p.name)]
	case p.group < len(groups):
		return groups[p.group]
	}
	return ""
}

func (p piece) form(s string, names map[string]string) string {
	switch p.how {
	case "":
		return s
	case "names":
		return names[lower(s)]
	case "lower":
		return strings.ToLower(s)
	case "upper":
		return strings.ToUpper(s)
	case "spaces":
		return strings.ReplaceAll(s, "_", " ")
	case "dots":
		return strings.NewReplacer("_", ".", "-", ".", ",", ".").Replace(s)
	}
	n, ok := number(s)
	if !ok {
		return ""
	}
	return fmt.Sprintf(p.how, n)
}

// number reads a decimal number, or a hexadecimal one after 0x.
func number(s string) (uint64, bool) {
	s = strings.TrimSpace(s)
	base := 10
	if len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
		s, base = s[2:], 16
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}
