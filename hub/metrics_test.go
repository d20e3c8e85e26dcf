package hub

import (
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"tyto/store"
	"tyto/tyto"
)

// page is what monitoring reads, from the machine itself.
func (f *fixture) page() string {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.RemoteAddr = "127.0.0.1:7"
	f.hub.Handler().ServeHTTP(w, r)
	if w.Code != 200 {
		f.t.Fatalf("the page: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// TestMetricsPage compares our part of the page with testdata/metrics.golden:
// the names are a contract with who made alarms of them.
func TestMetricsPage(t *testing.T) {
	f := newFixture(t)
	f.accept(saw(1, tyto.Hostname, "plc-1"), talked(subject(1), subject(2), "modbus"), healthy("eth0", 10))
	f.eventually("health is stored", func() bool { s, err := f.store.Sensors(t.Context()); return err == nil && len(s) == 1 })
	f.eventually("devices are stored", func() bool { return len(f.devices()) == 2 })
	alert := tyto.Alert{ID: "a1", Rule: "r", Severity: tyto.Major, Title: "t", First: start, Last: start, Count: 1}
	if err := f.store.Write(t.Context(), store.Change{Zone: "z", Alerts: []tyto.Alert{alert}}); err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, line := range strings.Split(f.page(), "\n") {
		if strings.Contains(line, "tyto_") && !strings.Contains(line, "tyto_hub_write_seconds") && !strings.Contains(line, "tyto_forward") {
			ours = append(ours, regexp.MustCompile(`commit="[^"]*"|go="[^"]*"`).ReplaceAllString(line, ""))
		}
	}
	got := strings.Join(ours, "\n") + "\n"
	const golden = "testdata/metrics.golden"
	if os.Getenv("UPDATE") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("%v; got\n%s\nwant\n%s", err, got, want)
	}
}

func TestMetricsKeepTheConventions(t *testing.T) {
	f := newFixture(t)
	f.accept(healthy("eth0", 10))
	r := prometheus.NewPedanticRegistry()
	f.hub.register(r)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	problems = slices.DeleteFunc(problems, func(p promlint.Problem) bool { return !strings.HasPrefix(p.Metric, "tyto_") })
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

// TestMetricsWithoutStore shows that a store that does not answer is no
// reason for no page: what is not known is NaN, or absent.
func TestMetricsWithoutStore(t *testing.T) {
	f := newFixture(t)
	f.accept(healthy("eth0", 10))
	f.eventually("health is stored", func() bool { s, err := f.store.Sensors(t.Context()); return err == nil && len(s) == 1 })
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.stop = func() error { return nil }
	page := f.page()
	for _, want := range []string{"tyto_hub_ready 0", fmt.Sprintf("tyto_hub_events_total{kind=%q} 1", "health")} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if strings.Contains(page, "tyto_sensor_packets_total{") || strings.Contains(page, "tyto_hub_open_alerts{") {
		t.Error("the page tells what nobody knows")
	}
}
