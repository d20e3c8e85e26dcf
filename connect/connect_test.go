package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tyto/frame"
	"tyto/lab/doubles"
	"tyto/outbound"
	"tyto/store"
	"tyto/tyto"
)

// TestMachinesMerge into the device that was heard, with conflicts kept.
func TestMachinesMerge(t *testing.T) {
	f := newFixture(t, nil)
	mac := frame.MAC{2, 0, 0, 0, 0, 1}
	f.hear("plant", mac, frame.V4(10, 1, 0, 1), map[tyto.Attr]string{tyto.Hostname: "old-name"})
	f.mde.PutMachine(machineOf("m1", "pc1.corp.example", "02:00:00:00:00:01", "10.1.0.1", map[string]any{"ipAddresses": []any{
		map[string]any{"ipAddress": "10.1.0.1", "macAddress": "020000000001"}, map[string]any{"ipAddress": "192.168.1.5", "macAddress": "020000000011"}}}))
	f.mde.PutRow(map[string]any{"DeviceId": "m1", "Timestamp": ago(time.Hour), "DeviceName": "pc1.corp.example", "DeviceCategory": "Endpoint", "DeviceType": "Workstation", "Vendor": "Dell Inc.",
		"Model": "Latitude 5450", "OnboardingStatus": "Onboarded", "AdditionalFields": `{"SerialNumber":"SN-77"}`, "Adapters": `[{"mac":"02-00-00-00-00-01","ips":"[{\"IPAddress\":\"10.1.0.1\"}]"}]`})
	f.well()
	f.eventually("one device knows both", func() bool {
		r, d, ok := f.device("plant", "02:00:00:00:00:01")
		return ok && r.Hostname == "pc1" && r.Packets > 0 && d.Value(tyto.Serial) == "SN-77" && len(d.Interfaces) == 2
	})
	r, d, _ := f.device("plant", "02:00:00:00:00:01")
	if r.OS != "Windows 11 24H2" || r.Vendor != "Dell Inc." || r.Model != "Latitude 5450" || d.Value(tyto.Domain) != "corp.example" {
		t.Errorf("the device is %+v", r)
	}
	name := d.Beliefs[tyto.Hostname]
	if len(name.Others) != 1 || name.Others[0].Value != "old-name" || name.Confidence != tyto.Confirmed || name.Evidence.Sensor != "defender" {
		t.Errorf("what is believed of its name is %+v: the other name is to be kept", name)
	}
	for _, i := range d.Interfaces {
		for _, ip := range i.IPs {
			if ip.IP.String() == "192.168.1.5" {
				t.Error("an address of somebody's home came into the zone")
			}
			if ip.IP.String() == "10.1.0.1" && !ip.From.Equal(start.Add(-time.Hour)) {
				t.Errorf("it had its address from %v on", ip.From)
			}
		}
	}
	clues := map[string]bool{}
	for _, c := range d.Evidence {
		clues[c.Evidence.Field+"="+c.Value] = true
	}
	for _, want := range []string{"machine.onboardingStatus=onboarded", "machine.exposureLevel=Medium", "machine.aadDeviceId=aad:aad-m1"} {
		if !clues[want] {
			t.Errorf("the evidence has no %s: %v", want, clues)
		}
	}
	s := f.well()
	if s.Machines != 1 || s.Heard != 1 {
		t.Errorf("the status is %+v", s)
	}
	m, _, err := f.store.Machine(t.Context(), "defender", "m1")
	if err != nil || m.Device != r.ID || m.Zone != "plant" || !m.Heard {
		t.Errorf("the machine is %+v, %v", m, err)
	}
}

// TestIncremental asks for what is new, tells what is new, and misses nothing.
func TestIncremental(t *testing.T) {
	f := newFixture(t, nil)
	f.mde.PageSize = 7
	for i := range 20 {
		f.mde.PutMachine(machineOf(fmt.Sprintf("m%02d", i), fmt.Sprintf("pc%02d", i), fmt.Sprintf("02:00:00:00:01:%02x", i), fmt.Sprintf("10.1.1.%d", i+1), map[string]any{"lastSeen": ago(time.Duration(i) * 24 * time.Hour)}))
	}
	s := f.well()
	if s.Machines != 20 || f.mde.Asked("GET /api/machines") != 3 {
		t.Fatalf("after %d pages there are %d machines", f.mde.Asked("GET /api/machines"), s.Machines)
	}
	told := s.Told
	f.Pass(15 * time.Minute)
	if s = f.well(); s.Told != told {
		t.Errorf("%d observations were told again", s.Told-told)
	}
	if n := f.mde.Asked("GET /api/machines"); n != 4 {
		t.Errorf("it asked for %d pages more, want one", n-3)
	}
	f.mde.PutMachine(machineOf("m19", "renamed", "02:00:00:00:01:13", "10.1.1.20", map[string]any{"lastSeen": f.Now().Format(time.RFC3339)}))
	if s = f.well(); s.Told == told {
		t.Error("the new name was not told")
	}
	m, _, _ := f.store.Machine(t.Context(), "defender", "m19")
	if m.Name != "renamed" || s.Machines != 20 {
		t.Errorf("it is %+v of %d", m, s.Machines)
	}
}

