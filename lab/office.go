package lab

import "crypto/x509/pkix"

// Gateways of the lab's networks, and where they are.
const (
	officeGateway = "10.20.0.1"
	cameraVLAN    = 20
)

// What Windows, macOS, Android and printers ask DHCP for.
var (
	askWindows = []int{1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252}
	askJet     = []int{6, 3, 1, 15, 66, 67, 13, 44, 12, 252}
	askPhone   = []int{1, 28, 66, 43, 3, 15, 6, 12, 42, 2}
)

// Browsers, as their User-Agent headers name them.
const (
	edge    = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0"
	safari  = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15"
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"
	android = "Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
)

// OfficeHosts is a small company: an office, cameras in a VLAN, machines, a
// hall behind a router, and a piece of internet made of documentation
// addresses (RFC 5737, RFC 3849) and names (RFC 2606).
func OfficeHosts() []*Host {
	var all []*Host
	for _, part := range [][]*Host{infrastructure(), servers(), workplaces(), peripherals(), things(), machines()} {
		all = append(all, part...)
	}
	return all
}

func infrastructure() []*Host {
	cisco := "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E4, RELEASE SOFTWARE (fc2)"
	hp := "HP J9776A 2530-24G Switch, revision YA.16.04.0008, ROM YA.15.20"
	moxa := "EDR-810-2GSFP V5.6 build 20111614"
	return []*Host{
		internet(),
		gateway(),
		host("sw-floor1", "switch", "00:1b:54:0a:10:02", at("10.20.0.2/24", officeGateway), plug(1), sshServer(false),
			snmp(cisco, ".1.3.6.1.4.1.9.1.1208", "Floor 1, rack A"),
			lldp(cisco, "cisco WS-C2960X-24TS-L", 0, true, "configure system capabilities enabled bridge",
				"configure ports eth0 lldp portidsubtype local Gi1/0/1 description GigabitEthernet1/0/1")),
		host("sw-floor2", "switch", "94:57:a5:20:10:03", at("10.20.0.3/24", officeGateway), plug(2),
			snmp(hp, ".1.3.6.1.4.1.11.2.3.7.11.153", "Floor 2, rack B"), web(80, "eHTTP v2.0", "HP J9776A 2530-24G Switch", ""),
			lldp(hp, "HP J9776A", 0, false, "configure system capabilities enabled bridge")),
		host("ap-lobby", "access point", "24:a4:3c:61:10:04", plug(6), dhclient("ap-lobby", "ubnt", 1, 3, 6, 15, 28, 42, 43),
			sshServer(false), lldp("UAP-AC-Pro-Gen2, 6.5.28.14491", "UAP-AC-Pro", 0, false)),
		host("rtr-hall", "router", "00:90:e8:44:10:05", at("10.20.0.4/24", officeGateway), plug(3),
			port(Port{Name: "eth1", MAC: "00:90:e8:44:10:06", Segment: Hall, Addrs: []string{"10.20.40.1/24"}}),
			tune("net.ipv4.ip_forward=1"), snmp(moxa, ".1.3.6.1.4.1.8691.6.50", "Hall, cabinet 1"),
			web(80, "GoAhead-Webs", "EDR-810-2GSFP", "EDR-810"),
			lldp("MOXA EDR-810-2GSFP", "EDR-810", 0, false, "configure system capabilities enabled bridge,router")),
	}
}

