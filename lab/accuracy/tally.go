package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"tyto/fingerprint"
)

// A count is answers about one thing.
type count struct{ right, wrong, wider, missing int }

func (c count) all() int { return c.right + c.wrong + c.wider + c.missing }

// A tally is what was found of what is known.
type tally struct {
	devices, found int
	byAttr         map[string]*count
	confused       map[[2]string]int            // expected, told
	evidence       map[string]map[string]*count // confidence, attribute
	rules          map[string]int               // that were wrong: rule, what it said, what is true
}

func newTally() *tally {
	t := &tally{byAttr: map[string]*count{}, confused: map[[2]string]int{}, evidence: map[string]map[string]*count{}, rules: map[string]int{}}
	for _, a := range attributes {
		t.byAttr[a] = &count{}
	}
	return t
}

// add counts one device, nil if it was not found.
func (t *tally) add(w *expected, d *device) {
	t.devices++
	if d == nil {
		d = &device{}
	} else {
		t.found++
	}
	for attr, want := range w.Expected {
		c := t.byAttr[attr]
		if c == nil {
			continue
		}
		have := d.value(attr)
		right := agrees(attr, want, have)
		if attr == "hostname" && !right {
			right = slices.ContainsFunc(d.Hostnames, func(h string) bool { return agrees(attr, want, h) })
		}
		switch {
		case have == "" || have == "unknown":
			c.missing++
		case right:
			c.right++
		case attr == "type" && isWider(have, want):
			c.wider++
		default:
			c.wrong++
		}
		if attr == "type" {
			t.confused[[2]string{want, have}]++
		}
		t.claims(attr, want, d)
	}
}

// claims counts what each claim says of an attribute that is known: the same value
// with the same confidence once. A device has many names, of which one is known: of a device
// that says that one, the others are left out.
func (t *tally) claims(attr, want string, d *device) {
	seen := map[string]bool{}
	named := attr == "hostname" && slices.ContainsFunc(d.Hostnames, func(h string) bool { return agrees(attr, want, h) })
	for _, e := range d.Evidence {
		if e.Attribute != attr || seen[e.Value+e.Confidence] {
			continue
		}
		seen[e.Value+e.Confidence] = true
		if t.evidence[e.Confidence] == nil {
			t.evidence[e.Confidence] = map[string]*count{}
		}
		if t.evidence[e.Confidence][attr] == nil {
			t.evidence[e.Confidence][attr] = &count{}
		}
		c := t.evidence[e.Confidence][attr]
		switch {
		case agrees(attr, want, e.Value):
			c.right++
		case attr == "type" && isWider(e.Value, want), attr == "os" && isFamily(e.Value, want), named:
			c.wider++
		default:
			c.wrong++
			if e.Protocol == "fingerprint" {
				t.rules[fmt.Sprintf("| %s | %s | %s | %s | %s |", e.Field, e.Confidence, attr, e.Value, want)]++
			}
		}
	}
}

// types is which of ours a person's word for a type means.
var types = map[string]string{
	"switch": "switch industrial_switch", "router": "router broadband_router cellular_gateway", "access point": "wireless_ap mesh_extender",
	"firewall": "firewall industrial_firewall", "plc": "plc pac safety_plc", "rtu": "rtu", "remote i/o": "io_module communication_module plc",
	"ied": "ied_protection_relay", "pmu": "pmu ied_protection_relay", "tank gauge": "tank_gauge", "hart-ip device": "protocol_gateway smart_sensor_transmitter iot_gateway io_module",
	"knx ip interface": "knx_gateway building_controller protocol_gateway", "building controller": "building_controller hvac_controller bacnet_router lighting_controller bms_server room_controller",
	"workstation": "workstation laptop operator_workstation engineering_workstation", "server": "server file_server web_server database_server domain_controller mail_server scada_server virtual_machine opc_server",
	"mobile phone": "mobile_phone", "tablet": "tablet mobile_phone", "camera": "ip_camera baby_monitor", "printer": "printer mfp label_printer",
	"media player": "streaming_player smart_tv set_top_box network_audio", "smart speaker": "smart_speaker network_audio", "lighting bridge": "smart_hub smart_light lighting_controller iot_gateway",
	"smart home hub": "smart_hub iot_gateway", "smart plug": "smart_plug", "motion sensor": "motion_sensor environment_sensor", "scale": "smart_scale weighing_scale smart_appliance", "kettle": "smart_appliance",
}

func meant(want string) []string { return strings.Fields(types[strings.ToLower(want)]) }

// isWider reports whether a type is what the one that is meant is a kind of: less, but right.
func isWider(have, want string) bool {
	if have == "iot_module" { // a thing of a brand that nothing tells
		return slices.ContainsFunc(meant(want), func(m string) bool { return fingerprint.IsA(m, "iot_device") })
	}
	return slices.ContainsFunc(meant(want), func(m string) bool { return fingerprint.IsA(m, have) })
}

// isFamily reports whether an operating system is told by its family alone.
func isFamily(have, want string) bool {
	return strings.HasPrefix(strings.ToLower(want), strings.ToLower(have)+" ") || slices.Contains(families[have], strings.Fields(want)[0])
}

// families is what is built on a system.
var families = map[string][]string{"Linux": {"Android", "Raspbian", "Debian", "Ubuntu"}, "Debian": {"Raspbian", "Ubuntu"}}

var plain = regexp.MustCompile(`[^a-z0-9]+`)