// TestLists are what only one side knows.
func TestLists(t *testing.T) {
	f := newFixture(t, nil)
	f.hear("plant", frame.MAC{2, 0, 0, 0, 0, 1}, frame.V4(10, 1, 0, 1), nil)
	f.hear("plant", frame.MAC{2, 0, 0, 0, 0, 2}, frame.V4(10, 1, 0, 2), map[tyto.Attr]string{tyto.OS: "Windows 10"})
	f.mde.PutMachine(machineOf("both", "both", "02:00:00:00:00:01", "10.1.0.1", nil))
	f.mde.PutMachine(machineOf("unheard", "unheard", "02:00:00:00:00:77", "192.168.7.7", nil))
	f.eventually("both are stored", func() bool {
		_, _, a := f.device("plant", "02:00:00:00:00:02")
		_, _, b := f.device("plant", "02:00:00:00:00:01")
		return a && b
	})
	f.well()
	f.eventually("what Defender knows is a device", func() bool { _, _, ok := f.device("default", "02:00:00:00:00:77"); return ok })
	f.well()
	unheard, err := f.store.Machines(t.Context(), store.MachineQuery{Connector: "defender", Unheard: true, Window: store.Window{Limit: 9}})
	if err != nil || unheard.Total != 1 || unheard.Items[0].ID != "unheard" || unheard.Items[0].Zone != "default" {
		t.Errorf("in Defender, and never seen on the wire: %+v, %v", unheard, err)
	}
	only, err := f.store.Unconnected(t.Context(), store.UnconnectedQuery{Connector: "defender", Zone: []string{"plant"}, Window: store.Window{Limit: 9}})
	at := slices.IndexFunc(only.Items, func(r store.DeviceRow) bool { return r.MAC == "02:00:00:00:00:02" })
	if err != nil || only.Total != 2 || at < 0 { // and the server that both talk to
		t.Fatalf("seen by Tyto, and not in Defender: %+v, %v", only, err)
	}
	if can, why := Onboardable(&only.Items[at]); !can || !strings.Contains(why, "Windows 10") {
		t.Errorf("it can be onboarded: %v, %s", can, why)
	}
}

func TestOnboardable(t *testing.T) {
	for _, c := range []struct {
		row store.DeviceRow
		can bool
	}{
		{store.DeviceRow{OS: "Windows XP"}, false}, {store.DeviceRow{OS: "Windows Server 2019"}, true}, {store.DeviceRow{OS: "Ubuntu 22.04"}, true}, {store.DeviceRow{OS: "Linux"}, false},
		{store.DeviceRow{OS: "Windows 10", Category: "ot"}, false}, {store.DeviceRow{Category: "iot", Type: "ip_camera"}, false}, {store.DeviceRow{Type: "workstation", Category: "it"}, true}, {store.DeviceRow{}, false},
		{store.DeviceRow{OS: "macOS 15"}, true}, {store.DeviceRow{OS: "VMware ESXi 8"}, false}, {store.DeviceRow{Category: "network"}, false},
	} {
		if can, why := Onboardable(&c.row); can != c.can || why == "" {
			t.Errorf("%+v: %v, %q", c.row, can, why)
		}
	}
}

// TestSharedAdapters do not make one device of two machines.
func TestSharedAdapters(t *testing.T) {
	f := newFixture(t, nil)
	for i := range 2 {
		f.mde.PutMachine(machineOf(fmt.Sprint("m", i), fmt.Sprint("pc", i), "", "", map[string]any{"ipAddresses": []any{
			map[string]any{"ipAddress": "169.254.1.1", "macAddress": "02004C4F4F50"}, map[string]any{"ipAddress": fmt.Sprintf("10.1.0.%d", i+1), "macAddress": fmt.Sprintf("02000000000%d", i+1)}}}))
	}
	f.well()
	f.eventually("there are two devices", func() bool {
		a, _, one := f.device("plant", "02:00:00:00:00:01")
		b, _, two := f.device("plant", "02:00:00:00:00:02")
		return one && two && a.ID != b.ID && a.Hostname == "pc0" && b.Hostname == "pc1"
	})
	if _, _, ok := f.device("plant", "02:00:00:00:4c:4f:4f:50"); ok {
		t.Error("the adapter that both have is a device")
	}
}

