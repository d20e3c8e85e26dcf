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

// TestServersAskForOthers: what a name server looks up is what all others do,
// and whom a router asks for is whom they send to.
func TestServersAskForOthers(t *testing.T) {
	rules := standard(t)
	for _, c := range []struct {
		rule, role string
		want       int
	}{
		{"names-that-are-none", "dns server", 0}, {"names-that-are-none", "mail server", 0}, {"names-that-are-none", "web server", 1},
		{"arp-scan", "router", 0}, {"arp-scan", "web server", 1},
	} {
		g := New("z", rules, playing{"it", c.role})
		for _, e := range events(t, &rules.Rule(c.rule).Cases[0]) {
			g.Learn(&e)
		}
		if got := alertsOf(g, c.rule); len(got) != c.want {
			t.Errorf("%s of a %s: %+v", c.rule, c.role, got)
		}
	}
}
