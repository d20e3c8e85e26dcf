package fingerprint

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tyto/frame"
	"tyto/tyto"
)

const mostAssignments = 12

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)+$`)

// concludable is what rules may conclude.
var concludable = []tyto.Attr{tyto.Category, tyto.Type, tyto.Vendor, tyto.Model, tyto.ModelNumber, tyto.Hardware, tyto.OS,
	tyto.Firmware, tyto.Serial, tyto.Hostname, tyto.Domain, tyto.Location, tyto.Description, tyto.Role, tyto.Identity, tyto.Purdue}

// readRule reads one rule and tells all that is wrong with it.
func readRule(file string, n node) (x rule, problems []error) {
	x = rule{file: file, line: n.line}
	fail := func(line int, format string, args ...any) {
		problems = append(problems, x.errorf(line, format, args...))
	}
	if n.kind != mapping {
		fail(n.line, "%s; a rule is a mapping with id, on, match, set, class and tests", n.kind)
		return x, problems
	}
	for _, p := range n.fields { // the id first, so that errors name it
		if p.key == "id" {
			x.id = p.value.text
		}
	}
	var set, hint, match *pair
	for i, p := range n.fields {
		var err error
		switch p.key {
		case "id", "note":
			if p.value.kind != scalar {
				err = fmt.Errorf("%s is %s; it is a single value", p.key, p.value.kind)
			}
		case "on":
			x.on, err = p.value.texts()
		case "class":
			ok := false
			if x.confidence, ok = confidenceOf(p.value.text); !ok {
				err = fmt.Errorf("class %q; it is A, B, C, D or E", p.value.text)
			} else {
				x.class = p.value.text[0]
			}
		case "names":
			x.names, err = readNames(p.value)
		case "match":
			match = &n.fields[i]
		case "set":
			set = &n.fields[i]
		case "hint":
			hint = &n.fields[i]
		case "require":
			x.require, err = readConditions(p.value)
		case "unless":
			x.unless, err = readConditions(p.value)
		case "tests":
			x.tests, err = readExamples(p.value)
		case "not_tests":
			x.notTests, err = readExamples(p.value)
		default:
			err = fmt.Errorf("unknown key %q; there are id, note, on, match, set, hint, names, class, require, unless, tests and not_tests", p.key)
		}
		if err != nil {
			fail(p.line, "%w", err)
		}
	}
	if match != nil {
		if err := x.readMatch(match.value); err != nil {
			fail(match.line, "%w", err)
		}
	}
	if set != nil {
		if err := x.readSet(set.value, x.confidence); err != nil {
			fail(set.line, "%w", err)
		}
	}
	if hint != nil {
		if err := x.readSet(hint.value, x.hintConfidence()); err != nil {
			fail(hint.line, "%w", err)
		}
	}
	for _, err := range x.missing() {
		fail(x.line, "%w", err)
	}
	return x, problems
}

// missing is what a rule must have and x has not.
func (x *rule) missing() (problems []error) {
	if !idForm.MatchString(x.id) {
		problems = append(problems, fmt.Errorf("id %q; it is words of a-z, 0-9, _ and - joined by dots, vendor.source.what", x.id))
	}
	if len(x.on) == 0 {
		problems = append(problems, fmt.Errorf("no on; name the field of evidence that the rule looks at"))
	}
	for _, on := range x.on {
		if !KnownField(on) {
			problems = append(problems, fmt.Errorf("unknown field %q%s", on, suggestField(on)))
		}
	}
	if x.match.kind == matchNone {
		problems = append(problems, fmt.Errorf("no usable match"))
	}
	if len(x.set) == 0 {
		problems = append(problems, fmt.Errorf("no set or hint; say what the rule concludes"))
	}
	if x.class == 0 {
		problems = append(problems, fmt.Errorf("no class; say how sure the rule is, A to E"))
	}
	if len(x.tests) == 0 {
		problems = append(problems, fmt.Errorf("no tests; give at least one value that the rule matches"))
	}
	return problems
}

func readNames(n node) (map[string]string, error) {
	if n.kind != mapping {
		return nil, fmt.Errorf("names is %s; it is a mapping from what matched to what it is called", n.kind)
	}
	names := map[string]string{}
	for _, p := range n.fields {
		if p.value.kind != scalar {
			return nil, fmt.Errorf("names: %s for %q; it is a single value", p.value.kind, p.key)
		}
		names[lower(p.key)] = p.value.text
	}
	return names, nil
}

// hintConfidence is that of what a rule only hints at: Inferred, or Guessed if the rule is
// itself no surer than that.
func (x *rule) hintConfidence() tyto.Confidence {
	if x.confidence > tyto.Inferred {
		return tyto.Inferred
	}
	return tyto.Guessed
}

func (x *rule) readSet(n node, sure tyto.Confidence) error {
	if n.kind != mapping {
		return fmt.Errorf("set is %s; it is a mapping from attributes to values", n.kind)
	}
	if len(n.fields) > mostAssignments {
		return fmt.Errorf("%d conclusions; there may be %d", len(n.fields), mostAssignments)
	}
	for _, p := range n.fields {
		a, ok := tyto.ParseAttr(p.key)
		if !ok || !slices.Contains(concludable, a) {
			return fmt.Errorf("a rule cannot conclude %q; it can conclude %s", p.key, concludableNames())
		}
		t, err := parseTemplate(p.value.text, x.groups(), x.match.kind == matchFields)
		if err != nil || p.value.kind != scalar {
			return fmt.Errorf("%s: %w", p.key, err)
		}
		if err := x.checkVocabulary(a, t); err != nil {
			return err
		}
		x.set = append(x.set, assignment{a, t, sure})
	}
	return nil
}

// checkVocabulary demands that types and categories are those of the taxonomy.
func (x *rule) checkVocabulary(a tyto.Attr, t template) error {
	if a != tyto.Type && a != tyto.Category {
		return nil
	}
	var words []string
	switch {
	case t.fixed && len(t.pieces) == 1:
		words = []string{t.pieces[0].text}
	case len(t.pieces) == 1 && t.pieces[0].how == "names":
		for _, k := range sortedKeys(x.names) {
			words = append(words, x.names[k])
		}
	default:
		return fmt.Errorf("%s is a word of the taxonomy, or {…:names} with names that are", a)
	}
	for _, w := range words {
		if _, known := TypeOf(w); a == tyto.Type && !known {
			return fmt.Errorf("there is no type %q; fingerprint/taxonomy.tsv lists them", w)
		}
		if a == tyto.Category && !slices.Contains(Categories, w) {
			return fmt.Errorf("there is no category %q; there are %s", w, strings.Join(Categories, ", "))
		}
	}
	return nil
}

// groups is the names of the groups that templates can use; the first is the whole match.
func (x *rule) groups() []string {
	var names []string
	for i, re := range x.match.res {
		if n := re.SubexpNames(); i == 0 || len(n) < len(names) {
			names = n // of several patterns, what all have
		}
	}
	return names
}

func concludableNames() string {
	var names []string
	for _, a := range concludable {
		names = append(names, a.String())
	}
	return strings.Join(names, ", ")
}

func readConditions(n node) (out []condition, err error) {
	if n.kind != mapping {
		return nil, fmt.Errorf("conditions are %s; they are a mapping from attributes to values", n.kind)
	}
	for _, p := range n.fields {
		words, err := p.value.texts()
		if err != nil {
			return nil, err
		}
		if len(words) == 0 {
			return nil, fmt.Errorf("%s has no values", p.key)
		}
		if p.key == "oui" {
			c := condition{}
			for _, w := range words {
				prefix, err := parseOUI(w)
				if err != nil {
					return nil, err
				}
				c.ouis = append(c.ouis, prefix)
			}
			out = append(out, c)
			continue
		}
		a, ok := tyto.ParseAttr(p.key)
		if !ok {
			return nil, fmt.Errorf("there is no attribute %q to require", p.key)
		}
		out = append(out, condition{attr: a, values: words})
	}
	return out, nil
}

func readExamples(n node) (out []example, err error) {
	if n.kind != sequence {
		return nil, fmt.Errorf("tests are %s; they are a list", n.kind)
	}
	for _, item := range n.list {
		e := example{line: item.line}
		switch item.kind {
		case scalar:
			e.values = []string{item.text}
		case sequence:
			e.values, err = item.texts()
		case mapping:
			err = e.read(item)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// read reads an example that says more than its value.
func (e *example) read(n node) (err error) {
	for _, p := range n.fields {
		switch p.key {
		case "value":
			e.values, err = p.value.texts()
		case "set":
			e.want, err = readNames(p.value)
		case "given":
			e.given, err = readFacts(p.value)
		case "mac":
			ok := false
			if e.mac, ok = frame.ParseMAC([]byte(p.value.text)); !ok {
				err = fmt.Errorf("mac %s is no address", strconv.Quote(p.value.text))
			}
		default:
			err = fmt.Errorf("unknown key %q in a test; there are value, set, given and mac", p.key)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", p.line, err)
		}
	}
	if len(e.values) == 0 {
		return fmt.Errorf("line %d: a test without value", n.line)
	}
	return nil
}

func readFacts(n node) (Facts, error) {
	facts := Facts{}
	for _, p := range n.fields {
		a, ok := tyto.ParseAttr(p.key)
		words, err := p.value.texts()
		if !ok || err != nil {
			return nil, fmt.Errorf("given: %q is no attribute, or has no values", p.key)
		}
		facts[a] = append(facts[a], words...)
	}
	return facts, nil
}
