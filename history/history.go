// Package history is conversations added up: one row for each client,
// server, transport, port, protocol and server name, in memory. Rows are
// compact, since a large trace has half a million of them.
package history

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"tyto/frame"
	"tyto/tyto"
)

// A Table adds conversations up. Order does not matter. It belongs to one goroutine.
type Table struct {
	chunks []*[rowsPerChunk]row
	n      uint32
	slots  []uint32 // open addressing; row number from 1
	words  words
	ops    []operation // of all rows; 0 is none
	names  map[asked]answer

	shut uint // by how many halves calls into the void are turned away: shed.go
	left Left
}

const rowsPerChunk = 4096

// A row holds no pointer. What makes it the row it is comes first.
type row struct {
	key
	clientMAC, serverMAC frame.MAC
	vlan                 uint16
	lossy                bool
	ops                  uint32 // the first in Table.ops; 0 if none
	capture              uint32
	sessions             uint32
	first, last          int64
	packet               uint64
	packets, bytes       [2]uint64
}

type key struct {
	client, server            frame.Addr // or MACs, without IP
	transport, protocol, name uint32
	port                      uint16
}

// An operation of a row, and how often it was done.
type operation struct {
	n    uint64
	word uint32
	next uint32 // of the same row; 0 ends
}

// asked and answer are a look-up: who wanted to know which address's name.
type asked struct{ asker, addr frame.Addr }

type answer struct {
	at   int64
	name uint32
}

// maxAnswers bounds the look-ups that are remembered.
const maxAnswers = 1 << 20

// New is an empty table.
func New() *Table {
	return &Table{slots: make([]uint32, 1<<10), ops: make([]operation, 1), names: map[asked]answer{}, words: newWords()}
}

// Len is the number of rows.
func (t *Table) Len() int { return int(t.n) }

// Learn takes what an event says of conversations: itself, or a look-up that
// names a server.
func (t *Table) Learn(e *tyto.Event) {
	switch {
	case e.Conversation != nil:
		t.add(e.Conversation)
	case e.Observation != nil && e.Observation.Attr == tyto.LookedUp:
		t.lookedUp(e.Observation, e.Time.UnixNano())
	}
}

func (t *Table) lookedUp(o *tyto.Observation, at int64) {
	name, text, ok := strings.Cut(o.Value, " ")
	var addr frame.Addr
	if !ok || addr.UnmarshalText([]byte(text)) != nil || len(t.names) >= maxAnswers {
		return
	}
	k := asked{o.Subject.Addr, addr}
	old, known := t.names[k]
	a := answer{at, t.words.number(name)}
	if known && (at > old.at || at == old.at && name >= t.words.text[old.name]) {
		return
	}
	t.names[k] = a
}

func (t *Table) add(c *tyto.Conversation) {
	k := key{client: c.Client.Addr, server: c.Server.Addr, transport: t.words.number(c.Transport),
		protocol: t.words.number(c.Protocol), name: t.words.number(c.ServerName), port: c.Port}
	if k.client.IsZero() && k.server.IsZero() {
		copy(k.client[:], c.Client.MAC[:])
		copy(k.server[:], c.Server.MAC[:])
	}
	if t.turnsAway(&k, c) {
		return
	}
	i, isNew := t.find(&k)
	r := t.at(i)
	first, last := c.First.UnixNano(), c.Last.UnixNano()
	if isNew || first < r.first || first == r.first && c.Evidence.Packet < r.packet {
		r.first, r.packet, r.capture = first, c.Evidence.Packet, t.words.number(c.Evidence.Capture)
		r.clientMAC, r.serverMAC, r.vlan = c.Client.MAC, c.Server.MAC, c.Client.VLAN
	}
	if isNew || last > r.last {
		r.last = last
	}
	r.lossy = r.lossy || c.Lossy
	r.sessions += uint32(c.Sessions)
	for d := range r.packets {
		r.packets[d] += c.Packets[d]
		r.bytes[d] += c.Bytes[d]
	}
	if len(c.Operations) > 0 {
		t.count(r, c.Operations)
	}
}

func (t *Table) count(r *row, operations map[string]uint64) {
	for op, n := range operations {
		t.operation(r, t.words.number(op)).n += n
	}
}

// operation is a row's count of an operation, valid until the next.
func (t *Table) operation(r *row, word uint32) *operation {
	for i := r.ops; i != 0; i = t.ops[i].next {
		if t.ops[i].word == word {
			return &t.ops[i]
		}
	}
	t.ops = append(t.ops, operation{word: word, next: r.ops})
	r.ops = uint32(len(t.ops) - 1)
	return &t.ops[r.ops]
}

func (t *Table) at(i uint32) *row { return &t.chunks[(i-1)/rowsPerChunk][(i-1)%rowsPerChunk] }

