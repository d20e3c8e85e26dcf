package forward

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// TestTemplateDeclaresAllColumns holds the template for Azure to what is sent.
func TestTemplateDeclaresAllColumns(t *testing.T) {
	text, err := os.ReadFile("../docs/reference/sentinel-template.json")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources []struct {
			Properties struct {
				StreamDeclarations map[string]struct {
					Columns []struct{ Name, Type string }
				}
			}
		}
	}
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	declared := map[string]map[string]string{}
	for _, r := range template.Resources {
		for stream, d := range r.Properties.StreamDeclarations {
			declared[stream] = map[string]string{}
			for _, c := range d.Columns {
				declared[stream][c.Name] = c.Type
			}
		}
	}
	who := tyto.Subject{MAC: frame.MAC{2, 0, 0, 0, 0, 1}, Addr: frame.V4(192, 0, 2, 1)}
	for stream, e := range map[string]tyto.Event{
		"Custom-TytoAlert_CL": {Sensor: "s", Kind: tyto.KindAlert, Alert: &tyto.Alert{ID: "1", Rule: "r", Engine: "policy", Title: "t", Detail: "d", Subjects: []tyto.Subject{who, who},
			Devices: []string{"d"}, Techniques: []string{"T1"}, Evidence: tyto.Evidence{Protocol: "p", Field: "f"}, Status: "closed", By: "ada", Comment: "planned"}},
		"Custom-TytoDevice_CL": {Sensor: "s", Kind: tyto.KindDevice, Device: &tyto.DeviceChange{ID: "d", Type: "t", Vendor: "v", Model: "m", OS: "o", Firmware: "f", Serial: "s",
			Hostname: "h", IPs: []string{"192.0.2.1"}, MACs: []string{"02:00:00:00:00:01"}, First: time.Unix(1, 0)}},
	} {
		var columns map[string]any
		if err := json.Unmarshal(row(&e), &columns); err != nil {
			t.Fatal(err)
		}
		if len(columns) < 15 {
			t.Errorf("%s: only %d columns are filled", stream, len(columns))
		}
		for name, value := range columns {
			want := "string"
			if _, number := value.(float64); number {
				want = "int"
			} else if name == "TimeGenerated" {
				want = "datetime"
			}
			if got := declared[stream][name]; got != want {
				t.Errorf("%s: column %s is declared %q, want %q", stream, name, got, want)
			}
		}
	}
}
