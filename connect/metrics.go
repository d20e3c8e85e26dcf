package connect

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	upDesc       = prometheus.NewDesc("tyto_connect_up", "1 if the connector's last work went well.", []string{"connector"}, nil)
	doneDesc     = prometheus.NewDesc("tyto_connect_done_timestamp_seconds", "When all went well last; 0 if it never did.", []string{"connector"}, nil)
	machinesDesc = prometheus.NewDesc("tyto_connect_machines", "Devices that the product knows, by whether they were heard on the wire.", []string{"connector", "heard"}, nil)
	toldDesc     = prometheus.NewDesc("tyto_connect_observations_total", "Observations that were told.", []string{"connector"}, nil)
	failuresDesc = prometheus.NewDesc("tyto_connect_failures_total", "Times that the work failed; it is tried on.", []string{"connector"}, nil)
)

var _ prometheus.Collector = (*Manager)(nil)

// Describe implements prometheus.Collector.
func (m *Manager) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upDesc, doneDesc, machinesDesc, toldDesc, failuresDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. It tells the same in each of the
// processes that share a store.
func (m *Manager) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, s := range m.Status(ctx) {
		up, done := 0.0, 0.0
		if !s.Done.IsZero() {
			done = float64(s.Done.UnixMilli()) / 1000
			if !s.Failing {
				up = 1
			}
		}
		tell := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, kind, v, append([]string{s.Name}, labels...)...)
		}
		tell(upDesc, prometheus.GaugeValue, up)
		tell(doneDesc, prometheus.GaugeValue, done)
		tell(machinesDesc, prometheus.GaugeValue, float64(s.Heard), "yes")
		tell(machinesDesc, prometheus.GaugeValue, float64(s.Machines-min(s.Heard, s.Machines)), "no")
		tell(toldDesc, prometheus.CounterValue, float64(s.Told))
		tell(failuresDesc, prometheus.CounterValue, float64(s.Failures))
	}
}
