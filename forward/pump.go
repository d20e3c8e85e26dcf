package forward

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"tyto/outbound"
	"tyto/store"
	"tyto/tyto"
)

// readerPrefix tells our readers from others' in the store.
const readerPrefix = "forward "

// pump moves events from the log to one output.
type pump struct {
	f       *Forwarder
	name    string
	to      *Destination
	out     Output
	filter  filter
	timeout time.Duration
	keep    time.Duration

	position, noted int64
	notedAt         time.Time
	newest          time.Time // when the newest entry of what is under way was logged

	mu    sync.Mutex // guards what follows
	state Status
}

func (p *pump) reader() string { return readerPrefix + p.name }

func (p *pump) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

func (p *pump) tell(change func(*Status)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.state)
}

// run serves until ctx is done; what is wrong with the store may pass.
func (p *pump) run(ctx context.Context) error {
	p.tell(func(s *Status) { s.Active = true })
	defer p.tell(func(s *Status) { s.Active = false })
	for try := 0; ; try++ {
		err := p.serve(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.fail(ctx, err)
		if err := p.wait(ctx, p.backoff(try, 0)); err != nil {
			return err
		}
	}
}

func (p *pump) serve(ctx context.Context) error {
	if err := p.start(ctx); err != nil {
		return err
	}
	for {
		events, position, err := p.next(ctx)
		if err != nil {
			return err
		}
		if err := p.deliver(ctx, events); err != nil {
			return err
		}
		if err := p.again(ctx); err != nil {
			return err
		}
		idle := position == p.position
		p.position = position
		if err := p.note(ctx, len(events) > 0); err != nil {
			return err
		}
		if idle {
			if err := p.wait(ctx, p.f.cfg.Poll); err != nil {
				return err
			}
		}
	}
}

// start finds where the output was. A new one begins at the end of the log,
// and is told of all devices first.
func (p *pump) start(ctx context.Context) error {
	memory := p.f.deps.Memory
	r, found, err := memory.Reader(ctx, p.reader())
	if err != nil {
		return err
	}
	if !found {
		if r.Position, err = memory.Newest(ctx); err != nil {
			return err
		}
		if err := p.introduce(ctx); err != nil {
			return err
		}
	}
	p.position, p.noted, p.notedAt = r.Position, -1, time.Time{}
	return p.note(ctx, true)
}

// introduce tells a new output of the devices that are known. If it is
// interrupted it begins anew.
func (p *pump) introduce(ctx context.Context) error {
	if !p.filter.kinds[tyto.KindDevice] {
		return nil
	}
	p.newest = p.f.deps.Clock()
	var ids []string
	q := store.DeviceQuery{Window: store.Window{Sort: "first_seen"}, Zone: p.filter.zoneList}
	err := p.f.deps.Memory.EachDevice(ctx, q, func(r store.DeviceRow) error {
		ids = append(ids, r.ID)
		return nil
	})
	if err != nil {
		return err
	}
	var events []tyto.Event
	for i, id := range ids {
		row, device, err := p.f.deps.Memory.Device(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) { // merged meanwhile
			return err
		}
		if err == nil {
			if e := store.DeviceNews(&store.DeviceRecord{Row: row, Device: device}).Event; p.filter.wants(&e) {
				events = append(events, e)
			}
		}
		if len(events) == p.f.cfg.Batch || i == len(ids)-1 {
			if err := p.deliver(ctx, events); err != nil {
				return err
			}
			events = events[:0]
		}
	}
	return nil
}

// errEnough ends a reading of the log.
var errEnough = errors.New("enough")

// maxEntries bounds what is read at once while the filter wants little.
const maxEntries = 1000

// next is what the output is to be told next, and the position after it.
func (p *pump) next(ctx context.Context) (events []tyto.Event, position int64, err error) {
	position = p.position
	entries, failing, now := 0, p.status().Failing, p.f.deps.Clock()
	var expired []tyto.Event
	err = p.f.deps.Memory.Follow(ctx, position, func(e store.Entry) error {
		old := failing && now.Sub(e.Received) > p.keep // a hanging far end would take too long to give them up one by one
		for i := range e.Events {
			e.Events[i].Zone = cmp.Or(e.Events[i].Zone, e.Zone)
			switch wanted := p.filter.wants(&e.Events[i]); {
			case wanted && old:
				expired = append(expired, e.Events[i])
			case wanted:
				events = append(events, e.Events[i])
			}
		}
		position, p.newest = e.Position, e.Received
		if entries++; len(events) >= p.f.cfg.Batch || entries >= maxEntries {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, p.position, err
	}
	return events, position, p.expire(ctx, expired)
}

// note stores the position: always after a delivery, else now and then.
func (p *pump) note(ctx context.Context, always bool) error {
	newest, err := p.f.deps.Memory.Newest(ctx)
	if err != nil {
		return err
	}
	p.tell(func(s *Status) { s.Position, s.Backlog = p.position, max(0, newest-p.position) })
	now := p.f.deps.Clock()
	if p.position == p.noted || !always && now.Sub(p.notedAt) < p.f.cfg.Note {
		return nil
	}
	if err := p.f.deps.Memory.PutReader(ctx, store.Reader{Name: p.reader(), Position: p.position, Moved: now}); err != nil {
		return err
	}
	p.noted, p.notedAt = p.position, now
	return nil
}

// deliver sends until all events are taken, set aside, or too old.
func (p *pump) deliver(ctx context.Context, events []tyto.Event) error {
	for try := 0; len(events) > 0; try++ {
		err := p.send(ctx, events)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			p.sent(ctx, len(events))
			return nil
		}
		var f *Failure
		if !errors.As(err, &f) {
			f = &Failure{Err: err}
		}
		if n := min(max(f.Sent, 0), len(events)); n > 0 {
			events, try = events[n:], 0
			p.tell(func(s *Status) { s.Sent += uint64(n); s.LastSent = p.f.deps.Clock() })
		}
		if f.Refused && len(events) > 0 {
			if err := p.setAside(ctx, &events[0], f); err != nil {
				return err
			}
			events = events[1:]
			p.answers(ctx) // it does not fail
			continue
		}
		p.fail(ctx, err)
		if p.f.deps.Clock().Sub(p.newest) > p.keep && len(events) > 0 {
			return p.expire(ctx, events)
		}
		if err := p.wait(ctx, p.backoff(try, f.After)); err != nil {
			return err
		}
	}
	return nil
}

// send tries once. A panic of a format is the event's fault, and no reason to
// take the hub down.
func (p *pump) send(ctx context.Context, events []tyto.Event) (err error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("forward: %s: panic: %v", p.name, r)
		}
	}()
	return p.out.Send(ctx, events)
}

