package detect

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"
)

// A condition is a CEL expression about a T. Most of what rules say is plain
// comparisons: these are made into functions, which take a fiftieth of the
// time of an evaluation. Where an expression has more, the functions decide
// what they can: what passes them is evaluated.
type condition[T interpreter.Activation] struct {
	test    func(T) bool      // holds whenever the expression does; nil always holds
	exact   bool              // the expression holds whenever test does
	needs   map[string]string // texts that must be equal for it to hold, by name
	program cel.Program
}

// holds reports whether the expression is true of x. An error is a condition
// on what x has not: it does not hold.
func (c *condition[T]) holds(x T) bool {
	if c.test != nil && !c.test(x) {
		return false
	}
	if c.exact {
		return true
	}
	out, _, err := c.program.Eval(x)
	return err == nil && out.Value() == true
}

// A vocabulary is how functions read what expressions name; nil is no such name.
type vocabulary[T any] struct {
	text   func(name string) func(T) string
	number func(name string) func(T) int64
	truth  func(name string) func(T) bool
	count  func(key string) func(T) int64 // operations[key], 0 if there is none
	limits map[string]int64               // threshold[key]
}

// compileCondition reads an expression, which must be one of truth.
func compileCondition[T interpreter.Activation](env *cel.Env, text string, words *vocabulary[T]) (*condition[T], error) {
	tree, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	if tree.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("%q is no condition", text)
	}
	c := &condition[T]{needs: map[string]string{}}
	needs(tree.NativeRep().Expr(), c.needs)
	if c.test, c.exact = words.test(tree.NativeRep().Expr()); c.exact {
		return c, nil
	}
	// No limit of cost: keeping count of it takes half of the time, and a
	// condition can only go over the operations of one conversation, which are few.
	var err error
	c.program, err = env.Program(tree, cel.EvalOptions(cel.OptOptimize))
	return c, err
}

// test is a function that holds whenever x does, nil if there is none to be
// had. exact says that x holds whenever the function does.
func (v *vocabulary[T]) test(x ast.Expr) (test func(T) bool, exact bool) {
	switch x.Kind() {
	case ast.IdentKind:
		if truth := v.truth(x.AsIdent()); truth != nil {
			return truth, true
		}
	case ast.CallKind:
		return v.call(x.AsCall())
	}
	return nil, false
}

func (v *vocabulary[T]) call(c ast.CallExpr) (test func(T) bool, exact bool) {
	switch args := c.Args(); c.FunctionName() {
	case operators.LogicalAnd:
		return v.all(args)
	case operators.LogicalOr:
		return v.any(args)
	case operators.LogicalNot:
		if not, exact := v.test(args[0]); not != nil && exact {
			return func(x T) bool { return !not(x) }, true
		}
		return nil, false
	case operators.In:
		return v.oneOf(args[0], args[1])
	case "startsWith", "endsWith", "contains":
		return v.part(c)
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		if test := v.sameText(c.FunctionName(), args[0], args[1]); test != nil {
			return test, true
		}
		return v.compared(c.FunctionName(), args[0], args[1])
	}
	return nil, false
}

// all is what must hold of conditions that must all hold.
func (v *vocabulary[T]) all(args []ast.Expr) (func(T) bool, bool) {
	var tests []func(T) bool
	whole := true
	for _, a := range args {
		test, exact := v.test(a)
		if whole = whole && exact; test != nil {
			tests = append(tests, test)
		}
	}
	switch len(tests) {
	case 0:
		return nil, false
	case 1:
		return tests[0], whole
	}
	first, second := tests[0], tests[1]
	return func(x T) bool { return first(x) && second(x) }, whole
}

// any is what must hold of conditions of which one must hold.
func (v *vocabulary[T]) any(args []ast.Expr) (func(T) bool, bool) {
	first, exact1 := v.test(args[0])
	second, exact2 := v.test(args[1])
	if first == nil || second == nil {
		return nil, false
	}
	return func(x T) bool { return first(x) || second(x) }, exact1 && exact2
}

// sameText compares a text with a constant.
func (v *vocabulary[T]) sameText(op string, a, b ast.Expr) func(T) bool {
	text, want := v.textOf(a), constant(b)
	s, ok := want.(types.String)
	if text == nil || !ok {
		return nil
	}
	is := string(s)
	switch op {
	case operators.Equals:
		return func(x T) bool { return text(x) == is }
	case operators.NotEquals:
		return func(x T) bool { return text(x) != is }
	}
	return nil
}

