package hub

import (
	"maps"
	"time"

	"tyto/store"
	"tyto/tyto"
)

// talk is what makes a conversation the one it is.
type talk struct {
	client, server             tyto.Subject
	port                       uint16
	transport, protocol, named string
}

type increment struct {
	tyto.Conversation
	minutes []store.Sum
}

// converse adds an increment to what is to be written.
func (z *zone) converse(c *tyto.Conversation) {
	key := talk{c.Client, c.Server, c.Port, c.Transport, c.Protocol, c.ServerName}
	p := z.pending[key]
	if p == nil {
		p = &increment{Conversation: *c}
		p.Operations = maps.Clone(c.Operations)
		z.pending[key] = p
	} else {
		p.add(c)
	}
	p.spread(c)
	z.count(c)
}

func (p *increment) add(c *tyto.Conversation) {
	if c.First.Before(p.First) {
		p.First, p.Evidence = c.First, c.Evidence
	}
	if c.Last.After(p.Last) {
		p.Last = c.Last
	}
	for d := range c.Packets {
		p.Packets[d] += c.Packets[d]
		p.Bytes[d] += c.Bytes[d]
	}
	p.Sessions += c.Sessions
	p.Lossy = p.Lossy || c.Lossy
	if p.Operations == nil {
		p.Operations = maps.Clone(c.Operations)
		return
	}
	for op, n := range c.Operations {
		p.Operations[op] += n
	}
}

// maxSteps is over how many steps of traffic a conversation is spread; one
// that lasts longer is counted at its end.
const maxSteps = 30

// count spreads a conversation over the time that it took.
func (z *zone) count(c *tyto.Conversation) {
	step := int64(store.TrafficStep)
	first, last := c.First.UnixNano()/step, c.Last.UnixNano()/step
	if last-first >= maxSteps || first > last {
		first = last
	}
	n := uint64(last-first) + 1
	packets, bytes := c.Packets[0]+c.Packets[1], c.Bytes[0]+c.Bytes[1]
	for i := first; i <= last; i++ {
		t := z.traffic[i]
		if t == nil {
			t = &store.Traffic{Time: time.Unix(0, i*step).UTC()}
			z.traffic[i] = t
		}
		p, b := packets/n, bytes/n
		if i == last { // with what does not divide
			p, b = packets-p*(n-1), bytes-b*(n-1)
		}
		t.Packets += p
		t.Bytes += b
	}
}

// spread adds a conversation to the minutes that it took.
func (p *increment) spread(c *tyto.Conversation) {
	first, last := c.First.Truncate(time.Minute), c.Last.Truncate(time.Minute)
	n := last.Sub(first)/time.Minute + 1
	if n < 1 || n > maxSteps {
		first, n = last, 1
	}
	for i := range uint64(n) {
		of := func(all uint64) uint64 { // with what does not divide in the last
			if i == uint64(n)-1 {
				return all - all/uint64(n)*i
			}
			return all / uint64(n)
		}
		s := p.minute(first.Add(time.Duration(i) * time.Minute))
		for d := range c.Packets {
			s.Packets[d] += of(c.Packets[d])
			s.Bytes[d] += of(c.Bytes[d])
		}
		if i == uint64(n)-1 {
			s.Sessions += c.Sessions
		}
	}
}

// minute is the sum of a minute; the last come first in mind.
func (p *increment) minute(at time.Time) *store.Sum {
	for i := len(p.minutes) - 1; i >= 0; i-- {
		if p.minutes[i].Time.Equal(at) {
			return &p.minutes[i]
		}
	}
	p.minutes = append(p.minutes, store.Sum{Time: at})
	return &p.minutes[len(p.minutes)-1]
}
