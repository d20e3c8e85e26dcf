package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"tyto/outbound"
	"tyto/store"
)

// Advanced hunting gives at most 10,000 rows, so that it is asked for fewer,
// in the order of ids, until there are no more. It looks back 30 days.
const (
	rowsAtOnce   = 5000
	lookBack     = 7 * 24 * time.Hour // the first time
	longestBack  = 29 * 24 * time.Hour
	huntOverlap  = 2 * time.Hour // devices report in full each hour
	maxHuntPages = 200
)

// huntQuery is the latest that is known of each device since a time, after an
// id, with its adapters. Both arguments are ours, or plain.
const huntQuery = `let since = datetime(%s);
let adapters = DeviceNetworkInfo
| where Timestamp > since and NetworkAdapterStatus == "Up" and isnotempty(MacAddress) and NetworkAdapterType !in ("Tunnel", "Loopback")
| summarize arg_max(Timestamp, IPAddresses) by DeviceId, MacAddress
| summarize Adapters = make_list(bag_pack("mac", MacAddress, "ips", IPAddresses), 32) by DeviceId;
DeviceInfo
| where Timestamp > since
| summarize arg_max(Timestamp, *) by DeviceId
| where isempty(MergedToDeviceId) and strcmp(DeviceId, "%s") > 0
| join kind=leftouter adapters on DeviceId
| project DeviceId, Timestamp, DeviceName, OSPlatform, OSVersionInfo, OSDistribution, AadDeviceId, OnboardingStatus, DeviceCategory, DeviceType, DeviceSubtype, Model, Vendor, ExposureLevel, AssetValue, MachineGroup, AdditionalFields, Adapters
| order by DeviceId asc
| take %d`

// huntRow is a row of the query. Dynamic columns come as text or as they are.
type huntRow struct {
	DeviceId, DeviceName, OSPlatform, OSVersionInfo, OSDistribution, AadDeviceId, OnboardingStatus string
	DeviceCategory, DeviceType, DeviceSubtype, Model, Vendor, ExposureLevel, AssetValue            string
	MachineGroup                                                                                   string
	Timestamp                                                                                      time.Time
	AdditionalFields, Adapters                                                                     json.RawMessage
}

// pullHunting brings what hunting knows of devices since the last time into
// the store.
func (d *defender) pullHunting(ctx context.Context) error {
	since, err := d.cursor(ctx, "hunting")
	if err != nil {
		return err
	}
	now := d.deps.Clock()
	from := since.Add(-huntOverlap)
	if since.IsZero() {
		from = now.Add(-lookBack)
	}
	if oldest := now.Add(-longestBack); from.Before(oldest) {
		from = oldest
	}
	newest, after := since, ""
	for range maxHuntPages {
		rows, err := d.hunt(ctx, fmt.Sprintf(huntQuery, from.UTC().Format(time.RFC3339), after, rowsAtOnce))
		if err != nil {
			return fmt.Errorf("hunting: %w", err)
		}
		var all []store.Machine
		last := after
		for _, text := range rows {
			var r huntRow
			if json.Unmarshal(text, &r) != nil || !plainID(r.DeviceId) {
				continue
			}
			last = max(last, r.DeviceId)
			was, _, err := d.deps.Memory.Machine(ctx, d.name, r.DeviceId)
			if err != nil {
				return err
			}
			all = append(all, d.mergeRow(was, &r))
			if r.Timestamp.After(newest) {
				newest = r.Timestamp
			}
		}
		if err := d.deps.Memory.PutMachines(ctx, all); err != nil {
			return err
		}
		if len(rows) < rowsAtOnce || last == after {
			return d.advance(ctx, "hunting", newest)
		}
		after = last
	}
	return fmt.Errorf("hunting: more than %d pages of %d rows", maxHuntPages, rowsAtOnce)
}

// hunt runs a query.
func (d *defender) hunt(ctx context.Context, query string) ([]json.RawMessage, error) {
	body, err := json.Marshal(map[string]string{"Query": query})
	if err != nil {
		return nil, err
	}
	text, err := d.hunting.Call(ctx, outbound.Request{URL: d.URL + "/api/advancedqueries/run", Body: body, Limit: maxPage,
		Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}})
	if err != nil {
		return nil, err
	}
	var a struct{ Results []json.RawMessage }
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("the answer is none of hunting: %w", err)
	}
	return a.Results, nil
}

// mergeRow is what was known of a machine, with what hunting says.
func (d *defender) mergeRow(m store.Machine, r *huntRow) store.Machine {
	m.Connector, m.ID = d.name, r.DeviceId
	m.Name, m.Domain = nameOf(r.DeviceName, m.Name, m.Domain)
	os := better(r.OSVersionInfo, "")
	if distribution := better(r.OSDistribution, ""); distribution != "" {
		os = distribution
	}
	if m.OS == "" {
		m.OS = better(os, osOf(r.OSPlatform, ""))
	}
	m.Directory, m.Onboarding = better(r.AadDeviceId, m.Directory), onboardingOf(r.OnboardingStatus, m.Onboarding)
	m.Category, m.Type = better(r.DeviceCategory, m.Category), better(r.DeviceType, m.Type)
	if sub := better(r.DeviceSubtype, ""); sub != "" {
		m.Type = sub
	}
	m.Vendor, m.Model = better(r.Vendor, m.Vendor), better(r.Model, m.Model)
	m.Exposure, m.Value, m.Group = better(r.ExposureLevel, m.Exposure), better(r.AssetValue, m.Value), better(r.MachineGroup, m.Group)
	m.Serial = better(serialOf(r.AdditionalFields), m.Serial)
	if r.Timestamp.After(m.Last) {
		m.Last = r.Timestamp.UTC()
	}
	if m.First.IsZero() {
		m.First = r.Timestamp.UTC()
	}
	var adapters []struct {
		MAC string          `json:"mac"`
		IPs json.RawMessage `json:"ips"`
	}
	_ = json.Unmarshal(dynamic(r.Adapters), &adapters) // what is none says nothing
	for _, a := range adapters {
		var ips []struct{ IPAddress string }
		_ = json.Unmarshal(dynamic(a.IPs), &ips)
		m.Adapters = addAddress(m.Adapters, a.MAC, "")
		for _, ip := range ips {
			m.Adapters = addAddress(m.Adapters, a.MAC, ip.IPAddress)
		}
	}
	return m
}

// serialOf is the serial number, which some devices have in AdditionalFields.
func serialOf(text json.RawMessage) string {
	var x struct{ SerialNumber string }
	_ = json.Unmarshal(dynamic(text), &x)
	return x.SerialNumber
}

// dynamic is a dynamic column as it is, of one that may be in a text.
func dynamic(text json.RawMessage) json.RawMessage {
	var s string
	if json.Unmarshal(text, &s) == nil {
		return json.RawMessage(s)
	}
	return text
}
