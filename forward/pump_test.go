package forward

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/prometheus/client_golang/prometheus"

	"tyto/lab/doubles"
	"tyto/store"
	"tyto/store/sqlite"
	"tyto/store/sqlitetest"
	"tyto/tyto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(doubles.Settled{M: m}) }

// fake is an output that does as it is told.
type fake struct {
	mu     sync.Mutex
	got    []string
	fail   func(events []tyto.Event) error // nil takes all
	sends  int
	closed bool
}

func (f *fake) Send(ctx context.Context, events []tyto.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sends++
	var err error
	if f.fail != nil {
		err = f.fail(events)
	}
	n := len(events)
	if err != nil {
		n = 0
		var failure *Failure
		if errors.As(err, &failure) {
			n = failure.Sent
		}
	}
	for i := range n {
		f.got = append(f.got, nameOf(&events[i]))
	}
	return err
}

func (f *fake) Close() error { f.closed = true; return nil }

func (f *fake) received() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func (f *fake) behave(fail func([]tyto.Event) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

func nameOf(e *tyto.Event) string {
	if e.Device != nil {
		return e.Device.ID
	}
	return e.Alert.Title
}

// bench is a store, and forwarders over it.
type bench struct {
	t     testing.TB
	store *sqlite.Store
	seq   uint64
	*doubles.Clock
}

func newBench(t testing.TB) *bench {
	s, err := sqlite.Open(t.Context(), sqlitetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{t: t, store: s, Clock: doubles.ClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
}

func alert(n int) tyto.Event {
	return tyto.Event{Version: 1, Sensor: "s", Zone: "z", Seq: uint64(n), Kind: tyto.KindAlert, Alert: &tyto.Alert{Rule: "r", Severity: tyto.Major, Title: fmt.Sprint(n)}}
}

func (b *bench) log(events ...tyto.Event) {
	b.t.Helper()
	b.seq++
	if _, _, err := b.store.Append(b.t.Context(), store.Batch{Zone: "z", Sensor: "s", Epoch: 1, Seq: b.seq, Events: events, Received: b.Now()}); err != nil {
		b.t.Fatal(err)
	}
}

// run runs outputs by name until stop is called.
func (b *bench) run(outputs map[string]*fake, d Destination) (f *Forwarder, stop func()) {
	b.t.Helper()
	f = &Forwarder{cfg: Config{Batch: 10, Poll: time.Millisecond, Wait: time.Millisecond, MaxWait: 20 * time.Millisecond, Note: time.Hour},
		deps: Deps{Memory: b.store, Clock: b.Now, Log: slog.New(slog.DiscardHandler)}}
	for name, o := range outputs {
		d.Name = name
		f.add(&d, o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
		for name, o := range outputs {
			if !o.closed {
				b.t.Errorf("%s was not closed", name)
			}
		}
	})
	b.t.Cleanup(stop)
	b.eventually("all have begun", func() bool {
		for name := range outputs {
			if _, found, _ := b.store.Reader(b.t.Context(), readerPrefix+name); !found {
				return false
			}
		}
		return true
	})
	return f, stop
}

func (b *bench) eventually(what string, ok func() bool) {
	b.t.Helper()
	for range 12_000 { // a busy machine takes its time
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.t.Fatalf("never: %s", what)
}

func numbered(from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

func down([]tyto.Event) error { return errors.New("connection refused") }

func TestOutputThatIsDownDelaysNobodyAndMissesNothing(t *testing.T) {
	b := newBench(t)
	b.log(alert(-1)) // before there was any output
	up, dead := &fake{}, &fake{fail: down}
	f, _ := b.run(map[string]*fake{"up": up, "dead": dead}, Destination{})
	for i := range 35 {
		b.log(alert(i))
	}
	b.eventually("the one that is up has all", func() bool { return slices.Equal(up.received(), numbered(0, 35)) })
	b.eventually("the other is seen to fail", func() bool {
		for _, s := range f.Status() {
			if s.Name == "dead" && s.Failing && s.Failures > 2 && s.Error == "connection refused" {
				return true
			}
		}
		return false
	})
	if n, err := b.store.TrimLog(t.Context(), b.Now().Add(time.Hour)); n != 0 || err != nil {
		t.Errorf("%d unread were trimmed, %v", n, err)
	}
	dead.behave(nil)
	b.eventually("both have all", func() bool { return slices.Equal(dead.received(), numbered(0, 35)) })
	b.eventually("nothing is left", func() bool { s := f.Status(); return s[0].Backlog+s[1].Backlog == 0 && !s[0].Failing && !s[1].Failing })
	registry := prometheus.NewRegistry()
	registry.MustRegister(f)
	if page, err := registry.Gather(); len(page) != 4 || err != nil {
		t.Errorf("%d metrics: %v", len(page), err)
	}
}

func TestOutputGoesOnAfterRestart(t *testing.T) {
	b := newBench(t)
	first := &fake{}
	_, stop := b.run(map[string]*fake{"siem": first}, Destination{})
	b.log(alert(0), alert(1))
	b.eventually("the first two", func() bool { return len(first.received()) == 2 })
	b.eventually("that is noted", func() bool {
		r, _, _ := b.store.Reader(t.Context(), readerPrefix+"siem")
		n, _ := b.store.Newest(t.Context())
		return r.Position == n
	})
	stop()
	b.log(alert(2))
	second := &fake{}
	b.run(map[string]*fake{"siem": second}, Destination{})
	b.log(alert(3))
	b.eventually("the rest, once", func() bool { return slices.Equal(second.received(), numbered(2, 4)) })
}

func TestWhatIsRefusedIsSetAside(t *testing.T) {
	b := newBench(t)
	o := &fake{}
	o.behave(func(events []tyto.Event) error {
		for i := range events {
			if events[i].Alert.Title == "3" {
				return &Failure{Err: errors.New("400 bad\x1b event"), Sent: i, Refused: true}
			}
		}
		return nil
	})
	f, _ := b.run(map[string]*fake{"siem": o}, Destination{})
	for i := range 6 {
		b.log(alert(i))
	}
	b.eventually("the others", func() bool { return slices.Equal(o.received(), []string{"0", "1", "2", "4", "5"}) })
	aside, err := b.store.ListUndelivered(t.Context(), readerPrefix+"siem", 10)
	if err != nil || len(aside) != 1 || aside[0].Event.Alert.Title != "3" || aside[0].Reason != "400 bad\ufffd event" {
		t.Errorf("set aside are %v, %v", aside, err)
	}
	b.eventually("it is counted", func() bool { s := f.Status()[0]; return s.Refused == 1 && s.Sent == 5 })
	if _, err := f.Replay(t.Context(), "nobody", nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("a destination that is none: %v", err)
	}
	replay := func() {
		t.Helper()
		if n, err := f.Replay(t.Context(), "siem", nil); n != 1 || err != nil {
			t.Fatalf("%d are tried again, %v", n, err)
		}
	}
	replay()
	b.eventually("it is refused again", func() bool { return f.Status()[0].Refused == 2 })
	b.eventually("and set aside again", func() bool { n, _ := b.store.CountUndelivered(t.Context()); return n[ReaderOf("siem")] == 1 })
	o.behave(nil)
	replay()
	b.eventually("it is taken", func() bool { return slices.Equal(o.received(), []string{"0", "1", "2", "4", "5", "3"}) })
	b.eventually("and forgotten", func() bool { n, _ := b.store.CountUndelivered(t.Context()); return len(n) == 0 })
}

func TestPartlySentIsNotSentAgain(t *testing.T) {
	b := newBench(t)
	o := &fake{}
	o.behave(func(events []tyto.Event) error {
		if len(events) > 1 {
			return &Failure{Err: errors.New("reset"), Sent: 1}
		}
		return nil
	})
	b.run(map[string]*fake{"siem": o}, Destination{})
	b.log(alert(0), alert(1), alert(2), alert(3))
	b.eventually("each once", func() bool { return slices.Equal(o.received(), numbered(0, 4)) })
}

func TestFarEndThatAsksForPatienceIsLeftAlone(t *testing.T) {
	p := pump{f: &Forwarder{cfg: DefaultConfig()}}
	for try := range 70 {
		if d := p.backoff(try, 0); d < 500*time.Millisecond || d > 5*time.Minute {
			t.Errorf("attempt %d comes after %v", try, d)
		}
	}
	if d := p.backoff(0, 42*time.Second); d < 42*time.Second {
		t.Errorf("asked for 42s, comes after %v", d)
	}
	if d := p.backoff(0, time.Hour*24); d > 5*time.Minute {
		t.Errorf("waits %v because the far end said so", d)
	}
}

func TestWhatGetsTooOldIsGivenUp(t *testing.T) {
	b := newBench(t)
	o := &fake{fail: down}
	f, _ := b.run(map[string]*fake{"siem": o}, Destination{Keep: time.Hour})
	for i := range 30 { // several batches
		b.log(alert(i))
	}
	b.eventually("it fails", func() bool { return f.Status()[0].Failures > 2 })
	if f.Status()[0].Expired != 0 {
		t.Error("given up at once")
	}
	b.Pass(2 * time.Hour)
	b.eventually("it is given up", func() bool { return f.Status()[0].Expired == 30 })
	b.eventually("and can be seen", func() bool { all, err := f.Undelivered(t.Context(), "siem", 100); return len(all) == 30 && err == nil })
	o.behave(nil)
	b.log(alert(30))
	b.eventually("what comes after is sent", func() bool { return slices.Equal(o.received(), numbered(30, 31)) })
}

func TestNewOutputIsToldOfAllDevices(t *testing.T) {
	b := newBench(t)
	var devices []store.DeviceRecord
	var want []string
	for i := range 25 {
		id := fmt.Sprintf("%02d", i)
		want = append(want, id)
		devices = append(devices, store.DeviceRecord{Row: store.DeviceRow{ID: id, Zone: "z", First: b.Now().Add(time.Duration(i))}, Device: tyto.Device{ID: id}})
	}
	if err := b.store.Write(t.Context(), store.Change{Zone: "z", Devices: devices}); err != nil {
		t.Fatal(err)
	}
	o := &fake{}
	b.run(map[string]*fake{"siem": o}, Destination{})
	b.eventually("all devices", func() bool { return slices.Equal(o.received(), want) })
	d := devices[3]
	d.Row.Firmware = "2"
	if err := b.store.Write(t.Context(), store.Change{Zone: "z", News: []store.News{store.DeviceNews(&d)}, Time: b.Now()}); err != nil {
		t.Fatal(err)
	}
	b.eventually("the change", func() bool { return slices.Equal(o.received(), append(slices.Clone(want), "03")) })
}

func TestFilter(t *testing.T) {
	d := Destination{Kinds: []string{"alert", "device"}, Severity: "major", Zones: []string{"z"}, Sensors: []string{"s"}, Sites: []string{"Graz"}, Rules: []string{"r*"}, Except: []string{"ra?"}}
	f := d.filter()
	f.siteOf = func(zone string) string { return map[string]string{"z": "Graz"}[zone] }
	for name, c := range map[string]struct {
		change func(*tyto.Event)
		want   bool
	}{
		"as it is":     {func(*tyto.Event) {}, true},
		"critical":     {func(e *tyto.Event) { e.Alert.Severity = tyto.Critical }, true},
		"minor":        {func(e *tyto.Event) { e.Alert.Severity = tyto.Minor }, false},
		"other zone":   {func(e *tyto.Event) { e.Zone = "y" }, false},
		"other sensor": {func(e *tyto.Event) { e.Sensor = "y" }, false},
		"other kind":   {func(e *tyto.Event) { e.Kind, e.Act = tyto.KindAct, &tyto.Act{} }, false},
		"device":       {func(e *tyto.Event) { e.Kind, e.Alert, e.Device = tyto.KindDevice, nil, &tyto.DeviceChange{} }, true},
		"other site": {func(e *tyto.Event) {
			e.Kind, e.Alert, e.Device = tyto.KindDevice, nil, &tyto.DeviceChange{Site: "Wien"}
		}, false},
		"other rule":       {func(e *tyto.Event) { e.Alert.Rule = "x" }, false},
		"meant rule":       {func(e *tyto.Event) { e.Alert.Rule = "rule" }, true},
		"excepted rule":    {func(e *tyto.Event) { e.Alert.Rule = "rab" }, false},
		"not what it says": {func(e *tyto.Event) { e.Alert = nil }, false},
	} {
		e := alert(1)
		c.change(&e)
		if got := f.wants(&e); got != c.want {
			t.Errorf("%s: wanted is %v", name, got)
		}
	}
}

func TestForgottenOutputHoldsNothing(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{readerPrefix + "old", "somebody else's"} {
		if err := b.store.PutReader(t.Context(), store.Reader{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	b.run(map[string]*fake{"siem": {}}, Destination{})
	b.eventually("the old one is forgotten", func() bool {
		all, _ := b.store.ListReaders(t.Context())
		return len(all) == 2 && all[0].Name == readerPrefix+"siem" && all[1].Name == "somebody else's"
	})
}
