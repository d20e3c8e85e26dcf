package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take; the machine may be busy.
const patience = 90 * time.Second

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// program is the tyto that is tried.
func program(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../bin/tyto")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("%v; make build makes it", err)
	}
	return path
}

// once runs the program to its end, and is what it printed.
func once(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(program(t), args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("tyto %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

// A daemon is a program that is started, killed, and started again.
type daemon struct {
	name string
	args []string
	log  *os.File
	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

func newDaemon(t *testing.T, name string, args ...string) *daemon {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{name: name, args: args, log: log}
	d.start(t)
	t.Cleanup(func() {
		d.kill(t)
		if t.Failed() {
			t.Logf("%s:\n%s", d.name, d.said(t))
		}
		log.Close()
	})
	return d
}

func (d *daemon) start(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cmd = exec.Command(program(t), d.args...)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cmd, done := d.cmd, make(chan struct{})
	d.done = done
	go func() {
		_ = cmd.Wait() // it is killed, or its log says more
		close(done)
	}()
}

// kill ends it without warning.
func (d *daemon) kill(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.cmd.Process.Kill()
	<-d.done
}

// end has it end by itself.
func (d *daemon) end(t *testing.T) {
	t.Helper()
	_ = d.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	d.ended(t)
}

// said is what it wrote so far.
func (d *daemon) said(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(d.log.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// find waits until it wrote something, and is the first group of the pattern.
func (d *daemon) find(t *testing.T, pattern string) (found string) {
	t.Helper()
	re := regexp.MustCompile(pattern)
	eventually(t, d.name+" writes "+pattern, func() bool {
		m := re.FindStringSubmatch(d.said(t))
		if m != nil {
			found = m[1]
		}
		return m != nil
	})
	return found
}

// ended waits for it to end by itself.
func (d *daemon) ended(t *testing.T) {
	t.Helper()
	select {
	case <-d.done:
	case <-time.After(2 * patience):
		t.Fatalf("%s does not end", d.name)
	}
}

// A switchboard passes connections to the first of several addresses that
// answers, as a load balancer does that sensors reach the hubs by.
type switchboard struct {
	listener net.Listener
	behind   []string
	passed   atomic.Int64
}

func newSwitchboard(t *testing.T, behind ...string) *switchboard {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &switchboard{listener: l, behind: behind}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.pass(c)
		}
	}()
	return s
}

func (s *switchboard) pass(c net.Conn) {
	defer c.Close()
	first := int(s.passed.Add(1))
	for i := range s.behind {
		to, err := net.Dial("tcp", s.behind[(first+i)%len(s.behind)])
		if err != nil {
			continue
		}
		go func() {
			_, _ = io.Copy(to, c)
			to.Close()
		}()
		_, _ = io.Copy(c, to)
		return
	}
}

// A person uses the API of a hub.
type person struct {
	client *http.Client
	base   string
}

// signUp makes the first administrator.
func signUp(t *testing.T, base, token string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{&http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{}}}, base}
	body, err := json.Marshal(map[string]string{"token": token, "username": "ada", "password": "correct horse battery staple"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, base+"/api/v1/setup", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", base)
	answer, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode/100 != 2 {
		t.Fatalf("sign up: %s: %s", answer.Status, text)
	}
	return p
}

// at is the same person at another hub over the same store.
func (p *person) at(base string) *person {
	jar, _ := cookiejar.New(nil)
	from, _ := http.NewRequest(http.MethodGet, p.base, nil)
	to, _ := http.NewRequest(http.MethodGet, base, nil)
	jar.SetCookies(to.URL, p.client.Jar.Cookies(from.URL))
	return &person{&http.Client{Jar: jar, Timeout: 20 * time.Second}, base}
}

// get reads what the API says into out; false if the hub does not answer.
func (p *person) get(path string, out any) error {
	answer, err := p.client.Get(p.base + path)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s: %s: %s", path, answer.Status, text)
	}
	return json.NewDecoder(answer.Body).Decode(out)
}

// post has the API do something.
func (p *person) post(path string) error {
	r, err := http.NewRequest(http.MethodPost, p.base+path, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", p.base)
	answer, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s: %s", path, answer.Status, text)
	}
	return nil
}

// pages reads all items of a list.
func pages[T any](p *person, path string) (all []T, err error) {
	for {
		var page struct {
			Items []T `json:"items"`
			Total int `json:"total"`
		}
		if err := p.get(fmt.Sprintf("%s&limit=200&offset=%d", path, len(all)), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if len(page.Items) == 0 || len(all) >= page.Total {
			return all, nil
		}
	}
}

// ready reports whether a hub is.
func ready(base string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// copyFile copies a file that is there.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err = errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
