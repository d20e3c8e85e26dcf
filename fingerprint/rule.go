package fingerprint

import (
	"regexp"
	"strings"

	"tyto/frame"
	"tyto/tyto"
)

// A rule is one rule, read and checked.
type rule struct {
	id         string
	file       string
	line       int
	on         []string
	match      matcher
	set        []assignment
	names      map[string]string
	class      byte
	confidence tyto.Confidence
	require    []condition // all must hold
	unless     []condition // none may
	tests      []example
	notTests   []example
}

// A matcher is the condition on a value; exactly one of its kinds is used.
type matcher struct {
	kind  matchKind
	words []string         // exact, prefix, suffix, domain, oui: in lower case; seq: normalised
	res   []*regexp.Regexp // regex, glob
	need  [][]factor       // what a match of each has in it, until the tables are made
	nums  []span           // num
	set   setMatch         // set
	pairs []pairMatch      // fields
}

type matchKind uint8

const (
	matchNone matchKind = iota
	matchAny
	matchExact
	matchPrefix
	matchSuffix
	matchDomain
	matchGlob
	matchRegex
	matchNum
	matchSet
	matchOUI
	matchSeq
	matchFields
)

// A span is the numbers from lo to hi.
type span struct{ lo, hi uint64 }

// A setMatch is a condition on all values together, which are in lower case.
type setMatch struct{ all, any, none []string }

func (m setMatch) in(have map[string]bool) bool {
	for _, w := range m.all {
		if !have[w] {
			return false
		}
	}
	for _, w := range m.none {
		if have[w] {
			return false
		}
	}
	for _, w := range m.any {
		if have[w] {
			return true
		}
	}
	return len(m.any) == 0
}

// A pairMatch is a condition on one field of a structured value.
type pairMatch struct {
	key  string
	want []string // in lower case
}

type assignment struct {
	attr  tyto.Attr
	value template
	sure  tyto.Confidence
}

// A condition is on what else is known: one of the values must be there.
type condition struct {
	attr   tyto.Attr
	values []string
	ouis   []string // instead: prefixes of the address, "00:50:56"
}

func (c condition) holds(mac frame.MAC, ctx Context) bool {
	if len(c.ouis) > 0 {
		text := mac.String()
		for _, p := range c.ouis {
			if strings.HasPrefix(text, p) {
				return true
			}
		}
		return false
	}
	if ctx == nil {
		return false
	}
	for _, v := range c.values {
		if ctx.Has(c.attr, v) {
			return true
		}
	}
	return false
}

// An example is what a rule is tested by.
type example struct {
	line   int
	values []string          // one, but for rules on a set
	want   map[string]string // conclusions by attribute, if told
	given  Facts
	mac    frame.MAC
}

func (x *rule) conditional() bool { return len(x.require)+len(x.unless) > 0 }

// given reports whether x's conditions hold.
func (x *rule) given(mac frame.MAC, ctx Context) bool {
	for _, c := range x.require {
		if !c.holds(mac, ctx) {
			return false
		}
	}
	for _, c := range x.unless {
		if c.holds(mac, ctx) {
			return false
		}
	}
	return true
}

// conclude is x's conclusions from what matched.
func (x *rule) conclude(groups []string, value string, pairs map[string]string) []Conclusion {
	out := make([]Conclusion, 0, len(x.set))
	for _, a := range x.set {
		if v := a.value.fill(groups, value, pairs, x.names); v != "" {
			out = append(out, Conclusion{Attr: a.attr, Value: v, Confidence: a.sure, RuleID: x.id})
		}
	}
	return out
}

// confidenceOf is what the classes of a rule mean in words.
//
//	A  the device says so in a field made for it          Stated
//	B  a string of one vendor or product, not structured  Shown
//	C  a strong habit, which can be shared or changed     Inferred
//	D  a hint at the class of device                      Guessed
//	E  a weak prior                                       Guessed
func confidenceOf(class string) (tyto.Confidence, bool) {
	switch class {
	case "A":
		return tyto.Stated, true
	case "B":
		return tyto.Shown, true
	case "C":
		return tyto.Inferred, true
	case "D", "E":
		return tyto.Guessed, true
	}
	return 0, false
}
