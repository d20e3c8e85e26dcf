package sqlstore

import (
	"encoding/json"
	"maps"
	"testing"
)

// FuzzPlainCounters holds the short way to what the long one reads.
func FuzzPlainCounters(f *testing.F) {
	for _, text := range []string{`{}`, `{"packets":7,"bytes":18446744073709551615}`, `{"a":1,"a":2}`, `{"a\u0041":1}`, `{"a,b":1}`, `{"a":01}`, `{"a":1.5}`, `{"a":null}`, `{"":0}`, `{"a":1,}`, `{`, `{"a": 1}`, "{\"\xff\":1}", "{\"\n\":1}", `{"a":+1}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := plainCounters(text)
		if !ok {
			return
		}
		var want map[string]uint64
		if err := json.Unmarshal([]byte(text), &want); err != nil || !maps.Equal(got, want) {
			t.Errorf("%q is read as %v; want %v, %v", text, got, want, err)
		}
	})
}
