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
	if strings.ContainsAny(b.String(), "\x1b\u202e") || strings.Count(b.String(), "\n") != 6 {
		t.Errorf("got %q", b.String())
	}
	for _, want := range []string{"Devices   1 device\n", "Traffic   1 conversation (1 to the internet), 3 packets and 180 bytes in 0s of 1970-01-01\n", "180 bytes with 203.0.113.1\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %q", want, b.String())
		}
	}
}

// TestTableKeepsTheWidth draws into terminals of any width: no line is longer,
// and what a device is known by is there in each.
func TestTableKeepsTheWidth(t *testing.T) {
	for width := 24; width < 220; width++ {
		var b bytes.Buffer
		if err := Table(&b, plant(), Look{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if n := len([]rune(line)); n > max(width, side+4+24) {
				t.Fatalf("%d of %d columns: %q", n, width, line)
			}
		}
		for _, want := range []string{"10.0.0.2 ", "00:00:00:00:00:03"} {
			if !strings.Contains(b.String(), want) {
				t.Fatalf("%d columns wide, there is no %q:\n%s", width, want, b.String())
			}
		}
	}
}

// plant is a controller that was stopped from a desk, and something without an
// address of IP.
func plant() *Result {
	at := time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)
	believe := func(values map[tyto.Attr]string) map[tyto.Attr]tyto.Belief {
		all := map[tyto.Attr]tyto.Belief{}
		for a, v := range values {
			all[a] = tyto.Belief{Claim: tyto.Claim{Attr: a, Value: v, Confidence: tyto.Stated}}
		}
		return all
	}
	subject := func(n byte) tyto.Subject {
		return tyto.Subject{MAC: frame.MAC{5: n}, Addr: frame.V4(10, 0, 0, n)}
	}
	devices := []tyto.Device{
		{ID: "desk", Protocols: []string{"arp", "modbus", "smb2", "tls"}, Interfaces: []tyto.Interface{{MAC: frame.MAC{5: 1}, Vendor: "Dell", IPs: []tyto.IPInterval{{IP: frame.V4(10, 0, 0, 1)}}}},
			Beliefs: believe(map[tyto.Attr]string{tyto.Category: "it", tyto.Type: "workstation", tyto.Hostname: "desk.plant.example", tyto.OS: "Windows 10"})},
		{ID: "plc", Protocols: []string{"modbus"}, Interfaces: []tyto.Interface{{MAC: frame.MAC{5: 2}, IPs: []tyto.IPInterval{{IP: frame.V4(10, 0, 0, 2)}}}},
			Beliefs: believe(map[tyto.Attr]string{tyto.Category: "ot", tyto.Type: "plc", tyto.Vendor: "Schneider Electric", tyto.Model: "TM221CE24R", tyto.Firmware: "1.3.3.3"})},
		{ID: "mute", Interfaces: []tyto.Interface{{MAC: frame.MAC{5: 3}}}},
	}
	alert := func(id, parent string, severity tyto.Severity, title string) Alert {
		return Alert{ID: id, Parent: parent, Severity: severity, Title: title, Detail: "modbus stop", Subjects: []tyto.Subject{subject(1), subject(2)}, Devices: []string{"desk", "plc"}, Capture: "x.pcap", Packet: 9}
	}
	return &Result{Version: "test", Captures: []Capture{{File: "x.pcap", Packets: 30, Bytes: 3000, First: at, Last: at.Add(90 * time.Second), Malformed: 2, Truncated: 1}},
		Devices: func(yield func(*tyto.Device) bool) {
			for i := range devices {
				if !yield(&devices[i]) {
					return
				}
			}
		},
		Conversations: func(func(*tyto.Conversation) bool) {},
		Find: func(s tyto.Subject) string {
			return map[frame.Addr]string{frame.V4(10, 0, 0, 1): "desk", frame.V4(10, 0, 0, 2): "plc"}[s.Addr]
		},
		Changes: map[Change]uint64{{subject(1), subject(2), tyto.Stop, "modbus"}: 3, {subject(1), subject(2), tyto.Write, "modbus"}: 9, {subject(2), subject(1), tyto.Write, "smb2"}: 8},
		Alerts:  []Alert{alert("b", "", tyto.Minor, "A small thing"), alert("a", "", tyto.Major, "A controller was told to stop"), alert("c", "a", tyto.Minor, "What comes of it"), alert("d", "", tyto.Minor, "A small thing")}}
}

func TestTableTellsWhatMatters(t *testing.T) {
	var b bytes.Buffer
	if err := Table(&b, plant(), Look{Width: 100, Colour: true}); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	at := -1
	for _, want := range []string{
		"10.0.0.2           \x1b[31m4\x1b[0m  plc", "10.0.0.1           \x1b[31m4\x1b[0m  workstation", "\x1b[2munknown\x1b[0m", // plants first
		"(1 OT, 1 IT, 1 unknown)", "30 packets and 3.0 kB in 1 min 30 s of 2024-02-03", "2 packets broke", "1 packet captured shorter",
		"10.0.0.1 desk.plant.example → 10.0.0.2 TM221CE24R: modbus stop, 3 times\n", "modbus write, 9 times\n", "4 alerts:",
		"major\x1b[0m     A controller was told to stop, with 1 alert under it", "packet 9", "minor\x1b[0m     A small thing, 2 times",
	} {
		next := strings.Index(got, want)
		if next <= at {
			t.Errorf("%q is not there, or not in its place, in\n%s", want, got)
		}
		at = max(at, next)
	}
	if strings.Contains(got, "smb2 write") {
		t.Error("a change of what is no plant's is listed")
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

func TestHTMLTellsWhatMatters(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, plant()); err != nil {
		t.Fatal(err)
	}
	got, at := b.String(), -1
	for _, want := range []string{"<title>Tyto: 3 devices, 4 alerts</title>", "2 packets broke the rules", "width: 33%", `<td class="sev major">major<td>A controller was told to stop <span class="soft">with 1 alert under it`,
		"packet 9", "<td>10.0.0.1 desk.plant.example<td>10.0.0.2 TM221CE24R<td>stop<td>modbus<td class=\"n\">3", "<code>10.0.0.2</code>", "<code>10.0.0.1</code>", "x.pcap"} {
		next := strings.Index(got, want)
		if next <= at {
			t.Errorf("%q is not there, or not in its place", want)
		}
		at = max(at, next)
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