// part compares the beginning, the end, or any part of a text with a constant.
func (v *vocabulary[T]) part(c ast.CallExpr) (func(T) bool, bool) {
	if !c.IsMemberFunction() || len(c.Args()) != 1 {
		return nil, false
	}
	text := v.textOf(c.Target())
	s, ok := constant(c.Args()[0]).(types.String)
	if text == nil || !ok {
		return nil, false
	}
	has := map[string]func(s, part string) bool{"startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix, "contains": strings.Contains}[c.FunctionName()]
	part := string(s)
	return func(x T) bool { return has(text(x), part) }, true
}

// oneOf looks for a text or a number among constants.
func (v *vocabulary[T]) oneOf(a, list ast.Expr) (func(T) bool, bool) {
	if list.Kind() != ast.ListKind {
		return nil, false
	}
	var texts []string
	var numbers []int64
	for _, e := range list.AsList().Elements() {
		switch x := constant(e).(type) {
		case types.String:
			texts = append(texts, string(x))
		case types.Int:
			numbers = append(numbers, int64(x))
		default:
			return nil, false
		}
	}
	if text := v.textOf(a); text != nil && len(numbers) == 0 {
		return func(x T) bool { return slices.Contains(texts, text(x)) }, true
	}
	if number, exact := v.numberOf(a); number != nil && exact && len(texts) == 0 {
		return func(x T) bool { return slices.Contains(numbers, number(x)) }, true
	}
	return nil, false
}

// compared compares two numbers.
func (v *vocabulary[T]) compared(op string, a, b ast.Expr) (func(T) bool, bool) {
	n, exact1 := v.numberOf(a)
	m, exact2 := v.numberOf(b)
	if n == nil || m == nil {
		return nil, false
	}
	exact := exact1 && exact2
	switch op {
	case operators.Equals:
		return func(x T) bool { return n(x) == m(x) }, exact
	case operators.NotEquals:
		return func(x T) bool { return n(x) != m(x) }, exact
	case operators.Less:
		return func(x T) bool { return n(x) < m(x) }, exact
	case operators.LessEquals:
		return func(x T) bool { return n(x) <= m(x) }, exact
	case operators.Greater:
		return func(x T) bool { return n(x) > m(x) }, exact
	}
	return func(x T) bool { return n(x) >= m(x) }, exact
}

// numberOf reads a number: a name, a constant, a threshold, or how often
// something was done. The last is not exact, as there is an error in CEL
// where here is 0.
func (v *vocabulary[T]) numberOf(e ast.Expr) (read func(T) int64, exact bool) {
	if n, ok := constant(e).(types.Int); ok {
		return func(T) int64 { return int64(n) }, true
	}
	switch e.Kind() {
	case ast.IdentKind:
		read = v.number(e.AsIdent())
		return read, read != nil
	case ast.CallKind:
		c := e.AsCall()
		if c.FunctionName() != operators.Index || c.Args()[0].Kind() != ast.IdentKind {
			return nil, false
		}
		key, ok := constant(c.Args()[1]).(types.String)
		if !ok {
			return nil, false
		}
		return v.entry(c.Args()[0].AsIdent(), string(key))
	case ast.SelectKind:
		if s := e.AsSelect(); !s.IsTestOnly() && s.Operand().Kind() == ast.IdentKind {
			return v.entry(s.Operand().AsIdent(), s.FieldName())
		}
	}
	return nil, false
}

// entry reads from a map: a threshold, or how often something was done.
func (v *vocabulary[T]) entry(of, key string) (read func(T) int64, exact bool) {
	switch of {
	case "threshold":
		n, ok := v.limits[key]
		return func(T) int64 { return n }, ok
	case "operations":
		return v.count(key), false
	}
	return nil, false
}

func (v *vocabulary[T]) textOf(e ast.Expr) func(T) string {
	if e.Kind() != ast.IdentKind {
		return nil
	}
	return v.text(e.AsIdent())
}

// constant is the value of a literal, nil if it is none.
func constant(e ast.Expr) any {
	if e.Kind() != ast.LiteralKind {
		return nil
	}
	return e.AsLiteral()
}

// needs collects what must be equal to a text for x to hold.
func needs(x ast.Expr, into map[string]string) {
	if x.Kind() != ast.CallKind {
		return
	}
	c := x.AsCall()
	switch c.FunctionName() {
	case operators.LogicalAnd:
		for _, a := range c.Args() {
			needs(a, into)
		}
	case operators.Equals:
		a := c.Args()[0]
		if is, ok := constant(c.Args()[1]).(types.String); ok && a.Kind() == ast.IdentKind {
			into[a.AsIdent()] = string(is)
		}
	}
}
