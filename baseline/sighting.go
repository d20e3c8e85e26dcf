package baseline

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"tyto/tyto"
)

// sighting is one thing that was heard, often or once: a conversation, or
// something done in one.
type sighting struct {
	client, server            tyto.Subject
	transport, protocol, name string
	port                      uint16
	operation                 string // "": the conversation itself
	verb                      tyto.Verb
	first, last               time.Time
	n                         uint64 // since it was judged
	evidence                  tyto.Evidence

	queued bool      // to be judged
	learnt bool      // heard while the zone learnt
	tries  int       // judgements that were put off
	fact   *fact     // what it amounts to; nil: nothing that matters
	at     time.Time // up to which it was judged
}

// How often what goes on is judged again: what deviates so that its alert
// goes on, what is usual so that it is known when it was there last.
const (
	againDeviating = time.Minute
	againUsual     = time.Hour
)

// Learn takes what an event says of who does what. It keeps nothing of it.
func (b *Baseline) Learn(e *tyto.Event) {
	switch {
	case e.Conversation != nil:
		b.converse(e.Conversation)
	case e.Act != nil:
		b.act(e.Act, e.Time)
	}
}

// enough is how many packets of a server show that it takes part in a TCP
// connection: who is scanned refuses, or accepts and hears nothing.
const enough = 3

func (b *Baseline) converse(c *tyto.Conversation) {
	if c.Server.MAC.IsGroup() || c.Server.Addr.IsMulticast() || c.Client.Addr.IsMulticast() {
		return
	}
	if c.Packets[1] == 0 && c.Transport != "udp" || c.Transport == "tcp" && c.Protocol == "" && c.Packets[1] < enough {
		return
	}
	s := sighting{client: c.Client, server: c.Server, transport: c.Transport, protocol: c.Protocol, name: c.ServerName, port: c.Port,
		first: c.First, last: c.Last, n: max(c.Sessions, 1), evidence: c.Evidence}
	b.hear(&s)
	if !control[c.Protocol] {
		return
	}
	for op, n := range c.Operations {
		s.operation, s.n = op, n
		b.hear(&s)
	}
}

func (b *Baseline) act(a *tyto.Act, at time.Time) {
	switch a.Verb {
	case tyto.NoVerb, tyto.Login, tyto.LoginFailed, tyto.Scan, tyto.Violate:
		return // told by rules of package detect
	}
	b.hear(&sighting{client: a.Client, server: a.Server, protocol: a.Evidence.Protocol, operation: a.Operation, verb: a.Verb,
		first: at, last: at, n: max(a.Count, 1), evidence: a.Evidence})
}

// hear notes a sighting, to be judged if it is new or was not judged for long.
func (b *Baseline) hear(x *sighting) {
	key := x.hash()
	s := b.heard[key]
	if s == nil {
		if len(b.fresh) >= b.config.MaxHeard { // of hosts that are not known, and wait for it
			b.Refused++
			return
		}
		if len(b.heard) >= b.config.MaxHeard {
			b.forget()
		}
		s = new(sighting)
		*s = *x
		s.operation, s.name = strings.Clone(x.operation), strings.Clone(x.name)
		b.heard[key] = s
		b.queue(s)
		return
	}
	s.n += x.n
	s.verb = max(s.verb, x.verb)
	if x.first.Before(s.first) {
		s.first, s.evidence = x.first, x.evidence
		b.queue(s)
	}
	if !x.last.After(s.last) {
		return
	}
	s.last = x.last
	again := againUsual
	switch {
	case s.fact == nil:
		return
	case s.fact.gone:
		again = 0
	case s.fact.Status != tyto.Usual:
		again = againDeviating
	}
	if s.last.Sub(s.at) >= again {
		b.queue(s)
	}
}

func (b *Baseline) queue(s *sighting) {
	s.learnt = s.learnt || b.learning.Active
	if !s.queued && len(b.fresh) < b.config.MaxHeard {
		s.queued = true
		b.fresh = append(b.fresh, s)
	}
}

// forget drops what was judged: if it goes on, it is judged once more.
func (b *Baseline) forget() {
	for key, s := range b.heard {
		if !s.queued {
			delete(b.heard, key)
		}
	}
	if len(b.heard) < b.config.MaxHeard {
		return
	}
	clear(b.heard) // a flood between two judgements; what waits is judged from the queue
}

func (s *sighting) hash() uint64 {
	var buf [160]byte
	k := buf[:0]
	for _, side := range [2]*tyto.Subject{&s.client, &s.server} {
		k = append(append(k, side.Addr[:]...), side.MAC[:]...)
		k = append(k, byte(side.VLAN>>8), byte(side.VLAN), byte(side.Part>>8), byte(side.Part))
	}
	k = append(k, byte(s.port>>8), byte(s.port))
	for _, text := range [...]string{s.transport, s.protocol, s.name, s.operation} {
		k = append(append(k, text...), 0)
	}
	return xxh3.Hash(k)
}

// order sorts sightings, so that the same ones are judged in the same order.
func order(all []*sighting) {
	slices.SortFunc(all, func(a, b *sighting) int {
		return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.evidence.Packet, b.evidence.Packet), strings.Compare(a.operation, b.operation),
			bytes.Compare(a.client.Addr[:], b.client.Addr[:]), bytes.Compare(a.server.Addr[:], b.server.Addr[:]),
			bytes.Compare(a.client.MAC[:], b.client.MAC[:]), bytes.Compare(a.server.MAC[:], b.server.MAC[:]),
			cmp.Compare(a.port, b.port), strings.Compare(a.protocol, b.protocol), strings.Compare(a.name, b.name), strings.Compare(a.transport, b.transport))
	})
}
