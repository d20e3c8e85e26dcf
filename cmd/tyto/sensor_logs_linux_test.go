package main

import (
	"os"
	"path/filepath"
	"testing"

	"tyto/lab/cable"
)

// TestSensorLogs has a sensor follow a log, in its own name, and go on after
// it was started anew.
func TestSensorLogs(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	add := func(host string) {
		t.Helper()
		f, err := os.OpenFile(filepath.Join(dir, "known_hosts.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(`{"ts":1767600000.1,"host":"` + host + `"}` + "\n")
		}
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	run := func(until string) *cable.Lines {
		t.Helper()
		var said cable.Lines
		sensor := cable.Start(t, &said, "tyto", "sensor", "--logs", dir, "--data", data)
		cable.Until(t, "all is read", func() bool { return said.Has(until) })
		sensor.Process.Signal(os.Interrupt)
		if err := sensor.Wait(); err != nil {
			t.Error(err)
		}
		if !said.Has("confined") {
			t.Error("it is not confined")
		}
		return &said
	}
	add("10.7.0.1")
	run(`"value":"10.7.0.1"`)
	add("10.7.0.2")
	if said := run(`"value":"10.7.0.2"`); said.Has(`"10.7.0.1"`) || !said.Has(`known_hosts.log","packet":2`) {
		t.Error("a line was read twice, or its number is another")
	}
}