func TestPush(t *testing.T) {
	f := newFixture(t, func(c *Connector) { c.Defender.PushTags, c.Defender.PushValue = true, true })
	f.hear("plant", frame.MAC{2, 0, 0, 0, 0, 1}, frame.V4(10, 1, 0, 1), map[tyto.Attr]string{tyto.Category: "ot", tyto.Type: "plc"})
	f.mde.PutMachine(machineOf("m1", "plc1", "02:00:00:00:00:01", "10.1.0.1", map[string]any{"machineTags": []string{"theirs", "tyto-type:gone"}, "onboardingStatus": "Unsupported"}))
	f.eventually("it is stored", func() bool { r, _, ok := f.device("plant", "02:00:00:00:00:01"); return ok && r.Category == "ot" })
	f.well()
	m := f.mde.Machine("m1")
	tags := m["machineTags"].([]string)
	slices.Sort(tags)
	if want := []string{"theirs", "tyto-seen", "tyto-type:plc", "tyto-zone:plant"}; !slices.Equal(tags, want) || m["deviceValue"] != "High" {
		t.Errorf("tags are %v, want %v; the value is %v", tags, want, m["deviceValue"])
	}
	asked := f.mde.Asked("POST /api/machines/m1/tags")
	f.well()
	if n := f.mde.Asked("POST /api/machines/m1/tags"); n != asked {
		t.Errorf("it was pushed again, %d times", n-asked)
	}
}

func graphAlertOf(id, status string, updated time.Time) map[string]any {
	return map[string]any{"id": id, "title": "Suspicious process", "description": "d\u202e\n<b>", "severity": "high", "status": status, "classification": "unknown", "determination": "unknown",
		"mitreTechniques": []string{"T1059"}, "createdDateTime": ago(time.Hour), "firstActivityDateTime": ago(2 * time.Hour), "lastActivityDateTime": ago(time.Hour),
		"lastUpdateDateTime": updated.Format(time.RFC3339Nano), "evidence": []any{map[string]any{"@odata.type": "#microsoft.graph.security.processEvidence"},
			map[string]any{"@odata.type": "#microsoft.graph.security.deviceEvidence", "mdeDeviceId": "m1"}}}
}

// TestAlertsComeAndAreDecided there.
func TestAlertsComeAndAreDecided(t *testing.T) {
	f := newFixture(t, func(c *Connector) { c.Defender.Alerts = true })
	f.graph.PageSize = 1
	f.mde.PutMachine(machineOf("m1", "pc1", "02:00:00:00:00:01", "10.1.0.1", nil))
	f.graph.Put(graphAlertOf("da1", "resolved", start.Add(-time.Hour)))
	f.graph.Put(graphAlertOf("da2", "new", start.Add(-time.Minute)))
	stranger := graphAlertOf("da3", "new", start)
	stranger["evidence"] = []any{}
	f.graph.Put(stranger)
	if s := f.well(); s.Alerts != 2 || s.Unplaced != 1 {
		t.Errorf("the status is %+v", s)
	}
	status := func(id string) string {
		row, _, err := f.store.Alert(t.Context(), AlertID(id))
		if err != nil {
			return err.Error()
		}
		return row.Status
	}
	// What is resolved there is closed here as soon as it is stored: at once, if the hub was quick.
	stored := []string{store.AlertNew, store.AlertClosed}
	f.eventually("they are stored", func() bool { return slices.Contains(stored, status("da1")) && status("da2") == store.AlertNew })
	row, _, _ := f.store.Alert(t.Context(), AlertID("da2"))
	if row.Zone != "plant" || row.Severity != tyto.Critical || row.Count != 1 || len(row.Devices) != 1 || row.Techniques[0] != "T1059" || strings.Contains(row.Detail, "\u202e") || row.Evidence.Field != "alerts_v2/da2" {
		t.Errorf("the alert is %+v", row)
	}
	f.well()
	if status("da1") != store.AlertClosed {
		t.Errorf("what was resolved there is %s here", status("da1"))
	}
	f.graph.Put(graphAlertOf("da2", "inProgress", f.Now().Add(time.Minute)))
	f.Pass(2 * time.Minute)
	if s := f.well(); status("da2") != store.AlertActive || s.Decided != 2 {
		t.Errorf("what was taken up there is %s here; %+v", status("da2"), s)
	}
	// Muted here is resolved there: when that comes back, it stays muted.
	if err := f.store.DecideAlert(t.Context(), AlertID("da2"), store.AlertNote{Time: f.Now(), Who: "ada", What: store.AlertMuted}); err != nil {
		t.Fatal(err)
	}
	f.graph.Put(graphAlertOf("da2", "resolved", f.Now().Add(time.Minute)))
	f.Pass(2 * time.Minute)
	if f.well(); status("da2") != store.AlertMuted {
		t.Errorf("what was muted here is %s", status("da2"))
	}
	if row, _, _ := f.store.Alert(t.Context(), AlertID("da2")); row.Count != 1 {
		t.Errorf("it was counted %d times", row.Count)
	}
}

