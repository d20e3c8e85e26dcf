package hub

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"tyto/store/sqlite"
	"tyto/store/sqlitetest"
)

// everywhere is a listener on loopback that says it is reached from other
// machines, as one in a container is.
type everywhere struct{ net.Listener }

func (everywhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 9080} }

// TestPlainHTTP has a proxy that speaks TLS stand before a hub that does not.
func TestPlainHTTP(t *testing.T) {
	s, err := sqlite.Open(t.Context(), sqlitetest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg, deps := DefaultConfig(), Deps{Store: s, Listener: everywhere{inner}, Log: slog.New(slog.DiscardHandler)}
	cfg.PlainHTTP = true
	if _, err := New(cfg, deps); err == nil || !strings.Contains(err.Error(), "name them") {
		t.Fatalf("to everybody: %v", err)
	}
	cfg.Proxies = []netip.Prefix{netip.MustParsePrefix("10.89.7.2/32")}
	h, err := New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	<-h.ready

	behind, err := url.Parse("http://" + inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind); r.SetXForwarded() }})
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: proxy.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}, DisableKeepAlives: true}}
	r, err := client.Get(proxy.URL + "/api/v1/session")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if r.StatusCode == http.StatusForbidden || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("through the proxy: %s %s %v", r.Status, body, r.Header)
	}
	proxy.Close()
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}

	for _, c := range []struct {
		from, path string
		refused    bool
	}{
		{"10.89.7.2:5", "/api/v1/session", false}, {"[::ffff:10.89.7.2]:5", "/api/v1/session", false}, {"127.0.0.1:5", "/", false},
		{"10.89.7.3:5", "/", true}, {"10.89.7.3:5", "/api/v1/session", true}, {"[2001:db8::1]:5", "/setup", true}, {"@", "/", true},
		{"10.89.7.3:5", "/healthz", false},
	} {
		w, q := httptest.NewRecorder(), httptest.NewRequest("GET", c.path, nil)
		q.RemoteAddr = c.from
		q.Header.Set("X-Forwarded-For", "127.0.0.1")
		h.door().ServeHTTP(w, q)
		if refused := w.Code == http.StatusForbidden && strings.Contains(w.Body.String(), "proxies"); refused != c.refused {
			t.Errorf("%s from %s: %d %s", c.path, c.from, w.Code, w.Body)
		}
	}
}
