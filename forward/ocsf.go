package forward

import (
	"cmp"
	"encoding/json"
	"time"

	"tyto/tyto"
)

// OCSF, the Open Cybersecurity Schema Framework, 1.3: Device Inventory Info
// (5001), Detection Finding (2004) and Network Activity (4001). What it has
// no word for is in unmapped.

const ocsfVersion = "1.3.0"

type ocsf map[string]any

func ocsfLine(e *tyto.Event, _ int) []byte {
	o := ocsf{"time": e.Time.UnixMilli(), "metadata": ocsf{"version": ocsfVersion, "uid": eventID(e), "log_provider": e.Sensor,
		"product": ocsf{"name": productName, "vendor_name": vendor}}}
	switch {
	case e.Device != nil:
		o.device(e)
	case e.Alert != nil:
		o.finding(e)
	case e.Conversation != nil:
		o.network(e)
	}
	b, err := json.Marshal(o)
	if err != nil {
		panic("forward: " + err.Error())
	}
	return shown(b)
}

// class sets what every event must have.
func (o ocsf) class(category, class, activity, severity int) {
	o["category_uid"], o["class_uid"], o["activity_id"], o["type_uid"], o["severity_id"] = category, class, activity, class*100+activity, severity
}

func (o ocsf) put(key, value string) {
	if value != "" {
		o[key] = value
	}
}

func (o ocsf) time(key string, t time.Time) {
	if !t.IsZero() {
		o[key] = t.UnixMilli()
	}
}

// ocsfTypes are the device types that OCSF has a number for.
var ocsfTypes = map[string]int{"server": 1, "desktop": 2, "workstation": 2, "laptop": 3, "tablet": 4, "smartphone": 5, "firewall": 9, "switch": 10, "hub": 11, "router": 12}

func (o ocsf) device(e *tyto.Event) {
	d := e.Device
	o.class(5, 5001, 2, 1) // Collect, Informational
	x := ocsf{"uid": d.ID, "type_id": 99}
	switch {
	case ocsfTypes[d.Type] != 0:
		x["type_id"] = ocsfTypes[d.Type]
	case d.Type == "":
		x["type_id"] = 0
	case d.Category == "iot":
		x["type_id"] = 7
	}
	x.put("type", d.Type)
	x.put("hostname", d.Hostname)
	x.put("vendor_name", d.Vendor)
	x.put("model", d.Model)
	x.put("zone", e.Zone)
	x.time("first_seen_time", d.First)
	x.time("last_seen_time", d.Last)
	if len(d.IPs) > 0 {
		x["ip"] = d.IPs[0]
	}
	if len(d.MACs) > 0 {
		x["mac"] = d.MACs[0]
	}
	if d.OS != "" {
		x["os"] = ocsf{"name": d.OS, "type_id": 99}
	}
	if d.Serial != "" {
		x["hw_info"] = ocsf{"serial_number": d.Serial}
	}
	o["device"] = x
	more := ocsf{"gone": d.Gone}
	more.put("firmware", d.Firmware)
	more.put("category", d.Category)
	more.put("purdue_level", d.Purdue)
	more.put("site", d.Site)
	if len(d.IPs) > 1 {
		more["ips"] = d.IPs
	}
	if len(d.Protocols) > 0 {
		more["protocols"] = d.Protocols
	}
	o["unmapped"] = more
}

// findings are activity and status of a finding (1 Create, 2 Update, 3 Close;
// 1 New, 2 In Progress, 3 Suppressed, 4 Resolved), by an alert's status.
var findings = map[string]struct{ activity, status int }{"": {1, 1}, "new": {2, 1}, "active": {2, 2}, "muted": {2, 3}, "learned": {3, 3}, "closed": {3, 4}}

func (o ocsf) finding(e *tyto.Event) {
	a := e.Alert
	severity := map[tyto.Severity]int{tyto.Warning: 2, tyto.Minor: 3, tyto.Major: 4, tyto.Critical: 5}[a.Severity]
	is := findings[a.Status]
	o.class(2, 2004, is.activity, severity)
	o["is_alert"], o["status_id"] = true, is.status
	o.put("comment", a.Comment)
	info := ocsf{"uid": cmp.Or(a.ID, eventID(e)), "title": a.Title, "analytic": ocsf{"uid": a.Rule, "name": a.Rule, "type_id": 1}}
	info.time("first_seen_time", a.First)
	info.time("last_seen_time", a.Last)
	if a.Count > 0 {
		o["count"] = a.Count
	}
	var attacks []ocsf
	for _, t := range a.Techniques {
		attacks = append(attacks, ocsf{"technique": ocsf{"uid": t}})
	}
	if attacks != nil {
		info["attacks"] = attacks
	}
	o["finding_info"] = info
	evidence := ocsf{}
	for i, key := range []string{"src_endpoint", "dst_endpoint"} {
		if i < len(a.Subjects) {
			evidence[key] = endpoint(a.Subjects[i])
		}
	}
	evidence["data"] = ocsf{"frame": evidenceText(&a.Evidence), "protocol": a.Evidence.Protocol}
	o["evidences"] = []ocsf{evidence}
	if len(a.Devices) > 0 {
		o["unmapped"] = ocsf{"devices": a.Devices, "zone": e.Zone}
	}
}

func (o ocsf) network(e *tyto.Event) {
	c := e.Conversation
	o.class(4, 4001, 6, 1) // Traffic, Informational
	o["src_endpoint"] = endpoint(c.Client)
	dst := endpoint(c.Server)
	dst.put("hostname", c.ServerName)
	if c.Port != 0 {
		dst["port"] = c.Port
	}
	o["dst_endpoint"] = dst
	o["connection_info"] = ocsf{"protocol_name": c.Transport, "direction_id": 0}
	o["traffic"] = ocsf{"bytes": c.Bytes[0] + c.Bytes[1], "bytes_out": c.Bytes[0], "bytes_in": c.Bytes[1],
		"packets": c.Packets[0] + c.Packets[1], "packets_out": c.Packets[0], "packets_in": c.Packets[1]}
	o.put("app_name", c.Protocol)
	o.time("start_time", c.First)
	o.time("end_time", c.Last)
}

func endpoint(s tyto.Subject) ocsf {
	p := partyOf(s)
	x := ocsf{}
	x.put("ip", p.ip)
	x.put("mac", p.mac)
	if s.VLAN != 0 {
		x["vlan_uid"] = s.VLAN
	}
	return x
}
