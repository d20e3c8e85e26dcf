package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestReference compares docs/reference/commands.md and the manual page with
// what the program's own help says. UPDATE=1 writes both.
func TestReference(t *testing.T) {
	parser, err := newParser(&commands{}, streams{strings.NewReader(""), io.Discard, io.Discard}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for file, got := range map[string]string{"../../docs/reference/commands.md": markdown(parser.Model), "../../packaging/tyto.1": manPage(parser.Model)} {
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(want, []byte(got)) {
			t.Errorf("%s is not what the commands say (%v); run UPDATE=1 go test ./cmd/tyto -run TestReference", file, err)
		}
	}
}

// eachCommand calls take with what can be run, in the order of the help.
func eachCommand(n *kong.Node, take func(*kong.Node)) {
	for _, c := range n.Children {
		if c.Hidden || c.Type != kong.CommandNode {
			continue
		}
		if c.Leaf() {
			take(c)
		}
		eachCommand(c, take)
	}
}

// flag is how a flag is written, and what it is for.
func flag(f *kong.Flag) (string, string) {
	s := "--" + f.Name
	if f.Short != 0 {
		s = "-" + string(f.Short) + ", " + s
	}
	if !f.IsBool() {
		s += "=" + f.FormatPlaceHolder()
	}
	return s, f.Help
}

func flags(n *kong.Node) (all []*kong.Flag) {
	for _, f := range n.Flags {
		if !f.Hidden && f.Name != "help" {
			all = append(all, f)
		}
	}
	return all
}

func name(n *kong.Node) string {
	return "tyto " + strings.TrimSpace(strings.TrimPrefix(n.FullPath(), "tyto"))
}

func usage(n *kong.Node) string {
	s := name(n)
	if len(flags(n)) > 0 {
		s += " [flags]"
	}
	for _, p := range n.Positional {
		s += " " + p.Summary()
	}
	return s
}

func markdown(app *kong.Application) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Commands\n\nWhat `tyto --help` says, in one piece. Written by a test from the program itself.\n\n%s\n\n", app.Help)
	b.WriteString("Every command takes:\n\n")
	for _, f := range flags(app.Node) {
		s, help := flag(f)
		fmt.Fprintf(&b, "- `%s` %s\n", s, help)
	}
	eachCommand(app.Node, func(n *kong.Node) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n```\n%s\n```\n", name(n), n.Help, usage(n))
		for i, p := range n.Positional {
			if i == 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "- `%s` %s\n", p.Summary(), p.Help)
		}
		for i, f := range flags(n) {
			if i == 0 && len(n.Positional) == 0 {
				b.WriteString("\n")
			}
			s, help := flag(f)
			fmt.Fprintf(&b, "- `%s` %s\n", s, help)
		}
		if n.Detail != "" {
			fmt.Fprintf(&b, "\n```\n%s\n```\n", strings.TrimSpace(n.Detail))
		}
	})
	return b.String()
}

// roff is text that troff shows as it is.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

func manPage(app *kong.Application) string {
	var b strings.Builder
	b.WriteString(".\\\" Written by a test from the program's own help.\n.TH TYTO 1 \"\" \"Tyto\" \"User Commands\"\n.SH NAME\ntyto \\- find and watch every device on a network by listening alone\n")
	b.WriteString(".SH SYNOPSIS\n.B tyto\n[\\fB\\-\\-config\\fR=\\fIFILE\\fR] \\fICOMMAND\\fR [\\fIflags\\fR]\n")
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n.SH OPTIONS\n", strings.ReplaceAll(roff(app.Help), "\n\n", "\n.PP\n"))
	item := func(what, help string) { fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(what), roff(help)) }
	for _, f := range flags(app.Node) {
		item(flag(f))
	}
	b.WriteString(".SH COMMANDS\n")
	eachCommand(app.Node, func(n *kong.Node) {
		fmt.Fprintf(&b, ".SS %s\n%s\n", roff(usage(n)), roff(n.Help))
		for _, p := range n.Positional {
			item(p.Summary(), p.Help)
		}
		for _, f := range flags(n) {
			item(flag(f))
		}
		if n.Detail != "" {
			fmt.Fprintf(&b, ".PP\n.nf\n%s\n.fi\n", roff(strings.TrimSpace(n.Detail)))
		}
	})
	b.WriteString(".SH FILES\n.TP\n.I /etc/tyto/tyto.yaml\nThe configuration of the services\n.TP\n.I /var/lib/tyto\nWhat hub and sensor keep\n")
	return b.String()
}
