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
	Thresholds  map[string]Threshold `yaml:"thresholds"`
	Cases       []Case               `yaml:"cases"`

	severity    tyto.Severity
	when, where cel.Program
	per, of     []name
	limits      map[string]int64
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
	Category string   `yaml:"category"`
	Events   []string `yaml:"events"`
}

// Rules are rules that were read and compiled. They do not change.
type Rules struct {
	all    []*Rule
	of     map[matter][]*Rule    // that name protocols, with those of any
	others map[tyto.Kind][]*Rule // of any protocol
}

// matter is what rules are looked up by.
type matter struct {
	kind     tyto.Kind
	protocol string
}

// about is the rules that an event may be the matter of.
func (r *Rules) about(k tyto.Kind, protocol string) []*Rule {
	if rules, ok := r.of[matter{k, protocol}]; ok {
		return rules
	}
	return r.others[k]
}

// index sorts the rules by their matter.
func (r *Rules) index() {
	r.of, r.others = map[matter][]*Rule{}, map[tyto.Kind][]*Rule{}
	for _, x := range r.all {
		for _, p := range x.Protocols {
			r.of[matter{x.Kind, p}] = append(r.of[matter{x.Kind, p}], x)
		}
		if len(x.Protocols) == 0 {
			r.others[x.Kind] = append(r.others[x.Kind], x)
		}
	}
	for m := range r.of {
		r.of[m] = append(r.of[m], r.others[m.kind]...)
	}
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
	if r.ID == "" || r.Title == "" || r.Action == "" || len(r.Techniques) == 0 || r.When == "" || len(r.Per) == 0 {
		return errors.New("it lacks one of id, title, action, techniques, when, per")
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
	if r.when, err = compile(events, r.When); err != nil {
		return err
	}
	if r.Where != "" {
		if r.where, err = compile(devices, r.Where); err != nil {
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

func (r *Rule) within() time.Duration { return time.Duration(r.limits[r.Count.Within]) * time.Second }

func compile(env *cel.Env, text string) (cel.Program, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	if ast.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("%q is no condition", text)
	}
	// No limit of cost: keeping count of it takes half of the time, the rules
	// come with the program, and a condition can only go over the operations
	// of one conversation, which are few.
	return env.Program(ast, cel.EvalOptions(cel.OptOptimize))
}

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
