package inventory

import (
	"slices"
	"strings"
	"testing"

	"tyto/fingerprint"
	"tyto/frame"
	"tyto/tyto"
)

// one is the only device of a zone.
func (z zone) one() tyto.Device {
	z.Helper()
	all := z.Devices()
	if len(all) != 1 {
		z.Fatalf("%d devices, want one", len(all))
	}
	return all[0]
}

// believes demands a value of the only device.
func (z zone) believes(a tyto.Attr, want string) {
	z.Helper()
	d := z.one()
	if got := d.Value(a); got != want {
		z.Errorf("believes %s %q, want %q", a, got, want)
	}
}

// newHost is a zone of one interface.
func newHost(t testing.TB) zone {
	z := newZone(t)
	z.arp(0, host1, "10.0.0.5")
	return z
}

func (z zone) told(s int, a tyto.Attr, value string, how tyto.Confidence, protocol, field string) {
	z.Helper()
	z.say(s, host1, "10.0.0.5", a, value, how, protocol, field)
}

func TestHostnameIsRankedBySource(t *testing.T) {
	z := newHost(t)
	z.told(9, tyto.Hostname, "4c4c4544-0042-3510-8052-b4c04f4d3132.local", tyto.Stated, "mdns", "dns.a")
	z.believes(tyto.Hostname, "4c4c4544-0042-3510-8052-b4c04f4d3132.local")
	z.told(1, tyto.Hostname, "press.example", tyto.Shown, "dns", "dns.ptr")
	z.believes(tyto.Hostname, "press.example")
	z.told(2, tyto.Hostname, "PRESS", tyto.Stated, "nbns", "nbns.name")
	z.believes(tyto.Hostname, "PRESS")
	z.told(1, tyto.Hostname, "press-7", tyto.Stated, "dhcp", "dhcp.option.hostname")
	z.believes(tyto.Hostname, "press-7")
	z.told(1, tyto.Hostname, "press-7.plant.example", tyto.Stated, "dhcp", "dhcp.fqdn.name")
	z.believes(tyto.Hostname, "press-7.plant.example")
	z.told(1, tyto.Hostname, "PRESS-7", tyto.Stated, "ntlmssp", "ntlmssp.challenge.target_info.nb_computer_name")
	z.believes(tyto.Hostname, "PRESS-7")
	z.told(3, tyto.Hostname, "the press", tyto.Confirmed, "operator", "name")
	z.believes(tyto.Hostname, "the press")
	d := z.one()
	if got := len(d.Beliefs[tyto.Hostname].Others); got != 5 {
		t.Errorf("%d other names, want 5: PRESS-7 and press-7 are one", got)
	}
}

func TestFirmwareIsTheNewest(t *testing.T) {
	z := newHost(t)
	z.told(1, tyto.Firmware, "V9.0", tyto.Stated, "s7comm", "szl")
	z.told(50, tyto.Firmware, "V4.5", tyto.Shown, "snmp", "sysDescr")
	z.believes(tyto.Firmware, "V4.5")
	z.told(60, tyto.Firmware, "V1", tyto.Guessed, "http", "title")
	z.believes(tyto.Firmware, "V4.5")
}

func TestOperatingSystemBySource(t *testing.T) {
	z := newHost(t)
	z.told(1, tyto.OS, "Windows", tyto.Shown, "tcp", "tcp.options")
	z.told(1, tyto.OS, "Windows 10 22H2", tyto.Shown, "smb2", "build")
	z.told(9, tyto.OS, "Linux", tyto.Shown, "dhcp", "dhcp.option.vendor_class_id")
	z.believes(tyto.OS, "Windows 10 22H2")
}

func TestTypeSumsIndependentCauses(t *testing.T) {
	z := newHost(t)
	z.told(1, tyto.Type, "ip_camera", tyto.Inferred, "mdns", "a")
	z.told(1, tyto.Type, "printer", tyto.Inferred, "dhcp", "a")
	if d := z.one(); d.Value(tyto.Type) != "" && d.Value(tyto.Type) != fingerprint.CommonType("ip_camera", "printer") {
		t.Errorf("type is %q with even rivals", d.Value(tyto.Type))
	}
	z.told(2, tyto.Type, "printer", tyto.Inferred, "dhcp", "b") // the same cause
	d := z.one()
	if d.Value(tyto.Type) == "printer" {
		t.Error("one cause counted twice")
	}
	z.told(3, tyto.Type, "printer", tyto.Inferred, "snmp", "a")
	z.believes(tyto.Type, "printer")
	z.believes(tyto.Category, "iot")
}

