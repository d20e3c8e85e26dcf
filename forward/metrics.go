package forward

import "github.com/prometheus/client_golang/prometheus"

var (
	sentDesc     = prometheus.NewDesc("tyto_forward_events_total", "Events by what became of them: sent, refused by the far end, or expired.", []string{"output", "outcome"}, nil)
	failuresDesc = prometheus.NewDesc("tyto_forward_failures_total", "Attempts to send that failed; they are repeated.", []string{"output"}, nil)
	backlogDesc  = prometheus.NewDesc("tyto_forward_backlog", "Entries of the log that the output has not read.", []string{"output"}, nil)
	upDesc       = prometheus.NewDesc("tyto_forward_up", "1 if the last attempt to send was taken.", []string{"output"}, nil)
)

var _ prometheus.Collector = (*Forwarder)(nil)

// Describe implements prometheus.Collector.
func (f *Forwarder) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sentDesc, failuresDesc, backlogDesc, upDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (f *Forwarder) Collect(ch chan<- prometheus.Metric) {
	for _, s := range f.Status() {
		count := func(d *prometheus.Desc, n uint64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), append([]string{s.Name}, labels...)...)
		}
		count(sentDesc, s.Sent, "sent")
		count(sentDesc, s.Refused, "refused")
		count(sentDesc, s.Expired, "expired")
		count(failuresDesc, s.Failures)
		up := 1.0
		if s.Failing {
			up = 0
		}
		ch <- prometheus.MustNewConstMetric(backlogDesc, prometheus.GaugeValue, float64(s.Backlog), s.Name)
		ch <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, up, s.Name)
	}
}
