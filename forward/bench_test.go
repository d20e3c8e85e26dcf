package forward_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tyto/forward"
	"tyto/forward/forwardtest"
	"tyto/lab/doubles"
	"tyto/outbound"
	"tyto/tyto"
)

// sink reads all and takes all.
func sink(b *testing.B) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch {
		case r.Method == http.MethodPost && r.URL.Query().Get("api-version") != "":
			w.WriteHeader(http.StatusNoContent)
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"text": "Success", "code": 0, "access_token": "t", "expires_in": 3600})
		}
	}))
	b.Cleanup(s.Close)
	return s.URL
}

// BenchmarkDestinations says how many events a second of processor time takes
// to each destination, the far end's share included. ServiceNow's and
// Defender's far ends are the strict doubles.
func BenchmarkDestinations(b *testing.B) {
	alerts := forwardtest.Alerts(0, 500)
	var devices []tyto.Event
	for i := range 500 {
		devices = append(devices, device(string(rune('a'+i%26))+time.Duration(i).String(), "printer", ""))
	}
	for name, c := range map[string]struct {
		open   func(b *testing.B) forward.Output
		events []tyto.Event
	}{
		"file": {func(b *testing.B) forward.Output {
			return open(b, forward.Destination{File: &forward.File{Path: filepath.Join(b.TempDir(), "events")}})
		}, alerts},
		"splunk": {func(b *testing.B) forward.Output {
			return open(b, forward.Destination{Splunk: &forward.Splunk{URL: sink(b), Token: secret(b, "t")}})
		}, alerts},
		"sentinel": {func(b *testing.B) forward.Output {
			return open(b, forward.Destination{Sentinel: sentinel(b, sink(b))})
		}, alerts},
		"webhook": {func(b *testing.B) forward.Output {
			return open(b, forward.Destination{Webhook: &forward.Webhook{URL: sink(b), Secret: secret(b, "s")}})
		}, alerts},
		"servicenow-items": {func(b *testing.B) forward.Output {
			return open(b, forward.Destination{ServiceNow: &forward.ServiceNow{Instance: outbound.Instance{URL: doubles.Serve(b, unlimited()).URL, User: doubles.SnowUser, Password: secret(b, doubles.SnowPassword)}}})
		}, devices},
		"servicenow-incidents": {func(b *testing.B) forward.Output {
			return open(b, forward.Destination{ServiceNow: &forward.ServiceNow{Instance: outbound.Instance{URL: doubles.Serve(b, unlimited()).URL, User: doubles.SnowUser, Password: secret(b, doubles.SnowPassword)}}})
		}, alerts},
		"defender": {func(b *testing.B) forward.Output {
			return open(b, forward.Destination{Defender: &forward.Defender{Microsoft: outbound.Microsoft{App: app(b, sink(b))}, Alerts: true, Indicators: &forward.Indicators{}}})
		}, alerts},
	} {
		b.Run(name, func(b *testing.B) {
			o := c.open(b)
			defer o.Close()
			n, fresh := 0, []tyto.Event(nil)
			begun := used()
			for b.Loop() {
				fresh = fresh[:0]
				for _, e := range c.events { // no event is told twice
					n++
					e.Time = e.Time.Add(time.Duration(n) * time.Microsecond)
					fresh = append(fresh, e)
				}
				if err := o.Send(b.Context(), fresh); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/(used()-begun).Seconds(), "events/cpu-s")
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// unlimited is a ServiceNow that does not count requests.
func unlimited() *doubles.ServiceNowDouble {
	d := doubles.ServiceNow()
	at := time.Now()
	d.Clock = func() time.Time { at = at.Add(time.Second); return at }
	return d
}

// used is the processor time of this process.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
