// Package doubles stands for products that cannot be run in a test: Splunk,
// Azure Monitor, ServiceNow, Microsoft Graph, Defender for Endpoint. Each
// enforces what the product's documentation says (sign-in and the life of
// tokens, schema, sizes, rates, pages, codes of errors), and is no proof that
// the product does as documented.
package doubles

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Double is what all of them have in common. It is an http.Handler.
type Double struct {
	Life  time.Duration    // of a token
	Clock func() time.Time // of tokens and rates
	// Check looks at a body that was taken; an error refuses it.
	Check func(body []byte, h http.Header) error

	serve http.HandlerFunc

	mu      sync.Mutex
	got     []string
	answers []http.HandlerFunc // instead of the usual, one for each request
	tokens  map[string]grant
	logins  int
	rates   map[string][]time.Time
	asked   []string // method and path of each request
}

type grant struct {
	expires time.Time
	scope   string
}

func newDouble() Double {
	return Double{Life: time.Hour, Clock: time.Now, tokens: map[string]grant{}, rates: map[string][]time.Time{}}
}

// ServeHTTP answers as told, else as usual.
func (d *Double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	var answer http.HandlerFunc
	if len(d.answers) > 0 {
		answer, d.answers = d.answers[0], d.answers[1:]
	}
	d.asked = append(d.asked, r.Method+" "+r.URL.Path)
	d.mu.Unlock()
	if answer != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		answer(w, r)
		return
	}
	d.serve(w, r)
}

func (d *Double) instead(answer http.HandlerFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers = append(d.answers, answer)
}

// Next has the next requests answered with a status and a header.
func (d *Double) Next(status int, key, value string, times int) {
	for range times {
		d.instead(func(w http.ResponseWriter, _ *http.Request) {
			if key != "" {
				w.Header().Set(key, value)
			}
			w.WriteHeader(status)
		})
	}
}

// Reset has the next request's connection cut in the middle of the answer.
func (d *Double) Reset() {
	d.instead(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	})
}

// Hang has the next request answered never, and calls asked when it came.
func (d *Double) Hang(asked func()) {
	d.instead(func(_ http.ResponseWriter, r *http.Request) { asked(); <-r.Context().Done() })
}

// Received is what it took, in order.
func (d *Double) Received() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.got...)
}

// Logins is how many tokens were given out.
func (d *Double) Logins() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.logins
}

// Asked is how often a method and path were asked for.
func (d *Double) Asked(what string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.asked {
		if a == what {
			n++
		}
	}
	return n
}

func (d *Double) take(texts ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got = append(d.got, texts...)
}

// login is a token endpoint: it wants the values of a form, and gives a token
// for a scope.
func (d *Double) login(w http.ResponseWriter, r *http.Request, scope string, want map[string]string) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for k, v := range want {
		if r.PostFormValue(k) != v {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid %s provided: %s"}`, k, r.PostFormValue(k))
			return
		}
	}
	d.mu.Lock()
	d.logins++
	token := fmt.Sprintf("token-%d", d.logins)
	d.tokens[token] = grant{d.Clock().Add(d.Life), scope}
	d.mu.Unlock()
	fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":%d,"access_token":%q}`, int(max(d.Life, time.Hour-time.Second).Seconds()), token)
}

// allowed reports whether a request bears a token for a scope that is not
// expired; if not, it is answered.
func (d *Double) allowed(w http.ResponseWriter, r *http.Request, scope string) bool {
	d.mu.Lock()
	g, known := d.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	d.mu.Unlock()
	if !known || d.Clock().After(g.expires) || g.scope != scope {
		refuse(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
		return false
	}
	return true
}

// within reports whether a request keeps the rates of a kind of question; if
// not, it is answered with 429.
func (d *Double) within(w http.ResponseWriter, kind string, perMinute, perHour int) bool {
	now := d.Clock()
	d.mu.Lock()
	past := append(d.rates[kind], now)
	minute, hour := 0, 0
	for _, t := range past {
		if now.Sub(t) < time.Minute {
			minute++
		}
		if now.Sub(t) < time.Hour {
			hour++
		}
	}
	d.rates[kind] = past
	d.mu.Unlock()
	if minute > perMinute || hour > perHour {
		w.Header().Set("Retry-After", "30")
		refuse(w, http.StatusTooManyRequests, "TooManyRequests", "API calls quota exceeded for "+kind)
		return false
	}
	return true
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// readBody is a request's body, unpacked.
func readBody(r *http.Request) (packed, body []byte, err error) {
	if packed, err = io.ReadAll(r.Body); err != nil || r.Header.Get("Content-Encoding") != "gzip" {
		return packed, packed, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, nil, err
	}
	body, err = io.ReadAll(z)
	return packed, body, err
}

// A Server is a double on a port of loopback.
type Server struct {
	*httptest.Server
	handler http.Handler
}

// Serve serves a double until the test ends.
func Serve(t testing.TB, h http.Handler) *Server {
	s := &Server{httptest.NewServer(h), h}
	t.Cleanup(func() { s.Server.CloseClientConnections(); s.Server.Close() })
	return s
}

// Down closes the server.
func (s *Server) Down(testing.TB) {
	s.Server.CloseClientConnections()
	s.Server.Close()
}

// Up opens the server that Down closed, at the same address.
func (s *Server) Up(t testing.TB) {
	l, err := net.Listen("tcp", s.Server.Listener.Addr().String())
	for limit := time.Now().Add(time.Minute); err != nil; l, err = net.Listen("tcp", s.Server.Listener.Addr().String()) {
		if time.Now().After(limit) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond) // somebody was given the port meanwhile
	}
	again := httptest.NewUnstartedServer(s.handler)
	_ = again.Listener.Close()
	again.Listener = l
	again.Start()
	s.Server = again
}
