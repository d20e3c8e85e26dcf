package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tyto/api"
	"tyto/frame"
	"tyto/store"
	"tyto/store/postgres"
	"tyto/store/postgrestest"
	"tyto/tyto"
)

// A replica is a hub over a database that others use too.
type replica struct {
	t     testing.TB
	name  string
	store *gate
	hub   *Hub
	end   context.CancelFunc
	done  chan error
}

// A gate is a replica's way to the database. While it is shut the replica is
// as a machine that stands still.
type gate struct {
	*postgres.Store
	mu   sync.RWMutex // locked while it is shut
	dead atomic.Bool
}

var errDead = errors.New("test: the hub was killed")

func (g *gate) pass() error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.dead.Load() {
		return errDead
	}
	return nil
}

func (g *gate) Write(ctx context.Context, c store.Change) error {
	if err := g.pass(); err != nil {
		return err
	}
	return g.Store.Write(ctx, c)
}

func (g *gate) Append(ctx context.Context, b store.Batch) (int64, bool, error) {
	if err := g.pass(); err != nil {
		return 0, false, err
	}
	position, fresh, err := g.Store.Append(ctx, b)
	if g.dead.Load() { // it may be on disk, and nobody is told
		return 0, false, errDead
	}
	return position, fresh, err
}

func (g *gate) RenewLeases(ctx context.Context, owner string, term time.Duration) ([]store.Lease, error) {
	if err := g.pass(); err != nil {
		return nil, err
	}
	return g.Store.RenewLeases(ctx, owner, term)
}

func (g *gate) TakeLease(ctx context.Context, name, owner string, term time.Duration) (store.Lease, bool, error) {
	if err := g.pass(); err != nil {
		return store.Lease{}, false, err
	}
	return g.Store.TakeLease(ctx, name, owner, term)
}

func (g *gate) DropLease(ctx context.Context, l store.Lease) error {
	if err := g.pass(); err != nil {
		return err
	}
	return g.Store.DropLease(ctx, l)
}

