package portal

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func built() handler {
	return newHandler(fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html>app")},
		"index.html.gz":         {Data: []byte("gz-index")},
		"assets/app-1a2b.js":    {Data: []byte("js")},
		"assets/app-1a2b.js.br": {Data: []byte("br-js")},
		".keep":                 {},
	})
}

func get(h http.Handler, target string, header ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	var b strings.Builder
	buf := make([]byte, 512)
	for {
		n, err := r.Body.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return b.String()
		}
	}
}

func TestPages(t *testing.T) {
	for _, target := range []string{"/", "/devices", "/devices/d1", "/conversations?q=a"} {
		r := get(built(), target)
		if got := body(t, r); r.StatusCode != 200 || got != "<!doctype html>app" {
			t.Errorf("%s: got %d %q", target, r.StatusCode, got)
		}
		if got := r.Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: got Cache-Control %q", target, got)
		}
	}
}

func TestNotFound(t *testing.T) {
	for _, target := range []string{"/api", "/api/v1/devices", "/assets/old-9.js", "/.keep", "/index.html.gz", "/favicon.ico"} {
		if r := get(built(), target); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", target, r.StatusCode)
		}
	}
}

func TestAssets(t *testing.T) {
	r := get(built(), "/assets/app-1a2b.js", "Accept-Encoding", "gzip, br;q=0.9")
	if got := body(t, r); got != "br-js" || r.Header.Get("Content-Encoding") != "br" {
		t.Errorf("got %q, encoding %q", got, r.Header.Get("Content-Encoding"))
	}
	if got := r.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("got Cache-Control %q", got)
	}
	if got := r.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/javascript") {
		t.Errorf("got Content-Type %q", got)
	}
	again := get(built(), "/assets/app-1a2b.js", "Accept-Encoding", "br", "If-None-Match", r.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("got %d for a known tag, want 304", again.StatusCode)
	}
}

func TestRefusedEncoding(t *testing.T) {
	r := get(built(), "/", "Accept-Encoding", "gzip;q=0, br")
	if got := body(t, r); got != "<!doctype html>app" {
		t.Errorf("got %q, want the plain file", got)
	}
}

func TestSecurityHeaders(t *testing.T) {
	for _, target := range []string{"/", "/assets/app-1a2b.js", "/nothing.js"} {
		r := get(built(), target)
		if got := r.Header.Get("Content-Security-Policy"); got != ContentSecurityPolicy || strings.Contains(got, "unsafe") {
			t.Errorf("%s: got policy %q", target, got)
		}
		if got := r.Header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: got X-Content-Type-Options %q", target, got)
		}
	}
}

func TestMethods(t *testing.T) {
	w := httptest.NewRecorder()
	built().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("got %d, want 405", w.Code)
	}
}

func TestNotBuilt(t *testing.T) {
	r := get(newHandler(fstest.MapFS{".keep": {}}), "/devices")
	if got := body(t, r); r.StatusCode != 503 || !strings.Contains(got, "portal not built: run make portal") {
		t.Errorf("got %d %q", r.StatusCode, got)
	}
}

func TestHandler(t *testing.T) {
	if r := get(Handler(), "/"); r.StatusCode != 200 && r.StatusCode != 503 {
		t.Errorf("got %d", r.StatusCode)
	}
}
