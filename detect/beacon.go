package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// Programs that wait for orders call home again and again, as clocks do.
// What is regular is told by the spread of the intervals between connections:
// the median of the distances from the median, which a few late or lost ones
// do not change.

// Budgets of the beacons of one zone.
const (
	maxBeacons = 50_000
	maxCalls   = 64 // the last of them count
)

// line is whom a client calls.
type line struct {
	client frame.Addr
	server frame.Addr // zero if it has a name
	name   string
	port   uint16
}

// beacon is the calls of a client to one server.
type beacon struct {
	cause
	calls []call // by time
	dirty bool
}

type call struct {
	at   int64
	size uint64
}

// beacons is what a zone's clients call on the internet.
type beacons struct {
	rule  *Rule
	lines map[line]*beacon
	dirty []*beacon
}

// unlikely are protocols that are regular by nature.
var unlikely = map[string]bool{"ntp": true, "dns": true, "mdns": true, "icmp": true, "icmpv6": true, "stun": true, "rtcp": true, "wg": true, "isakmp": true, "dhcp": true, "arp": true}

// beacon notes a connection to the internet.
func (g *Engine) beacon(c *tyto.Conversation) {
	b := &g.beacons
	if b.rule == nil || c.Sessions != 1 || c.Packets[1] == 0 || unlikely[c.Protocol] || !c.Server.Addr.IsPublic() || c.Client.Addr.IsPublic() || c.Transport != "tcp" && c.Transport != "udp" {
		return
	}
	key := line{client: c.Client.Addr, server: c.Server.Addr, name: c.ServerName, port: c.Port}
	if key.name != "" {
		key.server = frame.Addr{}
	}
	x := b.lines[key]
	if x == nil {
		if len(b.lines) >= maxBeacons && !g.forgetBeacons() {
			g.Refused++
			return
		}
		key.name = strings.Clone(key.name)
		x = &beacon{cause: cause{rule: b.rule, key: b.rule.ID + "\x00" + key.client.String() + "\x00" + cmp.Or(key.name, key.server.String()) + fmt.Sprint("\x00", key.port)}}
		b.lines[key] = x
	}
	g.note(&x.cause)
	x.hear(call{c.First.UnixNano(), c.Bytes[0] + c.Bytes[1]})
	if !x.dirty {
		x.dirty = true
		b.dirty = append(b.dirty, x)
	}
}

// hear adds a call in order of time.
func (x *beacon) hear(c call) {
	i, _ := slices.BinarySearchFunc(x.calls, c, func(a, b call) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.size, b.size)) })
	if len(x.calls) < maxCalls {
		x.calls = slices.Insert(x.calls, i, c)
		return
	}
	if i > 0 {
		copy(x.calls, x.calls[1:i])
		x.calls[i-1] = c
	}
}

// forgetBeacons makes room for beacons, and reports whether there was any to make.
func (g *Engine) forgetBeacons() bool {
	idle := silent(g, g.beacons.lines, func(x *beacon) *cause { return &x.cause })
	for _, key := range idle {
		delete(g.waiting, &g.beacons.lines[key].cause)
		delete(g.beacons.lines, key)
	}
	return len(idle) > 0
}

// findBeacons raises what calls regularly. It is asked for when alerts are, so
// that order does not matter.
func (g *Engine) findBeacons() {
	b := &g.beacons
	for _, x := range b.dirty {
		x.dirty = false
		every, regular := x.regular()
		if !regular && !x.raised {
			continue
		}
		if regular {
			x.text = fmt.Sprintf("every %v, %d times or more, to %s", every.Round(time.Second), len(x.calls), strings.Split(x.key, "\x00")[2])
		}
		g.raise(&x.cause)
	}
	b.dirty = b.dirty[:0]
}

// regular reports whether calls come at regular intervals, and at which.
func (x *beacon) regular() (every time.Duration, yes bool) {
	limits := x.rule.limits
	n := len(x.calls)
	if int64(n) < limits["connections"] || x.calls[n-1].at-x.calls[0].at < limits["duration"]*int64(time.Second) {
		return 0, false
	}
	gaps, sizes := make([]int64, n-1), make([]int64, n)
	for i := range x.calls {
		sizes[i] = int64(x.calls[i].size)
		if i > 0 {
			gaps[i-1] = x.calls[i].at - x.calls[i-1].at
		}
	}
	median, spread := spreadOf(gaps)
	size, differs := spreadOf(sizes)
	if median < limits["interval"]*int64(time.Second) {
		return 0, false
	}
	return time.Duration(median), spread*100 <= median*limits["jitter"] && differs*100 <= size*limits["size"]
}

// spreadOf is the median, and the median of the distances from it.
func spreadOf(x []int64) (median, spread int64) {
	slices.Sort(x)
	median = x[len(x)/2]
	for i := range x {
		x[i] = max(x[i]-median, median-x[i])
	}
	slices.Sort(x)
	return median, x[len(x)/2]
}
