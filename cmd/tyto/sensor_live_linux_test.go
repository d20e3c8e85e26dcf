package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tyto/lab/cable"
)

// arp is a host with the last byte n of its addresses that looks for itself.
func arp(n byte) []byte {
	mac := []byte{2, 0, 0x5e, 0, 0, n}
	b := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, mac...)
	b = append(append(b, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1), mac...)
	b = append(b, 10, 9, 8, n, 0, 0, 0, 0, 0, 0, 10, 9, 8, n)
	return append(b, make([]byte, 18)...)
}

// TestSensorConfined has a sensor that gave up its rights hear what comes, and
// hear it again when its interface went and came back; it sends nothing.
func TestSensorConfined(t *testing.T) {
	cable.New(t)
	confined(t, "sensor", "-i", "near")
}

// TestSensorXDP is the same by AF_XDP, and by the ring once the interface went.
func TestSensorXDP(t *testing.T) {
	cable.New(t)
	settings := filepath.Join(t.TempDir(), "tyto.yaml")
	if err := os.WriteFile(settings, []byte("capture:\n  interfaces:\n    near: {driver: af_xdp}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var refused cable.Lines
	if err := cable.Start(t, &refused, "tyto", "--config", settings, "sensor", "check", "-i", "near").Wait(); err == nil || !refused.Has("ethtool -K near rx-vlan-hw-parse off") {
		t.Errorf("tags would be lost: %v\n%s", err, &refused)
	}
	cable.KeepTags(t, "near")
	var can cable.Lines
	if err := cable.Start(t, &can, "tyto", "--config", settings, "sensor", "check", "-i", "near").Wait(); err != nil || !can.Has("near: It is listened to by AF_XDP, in the driver") {
		t.Errorf("%v\n%s", err, &can)
	}
	said := confined(t, "--config", settings, "sensor", "-i", "near")
	if !said.Has(`"af_xdp":`) || !said.Has(`by="AF_XDP`) {
		t.Errorf("not by AF_XDP:\n%s", said)
	}
}

// confined is what a sensor says that listens to near as args have it.
func confined(t *testing.T, args ...string) *cable.Lines {
	t.Helper()
	var said cable.Lines
	sensor := cable.Start(t, &said, "tyto", append(args, "--data", t.TempDir())...)
	cable.Until(t, "the sensor is confined", func() bool { return said.Has("confined") })
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", sensor.Process.Pid))
	if err != nil || len(tasks) < 2 {
		t.Fatal(tasks, err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		for _, want := range []string{"CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: not %q", task, want)
			}
		}
	}
	hears := func(n byte) {
		t.Helper()
		send := cable.Sender(t, "far")
		cable.Until(t, fmt.Sprintf("device %d is heard", n), func() bool {
			send(arp(n))
			return said.Has(fmt.Sprintf("02:00:5e:00:00:%02x", n))
		})
		if l := cable.Look(t, "near"); l.Stats.TX.Packets != 0 {
			t.Errorf("the sensor's interface sent %d packets", l.Stats.TX.Packets)
		}
	}
	hears(1)
	cable.IP(t, "link", "del", "dev", "near")
	cable.Plug(t, "near", "far")
	hears(2)
	if err := sensor.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := sensor.Wait(); err != nil {
		t.Error(err)
	}
	return &said
}

// TestSensorCheck says what is so of an interface, and of one that is not there.
func TestSensorCheck(t *testing.T) {
	cable.New(t)
	cable.IP(t, "addr", "add", "10.9.8.7/24", "dev", "near")
	var said cable.Lines
	if err := cable.Start(t, &said, "tyto", "sensor", "check", "-i", "near", "--data", t.TempDir()).Wait(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"good     near can be listened to.", "warning  near: The interface has addresses (10.9.8.7/24)", "AF_XDP: capture: near: not by AF_XDP: it has the address 10.9.8.7/24", "has not joined a hub", "no capabilities"} {
		if !said.Has(want) {
			t.Errorf("not said: %q", want)
		}
	}
	if err := cable.Start(t, &said, "tyto", "sensor", "check", "-i", "nowhere").Wait(); err == nil || !said.Has("bad      capture: nowhere") {
		t.Errorf("of no interface: %v\n%s", err, &said)
	}
}

// TestSensorTunnel has a sensor without an interface hear what a switch sends
// over GRE, and nobody else, as the configuration says.
func TestSensorTunnel(t *testing.T) {
	cable.New(t)
	cable.IP(t, "link", "set", "dev", "near", "address", "02:00:00:00:00:01")
	cable.IP(t, "addr", "add", "10.9.8.1/24", "dev", "near")
	dir := t.TempDir()
	settings := filepath.Join(dir, "tyto.yaml")
	if err := os.WriteFile(settings, []byte("capture:\n  tunnels:\n    - {protocol: gre, address: 10.9.8.1, from: [10.9.8.2]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	erspan := func(from, host byte) []byte {
		b := append([]byte{0, 0, 0x88, 0xbe}, arp(host)...)
		n := 20 + len(b)
		h := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, from, 8, 0, 0x45, 0, byte(n >> 8), byte(n), 0, 0, 0, 0, 64, 47, 0, 0, 10, 9, 8, from, 10, 9, 8, 1}
		var sum uint32
		for i := 14; i < 34; i += 2 {
			sum += uint32(h[i])<<8 | uint32(h[i+1])
		}
		sum = ^(sum>>16 + sum)
		h[24], h[25] = byte(sum>>8), byte(sum)
		return append(h, b...)
	}
	var said cable.Lines
	sensor := cable.Start(t, &said, "tyto", "--config", settings, "sensor", "--data", dir)
	cable.Until(t, "the sensor is confined", func() bool { return said.Has("confined") })
	send := cable.Sender(t, "far")
	cable.Until(t, "device 4 is heard", func() bool {
		send(erspan(3, 5))
		send(erspan(2, 4))
		return said.Has("02:00:5e:00:00:04")
	})
	sensor.Process.Signal(os.Interrupt)
	if err := sensor.Wait(); err != nil {
		t.Error(err)
	}
	if said.Has("02:00:5e:00:00:05") || !said.Has(`"interface":"gre 10.9.8.1"`) || !regexp.MustCompile(`"refused":[1-9]`).MatchString(said.String()) {
		t.Error("who may not send was heard, or not counted")
	}
}
