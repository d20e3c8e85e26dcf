package forward

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tyto/tyto"
)

// record is an event as a line of a SIEM knows it: flat, in words that CEF
// and LEEF have for nearly the same things.
type record struct {
	class    string // what kind of event it is: a rule's id, "device-changed"
	title    string
	severity int // 0 to 10
	category string
	engine   string // of an alert
	message  string
	src, dst party
	port     uint16
	proto    string // transport
	app      string
	action   string
	outcome  string
	by       string // the person who decided
	reason   string
	count    uint64 // of sessions, or of what an alert tells of
	in, out  uint64 // bytes to the source, from the source
	start    time.Time
	end      time.Time
	device   string    // id
	custom   []labeled // at most six
}

type party struct{ ip, mac, host string }

type labeled struct{ label, value string }

// severityOf is a severity from 0 to 10, as Defender for IoT maps it.
func severityOf(s tyto.Severity) int {
	switch s {
	case tyto.Critical:
		return 10
	case tyto.Major:
		return 8
	case tyto.Minor:
		return 4
	}
	return 1
}

// recordOf is an event as a record.
func recordOf(e *tyto.Event) record {
	switch {
	case e.Alert != nil:
		return ofAlert(e.Alert)
	case e.Device != nil:
		return ofDevice(e.Device)
	case e.Conversation != nil:
		return ofConversation(e.Conversation)
	case e.Act != nil:
		return ofAct(e.Act)
	case e.Observation != nil:
		return ofObservation(e.Observation)
	case e.Health != nil:
		return ofHealth(e.Health)
	}
	return record{class: string(e.Kind), title: string(e.Kind)}
}

func partyOf(s tyto.Subject) (p party) {
	if !s.Addr.IsZero() {
		p.ip = s.Addr.String()
	}
	if !s.MAC.IsZero() {
		p.mac = s.MAC.String()
	}
	return p
}

func ofAlert(a *tyto.Alert) record {
	r := record{class: a.Rule, title: a.Title, severity: severityOf(a.Severity), category: "alert", message: cmp.Or(a.Detail, a.Title), app: a.Evidence.Protocol,
		start: a.First, end: a.Last, count: a.Count}
	if len(a.Subjects) > 0 {
		r.src = partyOf(a.Subjects[0])
	}
	if len(a.Subjects) > 1 {
		r.dst = partyOf(a.Subjects[1])
	}
	if len(a.Devices) > 0 {
		r.device = a.Devices[0]
	}
	r.engine, r.action, r.by, r.reason = a.Engine, a.Status, a.By, a.Comment
	r.custom = []labeled{{"techniques", strings.Join(a.Techniques, ",")}, {"devices", strings.Join(a.Devices, ",")}, {"evidence", evidenceText(&a.Evidence)}, {"alertId", a.ID}, {"engine", a.Engine}}
	return r
}

// evidenceText says where the frame is.
func evidenceText(e *tyto.Evidence) string {
	var parts []string
	for _, s := range []string{e.Sensor, e.Capture} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if e.Packet != 0 {
		parts = append(parts, "packet "+strconv.FormatUint(e.Packet, 10))
	}
	if e.Field != "" {
		parts = append(parts, e.Field)
	}
	return strings.Join(parts, ", ")
}

func ofDevice(d *tyto.DeviceChange) record {
	r := record{class: "device-changed", title: "Device changed", severity: 1, category: "device", device: d.ID, start: d.First, end: d.Last,
		src: party{host: d.Hostname}}
	if d.Gone {
		r.class, r.title = "device-gone", "Device merged into another"
	}
	if len(d.IPs) > 0 {
		r.src.ip = d.IPs[0]
	}
	if len(d.MACs) > 0 {
		r.src.mac = d.MACs[0]
	}
	r.message = strings.Join(slices.DeleteFunc([]string{d.Vendor, d.Model, d.Type, d.Hostname}, func(s string) bool { return s == "" }), " ")
	r.custom = []labeled{{"type", d.Type}, {"vendor", d.Vendor}, {"model", d.Model}, {"os", d.OS}, {"firmware", d.Firmware}, {"serial", d.Serial}}
	return r
}

func ofConversation(c *tyto.Conversation) record {
	r := record{class: "conversation", title: "Conversation", category: "conversation", src: partyOf(c.Client), dst: partyOf(c.Server), port: c.Port,
		proto: c.Transport, app: c.Protocol, count: c.Sessions, out: c.Bytes[0], in: c.Bytes[1], start: c.First, end: c.Last}
	r.dst.host = c.ServerName
	r.custom = []labeled{{"operations", counts(c.Operations)}}
	return r
}

func ofAct(a *tyto.Act) record {
	return record{class: "act-" + a.Verb.String(), title: a.Operation, severity: 1, category: "act", src: partyOf(a.Client), dst: partyOf(a.Server),
		app: a.Evidence.Protocol, action: a.Verb.String(), outcome: a.Outcome, message: a.Object,
		custom: []labeled{{"operation", a.Operation}, {"evidence", evidenceText(&a.Evidence)}}}
}

func ofObservation(o *tyto.Observation) record {
	return record{class: "observation", title: "Observation", category: "observation", src: partyOf(o.Subject), app: o.Evidence.Protocol,
		custom: []labeled{{"attribute", o.Attr.String()}, {"value", o.Value}, {"confidence", o.Confidence.String()}, {"evidence", evidenceText(&o.Evidence)}}}
}

func ofHealth(h *tyto.Health) record {
	return record{class: "health", title: "Sensor health", category: "health", custom: []labeled{{"interface", h.Interface}, {"counters", counts(h.Counters)}}}
}

// counts is counters in one text, by name.
func counts(m map[string]uint64) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s: %d", k, m[k]))
	}
	return strings.Join(parts, ", ")
}
