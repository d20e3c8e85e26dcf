// Package stream turns TCP segments into messages. It keeps a bounded window
// of segments that came early, and the beginning of a message whose end has
// not come; what is whole within one segment is handed out in place, without
// a copy.
package stream

// A Handler cuts the bytes of one direction into messages and takes them.
type Handler interface {
	// Split is the length of the message at the start of b; 0 if more bytes
	// are needed to tell; negative if b is not of the protocol.
	Split(b []byte) int
	// Take is given one message, valid during the call. If cut is set it is
	// the beginning of a longer one.
	Take(b []byte, cut bool)
}

// A Half is the state of one direction of one connection. It holds no
// pointer, so that tables of it are not scanned. The zero Half has seen nothing.
type Half struct {
	next  uint32 // sequence number expected next
	skip  uint32 // bytes of the current message to pass over
	need  uint32 // length that the partial message must reach before Split is asked again
	part  uint16 // buffer with the beginning of a message, 0 if none
	early uint16 // buffer with segments that came early, 0 if none
	state state
	known bool // need is the length of the message, not a guess
	// Gaps counts holes that were given up, up to 255.
	Gaps uint8
}

type state uint8

const (
	fresh state = iota
	open
	dead // not the protocol, or given up: nothing more is looked at
)

// Dead reports whether the direction was given up.
func (h *Half) Dead() bool { return h.state == dead }

// Started reports whether a sequence number was seen.
func (h *Half) Started() bool { return h.state != fresh }

// Syn tells that a SYN with this sequence number opened the direction.
func (h *Half) Syn(seq uint32) {
	if h.state == fresh || h.part == 0 && h.early == 0 && h.skip == 0 {
		h.next, h.state = seq+1, open
	}
}

// A Feeder feeds Halves, and owns the buffers that they share. It belongs to
// one goroutine.
type Feeder struct {
	pool     pool
	Counters Counters
}

// Counters is what a Feeder did, since it was made.
type Counters struct {
	Reordered   uint64 // segments that came early and were used later
	Retransmits uint64 // segments (or beginnings of them) that came again
	Gaps        uint64 // holes that were given up
	NoBuffer    uint64 // directions given up because all buffers were in use
}

// NewFeeder makes a Feeder with at most n buffers of BufferSize bytes. They
// are made when they are needed.
func NewFeeder(n int) *Feeder { return &Feeder{pool: newPool(n)} }

// Feed gives h the payload of a segment. missing is the number of bytes that
// followed on the wire and were not captured.
func (d *Feeder) Feed(h *Half, seq uint32, payload []byte, missing int, to Handler) {
	switch h.state {
	case dead:
		return
	case fresh:
		h.next, h.state = seq, open
	}
	ahead := int32(seq - h.next)
	if ahead > 0 && uint32(ahead) <= h.skip { // a hole inside of what is passed over anyway
		h.skip -= uint32(ahead)
		h.next = seq
		ahead = 0
	}
	if ahead > 0 {
		d.keepEarly(h, seq, payload, to)
		return
	}
	if ahead < 0 {
		d.Counters.Retransmits++
		if -int(ahead) >= len(payload)+missing {
			return
		}
		if -int(ahead) > len(payload) {
			missing += len(payload) + int(ahead)
			payload = nil
		} else {
			payload = payload[-ahead:]
		}
	}
	d.advance(h, payload, missing, to)
	if h.early != 0 && h.state == open {
		d.useEarly(h, to)
	}
}

// advance takes bytes that are next in order, and then passes over the
// missing ones.
func (d *Feeder) advance(h *Half, b []byte, missing int, to Handler) {
	h.next += uint32(len(b))
	d.consume(h, b, to)
	if missing == 0 || h.state == dead {
		return
	}
	h.next += uint32(missing)
	if uint32(missing) <= h.skip {
		h.skip -= uint32(missing)
		return
	}
	d.hole(h, to)
}

// consume cuts b into messages.
func (d *Feeder) consume(h *Half, b []byte, to Handler) {
	if h.skip > 0 {
		n := min(int(h.skip), len(b))
		h.skip -= uint32(n)
		b = b[n:]
	}
	for h.part != 0 && len(b) > 0 {
		b = d.fill(h, b, to)
	}
	for len(b) > 0 && h.state == open && h.skip == 0 {
		n := to.Split(b)
		if n < 0 {
			d.Kill(h)
			return
		}
		if n == 0 || n > len(b) {
			d.begin(h, b, n, to)
			return
		}
		to.Take(b[:n], false)
		b = b[n:]
	}
	if h.skip > 0 && len(b) > 0 {
		d.consume(h, b, to)
	}
}

