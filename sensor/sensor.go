// Package sensor is the sensor: packets from a source go through decode,
// flow, stream, dissectors and observe, and come out as events. A worker owns
// all that a packet touches; what it has to tell goes over one channel.
package sensor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tyto/capture"
	"tyto/frame"
	"tyto/observe"
	"tyto/proto"
	"tyto/tyto"
)

// Config is how a sensor works.
type Config struct {
	Name          string        // as its events carry it
	Zone          string        // the zone of all its interfaces
	Workers       int           // goroutines for the packet path; 1 does everything in one
	Window        time.Duration // how often a conversation that goes on is reported, in capture time
	Conversations int           // most conversations kept at a time, per worker
	Buffers       int           // 16 KiB buffers for streams, per worker
	Remember      int           // facts that a worker remembers to have told
	// Live hands events on at once rather than when a batch is full, and
	// tells health every HealthEvery. For what goes on, not for files.
	Live  bool
	Clock func() time.Time // for when health is told; needed if Live
	// Shed gives up contents of conversations when packets come faster than
	// they can be looked into; else the source waits. For interfaces, which cannot.
	Shed     bool
	Progress func([]capture.Info)
	// Keep is given all packets, with the names of the interfaces by Source;
	// they are valid during the call, and the reader waits for it.
	Keep func(all []frame.Packet, names []string)
	// Beside is events of what others tell of, which are told with this
	// sensor's name, in live mode; nil if there are none.
	Beside <-chan []tyto.Event
	// After tells what others tell of when the source has ended, not in live
	// mode; nil if there is nothing.
	After  func(publish func([]tyto.Event) error) error
	Failed func(Failure)                                     // is told what this program failed on; called by workers
	Spy    func(*frame.Frame, *proto.Dissector, *proto.Sink) // sees each message told; for tests; one worker only
}

// DefaultConfig is a sensor with one worker.
func DefaultConfig() Config {
	return Config{Name: "sensor", Zone: "default", Workers: 1, Window: time.Minute, Conversations: 500_000, Buffers: 4096, Remember: 1 << 17}
}

// maxErrors is how many errors of the input are remembered.
const maxErrors = 1000

// batchSize is how many events are handed on at a time.
const batchSize = 256

// A Sensor reads one source.
type Sensor struct {
	config Config
	source capture.Source
	index  *proto.Index
	seq    uint64
	clock  int64 // latest time of a packet so far
	errs   []error
	totals Totals
}

// New is a sensor that reads a source. It starts nothing.
func New(c Config, source capture.Source) *Sensor {
	return &Sensor{config: c, source: source, index: proto.NewIndex(proto.All())}
}

// Run reads the source to its end, or until the context is done, and gives
// all events to publish, from one goroutine, in batches that are valid during
// the call: also, at the end, what conversations are still open. It returns the first error of publish. Errors of the input do not
// end it; see Errors.
func (s *Sensor) Run(ctx context.Context, publish func([]tyto.Event) error) error {
	if s.config.Workers <= 1 && !s.config.Live {
		return s.alone(ctx, publish)
	}
	return s.together(ctx, publish)
}

// Errors is what was wrong with the input.
func (s *Sensor) Errors() []error { return s.errs }

// Totals is what the workers did, when Run has returned.
func (s *Sensor) Totals() Totals { return s.totals }

// alone is the whole path in this goroutine.
func (s *Sensor) alone(ctx context.Context, publish func([]tyto.Event) error) error {
	defer s.closeWith(ctx)()
	var failed error
	var w *worker
	w = newWorker(&s.config, s.index, observe.NewBatch(batchSize), func(b *observe.Batch) *observe.Batch {
		if failed == nil {
			w.guard.away = true
			failed = publish(s.number(b.Events))
			w.guard.away = false
		}
		b.Reset()
		return b
	})
	var b capture.Batch
	for failed == nil && ctx.Err() == nil {
		more := s.read(&b)
		w.captures = s.names(w.captures)
		s.keep(&b, w.captures)
		w.take(b.Packets, nil, 0)
		if !more {
			break
		}
	}
	w.finish()
	s.totals.add(w.totals())
	if failed != nil {
		return failed
	}
	return s.after(publish)
}

// after is what others tell of when the source has ended.
func (s *Sensor) after(publish func([]tyto.Event) error) error {
	if s.config.After == nil || s.config.Live {
		return nil
	}
	return s.config.After(func(events []tyto.Event) error { return publish(s.number(s.named(events))) })
}

// named puts the sensor's name on events that others told of.
func (s *Sensor) named(events []tyto.Event) []tyto.Event {
	for i := range events {
		e := &events[i]
		e.Sensor = s.config.Name
		switch {
		case e.Observation != nil:
			e.Observation.Evidence.Sensor = s.config.Name
		case e.Act != nil:
			e.Act.Evidence.Sensor = s.config.Name
		case e.Conversation != nil:
			e.Conversation.Evidence.Sensor = s.config.Name
		}
	}
	return events
}

// closeWith closes the source when the context is done, so that a Read that
// waits for packets returns.
func (s *Sensor) closeWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { s.source.Close() })
}

// read fills the batch and reports whether there may be more.
func (s *Sensor) read(b *capture.Batch) bool {
	b.Packets = b.Packets[:0]
	err := s.source.Read(b)
	for i := range b.Packets {
		s.clock = max(s.clock, b.Packets[i].Time)
		b.Packets[i].Clock = s.clock
	}
	if s.config.Progress != nil {
		s.config.Progress(s.source.Captures())
	}
	if errors.Is(err, io.EOF) {
		return false
	}
	if err != nil && len(s.errs) < maxErrors {
		s.errs = append(s.errs, err)
	}
	return true
}

func (s *Sensor) keep(b *capture.Batch, names []string) {
	if s.config.Keep != nil {
		s.config.Keep(b.Packets, names)
	}
}

// number gives the events their place in what this sensor says.
func (s *Sensor) number(events []tyto.Event) []tyto.Event {
	for i := range events {
		s.seq++
		events[i].Seq, events[i].Zone = s.seq, s.config.Zone
	}
	return events
}

// names is the names of the source's captures; known ones are not made again.
func (s *Sensor) names(known []string) []string {
	all := s.source.Captures()
	if len(all) == len(known) {
		return known
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return names
}

// finish reports what the worker still holds.
func (w *worker) finish() {
	w.flows.Close()
	w.observer.Flush()
}

// together spreads the packets over workers by their addresses. When ctx is
// done the source ends, and what the workers hold is still published; only
// an error of publish leaves it.
func (s *Sensor) together(ctx context.Context, publish func([]tyto.Event) error) error {
	all, abort := errgroup.WithContext(context.WithoutCancel(ctx))
	defer s.closeWith(ctx)()
	defer s.closeWith(abort)()
	c := newCrew(s, abort)
	all.Go(func() error { return c.publish(publish) })
	var working sync.WaitGroup
	for i, w := range c.workers {
		working.Add(1)
		all.Go(func() error {
			defer working.Done()
			c.work(w, uint8(i))
			return nil
		})
	}
	all.Go(func() error { c.spread(ctx); return nil })
	all.Go(func() error {
		if s.config.Live {
			c.tick(working.Wait)
		}
		working.Wait()
		close(c.told)
		return nil
	})
	err := all.Wait()
	for _, w := range c.workers {
		s.totals.add(w.totals())
	}
	if err != nil {
		return fmt.Errorf("sensor: %w", err)
	}
	return nil
}