func (t *Table) find(k *key) (i uint32, isNew bool) {
	if int(t.n+1)*2 > len(t.slots) {
		t.grow()
	}
	mask := uint32(len(t.slots) - 1)
	at := k.hash() & mask
	for ; t.slots[at] != 0; at = (at + 1) & mask {
		if t.at(t.slots[at]).key == *k {
			return t.slots[at], false
		}
	}
	if t.n%rowsPerChunk == 0 {
		t.chunks = append(t.chunks, new([rowsPerChunk]row))
	}
	t.n++
	t.slots[at] = t.n
	t.at(t.n).key = *k
	return t.n, true
}

func (t *Table) grow() {
	t.slots = make([]uint32, 2*len(t.slots))
	t.index()
}

// index puts all rows into slots, which are empty.
func (t *Table) index() {
	mask := uint32(len(t.slots) - 1)
	for i := uint32(1); i <= t.n; i++ {
		at := t.at(i).key.hash() & mask
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = i
	}
}

func (k *key) hash() uint32 {
	var b [46]byte
	copy(b[:], k.client[:])
	copy(b[16:], k.server[:])
	binary.LittleEndian.PutUint32(b[32:], k.transport)
	binary.LittleEndian.PutUint32(b[36:], k.protocol)
	binary.LittleEndian.PutUint32(b[40:], k.name)
	binary.LittleEndian.PutUint16(b[44:], k.port)
	return uint32(xxh3.Hash(b[:]))
}

// All is the rows, by time of their first packet. A conversation is valid
// until the next one. A server without a name of its own gets the one by
// which its client had looked it up.
func (t *Table) All() iter.Seq[*tyto.Conversation] {
	return func(yield func(*tyto.Conversation) bool) {
		c := tyto.Conversation{}
		for _, i := range t.order() {
			t.conversation(i, &c)
			if !yield(&c) {
				return
			}
		}
	}
}

// Unsorted is the rows in no particular order, for who only counts them.
func (t *Table) Unsorted() iter.Seq[*tyto.Conversation] {
	return func(yield func(*tyto.Conversation) bool) {
		c := tyto.Conversation{}
		for i := uint32(1); i <= t.n; i++ {
			t.conversation(i, &c)
			if !yield(&c) {
				return
			}
		}
	}
}

func (t *Table) order() []uint32 {
	all := make([]uint32, t.n)
	for i := range all {
		all[i] = uint32(i + 1)
	}
	slices.SortFunc(all, func(i, j uint32) int {
		a, b := t.at(i), t.at(j)
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.packet, b.packet),
			bytes.Compare(a.client[:], b.client[:]), bytes.Compare(a.server[:], b.server[:]),
			cmp.Compare(t.words.text[a.transport], t.words.text[b.transport]), cmp.Compare(a.port, b.port),
			cmp.Compare(t.words.text[a.protocol], t.words.text[b.protocol]), cmp.Compare(t.words.text[a.name], t.words.text[b.name]))
	})
	return all
}

func (t *Table) conversation(i uint32, c *tyto.Conversation) {
	r := t.at(i)
	ops := c.Operations
	clear(ops)
	*c = tyto.Conversation{
		Client: tyto.Subject{MAC: r.clientMAC, VLAN: r.vlan}, Server: tyto.Subject{MAC: r.serverMAC, VLAN: r.vlan},
		Transport: t.words.text[r.transport], Port: r.port, Protocol: t.words.text[r.protocol], ServerName: t.words.text[r.name],
		First: time.Unix(0, r.first).UTC(), Last: time.Unix(0, r.last).UTC(), Packets: r.packets, Bytes: r.bytes,
		Sessions: uint64(r.sessions), Lossy: r.lossy,
		Evidence: tyto.Evidence{Capture: t.words.text[r.capture], Packet: r.packet, Protocol: t.words.text[r.protocol], Field: "frame.number"},
	}
	if c.Transport != "ethernet" {
		c.Client.Addr, c.Server.Addr = r.client, r.server
	}
	if c.ServerName == "" {
		c.ServerName = t.words.text[t.names[asked{r.client, r.server}].name]
	}
	for k := r.ops; k != 0; k = t.ops[k].next {
		if ops == nil {
			ops = map[string]uint64{}
		}
		ops[t.words.text[t.ops[k].word]] = t.ops[k].n
	}
	c.Operations = ops
}

// words numbers the strings that rows have in common; 0 is "".
type words struct {
	numbers map[string]uint32
	text    []string
	bytes   int
}

func newWords() words { return words{numbers: map[string]uint32{"": 0}, text: []string{""}} }

func (w *words) number(s string) uint32 {
	n, ok := w.numbers[s]
	if !ok {
		n = uint32(len(w.text))
		s = strings.Clone(s)
		w.bytes += len(s)
		w.numbers[s] = n
		w.text = append(w.text, s)
	}
	return n
}
