package fingerprint

import (
	"fmt"
	"slices"
	"strings"

	"tyto/tyto"
)

// A Result is what a rule made of one of its tests.
type Result struct {
	RuleID      string
	Values      []string
	Conclusions []Conclusion
}

// Results is what each rule makes of its own tests, with what it requires given.
func (r *Rules) Results() (out []Result) {
	for i := range r.rules {
		x := &r.rules[i]
		for _, e := range x.tests {
			out = append(out, Result{x.id, e.values, r.own(x, e)})
		}
	}
	return out
}

// own is what x alone concludes from an example.
func (r *Rules) own(x *rule, e example) (out []Conclusion) {
	for _, on := range x.on {
		for _, c := range r.ask(on, x, e) {
			if c.RuleID == x.id && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// ask is what all rules on a field conclude from an example of x, with what x requires given.
func (r *Rules) ask(on string, x *rule, e example) []Conclusion {
	mac, given := e.mac, Facts{}
	for _, c := range x.require {
		if len(c.ouis) > 0 && mac.IsZero() {
			mac = macOf(c.ouis[0])
		} else if len(c.ouis) == 0 {
			given[c.attr] = append(given[c.attr], c.values[0])
		}
	}
	for a, values := range e.given {
		given[a] = values
	}
	if x.match.kind == matchSet {
		return r.MatchSet(on, e.values, mac, given)
	}
	o := tyto.Observation{Value: e.values[0], Evidence: tyto.Evidence{Field: on}}
	if a, ok := tyto.ParseAttr(on); ok {
		o.Attr, o.Evidence.Field = a, ""
	}
	o.Subject.MAC = mac
	return r.Match(o, given)
}

// macOf is the first address with a prefix such as "00:50:56".
func macOf(prefix string) (mac [6]byte) {
	for i, part := range strings.Split(prefix, ":") {
		n, _ := number("0x" + part)
		mac[i] = byte(n)
	}
	return mac
}

// Test holds every rule to its own tests: each test must lead to conclusions, and to
// those that it tells; no value of not_tests may; each attribute must be concluded in one.
func (r *Rules) Test() (problems []error) {
	for i := range r.rules {
		x := &r.rules[i]
		concluded := map[tyto.Attr]bool{}
		for _, e := range x.tests {
			got := r.own(x, e)
			for _, c := range got {
				concluded[c.Attr] = true
			}
			if err := e.compare(got); err != nil {
				problems = append(problems, x.errorf(e.line, "test %q: %w", e.values, err))
			}
		}
		for _, e := range x.notTests {
			if got := r.own(x, e); len(got) > 0 {
				problems = append(problems, x.errorf(e.line, "%q should not match, but leads to %s %q", e.values, got[0].Attr, got[0].Value))
			}
		}
		for _, a := range x.set {
			if !concluded[a.attr] {
				problems = append(problems, x.errorf(x.line, "no test leads to %s; add one", a.attr))
			}
		}
	}
	return problems
}

func (e example) compare(got []Conclusion) error {
	if len(got) == 0 {
		return fmt.Errorf("does not match")
	}
	for _, name := range sortedKeys(e.want) {
		a, ok := tyto.ParseAttr(name)
		if !ok {
			return fmt.Errorf("%q is no attribute", name)
		}
		have := ""
		for _, c := range got {
			if c.Attr == a {
				have = c.Value
			}
		}
		if have != e.want[name] {
			return fmt.Errorf("%s is %q, not %q", name, have, e.want[name])
		}
	}
	return nil
}

// A Conflict is a value on which two rules conclude types that exclude each other with
// the same confidence, or two vendors.
type Conflict struct {
	Value       string
	Attr        tyto.Attr
	Rule, Other string
	Has, Says   string
}

// Conflicts runs every rule over the tests of all rules on the same field.
func (r *Rules) Conflicts() (out []Conflict) {
	for i := range r.rules {
		x := &r.rules[i]
		for _, e := range x.tests {
			for _, on := range x.on {
				out = append(out, conflicts(x, e, r.ask(on, x, e))...)
			}
		}
	}
	return out
}

func conflicts(x *rule, e example, all []Conclusion) (out []Conflict) {
	for _, mine := range all {
		if mine.RuleID != x.id || mine.Attr != tyto.Type && mine.Attr != tyto.Vendor {
			continue
		}
		for _, c := range all {
			if c.RuleID == x.id || c.Attr != mine.Attr || c.Confidence != mine.Confidence || c.Value == mine.Value {
				continue
			}
			if c.Attr == tyto.Type && (IsA(c.Value, mine.Value) || IsA(mine.Value, c.Value)) {
				continue
			}
			out = append(out, Conflict{e.values[0], c.Attr, x.id, c.RuleID, mine.Value, c.Value})
		}
	}
	return out
}

// Has reports whether there is a rule of an id.
func (r *Rules) Has(id string) bool {
	return slices.ContainsFunc(r.rules, func(x rule) bool { return x.id == id })
}
