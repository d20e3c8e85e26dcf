package postgres

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNumbered(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                          "SELECT 1",
		"a = ? AND b IN (?, ?)":             "a = $1 AND b IN ($2, $3)",
		"?1 ?2 ?1 ?12":                      "$1 $2 $1 $12",
		"a = '?' AND b = ?":                 "a = '?' AND b = $1",
		"a = 'it''s ?' AND b = ?":           "a = 'it''s ?' AND b = $1",
		`"odd ? name" = ?`:                  `"odd ? name" = $1`,
		"-- really?\nSELECT ?":              "-- really?\nSELECT $1",
		"SELECT ? -- why?":                  "SELECT $1 -- why?",
		"text LIKE ? ESCAPE '\\' AND a = ?": "text LIKE $1 ESCAPE '\\' AND a = $2",
		"never closed '?":                   "never closed '?",
	} {
		if got := numbered(query); got != want {
			t.Errorf("%q becomes %q, want %q", query, got, want)
		}
	}
}

// FuzzText stores any bytes as text that PostgreSQL takes, and has them back.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00", "\xff\xfe", "a\x00b", "\U0010F500", "\U0010F5FF\x80", "\xf4\x8f\x94", "ü\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		kept := stored(s)
		if !utf8.ValidString(kept) || strings.IndexByte(kept, 0) >= 0 {
			t.Errorf("%q is stored as %q", s, kept)
		}
		if got := restored(kept); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
	})
}
