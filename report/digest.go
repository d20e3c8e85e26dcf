package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tyto/tyto"
)

// A Change is what one device did to another that is more than reading.
type Change struct {
	Client, Server tyto.Subject
	Verb           tyto.Verb
	Protocol       string
}

// digest is what a person wants to know first of a Result.
type digest struct {
	devices       int
	categories    map[string]int
	named         map[string]string // id of a device → how a person calls it
	plant         map[string]bool   // ids of devices of plants and of medicine
	conversations int
	outside       int // conversations with the internet
	packets       uint64
	bytes         uint64
	malformed     uint64
	truncated     uint64
	unread        int // captures that could not be read to their end
	span          time.Duration
	first, last   time.Time
	findings      []finding
	talkers       []talker
	changes       []deed
	grave         map[string]gravity
}

// gravity is what there is against a device.
type gravity struct {
	alerts int
	worst  tyto.Severity
}

// A finding is the alerts of one rule and severity.
type finding struct {
	Severity   tyto.Severity
	Title      string
	Techniques []string
	Alerts     []Alert
	Follow     int // alerts that come of these
}

// A talker is a device that the internet hears of.
type talker struct {
	Who           string
	Conversations int
	Bytes         uint64
	Called        int      // conversations that the other side began
	Names         []string // of whom it talks to, the most bytes first
	weights       map[string]uint64
}

// A deed is a Change, by name, and how often.
type deed struct {
	Client, Server string
	Verb           tyto.Verb
	Protocol       string
	Times          uint64
}

// gravest is the verbs of changes, those first that change most.
var gravest = [...]tyto.Verb{tyto.UpdateFirmware, tyto.Program, tyto.Stop, tyto.Start, tyto.Configure, tyto.Write}

// maxNames bounds the peers of a talker that are told apart.
const maxNames = 4096

// digestOf sums r up; see is called with each device, and may be nil.
func digestOf(r *Result, see func(*tyto.Device)) *digest {
	d := &digest{categories: map[string]int{}, named: map[string]string{}, plant: map[string]bool{}}
	for x := range r.Devices {
		d.devices++
		d.categories[cmp.Or(x.Value(tyto.Category), "unknown")]++
		d.named[x.ID] = called(x)
		if c := x.Value(tyto.Category); c == "ot" || c == "medical" {
			d.plant[x.ID] = true
		}
		if see != nil {
			see(x)
		}
	}
	for _, c := range r.Captures {
		d.add(c)
	}
	d.converse(r)
	d.judge(r.Alerts)
	d.tally(r)
	return d
}

// called is how a person calls a device: by address, and by the best name there is.
func called(x *tyto.Device) string {
	name := cmp.Or(x.Value(tyto.Hostname), x.Value(tyto.Model), strings.ReplaceAll(x.Value(tyto.Type), "_", " "))
	at := cmp.Or(firstIP(x), firstMAC(x))
	if name == "" || name == at {
		return at
	}
	return strings.TrimSpace(at + " " + name)
}

func (d *digest) add(c Capture) {
	d.packets, d.bytes, d.malformed, d.truncated = d.packets+c.Packets, d.bytes+c.Bytes, d.malformed+c.Malformed, d.truncated+c.Truncated
	if c.Error != "" {
		d.unread++
	}
	if c.First.IsZero() {
		return
	}
	d.span += max(0, c.Last.Sub(c.First))
	if d.first.IsZero() || c.First.Before(d.first) {
		d.first = c.First
	}
	if c.Last.After(d.last) {
		d.last = c.Last
	}
}

