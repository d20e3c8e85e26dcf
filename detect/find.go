package detect

import (
	"slices"
	"strings"
	"time"

	"tyto/tyto"
)

// The finders: what conditions cannot say is found by code. A rule names its
// finder instead of a condition.
const (
	findIndicators = "indicators" // hits of what users know to be bad
	findBeacons    = "beacons"    // regular connections to the internet
)

var finders = []string{findIndicators, findBeacons}

// finder is the rule of a finder for a kind of events, nil if there is none
// or it is switched off.
func (r *Rules) finder(name string, kind tyto.Kind) *Rule {
	for _, x := range r.all {
		if x.Finder == name && x.Kind == kind && !x.off {
			return x
		}
	}
	return nil
}

// Watch has the engine look for indicators.
func (g *Engine) Watch(x *Indicators) { g.indicators = x }

// find gives an event to the finders.
func (g *Engine) find(x *tyto.Event) {
	if x.Conversation != nil {
		g.beacon(x.Conversation)
	}
	if g.indicators == nil || x.Act != nil {
		return
	}
	set := g.indicators.set.Load()
	if set == nil {
		return
	}
	r := g.hits[x.Kind]
	if r == nil {
		return
	}
	if i := set.match(x); i != nil {
		g.hit(r, i)
	}
}

// hit raises that an event hit an indicator.
func (g *Engine) hit(r *Rule, i *Indicator) {
	g.event.rule = r
	g.scratch = append(append(append(append(append(g.scratch[:0], r.ID...), 0), g.event.text(client)...), 0), i.Value...)
	c := g.cause(r)
	if c == nil {
		return
	}
	g.note(c)
	text := i.Value + " of list " + i.List
	if i.Comment != "" {
		text += ": " + i.Comment
	}
	c.text = strings.ToValidUTF8(text, "?")
	g.raise(c)
}

// Longest is the longest window that a rule counts in.
func (r *Rules) Longest() (d time.Duration) {
	for _, x := range r.all {
		if x.Count != nil {
			d = max(d, x.within())
		}
	}
	return d
}

// Without is the rules with some switched off, by id; an id of none is an error.
func (r *Rules) Without(ids []string) error {
	for _, id := range ids {
		x := r.Rule(id)
		if x == nil {
			return unknown("rule", id, r.ids())
		}
		x.off = true
	}
	r.index()
	return nil
}

func (r *Rules) ids() (all []string) {
	for _, x := range r.all {
		all = append(all, x.ID)
	}
	return all
}

// Off reports whether the rule is switched off.
func (r *Rule) Off() bool { return r.off }

// Check finds changes of thresholds that cannot be meant, by "rule/threshold".
func (r *Rules) Check(changes map[string]int64) error {
	for key, n := range changes {
		id, name, _ := strings.Cut(key, "/")
		x := r.Rule(id)
		if x == nil {
			return unknown("rule", id, r.ids())
		}
		if _, ok := x.Thresholds[name]; !ok {
			var names []string
			for _, l := range x.Limits() {
				names = append(names, l.Name)
			}
			return unknown("threshold of "+id, name, names)
		}
		if n < 1 || n > maxThreshold {
			return &UnknownError{"value of " + key, "", nil}
		}
	}
	return nil
}

// maxThreshold is more than any number that makes sense.
const maxThreshold = 1_000_000_000

// An UnknownError says that there is no such thing, and what there is.
type UnknownError struct {
	Kind, Name string
	Known      []string
}

func unknown(kind, name string, known []string) error {
	slices.Sort(known)
	return &UnknownError{kind, name, known}
}

// Error implements error.
func (e *UnknownError) Error() string {
	if e.Known == nil && e.Name == "" {
		return "detect: " + e.Kind + " must be from 1 to 1000000000"
	}
	return "detect: there is no " + e.Kind + " " + e.Name + "; there are " + strings.Join(e.Known, ", ")
}
