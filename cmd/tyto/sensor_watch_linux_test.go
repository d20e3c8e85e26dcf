package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"

	"tyto/capture"
	"tyto/frame"
	"tyto/lab/cable"
)

// captureOf is a capture of hosts that look for themselves.
func captureOf(t *testing.T, hosts ...byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := capture.NewWriter(&b, frame.LinkEthernet)
	for i, n := range hosts {
		if err == nil {
			err = w.Write(&frame.Packet{Time: 1_700_000_000e9 + int64(i), Link: frame.LinkEthernet, Data: arp(n)})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSensorWatch has a sensor read what appears in a folder, the rest of it
// after it was started anew, and what a program sends.
func TestSensorWatch(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	put := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			c.Write(captureOf(t, 7))
		}
	}()
	run := func(until func(said *cable.Lines) bool) *cable.Lines {
		t.Helper()
		var said cable.Lines
		sensor := cable.Start(t, &said, "tyto", "sensor", "--watch", dir, "--pcap-over-ip", l.Addr().String(), "--data", data)
		cable.Until(t, "all is read", func() bool { return until(&said) })
		sensor.Process.Signal(os.Interrupt)
		if err := sensor.Wait(); err != nil {
			t.Error(err)
		}
		if !said.Has("confined") {
			t.Error("it is not confined")
		}
		return &said
	}
	put("1.pcap", captureOf(t, 1, 2))
	run(func(said *cable.Lines) bool {
		return said.Has("02:00:5e:00:00:01") && said.Has("02:00:5e:00:00:02") && said.Has("02:00:5e:00:00:07")
	})
	put("1.pcap", captureOf(t, 1, 2, 3))
	if said := run(func(said *cable.Lines) bool { return said.Has("02:00:5e:00:00:03") }); said.Has("02:00:5e:00:00:01") || said.Has("02:00:5e:00:00:02") {
		t.Error("packets were read twice")
	}
}
