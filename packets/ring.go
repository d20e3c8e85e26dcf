// Package packets keeps the most recent packets on disk, in files of pcapng
// that any program reads, so that an alert can show what it was raised for.
//
// The packet path is never held up: what comes while the disk is behind is
// not kept, and counted.
package packets

import (
	"errors"
	"fmt"
	"sync"

	"tyto/capture"
	"tyto/frame"
)

// Config is how much is kept, and where.
type Config struct {
	Dir     string // made if it is not there, for its owner only
	Bytes   int64  // of all files together; the oldest go
	Segment int64  // of one file; a 64th of Bytes by default
}

// Bounds of a Config.
const (
	MinBytes    = 16 << 20
	minSegment  = 256 << 10
	bufferBytes = 1 << 20
	buffers     = 4
)

// A Ring is the packets that are kept. Keep belongs to one goroutine; the
// rest may be used from any.
type Ring struct {
	config Config
	free   chan *buffer
	full   chan *buffer
	ended  chan struct{}

	mu      sync.Mutex // guards what follows
	closed  bool
	now     *buffer // that is being filled; nil when none is free
	segment open    // that it belongs to
	stats   Stats

	files files
}

// Stats is what a ring did.
type Stats struct {
	Kept   uint64 `json:"kept"`   // packets
	Missed uint64 `json:"missed"` // packets that came while the disk was behind, full or failing
	Bytes  int64  `json:"bytes"`  // on disk
	Oldest int64  `json:"oldest"` // time of the oldest packet, nanoseconds since 1970; 0 without any
	Newest int64  `json:"newest"`
	Error  string `json:"error,omitempty"` // of the last write, "" if it went well
}

// open is the segment that is being encoded.
type open struct {
	writer *capture.NGWriter
	bytes  int64
	number uint64
}

// span is the time of the earliest packet and of the latest.
type span struct{ first, last int64 }

func (s *span) widen(at int64, empty bool) {
	if empty || at < s.first {
		s.first = at
	}
	if empty || at > s.last {
		s.last = at
	}
}

// A buffer is encoded packets of one segment.
type buffer struct {
	b       []byte
	segment uint64
	packets uint64
	span
	ends bool // its segment
	done chan struct{}
}

// Write implements io.Writer, for the encoder.
func (x *buffer) Write(b []byte) (int, error) {
	x.b = append(x.b, b...)
	return len(b), nil
}

// Open opens a ring; what an earlier one left in its folder is part of it.
func Open(c Config) (*Ring, error) {
	if c.Dir == "" || c.Bytes < MinBytes {
		return nil, fmt.Errorf("packets: folder %q, %d bytes: want a folder, and at least %d bytes", c.Dir, c.Bytes, MinBytes)
	}
	if c.Segment <= 0 {
		c.Segment = max(c.Bytes/64, minSegment)
	}
	r := &Ring{config: c, free: make(chan *buffer, buffers), full: make(chan *buffer, buffers), ended: make(chan struct{})}
	if err := r.files.read(c); err != nil {
		return nil, err
	}
	for range buffers {
		r.free <- &buffer{b: make([]byte, 0, bufferBytes+bufferBytes/8)}
	}
	go r.write()
	return r, nil
}

// Keep keeps copies of packets. names is the interfaces' names, by Source.
// A nil ring keeps nothing.
func (r *Ring) Keep(all []frame.Packet, names []string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range all {
		if !r.room() {
			r.stats.Missed += uint64(len(all) - i)
			return
		}
		r.keep(&all[i], names)
	}
}

// room makes sure that there is a buffer to fill; false if there is none.
func (r *Ring) room() bool {
	if r.closed {
		return false
	}
	if r.now != nil && (len(r.now.b) >= bufferBytes || r.segment.bytes >= r.config.Segment) {
		r.hand()
	}
	if r.now != nil {
		return true
	}
	select {
	case r.now = <-r.free:
		r.now.b, r.now.packets, r.now.ends, r.now.done = r.now.b[:0], 0, false, nil
		return true
	default:
		return false
	}
}

func (r *Ring) keep(p *frame.Packet, names []string) {
	before := len(r.now.b)
	if r.segment.writer == nil {
		r.segment = open{number: r.segment.number + 1}
		r.segment.writer, _ = capture.NewNGWriter(r.now) // a buffer takes all
	}
	r.segment.writer.Into(r.now)
	r.now.segment = r.segment.number
	name := ""
	if int(p.Source) < len(names) {
		name = names[p.Source]
	}
	if err := r.segment.writer.Remark(p, name, ""); err != nil {
		r.stats.Missed++
		return
	}
	r.now.widen(p.Time, r.now.packets == 0)
	r.now.packets++
	r.segment.bytes += int64(len(r.now.b) - before)
	r.stats.Kept++
}

// hand gives the buffer to the writer; a segment that is long enough ends with it.
func (r *Ring) hand() {
	if r.segment.bytes >= r.config.Segment {
		r.now.ends, r.segment.writer = true, nil
	}
	r.full <- r.now // there is room for all buffers that exist
	r.now = nil
}

// write writes buffers to files, until the ring is closed.
func (r *Ring) write() {
	defer close(r.ended)
	for x := range r.full {
		err := r.files.write(x)
		r.mu.Lock()
		r.stats.Error = ""
		if err != nil {
			r.stats.Error = err.Error()
			r.stats.Missed += x.packets
			r.stats.Kept -= x.packets
			r.lose(x.segment)
		}
		r.mu.Unlock()
		if x.done != nil {
			close(x.done)
		}
		r.free <- x
	}
	r.files.end()
}

// lose gives up a segment of which a part could not be written, so that what
// follows is readable by itself.
func (r *Ring) lose(segment uint64) {
	if r.segment.number != segment {
		return
	}
	r.segment.writer = nil
	if r.now != nil { // it would follow on what is lost
		r.stats.Missed += r.now.packets
		r.stats.Kept -= r.now.packets
		r.now.b, r.now.packets = r.now.b[:0], 0
	}
}

// flush brings what was kept so far to the files.
func (r *Ring) flush() {
	r.mu.Lock()
	if r.closed || r.now == nil || len(r.now.b) == 0 {
		r.mu.Unlock()
		return
	}
	done := make(chan struct{})
	r.now.done = done
	r.hand()
	r.mu.Unlock()
	<-done
}

// Stats is what the ring did so far.
func (r *Ring) Stats() Stats {
	r.mu.Lock()
	s := r.stats
	r.mu.Unlock()
	r.files.stats(&s)
	return s
}

// Close writes the rest.
func (r *Ring) Close() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	if r.now != nil && len(r.now.b) > 0 {
		r.hand()
	}
	close(r.full)
	r.mu.Unlock()
	<-r.ended
	if e := r.Stats().Error; e != "" {
		return errors.New("packets: " + e)
	}
	return nil
}
