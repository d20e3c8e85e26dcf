package detect

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"tyto/tyto"
)

// Budgets of an engine.
const (
	maxCauses    = 100_000   // causes counted at a time
	maxCounted   = 1_000_000 // values held in buckets, of all causes
	maxPerWindow = 4096      // values held in one window
)

// An Engine raises the alerts of one zone. It belongs to one goroutine.
type Engine struct {
	rules   *Rules
	zone    string
	devices Devices
	event   event
	causes  map[string]*cause
	changed map[*cause]struct{} // raised, and new or gone on since Changed
	waiting map[*cause]struct{} // for what is not known of devices yet
	clock   time.Time           // the latest event

	indicators *Indicators // may be nil
	hits       map[tyto.Kind]*Rule
	beacons    beacons

	asked   time.Time // the clock when the waiting were looked at
	calls   int       // of Changed
	most    int       // causes
	counted int       // values in buckets, at most room
	room    int
	denied  int // events without room since old windows were dropped
	scratch []byte

	// Refused counts events whose cause or value did not fit into a budget.
	Refused uint64
}

// New is an engine without alerts. Devices may be nil: rules that ask about
// devices then raise none.
func New(zone string, rules *Rules, devices Devices) *Engine {
	return &Engine{rules: rules, zone: zone, devices: devices, most: maxCauses, room: maxCounted, causes: map[string]*cause{}, changed: map[*cause]struct{}{}, waiting: map[*cause]struct{}{},
		beacons: beacons{rule: rules.finder(findBeacons, tyto.KindConversation), lines: map[line]*beacon{}},
		hits:    map[tyto.Kind]*Rule{tyto.KindConversation: rules.finder(findIndicators, tyto.KindConversation), tyto.KindObservation: rules.finder(findIndicators, tyto.KindObservation)}}
}

// cause is what an alert is, or may be, raised for.
type cause struct {
	rule           *Rule
	key            string
	client, server tyto.Subject
	text           string // what was done, by the earliest event
	evidence       tyto.Evidence
	first, last    time.Time
	n, told        uint64 // events; of them in alerts that were told
	most           int    // different values in one window
	raised         bool
	buckets        []bucket // in order
}

// Learn looks at an event. It keeps nothing of it.
func (g *Engine) Learn(x *tyto.Event) {
	if x.Act == nil && x.Conversation == nil && x.Observation == nil {
		return
	}
	g.event.set(x)
	if x.Time.After(g.clock) {
		g.clock = x.Time
	}
	for _, r := range g.rules.about(x) {
		g.event.rule = r
		if (x.Conversation != nil || r.isOf(g.event.text(protocol))) && r.when.holds(&g.event) { // conversations are indexed by it
			g.matched(r)
		}
	}
	g.find(x)
}

func (g *Engine) matched(r *Rule) {
	e := &g.event
	g.scratch = append(g.scratch[:0], r.ID...)
	for _, n := range r.per {
		g.scratch = append(append(g.scratch, 0), e.text(n)...)
	}
	c := g.cause(r)
	if c == nil {
		return
	}
	g.note(c)
	if r.Count == nil || g.count(c) {
		g.raise(c)
	}
}

// cause is the cause whose key is in the engine's scratch, nil if there is no
// room for another one.
func (g *Engine) cause(r *Rule) *cause {
	c := g.causes[string(g.scratch)]
	if c == nil {
		if len(g.causes) >= g.most && !g.forgetCauses() {
			g.Refused++
			return nil
		}
		key := string(g.scratch)
		c = &cause{rule: r, key: strings.ToValidUTF8(key, "?")}
		g.causes[key] = c
	}
	return c
}

// raise has an alert told of a cause.
func (g *Engine) raise(c *cause) {
	c.raised = true
	g.changed[c] = struct{}{}
}

// note adds the event to its cause; the earliest one is the evidence.
func (g *Engine) note(c *cause) {
	e := &g.event
	at, last, x := e.Time, e.Time, e.evidence()
	if e.Conversation != nil {
		at, last = e.Conversation.First, e.Conversation.Last
	}
	before := cmp.Or(at.Compare(c.first), cmp.Compare(x.Packet, c.evidence.Packet), strings.Compare(x.Field, c.evidence.Field))
	if c.n == 0 || before < 0 {
		c.first, c.evidence, c.client, c.server, c.text = at, *x, e.client, e.server, e.summary()
	}
	if e.Observation != nil { // a fact may be told again, and by several workers: it is one
		c.n, c.last = 1, c.first
		return
	}
	if last.After(c.last) {
		c.last = last
	}
	c.n += e.times()
}

// valueOf is the hash of what is to be different: without names, the packet.
func (g *Engine) valueOf(r *Rule) uint64 {
	e := &g.event
	b := g.scratch[:0]
	for _, n := range r.of {
		b = append(append(b, e.text(n)...), 0)
	}
	if len(r.of) == 0 {
		x := e.evidence()
		b = append(strconv.AppendUint(append(append(b, x.Sensor...), x.Capture...), x.Packet, 10), x.Field...)
	}
	g.scratch = b
	return xxh3.Hash(b)
}

