package lab

// A model is a kind of device that the generator makes.
type model struct {
	kind   string
	share  int      // of a hundred typed devices
	prefix []uint32 // of its MAC, by IEEE
	ttl    byte
	host   string // format of its name, of its number
	class  string // DHCP's vendor class
	asks   []byte // DHCP's parameter request list
	offers []advert
	upnp   string // SERVER header of SSDP, "" for none
	upnpID string // device type
	web    string // Server header of its web server, "" for none
	title  string
	agent  string // User-Agent of its requests, "" for none
	hello  *hello
	cloud  string // whom it talks to, format of a number below cloudNames
	card   *card  // for LLDP
	cdp    bool
	snmp   string // sysDescr, "" without agent
	oid    []byte // sysObjectID
	plate  []string
	period float64 // seconds between what it does, on average
	deeds  []deed
}

// A deed is something that a device does now and then.
type deed func(*generator, *device)

// Parameter request lists, in their order.
var (
	prlWindows = []byte{1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252}
	prlApple   = []byte{1, 121, 3, 6, 15, 114, 119, 252}
	prlAndroid = []byte{1, 3, 6, 15, 26, 28, 51, 58, 59, 43}
	prlThing   = []byte{1, 3, 6, 12, 15, 28, 42}
	prlPrinter = []byte{6, 3, 1, 15, 66, 67, 13, 44, 12, 81, 252}
	prlPhone   = []byte{1, 28, 66, 6, 3, 15, 35, 150}
)

// The first two of each subnet, whatever else there is.
var (
	gatewayModel = &model{kind: "router", prefix: []uint32{0x788a20, 0x00908f}, ttl: 64, host: "gw-%d", period: 60, deeds: []deed{sayLLDP},
		card: &card{descr: "EdgeOS v2.0.9", platform: "EdgeRouter", port: "eth0", capabilities: 0x14}}
	serverModel = &model{kind: "server", prefix: []uint32{0x005056, 0x9457a5, 0xd4bed9}, ttl: 64, host: "srv-%d", period: 90, deeds: []deed{askDNS, talkTLS, announceNames},
		web: "nginx/1.22.1", title: "Intranet", agent: "curl/7.88.1", hello: &thingHello, cloud: "mirror-%d.packages.example"}
)

