package baseline

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"tyto/tyto"
)

// group is the facts that one alert tells of. It takes more of its kind until
// somebody decided about it; the next one then begins another alert.
type group struct {
	id, key, rule string
	facts         []*fact
	n             uint64 // sightings that were not told yet
	told          bool
}

// maxGroup is how many facts one alert tells of; more begin another.
const maxGroup = 1000

// put adds a fact to the baseline's tables.
func (b *Baseline) put(f *fact) {
	b.facts[f.ID] = f
	b.counts[limit{f.Device, f.Kind}]++
	if f.Kind == tyto.FactIdentity {
		b.said[f.Device] = append(b.said[f.Device], f)
	}
	b.count(f, 1)
}

// status gives a fact another status.
func (b *Baseline) status(f *fact, s tyto.FactStatus) {
	b.count(f, -1)
	f.Status = s
	b.count(f, 1)
	b.changed[f] = struct{}{}
}

// count keeps the tables of conversations.
func (b *Baseline) count(f *fact, n int) {
	if f.Kind != tyto.FactConversation {
		return
	}
	switch f.Status {
	case tyto.Usual:
		tally(b.pairs, pair{f.Device, f.Peer}, n)
	case tyto.Deviates:
		tally(b.deviating, talk{f.Device, f.Peer, f.Protocol}, n)
	}
}

func tally[K comparable](m map[K]int, k K, n int) {
	if m[k] += n; m[k] == 0 {
		delete(m, k)
	}
}

// keyOf is what makes two facts one alert.
func keyOf(rule string, f *tyto.Fact) string {
	about := f.Protocol
	switch {
	case f.Kind == tyto.FactDestination:
		about = ""
	case f.Kind == tyto.FactIdentity:
		about, _, _ = strings.Cut(f.What, " ")
	case f.Kind == tyto.FactDevice && f.Client.MAC.IsLocal() && !vital(f.What) && f.What != "iot":
		return rule + "\x00private" // phones that make up an address for each network
	case about == "":
		about = f.What
	}
	return rule + "\x00" + f.Device + "\x00" + about
}

// raise has a fact that deviates told, as one of n sightings.
func (b *Baseline) raise(f *fact, n uint64) {
	g := b.alerts[f.Alert]
	if g == nil {
		rule := b.rule(&f.Fact)
		if rule == "" { // what is known of the devices is other than it was
			rule = newConversation
		}
		key := keyOf(rule, &f.Fact)
		if g = b.groups[key]; g == nil || len(g.facts) >= maxGroup {
			g = &group{id: alertID(b.zone, key, f.ID), key: key, rule: rule}
			b.groups[key], b.alerts[g.id] = g, g
		}
		f.Alert = g.id
		g.facts = append(g.facts, f)
	}
	g.n += n
	b.stirred[g] = struct{}{}
}

func alertID(zone, key, fact string) string {
	h := fnv.New64a()
	h.Write([]byte(zone + "\x00" + key + "\x00" + fact))
	return hex.EncodeToString(h.Sum(nil))
}

// regroup puts a fact that was stored into its group.
func (b *Baseline) regroup(f *fact) {
	g := b.alerts[f.Alert]
	if g == nil {
		rule := b.ruleOfStored(&f.Fact)
		g = &group{id: f.Alert, rule: rule, key: keyOf(rule, &f.Fact), told: true}
		b.alerts[g.id] = g
	}
	g.facts = append(g.facts, f)
	if f.Status == tyto.Deviates && b.groups[g.key] == nil {
		b.groups[g.key] = g
	}
}

// ruleOfStored is the rule that a fact was alerted of by. What is known of
// devices is not restored yet, so the facts alone must tell.
func (b *Baseline) ruleOfStored(f *tyto.Fact) string {
	switch {
	case f.Kind == tyto.FactDevice:
		return newDevice
	case f.Kind == tyto.FactIdentity:
		return identityChanged
	case f.Kind == tyto.FactDestination:
		return newDestination
	case f.Kind == tyto.FactOperation && f.Verb > tyto.Identify:
		return newOperation
	case remote[f.Protocol] || remotePorts[f.What]:
		return newRemoteAccess
	}
	return newConversation
}

