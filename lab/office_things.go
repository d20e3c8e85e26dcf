package lab

import "crypto/x509/pkix"

func peripherals() []*Host {
	jet := "HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD153,EEPROM JSI24120014,CIDATE 07/16/2020"
	ipp := func(ty, product, note string) []string {
		return []string{"txtvers=1", "qtotal=1", "rp=ipp/print", "ty=" + ty, "product=(" + product + ")", "note=" + note, "pdl=application/pdf,image/urf,application/PCLm", "usb_MFG=" + firstWord(ty), "usb_MDL=" + product, "Color=T", "Duplex=T", "adminurl=http://%h.local./"}
	}
	polycom := append(inventory("Polycom", "VVX 310", "3111-46161-001 Rev:A", "5.9.6.2327", "5.9.6.2327", "0004f2aa3001"), "configure med location elin 5550100")
	cisco := inventory("Cisco Systems, Inc.", "CP-7945G", "5.0", "tnp45.8-5-4.bin", "SCCP45.9-4-2SR3-1S", "FCH12345678")
	return []*Host{
		host("prn-lobby", "printer", "3c:d9:2b:7a:30:01", plug(8), dhclient("prn-lobby", "Hewlett-Packard JetDirect", askJet...),
			snmp(jet, ".1.3.6.1.4.1.11.2.3.9.1", "Lobby"), web(80, "HP HTTP Server; HP Color LaserJet MFP M477fdw - CF379A; Serial Number: VNB8K12345", "HP Color LaserJet MFP M477fdw", ""),
			avahi(false, service{"HP Color LaserJet MFP M477fdw (7A3001)", "_ipp._tcp", 631, ipp("HP Color LaserJet MFP M477fdw", "HP Color LaserJet MFP M477fdw", "Lobby")},
				service{"HP Color LaserJet MFP M477fdw (7A3001)", "_pdl-datastream._tcp", 9100, ipp("HP Color LaserJet MFP M477fdw", "HP Color LaserJet MFP M477fdw", "Lobby")},
				service{"HP Color LaserJet MFP M477fdw (7A3001)", "_uscan._tcp", 8080, []string{"txtvers=1", "ty=HP Color LaserJet MFP M477fdw", "vers=2.63", "rs=eSCL"}})),
		host("prn-acct", "printer", "00:80:77:7a:30:02", plug(9), udhcpc("prn-acct", "", 44, 66),
			snmp("Brother NC-8800h, Firmware Ver.1.23 ,MID 8CE-A04", ".1.3.6.1.4.1.2435.2.3.9.1", "Accounting"), web(80, "debut/1.30", "Brother HL-L6400DW series", ""),
			avahi(false, service{"Brother HL-L6400DW series", "_ipp._tcp", 631, ipp("Brother HL-L6400DW series", "Brother HL-L6400DW series", "Accounting")},
				service{"Brother HL-L6400DW series", "_printer._tcp", 515, ipp("Brother HL-L6400DW series", "Brother HL-L6400DW series", "Accounting")})),
		host("phone-101", "IP phone", "00:04:f2:aa:30:01", plug(12), dhclient("", "Polycom-VVX310", askPhone...),
			lldp("Polycom;VVX-VVX_310;3111-46161-001;5.9.6.2327", "VVX 310", 3, false, polycom...), web(80, "Polycom SoundPoint IP Telephone HTTPd", "Polycom Web Configuration Utility", "Polycom SPIP")),
		host("phone-102", "IP phone", "00:1e:f7:aa:30:02", plug(13), dhclient("SEP001EF7AA3002", "Cisco Systems, Inc. IP Phone CP-7945G", append([]int{150}, askPhone...)...),
			lldp("Cisco IP Phone 7945G, V5, SCCP45.9-4-2SR3-1S", "Cisco IP Phone 7945", 3, true, cisco...)),
		host("ups-rack", "UPS", "00:c0:b7:51:30:03", plug(11), udhcpc("ups-rack", "APC", 43),
			snmp("APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.5.6 PN:apc_hw05_aos_656.bin AF1:v6.5.6 AN1:apc_hw05_sumx_656.bin MN:AP9630 HR:05 SN: ZA1234567890 MD:01/01/2018)", ".1.3.6.1.4.1.318.1.3.27", "Server room"),
			web(80, "WindWeb/4.10", "APC | Network Management Card", "")),
		host("tv-meeting", "TV", "8c:71:f8:61:30:04", plug(14), udhcpc("Samsung", "", 12, 42),
			ssdp(upnp{"urn:samsung.com:device:RemoteControlReceiver:1", "[TV] Meeting room", "Samsung Electronics", "UE55NU7100", "AllShare1.0", "20180601", "0f1a2b3c-8c71-f861-3004-000000000002", "SHP, UPnP/1.0, Samsung UPnP SDK/1.0", 7676}),
			web(7676, "SHP, UPnP/1.0, Samsung UPnP SDK/1.0", "", ""), does("apps", 60, 234, "curl -sk -m 5 -A 'Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36' https://telemetry.things.example/ -o /dev/null")),
		host("cast-meeting", "media player", "54:60:09:61:30:05", plug(15), dhcpcd("Chromecast", "dhcpcd-6.8.2:Linux-4.9.113:armv7l:Amlogic", "domain_name_servers, domain_name, interface_mtu"),
			avahi(false, service{"Chromecast-0a1b2c3d4e5f60718293a4b5c6d7e8f9", "_googlecast._tcp", 8009, []string{"id=0a1b2c3d4e5f60718293a4b5c6d7e8f9", "cd=8C4D1F2E3A5B", "rm=", "ve=05", "md=Chromecast Ultra", "ic=/setup/icon.png", "fn=Meeting room", "ca=4101", "st=0", "bs=FA8FCA5D1B2C", "rs="}}),
			nginx(site{name: "cast-meeting", title: "Cast", port: 8443, tls: &pkix.Name{CommonName: "Chromecast Ultra", Organization: []string{"Google Inc"}, OrganizationalUnit: []string{"Cast"}}, protocols: "TLSv1.2"})),
		host("speaker-canteen", "speaker", "00:0e:58:61:30:06", plug(16), udhcpc("SonosZP", "", 12),
			ssdp(upnp{"urn:schemas-upnp-org:device:ZonePlayer:1", "Canteen - Sonos One", "Sonos, Inc.", "Sonos One", "S13", "00-0E-58-61-30-06:1", "RINCON_000E5861300601400", "Linux UPnP/1.0 Sonos/57.3-81090 (ZPS13)", 1400}),
			web(1400, "Linux UPnP/1.0 Sonos/57.3-81090 (ZPS13)", "", "")),
	}
}

