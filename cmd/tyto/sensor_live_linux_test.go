package main

import (
	"fmt"
	"os"
	"path/filepath"
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
	var said cable.Lines
	sensor := cable.Start(t, &said, "tyto", "sensor", "-i", "near", "--data", t.TempDir())
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
}

// TestSensorCheck says what is so of an interface, and of one that is not there.
func TestSensorCheck(t *testing.T) {
	cable.New(t)
	cable.IP(t, "addr", "add", "10.9.8.7/24", "dev", "near")
	var said cable.Lines
	if err := cable.Start(t, &said, "tyto", "sensor", "check", "-i", "near", "--data", t.TempDir()).Wait(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"good     near can be listened to.", "warning  near: The interface has addresses (10.9.8.7/24)", "has not joined a hub", "no capabilities"} {
		if !said.Has(want) {
			t.Errorf("not said: %q", want)
		}
	}
	if err := cable.Start(t, &said, "tyto", "sensor", "check", "-i", "nowhere").Wait(); err == nil || !said.Has("bad      capture: nowhere") {
		t.Errorf("of no interface: %v\n%s", err, &said)
	}
}
