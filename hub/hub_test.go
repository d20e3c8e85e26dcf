package hub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/api"
	"tyto/frame"
	"tyto/lab/doubles"
	"tyto/store"
	"tyto/store/sqlite"
	"tyto/store/sqlitetest"
	"tyto/tyto"
)

func TestFromEventsToDevices(t *testing.T) {
	f := newFixture(t)
	f.accept(saw(1, tyto.Address, "10.0.0.1"), saw(1, tyto.Hostname, "plc-1"), saw(1, tyto.Role, "router"), saw(2, tyto.Address, "10.0.0.2"), saw(2, tyto.Hostname, "hmi"),
		talked(subject(2), subject(1), "modbus"), talked(subject(2), subject(1), "modbus"), healthy("eth0", 10))
	f.eventually("two devices and a conversation", func() bool {
		c := f.conversations()
		return len(f.devices()) == 2 && len(c) == 1 && c[0].ClientDevice != "" && c[0].Sessions == 2
	})
	d := f.devices()
	if d[0].Hostname != "plc-1" || d[0].IP != "10.0.0.1" || d[0].MAC != mac(1).String() || d[0].Site != "Graz" || d[0].Zone != "z" || d[0].Sensor != "s" || d[0].Packets != 4 || d[0].Bytes != 400 {
		t.Errorf("the device is %+v", d[0])
	}
	c := f.conversations()[0]
	if c.ClientLabel != "hmi" || c.ServerLabel != "plc-1" || c.Packets != [2]uint64{6, 4} || c.Operations["modbus 3"] != 10 || c.Scope != store.ScopeLAN {
		t.Errorf("the conversation is %+v", c)
	}
	_, whole, err := f.store.Device(t.Context(), d[0].ID)
	if err != nil || whole.Value(tyto.Hostname) != "plc-1" || whole.Beliefs[tyto.Hostname].Evidence.Packet != 3 {
		t.Errorf("whole it is %+v, %v", whole, err)
	}
	traffic, err := f.store.Traffic(t.Context(), time.Hour, 100)
	if err != nil || len(traffic) != 4 || traffic[0].Packets+traffic[1].Packets+traffic[2].Packets+traffic[3].Packets != 10 {
		t.Errorf("the traffic is %v, %v", traffic, err)
	}
	sensors, err := f.store.Sensors(t.Context())
	if err != nil || len(sensors) != 1 || sensors[0].Version != "7" || sensors[0].Interfaces[0].Counters["packets"] != 10 {
		t.Errorf("the sensors are %v, %v", sensors, err)
	}
	for _, q := range []string{"PLC-1", "10.0.0.1", "00:1b:1b:00:00:01", "router"} {
		if page, err := f.store.Devices(t.Context(), store.DeviceQuery{Text: q, Window: store.Window{Limit: 5}}); err != nil || page.Total != 1 {
			t.Errorf("%q finds %d, %v", q, page.Total, err)
		}
	}
}

// TestRestart ends a hub and starts it: all must be as it was, and what comes
// then must be added to it.
func TestRestart(t *testing.T) {
	f := newFixture(t)
	f.accept(saw(1, tyto.Address, "10.0.0.1"), saw(1, tyto.Hostname, "plc-1"), saw(2, tyto.Address, "10.0.0.2"), talked(subject(2), subject(1), "modbus"))
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.begin(nil)
	before, talk := f.devices(), f.conversations()
	if len(before) != 2 || len(talk) != 1 {
		t.Fatalf("the end did not write everything: %v, %v", before, talk)
	}
	f.accept(talked(subject(2), subject(1), "modbus"), saw(2, tyto.Hostname, "hmi"))
	f.eventually("the new name", func() bool { return f.devices()[1].Hostname == "hmi" && f.conversations()[0].Sessions == 2 })
	after := f.devices()
	if after[0].ID != before[0].ID || after[0].Packets != 2*before[0].Packets || after[1].ID != before[1].ID {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
}

// TestCrash has a hub append and never fold, as if it was killed; the next
// one must fold that, once.
func TestCrash(t *testing.T) {
	f := newFixture(t)
	f.accept(saw(1, tyto.Address, "10.0.0.1"), saw(2, tyto.Address, "10.0.0.2"), talked(subject(2), subject(1), "modbus"))
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), sqlite.DefaultConfig(f.folder))
	if err != nil {
		t.Fatal(err)
	}
	lost := []tyto.Event{saw(3, tyto.Address, "10.0.0.3"), talked(subject(3), subject(1), "modbus"), talked(subject(2), subject(1), "modbus"), saw(2, tyto.Hostname, "hmi")}
	if _, _, err := s.Append(t.Context(), store.Batch{Zone: "z", Sensor: "s", Epoch: 1, Seq: 1, Events: lost}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		f.begin(nil)
		f.eventually("three devices", func() bool { return len(f.devices()) == 3 && f.devices()[1].Hostname == "hmi" })
		if err := f.stop(); err != nil {
			t.Fatal(err)
		}
		f.begin(nil)
		var sessions []uint64
		for _, c := range f.conversations() {
			sessions = append(sessions, c.Sessions)
		}
		if !slices.Equal(sessions, []uint64{2, 1}) {
			t.Errorf("sessions are %v, want [2 1]", sessions)
		}
		if d := f.devices(); d[0].Packets != 6 || d[1].Packets != 6 || d[2].Packets != 3 {
			t.Errorf("packets are %d, %d, %d; want 6, 6, 3", d[0].Packets, d[1].Packets, d[2].Packets)
		}
		if err := f.stop(); err != nil {
			t.Fatal(err)
		}
	}
	f.begin(nil)
}

