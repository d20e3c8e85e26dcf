package forward

import "tyto/tyto"

// filter is what an output wants to be told.
type filter struct {
	kinds          map[tyto.Kind]bool
	severity       tyto.Severity // of alerts, and above
	zones, sensors map[string]bool
	zoneList       []string
}

func (f *filter) wants(e *tyto.Event) bool {
	if !f.kinds[e.Kind] || !whole(e) {
		return false
	}
	if e.Alert != nil && e.Alert.Severity < f.severity {
		return false
	}
	return (len(f.zones) == 0 || f.zones[e.Zone]) && (len(f.sensors) == 0 || f.sensors[e.Sensor])
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
