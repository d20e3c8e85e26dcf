// Package report says what was found: as the JSON document that other
// programs rely on, as a table, CSV or HTML for people.
package report

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// A Result is what is reported. The iterators may be run more than once.
type Result struct {
	Version       string
	Captures      []Capture
	Devices       iter.Seq[*tyto.Device]
	Conversations iter.Seq[*tyto.Conversation]
	Unsorted      iter.Seq[*tyto.Conversation] // the same in any order, for counting; Conversations if nil
	Find          func(tyto.Subject) string    // id of the device that a subject is part of, "" if none
	Acts          []Act
	Alerts        []Alert
	Changes       map[Change]uint64 // how often devices changed others
}

// Capture is one input file, as in the document.
type Capture struct {
	File      string    `json:"file"`
	Packets   uint64    `json:"packets"`
	Bytes     uint64    `json:"bytes"`
	Lines     uint64    `json:"lines,omitempty"` // of a log that another program wrote
	First     time.Time `json:"first,omitzero"`
	Last      time.Time `json:"last,omitzero"`
	LinkType  string    `json:"link_type,omitempty"`
	Malformed uint64    `json:"malformed"`
	Truncated uint64    `json:"truncated"`
	Error     string    `json:"error,omitempty"`
}

// End is one side of a conversation or an act.
type End struct {
	MAC    frame.MAC `json:"mac,omitzero"`
	IP     string    `json:"ip,omitempty"`
	Device string    `json:"device,omitempty"`
}

// Act is an act, as in the document.
type Act struct {
	Time      time.Time `json:"time"`
	Client    End       `json:"client"`
	Server    End       `json:"server"`
	Protocol  string    `json:"protocol"`
	Verb      tyto.Verb `json:"verb"`
	Operation string    `json:"operation"`
	Object    string    `json:"object,omitempty"`
	Outcome   string    `json:"outcome,omitempty"`
	Capture   string    `json:"capture,omitempty"`
	Packet    uint64    `json:"packet,omitempty"`
}

// Alert is an alert, as in the document.
type Alert struct {
	ID         string         `json:"id,omitempty"`
	Parent     string         `json:"parent,omitempty"` // id of the alert that it comes of
	Time       time.Time      `json:"time"`             // of the earliest evidence
	Last       time.Time      `json:"last"`
	Rule       string         `json:"rule"`
	Severity   tyto.Severity  `json:"severity"`
	Title      string         `json:"title"`
	Detail     string         `json:"detail,omitempty"`
	Count      uint64         `json:"count"` // events of this cause
	Subjects   []tyto.Subject `json:"subjects,omitempty"`
	Devices    []string       `json:"devices"`
	Techniques []string       `json:"techniques,omitempty"`
	Capture    string         `json:"capture,omitempty"`
	Packet     uint64         `json:"packet,omitempty"`
}

type device struct {
	ID       string         `json:"id"`
	Category string         `json:"category"`
	Type     string         `json:"type,omitempty"`
	Vendor   string         `json:"vendor,omitempty"`
	Model    string         `json:"model,omitempty"`
	OS       string         `json:"os,omitempty"`
	Firmware string         `json:"firmware,omitempty"`
	Serial   string         `json:"serial,omitempty"`
	Hostname string         `json:"hostname,omitempty"`
	Names    []string       `json:"hostnames,omitempty"`
	MACs     []frame.MAC    `json:"macs,omitempty"`
	IPs      []frame.Addr   `json:"ips,omitempty"`
	VLANs    []uint16       `json:"vlans,omitempty"`
	Role     string         `json:"role,omitempty"`
	Purdue   string         `json:"purdue_level,omitempty"`
	Mode     string         `json:"mode,omitempty"`
	Key      string         `json:"key,omitempty"`
	Protect  string         `json:"protection,omitempty"`
	Protocol []string       `json:"protocols,omitempty"`
	Services []tyto.Service `json:"services,omitempty"`
	First    time.Time      `json:"first_seen,omitzero"`
	Last     time.Time      `json:"last_seen,omitzero"`
	Packets  uint64         `json:"packets"`
	Bytes    uint64         `json:"bytes"`
	Modules  []tyto.Module  `json:"modules,omitempty"`
	Evidence []evidence     `json:"evidence,omitempty"`
}

type evidence struct {
	Attribute  tyto.Attr       `json:"attribute"`
	Value      string          `json:"value"`
	Confidence tyto.Confidence `json:"confidence"`
	Protocol   string          `json:"protocol"`
	Field      string          `json:"field"`
	Time       time.Time       `json:"time"`
	Capture    string          `json:"capture,omitempty"`
	Packet     uint64          `json:"packet,omitempty"`
}

type conversation struct {
	Client     End               `json:"client"`
	Server     End               `json:"server"`
	Transport  string            `json:"transport"`
	Port       uint16            `json:"port,omitempty"`
	Protocol   string            `json:"protocol,omitempty"`
	ServerName string            `json:"server_name,omitempty"`
	First      time.Time         `json:"first"`
	Last       time.Time         `json:"last"`
	Packets    [2]uint64         `json:"packets"`
	Bytes      [2]uint64         `json:"bytes"`
	Operations map[string]uint64 `json:"operations,omitempty"`
	Scope      string            `json:"scope"`
}

