package flow

import (
	"time"

	"tyto/frame"
)

// Config is the bounds of a table.
type Config struct {
	// Conversations is how many are kept at a time; when there are more, the
	// one silent for longest of a few is ended early, and counted.
	Conversations int
	// Window is after how long a conversation that goes on is reported, in
	// capture time; 0 reports it only at its end.
	Window time.Duration
	// ServerPort says that a port is a server's, by the protocols known.
	ServerPort func(proto uint8, port uint16) bool
	// Seed makes the table's order unpredictable from outside; results do not depend on it.
	Seed uint64
}

// DefaultConfig is a table of half a million conversations, about 130 MB when full.
func DefaultConfig() Config {
	return Config{Conversations: 500_000, Window: time.Minute, ServerPort: func(uint8, uint16) bool { return false }}
}

// How long a conversation is kept that nobody continues.
const (
	idleTCP     = int64(300 * time.Second) // established; SPANs see keep-alives well below it
	idleOpening = int64(30 * time.Second)  // TCP without an answer
	idleClosed  = int64(5 * time.Second)   // after both FINs, or RST: late segments
	idleOther   = int64(60 * time.Second)
	sweepEvery  = int64(time.Second)
	sweepParts  = 30 // a sweep looks at so small a part of the table
)

// chunk is how many conversations are allocated at a time.
const chunk = 4096

// A Table is conversations by their ends. It belongs to one goroutine.
type Table struct {
	config   Config
	report   func(*Report)
	slots    []slot // open addressing, power of two
	chunks   []*[chunk]Conversation
	free     []uint32
	made     uint32 // conversations in chunks handed out so far, numbered from 1
	live     int
	now      int64 // latest capture time
	nextPass int64
	hand     uint32 // where the sweep goes on
	key      key
	out      Report
	Counters Counters
}

// Counters is what a Table did since it was made.
type Counters struct {
	Begun   uint64
	Evicted uint64 // ended early, for want of room
}

// A slot names a conversation by the low half of its key's hash, which also
// says where the slot belongs.
type slot struct {
	tag   uint32
	index uint32 // 0 is empty
}

// New is an empty table. It calls report for each window and at each end.
func New(c Config, report func(*Report)) *Table {
	return &Table{config: c, report: report, slots: make([]slot, 1<<12)}
}

// Tick tells the time: the latest of all packets so far, of whichever
// worker. What ends by timeout then does not depend on the other
// conversations of the table.
func (t *Table) Tick(clock int64) {
	if clock > t.now {
		t.now = clock
		if t.now >= t.nextPass {
			t.sweep()
		}
	}
}

// See counts the frame and returns its conversation, the direction, and
// whether this is the first frame that its end sends from this MAC.
func (t *Table) See(f *frame.Frame, source uint16) (c *Conversation, d Direction, sighted bool) {
	reversed := t.key.set(f)
	if reversed {
		d = 1
	}
	tag := uint32(t.key.hash(t.config.Seed))
	index := t.find(tag)
	if index != 0 {
		c = t.at(index)
		if t.now-c.heard > idleClosed && t.now-c.heard > c.patience() {
			t.end(index, c) // the sweep would have, had it come by
			index = 0
		}
	}
	if index == 0 {
		c = t.begin(tag, f, d, source)
		sighted = true
	} else if c.macs[d] != f.SrcMAC {
		sighted = true
		if c.packets[d] == 0 && c.Flags&fresh != 0 {
			c.macs[d] = f.SrcMAC
		}
	} else if c.packets[d] == 0 {
		sighted = true
	}
	if c.packets[0]|c.packets[1] == 0 {
		t.beginWindow(c, f, source)
	}
	c.packets[d]++
	c.bytes[d] += uint64(f.Length)
	c.heard = t.now
	if f.Time > c.Last {
		c.Last = f.Time
	}
	if f.Proto == frame.TCP && f.TCPFlags&(frame.SYN|frame.FIN|frame.RST) != 0 && f.HasIP() {
		c.flag(f, d)
	}
	if t.config.Window > 0 && c.Last-c.reported >= int64(t.config.Window) && c.reported != 0 {
		t.window(c)
	}
	return c, d, sighted
}

func (t *Table) beginWindow(c *Conversation, f *frame.Frame, source uint16) {
	c.reported, c.Last = f.Time, f.Time
	c.FirstNumber, c.Source = f.Number, source
}

// flag follows the life of a TCP connection.
func (c *Conversation) flag(f *frame.Frame, d Direction) {
	switch {
	case f.TCPFlags&frame.SYN != 0:
		c.Flags |= synSeen
		if f.TCPFlags&frame.ACK == 0 {
			c.SetClient(d)
		} else {
			c.SetClient(1 - d)
			c.Flags |= Established
		}
		c.Streams[d].Syn(f.TCPSeq)
	case f.TCPFlags&frame.RST != 0:
		c.Flags |= reset
	case d == 0:
		c.Flags |= finLow
	default:
		c.Flags |= finHigh
	}
}

// find is the index of the conversation with the table's key, 0 if there is none.
func (t *Table) find(tag uint32) uint32 {
	mask := uint32(len(t.slots) - 1)
	for i := tag & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s.index == 0 || s.tag == tag && t.at(s.index).key.is(&t.key) {
			return s.index
		}
	}
}

