package fingerprint

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"tyto/frame"
	"tyto/tyto"
)

// load compiles the rules of one file.
func load(t testing.TB, text string) *Rules {
	t.Helper()
	r, err := Load(fstest.MapFS{"area/test.yaml": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func observed(field, value string) tyto.Observation {
	return tyto.Observation{Value: value, Evidence: tyto.Evidence{Field: field}}
}

func text(cs []Conclusion) string {
	var b strings.Builder
	for _, c := range cs {
		fmt.Fprintf(&b, "%s=%s/%s ", c.Attr, c.Value, c.Confidence)
	}
	return strings.TrimSpace(b.String())
}

const everyMatcher = `
pack: test
rules:
  - id: t.regex
    on: dhcp.option.vendor_class_id
    match: { regex: '^AXIS,(?:PTZ Dome )?Network Camera,([^,]+),(?P<fw>[0-9.]+)' }
    set: { vendor: Axis, type: ip_camera, model: "Axis {1}", firmware: "{fw}" }
    class: B
    tests: ["AXIS,Network Camera,M3045,8.40.1"]
  - { id: t.exact, on: mdns.service, match: { exact: _axis-video._tcp }, set: { vendor: Axis }, class: B, unless: { vendor: DoorBird }, tests: [_axis-video._tcp] }
  - id: t.glob
    on: dhcp.option.hostname
    match: { glob: "HS1[01][0-9]*" }
    require: { nic_vendor: [TP-Link] }
    set: { vendor: TP-Link, type: smart_plug, model: "{match:HS[0-9]+}" }
    class: B
    tests: [ HS110 ]
  - { id: t.domain, on: dns.qry.name, match: { domain: [hikvision.com, ezviz.com] }, set: { vendor: Hikvision }, class: C, tests: [dev.hikvision.com] }
  - { id: t.prefix, on: http.server, match: { prefix: [Boa/, Boa-] }, set: { os: Linux }, class: E, tests: [Boa/0.94] }
  - { id: t.suffix, on: http.server, match: { suffix: "-webs" }, set: { vendor: V }, class: D, tests: [x-Webs] }
  - { id: t.num, on: snmp.sysObjectID, match: { num: [7, 0x10, 20-30] }, set: { vendor: N }, class: A, tests: ["7"] }
  - { id: t.seq, on: dhcp.option.request_list_item, match: { seq: "1,3,28,6" }, set: { os: lwIP }, class: D, tests: ["1,3,28,6"] }
  - { id: t.names, on: mdns.txt, match: { regex: '^ci=([0-9]+)$' }, names: { 5: smart_light, 17: ip_camera }, set: { type: "{1:names}" }, class: A, tests: ["ci=5"] }
  - { id: t.fields, on: dhcp.option.vendor_class_id, match: { fields: { Mfg: Xerox, Typ: MFP } }, set: { vendor: Xerox, type: mfp, model: "{mod}", serial: "{ser:%08x}" }, class: A, tests: ["Mfg=Xerox;Typ=MFP;Mod=7345;Ser=7"] }
  - { id: t.oui, on: eth.addr, match: { oui: ["00:50:56"] }, set: { type: virtual_machine }, class: B, tests: ["00:50:56:01:02:03"] }
  - { id: t.role, on: role, match: { exact: modbus server }, set: { category: ot }, class: C, tests: [modbus server] }
  - { id: t.set, on: mdns.service, match: { set: { all: [_ipp._tcp], any: [_scanner._tcp, _uscan._tcp] } }, set: { type: mfp }, class: B, tests: [[_ipp._tcp, _uscan._tcp]] }
`

func TestMatchers(t *testing.T) {
	r := load(t, everyMatcher)
	for _, c := range []struct{ field, value, want string }{
		{"dhcp.option.vendor_class_id", "AXIS,PTZ Dome Network Camera,Q60,5.1", "vendor=Axis/shown type=ip_camera/shown model=Axis Q60/shown firmware=5.1/shown"},
		{"dhcp.option.vendor_class_id", "axis,Network Camera,Q60,5.1", ""},
		{"dhcp.option.vendor_class_id", "mfg=xerox;TYP=MFP;Mod=C8;Ser=0x10", "vendor=Xerox/stated type=mfp/stated model=C8/stated serial=00000010/stated"},
		{"mdns.service", "_Axis-Video._tcp", "vendor=Axis/shown"},
		{"dns.qry.name", "EZVIZ.com.", "vendor=Hikvision/inferred"},
		{"dns.qry.name", "notezviz.com", ""},
		{"http.server", "BOA/1", "os=Linux/guessed"},
		{"http.server", "GoAhead-Webs", "vendor=V/guessed"},
		{"snmp.sysObjectID", "16", "vendor=N/stated"},
		{"snmp.sysObjectID", "25", "vendor=N/stated"},
		{"snmp.sysObjectID", "31", ""},
		{"dhcp.option.request_list_item", "1,3,28,6", "os=lwIP/guessed"},
		{"mdns.txt", "ci=17", "type=ip_camera/stated"},
		{"mdns.txt", "ci=99", ""},
		{"no.such.field", "x", ""},
	} {
		for range 2 { // the second time from the memo
			if got := text(r.Match(observed(c.field, c.value), nil)); got != c.want {
				t.Errorf("%s %q: got %q, want %q", c.field, c.value, got, c.want)
			}
		}
	}
}

func TestConditions(t *testing.T) {
	r := load(t, everyMatcher)
	host := observed("dhcp.option.hostname", "HS110(EU)")
	if got := r.Match(host, nil); len(got) != 0 {
		t.Errorf("without context: got %v", got)
	}
	if got, want := text(r.Match(host, Facts{tyto.NICVendor: {"tp-link"}})), "vendor=TP-Link/shown type=smart_plug/shown model=HS110/shown"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := r.Match(observed("mdns.service", "_axis-video._tcp"), Facts{tyto.Vendor: {"DoorBird"}}); len(got) != 0 {
		t.Errorf("a DoorBird is no Axis: got %v", got)
	}
}

func TestOtherWaysToAsk(t *testing.T) {
	r := load(t, everyMatcher)
	if got := text(r.MatchMAC(frame.MAC{0, 0x50, 0x56, 1, 2, 3}, nil)); got != "type=virtual_machine/shown" {
		t.Errorf("MatchMAC: got %q", got)
	}
	if got := text(r.Match(tyto.Observation{Attr: tyto.Role, Value: "modbus server"}, nil)); got != "category=ot/inferred" {
		t.Errorf("by attribute: got %q", got)
	}
	if got := r.SetFields(); len(got) != 1 || got[0] != "mdns.service" {
		t.Errorf("SetFields: got %v", got)
	}
	if got := text(r.MatchSet("mdns.service", []string{"_IPP._tcp", "_uscan._tcp", "_http._tcp"}, frame.MAC{}, nil)); got != "type=mfp/shown" {
		t.Errorf("MatchSet: got %q", got)
	}
	if got := r.MatchSet("mdns.service", []string{"_ipp._tcp"}, frame.MAC{}, nil); len(got) != 0 {
		t.Errorf("MatchSet without any: got %v", got)
	}
	if problems := r.Test(); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	rule := func(s string) string { return "pack: p\nrules:\n  - " + s }
	whole := `{ id: a.b, on: http.server, match: { exact: x }, set: { vendor: V }, class: B, tests: [x] }`
	for _, c := range []struct{ text, want string }{
		{rule(strings.Replace(whole, "vendor", "vender", 1)), `test.yaml:3: rule a.b: a rule cannot conclude "vender"`},
		{rule(strings.Replace(whole, "exact", "exactly", 1)), `unknown matcher "exactly"`},
		{rule(strings.Replace(whole, "class", "klass", 1)), `unknown key "klass"`},
		{rule(strings.Replace(whole, "class: B", "class: F", 1)), `class "F"; it is A, B, C, D or E`},
		{rule(strings.Replace(whole, "http.server", "http.serve", 1)), `unknown field "http.serve"; do you mean http.server?`},
		{rule(strings.Replace(whole, "tests: [x]", "tests: []", 1)), "no tests"},
		{rule(strings.Replace(whole, "exact: x", "regex: '('", 1)), "missing closing )"},
		{rule(strings.Replace(whole, "vendor: V", "vendor: '{1}'", 1)), "{1}: the pattern has 0 groups"},
		{rule(strings.Replace(whole, "vendor: V", "type: toaster", 1)), `there is no type "toaster"`},
		{rule(strings.Replace(whole, "exact: x", "exact: ''", 1)), "would match everything"},
		{rule(whole) + "\n  - " + whole, "the id is taken by area/test.yaml:3"},
		{rule(strings.Replace(whole, "exact: x", "seq: [1, 2]", 1)), `seq "1"; it is numbers in one text, "1,3,6"`},
		{"rules: [" + whole + "]", "no pack"},
		{"pack: p\nrules: {", "test.yaml"},
		{"pack: p\npack: q\nrules: []", "pack"},
		{"- a", "a list"},
	} {
		_, err := Load(fstest.MapFS{"area/test.yaml": {Data: []byte(c.text)}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot error %v\nwant one with %q", c.text, err, c.want)
		}
	}
}

func TestConflicts(t *testing.T) {
	r := load(t, `
pack: test
rules:
  - { id: a.one, on: http.server, match: { prefix: Thing }, set: { type: printer }, class: B, tests: [Thing/1] }
  - { id: a.two, on: http.server, match: { prefix: Th }, set: { type: switch }, class: B, tests: [Th] }
  - { id: a.fine, on: http.server, match: { prefix: Thin }, set: { type: mfp }, class: B, tests: [Thin/1] }
`)
	got := r.Conflicts()
	if len(got) != 2 || got[0].Rule != "a.one" || got[0].Other != "a.two" || got[0].Says != "switch" {
		t.Errorf("got %v", got)
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	r := load(t, everyMatcher)
	o, ctx := observed("dhcp.option.hostname", "HS110(EU)"), Context(Facts{tyto.NICVendor: {"TP-Link"}})
	r.Match(o, ctx)
	if n := testing.AllocsPerRun(100, func() { r.Match(o, ctx) }); n != 0 {
		t.Errorf("a repeated look-up allocates %v times", n)
	}
}

func TestMemoIsBounded(t *testing.T) {
	r := load(t, everyMatcher)
	for i := range 300_000 {
		r.Match(observed("http.server", fmt.Sprintf("Boa/%d", i)), nil)
	}
	bytes, entries := 0, 0
	for i := range r.memo.shards {
		s := &r.memo.shards[i]
		bytes += s.bytes
		entries += len(s.young) + len(s.old)
	}
	if most := memoShards * (generationBytes + 1000); bytes > most || entries > 150_000 {
		t.Errorf("the memo holds %d entries of %d bytes", entries, bytes)
	}
}

func TestTaxonomy(t *testing.T) {
	all := Types()
	if len(all) < 190 {
		t.Errorf("%d types", len(all))
	}
	for _, x := range all {
		if x.Parent != "" {
			p, ok := TypeOf(x.Parent)
			if !ok || p.Category != x.Category && x.ID != "ups" && x.ID != "pdu" {
				t.Errorf("%s has parent %q of category %q", x.ID, x.Parent, p.Category)
			}
		}
		if !IsA(x.ID, x.ID) || x.Name == "" || x.Defender == "" {
			t.Errorf("%+v", x)
		}
	}
	if got := CommonType("mfp", "label_printer"); got != "printer" {
		t.Errorf("mfp and label printer: got %q", got)
	}
	if got := CommonType("plc", "ip_camera"); got != "" {
		t.Errorf("plc and camera: got %q", got)
	}
}
