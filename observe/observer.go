package observe

import (
	"time"

	"tyto/frame"
	"tyto/proto"
	"tyto/tyto"
)

const (
	statePatience = int64(time.Minute) // for how long a state that was told is not told again
	deedPatience  = time.Minute        // the same act again within it is counted only; see tally
)

// An Observer turns what one worker's dissectors tell into events. It belongs
// to one goroutine.
type Observer struct {
	News    *News
	deeds   *tally
	sensor  string
	out     *Batch
	full    func(*Batch) *Batch
	capture string
}

// maxDeeds is how many acts are remembered, of 40 bytes each.
const maxDeeds = 1 << 14

// NewObserver writes events into batches. When one is full it is given to
// full, which returns the next, empty one.
func NewObserver(sensor string, remember int, first *Batch, full func(*Batch) *Batch) *Observer {
	return &Observer{News: NewNews(remember), deeds: newTally(min(remember, maxDeeds)), sensor: sensor, out: first, full: full}
}

// Sensor is the name that the events carry.
func (o *Observer) Sensor() string { return o.sensor }

// Capture names the file or interface that the next frames are of.
func (o *Observer) Capture(name string) { o.capture = name }

// Where is that name.
func (o *Observer) Where() string { return o.capture }

// Room is the batch, with room for one more event.
func (o *Observer) Room() *Batch {
	if o.out.Full() {
		o.out = o.full(o.out)
	}
	return o.out
}

// Flush gives away the batch even if it is not full.
func (o *Observer) Flush() {
	if len(o.out.Events) > 0 {
		o.out = o.full(o.out)
	}
}

// since is from when on a fact that was told is not told again.
func since(s *tyto.Subject, a tyto.Attr, now int64) int64 {
	if a.IsState() {
		return now - statePatience + 1
	}
	return s.Turn(now)
}

// Told passes on what the sink holds of a message in f.
func (o *Observer) Told(f *frame.Frame, protocol string, s *proto.Sink) {
	facts := s.Facts()
	for i := range facts {
		x := &facts[i]
		if o.News.Is(hashFact(&x.Subject, x.Attr, x.Confidence, protocol, x.Field, x.Value), f.Time, since(&x.Subject, x.Attr, f.Time)) {
			o.observe(f, x.Subject, x.Attr, clean(x.Value), x.Confidence, protocol, x.Field)
		}
	}
	deeds := s.Deeds()
	for i := range deeds {
		if x := &deeds[i]; x.Verb != tyto.NoVerb && (x.Verb != tyto.Read || refused(x.Outcome)) {
			o.did(f, protocol, s, x)
		}
	}
	resolved := s.Resolutions()
	for i := range resolved {
		o.resolved(f, protocol, s, &resolved[i])
	}
}

// Sighted passes on that the frame's sender was seen with its addresses.
func (o *Observer) Sighted(f *frame.Frame) {
	if f.SrcMAC.IsGroup() {
		return
	}
	sends := f.HasIP() && !f.Src.IsUnspecified() && !f.Src.IsMulticast()
	subject := tyto.Subject{MAC: f.SrcMAC, VLAN: f.VLAN}
	if sends {
		subject.Addr = f.Src
	}
	if !o.News.Is(hashFact(&subject, tyto.Address, tyto.Guessed, "", "", nil), f.Time, subject.Turn(f.Time)) {
		return
	}
	var text [46]byte
	switch {
	case sends:
		field := "ip.src"
		if f.Flags&frame.IPv6 != 0 {
			field = "ipv6.src"
		}
		o.observe(f, subject, tyto.Address, string(f.Src.Append(text[:0])), tyto.Guessed, "ip", field)
	case !f.SrcMAC.IsZero():
		o.observe(f, subject, tyto.Clue, string(f.SrcMAC.Append(text[:0])), tyto.Shown, "eth", "eth.src")
	}
}

func (o *Observer) observe(f *frame.Frame, s tyto.Subject, a tyto.Attr, value string, c tyto.Confidence, protocol, field string) {
	x := o.Room().observation()
	*x = tyto.Observation{Subject: s, Attr: a, Value: value, Confidence: c,
		Evidence: tyto.Evidence{Sensor: o.sensor, Capture: o.capture, Packet: f.Number, Protocol: protocol, Field: field}}
	o.stamp(f.Time)
}

// stamp dates the event added last.
func (o *Observer) stamp(at int64) {
	e := &o.out.Events[len(o.out.Events)-1]
	e.Sensor, e.Time = o.sensor, time.Unix(0, at).UTC()
}

func (o *Observer) did(f *frame.Frame, protocol string, s *proto.Sink, x *proto.Deed) {
	client, server := s.SenderSubject(), s.ReceiverSubject()
	if x.ByReceiver {
		client, server = server, client
	}
	h := tyto.Mix(hashFact(&client, tyto.Attr(x.Verb), 0, protocol, x.Operation, x.Object), hashFact(&server, tyto.NoAttr, 0, "", x.Outcome, nil))
	d, n := o.deeds.count(h, f.Time, deedPatience, counted(x.Verb, x.Outcome))
	if n == 0 {
		return
	}
	if d.object == "" {
		d.object = clean(x.Object)
	}
	if n == 1 {
		n = 0 // as it is said in events
	}
	a := o.Room().act()
	*a = tyto.Act{Client: client, Server: server, Verb: x.Verb, Operation: x.Operation, Object: d.object, Outcome: x.Outcome, Count: n,
		Evidence: tyto.Evidence{Sensor: o.sensor, Capture: o.capture, Packet: f.Number, Protocol: protocol, Field: x.Operation}}
	o.stamp(f.Time)
}

func (o *Observer) resolved(f *frame.Frame, protocol string, s *proto.Sink, x *proto.Resolution) {
	asker := s.ReceiverSubject()
	if asker.Addr.IsMulticast() || len(x.Name) == 0 || x.Addr.IsUnspecified() {
		return
	}
	h := tyto.Mix(hashFact(&asker, tyto.LookedUp, tyto.Stated, protocol, "", x.Name), (&tyto.Subject{Addr: x.Addr}).Hash())
	if !o.News.Is(h, f.Time, asker.Turn(f.Time)) {
		return
	}
	o.observe(f, asker, tyto.LookedUp, clean(x.Name)+" "+x.Addr.String(), tyto.Stated, protocol, "dns.a")
}
