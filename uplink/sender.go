package uplink

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// A Link brings a batch to the hub.
type Link interface {
	// Send returns nil once the hub has the batch for good. A *RefusedError
	// says that the hub will never take it as it is; any other error that it
	// is to be sent again.
	Send(ctx context.Context, b *Batch) error
}

// A RefusedError says that the hub will never take a batch as it is.
type RefusedError struct {
	Reason string
}

// Error implements error.
func (e *RefusedError) Error() string { return "uplink: the hub refuses a batch: " + e.Reason }

// A RetryError asks to wait before a batch is sent again.
type RetryError struct {
	After  time.Duration // 0: as long as seems right
	Reason string
	// Hint is set if it will not get better by itself.
	Hint string
}

// Error implements error.
func (e *RetryError) Error() string {
	if e.Hint != "" {
		return "uplink: " + e.Reason + ": " + e.Hint
	}
	return "uplink: " + e.Reason
}

// How long is waited after failures: it doubles from the shortest on.
const (
	shortestWait = time.Second
	longestWait  = 30 * time.Second
	mostWait     = 10 * time.Minute // if the hub asks for it
	inFlight     = 4
)

// A Sender brings a spool's batches to the hub.
type Sender struct {
	spool  *Spool
	link   Link
	log    *slog.Logger
	jitter func() float64 // from 0 to 1

	shortest, longest time.Duration // waits after failures

	mu       sync.Mutex // guards what follows
	failures int
	until    time.Time     // of the timer's clock: nobody sends before
	probing  bool          // after a failure one tries, for all
	changed  chan struct{} // closed when one of these changes
}

// NewSender is a sender. It starts nothing.
func NewSender(s *Spool, l Link, log *slog.Logger) *Sender {
	return &Sender{spool: s, link: l, log: log, jitter: rand.Float64, shortest: shortestWait, longest: longestWait, changed: make(chan struct{})}
}

// Run sends until ctx is done. The error is that of a spool that is damaged.
func (s *Sender) Run(ctx context.Context) error {
	var all sync.WaitGroup
	errs := make(chan error, inFlight)
	ctx, end := context.WithCancel(ctx)
	defer end()
	for range inFlight {
		all.Go(func() {
			errs <- s.work(ctx)
			end()
		})
	}
	all.Wait()
	close(errs)
	var first error
	for err := range errs {
		if first == nil && err != nil && !errors.Is(err, context.Canceled) {
			first = err
		}
	}
	return first
}

// work sends one batch after the other.
func (s *Sender) work(ctx context.Context) error {
	for {
		b, err := s.spool.Take(ctx)
		if err != nil {
			return err
		}
		if err := s.wait(ctx); err != nil {
			return err
		}
		s.spool.cfg.Step("before-send")
		err = s.link.Send(ctx, &b)
		s.spool.cfg.Step("after-send")
		var refused *RefusedError
		switch {
		case err == nil:
			s.succeeded(ctx)
			s.spool.Ack(b)
		case errors.As(err, &refused):
			s.succeeded(ctx)
			s.log.ErrorContext(ctx, "the hub refuses a batch; it is kept and tried again after the next start", "sequence", b.Seq, "events", b.Events, "err", err)
			if err := s.spool.Refuse(ctx, b); err != nil {
				return err
			}
		default:
			s.failed(ctx, err) // first, or another sends it at once
			s.spool.Release(b)
		}
	}
}

// wait waits until sending makes sense again.
func (s *Sender) wait(ctx context.Context) error {
	for {
		s.mu.Lock()
		left, changed := time.Until(s.until), s.changed
		if left <= 0 && !s.probing {
			s.probing = s.failures > 0
			s.mu.Unlock()
			return ctx.Err()
		}
		s.mu.Unlock()
		t := time.NewTimer(max(left, time.Millisecond))
		if left <= 0 {
			t.Stop() // until the one that tries has done so
		}
		select {
		case <-t.C:
		case <-changed:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
		t.Stop()
	}
}

// settle notes how a sending went. The lock is held.
func (s *Sender) settle(failures int, until time.Time) {
	s.failures, s.until, s.probing = failures, until, false
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Sender) succeeded(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures == 0 {
		return
	}
	s.log.InfoContext(ctx, "the hub takes events again")
	s.settle(0, time.Time{})
}

// failed makes all wait. Those in flight with it fail with it: that counts once.
func (s *Sender) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	s.spool.failure()
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Until(s.until) > 0 {
		return
	}
	wait := s.pause(err)
	if s.failures == 0 {
		s.log.WarnContext(ctx, "the hub does not take events; they are kept, and sending is tried on", "retry_in", wait, "err", err)
	}
	s.settle(s.failures+1, time.Now().Add(wait))
}

// pause is how long to wait after a failure: longer each time, never quite the
// same, and not less than the hub asks for.
func (s *Sender) pause(err error) time.Duration {
	wait := min(s.longest, s.shortest<<min(s.failures, 10))
	wait = wait/2 + time.Duration(s.jitter()*float64(wait)/2)
	var retry *RetryError
	if errors.As(err, &retry) && retry.After > 0 {
		wait = max(wait, min(retry.After, mostWait)+time.Duration(s.jitter()*float64(shortestWait)))
	}
	return wait
}

// failure counts a sending that failed.
func (s *Spool) failure() {
	s.mu.Lock()
	s.counted.failures++
	s.mu.Unlock()
}
