package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"tyto/lab/cable"
)

// A delay is how long it took from the first packet of a new device, which
// names it, to the device in an answer of the API.
type delay struct {
	p50, p99   time.Duration
	seen, sent int
	lost       uint64 // packets that the kernel dropped meanwhile
}

// String is the cell of a table.
func (d delay) String() string {
	s := fmt.Sprintf("%.2f, %.2f s", d.p50.Seconds(), d.p99.Seconds())
	if d.seen < d.sent {
		s += fmt.Sprintf(" (%d of %d seen)", d.seen, d.sent)
	}
	if d.lost > 0 {
		s += fmt.Sprintf(" (%d packets lost)", d.lost)
	}
	return s
}

// Of a measurement of delays.
const (
	between = 200 * time.Millisecond // new devices come at random times, at most so far apart
	askEach = 100 * time.Millisecond // or the API says that it is too often; it is in the figure
	patient = 30 * time.Second       // for the last device to be seen
)

// delays has n devices appear one after the other in traffic of a rate that
// was there for warm, before tyto run with everything that it is by default.
func delays(l listener, packets [][]byte, rate float64, warm time.Duration, n int) (delay, error) {
	folder, err := os.MkdirTemp("", "benchlive")
	if err != nil {
		return delay{}, err
	}
	defer os.RemoveAll(folder)
	var said cable.Lines
	cmd := exec.Command(l.tyto, append(l.config(), "run", "-i", "near", "--listen", "127.0.0.1:0", "--data", folder)...)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
	if err := startOn(cmd, 1); err != nil {
		return delay{}, err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	api, err := signUp(&said)
	if err != nil {
		return delay{}, fmt.Errorf("tyto run: %w\n%s", err, said.String())
	}
	w := watch{sent: map[string]time.Time{}, took: map[string]time.Duration{}}
	over, polled := make(chan struct{}), make(chan error, 1)
	go func() { polled <- w.poll(api, over) }()
	next, made := warm, 0
	_, err = send(packets, rate, warm+time.Duration(n)*between/2+between, func(elapsed time.Duration) []byte {
		if elapsed < next || made == n {
			return nil
		}
		made, next = made+1, elapsed+rand.N(between)
		return w.introduce(made)
	})
	for limit := time.Now().Add(patient); err == nil && w.missing() && time.Now().Before(limit); {
		time.Sleep(askEach)
	}
	close(over)
	d := w.result()
	var drops uint64
	if drops, err = dropped(api, errors.Join(err, <-polled)); err != nil {
		return d, fmt.Errorf("%w\n%s", err, said.String())
	}
	d.lost = drops
	return d, nil
}

// watch is when devices were first heard, and when they were first seen.
type watch struct {
	mu   sync.Mutex
	sent map[string]time.Time
	took map[string]time.Duration
}

// introduce is the first packet of device n, which is sent now.
func (w *watch) introduce(n int) []byte {
	name := fmt.Sprintf("bench-%05d", n)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent[name] = time.Now()
	return request(n, name)
}

func (w *watch) missing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.took) < len(w.sent)
}

// poll asks for the newest devices until it is over.
func (w *watch) poll(a *asker, over <-chan struct{}) error {
	tick := time.NewTicker(askEach)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return nil
		case <-tick.C:
		}
		var page struct {
			Items []struct {
				Hostname string `json:"hostname"`
			} `json:"items"`
		}
		if err := a.get("/api/v1/devices?q=bench-&sort=first_seen&limit=100", &page); err != nil {
			return err
		}
		now := time.Now()
		w.mu.Lock()
		for _, x := range page.Items {
			if at, ok := w.sent[x.Hostname]; ok && w.took[x.Hostname] == 0 {
				w.took[x.Hostname] = now.Sub(at)
			}
		}
		w.mu.Unlock()
	}
}

// result is the delays; what was not seen is not in them, but counted.
func (w *watch) result() delay {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []time.Duration
	for _, t := range w.took {
		all = append(all, t)
	}
	slices.Sort(all)
	d := delay{seen: len(all), sent: len(w.sent)}
	if len(all) > 0 {
		d.p50, d.p99 = all[len(all)/2], all[len(all)*99/100]
	}
	return d
}

// An asker asks the API.
type asker struct {
	client http.Client
	base   string
}

// signUp waits until the program says where it is, and makes its first
// administrator.
func signUp(said *cable.Lines) (*asker, error) {
	first := regexp.MustCompile(`(http://127\.0\.0\.1:[0-9]+)/setup#token=(\S+)`)
	var where []string
	for limit := time.Now().Add(patient); where == nil; time.Sleep(askEach) {
		if where = first.FindStringSubmatch(said.String()); where == nil && time.Now().After(limit) {
			return nil, fmt.Errorf("it does not say where it is within %v", patient)
		}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	a := &asker{http.Client{Jar: jar, Timeout: patient}, where[1]}
	body := fmt.Sprintf(`{"token": %q, "username": "bench", "password": "a long enough passphrase"}`, where[2])
	r, err := http.NewRequest(http.MethodPost, a.base+"/api/v1/setup", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", a.base)
	return a, a.do(r, nil)
}

func (a *asker) get(path string, out any) error {
	r, err := http.NewRequest(http.MethodGet, a.base+path, nil)
	if err != nil {
		return err
	}
	return a.do(r, out)
}

func (a *asker) do(r *http.Request, out any) error {
	answer, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s: %s: %w", r.URL.Path, answer.Status, text, err)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// dropped is what the kernel dropped, as the API has it, unless something went
// wrong before. Health is told every ten seconds.
func dropped(a *asker, before error) (n uint64, err error) {
	if before != nil {
		return 0, before
	}
	time.Sleep(12 * time.Second)
	var all struct {
		Items []struct {
			Interfaces []struct {
				Counters map[string]uint64 `json:"counters"`
			} `json:"interfaces"`
		} `json:"items"`
	}
	if err := a.get("/api/v1/sensors", &all); err != nil {
		return 0, err
	}
	for _, s := range all.Items {
		for _, i := range s.Interfaces {
			n += i.Counters["kernel_drops"]
		}
	}
	return n, nil
}

// request is what a client of DHCP that had an address asks for (RFC 2131
// section 4.3.2, INIT-REBOOT), with its name.
func request(n int, name string) []byte {
	mac := []byte{0x00, 0x1b, 0x78, 0xbe, byte(n >> 8), byte(n)}
	b := append(bytes.Repeat([]byte{0xff}, 6), mac...)
	b = append(b, 8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255)
	b = append(b, 0, 68, 0, 67, 0, 0, 0, 0)
	boot := make([]byte, 236)
	copy(boot, []byte{1, 1, 6, 0, 0, 0, byte(n >> 8), byte(n)})
	copy(boot[28:], mac)
	b = append(append(b, boot...), 0x63, 0x82, 0x53, 0x63, 53, 1, 3, 50, 4, 10, 77, byte(n>>8), byte(n), 12, byte(len(name)))
	b = append(append(b, name...), 60, 8)
	b = append(append(b, "MSFT 5.0"...), 55, 4, 1, 3, 6, 15, 255)
	binary.BigEndian.PutUint16(b[16:], uint16(len(b)-14))
	binary.BigEndian.PutUint16(b[38:], uint16(len(b)-34))
	var sum uint32
	for i := 14; i < 34; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(b[24:], ^uint16(sum>>16+sum))
	return b
}
