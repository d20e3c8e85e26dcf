package fingerprint

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// What others know about banners can be made rules of ours: files of the format of
// Rapid7's recog (XML), and tables (CSV). Whoever imports must be allowed to use them.

// An Import is rules that were made of a file, and what was left out, by reason.
type Import struct {
	YAML    []byte
	Rules   int
	LeftOut map[string]int
}

// recogFields is our field for what recog calls a match.
var recogFields = map[string]string{
	"http_header.server": "http.server", "http_header.wwwauth": "http.www_authenticate", "http_header.cookie": "http.set_cookie",
	"html_title": "http.title", "ssh.banner": "ssh.protocol", "ftp.banner": "ftp.response.arg", "telnet.banner": "telnet.data",
	"smtp.banner": "smtp.rsp.parameter", "snmp.sys_description": "snmp.sysDescr", "snmp.sys_object_id": "snmp.sysObjectID",
	"sip_header.user_agent": "sip.User-Agent", "sip_header.server": "sip.Server", "rtsp_header.server": "rtsp.server",
	"x509.subject": "x509sat.subject", "x509.issuer": "x509sat.issuer", "dhcp_vendor_class": "dhcp.option.vendor_class_id",
	"mdns.device-info.txt": "mdns.txt", "mdns.workstation.txt": "mdns.txt", "smb.native_os": "smb.native_os",
	"mysql.banners": "mysql.version", "imap4.banner": "imap.response", "pop3.banner": "pop.response.description",
}

// recogTypes is our type for what recog calls a device.
var recogTypes = map[string]string{
	"switch": "switch", "router": "router", "firewall": "firewall", "wap": "wireless_ap", "printer": "printer", "print server": "print_server",
	"multifunction device": "mfp", "web cam": "ip_camera", "ip camera": "ip_camera", "dvr": "nvr", "broadband router": "broadband_router",
	"cable modem": "modem", "dsl modem": "modem", "voip": "voip_phone", "voip phone": "voip_phone", "voip adapter": "voip_adapter", "pbx": "pbx",
	"lights out management": "management_controller", "remote management": "management_controller", "hypervisor": "hypervisor", "nas": "nas",
	"storage": "san_array", "power device": "pdu", "pdu": "pdu", "ups": "ups", "smart tv": "smart_tv", "media server": "media_server", "thin client": "thin_client",
	"industrial control": "controller", "plc": "plc", "hmi controller": "hmi_panel", "load balancer": "load_balancer", "vpn": "vpn_gateway", "access control": "access_control_panel",
	"alarm panel": "alarm_panel", "projectors": "projector", "projector": "projector", "game console": "game_console", "wlan repeater": "mesh_extender", "device server": "serial_device_server",
	"terminal server": "console_server", "kvm": "kvm_switch", "thermostat": "thermostat", "building automation": "building_controller",
}

// recogParams is our attribute for what recog calls a parameter; of two that are the
// same the first that is there holds.
var recogParams = []struct{ param, attr string }{
	{"hw.vendor", "vendor"}, {"os.vendor", "vendor"}, {"hw.product", "model"}, {"hw.version", "firmware"}, {"os.version", "firmware"},
	{"hw.serial_number", "serial"}, {"host.name", "hostname"}, {"host.domain", "domain"},
}