func (p *pump) sent(ctx context.Context, n int) {
	p.tell(func(s *Status) { s.Sent += uint64(n); s.LastSent = p.f.deps.Clock() })
	p.answers(ctx)
}

// answers notes that the far end took or refused events.
func (p *pump) answers(ctx context.Context) {
	was := false
	p.tell(func(s *Status) { was, s.Failing = s.Failing, false })
	if was {
		p.f.deps.Log.InfoContext(ctx, "output takes events again", "output", p.name)
	}
}

// fail notes a failure, and logs the first of several.
func (p *pump) fail(ctx context.Context, err error) {
	was := false
	text := outbound.Clean(err.Error(), outbound.MaxReason)
	p.tell(func(s *Status) {
		was, s.Failing = s.Failing, true
		s.Error, s.Remedy = text, outbound.Remedy(err)
		s.Failures++
	})
	if !was {
		p.f.deps.Log.WarnContext(ctx, "output does not take events; trying on", "output", p.name, "err", text)
	}
}

// expire sets aside what was kept too long for an output that does not take it.
func (p *pump) expire(ctx context.Context, events []tyto.Event) error {
	if len(events) == 0 {
		return nil
	}
	p.f.deps.Log.ErrorContext(ctx, "events were kept too long for an output that does not take them, and are set aside", "output", p.name, "events", len(events))
	reason := "kept too long; the last attempt: " + p.status().Error
	all := make([]store.Undelivered, len(events))
	for i := range events {
		all[i] = store.Undelivered{Reader: p.reader(), Time: p.f.deps.Clock(), Reason: reason, Event: events[i]}
	}
	p.tell(func(s *Status) { s.Expired += uint64(len(events)) })
	return p.f.deps.Memory.PutUndelivered(ctx, all)
}

// again sends what was set aside and is to be tried again, in its order. What
// is refused once more is set aside once more.
func (p *pump) again(ctx context.Context) error {
	for {
		all, err := p.f.deps.Memory.Replays(ctx, p.reader(), p.f.cfg.Batch)
		if err != nil || len(all) == 0 {
			return err
		}
		p.newest = p.f.deps.Clock()
		events, ids := make([]tyto.Event, len(all)), make([]int64, len(all))
		for i := range all {
			events[i], ids[i] = all[i].Event, all[i].ID
		}
		if err := p.deliver(ctx, events); err != nil {
			return err
		}
		if err := p.f.deps.Memory.DropUndelivered(ctx, p.reader(), ids); err != nil {
			return err
		}
	}
}

// setAside keeps an event that the far end will never take.
func (p *pump) setAside(ctx context.Context, e *tyto.Event, f *Failure) error {
	reason := outbound.Clean(f.Error(), outbound.MaxReason)
	u := store.Undelivered{Reader: p.reader(), Time: p.f.deps.Clock(), Reason: reason, Event: *e}
	if err := p.f.deps.Memory.PutUndelivered(ctx, []store.Undelivered{u}); err != nil {
		return err
	}
	first := false
	p.tell(func(s *Status) { first = s.Refused == 0; s.Refused++; s.Error, s.Remedy = reason, outbound.Remedy(f) })
	if first {
		p.f.deps.Log.WarnContext(ctx, "output refuses an event for good; such are set aside", "output", p.name, "err", reason)
	}
	return nil
}

// backoff is how long to wait after so many failures: doubled each time, and
// spread, so that outputs do not come back all at once.
func (p *pump) backoff(try int, asked time.Duration) time.Duration {
	d := p.f.cfg.Wait << min(try, 20)
	if d > p.f.cfg.MaxWait || d <= 0 {
		d = p.f.cfg.MaxWait
	}
	d = d/2 + rand.N(d/2+1)
	return max(d, min(asked, p.f.cfg.MaxWait))
}

func (p *pump) wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
