package fingerprint

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"path"
	"regexp"
	"regexp/syntax"
	"runtime"
	"sort"
	"strings"
	"sync"

	"tyto/tyto"
)

const (
	mostRules  = 50_000
	mostErrors = 20 // told of one load
)

// A Text is a file of rules.
type Text struct {
	Name string // as errors tell it
	YAML []byte
}

// Texts reads all *.yaml files under fsys, in the order of their paths.
func Texts(fsys fs.FS) (all []Text, err error) {
	files, err := ruleFiles(fsys)
	for _, name := range files {
		text, e := fs.ReadFile(fsys, name)
		if err = errors.Join(err, e); e == nil {
			all = append(all, Text{name, text})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("fingerprint: load: %w", err)
	}
	return all, nil
}

// Load reads and compiles all *.yaml files under fsys: see Compile.
func Load(fsys fs.FS) (*Rules, error) {
	texts, err := Texts(fsys)
	if err != nil {
		return nil, err
	}
	return Compile(texts)
}

// Compile makes rules of files, in their order. An error names file, line, rule, what is
// wrong and what would be right; several are joined.
func Compile(texts []Text) (*Rules, error) {
	r := &Rules{byField: map[string]*table{}, sets: map[string][]int32{}}
	r.memo.seed = maphash.MakeSeed()
	var problems []error
	for _, f := range readAll(texts) {
		problems = append(problems, f.problems...)
		r.rules = append(r.rules, f.rules...)
	}
	if len(r.rules) > mostRules {
		problems = append(problems, fmt.Errorf("fingerprint: %d rules; there may be %d", len(r.rules), mostRules))
	}
	problems = append(problems, duplicates(r.rules)...)
	if len(problems) > mostErrors {
		more := len(problems) - mostErrors
		problems = append(problems[:mostErrors:mostErrors], fmt.Errorf("fingerprint: and %d more", more))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	r.compile()
	r.setFields = sortedKeys(r.sets)
	return r, nil
}

func ruleFiles(fsys fs.FS) (files []string, err error) {
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(p) == ".yaml" {
			files = append(files, p)
		}
		return err
	})
	sort.Strings(files)
	return files, err
}

type ruleFile struct {
	rules    []rule
	problems []error
}

// readAll reads files in parallel; reading YAML is most of the work of loading.
func readAll(texts []Text) []ruleFile {
	out := make([]ruleFile, len(texts))
	var wait sync.WaitGroup
	turn := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, text := range texts {
		wait.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			out[i].rules, out[i].problems = readFile(text.Name, text.YAML)
		})
	}
	wait.Wait()
	return out
}

func duplicates(rules []rule) (problems []error) {
	first := make(map[string]*rule, len(rules))
	for i := range rules {
		x := &rules[i]
		if other, ok := first[x.id]; ok {
			problems = append(problems, x.errorf(x.line, "the id is taken by %s:%d; choose another", other.file, other.line))
			continue
		}
		first[x.id] = x
	}
	return problems
}

// errorf is an error about x.
func (x *rule) errorf(line int, format string, args ...any) error {
	id := x.id
	if id == "" {
		id = "without id"
	}
	return fmt.Errorf("fingerprint: %s:%d: rule %s: %w", x.file, line, id, fmt.Errorf(format, args...))
}

// readFile reads "pack: NAME", "rules: [...]", and before these perhaps "defaults", which
// rules have that do not say otherwise.
func readFile(name string, text []byte) (rules []rule, problems []error) {
	fail := func(line int, format string, args ...any) {
		problems = append(problems, fmt.Errorf("fingerprint: %s:%d: %w", name, line, fmt.Errorf(format, args...)))
	}
	root, err := parseYAML(text)
	if err != nil {
		return nil, []error{fmt.Errorf("fingerprint: %s: %w", name, err)}
	}
	if root.kind != mapping {
		fail(root.line, "%s; a file of rules is a mapping with pack and rules", root.kind)
		return nil, problems
	}
	pack, defaults := "", node{}
	for _, p := range root.fields {
		switch {
		case p.key == "defaults" && p.value.kind == mapping:
			defaults = p.value
		case p.key == "pack" && p.value.kind == scalar:
			pack = p.value.text
		case p.key == "rules" && p.value.kind == sequence:
			for _, n := range p.value.list {
				n.takeFrom(defaults)
				x, bad := readRule(name, n)
				rules, problems = append(rules, x), append(problems, bad...)
			}
		default:
			fail(p.line, "unknown key %q, or %s; there are pack (a name), defaults (a mapping, before the rules) and rules (a list)", p.key, p.value.kind)
		}
	}
	if pack == "" {
		fail(root.line, "no pack; name the pack that the rules belong to")
	}
	return rules, problems
}

func (r *Rules) compile() {
	for i := range r.rules {
		x := &r.rules[i]
		for _, on := range x.on {
			if x.match.kind == matchSet {
				r.sets[on] = append(r.sets[on], int32(i))
			} else {
				r.table(on).add(x, int32(i))
			}
		}
	}
	var wait sync.WaitGroup
	for _, t := range r.tables() {
		wait.Go(t.compile)
	}
	wait.Wait()
	for i := range r.rules {
		r.rules[i].match.need = nil
	}
}

// table is the table of a field, or of an attribute if that is what on names.
func (r *Rules) table(on string) *table {
	a, isAttr := tyto.ParseAttr(on)
	if isAttr && r.byAttr[a] != nil {
		return r.byAttr[a]
	}
	if t := r.byField[on]; t != nil {
		return t
	}
	t := &table{exact: map[string][]int32{}, domains: map[string][]int32{}, numbers: map[uint64][]int32{}}
	t.id = uint16(len(r.tables()) + 1)
	if isAttr {
		r.byAttr[a] = t
	} else {
		r.byField[on] = t
	}
	return t
}

func (r *Rules) tables() (all []*table) {
	for _, name := range sortedKeys(r.byField) {
		all = append(all, r.byField[name])
	}
	for _, t := range r.byAttr {
		if t != nil {
			all = append(all, t)
		}
	}
	return all
}

// compile finds what must be in a value for a pattern to be tried.
func (t *table) compile() {
	var words []string
	var what []int32
	t.single = make([]uint64, len(t.patterns)/64+1)
	for i, all := range t.need {
		switch len(all) {
		case 0:
			t.always = append(t.always, int32(i))
		case 1:
			t.single[i/64] |= 1 << (i % 64)
		}
		for k, set := range all {
			for _, w := range set {
				words, what = append(words, w), append(what, int32(k*64*len(t.single)+i))
			}
		}
	}
	t.find1, t.need = newAutomaton(words, what), nil
}

// factorsOf is the factors of a pattern. Rules on several fields share them.
func factorsOf(pattern *regexp.Regexp) []factor {
	re, err := syntax.Parse(pattern.String(), syntax.Perl)
	if err != nil {
		return nil
	}
	return factors(re)
}

// globPattern is a glob as a regular expression: * and ? are groups, [a-z] is a class,
// case does not matter.
func globPattern(glob string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString("(?is)^")
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '*':
			b.WriteString("(.*)")
		case '?':
			b.WriteString("(.)")
		case '[':
			end := strings.IndexByte(glob[i:], ']')
			if end < 2 {
				return nil, fmt.Errorf("glob %q has no closing bracket", glob)
			}
			b.WriteString(glob[i : i+end+1])
			i += end
		default:
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	b.WriteString("$")
	return regexp.Compile(b.String())
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