// gateway is router, DHCP and DNS of the office.
func gateway() *Host {
	h := host("gw-office", "router", "78:8a:20:5c:10:01", at("10.20.0.1/24", ""), sshServer(false),
		port(Port{Name: "eth1", MAC: "78:8a:20:5c:10:f1", Segment: Internet, Addrs: []string{"203.0.113.2/24", "2001:db8:fe::2/64"}, Gateway: "203.0.113.1"}),
		port(Port{Name: "lan20", MAC: "78:8a:20:5c:10:02", Segment: Office, VLAN: cameraVLAN, Addrs: []string{"10.20.20.1/24"}}),
		tune("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"),
		snmp("EdgeOS v2.0.9-hotfix.6.5574651.221230.1020", ".1.3.6.1.4.1.41112.1.5", "Server room"),
		lldp("EdgeRouter X SFP 6-Port, EdgeOS v2.0.9-hotfix.6", "EdgeRouter X SFP", 0, false, "configure system ip management pattern 10.20.0.1"),
		nginx(site{name: "gw-office.office.example", title: "EdgeOS", port: 443, tls: &pkix.Name{CommonName: "UbiquitiRouterUI", Organization: []string{"Ubiquiti Inc."}, Country: []string{"US"}}}))
	h.Ports[0].Addrs = append(h.Ports[0].Addrs, "2001:db8:20::1/64")
	h.file("/etc/resolv.conf", "nameserver 127.0.0.1")
	h.file("/etc/dnsmasq.conf", `no-resolv
no-hosts
server=192.0.2.53
domain=office.example
local=/office.example/
expand-hosts
dhcp-authoritative
no-ping
dhcp-leasefile=/run/lab/leases
enable-ra
dhcp-range=set:office,10.20.0.100,10.20.0.199,12h
dhcp-range=set:cameras,10.20.20.100,10.20.20.199,12h
dhcp-range=2001:db8:20::,ra-stateless,ra-names,1h
dhcp-option=tag:office,option:ntp-server,10.20.0.1
host-record=gw-office.office.example,10.20.0.1
host-record=sw-floor1.office.example,10.20.0.2
host-record=sw-floor2.office.example,10.20.0.3
host-record=rtr-hall.office.example,10.20.0.4
host-record=srv-files.office.example,10.20.0.10
host-record=srv-infra.office.example,intranet.office.example,10.20.0.11
host-record=srv-print.office.example,10.20.0.12
host-record=nas-media.office.example,10.20.0.13
host-record=plc-line1.office.example,10.20.0.50
host-record=plc-pack.office.example,10.20.0.51
host-record=meter-main.office.example,10.20.0.52
host-record=hmi-line1.office.example,10.20.0.53
host-record=plc-hall1.office.example,10.20.40.10
host-record=rtu-hall2.office.example,10.20.40.11
`)
	does("route", 0, 0, "ip route add 10.20.40.0/24 via 10.20.0.4; ip -6 route add default via 2001:db8:fe::1")(h)
	does("dnsmasq", 0.2, 0, "exec dnsmasq -k -C /etc/dnsmasq.conf -u root")(h)
	return h
}

// internet is what is beyond the office's gateway.
func internet() *Host {
	public := func(cn, org string) *pkix.Name {
		return &pkix.Name{CommonName: cn, Organization: []string{org}}
	}
	h := host("internet", "internet", "02:00:5e:00:53:01", on(Internet), at("203.0.113.1/24", ""), sshServer(true), mosquitto(),
		nginx(site{name: "www.vendor.example", title: "Vendor", port: 80},
			site{name: "www.vendor.example", title: "Vendor", port: 443, tls: public("www.vendor.example", "Vendor Example Ltd")},
			site{name: "updates.os.example", title: "Updates", port: 443, tls: public("updates.os.example", "OS Example Corp")},
			site{name: "api.cloud.example", title: "API", port: 443, tls: public("api.cloud.example", "Cloud Example Inc"), protocols: "TLSv1.2"},
			site{name: "telemetry.things.example", title: "Telemetry", port: 443, tls: public("telemetry.things.example", "Things Example GmbH")}),
		does("addresses", 0, 0, "ip addr add 2001:db8:fe::1/64 dev eth0; for a in 192.0.2.10/32 192.0.2.53/32 192.0.2.80/32 198.51.100.20/32 198.51.100.21/32 203.0.113.30/32 2001:db8:ff::10/128; do ip addr add $a dev lo; done; ip route add 10.20.0.0/16 via 203.0.113.2; ip -6 route add 2001:db8:20::/64 via 2001:db8:fe::2"))
	h.file("/etc/resolv.conf", "nameserver 127.0.0.1")
	h.file("/etc/dnsmasq.conf", `no-resolv
no-hosts
local=/example/
host-record=www.vendor.example,192.0.2.10,2001:db8:ff::10
host-record=updates.os.example,198.51.100.20
host-record=api.cloud.example,198.51.100.21
host-record=telemetry.things.example,203.0.113.30
host-record=mqtt.things.example,203.0.113.30
host-record=portal.social.example,192.0.2.80
cname=cdn.vendor.example,www.vendor.example
mx-host=vendor.example,www.vendor.example,10
txt-record=vendor.example,"v=spf1 -all"
`)
	does("dnsmasq", 0.5, 0, "exec dnsmasq -k -C /etc/dnsmasq.conf -u root")(h)
	return h
}

