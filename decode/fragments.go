package decode

import (
	"math/bits"

	"tyto/frame"
)

// Sizes of the reassembly. A datagram is at most 65,535 bytes, kept in blocks
// that are taken when a piece falls into them; a bit for each unit of 8 bytes
// says what is there.
const (
	maxDatagram  = 65535
	unit         = 8
	blockSize    = 2048
	blocksOfOne  = (maxDatagram + blockSize) / blockSize
	slabBlocks   = 32
	maxWhole     = 2 // datagrams put together within one packet, one in another
	fragmentHash = 1024
)

// fragments is the table of datagrams of which pieces are missing.
//
// Policy: the first bytes to arrive are kept, what overlaps them is counted
// and ignored; but an IPv6 datagram with a partial overlap is given up (RFC
// 5722). A datagram whose pieces disagree on its end, or reach beyond it
// (teardrop), or beyond 65,535 bytes (ping of death), is given up. When blocks
// or entries run out the datagram that was begun first goes. Memory is taken
// as it is needed, up to the budget, and then used again.
type fragments struct {
	timeout    int64
	maxEntries int
	maxBlocks  int
	slabs      [][]byte
	freeBlocks []int32
	entries    []datagram // 0 is the list's head: entries[0].newer is the oldest
	freeEntry  int32
	hash       [fragmentHash]int32
	whole      [maxWhole][]byte
	used       int // of whole, in this packet
}

// A fragmentKey tells datagrams apart: also those of different VLANs, inputs
// and tunnels, whose addresses may be the same.
type fragmentKey struct {
	src, dst frame.Addr
	id       uint32
	vlan     uint16
	source   uint16
	proto    uint8
	depth    uint8
}

type datagram struct {
	key          fragmentKey
	start        int64
	total        int // bytes; 0 until the last piece came
	top          int // end of the furthest piece
	units        int // that are there
	older, newer int32
	next         int32 // in the hash chain, or the list of free entries
	blocks       [blocksOfOne]int32
	seen         [(maxDatagram + unit) / unit / 64]uint64
}

func newFragments(c Config) fragments {
	return fragments{
		timeout:    int64(c.FragmentTimeout),
		maxEntries: c.FragmentEntries,
		maxBlocks:  max(c.FragmentBytes/blockSize, 1),
	}
}

// fragment takes one piece of a datagram: at is its offset in bytes, and more
// whether others follow it.
func (d *Decoder) fragment(f *frame.Frame, id uint32, at int, more bool, b []byte, wire int) {
	d.counters.Fragments++
	f.Flags |= frame.Fragment
	if len(b) < wire {
		d.counters.FragmentsCut++
		if at == 0 {
			d.transport(f, b, wire)
			return
		}
		d.rest(f, b, wire)
		return
	}
	d.rest(f, b, wire)
	if at+wire > maxDatagram || wire == 0 || more && wire%unit != 0 {
		d.wrong(f, BadFragment)
		return
	}
	k := fragmentKey{src: f.Src, dst: f.Dst, id: id, vlan: f.VLAN, source: d.source, proto: f.Proto, depth: f.Depth}
	e := d.begun(k, f.Time)
	if !d.keep(e, at, more, b) {
		d.wrong(f, BadFragment)
		return
	}
	g := &d.fragments.entries[e]
	if !g.whole() || d.fragments.used == maxWhole {
		return
	}
	whole := d.fragments.join(g)
	d.fragments.drop(e)
	d.counters.Reassembled++
	f.Flags = f.Flags&^frame.Fragment | frame.Reassembled
	f.Payload, f.Missing = nil, 0
	if f.Flags&frame.IPv6 != 0 && isExtension(f.Proto) {
		d.extensions(f, whole, len(whole))
		return
	}
	d.transport(f, whole, len(whole))
}

// whole reports whether no piece is missing.
func (g *datagram) whole() bool {
	return g.total != 0 && g.units == (g.total+unit-1)/unit
}

// begun finds the entry of a datagram, or makes one.
func (d *Decoder) begun(k fragmentKey, now int64) int32 {
	t := &d.fragments
	if t.entries == nil {
		t.entries = make([]datagram, 1, 16)
	}
	for e := t.entries[0].newer; e != 0 && now-t.entries[e].start > t.timeout; e = t.entries[0].newer {
		t.drop(e)
		d.counters.FragmentsExpired++
	}
	h := k.hash()
	for e := t.hash[h]; e != 0; e = t.entries[e].next {
		if t.entries[e].key == k {
			return e
		}
	}
	if t.freeEntry == 0 && len(t.entries) > t.maxEntries {
		t.drop(t.entries[0].newer)
		d.counters.FragmentsEvicted++
	}
	e := t.freeEntry
	if e == 0 {
		e = int32(len(t.entries))
		t.entries = append(t.entries, datagram{})
	} else {
		t.freeEntry = t.entries[e].next
	}
	last := t.entries[0].older
	t.entries[e] = datagram{key: k, start: now, older: last, next: t.hash[h]}
	t.entries[last].newer, t.entries[0].older, t.hash[h] = e, e, e
	return e
}

