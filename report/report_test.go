package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// hostile is a device whose texts try to escape from every format.
func hostile() *Result {
	at := time.Unix(1, 0).UTC()
	claim := func(a tyto.Attr, v string) tyto.Claim {
		return tyto.Claim{Attr: a, Value: v, Confidence: tyto.Stated, First: at, Last: at, Evidence: tyto.Evidence{Protocol: "mdns", Field: "dns.resp.name", Packet: 7, Capture: "x.pcap"}}
	}
	d := tyto.Device{ID: "d-1", Beliefs: map[tyto.Attr]tyto.Belief{}, First: at, Last: at, Packets: 3, Bytes: 180,
		Interfaces: []tyto.Interface{{MAC: frame.MAC{0, 1, 2, 3, 4, 5}, IPs: []tyto.IPInterval{{IP: frame.V4(10, 0, 0, 1)}}}}}
	for a, v := range map[tyto.Attr]string{
		tyto.Hostname: "<script>alert(1)</script>", tyto.Vendor: "=cmd|' /C calc'!A0", tyto.Model: "\x1b[31mred\x1b[0m\nline", tyto.OS: "\u202egnp.exe", tyto.Category: "iot",
	} {
		c := claim(a, v)
		d.Beliefs[a], d.Evidence = tyto.Belief{Claim: c}, append(d.Evidence, c)
	}
	slices.SortFunc(d.Evidence, func(a, b tyto.Claim) int { return int(a.Attr) - int(b.Attr) })
	talk := tyto.Conversation{Client: tyto.Subject{Addr: frame.V4(10, 0, 0, 1)}, Server: tyto.Subject{Addr: frame.V4(203, 0, 113, 1)}, Transport: "tcp", Port: 443, First: at, Last: at, Packets: [2]uint64{1, 2}, Bytes: [2]uint64{60, 120}}
	return &Result{Version: "test", Captures: []Capture{{File: "x.pcap", Packets: 3, Bytes: 180, First: at, Last: at, LinkType: "ether"}},
		Devices:       func(yield func(*tyto.Device) bool) { yield(&d) },
		Conversations: func(yield func(*tyto.Conversation) bool) { yield(&talk) },
		Find: func(s tyto.Subject) string {
			if s.Addr == frame.V4(10, 0, 0, 1) {
				return "d-1"
			}
			return ""
		}, Acts: []Act{}, Alerts: []Alert{}}
}

func TestTableSteersNoTerminal(t *testing.T) {
	var b bytes.Buffer
	if err := Table(&b, hostile(), Look{Width: 400}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") || strings.Count(b.String(), "\n") != 4 {
		t.Errorf("got %q", b.String())
	}
	if !strings.Contains(b.String(), "1 device, 1 conversation (1 to the internet), 3 packets and 180 bytes in 0s.") {
		t.Errorf("summary missing in %q", b.String())
	}
}

func TestTableKeepsTheWidth(t *testing.T) {
	var b bytes.Buffer
	if err := Table(&b, hostile(), Look{Width: 40}); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(b.String(), "\n")[:2] {
		if n := len([]rune(line)); n > 40 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestCSVHasNoFormula(t *testing.T) {
	var b bytes.Buffer
	if err := CSV(&b, hostile()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[1]) != len(csvTitles) {
		t.Fatalf("%v, %q", err, rows)
	}
	if rows[1][3] != "'=cmd|' /C calc'!A0" {
		t.Errorf("vendor %q", rows[1][3])
	}
}

func TestHTMLIsEscaped(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, hostile()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<script>") || !strings.Contains(b.String(), "&lt;script&gt;") {
		t.Error("a name became markup")
	}
}

func TestDocument(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, hostile()); err != nil {
		t.Fatal(err)
	}
	var doc map[string][]map[string]any
	var loose map[string]any
	if err := json.Unmarshal(b.Bytes(), &loose); err != nil {
		t.Fatal(err)
	}
	delete(loose, "tyto")
	again, _ := json.Marshal(loose)
	if err := json.Unmarshal(again, &doc); err != nil {
		t.Fatal(err)
	}
	d := doc["devices"][0]
	for _, absent := range []string{"type", "firmware", "serial", "vlans", "role"} {
		if _, ok := d[absent]; ok {
			t.Errorf("%s is there, though nothing is known of it", absent)
		}
	}
	c := doc["conversations"][0]
	if c["scope"] != "internet" || c["client"].(map[string]any)["device"] != "d-1" {
		t.Errorf("conversation %v", c)
	}
	for _, list := range []string{"captures", "devices", "conversations", "acts", "alerts"} {
		if doc[list] == nil {
			t.Errorf("%s is missing", list)
		}
	}
}

func TestScope(t *testing.T) {
	r := hostile()
	for _, x := range []struct {
		client, server tyto.Subject
		want           string
	}{
		{tyto.Subject{Addr: frame.V4(10, 0, 0, 1)}, tyto.Subject{Addr: frame.V4(10, 0, 0, 2)}, "lan"},
		{tyto.Subject{Addr: frame.V4(10, 0, 0, 1)}, tyto.Subject{Addr: frame.V4(224, 0, 0, 251)}, "multicast"},
		{tyto.Subject{Addr: frame.V4(10, 0, 0, 1)}, tyto.Subject{Addr: frame.V4(10, 0, 0, 255), MAC: frame.Broadcast}, "multicast"},
		{tyto.Subject{Addr: frame.V4(198, 51, 100, 1)}, tyto.Subject{Addr: frame.V4(10, 0, 0, 1)}, "internet"},
		{tyto.Subject{MAC: frame.MAC{2}}, tyto.Subject{MAC: frame.MAC{4}}, "lan"},
	} {
		if got := r.scope(&tyto.Conversation{Client: x.client, Server: x.server}); got != x.want {
			t.Errorf("%v to %v: got %s, want %s", x.client, x.server, got, x.want)
		}
	}
}
