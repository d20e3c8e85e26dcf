package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tyto/fingerprint"
	"tyto/inventory"
	"tyto/tyto"
)

// A banner is an example of Rapid7's recog: what a device says, and what its makers
// read out of it.
type banner struct {
	Matches          string
	Example          string
	Encoding         string
	Static, Captured map[string]string
}

// asked is where a sensor hears what recog calls a match.
var asked = []struct {
	matches, name string
	fields        []string
}{
	{"dhcp_vendor_class", "DHCP vendor class", []string{"dhcp.option.vendor_class_id"}},
	{"ftp.banner", "FTP", []string{"ftp.response.arg"}},
	{"http_header.server", "HTTP server", []string{"http.server"}},
	{"mdns.device-info.txt", "mDNS device-info", []string{"mdns.txt"}},
	{"rtsp_header.server", "RTSP server", []string{"rtsp.server"}},
	{"sip_header.user_agent", "SIP user agent", []string{"sip.User-Agent"}},
	{"smtp.banner", "SMTP", []string{"smtp.rsp.parameter"}},
	{"snmp.sys_description", "SNMP sysDescr", []string{"snmp.sysDescr"}},
	{"ssh.banner", "SSH", []string{"ssh.protocol"}},
	{"x509.subject", "certificate subject", []string{"x509sat.subject"}},
}

// read is how many banners name something, and what the rules made of them.
type read struct{ known, right, other, silent int }

func (r *read) add(want, got string) {
	if want == "" {
		return
	}
	r.known++
	switch want, got = strings.ToLower(want), strings.ToLower(got); {
	case got == "":
		r.silent++
	case strings.Contains(want, got) || strings.Contains(got, want):
		r.right++
	default:
		r.other++
	}
}

// besideRecog reads the examples of recog with the rules that ship.
func (o *options) besideRecog() (string, error) {
	files, err := filepath.Glob(filepath.Join(o.shared, "truth", "recog", "*.jsonl"))
	if err != nil {
		return "", err
	}
	rules, err := inventory.StandardRules(nil)
	if err != nil {
		return "", err
	}
	vendors, systems := map[string]*read{}, map[string]*read{}
	for _, a := range asked {
		vendors[a.matches], systems[a.matches] = new(read), new(read)
	}
	for _, file := range files {
		if err := eachBanner(file, func(b *banner) {
			if v := vendors[b.Matches]; v != nil {
				got := b.told(rules)
				v.add(cmp.Or(b.say("hw.vendor"), b.say("os.vendor")), got[tyto.Vendor])
				if b.say("os.cpe23") != "" { // else it is often the device's model
					systems[b.Matches].add(b.say("os.product"), got[tyto.OS])
				}
			}
		}); err != nil {
			return "", err
		}
	}
	var out strings.Builder
	out.WriteString("What recog's examples of banners say, and what the rules here make of the same (recog calls a vendor by its name at the time, and a system a vendor):\n\n" +
		"| banners | vendor known | the same | another name | nothing | system known | the same | another name | nothing |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, a := range asked {
		v, s := vendors[a.matches], systems[a.matches]
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %d | %d | %d | %d | %d |\n", a.name, v.known, v.right, v.other, v.silent, s.known, s.right, s.other, s.silent)
	}
	return out.String() + "\n", nil
}

func eachBanner(file string, do func(*banner)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var b banner
		if err := json.Unmarshal(lines.Bytes(), &b); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if b.Encoding == "text" {
			do(&b)
		}
	}
	return lines.Err()
}

// say is what the makers read out for a parameter.
func (b *banner) say(name string) string { return cmp.Or(b.Captured[name], b.Static[name]) }

// told is what the rules conclude, the surest of each attribute.
func (b *banner) told(rules *fingerprint.Rules) map[tyto.Attr]string {
	text := b.Example
	if b.Matches == "ssh.banner" { // recog leaves out what all begin with
		text = "SSH-2.0-" + text
	}
	told, sure := map[tyto.Attr]string{}, map[tyto.Attr]tyto.Confidence{}
	for _, a := range asked {
		if a.matches != b.Matches {
			continue
		}
		for _, field := range a.fields {
			for _, c := range rules.Match(tyto.Observation{Value: text, Evidence: tyto.Evidence{Field: field}}, nil) {
				if told[c.Attr] == "" || c.Confidence > sure[c.Attr] {
					told[c.Attr], sure[c.Attr] = c.Value, c.Confidence
				}
			}
		}
	}
	return told
}
