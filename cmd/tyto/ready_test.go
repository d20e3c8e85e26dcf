package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReadyCommand(t *testing.T) {
	status, asked := http.StatusOK, ""
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		w.WriteHeader(status)
		_, _ = w.Write([]byte(http.StatusText(status) + "\n"))
	})
	for _, s := range []*httptest.Server{httptest.NewServer(h), httptest.NewTLSServer(h)} {
		defer s.Close()
		status = http.StatusOK
		if got, said := tytoSays("ready", s.URL); got != 0 || said != "OK\n" || asked != "/readyz" {
			t.Errorf("%s: %d %q, asked for %s", s.URL, got, said, asked)
		}
		status = http.StatusServiceUnavailable
		if got, said := tytoSays("ready", s.URL); got != exitFailed || !strings.Contains(said, "Service Unavailable") {
			t.Errorf("%s when it is not: %d %q", s.URL, got, said)
		}
		s.Close()
		if got, _ := tytoSays("ready", s.URL); got != exitFailed {
			t.Errorf("%s when it is gone: %d", s.URL, got)
		}
	}
	if got := here("0.0.0.0:9443") + " " + here("[::]:1") + " " + here(":1") + " " + here("10.0.0.1:1"); got != "127.0.0.1:9443 127.0.0.1:1 127.0.0.1:1 10.0.0.1:1" {
		t.Errorf("got %s", got)
	}
}