// TestTrimmedLog drops what is folded from the log; a restart must not miss it.
func TestTrimmedLog(t *testing.T) {
	f := newFixture(t)
	f.accept(saw(1, tyto.Address, "10.0.0.1"), saw(2, tyto.Address, "10.0.0.2"), talked(subject(2), subject(1), "modbus"))
	f.eventually("folded", func() bool { return len(f.conversations()) == 1 })
	f.Pass(73 * time.Hour)
	f.hub.tidy(t.Context())
	want := f.devices()
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.begin(nil)
	f.accept(healthy("eth0", 1))
	f.eventually("written again", func() bool { s, err := f.store.Sensors(t.Context()); return err == nil && len(s) == 1 })
	if d := cmp.Diff(want, f.devices()); d != "" {
		t.Error(d)
	}
}

// TestThinnedLog tells the same again and again: most of it goes, and a
// restart makes the same devices of the rest.
func TestThinnedLog(t *testing.T) {
	f := newFixture(t)
	for i := range 20 {
		events := []tyto.Event{saw(1, tyto.Address, "10.0.0.1"), saw(1, tyto.Hostname, "plc-1"), saw(1, tyto.Vendor, fmt.Sprint("vendor ", i%2)), healthy("eth0", uint64(i))}
		for j := range events {
			events[j].Time = start.Add(time.Duration(i) * time.Minute)
		}
		f.accept(events...)
	}
	f.accept(talked(subject(1), subject(2), "modbus"))
	f.eventually("folded", func() bool { return len(f.conversations()) == 1 })
	_, before, err := f.store.Device(t.Context(), f.devices()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	f.Pass(80 * time.Hour)
	f.hub.thin(t.Context())
	kinds := map[tyto.Kind]int{}
	err = f.store.Read(t.Context(), "z", 0, func(e store.Entry) error {
		for i := range e.Events {
			kinds[e.Events[i].Kind]++
		}
		return nil
	})
	if d := cmp.Diff(map[tyto.Kind]int{tyto.KindObservation: 8, tyto.KindConversation: 1}, kinds); d != "" || err != nil {
		t.Errorf("left in the log: %s, %v", d, err)
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.begin(nil)
	f.accept(healthy("eth0", 1))
	f.eventually("written again", func() bool {
		s, err := f.store.Sensors(t.Context())
		return err == nil && s[0].Interfaces[0].Counters["packets"] == 1
	})
	_, after, err := f.store.Device(t.Context(), before.ID)
	if d := cmp.Diff(before, after); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
}

// TestInternetHostTurnsOutADevice has a conversation written before its
// server is known to be here.
func TestInternetHostTurnsOutADevice(t *testing.T) {
	f := newFixture(t)
	// Addresses kept for documentation do not count as the internet's.
	far, other := tyto.Subject{MAC: mac(9), Addr: frame.V4(9, 9, 9, 9)}, tyto.Subject{MAC: mac(9), Addr: frame.V4(1, 1, 1, 1)}
	f.accept(saw(1, tyto.Address, "10.0.0.1"), saw(9, tyto.Address, "10.0.0.9"), saw(9, tyto.Role, "router"), talked(subject(1), far, "modbus"), talked(subject(1), other, "tls"))
	f.eventually("two internet conversations", func() bool {
		c := f.conversations()
		return len(c) == 2 && c[0].Scope == store.ScopeInternet && c[1].Scope == store.ScopeInternet
	})
	e := saw(8, tyto.Address, far.Addr.String())
	e.Observation.Subject = tyto.Subject{MAC: mac(8), Addr: far.Addr}
	f.accept(e)
	f.eventually("one is of the LAN", func() bool {
		f.Pass(time.Minute)
		totals, err := f.store.ConversationTotals(t.Context())
		return err == nil && totals.Internet == 1
	})
}

func TestLookedUpNames(t *testing.T) {
	f := newFixture(t)
	asked := saw(1, tyto.LookedUp, "www.example.com 198.51.100.7")
	f.accept(saw(1, tyto.Address, "10.0.0.1"), asked, talked(subject(1), tyto.Subject{Addr: frame.V4(198, 51, 100, 7)}, "tls"))
	f.eventually("a conversation by its name", func() bool { c := f.conversations(); return len(c) == 1 && c[0].ServerName == "www.example.com" })
}

// broken is a store that refuses to be written, for a time.
type broken struct {
	store.Store
	mu    sync.Mutex
	fails bool
	tried int
}

func (b *broken) Write(ctx context.Context, c store.Change) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tried++
	if b.fails {
		return fmt.Errorf("test: %w", store.ErrFull)
	}
	return b.Store.Write(ctx, c)
}

func TestWritesAreTriedAgain(t *testing.T) {
	s, err := sqlite.Open(t.Context(), sqlitetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := &broken{Store: s, fails: true}
	h, err := New(DefaultConfig(), Deps{Store: b})
	if err != nil {
		t.Fatal(err)
	}
	close(h.ready)
	if err := h.Accept(t.Context(), []tyto.Event{saw(1, tyto.Address, "10.0.0.1"), talked(subject(1), subject(2), "modbus")}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := h.flush(t.Context(), true); !errors.Is(err, store.ErrFull) {
			t.Errorf("got %v, want ErrFull", err)
		}
	}
	if err := h.Accept(t.Context(), []tyto.Event{talked(subject(1), subject(2), "modbus")}); err != nil {
		t.Fatal(err)
	}
	b.fails = false
	if err := h.last(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what failed is one change, what came meanwhile another
		if _, err := h.flush(t.Context(), true); err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.Conversations(t.Context(), store.ConversationQuery{Window: store.Window{Limit: 5}})
	if err != nil || page.Total != 1 || page.Items[0].Sessions != 2 {
		t.Errorf("%+v, %v", page, err)
	}
}

// TestRestoreFails has who offers events be told, rather than wait for ever.
func TestRestoreFails(t *testing.T) {
	s, err := sqlite.Open(t.Context(), sqlitetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := New(DefaultConfig(), Deps{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Run(t.Context()); err == nil {
		t.Error("a closed store is restored from")
	}
	if err := h.Accept(t.Context(), []tyto.Event{saw(1, tyto.Address, "10.0.0.1")}); err == nil {
		t.Error("events are accepted afterwards")
	}
}

func TestNoticesMerge(t *testing.T) {
	var n notices
	ctx, cancel := context.WithCancel(t.Context())
	slow := n.Subscribe(ctx)
	n.publish(api.Notice{Devices: []string{"a"}})
	n.publish(api.Notice{Devices: []string{"b"}, Sensors: true})
	if d := cmp.Diff(api.Notice{Devices: []string{"a", "b"}, Sensors: true}, <-slow); d != "" {
		t.Error(d)
	}
	for range 300 {
		n.publish(api.Notice{Devices: []string{"x"}})
	}
	if got := <-slow; !got.Resync || len(got.Devices) > 0 {
		t.Errorf("much at once is %+v, want a resync", got)
	}
	cancel()
	if _, open := <-slow; open {
		t.Error("the channel is not closed")
	}
	n.publish(api.Notice{Sensors: true})
	if n.count() != 0 {
		t.Error("a subscriber stays")
	}
}

func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, folder: t.TempDir(), Clock: doubles.ClockAt(start)}
	f.begin(l)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport}
	f.eventually("it is ready", func() bool {
		r, err := client.Get("http://" + l.Addr().String() + "/readyz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == 200
	})
	if err := f.stop(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("it listens after its end")
	}
}

func TestConfig(t *testing.T) {
	if err := validate(new(DefaultConfig()), &Deps{Store: &broken{}}); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	open := &fakeListener{addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}}
	if _, err := New(DefaultConfig(), Deps{Store: &broken{}, Listener: open}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("plain HTTP for everybody: %v", err)
	}
	if _, err := New(Config{}, Deps{}); err == nil {
		t.Error("nothing is enough")
	}
}

type fakeListener struct {
	net.Listener
	addr net.Addr
}

func (f *fakeListener) Addr() net.Addr { return f.addr }

func TestSelfSigned(t *testing.T) {
	folder := t.TempDir()
	_, first, err := SelfSigned(folder, []string{"", "192.0.2.1", "hub.example"}, start)
	if err != nil {
		t.Fatal(err)
	}
	c, again, err := SelfSigned(folder, nil, start.Add(24*time.Hour))
	if err != nil || again != first || c.Certificates[0].Leaf.VerifyHostname("hub.example") != nil || c.Certificates[0].Leaf.VerifyHostname("192.0.2.1") != nil {
		t.Errorf("the second time: %v, same is %v", err, again == first)
	}
	if _, later, err := SelfSigned(folder, nil, start.Add(380*24*time.Hour)); err != nil || later == first {
		t.Errorf("near its end: %v, same is %v", err, later == first)
	}
}
