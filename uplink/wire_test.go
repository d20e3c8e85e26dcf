package uplink

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"

	"tyto/tyto"
)

func TestToken(t *testing.T) {
	want := Token{Hub: "hub.example:8443", Pin: [32]byte{1, 2, 3}, Secret: [32]byte{31: 9}}
	text := want.String()
	if got, err := ParseToken(" " + text + "\n"); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for i := range text {
		harmed := text[:i] + string(text[i]^1) + text[i+1:]
		if _, err := ParseToken(harmed); !errors.Is(err, ErrToken) {
			t.Fatalf("with %q at %d for %q: %v", harmed[i], i, text[i], err)
		}
	}
	for _, text := range []string{"", "tyto1_", text[:len(text)-1], text + "A", strings.Repeat("tyto1_", 100)} {
		if _, err := ParseToken(text); !errors.Is(err, ErrToken) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, right := range []string{"hub:8443", "192.0.2.1:443", "[2001:db8::1]:8443", "hub.example.org:1", "böse.example:65535"} {
		if err := CheckAddress(right); err != nil {
			t.Errorf("%s: %v", right, err)
		}
	}
	for _, wrong := range []string{"", "hub", ":8443", "0.0.0.0:8443", "[::]:8443", "hub:0", "hub:65536", "hub:x", "hub/../:80", "a b:80", "hub\n:80", "user@hub:80", strings.Repeat("a", 300) + ":80"} {
		if CheckAddress(wrong) == nil {
			t.Errorf("%q passes", wrong)
		}
	}
}

// FuzzParseToken reads what people paste; what it reads it writes the same.
func FuzzParseToken(f *testing.F) {
	f.Add(Token{Hub: "hub.example:8443", Pin: [32]byte{1}, Secret: [32]byte{2}}.String())
	f.Add("tyto1_")
	f.Add("tyto1_AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := ParseToken(text)
		if err != nil {
			if !errors.Is(err, ErrToken) {
				t.Errorf("%v is not ErrToken", err)
			}
			return
		}
		if token.String() != strings.TrimSpace(text) || CheckAddress(token.Hub) != nil {
			t.Errorf("%q is read as %+v, which is %q", text, token, token.String())
		}
	})
}

var packer = sync.OnceValue(func() *zstd.Encoder {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	return z
})

func packed(lines string) []byte { return packer().EncodeAll([]byte(lines), nil) }

const line = `{"v":1,"sensor":"s","seq":1,"time":"2026-03-01T12:00:00Z","kind":"conversation","conversation":{"client":{},"server":{},"transport":"tcp","first":"2026-03-01T12:00:00Z","last":"2026-03-01T12:00:00Z","packets":[1,0],"bytes":[60,0],"sessions":1,"evidence":{"protocol":"","field":""}}}` + "\n"

func TestDecodeRefuses(t *testing.T) {
	d := NewDecoder()
	defer d.Close()
	if events, err := d.Decode(packed(line + line)); err != nil || len(events) != 2 {
		t.Fatalf("what is right: %d events, %v", len(events), err)
	}
	for name, c := range map[string]struct {
		body []byte
		says string
	}{
		"no zstd":         {[]byte(line), "unpack"},
		"nothing":         {nil, "empty"},
		"empty":           {packed(""), "empty"},
		"a bomb":          {packed(strings.Repeat("\n", MaxLines+1)), "more than"},
		"too large":       {make([]byte, MaxBody+1), "more than"},
		"too many":        {packed(strings.Repeat(line, MaxEvents+1)), "more than 20000 events"},
		"a long line":     {packed(strings.Replace(line, "tcp", strings.Repeat("t", maxLine), 1)), "more than"},
		"cut off":         {packed(line + line[:100]), "line 2 is cut off"},
		"no JSON":         {packed("{\n"), "line 1"},
		"another version": {packed(strings.Replace(line, `"v":1`, `"v":2`, 1)), "version 2"},
		"an alert":        {packed(`{"v":1,"kind":"alert","alert":{}}` + "\n"), "kind"},
		"a device":        {packed(`{"v":1,"kind":"device","device":{}}` + "\n"), "kind"},
		"two in one":      {packed(strings.Replace(line, `"kind"`, `"alert":{},"kind"`, 1)), "kind"},
		"another's kind":  {packed(strings.Replace(line, `"kind":"conversation"`, `"kind":"health"`, 1)), "kind"},
	} {
		var wrong *BatchError
		if _, err := d.Decode(c.body); !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// FuzzDecode reads what a hostile sensor sends, packed or not.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(line), true)
	f.Add([]byte(line+line), true)
	f.Add([]byte(`{"v":1,"kind":"health","health":{"interface":"uplink","counters":{"a":1},"gaps":[{"id":"1","reason":"full","events":3}]}}`+"\n"), true)
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 4, 0}, false)
	f.Add(packed(line), false)
	d := NewDecoder()
	f.Fuzz(func(t *testing.T, body []byte, pack bool) {
		if pack {
			body = packed(string(body))
		}
		events, err := d.Decode(body)
		var wrong *BatchError
		if err != nil && !errors.As(err, &wrong) || err == nil && (len(events) == 0 || len(events) > MaxEvents) {
			t.Fatalf("%d events, %v", len(events), err)
		}
		Claim(events, "probe", "plant")
		for i := range events {
			e := &events[i]
			if e.Sensor != "probe" || e.Zone != "plant" || !FromSensor(e) || e.Observation != nil && (e.Observation.Evidence.Sensor != "probe" || e.Observation.Confidence > tyto.Stated) {
				t.Fatalf("event %+v", e)
			}
			if e.Health != nil && (len(e.Health.Counters) > maxCounters || len(e.Health.Gaps) > gapsTogether || len(e.Health.Interface) > maxWord) {
				t.Fatalf("health %+v", e.Health)
			}
		}
	})
}

