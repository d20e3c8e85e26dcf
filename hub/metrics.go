package hub

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"tyto/metric"
	"tyto/tyto"
)

// metrics is what the hub counts of its own work.
type metrics struct {
	events   *prometheus.CounterVec
	batches  prometheus.Counter
	failures prometheus.Counter
	flushes  prometheus.Histogram
	refused  *prometheus.CounterVec
}

func newMetrics() metrics {
	return metrics{
		events:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tyto_hub_events_total", Help: "Events accepted and on disk."}, []string{"kind"}),
		batches:  prometheus.NewCounter(prometheus.CounterOpts{Name: "tyto_hub_batches_total", Help: "Batches accepted and on disk."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "tyto_hub_write_failures_total", Help: "Times that knowledge could not be written to the store; it is tried again."}),
		refused:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tyto_hub_sensor_refusals_total", Help: "Requests of sensors that were not granted, by status."}, []string{"status"}),
		flushes: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "tyto_hub_write_seconds", Help: "How long it takes to write knowledge to the store.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)}),
	}
}

func (m *metrics) accepted(events []tyto.Event) {
	m.batches.Inc()
	for i := range events {
		m.events.WithLabelValues(string(events[i].Kind)).Inc()
	}
}

// register offers the metrics, and those that are asked for when they are
// looked at.
func (h *Hub) register(r *prometheus.Registry) {
	gauge := func(name, help string, of func(context.Context) (float64, error)) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), metricsTime)
			defer cancel()
			n, err := of(ctx)
			if err != nil {
				return math.NaN() // which is how Prometheus says that it is not known
			}
			return n
		})
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "tyto_build_info", Help: "The program that runs; always 1.",
		ConstLabels: prometheus.Labels{"version": h.deps.Version.Version, "commit": h.deps.Version.Commit, "go": h.deps.Version.Go}})
	build.Set(1)
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build,
		h.metrics.events, h.metrics.batches, h.metrics.failures, h.metrics.flushes, h.metrics.refused,
		gauge("tyto_hub_ready", "Whether the hub is ready, as /readyz says it.", func(ctx context.Context) (float64, error) {
			if h.isReady(ctx) != nil {
				return 0, nil
			}
			return 1, nil
		}),
		gauge("tyto_hub_devices", "Devices in the store.", func(ctx context.Context) (float64, error) {
			n, err := h.deps.Store.CountDevices(ctx)
			return float64(n), err
		}),
		gauge("tyto_hub_conversations", "Conversations in the store.", func(ctx context.Context) (float64, error) {
			t, err := h.deps.Store.ConversationTotals(ctx)
			return float64(t.Total), err
		}),
		gauge("tyto_hub_zones", "Zones that this hub knows.", func(context.Context) (float64, error) { return float64(len(h.all())), nil }),
		gauge("tyto_hub_streams", "Open event streams.", func(context.Context) (float64, error) { return float64(h.notices.count()), nil }),
		openAlerts{h}, budgets{h}, metric.Listening(h.heard))
}

// metricsTime bounds how long the store may take to answer for a page.
const metricsTime = 5 * time.Second

// heard is what sensors last told; nothing if the store does not answer.
func (h *Hub) heard() (all []metric.Interface) {
	ctx, cancel := context.WithTimeout(context.Background(), metricsTime)
	defer cancel()
	sensors, err := h.deps.Store.Sensors(ctx)
	if err != nil {
		h.log.WarnContext(ctx, "metrics of sensors are missing", "err", err)
		return nil
	}
	for i := range sensors {
		for _, r := range sensors[i].Interfaces {
			all = append(all, metric.Interface{Sensor: r.Sensor, Zone: r.Zone, Name: r.Interface, Counters: r.Counters})
		}
	}
	return all
}

// openAlerts collects the open alerts by severity.
type openAlerts struct{ hub *Hub }

var openAlertsDesc = prometheus.NewDesc("tyto_hub_open_alerts", "Alerts that are new or taken up, by severity.", []string{"severity"}, nil)

// Describe implements prometheus.Collector.
func (openAlerts) Describe(ch chan<- *prometheus.Desc) { ch <- openAlertsDesc }

// Collect implements prometheus.Collector.
func (o openAlerts) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), metricsTime)
	defer cancel()
	counts, err := o.hub.deps.Store.AlertTotals(ctx)
	if err != nil {
		o.hub.log.WarnContext(ctx, "metrics of alerts are missing", "err", err)
		return
	}
	open := map[string]uint64{}
	for _, c := range counts {
		open[c.Key] = c.Count
	}
	for s := tyto.Warning; s <= tyto.Critical; s++ {
		ch <- prometheus.MustNewConstMetric(openAlertsDesc, prometheus.GaugeValue, float64(open[s.String()]), s.String())
	}
}

// Ready says why the hub is not ready, nil if it is: see /readyz.
func (h *Hub) Ready(ctx context.Context) error { return h.isReady(ctx) }
