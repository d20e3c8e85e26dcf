// Package fingerprint concludes what a device is (type, vendor, model, operating
// system, …) from what was observed of it. What follows from what is data: rules in
// YAML, each with the examples it is tested by. Rules match facts, never packets.
//
// The text of a rule is explained in docs/reference/fingerprints.md.
package fingerprint

import (
	"strings"

	"tyto/frame"
	"tyto/tyto"
)

// A Conclusion is what one rule makes of what was observed.
type Conclusion struct {
	Attr       tyto.Attr
	Value      string
	Confidence tyto.Confidence
	RuleID     string
}

// A Context is what is known already of the subject of an observation, for the
// conditions ("require", "unless") of rules. As it grows, rules that depend on it must
// be asked again; what they concluded before may not hold any more.
type Context interface {
	// Has reports whether value is, but for case, what is believed of the
	// attribute, or one of its values if it can have many (services, roles).
	Has(a tyto.Attr, value string) bool
}

// Facts is the simplest Context: values by attribute.
type Facts map[tyto.Attr][]string

// Has implements Context.
func (f Facts) Has(a tyto.Attr, value string) bool {
	for _, v := range f[a] {
		if strings.EqualFold(v, value) {
			return true
		}
	}
	return false
}

var _ Context = Facts(nil)

// Rules is a compiled set of rules. It is safe for use by many goroutines at once.
type Rules struct {
	rules   []rule // sorted by file, then by place in it; a rule's index is its identity
	byField map[string]*table
	byAttr  [256]*table // rules on an attribute ("role") instead of a field
	sets    map[string][]int32
	memo    memo

	setFields []string
}

// Len is how many rules there are.
func (r *Rules) Len() int { return len(r.rules) }

// Match is what follows from one observation: rules on its evidence's field and rules
// on its attribute are asked, and all that match conclude, in the order of the rules.
// ctx may be nil: then rules that require something conclude nothing.
//
// The result is shared and must not be changed.
func (r *Rules) Match(o tyto.Observation, ctx Context) []Conclusion {
	field, attr := r.byField[o.Evidence.Field], r.byAttr[o.Attr]
	if field == nil && attr == nil {
		return nil
	}
	return r.verdict(field, attr, o.Value).given(o.Subject.MAC, ctx)
}

// MatchMAC is what follows from the address of an interface alone: rules on "eth.addr".
// The result is shared and must not be changed.
func (r *Rules) MatchMAC(mac frame.MAC, ctx Context) []Conclusion {
	t := r.byField[macField]
	if t == nil {
		return nil
	}
	var text [17]byte
	return r.verdict(t, nil, string(mac.Append(text[:0]))).given(mac, ctx)
}

// SetFields names the fields and attributes on which there are rules that look at all
// values that a subject showed together; whoever keeps them asks MatchSet.
func (r *Rules) SetFields() []string { return r.setFields }

// MatchSet is what follows from all values that a field, or an attribute, has had.
func (r *Rules) MatchSet(field string, values []string, mac frame.MAC, ctx Context) []Conclusion {
	if len(r.sets[field]) == 0 || len(values) == 0 {
		return nil
	}
	have := make(map[string]bool, len(values))
	for _, v := range values {
		have[lower(v)] = true
	}
	var out []Conclusion
	for _, i := range r.sets[field] {
		if x := &r.rules[i]; x.match.set.in(have) && x.given(mac, ctx) {
			out = append(out, x.conclude(nil, "", nil)...)
		}
	}
	return out
}

// verdict looks a value up in the memo, and asks the tables if it is not there.
func (r *Rules) verdict(field, attr *table, value string) *verdict {
	key := memoKey{field: field.number(), attr: attr.number(), value: value}
	if v := r.memo.get(key); v != nil {
		return v
	}
	v := r.work(field, attr, value)
	r.memo.put(key, v)
	return v
}

// work asks the tables.
func (r *Rules) work(field, attr *table, value string) *verdict {
	var found []hit
	if field != nil {
		found = field.find(r.rules, value, found)
	}
	if attr != nil {
		found = attr.find(r.rules, value, found)
	}
	sortHits(found)
	v := &verdict{}
	for i, h := range found {
		if i > 0 && h.rule == found[i-1].rule {
			continue
		}
		x := &r.rules[h.rule]
		out := x.conclude(h.groups, value, h.pairs)
		if len(out) == 0 {
			continue
		}
		v.parts = append(v.parts, part{rule: x, out: out})
		v.all = append(v.all, out...)
		if !x.conditional() {
			v.always = append(v.always, out...)
		} else {
			v.conditions++
		}
	}
	return v
}

// A verdict is what follows from a value, before conditions.
type verdict struct {
	all        []Conclusion // if all conditions hold
	always     []Conclusion // of rules without conditions
	parts      []part
	conditions int // parts whose rule has conditions
}

type part struct {
	rule *rule
	out  []Conclusion
}

// given is the conclusions whose conditions hold. It allocates only if some of
// several conditions hold.
func (v *verdict) given(mac frame.MAC, ctx Context) []Conclusion {
	if v.conditions == 0 {
		return v.all
	}
	holds, mask := 0, uint64(0)
	for i, p := range v.parts {
		if i < 64 && p.rule.conditional() && p.rule.given(mac, ctx) {
			holds, mask = holds+1, mask|1<<i
		}
	}
	switch holds {
	case 0:
		return v.always
	case v.conditions:
		return v.all
	}
	var out []Conclusion
	for i, p := range v.parts {
		if !p.rule.conditional() || i < 64 && mask&(1<<i) != 0 {
			out = append(out, p.out...)
		}
	}
	return out
}
