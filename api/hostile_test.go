package api

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"tyto/store"
	"tyto/tyto"
)

// hostileNames are what something on the network may call itself.
var hostileNames = []string{`=HYPERLINK("http://evil.example","x")`, "+cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", "|calc", "%0a=1",
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "a,\"b\",c\r\nd", "\u202egnp.exe", "\x00\x07\x1b[31m", "\xff\xfe", strings.Repeat("W", 4000), "'; DROP TABLE device; --"}

// TestHostileExports puts hostile names into everything that is stored, and
// reads every export and list back as others do: no cell is a formula, no row
// is torn, nothing is served as a page.
func TestHostileExports(t *testing.T) {
	x := signedIn(t, tyto.Admin)
	var machines []store.Machine
	for i, name := range hostileNames {
		c := x.furnished("z", name)
		c.Devices[0].Row.ID = "d" + string(rune('a'+i))
		c.Devices[0].Row.OS, c.Devices[0].Row.Firmware, c.Devices[0].Row.NICVendor, c.Devices[0].Row.Roles = name, name, name, []string{name}
		c.Alerts[0].ID = "a" + string(rune('a'+i))
		c.Alerts[0].Of, c.Alerts[0].Devices = []string{c.Devices[0].Row.ID}, []string{c.Devices[0].Row.ID}
		x.must(x.store.Write(t.Context(), c))
		x.must(x.store.Audit(t.Context(), tyto.AuditRecord{Time: now, Who: name, From: name, What: name, Object: name, Outcome: name}))
		machines = append(machines, store.Machine{Connector: "x", ID: name, Name: name, OS: name, Vendor: name, Model: name, Domain: name, Tags: []string{name}, Zone: "z"})
	}
	x.must(x.store.PutMachines(t.Context(), machines))
	exports := 0
	for _, r := range reviewedTable(t) {
		if r.method != "GET" || r.path == "/api/v1/stream" {
			continue
		}
		path := strings.NewReplacer("{name}", "x").Replace(filled(r.path, sentinelA))
		answer := x.send("GET", path, nil)
		status, body := x.do("GET", path, nil)
		answer.Body.Close()
		kind := answer.Header.Get("Content-Type")
		if strings.Contains(kind, "html") || strings.Contains(kind, "javascript") || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s is served as %q, sniffing %q", path, kind, answer.Header.Get("X-Content-Type-Options"))
		}
		if !strings.HasSuffix(r.path, ".csv") {
			if strings.Contains(kind, "json") && !json.Valid([]byte(body)) {
				t.Errorf("%s is no JSON: %.200s", path, body)
			}
			continue
		}
		exports++
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll() // checks that all rows are as long
		if status != 200 || err != nil || strings.HasPrefix(r.path, "/api/v1/devices") && len(rows) != len(hostileNames)+1 || !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d, %d rows, %v, %s", path, status, len(rows), err, answer.Header.Get("Content-Disposition"))
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(cell[0])) {
					t.Errorf("%s has a formula: %.60q", path, cell)
				}
			}
		}
	}
	if exports < 4 {
		t.Errorf("%d exports were read, want at least 4", exports)
	}
}
