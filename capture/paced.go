package capture

import (
	"io"
	"sync"
	"time"
)

const (
	paceTick    = 10 * time.Millisecond // packets due so soon are handed out together
	longestWait = 5 * time.Second       // a longer silence is shortened to this
	paceBytes   = 1 << 20               // handed out at once, whatever is due
)

// A Clock is the time that Paced goes by.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

type systemClock struct{}

// Now implements Clock.
func (systemClock) Now() time.Time { return time.Now() }

// After implements Clock.
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// paced is a Source that hands out the packets of another when their time has come.
type paced struct {
	source Source
	speed  float64
	clock  Clock
	stop   chan struct{}
	once   sync.Once
	in     Batch
	at     int       // packets of in that were handed out
	err    error     // that came with in
	start  time.Time // on the clock
	first  int64     // the packet time that it stands for
	last   int64
}

var _ Source = (*paced)(nil)

// Paced replays a Source at its own times, speed times as fast; as fast as
// it goes if speed is not positive. Packets keep their times. A silence is at
// most five seconds long on the clock, and when times jump back, as they do
// from one file to an older one, the pace goes on from there. The clock is the
// system's if nil.
func Paced(s Source, speed float64, clock Clock) Source {
	if !(speed > 0) {
		return s
	}
	if clock == nil {
		clock = systemClock{}
	}
	return &paced{source: s, speed: speed, clock: clock, stop: make(chan struct{})}
}

// Read implements Source.
func (s *paced) Read(b *Batch) error {
	b.Packets, b.Memory = b.Packets[:0], b.Memory[:0]
	for s.at == len(s.in.Packets) {
		if s.err != nil {
			err := s.err
			s.err = nil
			return err
		}
		if s.stopped() {
			return io.EOF
		}
		s.at, s.err = 0, s.source.Read(&s.in)
	}
	if !s.wait(s.in.Packets[s.at].Time) {
		return io.EOF
	}
	until := s.clock.Now().Add(paceTick)
	for s.at < len(s.in.Packets) && len(b.Memory) < paceBytes {
		p := s.in.Packets[s.at]
		if p.Time < s.last || s.due(p.Time).After(until) {
			break
		}
		s.last = p.Time
		b.Memory = append(b.Memory, p.Data...)
		b.Packets = append(b.Packets, p)
		s.at++
	}
	place(b)
	return nil
}

// place points the packets to the batch's own memory, once that has stopped
// growing.
func place(b *Batch) {
	at := 0
	for i := range b.Packets {
		p := &b.Packets[i]
		n := len(p.Data)
		p.Data = b.Memory[at : at+n : at+n]
		at += n
	}
}

// due is when the clock shows the time of a packet.
func (s *paced) due(t int64) time.Time {
	return s.start.Add(time.Duration(float64(t-s.first) / s.speed))
}

// wait sleeps until a packet is due; false after Close. Packets that are a
// little out of order do not move the start.
func (s *paced) wait(t int64) bool {
	now := s.clock.Now()
	switch {
	case s.start.IsZero() || t < s.last-int64(time.Second):
		s.start, s.first, s.last = now, t, t
	case s.due(t).Sub(now) > longestWait:
		s.start, s.first = now.Add(longestWait), t
	}
	s.last = min(s.last, t)
	d := s.due(t).Sub(now)
	if d <= 0 {
		return !s.stopped()
	}
	select {
	case <-s.clock.After(d):
		return true
	case <-s.stop:
		return false
	}
}

func (s *paced) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// Captures implements Source. It tells what was read, a little ahead of what
// was handed out.
func (s *paced) Captures() []Info { return s.source.Captures() }

// Close implements Source. A Read that waits returns io.EOF.
func (s *paced) Close() error {
	s.once.Do(func() { close(s.stop) })
	return s.source.Close()
}
