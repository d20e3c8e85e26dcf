// Package hub is the hub: events come in and are logged, each zone's analyst
// makes devices and conversations of them, the store keeps these, and people
// and programs see them through the API and the portal.
//
// The log is the truth. What an analyst knows is folded into the store about
// once a second, and is made again from log and store when the hub starts.
package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"tyto/api"
	"tyto/auth"
	"tyto/detect"
	"tyto/store"
	"tyto/tyto"
)

// A Hub is the hub. Accept and Handler may be used from any goroutine.
type Hub struct {
	cfg     Config
	deps    Deps
	now     func() time.Time
	log     *slog.Logger
	auth    *auth.Auth
	handler http.Handler
	notices notices
	metrics metrics
	mutes   atomic.Pointer[mutes]
	reading sync.Mutex // held by who reads places, mutes or indicators
	rules   string     // the print of those that were read
	// indicators are for the engines of all zones.
	indicators detect.Indicators
	countedFor time.Duration                     // the longest that rules count
	sensors    *receiver                         // nil without Enrolment
	sites      atomic.Pointer[map[string]string] // by zone
	vicinities atomic.Pointer[map[string]*vicinity]
	epoch      uint64 // of batches that this process accepts; no clock, which may be set back

	owner    string // of leases
	alone    bool   // no other hub can use the store
	unfenced bool   // for a test that must fail: changes carry no lease
	claiming sync.Mutex
	wanted   chan struct{}       // zones that nobody may hold
	looked   int64               // in the log, for what other hubs took; share's
	strange  map[string]struct{} // zones of other hubs in which something happened; share's
	told     time.Time           // when that was said last; share's
	full     chan struct{}       // a zone has as much for the store as may wait
	// pendingMost is how many conversations of a zone may wait for the store.
	pendingMost int

	ready chan struct{} // closed when the zones are restored
	ended chan struct{} // closed when Run returns
	mu    sync.Mutex
	seq   uint64
	zones map[string]*zone
	// lacked is when it was last said that there is no room.
	lacked time.Time
}

// New is a hub. It starts nothing.
func New(cfg Config, deps Deps) (*Hub, error) {
	if deps.Clock == nil {
		deps.Clock = time.Now
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if err := validate(&cfg, &deps); err != nil {
		return nil, err
	}
	cfg.Auth.TLS = deps.TLS != nil || len(cfg.Proxies) > 0
	gate, err := auth.New(cfg.Auth, deps.Store, deps.Clock, deps.Log)
	if err != nil {
		return nil, err
	}
	h := &Hub{cfg: cfg, deps: deps, now: deps.Clock, log: deps.Log, auth: gate, epoch: rand.Uint64(), owner: fmt.Sprintf("%016x", rand.Uint64()), alone: deps.Store.Alone(), wanted: make(chan struct{}, 1), strange: map[string]struct{}{}, full: make(chan struct{}, 1), pendingMost: maxPending,
		ready: make(chan struct{}), ended: make(chan struct{}), zones: map[string]*zone{}, metrics: newMetrics()}
	registry := prometheus.NewRegistry()
	h.register(registry)
	registry.MustRegister(deps.Metrics...)
	if deps.Enrolment != nil {
		h.sensors = newReceiver(h)
	}
	h.sites.Store(&cfg.Sites)
	h.vicinities.Store(h.vicinitiesOf(cfg.Sites))
	if cfg.Detections != nil {
		h.countedFor = min(cfg.Detections.Longest(), maxCounted)
	}
	h.handler = api.New(api.Deps{
		Store: deps.Store, Auth: gate, Notices: &h.notices, Registry: registry, MetricsToken: deps.MetricsToken, Clock: deps.Clock, Log: deps.Log,
		Version: deps.Version, TypeName: deps.TypeName, Rules: cfg.Detections, Integrations: deps.Integrations, Analysts: h, Geo: deps.Geo, Ready: h.isReady, Enrolment: deps.Enrolment, SensorAddress: h.SensorAddressFor, PlacesChanged: h.PlacesChanged, Decided: h.Accept,
		Packets: deps.Packets, Portal: deps.Portal, TLS: cfg.Auth.TLS, Proxies: cfg.Proxies,
	})
	return h, nil
}

// Handler is the API and the portal, for who serves them otherwise than Run.
func (h *Hub) Handler() http.Handler { return h.handler }

// SetupToken makes the one-time token for the first administrator, "" when
// there is one. See auth.
func (h *Hub) SetupToken(ctx context.Context) (string, error) { return h.auth.SetupToken(ctx) }

// maxCounted bounds how far a restart reads back to count again.
const maxCounted = 24 * time.Hour

// Run restores what was known, serves, and folds what is accepted, until ctx
// is done. Then it folds the rest; nothing of it is left running.
func (h *Hub) Run(ctx context.Context) error {
	defer close(h.ended)
	all, running := errgroup.WithContext(ctx)
	if h.deps.Listener != nil {
		all.Go(func() error { return h.serve(running) })
	}
	if h.deps.SensorListener != nil && h.sensors != nil {
		all.Go(func() error { return h.serveSensors(running) })
	}
	if !h.alone {
		all.Go(func() error { return h.share(running) }) // leases are renewed while zones are restored
	}
	all.Go(func() error {
		if err := h.restore(running); err != nil {
			return err
		}
		close(h.ready)
		all.Go(func() error { return h.tend(running) })
		if h.deps.Packets != nil {
			all.Go(func() error { return h.savePackets(running) })
		}
		if !h.alone {
			all.Go(func() error { return h.seek(running) })
			all.Go(func() error { return h.follow(running) })
		}
		return h.keep(running)
	})
	err := all.Wait()
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	select {
	case <-h.ready:
		return errors.Join(err, h.last(context.WithoutCancel(ctx)))
	default: // what is half restored is not to be written
		return err
	}
}

// lastFlush is how long the end may take.
const lastFlush = 30 * time.Second

// last folds what was accepted before the end.
func (h *Hub) last(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lastFlush)
	defer cancel()
	for {
		more, err := h.flush(ctx, true)
		if err != nil {
			return err
		}
		if !more {
			return h.part(ctx)
		}
	}
}