// TestTroubles of the far end are said, passed, and cost nothing that is known.
func TestTroubles(t *testing.T) {
	f := newFixture(t, nil)
	f.mde.PutMachine(machineOf("m1", "pc1", "02:00:00:00:00:01", "10.1.0.1", nil))
	f.well()
	for _, c := range []struct {
		status int
		after  string
		times  int
		remedy string
	}{{http.StatusForbidden, "", 2, "permission"}, {http.StatusTooManyRequests, "120", 2, "patience"}, {http.StatusInternalServerError, "", 2, "fault"}, {http.StatusRequestEntityTooLarge, "", 2, "less at once"}, {http.StatusUnauthorized, "", 4, "refused"}} {
		f.mde.Next(c.status, "Retry-After", c.after, c.times)
		wait := f.manager.work(t.Context(), f.manager.all[0])
		s := f.manager.Status(t.Context())[0]
		if !s.Failing || !strings.Contains(strings.ToLower(s.Remedy), c.remedy) {
			t.Errorf("%d: the status is %+v", c.status, s)
		}
		if strings.Contains(s.Error, doubles.Secret) || strings.Contains(s.Error, "token-") {
			t.Errorf("the error holds a secret: %s", s.Error)
		}
		if c.after != "" && wait != 2*time.Minute {
			t.Errorf("%d: it waits %v", c.status, wait)
		}
		f.Pass(time.Minute)
		if s := f.well(); s.Machines != 1 {
			t.Errorf("%d: afterwards there are %d machines", c.status, s.Machines)
		}
	}
	f.mde.Reset()
	if s := f.work(); !s.Failing {
		t.Error("half an answer was taken for one")
	}
	f.mde.Life = -2 * time.Hour // every token is expired when it comes
	f.Pass(2 * time.Hour)
	if s := f.work(); !s.Failing || !strings.Contains(s.Error, "401") {
		t.Errorf("with tokens that are expired it is %+v", s)
	}
	f.mde.Life = time.Hour
	f.Pass(2 * time.Hour)
	f.well()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.mde.Hang(cancel)
	f.Pass(2 * time.Hour)
	if err := f.manager.all[0].product.sync(ctx, &Status{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a far end that hangs gave %v", err)
	}
	if answer, err := f.manager.Test(t.Context(), "defender"); err != nil || !strings.Contains(answer, "1 machine") {
		t.Errorf("the test said %q, %v", answer, err)
	}
	if _, err := f.manager.Test(t.Context(), "nobody"); !errors.Is(err, ErrUnknown) {
		t.Errorf("a connector that is none: %v", err)
	}
}

// TestHostileMachines are taken for no more than text, and stop no others.
func TestHostileMachines(t *testing.T) {
	f := newFixture(t, func(c *Connector) { c.Defender.Alerts = true })
	evil := "a\x00\x1b[31m\u202egpj.exe\nCEF:0|x" + strings.Repeat("é", 5000)
	m := machineOf("m1", evil, "02:00:00:00:00:01", "10.1.0.1", map[string]any{"osPlatform": evil, "version": evil, "rbacGroupName": evil, "aadDeviceId": evil, "machineTags": slices.Repeat([]string{evil}, 500)})
	var addresses []any
	for i := range 500 {
		addresses = append(addresses, map[string]any{"ipAddress": fmt.Sprintf("10.1.%d.%d", i/250, i%250), "macAddress": fmt.Sprintf("0200000%05x", i)}, map[string]any{"ipAddress": evil, "macAddress": evil})
	}
	m["ipAddresses"] = addresses
	f.mde.PutMachine(m)
	f.mde.PutMachine(machineOf("../../evil?x=", "x", "02:00:00:00:00:02", "10.1.0.2", nil))
	f.mde.PutMachine(map[string]any{"id": 7, "lastSeen": ago(time.Hour)})
	f.mde.PutMachine(machineOf("m2", "good", "02:00:00:00:07:07", "10.1.7.7", nil))
	f.mde.PutRow(map[string]any{"DeviceId": "m1", "Timestamp": ago(time.Hour), "Vendor": evil, "Adapters": evil, "AdditionalFields": []int{1}})
	f.mde.PutRow(map[string]any{"DeviceId": `x"; print 1 //`, "Timestamp": ago(time.Hour)})
	a := graphAlertOf("da1", "new", start)
	a["title"], a["mitreTechniques"] = evil, slices.Repeat([]string{evil}, 500)
	f.graph.Put(a)
	if s := f.well(); s.Machines != 2 {
		t.Errorf("there are %d machines, want two", s.Machines)
	}
	f.eventually("the good one is a device", func() bool { r, _, ok := f.device("plant", "02:00:00:00:07:07"); return ok && r.Hostname == "good" })
	got, _, _ := f.store.Machine(t.Context(), "defender", "m1")
	for _, s := range append([]string{got.Name, got.OS, got.Group, got.Directory, got.Vendor}, got.Tags...) {
		if len(s) > 2*maxField+1 || strings.ContainsAny(s, "\x00\x1b\u202e\n") {
			t.Fatalf("%.80q came through, of %d bytes", s, len(s))
		}
	}
	if len(got.Adapters) > maxAdapters || len(got.Tags) > maxTags {
		t.Errorf("it has %d adapters and %d tags", len(got.Adapters), len(got.Tags))
	}
}

// TestNextPageIsOfTheSameHost: the token goes nowhere else, however the
// address of the next page is written.
func TestNextPageIsOfTheSameHost(t *testing.T) {
	t.Setenv("DEFENDER_SECRET", "s3cret")
	for _, next := range []string{".evil.example/api/machines", "@evil.example/", "evil:x", "https://api.example@evil.example"} {
		asked := 0
		far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/machines" {
				asked++
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"value": []any{}, "@odata.nextLink": next, "access_token": "t", "expires_in": 3600})
		}))
		d, err := newDefender(&Connector{Name: "defender", Defender: &Defender{Microsoft: outbound.Microsoft{URL: far.URL, Graph: far.URL,
			App: outbound.App{Tenant: "t", Client: "c", Secret: outbound.Secret{Env: "DEFENDER_SECRET"}, Login: far.URL}}}}, Deps{Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		err = d.each(t.Context(), d.machines, d.URL, "/api/machines", func([]json.RawMessage) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "next page") || asked != 1 {
			t.Errorf("%q: asked %d times, %v", next, asked, err)
		}
		if err := d.close(); err != nil {
			t.Error(err)
		}
		far.Close()
	}
}

