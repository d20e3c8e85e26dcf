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
	f.Add(`x\bion ?[0-9]|\b(a|b[c-z]*\b)-\b`, "b-")
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
		for _, set := range factors(re) {
			found := false
			newAutomaton(set, make([]int32, len(set))).each(value, func(int32) { found = true })
			if !found {
				t.Fatalf("%q matches %q, but none of %q is in it", pattern, value, set)
			}
		}
	})
}

// TestFactors is what must be in a text for a pattern to match.
func TestFactors(t *testing.T) {
	for _, x := range []struct{ pattern, want string }{
		{`^Cisco IOS Software.*?Version ([0-9]+)`, "cisco io;version "},
		{`(?i)\b(?:PM[5-6]x|ION)`, "\xffion \xffpm5x \xffpm6x"},
		{`a(b|)c+d`, "abc ac"},
		{`(?:foo|ba.r)+`, "ba foo"},
		{`x*(?:left|rig.ht)\d`, "left rig"},
		{`[A-Za-z0-9]+`, ""},
		{`é`, ""},
	} {
		re, err := syntax.Parse(x.pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range factors(re) {
			all = append(all, strings.Join(f, " "))
		}
		if got := strings.Join(all, ";"); got != x.want {
			t.Errorf("%s: %s; want %s", x.pattern, got, x.want)
		}
	}
}
