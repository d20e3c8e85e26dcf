// Package e2e tries the whole product, as processes that are killed: two
// sensors in two zones, two hubs over one PostgreSQL, a real rsyslog and a
// real syslog-ng, doubles of Splunk and of a receiver of webhooks. Devices,
// conversations and alerts have to arrive everywhere, none lost, none twice.
//
// It is run by make e2e and .ci/test: it takes a minute, and the program in bin.
package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tyto/capture"
	"tyto/forward/forwardtest"
	"tyto/frame"
	"tyto/lab/doubles"
	"tyto/store/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main{M: m}.Run()) }

// The captures that the sensors hear: the lab's office; and a plant in which
// controllers are stopped, and programs and outputs changed.
var (
	office = []string{"../recordings/office.pcap"}
	plant  = []string{"../../proto/testdata/s7comm/generated.pcap", "../../proto/testdata/modbus/generated.pcap", "../../proto/testdata/enip/generated.pcap"}
)

func TestEndToEnd(t *testing.T) {
	if os.Getenv("TYTO_E2E") == "" {
		t.Skip("takes a minute, and bin/tyto; make e2e and .ci/test run it")
	}
	h := raise(t)
	sensors := map[string]*daemon{"office": h.join(t, "office", "30", office), "plant": h.join(t, "plant", "3", plant)}

	// Hubs are killed while the sensors send, each in its turn, and come back.
	for i := range 6 {
		time.Sleep(2 * time.Second)
		victim := h.hubs[i%2]
		victim.kill(t)
		time.Sleep(time.Second)
		victim.start(t)
		eventually(t, "the other hub is ready", func() bool { return ready(h.bases[1-i%2]) })
	}
	for zone, s := range sensors {
		s.ended(t) // the hub has it all
		h.check(t, zone)
	}
	h.outageOfAll(t)
	h.alertsEverywhere(t)
}

// A house is all that is tried.
type house struct {
	folder string
	hubs   [2]*daemon
	bases  [2]string // of the portal and the API
	board  *switchboard
	ada    *person

	rsyslog, syslogNG *forwardtest.Rsyslog
	splunk, hook      *doubles.Double
}

const hubConfig = `
store: %s
data: %s
listen: %s
sensors: {listen: %s, address: %s}
forward:
  - {name: rsyslog, kinds: [alert], syslog: {address: %s, transport: tcp, format: json}}
  - {name: syslog-ng, kinds: [alert], syslog: {address: %s, transport: tcp, format: cef}}
  - {name: splunk, kinds: [alert, device], splunk: {url: %s, token: {env: TYTO_E2E_SPLUNK}}}
  - {name: hook, kinds: [alert], webhook: {url: %s, secret: {env: TYTO_E2E_HOOK}}}
`

func raise(t *testing.T) *house {
	t.Helper()
	t.Setenv("TYTO_E2E_SPLUNK", doubles.SplunkToken)
	t.Setenv("TYTO_E2E_HOOK", "a secret of the hook's own")
	h := &house{folder: t.TempDir()}
	splunk := doubles.Splunk(false)
	h.splunk, h.hook = &splunk.Double, doubles.Hook()
	h.rsyslog, h.syslogNG = forwardtest.StartRsyslog(t, "tcp", t.TempDir()), forwardtest.StartSyslogNG(t, "tcp", t.TempDir(), false)
	database := postgrestest.Start(t).Database(t)
	splunkAt, hookAt := doubles.Serve(t, splunk), doubles.Serve(t, h.hook)
	sensorsAt := []string{doubles.FreeAddress(), doubles.FreeAddress()}
	h.board = newSwitchboard(t, sensorsAt...)
	for i := range h.hubs {
		data := filepath.Join(h.folder, fmt.Sprint("hub", i))
		listen := doubles.FreeAddress()
		h.bases[i] = "http://" + listen
		config := data + ".yaml"
		text := fmt.Sprintf(hubConfig, database, data, listen, sensorsAt[i], h.board.listener.Addr(), h.rsyslog.Address, h.syslogNG.Address, splunkAt.URL, hookAt.URL)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if i > 0 { // hubs that share a store share what their authority signs with
			copyFile(t, filepath.Join(h.folder, "hub0", "sensors.secret"), filepath.Join(data, "sensors.secret"))
		}
		h.hubs[i] = newDaemon(t, fmt.Sprint("hub", i), "--config", config, "hub")
		eventually(t, "the hub is ready", func() bool { return ready(h.bases[i]) })
		if i == 0 {
			h.ada = signUp(t, h.bases[0], h.hubs[0].find(t, `setup#token=(\S+)`))
		}
	}
	return h
}

// join enrols a sensor and has it play captures.
func (h *house) join(t *testing.T, zone, speed string, captures []string) *daemon {
	t.Helper()
	data := filepath.Join(h.folder, "sensor-"+zone)
	token := strings.TrimSpace(once(t, "--config", filepath.Join(h.folder, "hub0.yaml"), "hub", "token", "--name", "s-"+zone, "--zone", zone, "--site", "graz"))
	once(t, "sensor", "join", token, "--data", data)
	args := []string{"sensor", "--data", data, "--speed", speed}
	for _, c := range captures {
		args = append(args, "--pcap", c)
	}
	return newDaemon(t, "sensor-"+zone, args...)
}

// analysis is what tyto analyze says of captures.
type analysis struct {
	Devices       []struct{ ID string } `json:"devices"`
	Conversations []struct {
		Packets [2]uint64 `json:"packets"`
		Bytes   [2]uint64 `json:"bytes"`
	} `json:"conversations"`
	Alerts []struct{ Rule string } `json:"alerts"`
}