func TestCheck(t *testing.T) {
	bad := Connector{Name: "a b", Every: time.Second, Places: []Place{{Zone: "", Networks: []string{"10.0.0.0"}, Groups: []string{"["}}},
		Defender: &Defender{Forget: time.Hour, Microsoft: outbound.Microsoft{URL: "http://defender.example", App: outbound.App{Tenant: "a/b", Secret: outbound.Secret{File: "a", Env: "b"}}}}}
	keys := map[string]bool{}
	for _, p := range bad.Check() {
		keys[p.Key] = true
		if p.Why == "" {
			t.Errorf("%s is bad, and nobody says why", p.Key)
		}
	}
	for _, want := range []string{"name", "every", "places[0]", "places[0].networks", "places[0].groups", "defender.url", "defender.forget", "defender.tenant", "defender.client", "defender.secret"} {
		if !keys[want] {
			t.Errorf("%s is passed over: %v", want, keys)
		}
	}
	for _, c := range []Connector{{Name: "x"}, {Name: "x", Defender: bad.Defender, ServiceNow: &ServiceNow{}}, {Name: "x", Zone: "plant", ServiceNow: &ServiceNow{
		Instance: outbound.Instance{URL: "https://x.service-now.com", Client: "x", Secret: outbound.Secret{Env: "X"}}}}} {
		if p := c.Check(); len(p) != 1 {
			t.Errorf("%+v: %v, want one problem", c, p)
		}
	}
}
