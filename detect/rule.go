// Package detect turns events into alerts. What is looked for is data: a rule
// says in CEL which events are its matter, what makes two of them one cause,
// and how many within how long are too many. The engine counts.
//
// An alert is one for each cause. Counting is free of order: windows are of
// capture time, the evidence is the earliest, the number a sum; so the same
// events give the same alerts in any order, as long as no budget is exceeded.
package detect

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"github.com/goccy/go-yaml"

	"tyto/tyto"
)

// A Rule says what an alert is raised for.
type Rule struct {
	ID          string               `yaml:"id"` // stable, "plc-stop"
	Title       string               `yaml:"title"`
	Severity    string               `yaml:"severity"` // a tyto.Severity
	Engine      string               `yaml:"engine"`   // policy, anomaly, protocol, malware, operational
	Techniques  []string             `yaml:"techniques"`
	Description string               `yaml:"description"`
	Action      string               `yaml:"action"`    // what to do about it
	Kind        tyto.Kind            `yaml:"kind"`      // of the events
	Protocols   []string             `yaml:"protocols"` // of the events, "" is none confirmed; empty: any
	When        string               `yaml:"when"`      // CEL over an event
	Where       string               `yaml:"where"`     // CEL over the devices; "" holds for all
	Per         []string             `yaml:"per"`       // names of what makes two events one cause
	Count       *Count               `yaml:"count"`     // nil: one event suffices
	Finder      string               `yaml:"finder"`    // what finds it instead of when: see find.go
	Under       []string             `yaml:"under"`     // rules whose alerts this one's may come of: see Family
	Thresholds  map[string]Threshold `yaml:"thresholds"`
	Cases       []Case               `yaml:"cases"`

	severity tyto.Severity
	when     *condition[*event]
	where    *condition[*pair] // nil holds for all
	per, of  []name
	limits   map[string]int64
	off      bool
}

// Count says how many are too many: so many different values within a window.
type Count struct {
	Distinct []string `yaml:"distinct"` // names; none: every event counts
	AtLeast  string   `yaml:"at_least"` // names a threshold
	Within   string   `yaml:"within"`   // names a threshold, in seconds
}

// A Threshold is a number that users may change.
type Threshold struct {
	Default int64  `yaml:"default" json:"default"`
	Unit    string `yaml:"unit" json:"unit"`
	Text    string `yaml:"text" json:"text"`
}

// A Case is events that raise the alert, or must not.
type Case struct {
	Name   string `yaml:"name"`
	Alerts int    `yaml:"alerts"`
	Times  int    `yaml:"times"` // how often the events come; {i} in them is the turn
	// Category is what all devices are in this case; "" if nothing is known.
	Category string `yaml:"category"`
	Type     string `yaml:"type"`  // of these devices
	Roles    string `yaml:"roles"` // of these devices; with commas between them
	Every    int    `yaml:"every"` // seconds between the events; 0 is 1
	// Indicators is what users know to be bad in this case.
	Indicators []string `yaml:"indicators"`
	Events     []string `yaml:"events"`
}

// Rules are rules that were read and compiled. They do not change.
type Rules struct {
	all      []*Rule
	observed [1 << 8][]*Rule    // that an observation may be the matter of, by attribute
	did      [1 << 8][]*Rule    // that an act may be, by verb
	talked   map[string][]*Rule // that a conversation may be, by a protocol that rules name
	others   []*Rule            // that a conversation of another protocol may be
}

// about is the rules that an event may be the matter of.
func (r *Rules) about(x *tyto.Event) []*Rule {
	switch {
	case x.Observation != nil:
		return r.observed[uint8(x.Observation.Attr)]
	case x.Act != nil:
		return r.did[uint8(x.Act.Verb)]
	case x.Conversation != nil:
		if rules, ok := r.talked[x.Conversation.Protocol]; ok {
			return rules
		}
		return r.others
	}
	return nil
}

// index sorts the rules by their matter.
func (r *Rules) index() {
	r.observed, r.did, r.talked, r.others = [1 << 8][]*Rule{}, [1 << 8][]*Rule{}, map[string][]*Rule{}, nil
	for _, x := range r.all {
		if x.off || x.when == nil {
			continue
		}
		switch x.Kind {
		case tyto.KindObservation:
			for a := range r.observed {
				if need, ok := x.when.needs["attribute"]; !ok || need == tyto.Attr(a).String() {
					r.observed[a] = append(r.observed[a], x)
				}
			}
		case tyto.KindAct:
			for v := range r.did {
				if need, ok := x.when.needs["verb"]; !ok || need == tyto.Verb(v).String() {
					r.did[v] = append(r.did[v], x)
				}
			}
		case tyto.KindConversation:
			for _, p := range x.Protocols {
				r.talked[p] = append(r.talked[p], x)
			}
			if len(x.Protocols) == 0 {
				r.others = append(r.others, x)
			}
		}
	}
	for p := range r.talked {
		r.talked[p] = append(r.talked[p], r.others...)
	}
}

