package outbound

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSecret(t *testing.T) {
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(" s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OUTBOUND_SECRET", "from the environment")
	for _, c := range []struct {
		s    Secret
		want string
	}{{Secret{File: name}, "s3cret"}, {Secret{Env: "OUTBOUND_SECRET"}, "from the environment"}, {Secret{}, ""}} {
		if got, err := c.s.Read(); got != c.want || err != nil {
			t.Errorf("%v: %q, %v", c.s, got, err)
		}
	}
	for _, s := range []Secret{{File: name + ".gone"}, {Env: "OUTBOUND_NONE"}} {
		if _, err := s.Read(); err == nil {
			t.Errorf("%v was read", s)
		}
	}
	said := 0
	bad := func(string, string) { said++ }
	Secret{}.Check("x", true, bad)
	Secret{File: "a", Env: "b"}.Check("x", false, bad)
	Secret{}.Check("x", false, bad)
	if said != 2 {
		t.Errorf("%d problems were said, want two", said)
	}
}

// far is a token endpoint and an API that takes the newest token only.
type far struct {
	*httptest.Server
	logins, calls int
	refuse        int // so many logins
}

func newFar(t *testing.T) *far {
	f := &far{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			if f.refuse > 0 {
				f.refuse--
				w.Header().Set("Retry-After", "9")
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"error":"invalid_client","you_sent":%q}`, r.PostFormValue("client_secret"))
				return
			}
			f.logins++
			fmt.Fprintf(w, `{"access_token":"t%d","expires_in":"3600"}`, f.logins)
			return
		}
		f.calls++
		if r.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", f.logins) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/long" {
			_, _ = w.Write(make([]byte, 1000))
		}
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *far) caller(t *testing.T, now func() time.Time) *Caller {
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := NewClient(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &Caller{Client: c, Clock: now, Login: Login{URL: f.URL + "/token", Client: "us", Secret: Secret{File: name}, Scope: "x/.default"}}
}

func TestCallerSignsIn(t *testing.T) {
	f, now := newFar(t), time.Unix(1_000_000, 0)
	c := f.caller(t, func() time.Time { return now })
	call := func() error {
		_, err := c.Call(t.Context(), Request{URL: f.URL + "/api", Body: []byte("x"), Zip: true})
		return err
	}
	for range 3 {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	if f.logins != 1 || f.calls != 3 {
		t.Errorf("%d logins for %d calls", f.logins, f.calls)
	}
	now = now.Add(59*time.Minute + time.Second) // soon expired
	if err := call(); err != nil || f.logins != 2 {
		t.Errorf("%d logins, %v", f.logins, err)
	}
	f.logins++ // the far end forgot our token
	if err := call(); err != nil || f.logins != 4 || f.calls != 6 {
		t.Errorf("%d logins, %d calls, %v", f.logins, f.calls, err)
	}
	now, f.refuse = now.Add(2*time.Hour), 1
	err := call()
	var l *LoginError
	if !errors.As(err, &l) || strings.Contains(err.Error()+c.Answer(), "s3cret") || Patience(err) != 9*time.Second || !strings.Contains(Remedy(err), "expired") {
		t.Errorf("%v, %s", err, c.Answer())
	}
	if _, err := c.Call(t.Context(), Request{Method: http.MethodGet, URL: f.URL + "/long", Limit: 999}); err == nil || !strings.Contains(err.Error(), "999") {
		t.Errorf("an answer that is too long: %v", err)
	}
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(time.Now, Limit{3, time.Minute}, Limit{5, time.Hour})
		begun := time.Now()
		var at []time.Duration
		for range 7 {
			if err := p.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Since(begun))
		}
		want := []time.Duration{0, 0, 0, time.Minute, time.Minute, time.Hour, time.Hour}
		for i := range want {
			if at[i] != want[i] {
				t.Fatalf("the calls were at %v, want %v", at, want)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for p.Take() == 0 {
		}
		if err := p.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("beyond the limit, and given up: %v", err)
		}
	})
}

func TestCheckURL(t *testing.T) {
	for text, ok := range map[string]bool{"https://a.example/x": true, "http://127.0.0.1:1": true, "http://a.example": false, "ftp://a": false, "https://u:p@a.example": false, "": false, "https://": false} {
		good := true
		CheckURL("url", text, func(string, string) { good = false })
		if good != ok {
			t.Errorf("%q is taken: %v", text, good)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-7": 0, "99999999": 24 * time.Hour, "soon": 0, "Fri, 31 Dec 9999 23:59:59 GMT": 24 * time.Hour, "Mon, 02 Jan 2006 15:04:05 GMT": 0} {
		if got := RetryAfter(text); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}

// FuzzClean has no text come out that hides, or that is longer than allowed.
func FuzzClean(f *testing.F) {
	f.Add("a\x00\x1b[31m\u202e\u2028\xff é\n\t", 12)
	f.Add(strings.Repeat("\xff", 50), 7)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(max(limit, 0), 4096)
		line := OneLine(s, limit)
		for _, r := range line {
			if Hidden(r) && r != '\ufffd' || r == '\n' || r == '\t' {
				t.Fatalf("%q came through", r)
			}
		}
		if len(line) > limit || len(Clean(s, limit)) > limit {
			t.Fatalf("%d bytes, and %d are allowed", len(line), limit)
		}
	})
}

// TestClientGivesUp does not wait for good for a far end that hangs.
func TestClientGivesUp(t *testing.T) {
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hangs.Close()
	c, err := NewClient(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.http.Timeout != longest {
		t.Errorf("it waits for %v", c.http.Timeout)
	}
	c.http.Timeout = 50 * time.Millisecond
	_, err = c.Do(t.Context(), Request{URL: hangs.URL + "/services/T0/s3cret?sig=s3cret"})
	if err == nil || !strings.Contains(err.Error(), "Timeout") || !strings.Contains(err.Error(), hangs.URL) {
		t.Error(err)
	}
	if text := fmt.Sprint(err, c.Answer()); strings.Contains(text, "s3cret") {
		t.Errorf("%q tells the secret of the address", text)
	}
}
