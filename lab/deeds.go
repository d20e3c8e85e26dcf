package lab

import "fmt"

// A device is one that the generator plays, made anew for each turn from its
// number and the seed.
type device struct {
	number  uint32
	model   *model
	name    string
	self    end
	gateway end
	server  end // of the subnet
	random  random
}

// device is the number-th device in its step-th turn.
func (g *generator) device(number, step uint32) *device {
	identity := random{g.config.Seed ^ uint64(number)<<20 ^ 0x7479746f}
	d := &device{number: number, model: g.modelOf(number, &identity)}
	d.self = g.endOf(number)
	d.gateway = g.endOf(number - number%perSubnet)
	d.server = d.gateway
	if first := number - number%perSubnet; int(first)+1 < g.config.Devices {
		d.server = g.endOf(first + 1)
	}
	d.name = fmt.Sprintf(d.model.host, number)
	d.random = random{identity.next() + uint64(step)*0x632be59bd9b4e019}
	return d
}

func (g *generator) modelOf(number uint32, r *random) *model {
	switch number % perSubnet {
	case 0:
		return gatewayModel
	case 1:
		return serverModel
	}
	share := r.below(100)
	for _, m := range models {
		if share -= m.share; share < 0 {
			return m
		}
	}
	return models[0]
}

// endOf is a device's addresses: 10.subnet.subnet.(1 + place), and a MAC of
// its model's vendor, whose last three bytes no two devices of less than 2^24 share.
func (g *generator) endOf(number uint32) end {
	identity := random{g.config.Seed ^ uint64(number)<<20 ^ 0x7479746f}
	m := g.modelOf(number, &identity)
	prefix := m.prefix[int(number/7)%len(m.prefix)]
	low := (number*0x9e3779 + uint32(g.config.Seed)*0x10001) & 0xffffff // odd factor: one to one
	subnet := number / perSubnet
	return end{
		mac: mac{byte(prefix >> 16), byte(prefix >> 8), byte(prefix), byte(low >> 16), byte(low >> 8), byte(low)},
		ip:  ip{10, byte(subnet >> 8), byte(subnet), byte(1 + number%perSubnet)},
		ttl: m.ttl,
	}
}

// internet is a server beyond the gateway, by number; its addresses are of
// the blocks for documentation (RFC 5737).
func (d *device) internet(n int) end {
	block := []ip{{198, 51, 100}, {203, 0, 113}, {192, 0, 2}}[n%3]
	block[3] = byte(1 + n%cloudNames)
	return end{mac: d.gateway.mac, ip: block, ttl: 52}
}

// appear is what a device does first: it asks for an address, looks for its
// neighbours, and says what it is.
func (d *device) appear(g *generator) {
	if d.model.asks != nil {
		d.lease(g)
	}
	g.frame.arp(1, d.self, end{ip: d.self.ip})
	g.send(d)
	for _, peer := range []end{d.gateway, d.server} {
		if peer.mac != d.self.mac {
			g.frame.arp(1, d.self, peer)
			g.send(d)
			g.frame.arp(2, peer, d.self)
			g.send(d)
		}
	}
	for _, say := range []deed{sayLLDP, sayCDP, sayMDNS, saySSDP} {
		say(g, d)
	}
	if d.model.plate != nil {
		identifyModbus(g, d)
	}
	if d.model.snmp != "" {
		answerSNMP(g, d)
	}
}

func (d *device) lease(g *generator) {
	l := lease{xid: uint32(d.random.next()), client: d.self.mac, hostname: d.name, class: d.model.class, asks: d.model.asks}
	none, all := end{mac: d.self.mac, ttl: 64}, end{mac: broadcast, ip: ip{255, 255, 255, 255}}
	for kind := byte(1); kind <= 5; kind++ {
		if kind == 4 {
			continue
		}
		l.kind = kind
		switch kind {
		case 2, 5:
			l.offered, l.wanted, l.server = d.self.ip, ip{}, d.gateway.ip
			g.sendUDP(d, d.gateway, d.self, 67, 68, g.payload.dhcp(l))
		case 3:
			l.offered, l.wanted = ip{}, d.self.ip
			fallthrough
		default:
			g.sendUDP(d, none, all, 68, 67, g.payload.dhcp(l))
		}
	}
}

