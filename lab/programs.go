package lab

import (
	"fmt"
	"os/exec"
	"sort"
	"strings"
)

// packages says which Debian package a program comes from.
var packages = map[string]string{
	"ip": "iproute2", "tc": "iproute2", "nsenter": "util-linux", "tcpdump": "tcpdump",
	"dnsmasq": "dnsmasq-base", "avahi-daemon": "avahi-daemon", "avahi-browse": "avahi-utils",
	"dbus-daemon": "dbus-daemon", "smbd": "samba", "nmbd": "samba", "smbclient": "smbclient",
	"nmblookup": "samba-common-bin", "snmpd": "snmpd", "snmpwalk": "snmp", "lldpd": "lldpd",
	"cupsd": "cups-daemon", "lpadmin": "cups-client", "mosquitto": "mosquitto",
	"mosquitto_pub": "mosquitto-clients", "sshd": "openssh-server", "ssh": "openssh-client",
	"nginx": "nginx-light", "minidlnad": "minidlna",
	"dhclient": "isc-dhcp-client", "udhcpc": "udhcpc", "dhcpcd": "dhcpcd-base", "llmnrd": "llmnrd",
	"curl": "curl", "python3": "python3-pymodbus python3-serial-asyncio", "busybox": "busybox",
}

// Missing names the programs of the lab that this machine lacks, and the
// Debian packages that bring them.
func Missing() (programs, debian []string) {
	seen := map[string]bool{}
	for program, pkg := range packages {
		if _, err := exec.LookPath(program); err == nil && (program != "python3" || hasPymodbus()) {
			continue
		}
		programs = append(programs, program)
		if !seen[pkg] {
			seen[pkg] = true
			debian = append(debian, pkg)
		}
	}
	sort.Strings(programs)
	sort.Strings(debian)
	return programs, debian
}

func hasPymodbus() bool {
	return exec.Command(python, "-c", "import pymodbus.client").Run() == nil
}

// python is the system's own interpreter, which sees Debian's packages.
const python = "/usr/bin/python3"

// dhclient asks with ISC dhclient; class and the codes of the parameter
// request list are the device's.
func dhclient(hostname, class string, codes ...int) trait {
	return func(h *Host) {
		var b strings.Builder
		names := make([]string, len(codes))
		for i, c := range codes {
			if names[i] = clientNames[c]; names[i] == "" {
				names[i] = fmt.Sprintf("lab-%d", c)
				fmt.Fprintf(&b, "option %s code %d = array of unsigned integer 8;\n", names[i], c)
			}
		}
		if hostname != "" {
			fmt.Fprintf(&b, "send host-name \"%s\";\n", hostname)
		}
		if class != "" {
			fmt.Fprintf(&b, "send vendor-class-identifier \"%s\";\n", class)
		}
		fmt.Fprintf(&b, "send dhcp-client-identifier = hardware;\ntimeout 20;\nrequest %s;\n", strings.Join(names, ", "))
		h.file("/etc/dhcp/dhclient.conf", b.String())
		h.Ports[0].DHCP = "dhclient -1 -4 " + h.Ports[0].Name
	}
}

// clientNames is dhclient's names of the options that it knows.
var clientNames = map[int]string{
	1: "subnet-mask", 2: "time-offset", 3: "routers", 6: "domain-name-servers", 12: "host-name", 13: "boot-size",
	15: "domain-name", 28: "broadcast-address", 31: "router-discovery", 33: "static-routes",
	42: "ntp-servers", 43: "vendor-encapsulated-options", 44: "netbios-name-servers",
	46: "netbios-node-type", 47: "netbios-scope", 66: "tftp-server-name", 67: "bootfile-name",
	119: "domain-search",
}

// udhcpc asks with the client of BusyBox, as most small devices do, for the
// usual options and those with these codes; for its own choice without any.
func udhcpc(hostname, class string, codes ...int) trait {
	return func(h *Host) {
		c := "udhcpc -i " + h.Ports[0].Name + " -t 8 -T 2 -s /etc/udhcpc/default.script"
		if hostname != "" {
			c += " -x hostname:" + hostname
		}
		if class != "" {
			c += " -V " + quote(class)
		}
		if len(codes) > 0 {
			c += " -o"
			for _, code := range append([]int{1, 3, 6, 15}, codes...) {
				c += fmt.Sprintf(" -O %d", code)
			}
		}
		h.Ports[0].DHCP = c
	}
}

// dhcpcd asks with dhcpcd, as Raspberry Pi OS, Android and BSDs do.
func dhcpcd(hostname, class string, options string) trait {
	return func(h *Host) {
		identity := "clientid"
		if strings.HasPrefix(class, "dhcpcd-") { // its own way: a DUID
			identity = "duid"
		}
		conf := identity + "\npersistent\nslaac hwaddr\nnoipv6rs\noption " + options + "\nrequire dhcp_server_identifier\nnoarp\n"
		if hostname != "" {
			conf += "hostname " + hostname + "\n"
		}
		conf += "vendorclassid " + class + "\n" // none at all if empty: dhcpcd's own names this kernel
		h.file("/etc/dhcpcd.conf", conf)
		h.Ports[0].DHCP = "dhcpcd -4 -w -t 20 " + h.Ports[0].Name
	}
}

