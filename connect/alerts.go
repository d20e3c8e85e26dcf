package connect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tyto/frame"
	"tyto/outbound"
	"tyto/store"
	"tyto/tyto"
)

// graphAlert is an alert of Microsoft Graph, security/alerts_v2.
type graphAlert struct {
	ID          string          `json:"id"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Severity    string          `json:"severity"`
	Status      string          `json:"status"`
	Assigned    string          `json:"assignedTo"`
	Techniques  []string        `json:"mitreTechniques"`
	Updated     time.Time       `json:"lastUpdateDateTime"`
	First       time.Time       `json:"firstActivityDateTime"`
	Last        time.Time       `json:"lastActivityDateTime"`
	Created     time.Time       `json:"createdDateTime"`
	Evidence    []graphEvidence `json:"evidence"`
}

// graphEvidence is a device that an alert is about, in the words of
// deviceEvidence and ioTDeviceEvidence.
type graphEvidence struct {
	Type    string `json:"@odata.type"`
	Machine string `json:"mdeDeviceId"`
	MAC     string `json:"macAddress"`
	IP      struct {
		Address string `json:"ipAddress"`
	} `json:"ipAddress"`
}

// Rule is the rule of alerts that were brought in.
const Rule = "defender"

var graphSeverity = map[string]tyto.Severity{"high": tyto.Critical, "medium": tyto.Major, "low": tyto.Minor, "informational": tyto.Warning}

var graphStatus = map[string]string{"new": store.AlertNew, "inProgress": store.AlertActive, "resolved": store.AlertClosed}

// AlertID is the id here of an alert of Microsoft Graph.
func AlertID(graph string) string {
	sum := sha256.Sum256([]byte("defender " + graph))
	return hex.EncodeToString(sum[:8])
}

// pullAlerts brings in the alerts that changed since the last time, and
// decides here what was decided there. The cursor stays before an alert that
// could not be decided yet, as it is still on its way into the store.
func (d *defender) pullAlerts(ctx context.Context, s *Status) error {
	since, err := d.cursor(ctx, "alerts")
	if err != nil {
		return err
	}
	now := d.deps.Clock()
	from := since
	if since.IsZero() {
		from = now.Add(-lookBack)
	}
	q := url.Values{"$filter": {"lastUpdateDateTime ge " + from.UTC().Format(time.RFC3339)}, "$top": {"500"}}
	newest, open := from, time.Time{}
	err = d.each(ctx, d.graph, d.Graph, "/v1.0/security/alerts_v2?"+q.Encode(), func(page []json.RawMessage) error {
		for _, text := range page {
			var a graphAlert
			if json.Unmarshal(text, &a) != nil || !plainID(a.ID) {
				continue
			}
			settled, err := d.follow(ctx, s, &a)
			if err != nil {
				return err
			}
			if !settled && (open.IsZero() || a.Updated.Before(open)) {
				open = a.Updated
			}
			if a.Updated.After(newest) {
				newest = a.Updated
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("alerts: %w", err)
	}
	if !open.IsZero() && open.Before(newest) {
		newest = open
	}
	return d.advance(ctx, "alerts", newest)
}

// follow brings in an alert if it is new, else its status if that changed
// there. What changed here only is told by forward, and seen here as a change
// that agrees.
func (d *defender) follow(ctx context.Context, s *Status, a *graphAlert) (settled bool, err error) {
	key := "alert " + a.ID
	was, err := d.deps.Memory.ConnectState(ctx, d.name, key)
	if err != nil {
		return false, err
	}
	if was == "" {
		if placed, err := d.bringIn(ctx, a); err != nil || !placed {
			s.Unplaced++
			return true, err
		}
		s.Alerts++
		was = "new"
		if err := d.deps.Memory.PutConnectState(ctx, d.name, key, was); err != nil {
			return false, err
		}
	}
	if a.Status == was || graphStatus[a.Status] == "" {
		return true, nil
	}
	row, _, err := d.deps.Memory.Alert(ctx, AlertID(a.ID))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil // the next time
	}
	if err != nil {
		return false, err
	}
	if to := graphStatus[a.Status]; !agrees(row.Status, to) {
		if err := d.decide(ctx, &row, "defender", to, field(a.Assigned)); err != nil {
			return false, err
		}
		s.Decided++
	}
	return true, d.deps.Memory.PutConnectState(ctx, d.name, key, a.Status)
}

// bringIn logs an alert about machines that are known here; placed is false
// if there is none.
func (d *defender) bringIn(ctx context.Context, a *graphAlert) (placed bool, err error) {
	var subjects []tyto.Subject
	zone := ""
	for _, e := range a.Evidence {
		s, in, err := d.about(ctx, &e)
		if err != nil {
			return false, err
		}
		if in != "" && (zone == "" || zone == in) && len(subjects) < maxAdapters {
			zone, subjects = in, append(subjects, s)
		}
	}
	if zone == "" {
		return false, nil
	}
	first, last := a.First, a.Last
	if first.IsZero() {
		first = a.Created
	}
	if last.Before(first) {
		last = first
	}
	var techniques []string
	for _, t := range a.Techniques[:min(len(a.Techniques), maxTags)] {
		techniques = append(techniques, field(t))
	}
	return true, d.deps.Accept(ctx, []tyto.Event{{Version: tyto.EventVersion, Sensor: d.name, Zone: zone, Time: last.UTC(), Kind: tyto.KindAlert, Alert: &tyto.Alert{
		ID: AlertID(a.ID), Rule: Rule, Severity: cmp.Or(graphSeverity[strings.ToLower(a.Severity)], tyto.Warning), Title: cmp.Or(field(a.Title), "Alert of Microsoft Defender"),
		Detail: outbound.OneLine(a.Description, 1000), Subjects: subjects, Techniques: techniques, First: first.UTC(), Last: last.UTC(), Count: 1,
		Evidence: tyto.Evidence{Sensor: d.name, Protocol: "defender", Field: "alerts_v2/" + a.ID}}}})
}

// about is the subject that a piece of evidence is about, and its zone; "" if
// it is none that is known.
func (d *defender) about(ctx context.Context, e *graphEvidence) (s tyto.Subject, zone string, err error) {
	if e.Machine != "" {
		m, found, err := d.deps.Memory.Machine(ctx, d.name, e.Machine)
		if err != nil || !found {
			return s, "", err
		}
		for _, a := range m.Adapters {
			if mac, ok := frame.ParseMAC([]byte(a.MAC)); ok && a.MAC != "" {
				s.MAC = mac
				return s, m.Zone, nil
			}
		}
		return s, "", nil
	}
	m := store.Machine{Adapters: addAddress(nil, e.MAC, e.IP.Address)} // a device that Defender for IoT found
	if m.Zone = cmp.Or(d.zones.claimed(&m), d.zones.other); m.Zone == "" || len(m.Adapters) == 0 {
		return s, "", nil
	}
	s, ok := d.subject(&m, &m.Adapters[0], nil)
	if !ok {
		return s, "", nil
	}
	return s, m.Zone, nil
}
