package forward

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestSentinelQueriesKnowTheirColumns holds the parsers and the rule that ship
// to the columns that the template declares.
func TestSentinelQueriesKnowTheirColumns(t *testing.T) {
	text, err := os.ReadFile("../docs/reference/sentinel-template.json")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources []struct {
			Properties struct {
				Schema struct {
					Name    string
					Columns []struct{ Name string }
				}
			}
		}
	}
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	columns := map[string]map[string]bool{}
	for _, r := range template.Resources {
		if s := r.Properties.Schema; s.Name != "" {
			columns[s.Name] = map[string]bool{}
			for _, c := range s.Columns {
				columns[s.Name][c.Name] = true
			}
		}
	}
	quoted, comment, word := regexp.MustCompile(`"[^"]*"`), regexp.MustCompile(`(?m)//.*$|^#.*$`), regexp.MustCompile(`\b[A-Z][A-Za-z]+\b(?:_CL)?`)
	for file, table := range map[string]string{"sentinel-parser.kql": "TytoDevice_CL", "sentinel-alerts.kql": "TytoAlert_CL", "sentinel-rule.yaml": "TytoAlert_CL"} {
		text, err := os.ReadFile("../docs/reference/" + file)
		if err != nil {
			t.Fatal(err)
		}
		query := string(text)
		if _, after, ok := strings.Cut(query, "query: |\n"); ok {
			query, _, _ = strings.Cut(after, "\nentityMappings:")
		}
		query = quoted.ReplaceAllString(comment.ReplaceAllString(query, ""), `""`)
		if !strings.Contains(query, table) || len(columns[table]) == 0 {
			t.Errorf("%s does not ask %s", file, table)
		}
		for _, w := range word.FindAllString(query, -1) {
			if w != table && !columns[table][w] && !strings.Contains(query, w+" = ") {
				t.Errorf("%s: %s has no column %s", file, table, w)
			}
		}
	}
}