// leave takes a fact out of its group.
func (b *Baseline) leave(f *fact) {
	g := b.alerts[f.Alert]
	if g == nil {
		return
	}
	g.facts = slices.DeleteFunc(g.facts, func(x *fact) bool { return x == f })
	if len(g.facts) == 0 {
		delete(b.alerts, g.id)
		delete(b.stirred, g)
		if b.groups[g.key] == g {
			delete(b.groups, g.key)
		}
	}
	f.Alert = ""
}

// Alerts is the alerts that are new or went on since the last call; their
// Count is of that time only.
func (b *Baseline) Alerts() []tyto.Alert {
	b.judge()
	all := []tyto.Alert{}
	for g := range b.stirred {
		all = append(all, b.alert(g))
		g.n, g.told = 0, true
	}
	clear(b.stirred)
	slices.SortFunc(all, func(a, b tyto.Alert) int { return cmp.Or(a.First.Compare(b.First), strings.Compare(a.ID, b.ID)) })
	return all
}

func (b *Baseline) alert(g *group) tyto.Alert {
	slices.SortFunc(g.facts, func(x, y *fact) int {
		return cmp.Or(x.First.Compare(y.First), strings.Compare(string(x.Kind), string(y.Kind)), strings.Compare(x.What, y.What), strings.Compare(x.ID, y.ID))
	})
	r, f := RuleOf(g.rule), g.facts[0]
	a := tyto.Alert{ID: g.id, Rule: r.ID, Engine: "policy", Title: r.Title, Techniques: r.Techniques, Detail: detail(g), Evidence: f.Evidence, First: f.First, Last: f.Last, Count: g.n}
	a.Subjects, a.Of = []tyto.Subject{f.Client}, []string{f.Device}
	if f.Server != (tyto.Subject{}) {
		peer := f.Peer
		if f.Kind == tyto.FactDestination {
			peer = ""
		}
		a.Subjects, a.Of = append(a.Subjects, f.Server), append(a.Of, peer)
	}
	for _, f := range g.facts {
		a.Severity = max(a.Severity, b.severity(g.rule, &f.Fact))
		if f.Last.After(a.Last) {
			a.Last = f.Last
		}
		a.Devices = involve(a.Devices, f.Device)
		if f.Kind != tyto.FactDestination {
			a.Devices = involve(a.Devices, f.Peer)
		}
	}
	return a
}

// Bounds of what an alert lists.
const (
	maxInvolved = 32
	maxListed   = 6
)

func involve(all []string, device string) []string {
	if device == "" || len(all) >= maxInvolved || slices.Contains(all, device) {
		return all
	}
	return append(all, device)
}

// detail says in a few words what deviates.
func detail(g *group) string {
	var words []string
	more := 0
	for _, f := range g.facts {
		w := f.words()
		switch {
		case slices.Contains(words, w):
		case len(words) < maxListed:
			words = append(words, w)
		default:
			more++
		}
	}
	text := strings.Join(words, "; ")
	if more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// words says what a fact is.
func (f *fact) words() string {
	switch f.Kind {
	case tyto.FactConversation:
		what := f.What
		if f.Protocol != "" && !strings.HasSuffix(what, f.Protocol) {
			what += " " + f.Protocol
		}
		return what + " with " + address(&f.Server)
	case tyto.FactOperation:
		what := f.What
		if f.Verb != tyto.NoVerb {
			what = f.Verb.String() + ", " + what
		}
		return what + ", on " + address(&f.Server)
	case tyto.FactDestination:
		return f.Peer + " (" + address(&f.Server) + ")"
	case tyto.FactDevice:
		return address(&f.Client)
	}
	if f.Peer != "" {
		return f.What + ", before: " + f.Peer
	}
	return f.What
}

func address(s *tyto.Subject) string {
	if s.Addr.IsUnspecified() {
		return s.MAC.String()
	}
	return s.Addr.String()
}
