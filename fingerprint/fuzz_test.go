package fingerprint

import (
	"regexp/syntax"
	"strings"
	"testing"
	"testing/fstest"
)

// FuzzLoad reads hostile rules; what loads must answer any value without a panic.
func FuzzLoad(f *testing.F) {
	f.Add(everyMatcher, "AXIS,Network Camera,M3045,8.40.1")
	f.Add("pack: p\nrules: []", "")
	f.Add("pack: p\nrules: [{}]", "x")
	f.Add("- [{[", "x")
	f.Add("pack: &a\nrules: *a", "x")
	f.Add("? [a]\n: b", "x")
	f.Fuzz(func(t *testing.T, text, value string) {
		r, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}})
		if err != nil {
			return
		}
		for field := range fields {
			r.Match(observed(field, value), nil)
		}
		r.Test()
	})
}

// FuzzLiterals holds the prefilter to its promise: what the pattern matches has a literal.
func FuzzLiterals(f *testing.F) {
	f.Add(`^(?:foo|ba[rz])+x?`, "foobarx")
	f.Add(`(?i)Windows NT (\d+\.\d+)`, "windows nt 10.0")
	f.Fuzz(func(t *testing.T, pattern, value string) {
		for i := range len(value) {
			if value[i] > 127 {
				return // folding beyond ASCII is not promised
			}
		}
		re, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil || len(pattern) > 200 {
			return
		}
		p, err := compilePattern(matchRegex, pattern)
		if err != nil || !p.MatchString(value) {
			return
		}
		set := literals(re)
		if len(set) == 0 {
			return
		}
		for _, w := range set {
			if strings.Contains(lower(value), w) {
				what := make([]int32, len(set))
				found := false
				newAutomaton(set, what).each(value, func(int32) { found = true })
				if !found {
					t.Fatalf("the automaton of %q finds nothing in %q", set, value)
				}
				return
			}
		}
		t.Fatalf("%q matches %q, but none of %q is in it", pattern, value, set)
	})
}
