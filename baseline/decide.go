package baseline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tyto/tyto"
)

// What people decide is an observation of attribute Decision, confidence
// Confirmed and protocol "person", whose field is who decided. Its value is
// one of these:
//
//	alert ID learned      what the alert tells of is usual
//	alert ID muted        it is not, and nobody wants to be told
//	alert ID active       the decision is undone
//	alert ID closed       it is dealt with, and told again if it occurs again
//	fact ID forgotten     it is no part of the baseline any more
//	zone learning TIME    the zone learns, until a time (RFC 3339)
//	zone operational      the zone stops learning

// DecisionOn is the value of a decision about an alert.
func DecisionOn(alert, status string) string { return "alert " + alert + " " + status }

// DecisionToForget is the value of the decision that a fact is not usual.
func DecisionToForget(fact string) string { return "fact " + fact + " forgotten" }

// DecisionToLearn is the value of the decision that a zone learns until a
// time; a zero one stops it.
func DecisionToLearn(until time.Time) string {
	if until.IsZero() {
		return "zone operational"
	}
	return "zone learning " + until.UTC().Format(time.RFC3339)
}

// A Decision as an event of the log.
func Event(zone, who, value string, at time.Time) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Zone: zone, Time: at, Kind: tyto.KindObservation, Observation: &tyto.Observation{
		Attr: tyto.Decision, Value: value, Confidence: tyto.Confirmed, Evidence: tyto.Evidence{Protocol: "person", Field: who}}}
}

// Decide does what a person decided, at a time.
func (b *Baseline) Decide(o *tyto.Observation, at time.Time) error {
	words := strings.Fields(o.Value)
	who := o.Evidence.Field
	switch {
	case len(words) == 3 && words[0] == "alert":
		b.judge()
		b.decide(b.alerts[words[1]], words[2], who)
	case len(words) == 3 && words[0] == "fact" && words[2] == "forgotten":
		b.judge()
		if f := b.facts[words[1]]; f != nil {
			b.drop(f)
		}
	case len(words) == 2 && words[0] == "zone" && words[1] == "operational":
		b.Switch(tyto.Learning{Since: at, By: who})
	case len(words) == 3 && words[0] == "zone" && words[1] == "learning":
		until, err := time.Parse(time.RFC3339, words[2])
		if err != nil {
			return fmt.Errorf("baseline: decision %q: %w", o.Value, err)
		}
		b.Switch(tyto.Learning{Active: true, Since: at, Until: until, By: who})
	default:
		return errors.New("baseline: " + o.Value + ": there is no such decision")
	}
	return nil
}

// decide gives the facts of an alert the status that follows from the alert's.
func (b *Baseline) decide(g *group, status, who string) {
	if g == nil {
		return // an alert of another kind
	}
	to := tyto.Deviates
	switch status {
	case "learned":
		to = tyto.Usual
	case "muted":
		to = tyto.Ignored
	case "active", "closed", "new":
	default:
		return
	}
	for _, f := range slices.Clone(g.facts) {
		if f.Status != to {
			f.By = who
			b.status(f, to)
		}
	}
	switch {
	case to != tyto.Deviates && b.groups[g.key] == g:
		delete(b.groups, g.key) // what comes now is another matter
	case to == tyto.Deviates && b.groups[g.key] == nil:
		b.groups[g.key] = g
	}
	delete(b.stirred, g)
}

// Gone tells that a device is none any more: it was merged into another, or
// forgotten.
func (b *Baseline) Gone(device string) {
	if b.known[device] != nil {
		b.lost[device] = true
	}
}

// relocate moves what lost devices did to the devices that they are now.
func (b *Baseline) relocate() {
	if len(b.lost) == 0 {
		return
	}
	lost := b.lost
	b.lost = map[string]bool{}
	var move []*fact
	for _, f := range b.facts {
		if lost[f.Device] || lost[f.Peer] {
			move = append(move, f)
		}
	}
	slices.SortFunc(move, func(x, y *fact) int { return strings.Compare(x.ID, y.ID) })
	for _, f := range move {
		b.move(f)
	}
	for id := range lost {
		delete(b.known, id)
	}
}

// move gives a fact the devices that its subjects are part of now. One of whom
// nothing is known any more is dropped.
func (b *Baseline) move(f *fact) {
	x, g := f.Fact, b.alerts[f.Alert]
	old := b.known[x.Device]
	b.drop(f)
	x.Device = b.devices.Find(x.Client)
	if x.Kind == tyto.FactConversation || x.Kind == tyto.FactOperation {
		if x.Peer = b.devices.Find(x.Server); x.Peer == "" || x.Peer == x.Device {
			return
		}
	}
	if x.Device == "" {
		return
	}
	if p := b.known[x.Device]; x.Kind == tyto.FactDevice && old != nil {
		if p == nil {
			b.known[x.Device] = &profile{old.category, old.since, old.later}
		} else if !old.later {
			p.later = false
		}
	}
	x.ID = idOf(x.Kind, x.Device, peerOf(&x), whatOf(&x))
	b.merge(&x, g)
}

// merge adds a fact under another id than it had; its alert stays the one it was.
func (b *Baseline) merge(x *tyto.Fact, g *group) {
	f := b.facts[x.ID]
	if f == nil {
		x.Alert = ""
		f = &fact{Fact: *x}
		b.put(f)
		b.changed[f] = struct{}{}
		if g != nil {
			b.rejoin(f, g)
		} else if f.Status == tyto.Deviates {
			b.raise(f, 0)
		}
		return
	}
	f.add(x)
	f.Later = f.Later && x.Later
	b.changed[f] = struct{}{}
	if x.Status == tyto.Usual && f.Status == tyto.Deviates {
		b.leave(f)
		b.status(f, tyto.Usual)
	}
}

// rejoin puts a fact into a group that it had left under its former id.
func (b *Baseline) rejoin(f *fact, g *group) {
	f.Alert = g.id
	g.facts = append(g.facts, f)
	b.alerts[g.id] = g
	if b.groups[g.key] == g {
		delete(b.groups, g.key)
	}
	g.key = keyOf(g.rule, &f.Fact)
	if f.Status == tyto.Deviates && b.groups[g.key] == nil {
		b.groups[g.key] = g
	}
}
