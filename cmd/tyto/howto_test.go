package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestDocumentedIntegrations has every configuration of destinations and
// connectors in the documentation be one that is right.
func TestDocumentedIntegrations(t *testing.T) {
	found := 0
	for _, name := range []string{"siem", "splunk", "sentinel", "qradar", "servicenow", "defender"} {
		text, err := os.ReadFile("../../docs/how-to/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasPrefix(m[1], "forward:") && !strings.HasPrefix(m[1], "connect:") {
				continue
			}
			found++
			file := filepath.Join(t.TempDir(), "tyto.yaml")
			if err := os.WriteFile(file, []byte(m[1]), 0o600); err != nil {
				t.Fatal(err)
			}
			set, err := loadSettings(file)
			if err != nil {
				t.Errorf("%s.md: %v", name, err)
			}
			if len(set.Forward)+len(set.Connect) == 0 {
				t.Errorf("%s.md: nothing is configured by\n%s", name, m[1])
			}
		}
	}
	if found < 6 {
		t.Errorf("only %d configurations were found", found)
	}
}