// hubDouble is a double of the hub: it answers as it is told to.
type hubDouble struct {
	mu     sync.Mutex
	answer func(n int, b *Batch) error
	n      int
	got    []uint64
	at     []time.Time
	most   int
	now    int
}

func (h *hubDouble) Send(ctx context.Context, b *Batch) error {
	h.mu.Lock()
	h.n++
	h.now++
	h.most = max(h.most, h.now)
	err := h.answer(h.n, b)
	h.at = append(h.at, time.Now())
	if err == nil {
		h.got = append(h.got, b.Seq)
	}
	h.mu.Unlock()
	time.Sleep(time.Millisecond)
	h.mu.Lock()
	h.now--
	h.mu.Unlock()
	return err
}

// sending runs a spool and its sender in a bubble of its own time.
func sending(t *testing.T, h *hubDouble, delay time.Duration, during func(s *Spool)) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := testConfig(folder)
		c.Clock, c.Delay = time.Now, delay
		s := open(t, c)
		sender := NewSender(s, h, slog.New(slog.DiscardHandler))
		sender.jitter = func() float64 { return 0.5 }
		ctx, end := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- s.Run(ctx) }()
		go func() { done <- sender.Run(ctx) }()
		during(s)
		end()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
		shut(t, s)
	})
}

func TestSender(t *testing.T) {
	h := &hubDouble{answer: func(int, *Batch) error { return nil }}
	sending(t, h, 100*time.Millisecond, func(s *Spool) {
		for i := range 50 {
			if err := s.Put(t.Context(), []tyto.Event{talk(i)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(150 * time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if b := s.Backlog(); b != (Backlog{}) || len(h.got) != 50 || h.most > inFlight {
			t.Errorf("backlog %+v, %d arrived, %d at once", b, len(h.got), h.most)
		}
	})
}

// TestHubAwayForLong has the hub gone for nine days; nothing of it is lost,
// and when it is back it is not stormed.
func TestHubAwayForLong(t *testing.T) {
	back := time.Date(2000, 1, 10, 0, 0, 0, 0, time.UTC) // a bubble begins with the year 2000
	h := &hubDouble{}
	h.answer = func(int, *Batch) error {
		if time.Now().Before(back) {
			return errors.New("no route to host")
		}
		return nil
	}
	sending(t, h, time.Minute, func(s *Spool) {
		const n = 9 * 24
		for i := range n {
			if err := s.Put(t.Context(), []tyto.Event{fact(i), talk(i)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		synctest.Wait()
		h.mu.Lock()
		tries := h.n - len(h.got)
		h.mu.Unlock()
		if perHour := float64(tries) / n; perHour > 200 || perHour < 100 {
			t.Errorf("%.0f tries an hour", perHour)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if b := s.Backlog(); b != (Backlog{}) || len(h.got) < 2*n {
			t.Errorf("backlog %+v, %d batches arrived", b, len(h.got))
		}
	})
}

func TestRetryAfter(t *testing.T) {
	h := &hubDouble{answer: func(n int, _ *Batch) error {
		if n == 1 {
			return &RetryError{After: 2 * time.Minute, Reason: "busy"}
		}
		return nil
	}}
	sending(t, h, 100*time.Millisecond, func(s *Spool) {
		if err := s.Put(t.Context(), []tyto.Event{talk(1)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.at) != 2 || h.at[1].Sub(h.at[0]) < 2*time.Minute || h.at[1].Sub(h.at[0]) > 2*time.Minute+2*time.Second {
			t.Errorf("sent at %v", h.at)
		}
	})
}

// TestRefused has the hub refuse a batch for good: it does not hold up the
// others, is not lost, and is tried again after the next start.
func TestRefused(t *testing.T) {
	h := &hubDouble{answer: func(n int, b *Batch) error {
		if b.Seq == 1 {
			return &RefusedError{"bad"}
		}
		return nil
	}}
	var folder string
	sending(t, h, 100*time.Millisecond, func(s *Spool) {
		folder = s.cfg.Folder
		for i := range 3 {
			if err := s.Put(t.Context(), []tyto.Event{talk(i)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if b := s.Backlog(); b.Batches != 1 || len(h.got) != 2 || h.n != 3 {
			t.Errorf("backlog %+v, %d arrived in %d tries", b, len(h.got), h.n)
		}
	})
	c := testConfig(folder)
	s := open(t, c)
	defer s.Close()
	if _, err := s.db.Exec("UPDATE batch SET refused = 1"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.pick(t.Context()); ok || err != nil {
		t.Errorf("a refused batch is taken: %v", err)
	}
	shut(t, s)
	s = open(t, c)
	if _, ok, err := s.pick(t.Context()); !ok || err != nil {
		t.Errorf("after the next start it is not tried again: %v", err)
	}
}

func TestLoadNone(t *testing.T) {
	folder := t.TempDir()
	if _, err := Load(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(folder, identityFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(folder); err == nil || !strings.Contains(err.Error(), identityFile) || !strings.Contains(err.Error(), "join again") {
		t.Error(err)
	}
}

func TestRequestAndAnswer(t *testing.T) {
	folder := t.TempDir()
	request, err := Request(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseRequest(request); err != nil || bytes.Contains(request, []byte("PRIVATE")) {
		t.Errorf("request %s, %v", request, err)
	}
	if _, err := ParseRequest([]byte("hello")); err == nil {
		t.Error("anything is a request")
	}
	info, err := os.Stat(filepath.Join(folder, pendingFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", info.Mode(), err)
	}
	if _, err := Answer(folder, []byte("{}")); err == nil {
		t.Error("an empty answer is taken")
	}
	if _, err := Answer(t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "--request") {
		t.Error(err)
	}
}
