// Package house holds the house rules, as tests.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
)

// floors lists our packages from the ground up. A package imports only from
// floors below its own; its tests may look around. lab may import anything,
// and nothing imports lab.
var floors = [][]string{
	{"frame", "metric", "confine"},
	{"tyto", "stream", "filter"},
	{"capture", "decode", "flow", "proto", "fingerprint", "content", "geo"},
	{"observe", "mirror", "packets", "flows", "inventory", "baseline", "detect", "vuln", "store", "history", "uplink", "auth", "outbound"},
	{"api", "portal", "report", "forward", "connect", "logs"},
	{"sensor", "hub"},
	{"cmd", "lab"},
}

// goFiles parses every Go file of the project that is not a test.
func goFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "bin" || d.Name() == "out" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files[filepath.ToSlash(path)], err = parser.ParseFile(set, path, nil, parser.ParseComments)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFloors(t *testing.T) {
	level := map[string]int{}
	for i, floor := range floors {
		for _, pkg := range floor {
			level[pkg] = i
		}
	}
	for file, parsed := range goFiles(t) {
		from, _, _ := strings.Cut(file, "/")
		at, ok := level[from]
		if !ok {
			t.Errorf("%s: package %s is on no floor; name one in house_test.go", file, from)
			continue
		}
		for _, spec := range parsed.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			to, ours := strings.CutPrefix(path, "tyto/")
			if to, _, _ = strings.Cut(to, "/"); !ours || to == from {
				continue
			}
			if to == "lab" || level[to] >= at && from != "lab" {
				t.Errorf("%s (floor %d) imports %s (floor %d)", file, at, to, level[to])
			}
		}
	}
}

func TestNoCupboards(t *testing.T) {
	forbidden := regexp.MustCompile(`(^|/)(utils?|common|helpers?|base|shared|types|misc|pkg|internal)(/|\.go$)`)
	for file := range goFiles(t) {
		if forbidden.MatchString(file) {
			t.Errorf("%s: name it after what is in it", file)
		}
	}
}

// TestDocumented demands a comment on every package and exported name.
func TestDocumented(t *testing.T) {
	documented := map[string]bool{}
	for file, parsed := range goFiles(t) {
		dir := filepath.Dir(file)
		documented[dir] = documented[dir] || parsed.Doc != nil
		for _, decl := range parsed.Decls {
			for _, name := range undocumented(decl) {
				t.Errorf("%s: %s has no comment", file, name)
			}
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s: no file has a package comment", dir)
		}
	}
}

func undocumented(decl ast.Decl) (names []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					names = append(names, s.Names[0].Name)
				}
			}
		}
	}
	return names
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if generic, ok := typ.(*ast.IndexExpr); ok {
		typ = generic.X
	}
	name, ok := typ.(*ast.Ident)
	return ok && name.IsExported()
}

// TestWalls holds the files of proto apart: each uses package-level names of
// its own, of proto.go and of sink.go only, and reads bytes through the Cursor.
func TestWalls(t *testing.T) {
	owner, files := map[string]string{}, map[string]*ast.File{}
	for file, parsed := range goFiles(t) {
		if filepath.Dir(file) != "proto" {
			continue
		}
		files[file] = parsed
		for _, decl := range parsed.Decls {
			for _, name := range declared(decl) {
				owner[name] = file
			}
		}
	}
	open := map[string]bool{"proto/proto.go": true, "proto/sink.go": true, "proto/index.go": true}
	for file, parsed := range files {
		if open[file] {
			continue
		}
		for _, spec := range parsed.Imports {
			if spec.Path.Value == `"encoding/binary"` {
				t.Errorf("%s imports encoding/binary; read through frame.Cursor", file)
			}
		}
		for _, ident := range parsed.Unresolved {
			if at, ok := owner[ident.Name]; ok && at != file && !open[at] {
				t.Errorf("%s uses %s of %s", file, ident.Name, at)
			}
		}
	}
}

func declared(decl ast.Decl) (names []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil && d.Name.Name != "init" {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}

// TestGopacketStaysInCapture keeps the packet path ours.
func TestGopacketStaysInCapture(t *testing.T) {
	for file, parsed := range goFiles(t) {
		for _, spec := range parsed.Imports {
			if strings.Contains(spec.Path.Value, "gopacket") && !strings.HasPrefix(file, "capture/") && !strings.HasPrefix(file, "lab/") {
				t.Errorf("%s imports %s", file, spec.Path.Value)
			}
		}
	}
}

// TestProtocolsHaveTestdata demands recorded packets, a golden and a README of every protocol.
func TestProtocolsHaveTestdata(t *testing.T) {
	headings := []string{"## Specification", "## What we learn", "## What we report as acts", "## Limits", "## Captures"}
	for file := range goFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".go")
		if filepath.Dir(file) != "proto" || name == "proto" || name == "sink" || name == "index" {
			continue
		}
		dir := filepath.Join("proto", "testdata", name)
		if pcaps, _ := filepath.Glob(filepath.Join(dir, "*.pcap*")); len(pcaps) == 0 {
			t.Errorf("%s holds no capture", dir)
		}
		if goldens, _ := filepath.Glob(filepath.Join(dir, "*.golden")); len(goldens) == 0 {
			t.Errorf("%s holds no golden file; run go test ./proto -update", dir)
		}
		readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
		if err != nil {
			t.Errorf("%s has no README.md", dir)
			continue
		}
		for _, h := range headings {
			if !strings.Contains(string(readme), h) {
				t.Errorf("%s/README.md lacks %q", dir, h)
			}
		}
	}
}

// TestDependencies keeps the list of modules in the binary a reviewed file.
// To accept a change: go list -deps ... as below > docs/reference/dependencies.txt
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for _, m := range strings.Fields(string(out)) {
		seen[m] = true
	}
	var got []string
	for m := range seen {
		got = append(got, m)
	}
	sort.Strings(got)
	const golden = "docs/reference/dependencies.txt"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if g := strings.Join(got, "\n") + "\n"; g != string(want) {
		t.Errorf("the modules in the binary are not those of %s; if that is meant, run UPDATE=1 go test . -run TestDependencies\ngot:\n%s", golden, g)
	}
}
