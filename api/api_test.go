package api

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSpec holds openapi.json to what is served; UPDATE=1 rewrites it.
func TestSpec(t *testing.T) {
	got, err := Spec()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("openapi.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("openapi.json is not what is served; if that is meant, run UPDATE=1 go test ./api -run TestSpec\n%s", d)
	}
}
