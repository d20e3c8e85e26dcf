// Package e2e tries the whole product, as processes that are killed, in a
// network of its own: two sensors that listen to cables on which captures are
// replayed, two hubs over one PostgreSQL, a real rsyslog and a real syslog-ng,
// doubles of Splunk, Azure Monitor, ServiceNow, Microsoft Graph, Defender for
// Endpoint and of a receiver of webhooks. Devices, conversations and alerts
// have to arrive everywhere, none lost, none twice, and what is decided in
// another product has to come back.
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

	"tyto/forward/forwardtest"
	"tyto/lab/doubles"
	"tyto/store/postgrestest"
)

func TestMain(m *testing.M) {
	if code, done := inItsOwnNetwork(); done {
		os.Exit(code)
	}
	os.Exit(postgrestest.Main{M: m}.Run())
}

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
	if cabled {
		quiet(t)
	}
	h := raise(t)
	sensors := map[string]*daemon{"office": h.join(t, "office", 30, office), "plant": h.join(t, "plant", 3, plant)}

	// Hubs are killed while the sensors send, each in its turn, and come back.
	for i := range 4 {
		time.Sleep(2 * time.Second)
		victim := h.hubs[i%2]
		victim.kill(t)
		time.Sleep(time.Second)
		victim.start(t)
		eventually(t, "the other hub is ready", func() bool { return ready(h.bases[1-i%2]) })
	}
	for zone := range sensors {
		h.check(t, zone)
	}
	for _, s := range sensors {
		s.end(t)
	}
	told := h.decideElsewhere(t)
	h.outageOfAll(t)
	told.comesBack(t)
	h.alertsEverywhere(t)
	h.itemsOnce(t)
}

// A house is all that is tried.
type house struct {
	folder string
	hubs   [2]*daemon
	bases  [2]string // of the portal and the API
	board  *switchboard
	ada    *person

	rsyslog, syslogNG   *forwardtest.Rsyslog
	splunk, hook, azure *doubles.Double
	snow                *doubles.ServiceNowDouble
	graph               *doubles.GraphDouble
	mde                 *doubles.MDEDouble
}

const hubConfig = `
store: %[1]s
data: %[2]s
listen: %[3]s
sensors: {listen: %[4]s, address: %[5]s}
forward:
  - {name: rsyslog, kinds: [alert], syslog: {address: %[6]s, transport: tcp, format: json}}
  - {name: syslog-ng, kinds: [alert], syslog: {address: %[7]s, transport: tcp, format: cef}}
  - {name: splunk, kinds: [alert, device], splunk: {url: %[8]s, token: {env: TYTO_E2E_SPLUNK}}}
  - {name: hook, kinds: [alert], webhook: {url: %[9]s, secret: {env: TYTO_E2E_HOOK}}}
  - {name: sentinel, sentinel: {endpoint: %[10]s, rule: %[11]s, login: %[10]s, tenant: %[12]s, client: %[13]s, secret: {env: TYTO_E2E_APP}}}
  - {name: servicenow, servicenow: {url: %[14]s, client: %[15]s, secret: {env: TYTO_E2E_SNOW}}}
  - {name: verdicts, defender: {url: %[10]s, graph: %[10]s, login: %[10]s, tenant: %[12]s, client: %[13]s, secret: {env: TYTO_E2E_APP}, alerts: true}}
connect:
  - {name: defender, every: 1m, zone: plant, defender: {url: %[10]s, graph: %[10]s, login: %[10]s, tenant: %[12]s, client: %[13]s, secret: {env: TYTO_E2E_APP}, alerts: true}}
  - {name: incidents, every: 1m, servicenow: {url: %[14]s, client: %[15]s, secret: {env: TYTO_E2E_SNOW}}}
`

