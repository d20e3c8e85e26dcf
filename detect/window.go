package detect

import (
	"cmp"
	"slices"
	"time"
)

// A bucket is half a window: the values of the events in it. Windows begin
// every half of their length, so each is a bucket and the next one, and a
// value is held once for the two windows that it is in.
type bucket struct {
	start  int64    // in half-windows since 1970
	values []uint64 // in order
	window int      // different values in the window that begins here
}

func (b *bucket) has(value uint64) bool {
	_, found := slices.BinarySearch(b.values, value)
	return found
}

// maxBuckets is how many buckets a cause keeps: more than a sensor is late by,
// unless its windows are very short.
const maxBuckets = 256

// bucketAt is the place of a bucket, which is made if it is not there.
func (c *cause) bucketAt(start int64) int {
	i, found := slices.BinarySearchFunc(c.buckets, start, func(b bucket, start int64) int { return cmp.Compare(b.start, start) })
	if found {
		return i
	}
	c.buckets = slices.Insert(c.buckets, i, bucket{start: start})
	if next := c.next(i); next != nil {
		c.buckets[i].window = len(next.values)
	}
	return i
}

// next is the bucket that follows without a gap, nil if there is none.
func (c *cause) next(i int) *bucket {
	if i+1 < len(c.buckets) && c.buckets[i+1].start == c.buckets[i].start+1 {
		return &c.buckets[i+1]
	}
	return nil
}

// before is the bucket that the i-th follows without a gap, nil if there is none.
func (c *cause) before(i int) *bucket {
	if i > 0 && c.buckets[i-1].start == c.buckets[i].start-1 {
		return &c.buckets[i-1]
	}
	return nil
}

// count puts the event's value into its bucket, or as many as an act stands
// for, and reports whether a window that it is in has enough: a single
// failure, long after the many that an alert told of, is no news of it.
func (g *Engine) count(c *cause) (enough bool) {
	at, times := g.event.Time, uint64(1)
	if g.event.Conversation != nil {
		at = g.event.Conversation.First
	}
	hash := g.valueOf(c.rule)
	if len(c.rule.of) == 0 {
		times = g.event.times()
		if x := g.event.Conversation; x != nil {
			times = max(x.Sessions, 1)
		}
	}
	if g.counted >= g.room {
		g.forgetWindows()
	}
	i := c.bucketAt(at.UnixNano() / c.rule.half())
	for n := range times {
		if c.buckets[i].window >= maxPerWindow || !g.enter(c, i, hash+n*0x9e3779b97f4a7c15) {
			break
		}
	}
	most := c.buckets[i].window
	if before := c.before(i); before != nil {
		most = max(most, before.window)
	}
	most = min(most, maxPerWindow)
	c.most = max(c.most, most)
	if n := len(c.buckets) - maxBuckets; n > 0 {
		g.drop(c, n)
	}
	return most >= c.rule.atLeast()
}

// enter puts a value into a bucket, and reports whether there was room for it.
func (g *Engine) enter(c *cause, i int, value uint64) bool {
	b := &c.buckets[i]
	at, has := slices.BinarySearch(b.values, value)
	if has {
		return true
	}
	if g.counted >= g.room {
		g.Refused++
		return false
	}
	b.values = slices.Insert(b.values, at, value)
	g.counted++
	if next := c.next(i); next == nil || !next.has(value) {
		b.window++
	}
	if before := c.before(i); before != nil && !before.has(value) {
		before.window++
	}
	return true
}

// drop forgets the n oldest buckets of a cause.
func (g *Engine) drop(c *cause, n int) {
	for i := range c.buckets[:n] {
		g.counted -= len(c.buckets[i].values)
	}
	c.buckets = slices.Delete(c.buckets, 0, n)
}

// Windows that ended so long ago are dropped first when there is no room, and
// the clock is looked at again after so many events that had none.
const (
	late       = time.Hour
	denyBefore = 10_000
)

// forgetWindows makes room for values if it can: the windows of all causes that
// ended longest ago, a quarter of the values at least. What they had at most is kept.
func (g *Engine) forgetWindows() {
	if g.denied++; g.denied%denyBefore != 1 {
		return
	}
	for ago := late; ago >= time.Minute && g.counted > g.room*3/4; ago /= 2 {
		before := g.clock.Add(-ago).UnixNano()
		for _, c := range g.causes {
			n := 0
			for n < len(c.buckets) && (c.buckets[n].start+2)*c.rule.half() < before {
				n++
			}
			g.drop(c, n)
		}
	}
	if g.counted < g.room {
		g.denied = 0
	}
}
