package api

import (
	"crypto/subtle"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// operator adds the pages for who runs the hub. They tell no knowledge, but
// metrics tell how much there is: those are for the machine itself, and for
// who has the token.
func (a *api) operator(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", a.readyz)
	if a.Registry != nil {
		mux.Handle("GET /metrics", Monitoring(a.Registry, a.MetricsToken, a.Log))
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, http.StatusNotFound, "there is no such resource; see /api/openapi.json")
	})
}

func (a *api) readyz(w http.ResponseWriter, r *http.Request) {
	if a.Ready != nil {
		if err := a.Ready(r.Context()); err != nil {
			a.Log.WarnContext(r.Context(), "not ready", "err", err)
			writeText(w, http.StatusServiceUnavailable, "not ready; the log says why\n")
			return
		}
	}
	writeText(w, http.StatusOK, "ready\n")
}

// Monitoring is the page of what is counted, for the machine itself and for
// who shows the token; a token of "" or nil opens nothing. A proxy on the
// machine is not the machine: what it passes on comes from elsewhere, and says
// so.
func Monitoring(counted prometheus.Gatherer, token func() (string, error), log *slog.Logger) http.Handler {
	page := promhttp.HandlerFor(counted, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fromHere(r) && !hasToken(r, token, log) {
			writeText(w, http.StatusForbidden, "metrics are for this machine, and for who shows the token of the configuration's metrics.token\n")
			return
		}
		page.ServeHTTP(w, r)
	})
}

func hasToken(r *http.Request, token func() (string, error), log *slog.Logger) bool {
	shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token == nil {
		return false
	}
	wanted, err := token()
	if err != nil {
		log.WarnContext(r.Context(), "cannot read the token for metrics", "err", err)
		return false
	}
	return wanted != "" && subtle.ConstantTimeCompare([]byte(shown), []byte(wanted)) == 1
}

func fromHere(r *http.Request) bool {
	for _, passedOn := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(passedOn) != "" {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client is gone: nobody to tell
}

// writeProblem answers as RFC 9457 says, where huma does not.
func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct { // the client is gone: nobody to tell
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{http.StatusText(status), status, detail})
}