func servers() []*Host {
	tls := func(cn string) *pkix.Name {
		return &pkix.Name{CommonName: cn, Organization: []string{"Office Example"}, OrganizationalUnit: []string{"IT"}}
	}
	watched := "10.20.0.1 10.20.0.2 10.20.0.3 10.20.0.4 10.20.0.10 prn-lobby.office.example prn-acct.office.example ups-rack.office.example plc-pack.office.example rtu-hall2.office.example"
	return []*Host{
		host("srv-files", "server", "d4:be:d9:3a:10:0a", at("10.20.0.10/24", officeGateway), plug(3), sshServer(true),
			samba("OFFICE", "File server", true),
			snmp("Linux srv-files 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 x86_64", ".1.3.6.1.4.1.8072.3.2.10", "Server room"),
			does("update", 60, 360, "curl -s -m 5 -A 'Debian APT-HTTP/1.3 (2.6.1)' http://www.vendor.example/ -o /dev/null")),
		host("srv-infra", "server", "00:50:56:9a:10:0b", at("10.20.0.11/24", officeGateway), plug(4), sshServer(true), mosquitto(), speaksModbus(),
			nginx(site{name: "intranet.office.example", title: "Intranet", port: 80},
				site{name: "intranet.office.example", title: "Intranet", port: 443, tls: tls("intranet.office.example"), protocols: "TLSv1.2"}),
			does("watch", 30, 234, "for a in %s; do snmpget -v2c -c public -r 0 -t 2 -Ofn $a 1.3.6.1.2.1.1.1.0 1.3.6.1.2.1.1.2.0 1.3.6.1.2.1.1.3.0 1.3.6.1.2.1.1.4.0 1.3.6.1.2.1.1.5.0 1.3.6.1.2.1.1.6.0; done", watched),
			does("walk", 35, 0, "for a in 10.20.0.3 prn-lobby.office.example; do snmpwalk -v2c -c public -r 0 -t 2 -Ofn $a 1.3.6.1.2.1.1; done; snmpwalk -v1 -c public -r 0 -t 2 -Ofn 10.20.0.10 1.3.6.1.2.1.1"),
			does("watch-v3", 45, 270, "snmpget -v3 -l authPriv -u watch -a SHA-256 -A lab-auth-secret -x AES -X lab-priv-secret -r 0 -t 2 10.20.0.2 1.3.6.1.2.1.1.5.0"),
			does("interfaces", 50, 540, "snmpbulkwalk -v2c -c public -r 0 -t 2 -Ofn 10.20.0.2 1.3.6.1.2.1.2.2.1"),
			does("collect", 40, 108, "mosquitto_sub -h 127.0.0.1 -t 'site/#' -W 20"),
			does("ssh-jobs", 70, 288, "for a in 10.20.0.2 10.20.0.10 ap-lobby.office.example; do ssh root@$a uptime; done"),
			does("sync", 75, 240, "%s -c \"import ssl, urllib.request as u; u.urlopen('https://api.cloud.example/', timeout=5, context=ssl._create_unverified_context())\"", python),
			does("ping", 33, 120, "for a in 10.20.0.1 10.20.0.50 10.20.40.10; do busybox ping -c 2 $a; done"),
			does("historian", 25, 0, "exec %s /etc/lab/modbus_client.py 10.20.40.10 1 2000 identify poll", python)),
		host("srv-print", "print server", "dc:a6:32:7b:10:0c", at("10.20.0.12/24", officeGateway), plug(5), cups("lobby", "Lobby"), sshServer(true),
			avahi(false, service{"Lobby queue @ %h", "_ipp._tcp", 631, []string{"txtvers=1", "qtotal=1", "rp=printers/lobby", "ty=Local Raw Printer", "note=Lobby", "pdl=application/octet-stream,application/pdf", "UUID=3f2a7d80-0a6b-3c58-5f0e-dca6327b100c"}},
				service{"%h", "_ssh._tcp", 22, nil})),
		host("nas-media", "NAS", "00:11:32:6c:10:0d", at("10.20.0.13/24", officeGateway), plug(5), samba("OFFICE", "DiskStation", true), minidlna("nas-media"),
			nginx(site{name: "nas-media", title: "nas-media - Synology DiskStation", port: 5000},
				site{name: "nas-media", title: "nas-media - Synology DiskStation", port: 5001, tls: &pkix.Name{CommonName: "synology", Organization: []string{"Synology Inc."}, Country: []string{"TW"}}, protocols: "TLSv1.2"}),
			avahi(false, service{"%h", "_smb._tcp", 445, nil},
				service{"%h", "_http._tcp", 5000, []string{"vendor=Synology", "model=DS220+", "serial=1780PDN000123", "version_major=7", "version_minor=2", "version_build=64570", "admin_port=5000", "secure_admin_port=5001", "mac_address=00:11:32:6c:10:0d"}},
				service{"%h", "_device-info._tcp", 0, []string{"model=Xserve"}})),
	}
}

