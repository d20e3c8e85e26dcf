package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tyto/connect"
	"tyto/lab/doubles"
	"tyto/store"
)

// A verdict is what somebody decides in other products.
type verdict struct {
	*house
	incident string // id of the alert whose incident is resolved in ServiceNow
	theirs   string // id here of an alert of Microsoft's
}

// theirAlert is its id there.
const theirAlert = "da637-1"

// decideElsewhere resolves an incident in ServiceNow, and has Microsoft raise
// an alert about a machine that is a device of the plant.
func (h *house) decideElsewhere(t *testing.T) *verdict {
	t.Helper()
	v := &verdict{house: h, theirs: connect.AlertID(theirAlert)}
	alerts := h.alerts(t)
	at := slices.IndexFunc(alerts, func(a anAlert) bool { return a.Rule == "plc-stop" && a.Status == store.AlertNew })
	if at < 0 {
		t.Fatalf("no alert says that a controller was stopped: %v", alerts)
	}
	v.incident = alerts[at].ID
	eventually(t, "the alert is an incident", func() bool {
		return slices.ContainsFunc(h.snow.Incidents(), func(i map[string]string) bool { return i["correlation_id"] == v.incident })
	})
	h.snow.Set(v.incident, "close_notes", "planned work")
	h.snow.Set(v.incident, "state", "6")

	devices, err := pages[struct{ MAC string }](h.ada.at(h.bases[0]), "/api/v1/devices?zone=plant")
	if err != nil || len(devices) == 0 || devices[0].MAC == "" {
		t.Fatalf("the devices of the plant are %v, %v", devices, err)
	}
	now := time.Now().UTC().Format(time.RFC3339)
	h.mde.PutMachine(map[string]any{"id": "m1", "computerDnsName": "historian.plant.example", "firstSeen": now, "lastSeen": now, "osPlatform": "Windows10", "onboardingStatus": "Onboarded",
		"ipAddresses": []any{map[string]any{"macAddress": devices[0].MAC, "ipAddress": "192.0.2.77"}}})
	h.graph.Put(map[string]any{"id": theirAlert, "title": "Suspicious process", "severity": "high", "status": "new", "classification": "unknown", "determination": "unknown", "createdDateTime": now,
		"lastUpdateDateTime": now, "evidence": []any{map[string]any{"@odata.type": "#microsoft.graph.security.deviceEvidence", "mdeDeviceId": "m1"}}})
	return v
}

// comesBack waits for what was decided there to be so here, and decides about
// Microsoft's alert, which has to be told there.
func (v *verdict) comesBack(t *testing.T) {
	t.Helper()
	ada := v.ada.at(v.bases[0])
	var got struct {
		Alert   anAlert
		History []struct{ Who, Status, Comment string }
	}
	eventually(t, "the incident's alert is closed", func() bool {
		return ada.get("/api/v1/alerts/"+v.incident, &got) == nil && got.Alert.Status == store.AlertClosed
	})
	if last := got.History[len(got.History)-1]; last.Who != "servicenow:"+doubles.SnowPerson {
		t.Errorf("it was closed by %+v", last)
	}
	eventually(t, "Microsoft's alert is here", func() bool { return ada.get("/api/v1/alerts/"+v.theirs, &got) == nil && got.Alert.Zone == "plant" })
	if err := ada.post("/api/v1/alerts/" + v.theirs + "/close"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Microsoft's alert is resolved there", func() bool { s, _, _ := v.graph.Status(theirAlert); return s == "resolved" })
	eventually(t, "Splunk knows who closed the alert", func() bool {
		return slices.ContainsFunc(v.splunk.Received(), func(text string) bool {
			return strings.Contains(text, v.incident) && strings.Contains(text, `"status":"closed"`) && strings.Contains(text, `"by":"servicenow:`+doubles.SnowPerson+`"`)
		})
	})
}

// incidents are the ids of the alerts that have one, one each.
func (h *house) incidents() (all []string) {
	for _, i := range h.snow.Incidents() {
		all = append(all, i["correlation_id"])
	}
	return all
}

// itemsOnce has each device be one configuration item.
func (h *house) itemsOnce(t *testing.T) {
	t.Helper()
	devices, err := pages[struct{ ID string }](h.ada.at(h.bases[0]), "/api/v1/devices?sort=first_seen")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "each device is one configuration item", func() bool {
		items := map[string]int{}
		for _, i := range h.snow.Items() {
			items[i["native"]]++
		}
		for _, d := range devices {
			if items[d.ID] != 1 {
				return false
			}
		}
		return true
	})
	t.Logf("servicenow: %d devices are configuration items, each once", len(devices))
}