// isOf reports whether a rule is one for a protocol.
func (r *Rule) isOf(protocol string) bool {
	return len(r.Protocols) == 0 || slices.Contains(r.Protocols, protocol)
}

// All is the rules, by id.
func (r *Rules) All() []*Rule { return r.all }

// Rule is the rule of an id, nil if there is none.
func (r *Rules) Rule(id string) *Rule {
	i, found := slices.BinarySearchFunc(r.all, id, func(x *Rule, id string) int { return strings.Compare(x.ID, id) })
	if !found {
		return nil
	}
	return r.all[i]
}

// Load reads and compiles all *.yaml of a file system. A change replaces the
// default of a threshold, by "rule/threshold".
func Load(files fs.FS, changes map[string]int64) (*Rules, error) {
	events, err := eventEnv()
	if err != nil {
		return nil, fmt.Errorf("detect: %w", err)
	}
	devices, err := deviceEnv()
	if err != nil {
		return nil, fmt.Errorf("detect: %w", err)
	}
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("detect: %w", err)
	}
	r := &Rules{}
	for _, file := range names {
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, fmt.Errorf("detect: %w", err)
		}
		var all []*Rule
		if err := yaml.UnmarshalWithOptions(text, &all, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("detect: read %s: %w", file, err)
		}
		for _, x := range all {
			if err := x.compile(events, devices, changes); err != nil {
				return nil, fmt.Errorf("detect: %s: rule %q: %w", file, x.ID, err)
			}
		}
		r.all = append(r.all, all...)
	}
	slices.SortFunc(r.all, func(a, b *Rule) int { return strings.Compare(a.ID, b.ID) })
	for i, x := range r.all {
		if i > 0 && r.all[i-1].ID == x.ID {
			return nil, fmt.Errorf("detect: there are two rules %q", x.ID)
		}
	}
	r.index()
	return r, nil
}

func (r *Rule) compile(events, devices *cel.Env, changes map[string]int64) (err error) {
	if r.ID == "" || r.Title == "" || r.Action == "" || len(r.Techniques) == 0 || r.Finder == "" && (r.When == "" || len(r.Per) == 0) {
		return errors.New("it lacks one of id, title, action, techniques, when, per")
	}
	if r.Finder != "" && (r.When != "" || !slices.Contains(finders, r.Finder)) {
		return fmt.Errorf("finder %q: want one of %v, and no condition beside it", r.Finder, finders)
	}
	if err := r.severity.UnmarshalText([]byte(r.Severity)); err != nil {
		return err
	}
	if !slices.Contains([]tyto.Kind{tyto.KindAct, tyto.KindConversation, tyto.KindObservation}, r.Kind) {
		return fmt.Errorf("kind %q is not act, conversation or observation", r.Kind)
	}
	r.limits = map[string]int64{}
	for k, t := range r.Thresholds {
		r.limits[k] = t.Default
		if n, ok := changes[r.ID+"/"+k]; ok {
			r.limits[k] = n
		}
	}
	if r.When != "" {
		if r.when, err = compileCondition(events, r.When, r.words()); err != nil {
			return err
		}
	}
	if r.Where != "" {
		if r.where, err = compileCondition(devices, r.Where, &pairWords); err != nil {
			return err
		}
	}
	if r.per, err = parseNames(r.Per); err != nil || r.Count == nil {
		return err
	}
	if r.limits[r.Count.AtLeast] < 1 || r.limits[r.Count.Within] < 1 {
		return fmt.Errorf("count: %q and %q are to be thresholds of at least 1", r.Count.AtLeast, r.Count.Within)
	}
	r.of, err = parseNames(r.Count.Distinct)
	return err
}

func (r *Rule) atLeast() int { return int(r.limits[r.Count.AtLeast]) }

// half is half of a window, in nanoseconds.
func (r *Rule) half() int64 { return max(int64(r.within())/2, 1) }

func (r *Rule) within() time.Duration { return time.Duration(r.limits[r.Count.Within]) * time.Second }

// A Limit is a threshold with the value that holds.
type Limit struct {
	Name  string
	Value int64
	Unit  string
	Text  string
}

// Limits is the rule's thresholds, by name.
func (r *Rule) Limits() []Limit {
	var all []Limit
	for _, name := range slices.Sorted(maps.Keys(r.Thresholds)) {
		t := r.Thresholds[name]
		all = append(all, Limit{name, r.limits[name], t.Unit, t.Text})
	}
	return all
}
