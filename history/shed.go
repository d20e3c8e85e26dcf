package history

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/zeebo/xxh3"

	"tyto/tyto"
)

// What goes when there is no more room: first calls that nobody answered, of
// which a scan or a flood makes as many as there are packets; half of them at a
// time, by a hash of their addresses, so that the same go in whatever order they
// came, and the like of them are turned away from then on. Then those of fewest
// packets. What goes is summed.

// Left is what is in no row any more.
type Left struct {
	Conversations, Packets, Bytes uint64
}

// A call of more packets than that is kept as an answered one.
const callPackets = 100

// mostShut is when hardly a call is let in.
const mostShut = 20

// What things cost, in bytes, with their places in maps and lists; a test
// measures them together.
const (
	costRow       = 176
	costOperation = 20
	costWord      = 64
	costAnswer    = 84
)

// Left is what went to make room.
func (t *Table) Left() Left { return t.left }

// Bytes is about how much memory a table takes. It depends on what was learnt alone.
func (t *Table) Bytes() int64 {
	return int64(t.n)*costRow + int64(len(t.ops))*costOperation + int64(len(t.words.text))*costWord + int64(t.words.bytes) + int64(len(t.names))*costAnswer
}

// Shed drops what says least until so many bytes are free, as Bytes counts
// them, and is how many are. Unless it is to drop all, only calls that nobody
// answered go.
func (t *Table) Shed(bytes int64, all bool) (freed int64) {
	had := t.Bytes()
	for had-t.Bytes() < bytes && t.shut < mostShut {
		t.shut++
		t.drop(func(r *row) bool { return r.isCall() && t.isShut(&r.key) })
	}
	for all && had-t.Bytes() < bytes && int(t.n)+len(t.names) > 0 {
		t.dropSmall()
	}
	return had - t.Bytes()
}

// isCall reports whether nobody answered.
func (r *row) isCall() bool { return r.packets[1] == 0 && r.packets[0] <= callPackets }

// isShut reports whether calls between these addresses are turned away.
func (t *Table) isShut(k *key) bool { return k.lot()>>(64-t.shut) != 0 }

// lot is as good as chance, and always the same.
func (k *key) lot() uint64 {
	var b [34]byte
	copy(b[:], k.client[:])
	copy(b[16:], k.server[:])
	binary.LittleEndian.PutUint16(b[32:], k.port)
	return xxh3.Hash(b[:])
}

// turnsAway reports whether there is no room for a call, and sums it.
func (t *Table) turnsAway(k *key, c *tyto.Conversation) bool {
	if t.shut == 0 || c.Packets[1] > 0 || c.Packets[0] > callPackets || !t.isShut(k) || t.has(k) {
		return false
	}
	t.left.Conversations++
	t.left.Packets += c.Packets[0]
	t.left.Bytes += c.Bytes[0]
	return true
}

// dropSmall drops an eighth of the rows, those of fewest packets, and of the
// look-ups.
func (t *Table) dropSmall() {
	all := make([]uint32, t.n)
	for i := range all {
		all[i] = uint32(i + 1)
	}
	size := func(i uint32) uint64 { return t.at(i).packets[0] + t.at(i).packets[1] }
	slices.SortFunc(all, func(i, j uint32) int {
		return cmp.Or(cmp.Compare(size(i), size(j)), cmp.Compare(t.at(j).lot(), t.at(i).lot()))
	})
	gone := map[*row]bool{}
	for _, i := range all[:(len(all)+7)/8] {
		gone[t.at(i)] = true
	}
	for a := range t.names {
		if k := (key{client: a.asker, server: a.addr}); k.lot()%8 == 0 || t.n == 0 {
			delete(t.names, a)
		}
	}
	t.drop(func(r *row) bool { return gone[r] })
}

// drop drops rows, with the words that nothing else has, and sums them.
func (t *Table) drop(is func(*row) bool) {
	kept, ops, words := uint32(0), make([]operation, 1), newWords()
	move := func(word *uint32) { *word = words.number(t.words.text[*word]) }
	for i := uint32(1); i <= t.n; i++ {
		r := t.at(i)
		if is(r) {
			t.left.Conversations++
			t.left.Packets += r.packets[0] + r.packets[1]
			t.left.Bytes += r.bytes[0] + r.bytes[1]
			continue
		}
		first := uint32(0)
		for k := r.ops; k != 0; k = t.ops[k].next {
			op := t.ops[k]
			move(&op.word)
			op.next, first = first, uint32(len(ops))
			ops = append(ops, op)
		}
		r.ops = first
		for _, w := range [...]*uint32{&r.transport, &r.protocol, &r.name, &r.capture} {
			move(w)
		}
		kept++
		*t.at(kept) = *r
	}
	for a, x := range t.names {
		move(&x.name)
		t.names[a] = x
	}
	for i := kept + 1; i <= t.n; i++ {
		*t.at(i) = row{}
	}
	t.n, t.ops, t.words = kept, ops, words
	t.chunks = t.chunks[:(t.n+rowsPerChunk-1)/rowsPerChunk]
	clear(t.slots)
	t.index()
}

// has reports whether a row is there.
func (t *Table) has(k *key) bool {
	mask := uint32(len(t.slots) - 1)
	for at := k.hash() & mask; t.slots[at] != 0; at = (at + 1) & mask {
		if t.at(t.slots[at]).key == *k {
			return true
		}
	}
	return false
}