func (t *Table) at(index uint32) *Conversation {
	return &t.chunks[(index-1)/chunk][(index-1)%chunk]
}

func (t *Table) begin(tag uint32, f *frame.Frame, d Direction, source uint16) *Conversation {
	if t.live >= t.config.Conversations {
		t.evict()
	}
	if (t.live+1)*2 > len(t.slots) {
		t.grow()
	}
	index := t.take()
	c := t.at(index)
	*c = Conversation{key: t.key, Flags: fresh}
	c.macs[d], c.macs[1-d] = f.SrcMAC, f.DstMAC
	t.side(c, f, d)
	t.beginWindow(c, f, source)
	t.place(slot{tag, index})
	t.live++
	t.Counters.Begun++
	return c
}

// side guesses who is client: by the server's port, else who spoke first.
func (t *Table) side(c *Conversation, f *frame.Frame, d Direction) {
	client := d
	if f.Flags.Is(frame.Ports) && !f.Dst.IsMulticast() && t.rank(f.Proto, f.SrcPort) > t.rank(f.Proto, f.DstPort) {
		client = 1 - d
	}
	if client == 0 {
		c.Flags |= highIsServer
	}
}

// rank is how much a port looks like a server's.
func (t *Table) rank(proto uint8, port uint16) int {
	switch {
	case t.config.ServerPort(proto, port):
		return 2
	case port < 1024:
		return 1
	}
	return 0
}

func (t *Table) take() uint32 {
	if n := len(t.free); n > 0 {
		i := t.free[n-1]
		t.free = t.free[:n-1]
		return i
	}
	if int(t.made)%chunk == 0 {
		t.chunks = append(t.chunks, new([chunk]Conversation))
	}
	t.made++
	return t.made
}

func (t *Table) place(s slot) {
	mask := uint32(len(t.slots) - 1)
	i := s.tag & mask
	for t.slots[i].index != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

func (t *Table) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.index != 0 {
			t.place(s)
		}
	}
}

// sweep ends what is silent for too long, a part of the table at a time.
func (t *Table) sweep() {
	if t.nextPass == 0 {
		t.nextPass = t.now
	}
	t.nextPass = t.now + sweepEvery
	for n := t.made/sweepParts + 1; n > 0 && t.made > 0; n-- {
		if t.hand++; t.hand > t.made {
			t.hand = 1
		}
		if c := t.at(t.hand); t.now-c.heard > idleClosed && c.key.rest != 0 && t.now-c.heard > c.patience() {
			t.end(t.hand, c)
		}
	}
}

func (c *Conversation) patience() int64 {
	switch {
	case c.key.kind() != kindIP || c.key.proto() != frame.TCP:
		return idleOther
	case c.Flags&reset != 0 || c.Flags&(finLow|finHigh) == finLow|finHigh:
		return idleClosed
	case c.Flags&synSeen != 0 && c.Flags&Established == 0:
		return idleOpening
	}
	return idleTCP
}

// evict ends the conversation silent for longest among a few.
func (t *Table) evict() {
	const look = 16
	var oldest uint32
	for n := 0; n < look || oldest == 0; n++ {
		t.hand = t.hand%t.made + 1
		if c := t.at(t.hand); c.key.rest != 0 && (oldest == 0 || c.heard < t.at(oldest).heard) {
			oldest = t.hand
		}
	}
	t.Counters.Evicted++
	t.end(oldest, t.at(oldest))
}

// window reports a conversation that goes on.
func (t *Table) window(c *Conversation) {
	c.report(&t.out)
	t.report(&t.out)
	c.packets, c.bytes, c.reported = [2]uint32{}, [2]uint64{}, 0
	c.Flags &^= fresh
}

func (t *Table) end(index uint32, c *Conversation) {
	c.ended = true
	c.report(&t.out)
	t.report(&t.out)
	t.remove(index, uint32(c.key.hash(t.config.Seed)))
	*c = Conversation{}
	t.free = append(t.free, index)
	t.live--
}

// remove takes a conversation out of the slots and closes the gap, so that
// probes need no tombstones.
func (t *Table) remove(index, tag uint32) {
	mask := uint32(len(t.slots) - 1)
	i := tag & mask
	for t.slots[i].index != index {
		i = (i + 1) & mask
	}
	for j := i; ; {
		j = (j + 1) & mask
		s := t.slots[j]
		if s.index == 0 {
			break
		}
		home := s.tag & mask
		if (j-home)&mask >= (j-i)&mask {
			t.slots[i] = s
			i = j
		}
	}
	t.slots[i] = slot{}
}

// Live is how many conversations are in the table.
func (t *Table) Live() int { return t.live }

// Windows reports what every conversation said since its last report, and
// keeps the conversations: for live traffic, when time stands still because
// no packet comes.
func (t *Table) Windows() {
	for i := uint32(1); i <= t.made; i++ {
		if c := t.at(i); c.key.rest != 0 && c.packets[0]|c.packets[1] != 0 {
			t.window(c)
		}
	}
}

// Close reports and ends all conversations, in the order in which they were made.
func (t *Table) Close() {
	for i := uint32(1); i <= t.made; i++ {
		if c := t.at(i); c.key.rest != 0 {
			t.end(i, c)
		}
	}
}