func (d *digest) converse(r *Result) {
	each := r.Unsorted
	if each == nil {
		each = r.Conversations
	}
	heard := map[string]*talker{}
	for c := range each {
		d.conversations++
		if r.scope(c) != "internet" {
			continue
		}
		d.outside++
		here, there, was := c.Client, c.Server, 0
		if r.internet(c.Client) {
			here, there, was = c.Server, c.Client, 1
		}
		who := r.Find(here)
		if who == "" {
			continue // between hosts of the internet
		}
		t := heard[who]
		if t == nil {
			t = &talker{Who: d.named[who], weights: map[string]uint64{}}
			heard[who] = t
		}
		bytes := c.Bytes[0] + c.Bytes[1]
		t.Conversations, t.Bytes, t.Called = t.Conversations+1, t.Bytes+bytes, t.Called+was
		name := there.Addr.String()
		if was == 0 {
			name = cmp.Or(c.ServerName, name)
		}
		if _, known := t.weights[name]; known || len(t.weights) < maxNames {
			t.weights[name] += bytes
		}
	}
	for _, t := range heard {
		t.Names = slices.SortedFunc(maps.Keys(t.weights), func(a, b string) int {
			return cmp.Or(cmp.Compare(t.weights[b], t.weights[a]), cmp.Compare(a, b))
		})
		d.talkers = append(d.talkers, *t)
	}
	slices.SortFunc(d.talkers, func(a, b talker) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Who, b.Who))
	})
}

// judge puts alerts of one kind together, the gravest first. What comes of
// another alert is counted there.
func (d *digest) judge(all []Alert) {
	d.grave = map[string]gravity{}
	at, of := map[string]int{}, map[string]int{}
	for _, a := range all {
		for _, id := range a.Devices {
			g := d.grave[id]
			g.alerts, g.worst = g.alerts+1, max(g.worst, a.Severity)
			d.grave[id] = g
		}
		if a.Parent != "" {
			continue
		}
		kind := fmt.Sprint(a.Severity, a.Title)
		i, ok := at[kind]
		if !ok {
			i = len(d.findings)
			at[kind], d.findings = i, append(d.findings, finding{Severity: a.Severity, Title: a.Title, Techniques: a.Techniques})
		}
		d.findings[i].Alerts = append(d.findings[i].Alerts, a)
		of[a.ID] = i
	}
	for _, a := range all {
		if i, ok := of[a.Parent]; ok && a.Parent != "" {
			d.findings[i].Follow++
		}
	}
	slices.SortStableFunc(d.findings, func(a, b finding) int { return cmp.Compare(b.Severity, a.Severity) })
}

// tally names who changed devices of a plant or of medicine.
func (d *digest) tally(r *Result) {
	sum := map[deed]uint64{}
	for c, n := range r.Changes {
		if !d.plant[r.Find(c.Server)] {
			continue
		}
		sum[deed{Client: d.name(r, c.Client), Server: d.name(r, c.Server), Verb: c.Verb, Protocol: c.Protocol}] += n
	}
	for x, n := range sum {
		x.Times = n
		d.changes = append(d.changes, x)
	}
	slices.SortFunc(d.changes, func(a, b deed) int {
		return cmp.Or(cmp.Compare(slices.Index(gravest[:], a.Verb), slices.Index(gravest[:], b.Verb)), cmp.Compare(b.Times, a.Times),
			cmp.Compare(a.Client, b.Client), cmp.Compare(a.Server, b.Server), cmp.Compare(a.Protocol, b.Protocol))
	})
}

// name is how a person calls who has the subject.
func (d *digest) name(r *Result, s tyto.Subject) string {
	if name := d.named[r.Find(s)]; name != "" {
		return name
	}
	return address(s)
}

func address(s tyto.Subject) string {
	if s.Addr.IsUnspecified() {
		return s.MAC.String()
	}
	return s.Addr.String()
}

// origin is where an alert's evidence is: the capture is named if there are several.
func (d *digest) origin(r *Result, a Alert) string {
	switch {
	case a.Packet == 0:
		return ""
	case len(r.Captures) > 1:
		return fmt.Sprintf("packet %d of %s", a.Packet, a.Capture[strings.LastIndexByte(a.Capture, '/')+1:])
	}
	return fmt.Sprintf("packet %d", a.Packet)
}

// when is how long was listened, in words.
func (d *digest) when() string {
	text := long(d.span)
	if d.first.IsZero() {
		return text
	}
	if same := d.first.Format(time.DateOnly); d.last.Format(time.DateOnly) == same {
		return text + " of " + same
	}
	return text + " between " + d.first.Format(time.DateOnly) + " and " + d.last.Format(time.DateOnly)
}

// long is a time in the two units that matter.
func long(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d days %d h", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
