package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"tyto/lab/cable"
)

// TestRulesAreTakenUp changes a pack of rules while a hub runs: by SIGHUP, with
// a mistake in it, and by taking it away, which the hub finds out by itself.
func TestRulesAreTakenUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pack := filepath.Join(dir, "packs", "mine")
	put := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rule := func(vendor string) {
		t.Helper()
		put(filepath.Join(pack, "rules.yaml"), `pack: mine
rules:
  - id: mine.widget
    on: dhcp.option.hostname
    match: { prefix: widget- }
    set: { vendor: '`+vendor+`' }
    class: A
    tests: [widget-7]
`)
	}
	rule("First")
	config, events := filepath.Join(dir, "tyto.yaml"), filepath.Join(dir, "events.jsonl")
	put(config, "fingerprints:\n  folder: "+filepath.Join(dir, "packs")+"\n  unsigned: true\n")
	put(events, `{"v":1,"sensor":"s","zone":"default","seq":1,"time":"2026-01-05T10:00:00Z","kind":"observation","observation":{"subject":{"mac":"02:00:5e:00:53:07","ip":"10.0.0.7"},"attribute":"address","value":"10.0.0.7","confidence":"stated","evidence":{"sensor":"s","packet":1,"protocol":"arp","field":"arp.src.proto_ipv4"}}}
{"v":1,"sensor":"s","zone":"default","seq":2,"time":"2026-01-05T10:00:01Z","kind":"observation","observation":{"subject":{"mac":"02:00:5e:00:53:07","ip":"10.0.0.7"},"attribute":"hostname","value":"widget-7","confidence":"stated","evidence":{"sensor":"s","packet":2,"protocol":"dhcp","field":"dhcp.option.hostname"}}}
`)
	var said cable.Lines
	hub := cable.Start(t, &said, "tyto", "hub", "--config", config, "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--events", events)
	first := regexp.MustCompile(`(http://127\.0\.0\.1:[0-9]+)/setup#token=(\S+)`)
	cable.Until(t, "the hub says where it is", func() bool { return first.MatchString(said.String()) })
	where := first.FindStringSubmatch(said.String())
	vendor := signedUp(t, where[1], where[2])

	believes := func(want string) {
		t.Helper()
		cable.Until(t, "the vendor is "+want, func() bool { return vendor() == want })
	}
	again := func() {
		t.Helper()
		if err := hub.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	believes("First")
	rule("Second")
	again()
	believes("Second")

	rule("Third\nset: {")
	again()
	cable.Until(t, "the mistake is told", func() bool { return said.Has("fingerprints refused") && said.Has("mine/rules.yaml") })
	if got := vendor(); got != "Second" {
		t.Errorf("rules with a mistake are in use: the vendor is %q", got)
	}
	if err := os.RemoveAll(pack); err != nil {
		t.Fatal(err)
	}
	cable.Until(t, "it finds out that the pack is gone", func() bool { return strings.Count(said.String(), "fingerprints loaded") >= 2 })
	believes("none")
	if err := hub.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := hub.Wait(); err != nil {
		t.Errorf("the hub ends with %v", err)
	}
}

// signedUp makes the first administrator of a hub, and is what asks for the
// vendor of its first device: "none" if it has none, "" while there is no device.
func signedUp(t *testing.T, base, token string) (vendor func() string) {
	t.Helper()
	body := fmt.Sprintf(`{"token": %q, "username": "ada", "password": "a long enough passphrase"}`, token)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/v1/setup", bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", base)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	cookies := answer.Cookies()
	if answer.StatusCode/100 != 2 || len(cookies) == 0 {
		t.Fatalf("the first administrator is not made: %s", answer.Status)
	}
	return func() string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/devices", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(cookies[0])
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var page struct {
			Items []struct {
				Vendor string `json:"vendor"`
			} `json:"items"`
		}
		if err := json.NewDecoder(answer.Body).Decode(&page); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusOK || len(page.Items) == 0 {
			return ""
		}
		return cmp.Or(page.Items[0].Vendor, "none")
	}
}
