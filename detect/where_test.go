package detect

import (
	"testing"

	"tyto/tyto"
)

// playing has one device for each address, all with one role.
type playing struct {
	ofCategory
	role string
}

func (p playing) Outline(id string) (tyto.Device, bool) {
	d, ok := p.ofCategory.Outline(id)
	d.Roles = []string{p.role}
	return d, ok
}

// TestServersAskForOthers: what a name server looks up is what all others do.
func TestServersAskForOthers(t *testing.T) {
	rules := standard(t)
	for role, want := range map[string]int{"dns server": 0, "mail server": 0, "web server": 1} {
		g := New("z", rules, playing{"it", role})
		for _, e := range events(t, &rules.Rule("names-that-are-none").Cases[0]) {
			g.Learn(&e)
		}
		if got := alertsOf(g, "names-that-are-none"); len(got) != want {
			t.Errorf("of a %s there is %+v", role, got)
		}
	}
}
