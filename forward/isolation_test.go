package forward

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"tyto/lab/doubles"
	"tyto/store"
	"tyto/tyto"
)

// slowest notes how old events are when they are sent.
type slowest struct {
	mu   sync.Mutex
	ages []time.Duration
}

func (o *slowest) Send(_ context.Context, events []tyto.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	for i := range events {
		o.ages = append(o.ages, now.Sub(events[i].Time))
	}
	return nil
}

func (o *slowest) Close() error { return nil }

// hanging answers never.
type hanging struct{}

func (hanging) Send(ctx context.Context, _ []tyto.Event) error { <-ctx.Done(); return ctx.Err() }
func (hanging) Close() error                                   { return nil }

// BenchmarkFourWhileTheFifthHangs says how long events take to four
// destinations, alone and beside a fifth that hangs.
func BenchmarkFourWhileTheFifthHangs(b *testing.B) {
	for b.Loop() {
		alone := p99(b, false)
		beside := p99(b, true)
		b.ReportMetric(float64(alone.Microseconds())/1000, "p99-alone-ms")
		b.ReportMetric(float64(beside.Microseconds())/1000, "p99-beside-ms")
		b.ReportMetric(float64(beside)/float64(alone), "ratio")
	}
}

func p99(b *testing.B, fifth bool) time.Duration {
	x := newBench(b)
	x.Clock = doubles.ClockAt(time.Now())
	f := &Forwarder{cfg: Config{Batch: 500, Poll: 5 * time.Millisecond, Wait: time.Second, MaxWait: time.Minute, Note: time.Second},
		deps: Deps{Memory: x.store, Clock: time.Now, Log: slog.New(slog.DiscardHandler)}}
	var four []*slowest
	for i := range 4 {
		o := &slowest{}
		four = append(four, o)
		f.add(&Destination{Name: fmt.Sprint("d", i)}, o)
	}
	if fifth {
		f.add(&Destination{Name: "hangs", Timeout: 2 * time.Second}, hanging{})
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	x.eventually("they have begun", func() bool { all, _ := x.store.ListReaders(ctx); return len(all) == len(f.all) })
	const batches, each = 400, 20
	tick := time.NewTicker(5 * time.Millisecond)
	for n := range batches {
		<-tick.C
		events := make([]tyto.Event, each)
		for i := range events {
			events[i] = alert(n*each + i)
			events[i].Time = time.Now()
		}
		x.seq++
		if _, _, err := x.store.Append(ctx, store.Batch{Zone: "z", Sensor: "s", Epoch: 1, Seq: x.seq, Events: events, Received: time.Now()}); err != nil {
			b.Fatal(err)
		}
	}
	tick.Stop()
	var ages []time.Duration
	for _, o := range four {
		x.eventually("all are sent", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return len(o.ages) == batches*each })
		ages = append(ages, o.ages...)
	}
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	slices.Sort(ages)
	return ages[len(ages)*99/100]
}
