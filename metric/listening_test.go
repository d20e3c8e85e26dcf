package metric

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// page is what a collector tells, as Prometheus reads it.
func page(t *testing.T, of func() []Interface) string {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(Listening(of))
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("against the conventions: %v %v", problems, err)
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// TestPage compares the page of an interface that tells all there is with
// testdata/listening.golden.
func TestPage(t *testing.T) {
	all := map[string]uint64{}
	for name := range meanings {
		all[name] = uint64(len(name)) * 1000
	}
	got := page(t, func() []Interface {
		return []Interface{{"s2", "z", "eth0", map[string]uint64{"packets": 5}}, {"s1", "plant 1", "eth0", all}}
	})
	const golden = "testdata/listening.golden"
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

func TestHostileNames(t *testing.T) {
	got := page(t, func() []Interface {
		return []Interface{{"a\n\"b\\", "z\xff", "i", map[string]uint64{"packets": 1, "nonsense": 2}},
			{"a\n\"b\\", "z\xfe", "i", map[string]uint64{"packets": 1}}} // the same once it is text
	})
	if want := `tyto_sensor_packets_total{interface="i",sensor="a\n\"b\\",zone="z` + "\ufffd" + `"} 1`; !strings.Contains(got, want) || strings.Contains(got, "nonsense") {
		t.Errorf("got\n%s", got)
	}
}

func TestUnnamed(t *testing.T) {
	if got := Unnamed(map[string]uint64{"packets": 1, "first_ns": 2, "b": 3, "a": 4}); len(got) != 2 || got[0] != "a" {
		t.Errorf("got %q", got)
	}
}
