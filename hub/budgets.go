package hub

import "github.com/prometheus/client_golang/prometheus"

// budgets collects what tables refused or dropped to keep within their
// budgets: claims and addresses of devices, causes and values of alerts, facts
// of baselines. More than a little of it says that somebody floods the network
// with addresses, or that it is larger than the budgets are for.
type budgets struct{ hub *Hub }

var (
	refusedDesc   = prometheus.NewDesc("tyto_hub_refused_total", "What did not fit into a budget, by table, in the zones that this hub holds.", []string{"table"}, nil)
	strangersDesc = prometheus.NewDesc("tyto_hub_strangers_total", "Addresses that were not kept for want of memory, in the zones that this hub holds: all that they did was to send a frame or two. Each as often as a sensor tells of it.", nil, nil)
	bytesDesc     = prometheus.NewDesc("tyto_hub_known_bytes", "Memory for what is known of devices, in the zones that this hub holds.", nil, nil)
	evictedDesc   = prometheus.NewDesc("tyto_hub_evicted_total", "Addresses that went to make room, in the zones that this hub holds: those that least is known of and that are silent longest.", nil, nil)
)

// Describe implements prometheus.Collector.
func (budgets) Describe(ch chan<- *prometheus.Desc) {
	ch <- refusedDesc
	ch <- evictedDesc
	ch <- strangersDesc
	ch <- bytesDesc
}

// Collect implements prometheus.Collector.
func (b budgets) Collect(ch chan<- prometheus.Metric) {
	var devices, alerts, facts, evicted, strangers uint64
	var bytes int64
	for _, z := range b.hub.all() {
		z.mu.Lock()
		s := z.known.Stats()
		devices, evicted, strangers, bytes = devices+s.Refused, evicted+s.Evicted, strangers+s.Strangers, bytes+z.known.Bytes()
		if z.alerts != nil {
			alerts += z.alerts.Refused
		}
		if z.usual != nil {
			facts += z.usual.Refused
		}
		z.mu.Unlock()
	}
	for table, n := range map[string]uint64{"devices": devices, "alerts": alerts, "baseline": facts} {
		ch <- prometheus.MustNewConstMetric(refusedDesc, prometheus.CounterValue, float64(n), table)
	}
	ch <- prometheus.MustNewConstMetric(evictedDesc, prometheus.CounterValue, float64(evicted))
	ch <- prometheus.MustNewConstMetric(strangersDesc, prometheus.CounterValue, float64(strangers))
	ch <- prometheus.MustNewConstMetric(bytesDesc, prometheus.GaugeValue, float64(bytes))
}
