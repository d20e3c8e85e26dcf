package detect

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tyto/frame"
	"tyto/proto"
	"tyto/tyto"
)

// told is what a dissector can tell: a verb, and an operation if one is known.
type told struct {
	verb      tyto.Verb
	operation string
	object    string
}

// unwatched are the verbs that are everyday: the baseline tells when they are new.
var unwatched = []tyto.Verb{tyto.NoVerb, tyto.Read, tyto.Write, tyto.Browse, tyto.Login}

// everyday are operations of other verbs that a protocol's clients do all day.
var everyday = map[string]string{
	"pn_io execute":                "connections are set up by it",
	"opcua execute":                "methods are called to read and write",
	"dlms execute":                 "meters are read by actions, too",
	"ocpp execute":                 "what stations and their centre say to each other beside the standard",
	"ocpp RemoteStartTransaction":  "somebody charges a car",
	"ocpp RemoteStopTransaction":   "somebody charged a car",
	"ocpp RequestStartTransaction": "somebody charges a car",
	"ocpp RequestStopTransaction":  "somebody charged a car",
	"ocpp start":                   "only charging is started",
	"mms defineNamedVariableList":  "clients read by lists of their own",
	"mms deleteNamedVariableList":  "clients read by lists of their own",
	"bacnet acknowledgeAlarm":      "operators acknowledge alarms",
	"goose violate":                "networks lose messages; the operation of it is watched by how often",
}

// TestEveryVerbIsWatched holds that nothing industrial dissectors tell of what is done
// to a controller escapes the rules: neither an act of the captures that they are tested
// with, nor a verb that their code names.
func TestEveryVerbIsWatched(t *testing.T) {
	rules, acts := standard(t), 0
	for _, d := range proto.All() {
		if !d.Industrial {
			continue
		}
		for _, x := range append(actsOf(t, d.Name), verbsOf(t, d.Name)...) {
			if slices.Contains(unwatched, x.verb) || everyday[x.operation] != "" || everyday[d.Name+" "+x.verb.String()] != "" {
				continue
			}
			acts++
			if !watches(rules, d.Name, x) {
				t.Errorf("%s: no rule sees %s by %q of %q", d.Name, x.verb, x.operation, x.object)
			}
		}
	}
	if acts < 200 {
		t.Errorf("%d acts only", acts)
	}
}

// TestFieldsAreTold holds that the fields which rules wait for are told by some dissector.
func TestFieldsAreTold(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "proto", "*.go"))
	var sources strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources.Write(text)
	}
	for _, r := range standard(t).All() {
		if r.when == nil {
			continue
		}
		if field, ok := r.when.needs["field"]; ok && !strings.Contains(sources.String(), strconv.Quote(field)) {
			t.Errorf("%s waits for %s, which nobody tells", r.ID, field)
		}
	}
}

// watches reports whether an act raises an alert if it is done to many devices.
func watches(rules *Rules, protocol string, x told) bool {
	g := New("z", rules, nil)
	for i := range 30 {
		g.Learn(&tyto.Event{Time: epoch.Add(time.Duration(i) * time.Second), Kind: tyto.KindAct, Act: &tyto.Act{
			Client: tyto.Subject{Addr: frame.V4(10, 0, 0, 5)}, Server: tyto.Subject{Addr: frame.V4(10, 0, 1, byte(i))},
			Verb: x.verb, Operation: x.operation, Object: x.object, Outcome: "ok", Evidence: tyto.Evidence{Protocol: protocol, Packet: uint64(i + 1)}}})
	}
	return len(g.Alerts()) > 0
}

var actLine = regexp.MustCompile(`^\d+ [^ ]+(?: part \d+)?: ([a-z-]+) at [^ ]*(?: part \d+)?: ([^"]+) "([^"]*)"`)

// actsOf is the different acts in a protocol's golden files.
func actsOf(t *testing.T, protocol string) (all []told) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join("..", "proto", "testdata", protocol, "*.golden"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			m := actLine.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			x := told{operation: m[2], object: m[3]}
			if err := x.verb.UnmarshalText([]byte(m[1])); err != nil {
				t.Fatalf("%s: %v in %s", file, err, line)
			}
			if !slices.Contains(all, x) {
				all = append(all, x)
			}
		}
	}
	return all
}

// verbsOf is the verbs that the source of a protocol's dissector names.
func verbsOf(t *testing.T, protocol string) (all []told) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), sourceOf(t, protocol), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	verbs := map[string]tyto.Verb{}
	for v := tyto.Read; v <= tyto.Violate; v++ {
		verbs[strings.ReplaceAll(v.String(), "-", "")] = v
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if of, ok := s.X.(*ast.Ident); ok && of.Name == "tyto" {
				if v, ok := verbs[strings.ToLower(s.Sel.Name)]; ok {
					all = append(all, told{verb: v, operation: protocol + " " + v.String()})
				}
			}
		}
		return true
	})
	return all
}

// sourceOf is the file with a protocol's dissector: its own, or that of the protocol which has the same messages.
func sourceOf(t *testing.T, protocol string) string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join("..", "proto", "*.go"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "Name: "+strconv.Quote(protocol)) || filepath.Base(file) == protocol+".go" {
			return file
		}
	}
	t.Fatalf("no file has the dissector %s", protocol)
	return ""
}