// shared is a database with a schema.
func shared(t testing.TB) string {
	return postgrestest.Start(t).Filled(t, "hub", func(url string) {
		s, err := postgres.Open(context.Background(), postgres.DefaultConfig(url))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func openShared(t testing.TB, url string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), postgres.DefaultConfig(url))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// join starts a hub over a database; change may change how.
func join(t testing.TB, url, name string, change func(*Config)) *replica {
	t.Helper()
	r := &replica{t: t, name: name, store: &gate{Store: openShared(t, url+"&application_name="+name)}, done: make(chan error, 1)}
	cfg := DefaultConfig()
	cfg.Flush, cfg.Heartbeat, cfg.Poll = 40*time.Millisecond, 300*time.Millisecond, 20*time.Millisecond
	if change != nil {
		change(&cfg)
	}
	var err error
	if r.hub, err = New(cfg, Deps{Store: r.store, Log: slog.New(slog.DiscardHandler), Version: api.Version{Version: "7"}}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *replica) run() *replica {
	ctx, cancel := context.WithCancel(context.Background())
	r.end = cancel
	go func() { r.done <- r.hub.Run(ctx) }()
	<-r.hub.ready
	return r
}

// stop ends a hub as an administrator does. That devices were seen again is
// written late, and is written before, so that it can be counted.
func (r *replica) stop() {
	r.t.Helper()
	for _, z := range r.hub.all() {
		if err := z.rewrite(r.t.Context()); err != nil {
			r.t.Error(err)
		}
	}
	r.end()
	if err := errors.Join(<-r.done, r.store.Close()); err != nil {
		r.t.Error(err)
	}
}

// kill ends a hub in the middle of what it does: its connections break, what
// it had begun is undone by the database, and nothing more is written.
func (r *replica) kill(other *postgrestest.Server) {
	r.t.Helper()
	r.store.dead.Store(true)
	other.Disconnect(r.t, r.name)
	r.end()
	<-r.done // whatever it says
	if err := r.store.Close(); err != nil {
		r.t.Error(err)
	}
}

func (r *replica) zones() (names []string) {
	for _, z := range r.hub.all() {
		names = append(names, z.name)
	}
	return names
}

func soon(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(2 * time.Minute); time.Now().Before(limit); {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond) // other processes do it
	}
	t.Fatalf("never: %s", what)
}

// A teller is a sensor that tells of conversations, to whichever hub answers.
type teller struct {
	member tyto.Member
	seq    uint64
	acked  uint64 // conversations
}

const perBatch = 20

// batch is the next batch: some conversations of 5 packets each, and facts.
func (p *teller) batch() store.Batch {
	p.seq++
	b := store.Batch{Epoch: 5, Seq: p.seq, Floor: p.seq}
	for i := range perBatch {
		client, server := byte(1+(p.seq+uint64(i))%9), byte(20+i%7)
		at := start.Add(time.Duration(p.seq) * time.Second)
		who := func(n byte) tyto.Subject { return tyto.Subject{MAC: mac(n), Addr: frame.V4(10, 0, 0, n)} }
		e := talked(who(client), who(server), "modbus")
		e.Time, e.Conversation.First, e.Conversation.Last = at, at, at
		b.Events = append(b.Events, e)
		if i%5 == 0 {
			b.Events = append(b.Events, saw(client, tyto.Hostname, fmt.Sprint("host-", client)), saw(client, tyto.Address, who(client).Addr.String()))
		}
	}
	return b
}

// send sends a batch until a hub has acknowledged it.
func (p *teller) send(t *testing.T, hubs func() []*replica) {
	b := p.batch()
	events := b.Events
	for range 10_000 {
		b.Events = append([]tyto.Event(nil), events...)
		all := hubs()
		if _, err := all[rand.IntN(len(all))].hub.Receive(t.Context(), p.member, b); err == nil {
			p.acked += perBatch
			return
		}
		time.Sleep(5 * time.Millisecond) // as sensors do
	}
	t.Errorf("%s: nobody takes batch %d", p.member.Sensor, b.Seq)
}

// sums is what is in a database, counted in different ways.
type sums struct {
	logged     uint64 // conversations in the log, each batch counted once
	sessions   uint64 // in the table of conversations
	packets    uint64 // there too
	history    uint64 // packets in their history
	devices    uint64 // packets that devices sent, as their analysts count
	unfolded   int
	batchTwice int
}

func count(t *testing.T, url string) (n sums) {
	t.Helper()
	s := openShared(t, url)
	defer s.Close()
	ctx := t.Context()
	seen := map[string]bool{}
	last := map[string]int64{}
	err := s.Follow(ctx, 0, func(e store.Entry) error {
		key := fmt.Sprint(e.Sensor, e.Epoch, e.Seq, e.Events[0].Kind)
		if e.Sensor != "" && seen[key] {
			n.batchTwice++
		}
		seen[key] = true
		for i := range e.Events {
			if e.Events[i].Conversation != nil {
				n.logged++
				last[e.Zone] = e.Position
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for zone, position := range last {
		if folded, err := s.Folded(ctx, zone); err != nil || folded < position {
			n.unfolded++
		}
		err := s.Known(ctx, zone, func(c store.Conversation) error {
			n.sessions += c.Sessions
			n.packets += c.Packets[0] + c.Packets[1]
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	h, err := s.History(ctx, store.HistoryQuery{Points: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range h.Points {
		n.history += p.Packets[0] + p.Packets[1]
	}
	err = s.EachDevice(ctx, store.DeviceQuery{}, func(r store.DeviceRow) error { n.devices += r.Packets; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// check compares what sensors were acknowledged with all that was counted.
func (n sums) check(acked uint64) error {
	var wrong []string
	for what, x := range map[string][2]uint64{"logged": {n.logged, acked}, "sessions": {n.sessions, acked}, "packets": {n.packets, 5 * acked}, "history": {n.history, 5 * acked}, "devices": {n.devices, 5 * acked}} {
		if x[0] != x[1] {
			wrong = append(wrong, fmt.Sprintf("%s %d, want %d", what, x[0], x[1]))
		}
	}
	if n.batchTwice > 0 || n.unfolded > 0 {
		wrong = append(wrong, fmt.Sprintf("%d batches twice in the log, %d zones not folded", n.batchTwice, n.unfolded))
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

// TestReplicaKilled has three hubs share six zones, kills one and another
// later, in the middle of all, and counts what became of what was acknowledged.
func TestReplicaKilled(t *testing.T) {
	url, server := shared(t), postgrestest.Start(t)
	a, b := join(t, url, "hub-a", nil).run(), join(t, url, "hub-b", nil).run()
	var tellers []*teller
	for i := range 6 {
		tellers = append(tellers, &teller{member: tyto.Member{Sensor: fmt.Sprint("s", i), Zone: fmt.Sprint("zone-", i)}})
	}
	var live atomic.Pointer[[]*replica]
	var sent atomic.Int64
	live.Store(&[]*replica{a, b})
	hubs := func() []*replica { return *live.Load() }
	stage := func(batches int) {
		var wg sync.WaitGroup
		for _, p := range tellers {
			wg.Go(func() {
				for range batches {
					p.send(t, hubs)
					sent.Add(1)
				}
			})
		}
		wg.Wait()
	}
	stage(5)
	soon(t, "both hold zones", func() bool { return len(a.zones()) == 3 && len(b.zones()) == 3 })
	during := make(chan struct{})
	go func() { defer close(during); stage(40) }()
	soon(t, "it is busy", func() bool { return sent.Load() > 30+60 })
	a.kill(server)
	killed := time.Now()
	live.Store(&[]*replica{b})
	soon(t, "the other holds all zones", func() bool { return len(b.zones()) == 6 })
	t.Logf("taken over after %v of a term of %v", time.Since(killed).Round(time.Millisecond), b.hub.term())
	<-during
	c := join(t, url, "hub-c", nil).run()
	live.Store(&[]*replica{b, c})
	soon(t, "the third gets its share", func() bool { return len(c.zones()) == 3 && len(b.zones()) == 3 })
	stage(10)
	c.kill(server)
	live.Store(&[]*replica{b})
	stage(3)
	soon(t, "the last holds all zones", func() bool { return len(b.zones()) == 6 })
	b.stop()
	var acked uint64
	for _, p := range tellers {
		acked += p.acked
	}
	if err := count(t, url).check(acked); err != nil {
		t.Errorf("of %d acknowledged conversations: %v", acked, err)
	}
}

// standstill has a hub learn, and stand still with it unwritten until another
// has taken its zone; then it goes on.
func standstill(t *testing.T, fenced bool) (acked uint64, n sums, err error) {
	url := shared(t)
	a := join(t, url, "hub-a", func(c *Config) { c.Flush = time.Hour }) // it writes when it is told to
	a.hub.unfenced = !fenced
	a.run()
	p := &teller{member: tyto.Member{Sensor: "s", Zone: "z"}}
	p.send(t, func() []*replica { return []*replica{a} })
	soon(t, "it takes the zone", func() bool { return len(a.zones()) == 1 })
	for range 5 {
		p.send(t, func() []*replica { return []*replica{a} })
	}
	soon(t, "it has learnt all", func() bool {
		z := a.hub.held("z")
		z.mu.Lock()
		defer z.mu.Unlock()
		return z.position >= z.end && len(z.pending) > 0
	})
	late := a.hub.held("z")
	a.store.mu.Lock() // it stands still
	b := join(t, url, "hub-b", nil).run()
	soon(t, "another takes the zone", func() bool { return len(b.zones()) == 1 })
	p.send(t, func() []*replica { return []*replica{b} })
	soon(t, "it writes", func() bool {
		number, err := b.store.Written(t.Context(), "z")
		return err == nil && number > 0
	})
	a.store.mu.Unlock()
	_, err = late.flush(t.Context(), true) // also if a heartbeat told it meanwhile
	a.stop()
	b.stop()
	return p.acked, count(t, url), err
}

func TestReplicaStandsStill(t *testing.T) {
	acked, n, err := standstill(t, true)
	if !errors.Is(err, store.ErrFenced) {
		t.Errorf("who comes late writes: %v", err)
	}
	if err := n.check(acked); err != nil {
		t.Errorf("of %d acknowledged conversations: %v", acked, err)
	}
}

// TestReplicaStandsStillUnfenced is the control: without the fence what the
// late hub had learnt is counted twice.
func TestReplicaStandsStillUnfenced(t *testing.T) {
	if acked, n, _ := standstill(t, false); n.check(acked) == nil {
		t.Error("without the fence nothing is wrong: the test shows nothing")
	}
}
