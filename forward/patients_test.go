package forward_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"tyto/capture"
	"tyto/forward"
	"tyto/observe"
	"tyto/sensor"
	"tyto/tyto"
)

// TestPatientsStayOut sends what the sensor says of captures, in which all
// that is a patient's or a secret is marked, in every format of lines.
func TestPatientsStayOut(t *testing.T) {
	var captures []string
	for _, name := range []string{"dicom", "hl7", "astm", "poct1"} {
		captures = append(captures, filepath.Join("..", "proto", "testdata", name, "generated.pcap"))
	}
	source, err := capture.OpenFiles(captures, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	events := map[string][]tyto.Event{}
	s := sensor.New(sensor.DefaultConfig(), source)
	err = s.Run(context.Background(), func(batch []tyto.Event) error {
		for _, e := range observe.Copy(batch) {
			events["all"] = append(events["all"], e)
			if e.Conversation != nil {
				events["conversations"] = append(events["conversations"], e)
			}
		}
		return nil
	})
	if err != nil || len(events["all"]) == 0 {
		t.Fatalf("%d events: %v", len(events["all"]), err)
	}
	secret := regexp.MustCompile(`(?i)PLANTED|clinician|secret`)
	for format, which := range map[string]string{"json": "all", "cef": "all", "leef": "all", "ocsf": "conversations"} {
		path := filepath.Join(t.TempDir(), format)
		out, err := (&forward.Destination{Name: "archive", File: &forward.File{Path: path, Format: format}}).Open()
		if err != nil {
			t.Fatal(err)
		}
		if err := out.Send(context.Background(), events[which]); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		out.Close()
		lines, err := os.ReadFile(path)
		if err != nil || bytes.Count(lines, []byte("\n")) < len(events[which]) {
			t.Errorf("%s: %d lines for %d events, %v", format, bytes.Count(lines, []byte("\n")), len(events[which]), err)
		}
		if format == "json" && !bytes.Contains(lines, []byte("EXAMPLE ANALYZER")) {
			t.Error("json does not tell of the devices")
		}
		if found := secret.Find(lines); found != nil {
			t.Errorf("%s tells %s", format, found)
		}
	}
}
