package forward

import (
	"path"
	"slices"

	"tyto/tyto"
)

// filter is what an output wants to be told: all conditions are to be met, and
// of a list one value will do.
type filter struct {
	kinds                 map[tyto.Kind]bool
	severity              tyto.Severity // of alerts, and above
	zones, sensors, sites map[string]bool
	rules, except         []string // of alerts; '*' stands for any text
	siteOf                func(zone string) string
	zoneList              []string
}

func (f *filter) wants(e *tyto.Event) bool {
	if !f.kinds[e.Kind] || !whole(e) {
		return false
	}
	if a := e.Alert; a != nil && (a.Severity < f.severity || len(f.rules) > 0 && !matches(f.rules, a.Rule) || matches(f.except, a.Rule)) {
		return false
	}
	return (len(f.zones) == 0 || f.zones[e.Zone]) && (len(f.sensors) == 0 || f.sensors[e.Sensor]) && (len(f.sites) == 0 || f.sites[f.site(e)])
}

// site is the site of an event, "" if its zone is of none.
func (f *filter) site(e *tyto.Event) string {
	if d := e.Device; d != nil && d.Site != "" {
		return d.Site
	}
	if f.siteOf == nil {
		return ""
	}
	return f.siteOf(e.Zone)
}

// matches reports whether an id is meant by one of some patterns.
func matches(patterns []string, id string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, id)
		return err == nil && ok
	})
}

// whole reports whether an event is what its kind says, since sensors are
// other machines.
func whole(e *tyto.Event) bool {
	switch e.Kind {
	case tyto.KindAlert:
		return e.Alert != nil
	case tyto.KindDevice:
		return e.Device != nil
	case tyto.KindConversation:
		return e.Conversation != nil
	case tyto.KindAct:
		return e.Act != nil
	case tyto.KindObservation:
		return e.Observation != nil
	case tyto.KindHealth:
		return e.Health != nil
	}
	return false
}

func set(words []string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}