func alnum(s string) string { return plain.ReplaceAllString(strings.ToLower(s), "") }

// agrees compares as people do: as shared/truth/README.md says.
func agrees(attr, want, have string) bool {
	w, h := strings.ToLower(strings.TrimSpace(want)), strings.ToLower(strings.TrimSpace(have))
	if h == "" {
		return false
	}
	switch attr {
	case "category":
		return w == h || w+h == "itnetwork" || w+h == "networkit"
	case "type":
		return slices.Contains(meant(want), have) || alnum(w) == alnum(h)
	case "vendor":
		return strings.Contains(alnum(h), alnum(w)) || strings.Contains(alnum(w), alnum(h)) || alnum(strings.Fields(w)[0]) == alnum(strings.Fields(h)[0])
	case "hostname":
		a, _, _ := strings.Cut(w, ".")
		b, _, _ := strings.Cut(h, ".")
		return a == b
	case "os":
		words, same := strings.FieldsFunc(w, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.') }), 0
		for _, x := range words {
			if strings.Contains(h, x) {
				same++
			}
		}
		return len(words) > 0 && strings.Contains(h, words[0]) && same >= max(1, (len(words)+1)/2)
	}
	for _, part := range regexp.MustCompile(`[()]`).Split(w, -1) {
		if p := alnum(part); p != "" && (strings.Contains(alnum(h), p) || len(alnum(h)) > 2 && strings.Contains(p, alnum(h))) {
			return true
		}
	}
	return false
}

func percent(part, all int) string {
	if all == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(all))
}

// tables is the tally as Markdown.
func (t *tally) tables(captures int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| of %d devices in %d captures, found %d | known | recall | precision | right | wider | wrong | missing |\n|---|--:|--:|--:|--:|--:|--:|--:|\n", t.devices, captures, t.found)
	for _, a := range attributes {
		c := t.byAttr[a]
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %d | %d | %d | %d |\n", a, c.all(), percent(c.right, c.all()), percent(c.right, c.right+c.wrong), c.right, c.wider, c.wrong, c.missing)
	}
	b.WriteString("\nTypes, as people say and as they are told (rows that are not all right):\n\n| is | told as | devices |\n|---|---|--:|\n")
	var pairs [][2]string
	right := 0
	for p, n := range t.confused {
		if agrees("type", p[0], p[1]) {
			right += n
		} else {
			pairs = append(pairs, p)
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return strings.Compare(a[0]+"\x00"+a[1], b[0]+"\x00"+b[1]) })
	for _, p := range pairs {
		told := p[1]
		switch {
		case told == "":
			told = "(nothing)"
		case isWider(told, p[0]):
			told += " (wider)"
		}
		fmt.Fprintf(&b, "| %s | %s | %d |\n", p[0], told, t.confused[p])
	}
	fmt.Fprintf(&b, "| all others | the same | %d |\n", right)
	b.WriteString("\nHow often evidence is right, by its confidence; what is wider is left out:\n\n| confidence | nominal | claims | right | by attribute |\n|---|--:|--:|--:|---|\n")
	for _, x := range []struct{ word, nominal string }{{"stated", "97 %"}, {"shown", "92 %"}, {"inferred", "80 %"}, {"guessed", "60 %"}} {
		var sum count
		var parts []string
		for _, a := range attributes {
			if c := t.evidence[x.word][a]; c != nil && c.right+c.wrong > 0 {
				sum.right, sum.wrong = sum.right+c.right, sum.wrong+c.wrong
				parts = append(parts, fmt.Sprintf("%s %d/%d", a, c.right, c.right+c.wrong))
			}
		}
		share := percent(sum.right, sum.right+sum.wrong)
		fmt.Fprintf(&b, "| %s | %s | %d | %s %s | %s |\n", x.word, x.nominal, sum.right+sum.wrong, bar(sum.right, sum.right+sum.wrong), share, strings.Join(parts, ", "))
	}
	b.WriteString("\nRules that were wrong of a device, each with how often:\n\n| rule | confidence | attribute | says | is | devices |\n|---|---|---|---|---|--:|\n")
	for _, x := range slices.Sorted(maps.Keys(t.rules)) {
		fmt.Fprintf(&b, "%s %d |\n", x, t.rules[x])
	}
	return b.String() + "\n"
}

// bar is a share as a picture of ten.
func bar(part, all int) string {
	if all == 0 {
		return ""
	}
	n := (10*part + all/2) / all
	return strings.Repeat("█", n) + strings.Repeat("░", 10-n)
}

// captures is the score of captures as Markdown.
func captures(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var score struct {
		Total map[string]int
		Sets  map[string]map[string]int
	}
	if err := json.Unmarshal(text, &score); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| captures | n | ran | MACs | IPs | pairs | routed | conversations | SNI | nDPI | facts | phantoms / devices |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	row := func(name string, c map[string]int) {
		fmt.Fprintf(&b, "| %s | %d |", name, c["ran?"])
		for _, k := range []string{"ran", "macs", "ips", "pairs", "routed", "conv", "sni", "ndpi", "facts"} {
			fmt.Fprintf(&b, " %s |", percent(c[k], c[k+"?"]))
		}
		fmt.Fprintf(&b, " %d / %d |\n", c["phantom"], c["devices_out"])
	}
	var names []string
	for name := range score.Sets {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		row(name, score.Sets[name])
	}
	row("**all**", score.Total)
	return b.String() + "\n", nil
}
