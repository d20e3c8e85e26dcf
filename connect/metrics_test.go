package connect

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestMetrics(t *testing.T) {
	f := newFixture(t, nil)
	f.mde.PutMachine(machineOf("m1", "pc1", "02:00:00:00:00:01", "10.1.0.1", nil))
	read := func() map[string]float64 {
		t.Helper()
		r := prometheus.NewRegistry()
		r.MustRegister(f.manager)
		all, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, family := range all {
			for _, m := range family.GetMetric() {
				name := family.GetName()
				for _, l := range m.GetLabel() {
					if l.GetName() == "heard" {
						name += " " + l.GetValue()
					}
				}
				got[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
		return got
	}
	if got := read(); got["tyto_connect_up"] != 0 || len(got) != 6 {
		t.Errorf("before the first work: %v", got)
	}
	f.well()
	if got := read(); got["tyto_connect_up"] != 1 || got["tyto_connect_machines no"] != 1 || got["tyto_connect_observations_total"] == 0 || got["tyto_connect_done_timestamp_seconds"] != float64(start.Unix()) {
		t.Errorf("after it: %v", got)
	}
	f.mde.Next(500, "", "", 2)
	f.work()
	if got := read(); got["tyto_connect_up"] != 0 || got["tyto_connect_failures_total"] != 1 {
		t.Errorf("after a failure: %v", got)
	}
}