func firstWord(s string) string {
	for i := range s {
		if s[i] == ' ' {
			return s[:i]
		}
	}
	return s
}

func things() []*Host {
	publish := "mosquitto_pub -h srv-infra.office.example -i %s -t site/%s/status -m '{\"temp\":21.4,\"power\":3.2}'"
	return []*Host{
		host("cam-door", "IP camera", "ac:cc:8e:c1:40:01", tagged(cameraVLAN), plug(9), udhcpc("axis-accc8ec14001", "AXIS,Network Camera,P3245-LV,10.12.114", 42, 12, 7, 2, 26),
			avahi(false, service{"AXIS P3245-LV - ACCC8EC14001", "_axis-video._tcp", 80, []string{"macaddress=ACCC8EC14001"}}, service{"AXIS P3245-LV - ACCC8EC14001", "_http._tcp", 80, nil}, service{"AXIS P3245-LV - ACCC8EC14001", "_rtsp._tcp", 554, []string{"path=axis-media/media.amp"}}),
			ssdp(upnp{"urn:schemas-upnp-org:device:Basic:1", "AXIS P3245-LV - ACCC8EC14001", "AXIS", "AXIS P3245-LV", "P3245-LV", "ACCC8EC14001", "Upnp-BasicDevice-1_0-ACCC8EC14001", "Linux/4.14, UPnP/1.0, Portable SDK for UPnP devices/1.8.4", 80}),
			web(80, "Apache", "AXIS", "AXIS_ACCC8EC14001")),
		host("cam-yard", "IP camera", "44:19:b6:c1:40:02", tagged(cameraVLAN), plug(9.5), udhcpc("", "", 12, 42),
			ssdp(upnp{"urn:schemas-upnp-org:device:EmbeddedNetDevice:1", "HIKVISION DS-2CD2143G0-I", "HIKVISION", "DS-2CD2143G0-I", "DS-2CD2143G0-I", "DS-2CD2143G0-I20190101AAWR000000001", "8d1f2c40-4419-b6c1-4002-000000000001", "Linux/3.0, UPnP/1.0, Hikvision/1.0", 80}),
			web(80, "App-webs/", "index", "DS-2CD2143G0-I")),
		host("nvr-01", "video recorder", "d4:be:d9:c1:40:03", tagged(cameraVLAN), plug(11), udhcpc("nvr-01", "", 42), web(80, "nginx", "Network Video Recorder", ""),
			does("cameras", 30, 126, "for a in axis-accc8ec14001.office.example; do curl -s -m 5 -A 'NVR/4.30' --digest -u viewer:view http://$a/axis-cgi/jpg/image.cgi -o /dev/null; done"),
			does("search", 25, 216, "$LAB play search -agent 'Linux UPnP/1.0 NVR/4.30'")),
		host("hue-bridge", "smart home hub", "00:17:88:c1:40:04", plug(17), udhcpc("hue-bridge", "", 12, 42),
			avahi(false, service{"Philips Hue - C14004", "_hue._tcp", 443, []string{"bridgeid=001788fffec14004", "modelid=BSB002"}}, service{"Philips Hue - C14004", "_hap._tcp", 8080, []string{"md=BSB002", "pv=1.1", "id=00:17:88:C1:40:04", "ci=2", "s#=1", "sf=0", "c#=8"}}),
			ssdp(upnp{"urn:schemas-upnp-org:device:Basic:1", "Philips hue (10.20.0.117)", "Signify", "Philips hue bridge 2015", "BSB002", "001788c14004", "2f402f80-da50-11e1-9b23-001788c14004", "Hue/1.0 UPnP/1.0 IpBridge/1.56.0", 80}),
			web(80, "nginx", "hue personal wireless lighting", ""), does("cloud", 30, 200, "$LAB play fetch https://telemetry.things.example/ Hue/1.56")),
		host("shelly-1", "smart plug", "24:0a:c4:c1:40:05", plug(18), udhcpc("shellyplug-s-C14005", "", 12),
			avahi(false, service{"shellyplug-s-C14005", "_http._tcp", 80, []string{"id=shellyplug-s-C14005", "fw_id=20230913-113610/v1.14.0-gcb84623", "arch=esp8266"}}),
			web(80, "Mongoose/6.18", "Shelly Plug S", ""), does("mqtt", 20, 55, publish, "shellyplug-s-C14005", "shelly-1")),
		host("sensor-lobby", "sensor", "24:0a:c4:c1:40:06", plug(19), udhcpc("ESP_C14006", "", 12), does("mqtt", 25, 66, publish, "esp-c14006", "lobby"),
			does("cloud", 40, 162, "mosquitto_pub -h mqtt.things.example -i esp-c14006 -t esp/c14006 -m 21.4")),
		host("signage-pi", "signage", "b8:27:eb:c1:40:07", plug(20), dhcpcd("signage-pi", "dhcpcd-8.1.2:Linux-5.10.103-v7l+:armv7l:BCM2711", "domain_name_servers, domain_name, domain_search, host_name, interface_mtu"), sshServer(true),
			avahi(false, service{"%h", "_ssh._tcp", 22, nil}, service{"%h [b8:27:eb:c1:40:07]", "_workstation._tcp", 9, nil}),
			does("content", 45, 180, "curl -sk -m 5 -A 'Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Raspbian Chromium/88.0.4324.187 Chrome/88.0.4324.187 Safari/537.36' https://www.vendor.example/ -o /dev/null; curl -s -m 5 http://intranet.office.example/ -o /dev/null")),
	}
}