// forgetCauses makes room for causes, and reports whether there was any to make.
func (g *Engine) forgetCauses() bool {
	idle := silent(g, g.causes, func(c *cause) *cause { return c })
	for _, key := range idle {
		c := g.causes[key]
		g.drop(c, len(c.buckets))
		delete(g.waiting, c)
		delete(g.causes, key)
	}
	return len(idle) > 0
}

// silent is the half that was silent longest of what nothing new is to be
// told of. An alert of such a cause that goes on keeps its id, and counts from there.
func silent[K comparable, V any](g *Engine, all map[K]V, of func(V) *cause) []K {
	var idle []K
	for key, v := range all {
		if _, news := g.changed[of(v)]; !news {
			idle = append(idle, key)
		}
	}
	slices.SortFunc(idle, func(a, b K) int {
		x, y := of(all[a]), of(all[b])
		return cmp.Or(x.last.Compare(y.last), strings.Compare(x.key, y.key))
	})
	return idle[:(len(idle)+1)/2]
}

// summary says in a few words what the event is.
func (e *event) summary() string {
	switch {
	case e.Act != nil:
		return strings.TrimSpace(strings.Join(slices.DeleteFunc([]string{e.Act.Operation, e.Act.Object, e.Act.Outcome}, func(s string) bool { return s == "" }), ", "))
	case e.Conversation != nil:
		c := e.Conversation
		text := c.Transport
		if c.Port != 0 {
			text += "/" + strconv.Itoa(int(c.Port))
		}
		return strings.TrimSpace(strings.Join([]string{text, c.Protocol, c.ServerName}, " "))
	}
	if o := e.Observation; o.Attr == tyto.Clue { // which says nothing: the field does
		return o.Evidence.Field + " " + o.Value
	}
	return e.Observation.Attr.String() + " " + e.Observation.Value
}

// Alerts is all alerts that are held, by time.
func (g *Engine) Alerts() []tyto.Alert {
	g.findBeacons()
	var raised []*cause
	for _, c := range g.causes {
		if c.raised {
			raised = append(raised, c)
		}
	}
	for _, x := range g.beacons.lines {
		if x.raised {
			raised = append(raised, &x.cause)
		}
	}
	// Who did things at the same time is close together in memory, too.
	slices.SortFunc(raised, func(a, b *cause) int { return a.first.Compare(b.first) })
	return g.tell(raised)
}

// How often alerts that wait for what devices are ask again: by the clock of
// events, which one sensor that is ahead stops, and by calls of Changed.
const (
	askEvery      = time.Minute
	askEveryCalls = 60
)

// Changed is the alerts that are new or went on since the last call; their
// Count is of that time only. Where a condition on devices does not hold yet,
// an alert waits.
func (g *Engine) Changed() []tyto.Alert {
	g.findBeacons()
	if g.calls++; g.clock.Sub(g.asked) >= askEvery || g.calls%askEveryCalls == 0 {
		maps.Copy(g.changed, g.waiting)
		g.asked = g.clock
	}
	all := slices.Collect(maps.Keys(g.changed))
	alerts := g.tell(all)
	told := map[string]bool{}
	for i := range alerts {
		told[alerts[i].ID] = true
	}
	for _, c := range all {
		if told[g.id(c)] {
			c.told = c.n
			delete(g.waiting, c)
		} else {
			g.waiting[c] = struct{}{}
		}
	}
	clear(g.changed)
	return alerts
}

func (g *Engine) tell(causes []*cause) []tyto.Alert {
	out := []tyto.Alert{}
	seen := map[string]*known{}
	for _, c := range causes {
		if c.rule.where != nil && !c.rule.where.holds(&pair{g.devices, seen, c.client, c.server}) {
			continue
		}
		out = append(out, g.alert(c))
	}
	slices.SortFunc(out, func(a, b tyto.Alert) int { return cmp.Or(a.First.Compare(b.First), strings.Compare(a.ID, b.ID)) })
	return out
}

func (g *Engine) id(c *cause) string {
	h := fnv.New64a()
	h.Write([]byte(g.zone + "\x00" + c.key))
	return hex.EncodeToString(h.Sum(nil))
}

func (g *Engine) alert(c *cause) tyto.Alert {
	r := c.rule
	a := tyto.Alert{ID: g.id(c), Rule: r.ID, Engine: r.Engine, Severity: r.severity, Title: r.Title, Detail: c.text, Techniques: r.Techniques, Evidence: c.evidence,
		First: c.first.UTC(), Last: c.last.UTC(), Count: c.n - c.told}
	if r.Count != nil {
		a.Detail = fmt.Sprintf("%d %s within %v; the first: %s", c.most, r.Thresholds[r.Count.AtLeast].Unit, r.within(), c.text)
	}
	for _, s := range []tyto.Subject{c.client, c.server} {
		if s == (tyto.Subject{}) {
			continue
		}
		a.Subjects = append(a.Subjects, s)
		id := ""
		if g.devices != nil {
			id = g.devices.Find(s)
		}
		a.Of = append(a.Of, id)
		if id != "" && !slices.Contains(a.Devices, id) {
			a.Devices = append(a.Devices, id)
		}
	}
	return a
}
