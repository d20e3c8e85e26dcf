package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tyto/baseline"
	"tyto/content"
	"tyto/detect"
)

const detectionsPage = "../../docs/reference/detections.md"

// TestDetectionsPage keeps the list of rules in the reference that of the
// program: what stands below the line is made from the rules.
func TestDetectionsPage(t *testing.T) {
	rules, err := detect.Load(content.Detections(), nil)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(detectionsPage)
	if err != nil {
		t.Fatal(err)
	}
	const line = "<!-- Below is what the rules say: UPDATE=1 go test ./cmd/tyto -run TestDetectionsPage -->\n"
	text, _, ok := strings.Cut(string(page), line)
	if !ok {
		t.Fatalf("%s lacks %q", detectionsPage, line)
	}
	want := text + line + detectionsList(rules)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(detectionsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Errorf("%s is not what the rules say; run UPDATE=1 go test ./cmd/tyto -run TestDetectionsPage", detectionsPage)
	}
}

func detectionsList(rules *detect.Rules) string {
	var b strings.Builder
	engines := map[string][]*detect.Rule{}
	for _, r := range rules.All() {
		engines[r.Engine] = append(engines[r.Engine], r)
	}
	var names []string
	for name := range engines {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "\n## %s\n", strings.ToUpper(name[:1])+name[1:])
		for _, r := range engines[name] {
			describe(&b, r.ID, r.Title, r.Severity, r.Techniques, r.Description, r.Action)
			for _, l := range r.Limits() {
				fmt.Fprintf(&b, "- `%s/%s: %d` %s: %s\n", r.ID, l.Name, l.Value, l.Unit, l.Text)
			}
			if len(r.Under) > 0 {
				fmt.Fprintf(&b, "- may come of %s\n", strings.Join(r.Under, ", "))
			}
		}
	}
	b.WriteString("\n## Baseline\n")
	for _, r := range baseline.Rules {
		describe(&b, r.ID, r.Title, r.Severity.String(), r.Techniques, r.Description, r.Action)
	}
	return b.String()
}

func describe(b *strings.Builder, id, title, severity string, techniques []string, description, action string) {
	fmt.Fprintf(b, "\n### %s\n\n%s (%s; %s). %s\n\n*What to do:* %s\n\n", id, title, severity, strings.Join(techniques, ", "), strings.TrimSpace(description), strings.TrimSpace(action))
}
