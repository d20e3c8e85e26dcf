package outbound

import (
	"context"
	"time"
)

// A Limit is how many questions an API takes in a time.
type Limit struct {
	Calls int
	In    time.Duration
}

// A Pace keeps several limits at once. It belongs to one goroutine at a time.
type Pace struct {
	clock  func() time.Time
	limits []Limit
	past   []time.Time // of the calls within the longest limit, in order
}

// NewPace keeps limits by a clock.
func NewPace(clock func() time.Time, limits ...Limit) *Pace {
	return &Pace{clock: clock, limits: limits}
}

// Take counts one more call if it is within all limits, else it says how long
// until it is.
func (p *Pace) Take() time.Duration {
	d := p.due()
	if d <= 0 {
		p.past = append(p.past, p.clock())
	}
	return max(d, 0)
}

// Wait waits until one more call is within all limits, and counts it.
func (p *Pace) Wait(ctx context.Context) error {
	for {
		d := p.Take()
		if d == 0 {
			return ctx.Err()
		}
		t := time.NewTimer(d)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// due is how long until a call is within all limits.
func (p *Pace) due() (d time.Duration) {
	now, longest := p.clock(), 0
	for _, l := range p.limits {
		longest = max(longest, l.Calls)
		if n := len(p.past); n >= l.Calls {
			d = max(d, l.In-now.Sub(p.past[n-l.Calls]))
		}
	}
	if n := len(p.past) - longest; n > 0 {
		p.past = append(p.past[:0], p.past[n:]...)
	}
	return d
}
