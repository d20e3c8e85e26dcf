package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tyto/lab/cable"
)

// TestSetup offers the busy interface first, chosen already, asks again for
// what cannot be meant, and writes what was answered.
func TestSetup(t *testing.T) {
	cable.New(t)
	cable.IP(t, "addr", "add", "10.9.8.7/24", "dev", "far")
	file := filepath.Join(t.TempDir(), "tyto.yaml")
	stop, sent := make(chan struct{}), make(chan struct{})
	send := cable.Sender(t, "far")
	go func() {
		defer close(sent)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				send(cable.Broadcast(1))
			}
		}
	}()
	cmd := exec.Command("tyto", "sensor", "setup", "--plain", "--for", "3s", "-o", file)
	cmd.Stdin = strings.NewReader("0\nhall-probe\nhall-3\nno token\n\n")
	out, err := cmd.CombinedOutput()
	close(stop)
	<-sent
	text, _ := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "name: hall-probe") || !strings.Contains(string(text), "zone: hall-3") || !strings.Contains(string(text), "- near\n") || strings.Contains(string(text), "- far") {
		t.Errorf("%v\n%s\n%s", err, out, text)
	}
	for _, want := range []string{"✓ near", "10.9.8.7/24", "no address", "no join token"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("not said: %q in\n%s", want, out)
		}
	}
}