func analyze(t *testing.T, captures []string) (a analysis) {
	t.Helper()
	if err := json.Unmarshal([]byte(once(t, append([]string{"analyze", "-q", "--format", "json"}, captures...)...)), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// check compares what a hub knows of a zone with what an analysis of the same
// captures says: the devices, and every packet, once.
func (h *house) check(t *testing.T, zone string) {
	t.Helper()
	captures := map[string][]string{"office": office, "plant": plant}[zone]
	want := analyze(t, captures)
	var packets, bytes uint64
	for _, c := range want.Conversations {
		packets, bytes = packets+c.Packets[0]+c.Packets[1], bytes+c.Bytes[0]+c.Bytes[1]
	}
	state := ""
	defer func() {
		if t.Failed() {
			t.Log(state)
		}
	}()
	for i, base := range h.bases {
		ada := h.ada.at(base)
		eventually(t, fmt.Sprintf("hub %d knows zone %s", i, zone), func() bool {
			devices, err1 := pages[struct{ ID string }](ada, "/api/v1/devices?zone="+zone)
			talks, err2 := pages[talk](ada, "/api/v1/conversations?zone="+zone)
			var p, b uint64
			for _, c := range talks {
				p, b = p+c.Packets[0]+c.Packets[1], b+c.Bytes[0]+c.Bytes[1]
			}
			state = fmt.Sprintf("%d devices of %d, %d packets of %d, %d bytes of %d; errors %v, %v", len(devices), len(want.Devices), p, packets, b, bytes, err1, err2)
			return err1 == nil && err2 == nil && len(devices) == len(want.Devices) && p == packets && b == bytes
		})
	}
	t.Logf("zone %s: %s", zone, state)
}

// talk is a conversation of the API.
type talk struct {
	Packets [2]uint64 `json:"packets"`
	Bytes   [2]uint64 `json:"bytes"`
}

// outageOfAll has both hubs away while a sensor hears, and the sensor killed
// when it has heard all: what it spooled comes when everybody is back.
func (h *house) outageOfAll(t *testing.T) {
	t.Helper()
	for _, hub := range h.hubs {
		hub.kill(t)
	}
	data := filepath.Join(h.folder, "sensor-plant")
	more := "../../proto/testdata/bacnet/generated.pcap"
	before := analyze(t, []string{more})
	s := newDaemon(t, "sensor-away", "sensor", "--data", data, "--speed", "0", "--pcap", more)
	time.Sleep(3 * time.Second) // it has heard and spooled; it waits for a hub
	s.kill(t)
	for i, hub := range h.hubs {
		hub.start(t)
		eventually(t, "the hub is ready", func() bool { return ready(h.bases[i]) })
	}
	silence := filepath.Join(h.folder, "silence.pcap")
	f, err := os.Create(silence)
	if err == nil {
		_, err = capture.NewWriter(f, frame.LinkEthernet)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	newDaemon(t, "sensor-back", "sensor", "--data", data, "--speed", "0", "--pcap", silence).ended(t)
	want := analyze(t, plant)
	var packets uint64
	for _, a := range []analysis{want, before} {
		for _, c := range a.Conversations {
			packets += c.Packets[0] + c.Packets[1]
		}
	}
	var got uint64
	eventually(t, "what was heard while all hubs were away", func() bool {
		talks, err := pages[talk](h.ada.at(h.bases[0]), "/api/v1/conversations?zone=plant")
		got = 0
		for _, c := range talks {
			got += c.Packets[0] + c.Packets[1]
		}
		return err == nil && got == packets
	})
}

// alertID is an id in what was passed on.
var alertID = regexp.MustCompile(`\b[0-9a-f]{16}\b`)

// alertsEverywhere compares the alerts of the API with those that arrived at
// each destination, by their ids.
func (h *house) alertsEverywhere(t *testing.T) {
	t.Helper()
	alerts, err := pages[struct {
		ID   string `json:"id"`
		Rule string `json:"rule"`
	}](h.ada.at(h.bases[1]), "/api/v1/alerts?zone=plant")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]bool{}
	for _, a := range alerts {
		rules[a.Rule] = true
	}
	for _, a := range analyze(t, plant).Alerts {
		if !rules[a.Rule] {
			t.Errorf("no alert of rule %s, though an analysis raises one", a.Rule)
		}
	}
	if !rules["plc-stop"] {
		t.Error("stopping a controller raised no alert")
	}
	for name, received := range map[string]func() []string{
		"rsyslog": func() []string { return h.rsyslog.Received(t) }, "syslog-ng": func() []string { return h.syslogNG.Received(t) },
		"splunk": h.splunk.Received, "hook": h.hook.Received,
	} {
		again := 0
		eventually(t, name+" has all alerts", func() bool {
			seen := map[string]int{}
			for _, line := range received() {
				for _, id := range slices.Compact(slices.Sorted(slices.Values(alertID.FindAllString(line, -1)))) {
					seen[id]++
				}
			}
			again = 0
			return !slices.ContainsFunc(alerts, func(a struct {
				ID   string `json:"id"`
				Rule string `json:"rule"`
			}) bool {
				again += max(seen[a.ID]-1, 0)
				return seen[a.ID] == 0
			})
		})
		t.Logf("%s: %d alerts, %d told more than once (they went on, or were sent again after a kill, with the same id)", name, len(alerts), again)
	}
}