// keep flushes.
func (h *Hub) keep(ctx context.Context) error {
	flush := time.NewTicker(h.cfg.Flush)
	defer flush.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-flush.C:
		case <-h.full:
			if failing {
				continue // each second is enough
			}
		}
		// The log has it all: what cannot be written now is written later.
		switch _, err := h.flush(ctx, false); {
		case err != nil && !failing && ctx.Err() == nil:
			failing = true
			h.log.ErrorContext(ctx, "cannot write to the store; trying on", "err", err)
		case err == nil && failing:
			failing = false
			h.log.InfoContext(ctx, "writing to the store again")
		}
	}
}

// tend drops now and then what need not be kept.
func (h *Hub) tend(ctx context.Context) error {
	hour, day := time.NewTicker(time.Hour), time.NewTicker(24*time.Hour)
	defer hour.Stop()
	defer day.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hour.C:
			h.tidy(ctx)
		case <-day.C:
			h.thin(ctx)
		}
	}
}

// tidy drops what is kept for a time only.
func (h *Hub) tidy(ctx context.Context) {
	h.forget(ctx)
	if _, ours, err := h.deps.Store.TakeLease(ctx, tidyLease, h.owner, h.term()); err != nil || !ours {
		return // another hub does it
	}
	if err := h.deps.Store.RollUp(ctx, h.newest(), h.cfg.Retention); err != nil {
		h.log.WarnContext(ctx, "cannot roll up conversations", "err", err)
	}
	if n, err := h.deps.Store.TrimLog(ctx, h.now().Add(-h.cfg.KeepLog)); err != nil {
		h.log.WarnContext(ctx, "cannot trim the log", "err", err)
	} else if n > 0 {
		h.log.InfoContext(ctx, "log trimmed", "batches", n)
	}
	if err := h.auth.Sweep(ctx); err != nil {
		h.log.WarnContext(ctx, "cannot sweep sessions", "err", err)
	}
}

// thin drops repetition from the log.
func (h *Hub) thin(ctx context.Context) {
	for _, z := range h.all() {
		if n, err := z.thin(ctx); err != nil {
			h.log.WarnContext(ctx, "cannot thin the log", "zone", z.name, "err", err)
		} else if n > 0 {
			h.log.InfoContext(ctx, "log thinned", "zone", z.name, "events", n)
		}
	}
}

// flush writes what each zone has to tell, and reports whether there is more.
func (h *Hub) flush(ctx context.Context, final bool) (more bool, err error) {
	for _, z := range h.all() {
		err := z.catchUp(ctx)
		left := false
		if err == nil {
			left, err = z.flush(ctx, final)
		}
		if errors.Is(err, store.ErrFenced) {
			h.lose(ctx, z)
			continue
		}
		if err != nil {
			return false, err
		}
		more = more || left
	}
	return more, nil
}

// all is the zones, by name.
func (h *Hub) all() []*zone {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*zone, 0, len(h.zones))
	for _, z := range h.zones {
		all = append(all, z)
	}
	slices.SortFunc(all, func(a, b *zone) int { return strings.Compare(a.name, b.name) })
	return all
}

// maxZones bounds what sensors may make up.
const maxZones = 10_000

// Accept takes events of sensors in this process. It returns when they are
// on disk, and keeps nothing of them. An error means that they are to be
// offered again.
func (h *Hub) Accept(ctx context.Context, events []tyto.Event) error {
	select {
	case <-h.ready:
	case <-h.ended:
		return errors.New("hub: it ended before it was ready")
	case <-ctx.Done():
		return ctx.Err()
	}
	for len(events) > 0 {
		n := 1
		for n < len(events) && events[n].Zone == events[0].Zone && events[n].Sensor == events[0].Sensor {
			n++
		}
		if err := h.accept(ctx, events[:n]); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// accept takes events of one sensor in one zone.
func (h *Hub) accept(ctx context.Context, events []tyto.Event) error {
	name := events[0].Zone
	if name == "" {
		name = h.cfg.Zone
	}
	if err := h.wait(ctx, name); err != nil {
		return err
	}
	h.mu.Lock()
	h.seq++
	b := store.Batch{Zone: name, Sensor: events[0].Sensor, Epoch: h.epoch, Seq: h.seq, Events: events, Received: h.now()}
	h.mu.Unlock()
	_, err := h.take(ctx, b)
	return err
}

func (h *Hub) isReady(ctx context.Context) error {
	select {
	case <-h.ready:
		return h.deps.Store.Check(ctx)
	default:
		return errors.New("hub: the zones are being restored")
	}
}
