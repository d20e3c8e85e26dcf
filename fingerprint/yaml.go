package fingerprint

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

const (
	maxFileBytes = 1 << 20 // of one file of rules
	maxDepth     = 8       // a rule's examples need 6
)

// A node is a piece of YAML with the line it is on; scalars are kept as they are
// written, so that a version 1.10 stays one.
type node struct {
	line   int
	kind   nodeKind
	text   string
	list   []node
	fields []pair
}

type pair struct {
	key   string
	line  int
	value node
}

type nodeKind uint8

const (
	scalar nodeKind = iota
	sequence
	mapping
)

func (k nodeKind) String() string {
	return [...]string{"a single value", "a list", "a mapping"}[k]
}

// parseYAML reads one document. The parser is not ours: should hostile text make it
// panic, that is an error like any other.
func parseYAML(text []byte) (n node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("not YAML that can be read: %v", p)
		}
	}()
	if len(text) > maxFileBytes {
		return n, fmt.Errorf("%d bytes; a file of rules may have %d: split it", len(text), maxFileBytes)
	}
	if d := nesting(text); d > 4*maxDepth {
		return n, fmt.Errorf("brackets are nested %d deep", d)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return n, err
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return n, fmt.Errorf("%d YAML documents where one is wanted", len(file.Docs))
	}
	return convert(file.Docs[0].Body, 0)
}

// nesting is how deep flow brackets, or indentation, go; the parser is recursive.
func nesting(text []byte) int {
	depth, deepest := 0, 0
	for _, c := range text {
		switch c {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth = max(0, depth-1)
		case '\n':
			depth = 0
		}
	}
	return deepest
}

func convert(n ast.Node, depth int) (out node, err error) {
	if n == nil || n.GetToken() == nil {
		return out, fmt.Errorf("a value is missing")
	}
	out.line = n.GetToken().Position.Line
	if depth > maxDepth {
		return out, fmt.Errorf("line %d: nested too deep", out.line)
	}
	switch x := n.(type) {
	case *ast.MappingNode:
		out.kind = mapping
		for _, v := range x.Values {
			if err := out.add(v, depth); err != nil {
				return out, err
			}
		}
	case *ast.MappingValueNode:
		out.kind = mapping
		err = out.add(x, depth)
	case *ast.SequenceNode:
		out.kind = sequence
		for _, v := range x.Values {
			item, err := convert(v, depth+1)
			if err != nil {
				return out, err
			}
			out.list = append(out.list, item)
		}
	case *ast.StringNode:
		out.text = x.Value
	case *ast.LiteralNode:
		out.text = x.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		out.text = n.GetToken().Value
	default:
		err = fmt.Errorf("line %d: %s is not used in rules", out.line, n.Type())
	}
	return out, err
}

func (n *node) add(v *ast.MappingValueNode, depth int) error {
	if v.Key == nil || v.Key.GetToken() == nil {
		return fmt.Errorf("line %d: a key is missing", n.line)
	}
	t := v.Key.GetToken()
	p := pair{key: t.Value, line: t.Position.Line}
	for _, other := range n.fields {
		if other.key == p.key {
			return fmt.Errorf("line %d: %q is given twice", p.line, p.key)
		}
	}
	value, err := convert(v.Value, depth+1)
	if err != nil {
		return err
	}
	p.value = value
	n.fields = append(n.fields, p)
	return nil
}

// takeFrom adds the keys that defaults has and n has not.
func (n *node) takeFrom(defaults node) {
	for _, d := range defaults.fields {
		if n.kind == mapping && !slices.ContainsFunc(n.fields, func(p pair) bool { return p.key == d.key }) {
			n.fields = append(n.fields, d)
		}
	}
}

// texts is a scalar, or a list of scalars, as a list.
func (n node) texts() ([]string, error) {
	switch n.kind {
	case scalar:
		return []string{n.text}, nil
	case mapping:
		return nil, fmt.Errorf("line %d: %s where a value or a list of values is wanted", n.line, n.kind)
	}
	var out []string
	for _, x := range n.list {
		if x.kind != scalar {
			return nil, fmt.Errorf("line %d: %s inside a list of values", x.line, x.kind)
		}
		out = append(out, x.text)
	}
	return out, nil
}
