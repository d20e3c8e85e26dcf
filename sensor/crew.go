package sensor

import (
	"context"
	"sync/atomic"

	"tyto/capture"
	"tyto/observe"
	"tyto/tyto"
)

// A crew is several workers on one source: one goroutine reads and says whose
// each packet is, each worker takes its own out of the shared batch, and one
// goroutine publishes what they tell.
type crew struct {
	sensor  *Sensor
	ctx     context.Context // done when publishing has failed
	workers []*worker
	jobs    []chan *job
	ticks   []chan struct{}
	shared  []atomic.Pointer[Totals] // what each worker did, as of its last batch
	spare   chan *job
	load    pressure
	told    chan *observe.Batch
	empty   chan *observe.Batch
}

// A job is one batch of packets, and whose each is.
type job struct {
	batch    capture.Batch
	owner    []uint8
	captures []string
	pending  atomic.Int32
}

// jobsPerWorker is how far the reader may be ahead: enough to keep the
// workers busy, few enough to stay in the cache (a job is about 1 MiB).
const jobsPerWorker = 2

func newCrew(s *Sensor, ctx context.Context) *crew {
	n := s.config.Workers
	c := &crew{sensor: s, ctx: ctx, shared: make([]atomic.Pointer[Totals], n), spare: make(chan *job, jobsPerWorker*n+1),
		told: make(chan *observe.Batch, 4*n), empty: make(chan *observe.Batch, 8*n)}
	for range cap(c.spare) {
		c.spare <- new(job)
	}
	for range cap(c.empty) - n {
		c.empty <- observe.NewBatch(batchSize)
	}
	for range n {
		c.jobs = append(c.jobs, make(chan *job, cap(c.spare)))
		c.ticks = append(c.ticks, make(chan struct{}, 1))
		c.workers = append(c.workers, newWorker(&s.config, s.index, observe.NewBatch(batchSize), c.hand))
	}
	return c
}

// hand gives a full batch to the publisher, for an empty one.
func (c *crew) hand(b *observe.Batch) *observe.Batch {
	select {
	case c.told <- b:
	case <-c.ctx.Done():
		b.Reset()
		return b
	}
	select {
	case b = <-c.empty:
	case <-c.ctx.Done():
		b = observe.NewBatch(batchSize)
	}
	return b
}

// spread reads the source and deals the packets out, until ctx is done.
func (c *crew) spread(ctx context.Context) {
	defer func() {
		for _, jobs := range c.jobs {
			close(jobs)
		}
	}()
	var captures []string
	for more := true; more && ctx.Err() == nil && c.ctx.Err() == nil; {
		j := c.room()
		if j == nil {
			return
		}
		more = c.sensor.read(&j.batch)
		captures = c.sensor.names(captures)
		j.captures = captures
		c.sensor.keep(&j.batch, captures)
		j.owner = j.owner[:0]
		for i := range j.batch.Packets {
			j.owner = append(j.owner, uint8(spreadHash(&j.batch.Packets[i])%uint32(len(c.workers))))
		}
		j.pending.Store(int32(len(c.workers)))
		for _, jobs := range c.jobs {
			jobs <- j
		}
	}
}

// room is a job to fill, nil when the crew is at its end. Whether it had to be
// waited for tells how the workers keep up.
func (c *crew) room() *job {
	select {
	case j := <-c.spare:
		c.load.waited(false)
		return j
	default:
		c.load.waited(c.sensor.config.Shed)
	}
	select {
	case j := <-c.spare:
		return j
	case <-c.ctx.Done():
		return nil
	}
}

// work takes a worker's packets out of each job.
func (c *crew) work(w *worker, me uint8) {
	defer func() {
		w.finish()
		c.share(w, me)
	}()
	quiet := false
	for {
		select {
		case j, more := <-c.jobs[me]:
			if !more {
				return
			}
			c.do(w, me, j)
			quiet = false
		case <-c.ticks[me]:
			if quiet { // no packet came that would end a window
				w.flows.Windows()
			}
			quiet = true
			w.observer.Flush()
		}
	}
}

func (c *crew) do(w *worker, me uint8, j *job) {
	w.captures, w.level = j.captures, level(c.load.level.Load())
	w.take(j.batch.Packets, j.owner, me)
	if c.sensor.config.Live {
		w.observer.Flush()
		c.share(w, me)
	}
	if j.pending.Add(-1) == 0 {
		c.spare <- j
	}
}

// share lets health see what a worker did.
func (c *crew) share(w *worker, me uint8) {
	t := w.totals()
	c.shared[me].Store(&t)
}

func (c *crew) publish(publish func([]tyto.Event) error) error {
	for {
		select {
		case b, more := <-c.told:
			if !more {
				return c.last(publish)
			}
			if err := publish(c.sensor.number(b.Events)); err != nil {
				return err
			}
			b.Reset()
			select {
			case c.empty <- b:
			default:
			}
		case events := <-c.sensor.config.Beside:
			if err := publish(c.sensor.number(c.sensor.named(events))); err != nil {
				return err
			}
		}
	}
}

// last is what others told before the end.
func (c *crew) last(publish func([]tyto.Event) error) error {
	for len(c.sensor.config.Beside) > 0 {
		if err := publish(c.sensor.number(c.sensor.named(<-c.sensor.config.Beside))); err != nil {
			return err
		}
	}
	return c.sensor.after(publish)
}