// models is the rest of a subnet. Shares add up to 100.
var models = []*model{
	{kind: "workstation", share: 32, prefix: []uint32{0xd4bed9, 0x3cd92b, 0xe86a64, 0x54ee75, 0x1866da}, ttl: 128, host: "pc-%05d", class: "MSFT 5.0", asks: prlWindows,
		agent: edge, hello: &browserHello, cloud: "www-%d.portal.example", period: 120, deeds: []deed{askDNS, talkTLS, talkTLS, browseWeb, askLLMNR, announceNames, searchSSDP}},
	{kind: "laptop", share: 8, prefix: []uint32{0xf01898, 0xa0369f}, ttl: 64, host: "mac-%05d", asks: prlApple, agent: safari, hello: &browserHello, cloud: "www-%d.portal.example",
		offers: []advert{{"%s", "_companion-link._tcp", 49152, []string{"rpMd=MacBookPro18,3", "rpVr=510.2.1"}}}, period: 150, deeds: []deed{askDNS, talkTLS, askMDNS, sayMDNS}},
	{kind: "phone", share: 12, prefix: []uint32{0xf4f5d8, 0x8c71f8}, ttl: 64, host: "android-%05d", class: "android-dhcp-13", asks: prlAndroid, agent: android, hello: &phoneHello,
		cloud: "api-%d.apps.example", period: 150, deeds: []deed{askDNS, talkTLS, talkTLS, askMDNS}},
	{kind: "ip_phone", share: 9, prefix: []uint32{0x0004f2, 0x805ec0}, ttl: 64, host: "sip-%05d", class: "Polycom-VVX310", asks: prlPhone, web: "Polycom SoundPoint IP Telephone HTTPd", title: "Polycom",
		card: &card{descr: "Polycom;VVX-VVX_310;3111-46161-001", platform: "VVX 310", vendor: "Polycom", port: "1", capabilities: 0x24, phone: true, version: "5.9.6.2327"}, period: 90, deeds: []deed{sayLLDP, askDNS}},
	{kind: "printer", share: 7, prefix: []uint32{0x3cd92b, 0x008077, 0x001e8f}, ttl: 64, host: "NPI%06d", class: "Hewlett-Packard JetDirect", asks: prlPrinter,
		web: "HP HTTP Server; HP LaserJet MFP M477fdw", title: "HP Color LaserJet MFP M477fdw", snmp: "HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD153,EEPROM JSI24120014", oid: oid(6, 1, 4, 1, 11, 2, 3, 9, 1),
		offers: []advert{{"HP Color LaserJet MFP M477fdw (%s)", "_ipp._tcp", 631, []string{"txtvers=1", "rp=ipp/print", "ty=HP Color LaserJet MFP M477fdw", "product=(HP Color LaserJet MFP M477fdw)", "pdl=application/pdf,image/urf"}}}, period: 180, deeds: []deed{sayMDNS, answerSNMP, answerWeb}},
	{kind: "ip_camera", share: 8, prefix: []uint32{0xaccc8e, 0x00408c, 0xb8a44f}, ttl: 64, host: "axis-%06d", class: "AXIS,Network Camera,P3245-LV,10.12.114", asks: prlThing, web: "Apache", title: "AXIS P3245-LV",
		upnp: "Linux/4.14, UPnP/1.0, Portable SDK for UPnP devices/1.8.4", upnpID: "urn:schemas-upnp-org:device:Basic:1", offers: []advert{{"AXIS P3245-LV - %s", "_axis-video._tcp", 80, []string{"name=%s"}}}, period: 120, deeds: []deed{saySSDP, sayMDNS, answerWeb}},
	{kind: "switch", share: 3, prefix: []uint32{0x001b54, 0x9457a5}, ttl: 255, host: "sw-%04d", asks: prlThing, snmp: "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E4, RELEASE SOFTWARE (fc2)", oid: oid(6, 1, 4, 1, 9, 1, 1208),
		card: &card{descr: "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E4", platform: "cisco WS-C2960X-24TS-L", port: "Gi1/0/1", capabilities: 0x4}, cdp: true, period: 60, deeds: []deed{sayLLDP, sayCDP, answerSNMP, answerSSH}},
	{kind: "access_point", share: 3, prefix: []uint32{0x24a43c}, ttl: 64, host: "uap-%05d", class: "ubnt", asks: prlThing, hello: &thingHello, cloud: "inform-%d.wireless.example",
		card: &card{descr: "UAP-AC-Pro-Gen2, 6.5.28.14491", platform: "UAP-AC-Pro", port: "eth0", capabilities: 0xc}, period: 90, deeds: []deed{sayLLDP, askDNS, talkTLS, answerSSH}},
	{kind: "tv", share: 3, prefix: []uint32{0x8c71f8}, ttl: 64, host: "tv-%05d", asks: prlThing, agent: "Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36", hello: &thingHello, cloud: "tv-%d.media.example",
		upnp: "SHP, UPnP/1.0, Samsung UPnP SDK/1.0", upnpID: "urn:schemas-upnp-org:device:MediaRenderer:1", period: 150, deeds: []deed{saySSDP, talkTLS, askDNS}},
	{kind: "media_player", share: 2, prefix: []uint32{0x546009}, ttl: 64, host: "Chromecast-%05d", asks: prlAndroid, hello: &phoneHello, cloud: "cast-%d.media.example",
		offers: []advert{{"%s", "_googlecast._tcp", 8009, []string{"md=Chromecast", "fn=Room", "ve=05"}}}, period: 150, deeds: []deed{sayMDNS, talkTLS, askDNS}},
	{kind: "sensor", share: 6, prefix: []uint32{0x240ac4, 0xb827eb}, ttl: 255, host: "ESP_%06d", asks: prlThing, hello: &thingHello, cloud: "iot-%d.things.example", period: 60, deeds: []deed{askDNS, talkTLS}},
	{kind: "ups", share: 1, prefix: []uint32{0x00c0b7}, ttl: 64, host: "ups-%04d", class: "APC", asks: prlThing, snmp: "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.5.6 MN:AP9630 HR:05)", oid: oid(6, 1, 4, 1, 318, 1, 3, 27), web: "WindWeb/4.10", title: "APC | Network Management Card", period: 180, deeds: []deed{answerSNMP, answerWeb}},
	{kind: "plc", share: 4, prefix: []uint32{0x0080f4, 0x0030de, 0x00a045}, ttl: 64, host: "plc-%04d", asks: prlThing, plate: []string{"Schneider Electric", "TM221CE24R", "1.10.2.2"}, period: 30, deeds: []deed{answerModbus}},
	{kind: "power_meter", share: 2, prefix: []uint32{0x000054}, ttl: 64, host: "meter-%04d", asks: prlThing, plate: []string{"Schneider Electric", "METSEPM5560", "02.05.00"}, period: 45, deeds: []deed{answerModbus}},
}
