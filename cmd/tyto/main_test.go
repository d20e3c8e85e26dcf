package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tyto/lab/doubles"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tyto": main})
}

// TestScripts runs the command line end to end: testdata/script/*.txtar.
// $RECORDED is the folder of the lab's recordings.
func TestScripts(t *testing.T) {
	recorded, err := filepath.Abs("../../lab/recordings")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("RECORDED", recorded)
			e.Setenv("SENSORS", doubles.FreeAddress())
			if err := writeForwardSettings(e.WorkDir); err != nil {
				return err
			}
			return writeBadFiles(e.WorkDir)
		},
	})
}

// writeForwardSettings puts a configuration into a folder that passes events
// on to a file there.
func writeForwardSettings(dir string) error {
	return os.WriteFile(filepath.Join(dir, "right.yaml"), []byte("forward:\n  - name: archive\n    file: {path: "+filepath.Join(dir, "events.json")+"}\n"+`
  - name: siem
    timeout: 2s
    severity: major
    syslog: {address: "127.0.0.1:9", transport: tcp, format: cef-defender}
    kinds: [alert]
  - name: splunk
    timeout: 2s
    splunk:
      url: https://127.0.0.1:9
      token: {env: SPLUNK_TOKEN}
`), 0o600)
}

// writeBadFiles puts what a user may feed by mistake into a folder.
func writeBadFiles(dir string) error {
	header := func(magic uint32, link uint32) []byte {
		b := binary.LittleEndian.AppendUint32(nil, magic)
		b = binary.LittleEndian.AppendUint16(b, 2)
		b = binary.LittleEndian.AppendUint16(b, 4)
		b = append(b, make([]byte, 8)...)
		b = binary.LittleEndian.AppendUint32(b, 65535)
		return binary.LittleEndian.AppendUint32(b, link)
	}
	record := func(b []byte, caplen, length uint32, data []byte) []byte {
		b = append(b, 1, 0, 0, 0, 0, 0, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, caplen)
		b = binary.LittleEndian.AppendUint32(b, length)
		return append(b, data...)
	}
	arp := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
		0, 0x11, 0x22, 0x33, 0x44, 0x55, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2}, make([]byte, 18)...)
	one := record(header(0xa1b2c3d4, 1), 60, 60, arp)
	files := map[string][]byte{
		"empty.pcap":   nil,
		"text.pcap":    []byte("this is no capture, it is a text\n"),
		"none.pcap":    header(0xa1b2c3d4, 1),
		"one.pcap":     one,
		"cut.pcap":     append(append([]byte{}, one...), record(nil, 60, 60, arp[:20])...),
		"absurd.pcap":  append(append([]byte{}, one...), record(nil, 0x7fffffff, 60, arp)...),
		"link.pcap":    record(header(0xa1b2c3d4, 9999), 60, 60, arp),
		"cutgz.pcap":   {0x1f, 0x8b, 8, 0, 0},
		"flipped.pcap": bytes.ReplaceAll(one, []byte{8, 6, 0, 1}, []byte{8, 7, 0xff, 1}),
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func TestExitStatusOfHelp(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run(context.Background(), []string{"--help"}, streams{nil, &out, &errs}); status != 0 || !strings.Contains(out.String(), "Exit status") {
		t.Errorf("status %d, printed %q", status, out.String())
	}
}

func TestDefaultSettingsAreRight(t *testing.T) {
	c := defaultSettings()
	if err := c.check(""); err != nil {
		t.Error(err)
	}
}
