package api

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestMonitoring(t *testing.T) {
	token := func(s string, err error) func() (string, error) { return func() (string, error) { return s, err } }
	const away, here = "192.0.2.1:7", "127.0.0.1:7"
	for _, c := range []struct {
		what, from string
		header     [2]string
		token      func() (string, error)
		status     int
	}{
		{"this machine", here, [2]string{}, nil, 200},
		{"this machine, IPv6", "[::1]:7", [2]string{}, nil, 200},
		{"this machine, mapped", "[::ffff:127.0.0.1]:7", [2]string{}, nil, 200},
		{"another", away, [2]string{}, nil, 403},
		{"another that claims to be this", away, [2]string{"X-Forwarded-For", "127.0.0.1"}, nil, 403},
		{"another through a proxy here", here, [2]string{"X-Forwarded-For", "192.0.2.1"}, nil, 403},
		{"another through another proxy", here, [2]string{"Forwarded", "for=192.0.2.1"}, nil, 403},
		{"nowhere", "@", [2]string{}, nil, 403},
		{"another with the token", away, [2]string{"Authorization", "Bearer secret"}, token("secret", nil), 200},
		{"another with a wrong token", away, [2]string{"Authorization", "Bearer secre"}, token("secret", nil), 403},
		{"another with the token's name", away, [2]string{"Authorization", "secret"}, token("secret", nil), 403},
		{"an empty token", away, [2]string{"Authorization", "Bearer "}, token("", nil), 403},
		{"a token without one to compare", away, [2]string{"Authorization", "Bearer "}, nil, 403},
		{"a token that cannot be read", away, [2]string{"Authorization", "Bearer secret"}, token("secret", errors.New("no such file")), 403},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = c.from
		if c.header[0] != "" {
			r.Header.Set(c.header[0], c.header[1])
		}
		w := httptest.NewRecorder()
		Monitoring(prometheus.NewRegistry(), c.token, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d", c.what, w.Code, c.status)
		}
	}
}
