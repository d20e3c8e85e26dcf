package proto_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tyto/capture"
	"tyto/frame"
	"tyto/proto"
	"tyto/sensor"
	"tyto/tyto"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestDissectors runs every capture of testdata through the sensor's own path
// and compares what its protocol's dissector tells with the golden file: one
// sentence a fact, the number in front is Wireshark's.
func TestDissectors(t *testing.T) {
	for _, d := range proto.All() {
		captures, _ := filepath.Glob(filepath.Join("testdata", d.Name, "*.pcap*"))
		if len(captures) == 0 {
			t.Errorf("testdata/%s holds no capture", d.Name)
		}
		for _, path := range captures {
			t.Run(d.Name+"/"+filepath.Base(path), func(t *testing.T) {
				golden(t, strings.TrimSuffix(path, filepath.Ext(path))+".golden", told(t, d.Name, path))
			})
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test ./proto -update and review the file", err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run go test ./proto -update and review the change\n%s", path, difference(string(want), got))
	}
}

// difference is the first lines that differ.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, a, b)
		}
	}
	return ""
}

func told(t *testing.T, name, path string) string {
	source, err := capture.OpenFiles([]string{path}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	var b strings.Builder
	config := sensor.DefaultConfig()
	config.Spy = func(f *frame.Frame, d *proto.Dissector, s *proto.Sink) {
		if d.Name == name {
			sentences(&b, f, s)
		}
	}
	s := sensor.New(config, source)
	if err := s.Run(context.Background(), func([]tyto.Event) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Errors() {
		t.Error(err)
	}
	if b.Len() == 0 {
		t.Errorf("the dissector told nothing of %s", path)
	}
	return b.String()
}

func sentences(b *strings.Builder, f *frame.Frame, s *proto.Sink) {
	for _, x := range s.Facts() {
		fmt.Fprintf(b, "%d %s: %s = %q (%s, %s)\n", f.Number, who(x.Subject), x.Attr, x.Value, x.Confidence, x.Field)
	}
	for _, x := range s.Deeds() {
		if x.Verb == tyto.NoVerb {
			fmt.Fprintf(b, "%d %s: operation %s\n", f.Number, who(s.SenderSubject()), x.Operation)
			continue
		}
		by, to := s.SenderSubject(), s.ReceiverSubject()
		if x.ByReceiver {
			by, to = to, by
		}
		fmt.Fprintf(b, "%d %s: %s at %s: %s %q %s\n", f.Number, who(by), x.Verb, who(to), x.Operation, x.Object, x.Outcome)
	}
	for _, x := range s.Resolutions() {
		fmt.Fprintf(b, "%d %s was told that %s is %s\n", f.Number, x.Asker, x.Name, x.Addr)
	}
	if len(s.Name()) > 0 {
		fmt.Fprintf(b, "%d server name %q\n", f.Number, s.Name())
	}
	if s.Broken() != "" {
		fmt.Fprintf(b, "%d malformed: %s\n", f.Number, s.Broken())
	}
	if s.Overflow() > 0 {
		fmt.Fprintf(b, "%d %d facts did not fit\n", f.Number, s.Overflow())
	}
}

func who(s tyto.Subject) string {
	text := s.Addr.String()
	if text == "" {
		text = s.MAC.String()
	}
	if s.Part != 0 {
		text += fmt.Sprintf(" part %d", s.Part)
	}
	return text
}
