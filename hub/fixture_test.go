package hub

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tyto/api"
	"tyto/detect"
	"tyto/frame"
	"tyto/lab/doubles"
	"tyto/store"
	"tyto/store/postgrestest"
	"tyto/store/sqlite"
	"tyto/store/sqlitetest"
	"tyto/tyto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(doubles.Settled{M: postgrestest.Main{M: m}}) }

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fixture is a folder with a hub's store, and the hub that runs over it.
type fixture struct {
	t      *testing.T
	folder string
	store  *sqlite.Store
	hub    *Hub
	stop   func() error
	// adjust changes what the next hub works with; may be nil.
	adjust func(*Deps)
	// sites and networks are those of the next hub.
	sites    map[string]string
	networks []Network
	// detections is what the next hub raises alerts by.
	detections *detect.Rules

	*doubles.Clock
}

// begin starts a hub, and waits until it is ready; it ends with stop or with the test.
func (f *fixture) begin(l net.Listener) {
	f.t.Helper()
	s, err := sqlite.Open(f.t.Context(), sqlite.DefaultConfig(f.folder))
	if err != nil {
		f.t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Flush = 20 * time.Millisecond
	cfg.News = true
	cfg.Detections = f.detections
	cfg.Sites, cfg.Networks = map[string]string{"z": "Graz"}, f.networks
	maps.Copy(cfg.Sites, f.sites)
	deps := Deps{Store: s, Listener: l, Clock: f.Now, Log: slog.New(slog.DiscardHandler), Version: api.Version{Version: "7"}}
	if f.adjust != nil {
		f.adjust(&deps)
	}
	h, err := New(cfg, deps)
	if err != nil {
		f.t.Fatal(err)
	}
	f.store, f.hub = s, h
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	f.stop = sync.OnceValue(func() error {
		cancel()
		return errors.Join(<-done, s.Close())
	})
	select {
	case <-h.ready:
	case <-h.ended:
	}
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, folder: sqlitetest.Folder(t), Clock: doubles.ClockAt(start)}
	f.begin(nil)
	t.Cleanup(func() {
		if err := f.stop(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *fixture) accept(events ...tyto.Event) {
	f.t.Helper()
	if err := f.hub.Accept(f.t.Context(), events); err != nil {
		f.t.Fatal(err)
	}
}

// eventually waits for the store to hold what is asked for.
func (f *fixture) eventually(what string, ok func() bool) {
	f.t.Helper()
	soon(f.t, what, ok)
}

func mac(i byte) frame.MAC { return frame.MAC{0, 0x1b, 0x1b, 0, 0, i} }

func subject(i byte) tyto.Subject {
	return tyto.Subject{MAC: mac(i), Addr: frame.V4(10, 0, 0, i)}
}

func saw(i byte, attr tyto.Attr, value string) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Sensor: "s", Zone: "z", Time: start, Kind: tyto.KindObservation, Observation: &tyto.Observation{
		Subject: subject(i), Attr: attr, Value: value, Confidence: tyto.Stated, Evidence: tyto.Evidence{Sensor: "s", Protocol: "dhcp", Field: "dhcp.option.hostname", Packet: 3}}}
}

func talked(client, server tyto.Subject, protocol string) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Sensor: "s", Zone: "z", Time: start.Add(time.Minute), Kind: tyto.KindConversation, Conversation: &tyto.Conversation{
		Client: client, Server: server, Transport: "tcp", Port: 502, Protocol: protocol, First: start, Last: start.Add(35 * time.Second), Packets: [2]uint64{3, 2},
		Bytes: [2]uint64{300, 200}, Sessions: 1, Operations: map[string]uint64{"modbus 3": 5}, Evidence: tyto.Evidence{Sensor: "s", Packet: 1}}}
}

func healthy(name string, packets uint64) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Sensor: "s", Zone: "z", Time: start, Kind: tyto.KindHealth,
		Health: &tyto.Health{Interface: name, Counters: map[string]uint64{"packets": packets}}}
}

func (f *fixture) devices() []store.DeviceRow {
	f.t.Helper()
	page, err := f.store.Devices(f.t.Context(), store.DeviceQuery{Window: store.Window{Sort: "ip", Limit: 500}})
	if err != nil {
		f.t.Fatal(err)
	}
	return page.Items
}

func (f *fixture) conversations() []store.ConversationRow {
	f.t.Helper()
	page, err := f.store.Conversations(f.t.Context(), store.ConversationQuery{Window: store.Window{Sort: "client", Limit: 500}})
	if err != nil {
		f.t.Fatal(err)
	}
	return page.Items
}
