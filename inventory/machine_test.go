package inventory

import (
	"strings"
	"testing"
	"time"

	"tyto/tyto"
)

const (
	board, boardIP = "00:11:22:00:00:01", "10.0.0.11"
	rack, rackIP   = "00:11:22:00:00:02", "10.0.0.12"
	rack2, rack2IP = "00:11:22:00:00:03", "10.0.0.13"
)

// kinOf is the findings of the device with an address that are of a sort.
func (z zone) kinOf(m, sort string) (texts []string) {
	z.Helper()
	d, ok := z.Device(z.Find(tyto.Subject{MAC: mac(z, m)}))
	if !ok {
		z.Fatalf("no device has %s", m)
	}
	for _, c := range d.Evidence {
		if c.Evidence.Protocol == "inventory" && c.Evidence.Field == sort {
			texts = append(texts, c.Value)
		}
	}
	return texts
}

// TestControllersAndTheirServers: each is told of the other, whoever was heard
// first, and they stay two.
func TestControllersAndTheirServers(t *testing.T) {
	type said struct {
		a               tyto.Attr
		value           string
		how             tyto.Confidence
		protocol, field string
	}
	const uuid = "uuid:4c4c4544-0042-3510-8052-b4c04f4d3132"
	for _, x := range []struct {
		why            string
		inside, server said
		related        bool
	}{
		{"UUID", said{tyto.Identity, machineKey + uuid, tyto.Stated, "rmcp", "ipmi.app37.guid"}, said{tyto.Identity, uuid, tyto.Stated, "dhcp", "dhcp.option.client_system_uuid"}, true},
		{"another UUID", said{tyto.Identity, machineKey + uuid, tyto.Stated, "rmcp", "ipmi.app37.guid"}, said{tyto.Identity, uuid[:len(uuid)-1] + "3", tyto.Stated, "dhcp", "x"}, false},
		{"Dell's name", said{tyto.Hostname, "iDRAC-7XK2Q53", tyto.Stated, "dhcp", "dhcp.option.hostname"}, said{tyto.Serial, "7XK2Q53", tyto.Stated, "snmp", "snmp.serial"}, true},
		{"HPE's name", said{tyto.Hostname, "ILOCZ21430AB9.example.com", tyto.Stated, "dhcp", "dhcp.option.hostname"}, said{tyto.Serial, "CZ21430AB9", tyto.Stated, "snmp", "snmp.serial"}, true},
		{"Lenovo's name", said{tyto.Hostname, "XCC-7X06-J300ABCD", tyto.Stated, "dhcp", "dhcp.option.hostname"}, said{tyto.Serial, "J300ABCD", tyto.Stated, "snmp", "snmp.serial"}, true},
		{"certificate", said{tyto.Clue, "CN=idrac-7XK2Q53,OU=Remote Access Group,O=Dell Inc.", tyto.Stated, "tls", "x509sat.subject"}, said{tyto.Serial, "7xk2q53", tyto.Stated, "snmp", "snmp.serial"}, true},
		{"a serial number that both state", said{tyto.Hostname, "idrac-7XK2Q53", tyto.Stated, "dhcp", "dhcp.option.hostname"}, said{tyto.Serial, "7XK2Q53", tyto.Stated, "snmp", "snmp.serial"}, true},
		{"a person's name", said{tyto.Hostname, "db01-ilo.example.com", tyto.Stated, "dhcp", "dhcp.option.hostname"}, said{tyto.Hostname, "DB01", tyto.Stated, "smb", "ntlmssp"}, true},
		{"a guess", said{tyto.Hostname, "db01-ilo", tyto.Guessed, "dns", "dns.ptr"}, said{tyto.Hostname, "DB01", tyto.Stated, "smb", "ntlmssp"}, false},
		{"ilona is no controller", said{tyto.Hostname, "ilona-pc", tyto.Stated, "dhcp", "dhcp.option.hostname"}, said{tyto.Hostname, "pc", tyto.Stated, "smb", "ntlmssp"}, false},
	} {
		for _, first := range []bool{true, false} {
			z := newZone(t)
			z.arp(0, board, boardIP)
			z.arp(0, rack, rackIP)
			tell := func(inside bool) {
				if inside {
					if strings.HasSuffix(x.why, "both state") {
						z.say(1, board, boardIP, tyto.Serial, x.server.value, tyto.Stated, "snmp", "snmp.serial")
					}
					z.say(1, board, boardIP, x.inside.a, x.inside.value, x.inside.how, x.inside.protocol, x.inside.field)
				} else {
					z.say(2, rack, rackIP, x.server.a, x.server.value, x.server.how, x.server.protocol, x.server.field)
				}
			}
			tell(first)
			z.Changed()
			tell(!first)
			changed := len(z.Changed())
			if n := len(z.Devices()); n != 2 {
				t.Fatalf("%s: %d devices, want 2", x.why, n)
			}
			down, up := z.kinOf(rack, "management_controller"), z.kinOf(board, "managed_server")
			if x.related != (len(down) == 1) || x.related != (len(up) == 1) || x.related != (changed == 2) {
				t.Errorf("%s: %q and %q, %d changed", x.why, down, up, changed)
			}
			if x.related && (!strings.Contains(down[0], board) || !strings.Contains(up[0], rack)) {
				t.Errorf("%s: %q and %q do not name each other", x.why, down, up)
			}
			z.Forget(time.Time{})
			if x.related != (len(z.kinOf(board, "managed_server")) == 1) {
				t.Errorf("%s: otherwise after others were forgotten", x.why)
			}
		}
	}
}

// TestTwoServersOfOneName: then a controller's name says nothing.
func TestTwoServersOfOneName(t *testing.T) {
	z := newZone(t)
	for i, x := range [][3]string{{rack, rackIP, "db01"}, {rack2, rack2IP, "DB01"}, {board, boardIP, "db01-bmc"}} {
		z.arp(0, x[0], x[1])
		z.say(i+1, x[0], x[1], tyto.Hostname, x[2], tyto.Stated, "dhcp", "dhcp.option.hostname")
	}
	if got := z.kinOf(board, "managed_server"); len(got) > 0 {
		t.Errorf("%q of two that are so named", got)
	}
}
