// Package forward passes on what the hub knows to other products: SIEMs, XDRs
// and whatever else takes events.
//
// Each output reads the hub's log at its own pace. Its position is stored, and
// what it has not read is not trimmed: an output that is down delays nobody,
// misses nothing, and goes on where it was after a restart. Delivery is at
// least once, in the order of the log; each event has an id that stays the
// same when it is sent again, by which the far end can tell.
package forward

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"tyto/store"
	"tyto/tyto"
)

// Output sends events to one place. It neither queues nor retries: that is
// done once, for all. Its methods are called by one goroutine at a time.
type Output interface {
	// Send returns nil once the far end has taken all events, in their order,
	// or as much of a promise as its protocol gives. Any error means that they
	// will be sent again; a *Failure says which need not be. It returns soon
	// after ctx is done.
	Send(ctx context.Context, events []tyto.Event) error
	// Close gives back what the output holds.
	Close() error
}

// Answerer is an Output that can tell what the far end answered last, for a
// person who tests it.
type Answerer interface{ Answer() string }

// A Failure says what became of events that were not all taken.
type Failure struct {
	Err     error
	Sent    int           // so many of the first were taken
	Refused bool          // the one after them never will be: it is set aside, and the others go on
	After   time.Duration // the far end wants to be left alone for so long; 0 leaves it to us
}

// Error implements error.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap implements errors.Unwrap.
func (f *Failure) Unwrap() error { return f.Err }

// Memory is what a Forwarder needs of the store.
type Memory interface {
	store.Readers
	store.Devices
	store.Leases
}

// Config is how outputs are served.
type Config struct {
	Batch   int           // events sent at once
	Poll    time.Duration // how often the log is looked at when all was read
	Wait    time.Duration // after the first failure; doubled after each
	MaxWait time.Duration // the longest, also if the far end wants more
	Note    time.Duration // how often a position is noted while nothing passes the filter
}

// DefaultConfig looks twice a second, and tries at least every five minutes.
func DefaultConfig() Config {
	return Config{Batch: 500, Poll: 500 * time.Millisecond, Wait: time.Second, MaxWait: 5 * time.Minute, Note: 10 * time.Second}
}

// Deps is what a Forwarder works with.
type Deps struct {
	Memory Memory
	Clock  func() time.Time
	Log    *slog.Logger
	SiteOf func(zone string) string // the site of a zone; nil: there are none
}

// A Forwarder serves outputs.
type Forwarder struct {
	cfg  Config
	deps Deps
	all  []*pump
}

// New is a forwarder to some destinations, which are checked and opened.
func New(cfg Config, deps Deps, destinations []Destination) (*Forwarder, error) {
	f := &Forwarder{cfg: cfg, deps: deps}
	for i := range destinations {
		d := &destinations[i]
		out, err := d.Open()
		if err != nil {
			f.close()
			return nil, err
		}
		f.add(d, out)
	}
	return f, nil
}

func (f *Forwarder) add(d *Destination, out Output) {
	wanted := d.filter()
	wanted.siteOf = f.deps.SiteOf
	f.all = append(f.all, &pump{f: f, name: d.Name, to: d, out: out, filter: wanted, timeout: d.timeout(), keep: d.keep(), state: Status{Name: d.Name, To: d.product()}})
}

func (f *Forwarder) close() (err error) {
	for _, p := range f.all {
		err = errors.Join(err, p.out.Close())
	}
	return err
}

// Run serves all outputs until ctx is done, then closes them. Of hubs that
// share a store one does so at a time.
func (f *Forwarder) Run(ctx context.Context) error {
	err := store.Lead(ctx, f.deps.Memory, "forward", fmt.Sprintf("forward-%016x", rand.Uint64()), f.serve)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	return errors.Join(err, f.close())
}

func (f *Forwarder) serve(ctx context.Context) error {
	all, running := errgroup.WithContext(ctx)
	all.Go(func() error { return f.forget(running) })
	for _, p := range f.all {
		all.Go(func() error { return p.run(running) })
	}
	return all.Wait()
}

