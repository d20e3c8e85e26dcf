package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestCompare gives a log of four messages and a document that tells of three.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	log := "#fields\tts\n" +
		"1\tu\t\t\t\t\tT\t10.0.0.1\t1\t10.0.0.2\t2\t-\tCONFIRMED_REQUEST\tread_property\t1\t-\n" +
		"1\tu\t\t\t\t\tF\t10.0.0.2\t1\t10.0.0.1\t2\t-\tCOMPLEX_ACK\tread_property\t1\t-\n" +
		"1\tu\t\t\t\t\tF\t10.0.0.2\t1\t10.0.0.1\t2\t-\tERROR_PDU\twrite_property\t2\tunknown-object\n" +
		"1\tu\t\t\t\t\tF\t10.0.0.2\t1\t10.0.0.1\t2\t-\tERROR_PDU\twrite_property\t3\tdevice-busy\n"
	if err := os.WriteFile(filepath.Join(dir, "bacnet.log"), []byte(log), 0o644); err != nil {
		t.Fatal(err)
	}
	rows, err := readBACnet(dir)
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v rows, %v", rows, err)
	}
	doc := &document{}
	if err := json.Unmarshal([]byte(`{"conversations":[{"client":{"ip":"10.0.0.1"},"server":{"ip":"10.0.0.2"},"transport":"udp","protocol":"bacnet",
		"operations":{"bacnet readProperty":1,"bacnet who-Is":2}}],
		"acts":[{"client":{"ip":"10.0.0.1"},"server":{"ip":"10.0.0.2"},"protocol":"bacnet","operation":"bacnet writeProperty","outcome":"error: unknown object"}]}`), doc); err != nil {
		t.Fatal(err)
	}
	got, missed := compare(&analyzers[0], rows, doc)
	if want := (score{matched: 3, missing: 1, extra: 2}); got != want {
		t.Errorf("got %+v, want %+v: %q", got, want, missed)
	}
}