type recogFile struct {
	Matches string `xml:"matches,attr"`
	Prints  []struct {
		Pattern  string `xml:"pattern,attr"`
		Flags    string `xml:"flags,attr"`
		Examples []struct {
			Encoding string `xml:"_encoding,attr"`
			Filename string `xml:"_filename,attr"`
			Text     string `xml:",chardata"`
		} `xml:"example"`
		Params []struct {
			Pos   string `xml:"pos,attr"`
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"param"`
	} `xml:"fingerprint"`
}

// ImportRecog makes rules of a file of recog's format; pack is what they are called.
func ImportRecog(text []byte, pack string) (Import, error) {
	var f recogFile
	if err := xml.Unmarshal(text, &f); err != nil {
		return Import{}, fmt.Errorf("fingerprint: import: not recog's XML: %w", err)
	}
	field := recogFields[f.Matches]
	if field == "" {
		return Import{}, fmt.Errorf("fingerprint: import: it matches %q, of which no sensor tells", f.Matches)
	}
	w := newRuleWriter(pack)
	for i := range f.Prints {
		p := &f.Prints[i]
		pattern := p.Pattern
		if strings.Contains(p.Flags, "REG_ICASE") && !strings.HasPrefix(pattern, "(?i") {
			pattern = "(?i)" + pattern
		}
		before := ""
		if f.Matches == "ssh.banner" { // recog leaves out what all begin with
			before = "SSH-2.0-"
			if rest, anchored := strings.CutPrefix(pattern, "^"); anchored {
				pattern = "^SSH-[0-9.]+-" + rest
			}
		}
		set, params := map[string]string{}, map[string]string{}
		for _, x := range p.Params {
			v := x.Value
			if x.Pos != "0" {
				v = "{" + x.Pos + "}"
			} else {
				v = strings.NewReplacer("{", "", "}", "").Replace(v)
			}
			params[x.Name] = v
		}
		for _, x := range recogParams {
			if v := params[x.param]; v != "" && set[x.attr] == "" {
				set[x.attr] = v
			}
		}
		if v := params["os.product"]; v != "" {
			set["os"] = strings.TrimSpace(v + " " + params["os.version"])
			delete(set, "firmware")
		}
		for _, name := range []string{"hw.device", "os.device"} {
			if t := recogTypes[strings.ToLower(params[name])]; t != "" && set["type"] == "" {
				set["type"] = t
			}
		}
		var tests []string
		for _, e := range p.Examples {
			if e.Encoding == "" && e.Filename == "" && strings.TrimSpace(e.Text) != "" {
				tests = append(tests, before+e.Text)
			}
		}
		w.rule(imported{id: fmt.Sprintf("%s.recog.n%d", pack, i+1), on: field, kind: "regex", value: pattern, set: set, class: "B", tests: tests})
	}
	return w.end()
}

// imported is a rule that is to be written.
type imported struct {
	id, on, kind, value, class string
	set                        map[string]string
	tests                      []string
}

// A ruleWriter writes rules that hold to their tests, and counts the others.
type ruleWriter struct {
	pack string
	head strings.Builder
	out  Import
}

func newRuleWriter(pack string) *ruleWriter {
	w := &ruleWriter{pack: pack, out: Import{LeftOut: map[string]int{}}}
	fmt.Fprintf(&w.head, "pack: %s\nrules:\n", pack)
	return w
}

func quote(s string) string { b, _ := json.Marshal(s); return string(b) }

var importedID = regexp.MustCompile(`[^a-z0-9_.-]+`)

func (w *ruleWriter) rule(x imported) {
	if len(x.set) == 0 {
		w.out.LeftOut["it says nothing that we tell of devices"]++
		return
	}
	var kept []string
	for _, t := range x.tests { // the tests that together lead to everything, few
		if len(kept) < 3 && len(t) < 1000 {
			kept = append(kept, t)
		}
	}
	if len(kept) == 0 {
		w.out.LeftOut["it has no example"]++
		return
	}
	for try := x; ; {
		text := try.text(importedID.ReplaceAllString(strings.ToLower(x.id), "-"), kept)
		r, err := Compile([]Text{{w.pack, []byte("pack: " + w.pack + "\nrules:\n" + text)}})
		if err != nil {
			w.out.LeftOut[reasonOf(err)]++
			return
		}
		lost := r.unreached()
		if lost == "" {
			if len(r.Test()) > 0 {
				w.out.LeftOut["its pattern does not match its own example"]++
				return
			}
			w.head.WriteString(text)
			w.out.Rules++
			return
		}
		delete(try.set, lost) // no example leads to it
		if len(try.set) == 0 {
			w.out.LeftOut["no example leads to anything"]++
			return
		}
	}
}

// text is a rule as YAML: JSON's strings are YAML's.
func (x imported) text(id string, tests []string) string {
	var set, list []string
	for a, v := range x.set {
		set = append(set, a+": "+quote(v))
	}
	sort.Strings(set)
	for _, t := range tests {
		list = append(list, quote(t))
	}
	return fmt.Sprintf("  - id: %s\n    on: %s\n    match: { %s: %s }\n    set: { %s }\n    class: %s\n    tests: [%s]\n",
		id, x.on, x.kind, quote(x.value), strings.Join(set, ", "), x.class, strings.Join(list, ", "))
}

// unreached is an attribute of the only rule to which no test leads, "" if there is none.
func (r *Rules) unreached() string {
	x := &r.rules[0]
	seen := map[string]bool{}
	for _, e := range x.tests {
		for _, c := range r.own(x, e) {
			seen[c.Attr.String()] = true
		}
	}
	for _, a := range x.set {
		if !seen[a.attr.String()] {
			return a.attr.String()
		}
	}
	return ""
}

func reasonOf(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "invalid or unsupported Perl syntax"), strings.Contains(text, "error parsing regexp"):
		return "its pattern is none of RE2"
	case strings.Contains(text, "a pattern of"):
		return "its pattern is too long"
	}
	return "it is no rule of ours"
}

func (w *ruleWriter) end() (Import, error) {
	if w.out.Rules == 0 {
		return w.out, errors.New("fingerprint: import: nothing of the file can be a rule")
	}
	w.out.YAML = []byte(w.head.String())
	return w.out, nil
}

// ImportCSV makes rules of a table. Its first line names the columns: field, match (one
// of exact, prefix, suffix, domain, glob, regex; exact if absent), value, class (B if
// absent), example (the value if absent), and attributes: vendor, type, model, os, ….
func ImportCSV(rows [][]string, pack string) (Import, error) {
	if len(rows) < 2 {
		return Import{}, errors.New("fingerprint: import: a table has a line of names, and lines of values")
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, must := range []string{"field", "value"} {
		if _, ok := column[must]; !ok {
			return Import{}, fmt.Errorf("fingerprint: import: there is no column %q; there must be field and value", must)
		}
	}
	w := newRuleWriter(pack)
	for n, row := range rows[1:] {
		cell := func(name, otherwise string) string {
			if i, ok := column[name]; ok && i < len(row) && strings.TrimSpace(row[i]) != "" {
				return strings.TrimSpace(row[i])
			}
			return otherwise
		}
		set := map[string]string{}
		for name := range column {
			switch name {
			case "field", "match", "value", "class", "example", "":
			default:
				if v := cell(name, ""); v != "" {
					set[name] = v
				}
			}
		}
		w.rule(imported{id: pack + ".csv.n" + strconv.Itoa(n+1), on: cell("field", ""), kind: cell("match", "exact"), value: cell("value", ""),
			class: cell("class", "B"), set: set, tests: []string{cell("example", cell("value", ""))}})
	}
	return w.end()
}
