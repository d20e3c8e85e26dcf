package lab

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tyto/capture"
	"tyto/frame"
)

func TestGenerateIsDeterministic(t *testing.T) {
	sum := func(c GenerateConfig) [32]byte {
		h := sha256.New()
		if err := Generate(h, c); err != nil {
			t.Fatal(err)
		}
		return [32]byte(h.Sum(nil))
	}
	c := GenerateConfig{Devices: 300, Seed: 7, Duration: 2 * time.Minute}
	if once, again := sum(c), sum(c); once != again {
		t.Error("the same seed made different bytes")
	}
	other := c
	other.Seed = 8
	if sum(c) == sum(other) {
		t.Error("another seed made the same bytes")
	}
}

// packets reads a capture back through the product's own reader.
func packets(t *testing.T, file string, see func(*frame.Packet)) {
	t.Helper()
	source, err := capture.OpenFiles([]string{file}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	var b capture.Batch
	for {
		err := source.Read(&b)
		for i := range b.Packets {
			see(&b.Packets[i])
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func generated(t *testing.T, c GenerateConfig) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "generated.pcap")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Generate(f, c), f.Close()); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestGenerateHasAllDevicesInOrder(t *testing.T) {
	const devices = 450
	seen := map[[6]byte]bool{}
	last := int64(0)
	packets(t, generated(t, GenerateConfig{Devices: devices, Seed: 1, Duration: time.Minute}), func(p *frame.Packet) {
		seen[[6]byte(p.Data[6:12])] = true
		if p.Time < last {
			t.Fatalf("packet %d goes back in time", p.Number)
		}
		last = p.Time
	})
	if len(seen) != devices {
		t.Errorf("got %d sources, want %d", len(seen), devices)
	}
}

func TestGenerateRefuses(t *testing.T) {
	for _, n := range []int{-1, 0, MaxDevices + 1} {
		if err := Generate(io.Discard, GenerateConfig{Devices: n}); err == nil {
			t.Errorf("%d devices: no error", n)
		}
	}
}

func TestModelsShareAHundred(t *testing.T) {
	sum := 0
	for _, m := range models {
		sum += m.share
	}
	if sum != 100 {
		t.Errorf("the shares add up to %d", sum)
	}
}

// TestGeneratedIsClean asks tshark whether what we wrote is well-formed.
func TestGeneratedIsClean(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed")
	}
	file := generated(t, GenerateConfig{Devices: 400, Seed: 5, Duration: 3 * time.Minute})
	got := tshark(t, file, "_ws.malformed || _ws.expert.severity == error || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || tcp.analysis.flags")
	if got != "" {
		t.Errorf("tshark complains:\n%s", got)
	}
	out, err := exec.Command("tshark", "-n", "-q", "-r", file, "-z", "io,phs").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []string{"arp", "dhcp", "dns", "mdns", "llmnr", "nbns", "ssdp", "lldp", "cdp", "http", "tls", "ssh", "snmp", "modbus"} {
		if !strings.Contains(string(out), " "+protocol+" ") {
			t.Errorf("no %s was generated", protocol)
		}
	}
}

// tshark is the first packets that match a filter, as it prints them.
func tshark(t *testing.T, file, filter string) string {
	t.Helper()
	cmd := exec.Command("tshark", "-n", "-r", file, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-Y", filter)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: %s", err, stderr.String())
	}
	lines := strings.SplitAfterN(string(out), "\n", 6)
	return strings.Join(lines[:min(5, len(lines))], "")
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		if err := Generate(io.Discard, GenerateConfig{Devices: 1000, Seed: 1, Duration: time.Minute}); err != nil {
			b.Fatal(err)
		}
	}
}
