package forward

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tyto/outbound"
	"tyto/tyto"
)

// ireItem is a configuration item as Identification and Reconciliation takes it.
type ireItem struct {
	Class  string            `json:"className"`
	ID     string            `json:"internal_id"`
	Values map[string]string `json:"values"`
	Lookup []ireItem         `json:"lookup,omitempty"`
	Source *ireSource        `json:"sys_object_source_info,omitempty"`
}

// ireSource is by what the item is found again, and how fresh it is.
type ireSource struct {
	Key  string `json:"source_native_key"`
	Name string `json:"source_name"`
	Time string `json:"source_recency_timestamp"`
}

// devices gives devices to the CMDB. Of one that is gone nothing is told: it
// was merged into another, and no item of the CMDB is ours to delete.
func (o *serviceNowOutput) devices(ctx context.Context, events []tyto.Event) error {
	items, place := []ireItem{}, []int{}
	for i := range events {
		if d := events[i].Device; d != nil && !d.Gone {
			items, place = append(items, o.item(&events[i], len(items))), append(place, i)
		}
	}
	if len(items) == 0 {
		return nil
	}
	var done struct {
		Result struct {
			Items []struct {
				Errors []struct {
					Code    string `json:"error"`
					Message string `json:"message"`
				} `json:"errors"`
			} `json:"items"`
		} `json:"result"`
	}
	path := "/api/now/identifyreconcile?sysparm_data_source=" + url.QueryEscape(o.Source)
	if err := o.Ask(ctx, http.MethodPost, path, map[string]any{"items": items}, &done); err != nil {
		return err
	}
	if len(done.Result.Items) != len(items) {
		return fmt.Errorf("%d items were sent, and %d answered", len(items), len(done.Result.Items))
	}
	for n, x := range done.Result.Items {
		if len(x.Errors) > 0 {
			e := x.Errors[0]
			err := errors.New(outbound.OneLine(fmt.Sprintf("servicenow: device %s: %s: %s", items[n].Source.Key, e.Code, e.Message), outbound.MaxReason))
			return &Failure{Err: err, Sent: place[n], Refused: !strings.Contains(e.Code, "LOCK") && !strings.Contains(e.Code, "TIMEOUT")}
		}
	}
	return nil
}

// maxValue bounds a column of an item; most of the CMDB's are of 255.
const maxValue = 255

// maxAdapters bounds the addresses that an item is looked up by.
const maxAdapters = 16

// item is a device as the configuration item number n of a payload: found by
// our id, else by its serial number, else by its network adapters.
func (o *serviceNowOutput) item(e *tyto.Event, n int) ireItem {
	d := e.Device
	x := ireItem{Class: o.class(d), ID: fmt.Sprint("d", n), Values: map[string]string{}, Source: &ireSource{Key: outbound.OneLine(d.ID, maxValue), Name: o.Source, Time: sysTime(e.Time)}}
	put := func(key, value string) {
		if value != "" {
			x.Values[key] = outbound.OneLine(value, maxValue)
		}
	}
	name := d.Hostname
	for _, s := range []string{first(d.IPs), first(d.MACs), d.ID} {
		if name == "" {
			name = s
		}
	}
	put("name", name)
	put("serial_number", d.Serial)
	put("ip_address", first(d.IPs))
	put("mac_address", first(d.MACs))
	put("manufacturer", d.Vendor)
	put("model_id", d.Model)
	put("firmware_version", d.Firmware)
	put("short_description", strings.Join(strings.Fields(strings.Join([]string{d.Vendor, d.Model, d.Type}, " ")), " "))
	put("first_discovered", sysTime(d.First))
	put("last_discovered", sysTime(d.Last))
	if x.Class != anyClass && (strings.Contains(x.Class, "computer") || strings.Contains(x.Class, "server")) {
		put("os", d.OS)
	}
	if d.Serial != "" {
		x.Lookup = append(x.Lookup, ireItem{Class: "cmdb_serial_number", ID: x.ID + "-serial", Values: map[string]string{
			"serial_number": outbound.OneLine(d.Serial, maxValue), "serial_number_type": "system", "valid": "true"}})
	}
	for i, m := range d.MACs[:min(len(d.MACs), maxAdapters)] {
		a := ireItem{Class: "cmdb_ci_network_adapter", ID: fmt.Sprint(x.ID, "-adapter", i), Values: map[string]string{"name": m, "mac_address": m}}
		if i == 0 && len(d.IPs) > 0 {
			a.Values["ip_address"] = d.IPs[0]
		}
		x.Lookup = append(x.Lookup, a)
	}
	return x
}

func (o *serviceNowOutput) class(d *tyto.DeviceChange) string {
	for _, k := range []string{d.Type, d.Category} {
		if c := o.Classes[k]; c != "" {
			return c
		}
	}
	return anyClass
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// sysTime is a time as ServiceNow writes it, in UTC.
func sysTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}
