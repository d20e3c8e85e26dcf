package content

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"tyto/fingerprint"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// TestRules holds every rule to its tests, all rules against each other, and what each
// makes of its tests to a file that a person has read.
func TestRules(t *testing.T) {
	r, err := fingerprint.Load(Rules())
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range r.Test() {
		t.Error(problem)
	}
	for _, c := range r.Conflicts() {
		t.Errorf("%q: %s says %s %s, %s says %s", c.Value, c.Rule, c.Attr, c.Has, c.Other, c.Says)
	}
	var b strings.Builder
	for _, x := range r.Results() {
		fmt.Fprintf(&b, "%s\t%s\n", x.RuleID, strings.Join(x.Values, " + "))
		for _, c := range x.Conclusions {
			fmt.Fprintf(&b, "\t%s\t%s\t%s\n", c.Attr, c.Value, c.Confidence)
		}
	}
	const golden = "testdata/rules.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || b.String() != string(want) {
		t.Errorf("what the rules make of their tests is not what %s says (%v); if that is meant, run go test ./content -update", golden, err)
	}
	t.Logf("%d rules", r.Len())
}
