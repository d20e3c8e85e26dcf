package main

import (
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"tyto/lab/cable"
)

// TestSensorFlows has a sensor tell what a router tells of a conversation, in
// its own name, and nothing that another says.
func TestSensorFlows(t *testing.T) {
	cable.New(t)
	dir := t.TempDir()
	settings := filepath.Join(dir, "tyto.yaml")
	if err := os.WriteFile(settings, []byte("name: probe\nzone: hall\ncapture:\n  flows:\n    - {protocol: netflow, address: 127.0.0.1, from: [127.0.0.2]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tell := func(from string, client byte) func() {
		c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(from)}, &net.UDPAddr{IP: net.ParseIP("127.0.0.1"), Port: 2055})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		b := make([]byte, 24+48) // NetFlow 5 with one record
		binary.BigEndian.PutUint16(b, 5)
		b[3] = 1
		copy(b[24:], []byte{10, 1, 0, client, 10, 2, 0, 5})
		b[24+19], b[24+23], b[24+32], b[24+33], b[24+34], b[24+35], b[24+38] = 3, 200, 0x9c, 0x40, 502>>8, 502&0xff, 6
		return func() { c.Write(b) } // nobody may listen yet
	}
	router, other := tell("127.0.0.2", 9), tell("127.0.0.3", 66)
	var said cable.Lines
	sensor := cable.Start(t, &said, "tyto", "--config", settings, "sensor", "--data", dir)
	cable.Until(t, "the conversation is told", func() bool {
		other()
		router()
		return said.Has(`"ip":"10.1.0.9"`)
	})
	sensor.Process.Signal(os.Interrupt)
	if err := sensor.Wait(); err != nil {
		t.Error(err)
	}
	want := regexp.MustCompile(`"sensor":"probe","zone":"hall","seq":\d+,.*"kind":"conversation","conversation":\{"client":\{"ip":"10.1.0.9"\},"server":\{"ip":"10.2.0.5"\},"transport":"tcp","port":502,.*"packets":\[3,0\],"bytes":\[200,0\].*"sensor":"probe","capture":"netflow 127.0.0.1","packet":1,"protocol":"cflow"`)
	if !want.MatchString(said.String()) || said.Has("10.1.0.66") || !regexp.MustCompile(`"refused":[1-9]`).MatchString(said.String()) {
		t.Error("it is not told as it should be, or others are heard")
	}
}
