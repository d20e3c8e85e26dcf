package inventory

import (
	"cmp"
	"strings"
	"time"

	"tyto/tyto"
)

// A claim is one fact about one pair, with its first evidence and its last
// time. It holds no pointer, and is found by hash and through its pair's list.
type claim struct {
	meta        uint64 // packet<<24 | part<<8 | attribute
	first, last int64  // nanoseconds since 1970; see until
	value       word
	source      uint32
	next        uint32 // of the same pair; 0 ends
	pair        uint32
}

// A source is where claims come from: all of an Evidence but the packet, and how
// sure such evidence is. What differs in the capture alone is the same claim: how
// many say it depends on how captures are cut, and on which worker read them.
type source struct {
	sensor, capture, protocol, field string
	confidence                       tyto.Confidence
}

func (c *claim) attr() tyto.Attr { return tyto.Attr(c.meta) }
func (c *claim) part() uint16    { return uint16(c.meta >> 8) }
func (c *claim) packet() uint64  { return c.meta >> 24 }

// until is when a claim was said last. last may be before first: see tyto.Subject.Turn.
func (c *claim) until() int64 { return max(c.first, c.last) }

// claims holds all claims.
type claims struct {
	slots[claim]
	index   []uint32 // open addressing by what a claim says
	sources []source
	origins []uint32 // by source: the one that differs from it by having no capture
	known   map[source]uint32
	recent  [256]uint32 // sources used lately, by a cheap hash
}

func newClaims() claims {
	return claims{index: make([]uint32, 256), sources: make([]source, 1), origins: make([]uint32, 1), known: map[source]uint32{}}
}

// source is the number of a source.
func (c *claims) source(e *tyto.Evidence, confidence tyto.Confidence) uint32 {
	slot := uint8(len(e.Field)*31 + len(e.Protocol)*7 + int(confidence))
	if n := len(e.Field); n > 2 {
		slot += e.Field[n-1]*13 + e.Field[n-2]
	}
	s := source{e.Sensor, e.Capture, e.Protocol, e.Field, confidence}
	if i := c.recent[slot]; c.sources[i] == s {
		return i
	}
	i := c.number(s)
	c.recent[slot] = i
	return i
}

// number is the number of a source, made if it is new.
func (c *claims) number(s source) uint32 {
	if i, ok := c.known[s]; ok {
		return i
	}
	i := uint32(len(c.sources))
	c.sources, c.origins = append(c.sources, s), append(c.origins, i)
	c.known[s] = i
	if s.capture != "" {
		s.capture = ""
		c.origins[i] = c.number(s)
	}
	return i
}

// whatMask leaves of a claim's meta what it is about, without the packet.
const whatMask = 1<<24 - 1

func hashClaim(pair uint32, what uint64, value word, origin uint32) uint64 {
	h := (uint64(pair)<<32 | uint64(value)) * 0x9e3779b97f4a7c15
	h = (h ^ h>>29 ^ uint64(origin)<<32 ^ what) * 0xbf58476d1ce4e5b9
	return h ^ h>>32
}

// slot is the place in the index of a claim, or of where it would be.
func (c *claims) slot(pair uint32, what uint64, value word, source uint32) int {
	mask, origin := len(c.index)-1, c.origins[source]
	for i := int(hashClaim(pair, what, value, origin)) & mask; ; i = (i + 1) & mask {
		n := c.index[i]
		if n == 0 {
			return i
		}
		if x := c.at(n); x.pair == pair && x.value == value && c.origins[x.source] == origin && x.meta&whatMask == what {
			return i
		}
	}
}

// add puts a claim at a slot that is free, and is its number.
func (c *claims) add(slot int, x claim) uint32 {
	n := c.slots.add(x)
	c.index[slot] = n
	if c.held()*4 > len(c.index)*3 {
		c.reindex(2 * len(c.index))
	}
	return n
}

// drop frees claim i.
func (c *claims) drop(i uint32) {
	x := c.at(i)
	c.remove(c.slot(x.pair, x.meta&whatMask, x.value, x.source))
	c.slots.drop(i)
}

// reword gives all claims other words for the same values.
func (c *claims) reword(move func(word) word) {
	for n := uint32(1); n <= c.last; n++ {
		if x := c.at(n); x.pair != 0 {
			x.value = move(x.value)
		}
	}
	c.reindex(len(c.index))
}

// replace puts x in the place of claim i of the same pair.
func (c *claims) replace(i uint32, x claim) {
	old := c.at(i)
	c.remove(c.slot(old.pair, old.meta&whatMask, old.value, old.source))
	x.next = old.next
	*old = x
	c.index[c.slot(x.pair, x.meta&whatMask, x.value, x.source)] = i
}

// remove empties a slot of the index and closes the gap.
func (c *claims) remove(i int) {
	mask := len(c.index) - 1
	for j := i; ; {
		j = (j + 1) & mask
		n := c.index[j]
		if n == 0 {
			break
		}
		x := c.at(n)
		home := int(hashClaim(x.pair, x.meta&whatMask, x.value, c.origins[x.source])) & mask
		if (j-home)&mask >= (j-i)&mask {
			c.index[i] = n
			i = j
		}
	}
	c.index[i] = 0
}

// reindex makes the index anew.
func (c *claims) reindex(size int) {
	if size == len(c.index) {
		clear(c.index)
	} else {
		c.index = make([]uint32, size)
	}
	mask := size - 1
	for n := uint32(1); n <= c.last; n++ {
		x := c.at(n)
		if x.pair == 0 {
			continue
		}
		i := int(hashClaim(x.pair, x.meta&whatMask, x.value, c.origins[x.source])) & mask
		for c.index[i] != 0 {
			i = (i + 1) & mask
		}
		c.index[i] = n
	}
}

// merge takes a repetition into claim i: the earliest packet is the evidence,
// the latest time is when it was last said.
func (c *claims) merge(i, source uint32, packet uint64, first, last int64) {
	x := c.at(i)
	if cmp.Or(cmp.Compare(first, x.first), strings.Compare(c.sources[source].capture, c.sources[x.source].capture), cmp.Compare(packet, x.packet())) < 0 {
		x.first, x.source, x.meta = first, source, x.meta&whatMask|packet<<24
	}
	x.last = max(x.last, last)
}

// told is a claim as others know it.
func (v *Inventory) told(x *claim) tyto.Claim {
	s := &v.claims.sources[x.source]
	return tyto.Claim{
		Attr: x.attr(), Value: v.words.text(x.value), Confidence: s.confidence,
		Evidence: tyto.Evidence{Sensor: s.sensor, Capture: s.capture, Packet: x.packet(), Protocol: s.protocol, Field: s.field},
		First:    moment(x.first), Last: moment(x.until()),
	}
}

// moment is nanoseconds since 1970 as a time.
func moment(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// nanos is a time as nanoseconds since 1970; 0 for no time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
