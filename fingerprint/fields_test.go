package fingerprint

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var comments = regexp.MustCompile(`(?m)//.*$`)

// TestFieldsAreTold holds the list of fields to the dissectors: a rule on a field that
// nobody tells would never be asked.
func TestFieldsAreTold(t *testing.T) {
	var source strings.Builder
	err := filepath.WalkDir("../proto", func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		source.WriteString(comments.ReplaceAllString(string(text), ""))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range KnownFields() {
		if f != macField && !strings.Contains(source.String(), `"`+f+`"`) {
			t.Errorf("no dissector tells %q any more; take it, and the rules on it, away", f)
		}
	}
}
