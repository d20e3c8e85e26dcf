package hub

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

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
	gauge := func(name, help string, of func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, of)
	}
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		h.metrics.events, h.metrics.batches, h.metrics.failures, h.metrics.flushes, h.metrics.refused,
		gauge("tyto_hub_devices", "Devices in the store.", func() float64 {
			n, err := h.deps.Store.CountDevices(context.Background())
			if err != nil {
				return -1
			}
			return float64(n)
		}),
		gauge("tyto_hub_streams", "Open event streams.", func() float64 { return float64(h.notices.count()) }))
}