func machines() []*Host {
	client := "exec " + python + " /etc/lab/modbus_client.py %s %d %d %s"
	return []*Host{
		host("plc-line1", "PLC", "00:80:f4:d1:50:01", at("10.20.0.50/24", officeGateway), plug(4),
			modbus(plate{"Schneider Electric", "TM221CE24R", "1.10.2.2", "Modicon M221", "TM221CE24R", "Line 1"}, 1), web(80, "Schneider-WEB/V2.1.4", "M221", "")),
		host("plc-pack", "PLC", "00:30:de:d1:50:02", at("10.20.0.51/24", officeGateway), plug(4.5),
			modbus(plate{"WAGO Kontakttechnik GmbH & Co KG", "750-352", "01.06.22(10)", "WAGO 750-352 Fieldbus Coupler", "750-352", "Packing"}, 1),
			snmp("WAGO 750-352 Ethernet Fieldbus Coupler, FW 01.06.22(10)", ".1.3.6.1.4.1.13576.10.1", "Packing")),
		host("meter-main", "power meter", "00:00:54:d1:50:03", at("10.20.0.52/24", officeGateway), plug(5),
			modbus(plate{"Schneider Electric", "METSEPM5560", "02.05.00", "PowerLogic PM5560", "PM5560", "Main feed"}, 3), web(80, "", "PowerLogic PM5560", "")),
		host("hmi-line1", "HMI", "00:1b:1b:d1:50:04", at("10.20.0.53/24", officeGateway), plug(6), speaksModbus(),
			lldp("Siemens, SIMATIC HMI, TP700 Comfort, 6AV2 124-0GC01-0AX0, HW: 14, FW: V16.0.0", "TP700 Comfort", 0, false),
			does("line1", 8, 0, client, "10.20.0.50", 1, 2000, "poll"), does("pack", 10, 0, client, "10.20.0.51", 1, 2000, "poll"),
			does("meter", 12, 144, client, "10.20.0.52", 2, 11, "poll")),
		host("eng-station", "engineering station", "28:63:36:d1:50:05", plug(21), dhclient("eng-station", "MSFT 5.0", askWindows...), windows(), speaksModbus(), officeWork(24, edge),
			does("line1", 60, 0, client, "10.20.0.50", 1, 0, "identify poll write coil bad"), does("pack", 90, 0, client, "10.20.0.51", 1, 0, "identify poll"),
			does("meter", 100, 0, client, "10.20.0.52", 3, 0, "identify poll bad"), does("hall", 130, 0, client, "10.20.40.10", 1, 0, "identify write")),
		host("plc-hall1", "PLC", "00:a0:45:d1:50:06", on(Hall), at("10.20.40.10/24", "10.20.40.1"), plug(5),
			modbus(plate{"Phoenix Contact", "2701034", "04.01.00", "ILC 131 ETH", "ILC 131 ETH", "Hall 1"}, 2)),
		host("rtu-hall2", "RTU", "00:90:e8:d1:50:07", on(Hall), at("10.20.40.11/24", "10.20.40.1"), plug(6),
			snmp("MOXA ioLogik E1240, FW V2.6 Build18042518", ".1.3.6.1.4.1.8691.10.1240", "Hall, cabinet 2"), web(80, "GoAhead-Webs", "ioLogik E1240", ""),
			modbus(plate{"Moxa Inc.", "E1240", "2.6", "ioLogik E1240", "E1240", "Hall 2"}, 1)),
	}
}