// officeWork is how workplaces use servers and the internet; n tells one from another, in seconds.
func officeWork(n float64, agent string) trait {
	return func(h *Host) {
		does("intranet", 20+n, 310+n, "curl -sk -m 5 -A %s http://intranet.office.example/ -o /dev/null; curl -sk -m 5 -A %s https://intranet.office.example/ -o /dev/null", quote(agent), quote(agent))(h)
		does("web", 35+n, 250+2*n, "curl -s -m 5 -A %s http://www.vendor.example/ -o /dev/null; curl -sk -m 5 -A %s https://api.cloud.example/ https://www.vendor.example/ -o /dev/null", quote(agent), quote(agent))(h)
		does("files", 50+2*n, 432, "smbclient -N //srv-files.office.example/projects -c 'ls; get figures.txt /tmp/figures.txt'; smbclient -N -L srv-files.office.example")(h)
		does("names", 15+n, 414, "nmblookup SRV-FILES; nmblookup OFFICE#1b")(h)
		spooler := "Internet Print Provider"
		switch agent {
		case safari:
			spooler = "CUPS/2.3.4 (macOS 14.4; arm64) IPP/2.0"
		case firefox:
			spooler = "CUPS/2.4.2 IPP/2.0"
		}
		prints(80+4*n, spooler)(h)
	}
}

func pc(name, mac string, n float64, more ...trait) *Host {
	return host(name, "workstation", mac, append([]trait{plug(10 + 3*n), dhclient(name, "MSFT 5.0", askWindows...), windows(), officeWork(6*n, edge),
		does("search", 30+5*n, 360, "$LAB play search -agent 'Microsoft-Windows/10.0 UPnP/1.0 Microsoft-Windows-SSDP/10.0'"),
		does("llmnr", 26+5*n, 324, "llmnr-query -T A -c 2 -i 400 wpad; llmnr-query -T A -c 1 %s; llmnr-query -T AAAA -c 1 -6 -i 400 %s", "pc-acct-01", "pc-acct-01"),
		does("os", 55+7*n, 468, "curl -sk -m 5 -A 'Windows-Update-Agent/10.0.10011.16384 Client-Protocol/2.50' https://updates.os.example/ -o /dev/null")}, more...)...)
}

func workplaces() []*Host {
	return []*Host{
		pc("pc-acct-01", "d4:be:d9:41:20:01", 0),
		pc("pc-acct-02", "e8:6a:64:41:20:02", 1),
		pc("pc-sales-03", "3c:d9:2b:41:20:03", 2),
		host("pc-it-desk", "workstation", "54:ee:75:41:20:04", plug(19), dhclient("pc-it-desk", "", 1, 28, 2, 3, 15, 6, 119, 12), officeWork(18, firefox),
			does("admin", 65, 342, "ssh root@10.20.0.3 true; ssh root@10.20.0.2 'uptime'; ssh root@srv-print.office.example uptime; curl -sk -m 5 https://10.20.0.1/ -o /dev/null; curl -s -m 5 http://10.20.0.3/ -o /dev/null"),
			does("pages", 95, 450, "for a in prn-lobby prn-acct ups-rack; do curl -s -m 5 -A %s http://$a.office.example/ -o /dev/null; done", quote(firefox))),
		host("mac-design-01", "workstation", "f0:18:98:41:20:05", plug(22), dhcpcd("mac-design-01", "", "domain_name_servers, domain_name, domain_search, classless_static_routes, netbios_name_servers"),
			avahi(true, service{"%h", "_device-info._tcp", 0, []string{"model=MacBookPro18,3", "osxvers=23"}}, service{"%h", "_companion-link._tcp", 49152, []string{"rpMd=MacBookPro18,3", "rpVr=510.2.1"}},
				service{"%h", "_airplay._tcp", 7000, []string{"deviceid=F0:18:98:41:20:05", "model=MacBookPro18,3", "srcvers=710.80.2", "osvers=14.4"}}),
			does("browse", 35, 270, "avahi-browse -at -k -r -p"), officeWork(21, safari)),
		host("android-pixel", "phone", "f4:f5:d8:41:20:06", plug(25), dhcpcd("Pixel-7", "android-dhcp-13", "domain_name_servers, domain_name, broadcast_address, interface_mtu"),
			avahi(true), does("cast", 45, 288, "avahi-browse -tpr _googlecast._tcp"),
			does("apps", 40, 216, "curl -s -m 5 -A %s http://www.vendor.example/generate_204 -o /dev/null; curl -sk -m 5 -A %s https://portal.social.example/ https://api.cloud.example/v1/feed -o /dev/null", quote(android), quote(android))),
		host("guest-laptop", "workstation", "a0:36:9f:41:20:07", plug(30), udhcpc("guest-laptop", "", 26, 42),
			does("look", 120, 0, "$LAB play scan 10.20.0.0/26 22,23,80,443,445,502"), does("web", 40, 270, "curl -sk -m 5 https://portal.social.example/ -o /dev/null")),
	}
}
