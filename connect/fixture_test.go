package connect

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tyto/api"
	"tyto/frame"
	"tyto/hub"
	"tyto/lab/doubles"
	"tyto/outbound"
	"tyto/store"
	"tyto/store/sqlite"
	"tyto/tyto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(doubles.Settled{M: m}) }

// fixture is a hub, doubles of Defender and Graph, and a connector to them.
type fixture struct {
	t       *testing.T
	store   *sqlite.Store
	hub     *hub.Hub
	mde     *doubles.MDEDouble
	graph   *doubles.GraphDouble
	manager *Manager
	config  Connector

	*doubles.Clock
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ago is a time before the start, as Defender writes it.
func ago(d time.Duration) string { return start.Add(-d).Format("2006-01-02T15:04:05.0000000Z") }

// newHub is a fixture without a connector.
func newHub(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, Clock: doubles.ClockAt(start)}
	var err error
	if f.store, err = sqlite.Open(t.Context(), sqlite.DefaultConfig(t.TempDir())); err != nil {
		t.Fatal(err)
	}
	cfg := hub.DefaultConfig()
	cfg.Flush, cfg.News = 10*time.Millisecond, true
	if f.hub, err = hub.New(cfg, hub.Deps{Store: f.store, Clock: f.Now, Log: slog.New(slog.DiscardHandler), Version: api.Version{Version: "7"}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.hub.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, f.manager.close(), f.store.Close()); err != nil {
			t.Error(err)
		}
	})
	return f
}

// connect makes the connector of the configuration.
func (f *fixture) connect() {
	f.t.Helper()
	var err error
	f.manager, err = New(Deps{Memory: f.store, Accept: f.hub.Accept, Clock: f.Now, Log: slog.New(slog.DiscardHandler)}, []Connector{f.config})
	if err != nil {
		f.t.Fatal(err)
	}
}

func newFixture(t *testing.T, adjust func(*Connector)) *fixture {
	t.Helper()
	f := newHub(t)
	f.mde, f.graph = doubles.MDE(), doubles.Graph()
	f.mde.Clock, f.graph.Clock = f.Now, f.Now
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(doubles.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	url := doubles.Serve(t, doubles.Microsoft(doubles.Azure(), f.graph, f.mde)).URL
	f.config = Connector{Name: "defender", Zone: "default", Places: []Place{{Zone: "plant", Networks: []string{"10.1.0.0/16"}, Groups: []string{"Plant*"}}},
		Defender: &Defender{Microsoft: outbound.Microsoft{URL: url, Graph: url, App: outbound.App{Tenant: doubles.Tenant, Client: doubles.App, Login: url, Secret: outbound.Secret{File: secret}}}}}
	if adjust != nil {
		adjust(&f.config)
	}
	f.connect()
	return f
}

// work syncs once, and is the status after.
func (f *fixture) work() Status {
	f.t.Helper()
	f.manager.work(f.t.Context(), f.manager.all[0])
	return f.manager.Status(f.t.Context())[0]
}

func (f *fixture) well() Status {
	f.t.Helper()
	s := f.work()
	if s.Failing {
		f.t.Fatal(s.Error)
	}
	return s
}

// eventually works until something holds.
func (f *fixture) eventually(what string, ok func() bool) {
	f.t.Helper()
	for range 6000 { // a busy machine takes its time
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.t.Fatalf("never: %s", what)
}

// hear has a sensor tell of a device that sends.
func (f *fixture) hear(zone string, mac frame.MAC, ip frame.Addr, facts map[tyto.Attr]string) {
	f.t.Helper()
	s := tyto.Subject{MAC: mac, Addr: ip}
	ev := tyto.Evidence{Sensor: "s1", Capture: "eth0", Packet: 1, Protocol: "arp", Field: "arp.src.proto_ipv4"}
	events := []tyto.Event{{Version: 1, Sensor: "s1", Zone: zone, Time: start, Kind: tyto.KindObservation,
		Observation: &tyto.Observation{Subject: s, Attr: tyto.Address, Value: ip.String(), Confidence: tyto.Stated, Evidence: ev}}}
	for a, v := range facts {
		events = append(events, tyto.Event{Version: 1, Sensor: "s1", Zone: zone, Time: start, Kind: tyto.KindObservation,
			Observation: &tyto.Observation{Subject: s, Attr: a, Value: v, Confidence: tyto.Shown, Evidence: tyto.Evidence{Sensor: "s1", Packet: 2, Protocol: "dhcp", Field: "dhcp.option.hostname"}}})
	}
	events = append(events, tyto.Event{Version: 1, Sensor: "s1", Zone: zone, Time: start, Kind: tyto.KindConversation, Conversation: &tyto.Conversation{Client: s,
		Server: tyto.Subject{MAC: frame.MAC{2, 0, 0, 0, 9, 9}, Addr: frame.V4(10, 1, 9, 9)}, Transport: "tcp", Port: 443, First: start, Last: start, Packets: [2]uint64{3, 3}, Bytes: [2]uint64{300, 300}}})
	if err := f.hub.Accept(f.t.Context(), events); err != nil {
		f.t.Fatal(err)
	}
}

// device is the device with a MAC address.
func (f *fixture) device(zone, mac string) (store.DeviceRow, tyto.Device, bool) {
	id := ""
	err := f.store.EachAddress(f.t.Context(), func(a store.DeviceAddress) error {
		if a.Zone == zone && slices.Contains(a.MACs, mac) {
			id = a.ID
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	r, d, err := f.store.Device(f.t.Context(), id)
	return r, d, err == nil
}

func machineOf(id, name, mac, ip string, more map[string]any) map[string]any {
	m := map[string]any{"id": id, "computerDnsName": name, "firstSeen": ago(48 * time.Hour), "lastSeen": ago(time.Hour), "osPlatform": "Windows11", "version": "24H2", "onboardingStatus": "Onboarded",
		"healthStatus": "Active", "rbacGroupName": "Office", "riskScore": "Low", "exposureLevel": "Medium", "aadDeviceId": "aad-" + id, "machineTags": []string{}, "deviceValue": "Normal",
		"lastIpAddress": ip, "ipAddresses": []any{map[string]any{"ipAddress": ip, "macAddress": strings.ReplaceAll(strings.ToUpper(mac), ":", ""), "type": "Ethernet", "operationalStatus": "Up"}}}
	for k, v := range more {
		m[k] = v
	}
	return m
}