// cloud picks one of the servers that the device's model talks to.
func (d *device) cloud() (string, end) {
	n := d.random.below(8) + int(d.number)%(cloudNames-8)
	return fmt.Sprintf(d.model.cloud, n), d.internet(n)
}

func askDNS(g *generator, d *device) {
	host, at := "time.site.example", d.gateway
	if d.model.cloud != "" {
		host, at = d.cloud()
	}
	d.resolve(g, host, at)
}

func (d *device) resolve(g *generator, host string, at end) {
	id, port := uint16(d.random.next()), ephemeral(d)
	g.sendUDP(d, d.self, d.gateway, port, 53, g.payload.dns(id, host, nil))
	g.sendUDP(d, d.gateway, d.self, 53, port, g.payload.dns(id, host, &at.ip))
}

func talkTLS(g *generator, d *device) {
	host, at := d.cloud()
	d.resolve(g, host, at)
	h, r := *d.model.hello, &d.random
	x := g.dial(d, d.self, at, 443)
	x.say(true, g.payload.clientHello(h, host, r))
	x.say(false, g.payload.serverHello(h, r))
	x.say(true, g.payload.sealed(h, r, 69, true))
	x.say(true, g.payload.sealed(h, r, 200+r.below(400), false))
	x.say(false, g.payload.sealed(h, r, 300+r.below(900), false))
	x.close()
}

func browseWeb(g *generator, d *device) {
	x := g.dial(d, d.self, d.server, 80)
	x.say(true, g.payload.get("intranet.site.example", "/", d.model.agent))
	x.say(false, g.payload.ok("nginx/1.22.1", "text/html", "<html><head><title>Intranet</title></head></html>\n"))
	x.close()
}

// answerWeb is the subnet's server looking at the device's own pages.
func answerWeb(g *generator, d *device) {
	if d.model.web == "" || d.server.mac == d.self.mac {
		return
	}
	x := g.dial(d, d.server, d.self, 80)
	x.say(true, g.payload.get(fmt.Sprintf("%d.%d.%d.%d", d.self.ip[0], d.self.ip[1], d.self.ip[2], d.self.ip[3]), "/", "check_http/v2.3.3"))
	x.say(false, g.payload.ok(d.model.web, "text/html", "<html><head><title>"+d.model.title+"</title></head></html>\n"))
	x.close()
}

func answerSSH(g *generator, d *device) {
	x := g.dial(d, d.server, d.self, 22)
	x.say(true, []byte("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u5\r\n"))
	x.say(false, []byte("SSH-2.0-OpenSSH_8.1\r\n"))
	x.say(true, g.payload.kexinit(&d.random))
	x.say(false, g.payload.kexinit(&d.random))
	x.close()
}

func answerSNMP(g *generator, d *device) {
	id, port := uint32(d.random.next()), ephemeral(d)
	ask := []binding{{sysDescr, 5, nil}, {sysObjectID, 5, nil}, {sysName, 5, nil}}
	tell := []binding{{sysDescr, 4, []byte(d.model.snmp)}, {sysObjectID, 6, d.model.oid}, {sysName, 4, []byte(d.name)}}
	g.sendUDP(d, d.server, d.self, port, 161, g.payload.snmp(0xa0, id, ask))
	g.sendUDP(d, d.self, d.server, 161, port, g.payload.snmp(0xa2, id, tell))
}