func TestTypeIsRefined(t *testing.T) {
	z := newHost(t)
	z.told(1, tyto.Type, "print_device", tyto.Stated, "ipp", "a")
	z.told(1, tyto.Type, "mfp", tyto.Inferred, "mdns", "a")
	z.believes(tyto.Type, "mfp")
	z.told(1, tyto.Type, "plotter", tyto.Inferred, "snmp", "a")
	z.believes(tyto.Type, "print_device")
}

func TestContradictionIsTold(t *testing.T) {
	z := newHost(t)
	z.told(1, tyto.Type, "plc", tyto.Stated, "s7comm", "a")
	z.told(1, tyto.Type, "printer", tyto.Shown, "snmp", "a")
	z.believes(tyto.Type, "plc")
	d := z.one()
	if !slices.ContainsFunc(d.Evidence, func(c tyto.Claim) bool { return c.Evidence.Field == "identity_conflict" }) {
		t.Error("nothing is told of a PLC that is a printer")
	}
	z.told(1, tyto.Type, "printer", tyto.Confirmed, "operator", "a")
	z.believes(tyto.Type, "printer")
}

func TestVendorOfThePrefix(t *testing.T) {
	kind := "brand"
	z := zone{t, New("plant", Config{Vendor: func(frame.MAC) (string, string, bool) { return "Espressif", kind, true }})}
	z.arp(0, host1, "10.0.0.5")
	z.believes(tyto.Vendor, "Espressif")
	kind = "chip"
	z.believes(tyto.Vendor, "")
	z.believes(tyto.NICVendor, "Espressif")
	if got := z.one().Interfaces[0].Vendor; got != "Espressif" {
		t.Errorf("the interface is of %q", got)
	}
	z.told(1, tyto.Vendor, "Smarter", tyto.Inferred, "dhcp", "a")
	z.believes(tyto.Vendor, "Smarter")
}

func TestUnknownCategory(t *testing.T) {
	z := newHost(t)
	z.believes(tyto.Category, "unknown")
	z.believes(tyto.Type, "")
	z.told(1, tyto.Role, "router", tyto.Shown, "icmpv6", "a")
	z.believes(tyto.Category, "network")
}

