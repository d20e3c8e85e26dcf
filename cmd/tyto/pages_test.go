package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tyto/capture"
	"tyto/metric"
	"tyto/outbound"
	"tyto/tyto"
)

func look(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", path, nil)
	r.RemoteAddr = "127.0.0.1:9"
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestSensorPages plays a recording, and looks at what its sensor tells.
func TestSensorPages(t *testing.T) {
	p := newPages(slog.New(slog.DiscardHandler))
	h := p.handler(nil)
	if status, _ := look(t, h, "/readyz"); status != 503 {
		t.Errorf("before anything is heard: %d, want 503", status)
	}
	source, err := capture.OpenFiles([]string{"../../lab/recordings/office.pcap"}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	set := defaultSettings()
	counters := map[string]uint64{}
	if err := newSensor(&set, source, false).Run(t.Context(), func(events []tyto.Event) error {
		p.note(events)
		for i := range events {
			if events[i].Health != nil {
				maps.Copy(counters, events[i].Health.Counters)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if unnamed := metric.Unnamed(counters); len(unnamed) > 0 {
		t.Errorf("a sensor counts %q, and no page shows it; add it to package metric", unnamed)
	}
	if status, _ := look(t, h, "/readyz"); status != 200 {
		t.Errorf("after that: %d, want 200", status)
	}
	if status, body := look(t, h, "/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("health: %d %q", status, body)
	}
	status, page := look(t, h, "/metrics")
	for _, want := range []string{"tyto_sensor_packets_total{", `tyto_sensor_events_total{kind="observation"}`, "tyto_build_info{", "go_goroutines"} {
		if status != 200 || !strings.Contains(page, want) {
			t.Errorf("%d: the page lacks %s", status, want)
		}
	}
	p.ready = func(context.Context) error { return errors.New("the disk is full") }
	if status, body := look(t, h, "/readyz"); status != 503 || strings.Contains(body, "disk") {
		t.Errorf("when it cannot pass on what it hears: %d %q", status, body)
	}
}

func TestSensorPagesAreServed(t *testing.T) {
	if _, err := listenForPages("0.0.0.0:0", outbound.Secret{}); err == nil || !strings.Contains(err.Error(), "metrics.token") {
		t.Errorf("for everybody, without a token: %v", err)
	}
	l, err := listenForPages("127.0.0.1:0", outbound.Secret{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, done := newPages(slog.New(slog.DiscardHandler)), make(chan error, 1)
	go func() { done <- p.serve(ctx, l, outbound.Secret{}) }()
	r, err := http.Get("http://" + l.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if string(body) != "ok\n" {
		t.Errorf("got %q", body)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestTellSystemd is systemd, and hears when the program is ready, that it is
// well, and that it ends.
func TestTellSystemd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "30000")
	t.Setenv("WATCHDOG_PID", "")
	os.Unsetenv("WATCHDOG_PID")
	ctx, cancel := context.WithCancel(t.Context())
	asked, done := 0, make(chan struct{})
	go func() {
		defer close(done)
		tellSystemd(ctx, slog.New(slog.DiscardHandler), func(context.Context) error {
			if asked++; asked < 3 {
				return errors.New("not\nREADY=1 yet")
			}
			return nil
		})
	}()
	hear := func() string {
		b := make([]byte, 4096)
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	for _, want := range []string{"STATUS=Starting", "STATUS=Not ready", "STATUS=Not ready", "READY=1", "WATCHDOG=1"} {
		if got := hear(); !strings.HasPrefix(got, want) || strings.HasPrefix(want, "STATUS") && strings.Contains(got, "READY=1") {
			t.Errorf("heard %q, want %q", got, want)
		}
	}
	cancel()
	for got := hear(); got != "STOPPING=1"; got = hear() {
		if got != "WATCHDOG=1" {
			t.Errorf("heard %q at the end", got)
		}
	}
	<-done
}
