package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/net/netutil"
)

// Bounds of the server: what a client may take, and for how long. Streams
// and exports extend their own time to write.
const (
	maxConnections = 2048
	maxHeader      = 64 << 10
	headerTime     = 10 * time.Second
	readTime       = 30 * time.Second
	writeTime      = time.Minute
	idleTime       = 2 * time.Minute
	shutdownTime   = 5 * time.Second
)

// serve serves API and portal until ctx is done.
func (h *Hub) serve(ctx context.Context) error {
	s := http.Server{
		Handler: h.door(), MaxHeaderBytes: maxHeader, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		BaseContext: func(net.Listener) context.Context { return ctx }, // so that streams end with the hub
		ErrorLog:    slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
	l := netutil.LimitListener(h.deps.Listener, maxConnections)
	if h.deps.TLS != nil {
		l = tls.NewListener(l, h.deps.TLS)
	}
	return serveUntil(ctx, &s, l)
}

// door is the handler, before which a hub without TLS that is reached from
// other machines lets only its proxies pass, and this machine: whoever else
// comes has not come by TLS, and is told so before they are asked for a
// password. Whether the hub lives may be asked by anybody.
func (h *Hub) door() http.Handler {
	if h.deps.TLS != nil || onLoopback(h.deps.Listener.Addr()) {
		return h.handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := remoteOf(r)
		known := from.IsLoopback() || slices.ContainsFunc(h.cfg.Proxies, func(p netip.Prefix) bool { return p.Contains(from) })
		if !known && r.URL.Path != "/healthz" && r.URL.Path != "/readyz" {
			http.Error(w, "This hub speaks HTTP without TLS, to its proxies alone: come by https, through one of them. If this is a proxy, name its address in 'proxies' of the hub's configuration.", http.StatusForbidden)
			return
		}
		h.handler.ServeHTTP(w, r)
	})
}

// serveUntil serves until ctx is done, and then lets requests end.
func serveUntil(ctx context.Context, s *http.Server, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	err := s.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.Close()
	}
	<-served
	return err
}
