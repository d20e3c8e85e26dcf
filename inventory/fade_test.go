package inventory

import (
	"testing"

	"tyto/tyto"
)

// TestOldFactsFade is which of two values is believed of a device that was
// heard to the end, whichever was learnt first.
func TestOldFactsFade(t *testing.T) {
	type said struct {
		day      int
		value    string
		how      tyto.Confidence
		protocol string
		field    string
	}
	for _, x := range []struct {
		why  string
		a    tyto.Attr
		is   [2]said
		want string
	}{
		{"surer, and not yet old", tyto.OS, [2]said{{0, "Windows 7", tyto.Stated, "smb", "smb.native_os"}, {100, "Ubuntu", tyto.Shown, "ssh", "ssh.protocol"}}, "Windows 7"},
		{"surer, but half a year old", tyto.OS, [2]said{{0, "Windows 7", tyto.Stated, "smb", "smb.native_os"}, {200, "Ubuntu", tyto.Shown, "ssh", "ssh.protocol"}}, "Ubuntu"},
		{"old, against a guess", tyto.OS, [2]said{{0, "Windows 7", tyto.Stated, "smb", "smb.native_os"}, {2000, "Linux", tyto.Guessed, "tcp", "tcp.syn"}}, "Windows 7"},
		{"the habit of last month", tyto.OS, [2]said{{0, "Windows", tyto.Guessed, "tcp", "tcp.syn"}, {20, "Linux", tyto.Guessed, "tcp", "tcp.syn"}}, "Linux"},
		{"the habit of last week", tyto.OS, [2]said{{0, "Windows", tyto.Guessed, "tcp", "tcp.syn"}, {10, "Linux", tyto.Guessed, "tcp", "tcp.syn"}}, "Windows"},
		{"a better source of names", tyto.Hostname, [2]said{{0, "FAT-CLIENT", tyto.Stated, "kerberos", "kerberos.CNameString"}, {20, "pc-17", tyto.Stated, "dhcp", "dhcp.option.hostname"}}, "FAT-CLIENT"},
		{"renamed", tyto.Hostname, [2]said{{0, "FAT-CLIENT", tyto.Stated, "kerberos", "kerberos.CNameString"}, {40, "pc-17", tyto.Stated, "dhcp", "dhcp.option.hostname"}}, "pc-17"},
		{"another device took the address", tyto.Type, [2]said{{0, "ip_camera", tyto.Shown, "http", "http.server"}, {200, "printer", tyto.Shown, "snmp", "snmp.sysDescr"}}, "printer"},
		{"a person's word", tyto.Type, [2]said{{0, "ip_camera", tyto.Confirmed, person, "anna"}, {5000, "printer", tyto.Stated, "snmp", "snmp.sysDescr"}}, "ip_camera"},
		{"an agent's word", tyto.OS, [2]said{{0, "Windows 11", tyto.Confirmed, "defender", "osPlatform"}, {900, "Linux", tyto.Stated, "ssh", "ssh.protocol"}}, "Windows 11"},
		{"firmware is the newest anyhow", tyto.Firmware, [2]said{{1, "2.0", tyto.Stated, "snmp", "snmp.sysDescr"}, {2, "1.9", tyto.Shown, "http", "http.server"}}, "1.9"},
	} {
		for _, order := range [][2]int{{0, 1}, {1, 0}} {
			z := newHost(t)
			for _, i := range order {
				s := x.is[i]
				z.told(s.day*86400, x.a, s.value, s.how, s.protocol, s.field)
			}
			if got := z.one(); got.Value(x.a) != x.want {
				t.Errorf("%s: %s is %q, want %q", x.why, x.a, got.Value(x.a), x.want)
			}
		}
	}
}

// TestFadedFactsDoNotContradict: who had an address last year and who has it
// now are no conflict.
func TestFadedFactsDoNotContradict(t *testing.T) {
	for days, want := range map[int]int{10: 1, 400: 0} {
		z := newHost(t)
		z.told(0, tyto.Serial, "A1", tyto.Stated, "snmp", "snmp.serial")
		z.told(0, tyto.Type, "plc", tyto.Stated, "snmp", "snmp.sysDescr")
		z.told(days*86400, tyto.Serial, "B2", tyto.Stated, "snmp", "snmp.serial")
		z.told(days*86400, tyto.Type, "printer", tyto.Stated, "wsd", "wsd.Types")
		found := map[string]int{}
		for _, c := range z.one().Evidence {
			if c.Evidence.Protocol == "inventory" {
				found[c.Evidence.Field]++
			}
		}
		if found["serial_conflict"] != want || found["identity_conflict"] != want {
			t.Errorf("after %d days: %v, want %d of each", days, found, want)
		}
	}
}