// forget drops the readers of outputs that are configured no more, as they
// would keep the log from being trimmed.
func (f *Forwarder) forget(ctx context.Context) error {
	readers, err := f.deps.Memory.ListReaders(ctx)
	if err != nil {
		return fmt.Errorf("forward: %w", err)
	}
	ours := map[string]bool{}
	for _, p := range f.all {
		ours[p.reader()] = true
	}
	for _, r := range readers {
		if len(r.Name) < len(readerPrefix) || r.Name[:len(readerPrefix)] != readerPrefix || ours[r.Name] {
			continue
		}
		f.deps.Log.InfoContext(ctx, "output is configured no more; what it had not read is forgotten", "output", r.Name[len(readerPrefix):])
		if err := f.deps.Memory.DropReader(ctx, r.Name); err != nil {
			return fmt.Errorf("forward: %w", err)
		}
	}
	return nil
}

// Drain waits until each output that works has read all of the log.
func (f *Forwarder) Drain(ctx context.Context) {
	for {
		newest, err := f.deps.Memory.Newest(ctx)
		behind := func(p *pump) bool { s := p.status(); return s.Active && !s.Failing && s.Position < newest }
		if err != nil || !slices.ContainsFunc(f.all, behind) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(f.cfg.Poll, 50*time.Millisecond)):
		}
	}
}

// Status tells how the outputs are, in the order of the configuration.
func (f *Forwarder) Status() []Status {
	all := make([]Status, len(f.all))
	for i, p := range f.all {
		all[i] = p.status()
	}
	return all
}

// ErrUnknown says that no destination has that name.
var ErrUnknown = errors.New("there is no destination of that name")

// Undelivered lists what a destination did not take, newest first.
func (f *Forwarder) Undelivered(ctx context.Context, name string, limit int) ([]store.Undelivered, error) {
	p, err := f.find(name)
	if err != nil {
		return nil, err
	}
	return f.deps.Memory.ListUndelivered(ctx, p.reader(), limit)
}

// Replay has a destination try again what it did not take, all of it without
// ids, and returns how many events that are. They go when it takes others.
func (f *Forwarder) Replay(ctx context.Context, name string, ids []int64) (int64, error) {
	p, err := f.find(name)
	if err != nil {
		return 0, err
	}
	return f.deps.Memory.Replay(ctx, p.reader(), ids)
}

// Test sends a destination one sample event, over a connection of its own,
// and returns what came back.
func (f *Forwarder) Test(ctx context.Context, name string, e tyto.Event) (answer string, err error) {
	p, err := f.find(name)
	if err != nil {
		return "", err
	}
	return p.to.Test(ctx, e)
}

func (f *Forwarder) find(name string) (*pump, error) {
	for _, p := range f.all {
		if p.name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("forward: %q: %w", name, ErrUnknown)
}

// Wants is what each destination's filter lets through, in words, by name.
func (f *Forwarder) Wants() map[string][]string {
	all := map[string][]string{}
	for _, p := range f.all {
		all[p.name] = p.to.wants()
	}
	return all
}

// ReaderOf is the name under which the store knows a destination.
func ReaderOf(name string) string { return readerPrefix + name }

// Status is how an output is.
type Status struct {
	Name     string    `json:"name"`
	To       string    `json:"to"`     // the product
	Active   bool      `json:"active"` // this process serves it
	Failing  bool      `json:"failing"`
	Error    string    `json:"error,omitempty"`  // the last one, also if it is over
	Remedy   string    `json:"remedy,omitempty"` // what can be done about it
	LastSent time.Time `json:"last_sent,omitzero"`
	Sent     uint64    `json:"sent"`     // events, since the start
	Refused  uint64    `json:"refused"`  // set aside, as the far end will never take them
	Expired  uint64    `json:"expired"`  // given up, as they got too old
	Failures uint64    `json:"failures"` // attempts
	Position int64     `json:"position"`
	Backlog  int64     `json:"backlog"` // log entries not read yet
}
