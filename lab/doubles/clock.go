package doubles

import (
	"sync"
	"time"
)

// A Clock stands still until a test has time pass.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// ClockAt is a clock that shows a time.
func ClockAt(t time.Time) *Clock { return &Clock{at: t} }

// Now is the time that it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Pass has time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