func raise(t *testing.T) *house {
	t.Helper()
	for name, secret := range map[string]string{"SPLUNK": doubles.SplunkToken, "HOOK": "a secret of the hook's own", "APP": doubles.Secret, "SNOW": doubles.SnowSecret} {
		t.Setenv("TYTO_E2E_"+name, secret)
	}
	splunk := doubles.Splunk(false)
	h := &house{folder: t.TempDir(), splunk: &splunk.Double, hook: doubles.Hook(), azure: doubles.Azure(), snow: doubles.ServiceNow(), graph: doubles.Graph(), mde: doubles.MDE()}
	h.rsyslog, h.syslogNG = forwardtest.StartRsyslog(t, doubles.FreeAddress(), "tcp", t.TempDir()), forwardtest.StartSyslogNG(t, doubles.FreeAddress(), "tcp", t.TempDir(), false)
	database := postgrestest.Start(t).Database(t)
	splunkAt, hookAt, snowAt, microsoftAt := doubles.Serve(t, splunk), doubles.Serve(t, h.hook), doubles.Serve(t, h.snow), doubles.Serve(t, doubles.Microsoft(h.azure, h.graph, h.mde))
	sensorsAt := []string{doubles.FreeAddress(), doubles.FreeAddress()}
	h.board = newSwitchboard(t, sensorsAt...)
	for i := range h.hubs {
		data := filepath.Join(h.folder, fmt.Sprint("hub", i))
		listen := doubles.FreeAddress()
		h.bases[i] = "http://" + listen
		config := data + ".yaml"
		text := fmt.Sprintf(hubConfig, database, data, listen, sensorsAt[i], h.board.listener.Addr(), h.rsyslog.Address, h.syslogNG.Address, splunkAt.URL, hookAt.URL,
			microsoftAt.URL, doubles.Rule, doubles.Tenant, doubles.App, snowAt.URL, doubles.SnowClient)
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

// join enrols a sensor and has it hear captures: on a cable, if there may be
// one, else from their files.
func (h *house) join(t *testing.T, zone string, speed float64, captures []string) *daemon {
	t.Helper()
	data := filepath.Join(h.folder, "sensor-"+zone)
	token := strings.TrimSpace(once(t, "--config", filepath.Join(h.folder, "hub0.yaml"), "hub", "token", "--name", "s-"+zone, "--zone", zone, "--site", "graz"))
	once(t, "sensor", "join", token, "--data", data)
	if cabled {
		return listen(t, zone, data, speed, captures)
	}
	args := []string{"sensor", "--data", data, "--speed", fmt.Sprint(speed)}
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
	s.find(t, `(all was heard and is on disk)`)
	s.kill(t)
	for i, hub := range h.hubs {
		hub.start(t)
		eventually(t, "the hub is ready", func() bool { return ready(h.bases[i]) })
	}
	newDaemon(t, "sensor-back", "sensor", "--data", data, "--speed", "0", "--pcap", silence(t, h.folder)).ended(t)
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

// anAlert is an alert of the API.
type anAlert struct{ ID, Rule, Status, Zone string }

// alerts are those of the plant.
func (h *house) alerts(t *testing.T) (all []anAlert) {
	t.Helper()
	all, err := pages[anAlert](h.ada.at(h.bases[1]), "/api/v1/alerts?zone=plant")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// alertsEverywhere compares the alerts of the API with those that arrived at
// each destination, by their ids.
func (h *house) alertsEverywhere(t *testing.T) {
	t.Helper()
	alerts := h.alerts(t)
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
		"splunk": h.splunk.Received, "hook": h.hook.Received, "sentinel": h.azure.Received, "servicenow": h.incidents,
	} {
		seen, again := map[string]int{}, 0
		missing := func(a anAlert) bool { return seen[a.ID] == 0 }
		eventually(t, name+" has all alerts", func() bool {
			clear(seen)
			for _, line := range received() {
				for _, id := range slices.Compact(slices.Sorted(slices.Values(alertID.FindAllString(line, -1)))) {
					seen[id]++
				}
			}
			return !slices.ContainsFunc(alerts, missing)
		})
		for _, a := range alerts {
			again += seen[a.ID] - 1
		}
		if name == "servicenow" && again > 0 {
			t.Errorf("%d alerts have more than one incident", again)
		}
		t.Logf("%s: %d alerts, %d told more than once (they went on, or were sent again after a kill, with the same id)", name, len(alerts), again)
	}
}