// keep stores a piece; false if it contradicts the others, which are given
// up with it.
func (d *Decoder) keep(e int32, at int, more bool, b []byte) bool {
	t := &d.fragments
	g := &t.entries[e]
	end := at + len(b)
	if !more && (g.total != 0 && g.total != end || g.top > end) || g.total != 0 && end > g.total {
		t.drop(e)
		d.counters.FragmentsRefused++
		return false
	}
	if !more {
		g.total = end
	}
	g.top = max(g.top, end)
	if !d.room(e, at, end) {
		return true // no room at all: given up, and counted
	}
	first, last := at/unit, (end+unit-1)/unit
	there := g.count(first, last)
	switch {
	case there == 0:
		t.copyIn(g, at, b)
		g.mark(first, last)
		g.units += last - first
		return true
	case there == last-first || g.key.src.Is4():
		d.counters.FragmentsOverlapped++
		t.fill(g, first, last, at, b)
		return true
	}
	d.counters.FragmentsOverlapped++
	d.counters.FragmentsRefused++
	t.drop(e)
	return false
}

// room takes the blocks that bytes at to end fall into. Older datagrams make
// way; if that is not enough the datagram itself goes, and it is false.
func (d *Decoder) room(e int32, at, end int) bool {
	t := &d.fragments
	g := &t.entries[e]
	for i := at / blockSize; i <= (end-1)/blockSize; i++ {
		if g.blocks[i] != 0 {
			continue
		}
		for len(t.freeBlocks) == 0 && !t.grow() {
			victim := t.entries[0].newer
			t.drop(victim)
			d.counters.FragmentsEvicted++
			if victim == e {
				return false
			}
		}
		g.blocks[i] = t.freeBlocks[len(t.freeBlocks)-1]
		t.freeBlocks = t.freeBlocks[:len(t.freeBlocks)-1]
	}
	return true
}

// grow takes another slab of memory, if the budget has one.
func (t *fragments) grow() bool {
	have := len(t.slabs) * slabBlocks
	n := min(slabBlocks, t.maxBlocks-have)
	if n <= 0 {
		return false
	}
	t.slabs = append(t.slabs, make([]byte, n*blockSize))
	for i := n; i > 0; i-- {
		t.freeBlocks = append(t.freeBlocks, int32(have+i)) // from 1: 0 is none
	}
	return true
}

// block is the memory of a block by its number.
func (t *fragments) block(n int32) []byte {
	i := int(n-1) % slabBlocks * blockSize
	return t.slabs[int(n-1)/slabBlocks][i : i+blockSize]
}

// drop forgets a datagram.
func (t *fragments) drop(e int32) {
	g := &t.entries[e]
	for i, n := range g.blocks {
		if n != 0 {
			t.freeBlocks = append(t.freeBlocks, n)
			g.blocks[i] = 0
		}
	}
	at := &t.hash[g.key.hash()]
	for *at != e {
		at = &t.entries[*at].next
	}
	*at = g.next
	t.entries[g.older].newer, t.entries[g.newer].older = g.newer, g.older
	g.next, t.freeEntry = t.freeEntry, e
	g.total = 0 // not whole
}

// copyIn copies b to its place.
func (t *fragments) copyIn(g *datagram, at int, b []byte) {
	for len(b) > 0 {
		n := copy(t.block(g.blocks[at/blockSize])[at%blockSize:], b)
		b, at = b[n:], at+n
	}
}

// fill copies those units of b that are not there yet.
func (t *fragments) fill(g *datagram, first, last, at int, b []byte) {
	for u := first; u < last; u++ {
		if g.seen[u/64]>>(u%64)&1 == 0 {
			from := u*unit - at
			t.copyIn(g, u*unit, b[from:min(from+unit, len(b))])
			g.seen[u/64] |= 1 << (u % 64)
			g.units++
		}
	}
}

// join puts a whole datagram together, in memory valid for this packet.
func (t *fragments) join(g *datagram) []byte {
	if t.whole[t.used] == nil {
		t.whole[t.used] = make([]byte, maxDatagram+blockSize)
	}
	w := t.whole[t.used]
	t.used++
	for at := 0; at < g.total; at += blockSize {
		copy(w[at:], t.block(g.blocks[at/blockSize]))
	}
	return w[:g.total:g.total]
}

// count is how many of the units from first to before last are there.
func (g *datagram) count(first, last int) (n int) {
	for first < last {
		word, mask := bitRun(first, last)
		n += bits.OnesCount64(g.seen[word] & mask)
		first = (word + 1) * 64
	}
	return n
}

// mark notes the units from first to before last as there.
func (g *datagram) mark(first, last int) {
	for first < last {
		word, mask := bitRun(first, last)
		g.seen[word] |= mask
		first = (word + 1) * 64
	}
}

// bitRun is the word of first, and the bits of it that are in first to last.
func bitRun(first, last int) (word int, mask uint64) {
	word = first / 64
	mask = ^uint64(0) << (first % 64)
	if left := (word+1)*64 - last; left > 0 {
		mask &= ^uint64(0) >> left
	}
	return word, mask
}

// hash spreads keys over the table; addresses are chosen by whoever sends,
// but a chain is never longer than the table has entries.
func (k *fragmentKey) hash() uint32 {
	h := uint64(k.id)<<32 | uint64(k.vlan)<<16 | uint64(k.proto)<<8 | uint64(k.depth)
	for _, x := range [4]uint64{be.Uint64(k.src[:]), be.Uint64(k.src[8:]), be.Uint64(k.dst[:]), be.Uint64(k.dst[8:])} {
		h = (h ^ x) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return uint32(h>>32) % fragmentHash
}