// JSON writes the document, one row a line, without holding it in memory.
func JSON(out io.Writer, r *Result) error {
	d := document{w: bufio.NewWriterSize(out, 1<<16)}
	d.raw(`{"tyto":`)
	d.value(r.Version)
	d.list("captures", func(row func(any)) {
		for i := range r.Captures {
			row(&r.Captures[i])
		}
	})
	d.list("devices", func(row func(any)) {
		for x := range r.Devices {
			row(flat(x))
		}
	})
	d.list("conversations", func(row func(any)) {
		for c := range r.Conversations {
			row(r.conversation(c))
		}
	})
	d.list("acts", func(row func(any)) {
		for i := range r.Acts {
			row(&r.Acts[i])
		}
	})
	d.list("alerts", func(row func(any)) {
		for i := range r.Alerts {
			row(&r.Alerts[i])
		}
	})
	d.raw("}\n")
	if d.err != nil {
		return d.err
	}
	return d.w.Flush()
}

// A document writes JSON and remembers the first error.
type document struct {
	w   *bufio.Writer
	err error
}

func (d *document) raw(s string) {
	if d.err == nil {
		_, d.err = d.w.WriteString(s)
	}
}

func (d *document) value(v any) {
	b, err := json.Marshal(v)
	if d.err == nil {
		d.err = err
	}
	if d.err == nil {
		_, d.err = d.w.Write(b)
	}
}

func (d *document) list(name string, each func(row func(any))) {
	d.raw(",\n\"" + name + "\":[")
	between := "\n"
	each(func(v any) {
		if d.err == nil {
			d.raw(between)
			d.value(v)
			between = ",\n"
		}
	})
	d.raw("]")
}

// flat is a device as a row of the document.
func flat(d *tyto.Device) *device {
	x := &device{
		ID: d.ID, Category: d.Value(tyto.Category), Type: d.Value(tyto.Type), Vendor: d.Value(tyto.Vendor), Model: model(d),
		OS: d.Value(tyto.OS), Firmware: d.Value(tyto.Firmware), Serial: d.Value(tyto.Serial), Hostname: d.Value(tyto.Hostname),
		Purdue: d.Value(tyto.Purdue), Mode: d.Value(tyto.Mode), Key: d.Value(tyto.Key), Protect: d.Value(tyto.Protection), Protocol: d.Protocols, Services: d.Services, First: d.First, Last: d.Last,
		Packets: d.Packets, Bytes: d.Bytes, Modules: d.Modules,
	}
	if x.Category == "" {
		x.Category = "unknown"
	}
	if len(d.Roles) > 0 {
		x.Role = d.Roles[0]
	}
	for _, i := range d.Interfaces {
		if !i.MAC.IsZero() {
			x.MACs = append(x.MACs, i.MAC)
		}
		for _, a := range i.IPs {
			if !slices.Contains(x.IPs, a.IP) {
				x.IPs = append(x.IPs, a.IP)
			}
		}
		for _, v := range i.VLANs {
			if v != 0 && !slices.Contains(x.VLANs, v) {
				x.VLANs = append(x.VLANs, v)
			}
		}
	}
	for _, c := range d.Evidence {
		if c.Attr == tyto.Hostname && !slices.Contains(x.Names, c.Value) {
			x.Names = append(x.Names, c.Value)
		}
		e := c.Evidence
		x.Evidence = append(x.Evidence, evidence{c.Attr, c.Value, c.Confidence, e.Protocol, e.Field, c.First, e.Capture, e.Packet})
	}
	return x
}

// model is the model with its order number, as far as they are known.
func model(d *tyto.Device) string {
	name, number := d.Value(tyto.Model), d.Value(tyto.ModelNumber)
	if name == "" || number == "" || strings.Contains(name, number) {
		return cmp.Or(name, number)
	}
	return name + " (" + number + ")"
}

func (r *Result) conversation(c *tyto.Conversation) *conversation {
	return &conversation{
		Client: r.end(c, c.Client), Server: r.end(c, c.Server), Transport: c.Transport, Port: c.Port, Protocol: c.Protocol,
		ServerName: c.ServerName, First: c.First, Last: c.Last, Packets: c.Packets, Bytes: c.Bytes, Operations: c.Operations,
		Scope: r.scope(c),
	}
}

// End is a subject as one side of a row.
func (r *Result) End(s tyto.Subject) End { return End{s.MAC, s.Addr.String(), r.Find(s)} }

// end is one side of a conversation: with IP, no address is the unspecified one.
func (r *Result) end(c *tyto.Conversation, s tyto.Subject) End {
	e := r.End(s)
	if e.IP == "" && c.Transport != "ethernet" {
		e.IP = "::"
	}
	return e
}

// scope says where a conversation goes: to a group, to a host that is no
// device here, or stays among the devices.
func (r *Result) scope(c *tyto.Conversation) string {
	switch {
	case c.Server.Addr.IsMulticast() || c.Server.MAC.IsGroup() || c.Client.Addr.IsMulticast():
		return "multicast"
	case r.internet(c.Client) || r.internet(c.Server):
		return "internet"
	}
	return "lan"
}

func (r *Result) internet(s tyto.Subject) bool {
	return s.Addr.IsPublic() && r.Find(s) == ""
}