func identifyModbus(g *generator, d *device) {
	x, e := g.dial(d, d.server, d.self, 502), &g.payload
	x.say(true, e.modbus(1, 1, func() { e.u8(43, 14, 1, 0) }))
	x.say(false, e.modbus(1, 1, func() {
		e.u8(43, 14, 1, 1, 0, 0, byte(len(d.model.plate)))
		for i, text := range d.model.plate {
			e.u8(byte(i))
			e.sized8(func() { e.str(text) })
		}
	}))
	x.close()
}

func answerModbus(g *generator, d *device) {
	x, e := g.dial(d, d.server, d.self, 502), &g.payload
	for t := uint16(1); t <= 3; t++ {
		x.say(true, e.modbus(t, 1, func() { e.u8(3); e.u16(0); e.u16(10) }))
		x.say(false, e.modbus(t, 1, func() { e.u8(3, 20); e.random(&d.random, 20) }))
	}
	x.close()
}

func sayLLDP(g *generator, d *device) {
	if d.model.card != nil {
		g.frame.lldp(d.self, d.card())
		g.send(d)
	}
}

func sayCDP(g *generator, d *device) {
	if d.model.cdp {
		g.frame.cdp(d.self, d.card())
		g.send(d)
	}
}

func (d *device) card() card {
	c := *d.model.card
	c.name = d.name
	c.serial = fmt.Sprintf("%02x%02x%02x%02x%02x%02x", d.self.mac[0], d.self.mac[1], d.self.mac[2], d.self.mac[3], d.self.mac[4], d.self.mac[5])
	return c
}

var (
	mdnsGroup = ip{224, 0, 0, 251}
	llmnrIP   = ip{224, 0, 0, 252}
	ssdpIP    = ip{239, 255, 255, 250}
)

// hop is the device with the TTL of link-local multicast.
func (d *device) hop(ttl byte) end { return end{d.self.mac, d.self.ip, ttl} }

func sayMDNS(g *generator, d *device) {
	for _, a := range d.model.offers {
		g.sendUDP(d, d.hop(255), group(mdnsGroup), 5353, 5353, g.payload.mdns(d.name, a, d.self.ip))
	}
}

func askMDNS(g *generator, d *device) {
	kind := []string{"_googlecast._tcp", "_ipp._tcp", "_airplay._tcp"}[d.random.below(3)]
	g.sendUDP(d, d.hop(255), group(mdnsGroup), 5353, 5353, g.payload.mdnsAsk(kind))
}

func askLLMNR(g *generator, d *device) {
	g.sendUDP(d, d.hop(1), group(llmnrIP), ephemeral(d), 5355, g.payload.llmnr(uint16(d.random.next()), "wpad"))
}

// announceNames registers the device's NetBIOS names by broadcast.
func announceNames(g *generator, d *device) {
	all := end{mac: broadcast, ip: d.self.ip}
	all.ip[3] = 255
	for _, suffix := range []byte{0x00, 0x20} {
		g.sendUDP(d, d.self, all, 137, 137, g.payload.nbns(uint16(d.random.next()), d.name, suffix, d.self.ip))
	}
}

func saySSDP(g *generator, d *device) {
	if d.model.upnp == "" {
		return
	}
	location := fmt.Sprintf("http://%d.%d.%d.%d:80/description.xml", d.self.ip[0], d.self.ip[1], d.self.ip[2], d.self.ip[3])
	usn := fmt.Sprintf("uuid:%08x-0000-1000-8000-%x", d.number, d.self.mac[:])
	for _, kind := range []string{"upnp:rootdevice", d.model.upnpID} {
		g.sendUDP(d, d.hop(4), group(ssdpIP), 1900, 1900, g.payload.notify(location, kind, d.model.upnp, usn))
	}
}

func searchSSDP(g *generator, d *device) {
	g.sendUDP(d, d.hop(4), group(ssdpIP), ephemeral(d), 1900, g.payload.search("urn:schemas-upnp-org:device:InternetGatewayDevice:1", "Microsoft-Windows/10.0 UPnP/1.0"))
}