func TestPartsAreModules(t *testing.T) {
	z := newHost(t)
	part := func(slot uint16, a tyto.Attr, value string) {
		z.Learn(&tyto.Event{Time: at(1), Observation: &tyto.Observation{
			Subject: tyto.Subject{MAC: mac(t, host1), Addr: ip(t, "10.0.0.5"), Part: slot}, Attr: a, Value: value, Confidence: tyto.Stated,
			Evidence: tyto.Evidence{Protocol: "cip", Field: "id"},
		}})
	}
	part(1, tyto.Model, "1756-L61")
	z.believes(tyto.Model, "1756-L61") // a lone part stands for the device
	part(2, tyto.PartModel, "1756-IB16")
	part(2, tyto.PartSerial, "0042")
	part(3, tyto.Model, "1756-EN2T")
	z.believes(tyto.Model, "")
	want := []tyto.Module{{Slot: 1, Model: "1756-L61"}, {Slot: 2, Model: "1756-IB16", Serial: "0042"}, {Slot: 3, Model: "1756-EN2T"}}
	if got := z.one().Modules; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestServicesAreMerged(t *testing.T) {
	z := newHost(t)
	for _, s := range []string{"tcp/80 http", "tcp/80", "tcp/80 http nginx 1.24", "udp/161 snmp", "nonsense"} {
		z.told(1, tyto.Provides, s, tyto.Shown, "http", "a")
	}
	want := []tyto.Service{{Transport: "tcp", Port: 80, Protocol: "http", Product: "nginx 1.24"}, {Transport: "udp", Port: 161, Protocol: "snmp"}}
	if got := z.one().Services; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEveryBeliefHasEvidence(t *testing.T) {
	z := newHost(t)
	z.told(4*hour, tyto.Serial, "SN-1", tyto.Stated, "snmp", "serial")
	z.told(2, tyto.Serial, "SN-1", tyto.Stated, "snmp", "serial")
	b := z.one().Beliefs[tyto.Serial]
	if b.Evidence.Packet != 3 || b.Evidence.Field != "serial" || !b.First.Equal(at(2)) || b.Last.After(at(4*hour)) || !b.Last.After(at(4*hour).Add(-tyto.Patience)) {
		t.Errorf("got %+v, want the first packet, and the whole time as far as it is told", b)
	}
}

// rules is a Matcher of one rule with a condition, and of one on a set.
type rules struct{}

func (rules) Match(o tyto.Observation, known fingerprint.Context) []fingerprint.Conclusion {
	switch {
	case o.Value == "AXIS,M3045":
		return []fingerprint.Conclusion{{Attr: tyto.Vendor, Value: "Axis", Confidence: tyto.Shown, RuleID: "axis.dhcp"}}
	case o.Attr == tyto.Hostname && known.Has(tyto.Vendor, "axis"):
		return []fingerprint.Conclusion{{Attr: tyto.Type, Value: "ip_camera", Confidence: tyto.Inferred, RuleID: "axis.name"}}
	}
	return nil
}

func (rules) MatchMAC(frame.MAC, fingerprint.Context) []fingerprint.Conclusion { return nil }
func (rules) SetFields() []string                                              { return []string{"mdns.service"} }
func (rules) MatchSet(_ string, values []string, _ frame.MAC, _ fingerprint.Context) []fingerprint.Conclusion {
	if len(values) < 2 {
		return nil
	}
	return []fingerprint.Conclusion{{Attr: tyto.Model, Value: strings.Join(values, "+"), Confidence: tyto.Guessed, RuleID: "set"}}
}

func TestConclusions(t *testing.T) {
	z := zone{t, New("plant", Config{Rules: rules{}})}
	z.arp(0, host1, "10.0.0.5")
	z.told(5, tyto.Hostname, "cam-1", tyto.Stated, "dhcp", "dhcp.option.hostname")
	z.told(7, tyto.Clue, "AXIS,M3045", tyto.Stated, "dhcp", "dhcp.option.vendor_class_id")
	z.told(8, tyto.Clue, "_http._tcp", tyto.Stated, "mdns", "mdns.service")
	z.told(8, tyto.Clue, "_axis._tcp", tyto.Stated, "mdns", "mdns.service")
	z.believes(tyto.Vendor, "Axis")
	z.believes(tyto.Type, "ip_camera") // in the second round
	z.believes(tyto.Model, "_axis._tcp+_http._tcp")
	e := z.one().Beliefs[tyto.Vendor].Evidence
	if e.Protocol != "fingerprint" || e.Field != "axis.dhcp" || e.Packet != 8 {
		t.Errorf("got %+v, want the rule and the packet of what it matched", e)
	}
}

func TestModeIsTheNewest(t *testing.T) {
	z := newHost(t)
	z.told(1, tyto.Mode, "run", tyto.Stated, "s7comm", "s7comm.szl.0424.0000.bzu_id")
	z.told(9, tyto.Mode, "stop", tyto.Shown, "s7comm", "s7comm.param.func")
	z.believes(tyto.Mode, "stop")
	z.told(20, tyto.Mode, "run", tyto.Stated, "s7comm", "s7comm.szl.0424.0000.bzu_id")
	z.believes(tyto.Mode, "run")
	z.told(20, tyto.Key, "remote", tyto.Stated, "cip", "cip.id.status")
	z.told(21, tyto.Key, "program", tyto.Stated, "cip", "cip.id.status")
	z.believes(tyto.Key, "program")
	if d := z.one(); len(d.Beliefs[tyto.Mode].Others) != 1 {
		t.Errorf("the mode before is not kept: %+v", d.Beliefs[tyto.Mode])
	}
}