// sshServer runs OpenSSH's server, which lets the lab's own key in. Only what
// plays a Debian machine names Debian in its greeting.
func sshServer(debian bool) trait {
	return func(h *Host) {
		h.file("/etc/ssh/sshd_lab", "UsePAM no\nPermitRootLogin prohibit-password\nPrintMotd no\nAuthorizedKeysFile /etc/ssh/lab_keys\nPidFile none\nHostKey /etc/ssh/lab_host_key\nDebianBanner "+yes(debian))
		does("sshd", 0, 0, "mkdir -p /run/sshd; rm -f /etc/ssh/lab_host_key; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/lab_host_key; exec /usr/sbin/sshd -D -e -f /etc/ssh/sshd_lab")(h)
	}
}

// snmp runs Net-SNMP's agent with the system group of the device.
func snmp(descr, oid, location string) trait {
	return func(h *Host) {
		h.file("/etc/snmp/snmpd.conf", fmt.Sprintf("agentaddress udp:161\nrocommunity public\nsysDescr %s\nsysObjectID %s\nsysName %s\nsysLocation %s\nsysContact it-desk@office.example\nsysServices 72\ncreateUser watch SHA-256 \"lab-auth-secret\" AES \"lab-priv-secret\"\nrouser watch\n", descr, oid, h.Name, location))
		does("snmpd", 0.5, 0, "exec snmpd -f -Lo -C -c /etc/snmp/snmpd.conf")(h)
	}
}

// lldp runs lldpd: med is the device class of LLDP-MED (0 for none),
// commands are for lldpcli.
func lldp(descr, platform string, med int, cdp bool, commands ...string) trait {
	return func(h *Host) {
		commands = append(commands, "configure lldp tx-interval 60")
		h.file("/etc/lldpd.lab.conf", strings.Join(commands, "\n"))
		flags := " -S " + quote(descr) + " -P " + quote(platform)
		if med > 0 {
			flags += fmt.Sprintf(" -M %d", med)
		} else {
			flags += " -i"
		}
		if cdp {
			flags += " -l -ccccc" // LLDP always, and CDP version 2
		}
		does("lldpd", 1, 0, "mkdir -p /run/lldpd; exec lldpd -d -k -C eth0 -I eth0 -O /etc/lldpd.lab.conf"+flags)(h)
	}
}

// inventory is lldpcli's commands for the inventory of LLDP-MED.
func inventory(manufacturer, model, hardware, firmware, software, serial string) []string {
	return []string{
		"configure inventory manufacturer " + quote2(manufacturer), "configure inventory model " + quote2(model),
		"configure inventory hardware-revision " + quote2(hardware), "configure inventory firmware-revision " + quote2(firmware),
		"configure inventory software-revision " + quote2(software), "configure inventory serial-number " + quote2(serial),
		"configure inventory asset " + quote2("none"),
	}
}

func quote2(s string) string { return `"` + s + `"` }

// avahi runs the mDNS responder with service files; browsing gives it a
// private message bus, which avahi-browse needs.
func avahi(browsing bool, services ...service) trait {
	return func(h *Host) {
		conf := "[server]\nuse-ipv4=yes\nuse-ipv6=yes\nallow-interfaces=eth0\nenable-dbus=%s\n[publish]\npublish-workstation=no\npublish-hinfo=no\n[rlimits]\n"
		run := "rm -f /etc/avahi/services/*.disabled; mkdir -p /run/avahi-daemon; "
		if browsing {
			conf = fmt.Sprintf(conf, "yes")
			run += "mkdir -p /run/dbus; dbus-uuidgen > /etc/machine-id; dbus-daemon --system --fork; "
		} else {
			conf = fmt.Sprintf(conf, "no")
		}
		h.file("/etc/avahi/avahi-daemon.conf", conf)
		for i, s := range services {
			h.file(fmt.Sprintf("/etc/avahi/services/lab%d.service", i), s.xml())
		}
		does("avahi", 1, 0, run+"exec avahi-daemon --no-drop-root --no-rlimits --no-chroot")(h)
	}
}

// A service is one of DNS-SD: "_ipp._tcp" on a port, with its TXT record.
type service struct {
	instance, kind string
	port           int
	txt            []string
}

func (s service) xml() string {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version=\"1.0\" standalone=\"no\"?><!DOCTYPE service-group SYSTEM \"avahi-service.dtd\">\n<service-group><name replace-wildcards=\"yes\">%s</name><service><type>%s</type><port>%d</port>", escape(s.instance), s.kind, s.port)
	for _, t := range s.txt {
		fmt.Fprintf(&b, "<txt-record>%s</txt-record>", escape(t))
	}
	b.WriteString("</service></service-group>")
	return b.String()
}
