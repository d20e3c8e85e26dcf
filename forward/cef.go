package forward

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"tyto/outbound"
	"tyto/tyto"
)

// CEF is ArcSight's Common Event Format, revision 26: a header of seven fields
// between bars, then key=value pairs. In the header '\' and '|' are escaped,
// in values '\', '=' and line ends.

const vendor, productName = "Tyto", "Tyto"

var (
	cefHeader = strings.NewReplacer(`\`, `\\`, `|`, `\|`)
	cefValue  = strings.NewReplacer(`\`, `\\`, `=`, `\=`, "\r\n", `\n`, "\n", `\n`, "\r", `\r`, "\t", " ")
)

// cefLine is the line that the keys of ArcSight's dictionary make.
func cefLine(e *tyto.Event, clip int) []byte {
	r := recordOf(e)
	w := cefWriter{clip: clip}
	w.header(vendor, productName, "1", r.class, r.title, strconv.Itoa(r.severity))
	w.pair("rt", millis(e.Time))
	w.pair("externalId", eventID(e))
	w.pair("cat", r.category)
	w.pair("dvchost", e.Sensor)
	w.pair("msg", r.message)
	w.party("src", "c6a2", "smac", "shost", r.src)
	w.party("dst", "c6a3", "dmac", "dhost", r.dst)
	if r.port != 0 {
		w.pair("dpt", strconv.Itoa(int(r.port)))
	}
	w.pair("proto", strings.ToUpper(r.proto))
	w.pair("app", r.app)
	w.pair("act", r.action)
	w.pair("outcome", r.outcome)
	w.pair("suser", r.by)
	w.pair("reason", r.reason)
	for _, n := range []struct {
		key string
		n   uint64
	}{{"cnt", r.count}, {"in", r.in}, {"out", r.out}} {
		if n.n != 0 {
			w.pair(n.key, strconv.FormatUint(n.n, 10))
		}
	}
	w.pair("start", millis(r.start))
	w.pair("end", millis(r.end))
	w.labeled("flexString1", "deviceId", r.device)
	w.labeled("flexString2", "zone", e.Zone)
	for i, c := range r.custom {
		w.labeled("cs"+strconv.Itoa(i+1), c.label, c.value)
	}
	return []byte(w.b.String())
}

// defenderEngines are the engines in Defender for IoT's words.
var defenderEngines = map[string]string{"policy": "Policy Violation", "protocol": "Protocol Violation", "malware": "Malware", "anomaly": "Anomaly", "operational": "Operational"}

// defenderGroups are Defender for IoT's alert groups, by a part of a rule's id:
// the first that fits.
var defenderGroups = [...]struct{ part, group string }{
	{"scan", "Scan"}, {"sweep", "Scan"}, {"probe", "Discovery"}, {"program", "Programming"}, {"firmware", "Firmware change"}, {"plc-st", "Restart/Stop Commands"}, {"shutdown", "Restart/Stop Commands"},
	{"configure", "Configuration changes"}, {"login", "Authentication"}, {"password", "Authentication"}, {"guess", "Authentication"}, {"telnet", "Remote access"}, {"remote", "Remote access"},
	{"internet", "Internet Access"}, {"destination", "Internet Access"}, {"illegal", "Illegal commands"}, {"exception", "Command Failures"}, {"indicator", "Suspicion of Malware"}, {"eicar", "Suspicion of Malware"},
	{"mirai", "Suspicion of Malware"}, {"beacon", "Suspicion of malicious activity"}, {"tunnel", "Suspicion of malicious activity"}, {"spoof", "Suspicion of malicious activity"},
}

// defenderGroup is an alert's group: by its rule, else by its engine.
func defenderGroup(r *record) string {
	for _, g := range defenderGroups {
		if strings.Contains(r.class, g.part) {
			return g.group
		}
	}
	switch r.engine {
	case "malware":
		return "Suspicion of Malware"
	case "anomaly":
		return "Abnormal Communication Behavior"
	case "operational":
		return "Operational issues"
	case "policy", "":
		return "Unauthorized Communication Behavior"
	}
	return "NA"
}

// cefDefender is the line that Defender for IoT sends of an alert, with its
// own keys, for rules that were written for it.
func cefDefender(e *tyto.Event, clip int) []byte {
	r := recordOf(e)
	name := map[int]string{10: "Critical", 8: "Major", 4: "Minor", 1: "Warning"}[r.severity]
	w := cefWriter{clip: clip}
	w.header(vendor, e.Sensor, "1", "Microsoft Defender for IoT Alert", r.title, strconv.Itoa(r.severity))
	w.pair("msg", r.message)
	w.pair("protocol", r.app)
	w.pair("severity", name)
	w.pair("type", defenderEngines[cmp.Or(r.engine, "policy")])
	w.pair("UUID", eventID(e))
	w.pair("start", e.Time.UTC().Format("Jan 02 2006 15:04:05"))
	w.pair("src_ip", r.src.ip)
	w.pair("src_mac", r.src.mac)
	w.pair("dst_ip", r.dst.ip)
	w.pair("dst_mac", r.dst.mac)
	w.pair("cat", defenderGroup(&r))
	return []byte(w.b.String())
}

type cefWriter struct {
	b    strings.Builder
	clip int
	more bool
}

func (w *cefWriter) header(fields ...string) {
	w.b.WriteString("CEF:0")
	for _, f := range fields {
		w.b.WriteByte('|')
		w.b.WriteString(cefHeader.Replace(outbound.OneLine(f, min(w.clip, 512))))
	}
	w.b.WriteByte('|')
}

// pair writes a pair, unless there is no value.
func (w *cefWriter) pair(key, value string) {
	if value == "" {
		return
	}
	if w.more {
		w.b.WriteByte(' ')
	}
	w.more = true
	fmt.Fprintf(&w.b, "%s=%s", key, cefValue.Replace(outbound.Clean(value, w.clip)))
}

func (w *cefWriter) labeled(key, label, value string) {
	if value != "" {
		w.pair(key, value)
		w.pair(key+"Label", label)
	}
}

// party writes one side; IPv6 has keys of its own.
func (w *cefWriter) party(v4, v6, mac, host string, p party) {
	if a, err := netip.ParseAddr(p.ip); err == nil && a.Is4() {
		w.pair(v4, p.ip)
	} else if err == nil {
		w.labeled(v6, map[string]string{"c6a2": "Source IPv6 Address", "c6a3": "Destination IPv6 Address"}[v6], p.ip)
	}
	w.pair(mac, p.mac)
	w.pair(host, p.host)
}

func millis(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
