package content

import (
	"testing"

	"tyto/fingerprint"
	"tyto/tyto"
)

// TestSupportedTypes counts the types of the taxonomy that rules conclude in their own
// tests: a type that is called supported has such a case, or devices of wider sorts are
// backed off to it, or the inventory concludes it.
func TestSupportedTypes(t *testing.T) {
	r, err := fingerprint.Load(Rules())
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, x := range r.Results() {
		for _, c := range x.Conclusions {
			if c.Attr == tyto.Type {
				has[c.Value] = true
			}
		}
	}
	if len(has) < 120 {
		t.Errorf("rules conclude %d types; want at least 120", len(has))
	}
	wider := map[string]bool{}
	for _, x := range fingerprint.Types() {
		wider[x.Parent] = true
	}
	inventory := map[string]bool{"nat_segment": true, "not_a_device": true, "transient": true, "unclassified": true, "virtual_address": true}
	for _, x := range fingerprint.Types() {
		if x.Supported && !has[x.ID] && !wider[x.ID] && !inventory[x.ID] {
			t.Errorf("%s is called supported, but no rule concludes it", x.ID)
		}
		if !x.Supported && has[x.ID] {
			t.Errorf("rules conclude %s, which is not called supported", x.ID)
		}
	}
	t.Logf("%d types", len(has))
}