// begin keeps the start of a message of length n (0: not known yet).
func (d *Feeder) begin(h *Half, b []byte, n int, to Handler) {
	if len(b) >= BufferSize {
		d.cut(h, b, n, to)
		return
	}
	h.part = d.pool.get()
	if h.part == 0 {
		d.Counters.NoBuffer++
		d.Kill(h)
		return
	}
	d.pool.append(h.part, b)
	h.wants(n, len(b))
}

// fill adds to the partial message what it lacks, hands it out when it is
// whole, and returns what is left of b.
func (d *Feeder) fill(h *Half, b []byte, to Handler) []byte {
	have := d.pool.bytes(h.part)
	take := min(len(b), BufferSize-len(have))
	if h.known {
		take = min(take, int(h.need)-len(have))
	}
	have = d.pool.append(h.part, b[:take])
	if len(have) < int(h.need) {
		return b[take:]
	}
	n := to.Split(have)
	if n < 0 {
		d.Kill(h)
		return nil
	}
	if n == 0 || n > len(have) {
		if len(have) == BufferSize {
			d.cut(h, have, n, to)
			return b[take:]
		}
		h.wants(n, len(have))
		return b[take:]
	}
	to.Take(have[:n], false)
	d.release(&h.part)
	// What the buffer held beyond the message is the end of what b gave,
	// unless Split thinks otherwise than before of earlier bytes.
	if over := len(have) - n; over <= take {
		return b[take-over:]
	}
	d.Kill(h)
	return nil
}

// wants notes how long the partial message must become: n, if it is known.
func (h *Half) wants(n, have int) {
	h.known = n > 0
	h.need = uint32(have + 1)
	if n > 0 {
		h.need = uint32(min(n, BufferSize))
	}
}

// cut hands out the beginning of a message longer than a buffer and passes
// over the rest. Without a known length the direction is given up.
func (d *Feeder) cut(h *Half, b []byte, n int, to Handler) {
	to.Take(b[:min(len(b), BufferSize)], true)
	d.release(&h.part)
	if n <= 0 {
		d.Kill(h)
		return
	}
	h.skip = uint32(n - len(b))
}

// keepEarly holds a segment that came before its turn, or, when the window
// is full, gives up the hole before it.
func (d *Feeder) keepEarly(h *Half, seq uint32, b []byte, to Handler) {
	if h.early == 0 {
		h.early = d.pool.get()
	}
	if h.early != 0 && len(b) > 0 && d.pool.appendSegment(h.early, seq, b) {
		d.Counters.Reordered++
		return
	}
	if len(b) == 0 {
		return
	}
	// No room: what is held goes on from the lowest sequence number.
	d.hole(h, to)
	if h.early != 0 {
		first, _, _ := d.pool.lowest(h.early, h.next)
		h.next = first
		d.useEarly(h, to)
	}
	if h.state != open {
		return
	}
	if ahead := int32(seq - h.next); ahead > 0 {
		h.next = seq
	} else if -int(ahead) >= len(b) {
		return
	} else {
		b = b[-ahead:]
	}
	d.advance(h, b, 0, to)
}

// useEarly takes the held segments whose turn has come.
func (d *Feeder) useEarly(h *Half, to Handler) {
	for h.early != 0 && h.state == open {
		seq, b, at := d.pool.lowest(h.early, h.next)
		if b == nil {
			d.release(&h.early)
			return
		}
		ahead := int32(seq - h.next)
		if ahead > 0 {
			return
		}
		if -int(ahead) < len(b) {
			d.advance(h, b[-ahead:], 0, to)
		}
		if h.early != 0 {
			d.pool.used(h.early, at)
		}
	}
}

// hole gives up bytes that will not come: a partial message ends here, and
// the next byte is taken for the start of a message.
func (d *Feeder) hole(h *Half, to Handler) {
	if h.Gaps < 255 {
		h.Gaps++
	}
	d.Counters.Gaps++
	d.Flush(h, to)
	h.skip = 0
}

// Flush hands out the beginning of a message whose end will not come.
func (d *Feeder) Flush(h *Half, to Handler) {
	if h.part == 0 {
		return
	}
	to.Take(d.pool.bytes(h.part), true)
	d.release(&h.part)
}

// End flushes h and gives its buffers back: the connection is over.
func (d *Feeder) End(h *Half, to Handler) {
	d.Flush(h, to)
	d.Kill(h)
}

// Kill gives h up and its buffers back: nothing more of it is looked at.
func (d *Feeder) Kill(h *Half) {
	d.release(&h.part)
	d.release(&h.early)
	h.state, h.skip = dead, 0
}

func (d *Feeder) release(buffer *uint16) {
	if *buffer != 0 {
		d.pool.put(*buffer)
		*buffer = 0
	}
}
