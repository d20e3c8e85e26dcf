package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"tyto/api"
	"tyto/metric"
	"tyto/outbound"
	"tyto/tyto"
)

// metricsSetting is how monitoring gets at what is counted.
type metricsSetting struct {
	Token outbound.Secret `yaml:"token"`
}

// pages are what a sensor tells those who run it: /healthz, /readyz and
// /metrics. It learns of what the sensor tells anyway, so that the packet path
// has nothing to do with it.
type pages struct {
	log      *slog.Logger
	registry *prometheus.Registry
	events   *prometheus.CounterVec
	ready    func(context.Context) error // beyond that there was health; may be nil

	mu   sync.Mutex
	told map[string]metric.Interface // the last health, by interface
}

// newPages is the pages of a sensor, which serve serves.
func newPages(log *slog.Logger) *pages {
	p := &pages{log: log, registry: prometheus.NewRegistry(), told: map[string]metric.Interface{},
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tyto_sensor_events_total", Help: "Events told, by kind."}, []string{"kind"})}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "tyto_build_info", Help: "The program that runs; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "commit": commit(), "go": runtime.Version()}})
	build.Set(1)
	p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build, p.events, metric.Listening(p.interfaces))
	return p
}

// note learns of events that the sensor tells, and keeps nothing of them.
func (p *pages) note(events []tyto.Event) {
	for i := range events {
		e := &events[i]
		p.events.WithLabelValues(string(e.Kind)).Inc()
		if e.Health == nil {
			continue
		}
		counters := make(map[string]uint64, len(e.Health.Counters))
		for name, n := range e.Health.Counters {
			counters[name] = n
		}
		p.mu.Lock()
		p.told[e.Health.Interface] = metric.Interface{Sensor: e.Sensor, Zone: e.Zone, Name: e.Health.Interface, Counters: counters}
		p.mu.Unlock()
	}
}

func (p *pages) interfaces() (all []metric.Interface) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range p.told {
		all = append(all, i)
	}
	return all
}

// isReady reports whether the sensor listens, and can pass on what it hears.
func (p *pages) isReady(ctx context.Context) error {
	p.mu.Lock()
	heard := len(p.told)
	p.mu.Unlock()
	if heard == 0 {
		return errors.New("no interface is open yet")
	}
	if p.ready != nil {
		return p.ready(ctx)
	}
	return nil
}

func (p *pages) handler(token func() (string, error)) http.Handler {
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, status int, text string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text)) // the client is gone: nobody to tell
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := p.isReady(r.Context()); err != nil {
			p.log.WarnContext(r.Context(), "not ready", "err", err)
			say(w, http.StatusServiceUnavailable, "not ready; the log says why\n")
			return
		}
		say(w, http.StatusOK, "ready\n")
	})
	mux.Handle("GET /metrics", api.Monitoring(p.registry, token, p.log))
	return mux
}

// listenForPages opens the address of the pages.
func listenForPages(address string, token outbound.Secret) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, usageError{fmt.Errorf("--metrics: %w; 127.0.0.1:9109 is usual", err)}
	}
	if at, ok := l.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() && token == (outbound.Secret{}) {
		l.Close()
		return nil, usageError{fmt.Errorf("--metrics: %v is reached from other machines; name a token in the configuration (metrics.token), or listen on 127.0.0.1", l.Addr())}
	}
	return l, nil
}

// serve serves the pages until ctx is done.
func (p *pages) serve(ctx context.Context, l net.Listener, token outbound.Secret) error {
	s := http.Server{Handler: p.handler(token.Read), ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
