package api

import (
	"bufio"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tyto/tyto"
)

// next is the next event of a stream, without comments.
func next(t *testing.T, lines *bufio.Reader) (event, data string) {
	t.Helper()
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := strings.CutPrefix(line, "event: "); ok {
			event = strings.TrimSpace(e)
		}
		if d, ok := strings.CutPrefix(line, "data: "); ok {
			return event, strings.TrimSpace(d)
		}
	}
}

func TestStream(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	x.fill()
	r := x.send("GET", "/api/v1/stream", nil, "Accept-Encoding", "gzip")
	defer r.Body.Close()
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/event-stream" || r.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	lines := bufio.NewReader(r.Body)
	for _, c := range []struct {
		notice Notice
		want   []string
	}{
		{Notice{Devices: []string{"d1", "d2"}}, []string{`devices {"changed":["d1","d2"],"total":30}`}},
		{Notice{Sensors: true, Overview: true}, []string{"sensors {}", "overview {}"}},
		{Notice{Resync: true}, []string{`devices {"changed":[],"total":30}`, "sensors {}", "alerts {}", "overview {}"}},
		{Notice{Alerts: true}, []string{"alerts {}"}},
	} {
		x.bell.ch <- c.notice
		for _, want := range c.want {
			if event, data := next(t, lines); event+" "+data != want {
				t.Errorf("%+v tells %s %s, want %s", c.notice, event, data, want)
			}
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	for range maxStreamsEach {
		r := x.send("GET", "/api/v1/stream", nil)
		defer r.Body.Close()
	}
	r := x.send("GET", "/api/v1/stream", nil)
	r.Body.Close()
	if r.StatusCode != 429 {
		t.Errorf("stream %d: %d, want 429", maxStreamsEach+1, r.StatusCode)
	}
}

func TestLimiter(t *testing.T) {
	l := limiter{each: 2, all: 3}
	for i, c := range []struct {
		user string
		want bool
	}{{"a", true}, {"a", true}, {"a", false}, {"b", true}, {"c", false}} {
		if got := l.enter(c.user); got != c.want {
			t.Errorf("entry %d, of %s: %v, want %v", i, c.user, got, c.want)
		}
	}
	l.leave("a")
	if !l.enter("c") || l.enter("a") || len(l.of) != 3 {
		t.Error("who leaves makes no room")
	}
}

// FuzzDeviceQuery asks with any query string; the answer is a page or a
// problem, never a failure of the hub.
func FuzzDeviceQuery(f *testing.F) {
	for _, q := range []string{"", "q=x&limit=1", "sort=ip&order=asc&offset=3", "category=ot&category=it", "q=%00%ff%22*", "limit=1e9", "q=a+OR+b&vendor='--", "a=%zz", "q=%E2%80%AE"} {
		f.Add(q)
	}
	x := signedIn(f, tyto.Viewer)
	x.fill()
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/api/v1/devices", "/api/v1/conversations", "/api/v1/devices.csv"} {
			r := httptest.NewRequest("GET", "/", nil)
			r.URL = &url.URL{Path: path, RawQuery: query}
			for _, c := range x.browser.Jar.Cookies(x.base()) {
				r.AddCookie(c)
			}
			w := httptest.NewRecorder()
			x.handler.ServeHTTP(w, r)
			if w.Code != 200 && w.Code != 422 && w.Code != 400 {
				t.Errorf("%s?%s: %d %s", path, query, w.Code, w.Body)
			}
		}
	})
}
