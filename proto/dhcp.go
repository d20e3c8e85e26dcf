package proto

import (
	"tyto/frame"
	"tyto/proto/civic"
	"tyto/proto/dhcp"
	"tyto/tyto"
)

// The Dynamic Host Configuration Protocol, RFC 2131, and BOOTP, RFC 951, from
// which it comes. Options: RFC 2132 and those named below.
func init() {
	register(Dissector{
		Name:  "dhcp",
		Where: []Where{UDP(67), UDP(68)},
		Is:    isDHCP,
		Tell:  tellDHCP,
	})
}

const (
	dhcpCookie  = 0x63825363
	dhcpFixed   = 236 // bytes before the cookie
	dhcpLongest = 1024
)

func isDHCP(m *Message) bool {
	c := m.Read()
	op, htype, hlen := c.U8(), c.U8(), c.U8()
	if (op != 1 && op != 2) || htype > 40 || hlen > 16 || c.Len() < dhcpFixed-3 {
		return false
	}
	c.Skip(dhcpFixed - 3)
	return c.Len() == 0 || c.U32() == dhcpCookie || c.Short() || op == 1 // BOOTP has a vendor area of any content
}

// dhcpMessage is what was read of a message so far, and whom it is about.
type dhcpMessage struct {
	s              *Sink
	f              *frame.Frame
	o              dhcp.Options
	client, server tyto.Subject
	reply, relayed bool
	mac            frame.MAC
	ciaddr, yiaddr frame.Addr
	kind           byte // of option 53; 0 for BOOTP
}

// Types of messages.
const (
	dhcpAck    = 5
	dhcpInform = 8
	dhcpActive = 13
)

func tellDHCP(m *Message, s *Sink) {
	d := dhcpMessage{s: s, f: m.Frame}
	c := m.Read()
	op, _, hlen := c.U8(), c.U8(), c.U8()
	c.Skip(9)
	d.reply = op == 2
	d.ciaddr, d.yiaddr = c.IPv4(), c.IPv4()
	c.Skip(4)
	relay := c.IPv4()
	d.mac = c.MAC()
	c.Skip(10)
	sname, file, cookie := c.Bytes(64), c.Bytes(128), c.U32()
	if cookie == dhcpCookie {
		d.o = dhcp.Read(c.Rest(), file, sname)
	}
	kind := frame.Read(d.get(53))
	d.kind = kind.U8()
	d.relayed = !relay.IsUnspecified()
	d.whose(hlen)
	s.Op(dhcp.Operation(d.kind))
	if d.reply {
		d.leased()
		d.served()
	} else {
		d.asked()
	}
	if d.o.Broken && m.Frame.Missing == 0 {
		s.Malformed("option runs over the end")
	}
}

// get is the value of an option, put together if it came in parts.
func (d *dhcpMessage) get(code byte) []byte {
	if !d.o.Split(code) {
		return d.o.Get(code, nil)
	}
	return d.o.Get(code, d.s.Scratch(min(d.o.Len(code), dhcpLongest)))
}

// whose finds out whom the message is about. What a relay passes on comes from
// another link, so that the VLAN here is not the client's.
func (d *dhcpMessage) whose(hlen byte) {
	sender := d.s.SenderSubject()
	d.client = tyto.Subject{MAC: d.mac, VLAN: sender.VLAN}
	if d.relayed {
		d.client.VLAN = 0
	}
	if hlen != 6 && hlen != 0 || d.mac.IsZero() || d.mac.IsGroup() {
		d.mac = frame.MAC{}
		if d.client = sender; d.reply || d.relayed {
			d.client = tyto.Subject{}
		}
	}
	if !d.reply {
		return
	}
	d.server = sender
	if id := frame.AddrOf(d.get(54)); !id.IsUnspecified() && id != sender.Addr {
		d.server = tyto.Subject{Addr: id}
	}
}

// about tells of the client, if it is known.
func (d *dhcpMessage) about(a tyto.Attr, value []byte, c tyto.Confidence, field string) {
	if d.client != (tyto.Subject{}) {
		d.s.About(d.client, a, value, c, field)
	}
}

// has tells that the client has an address.
func (d *dhcpMessage) has(a frame.Addr, c tyto.Confidence, field string) {
	if a.IsUnspecified() || a.IsMulticast() || d.mac.IsZero() {
		return
	}
	if b := d.s.Scratch(46); b != nil {
		d.about(tyto.Address, a.Append(b[:0]), c, field)
	}
}

// asked tells what a client says of itself.
func (d *dhcpMessage) asked() {
	if d.relayed {
		d.s.Sender(tyto.Role, dhcpRelayRole, tyto.Shown, "dhcp.ip.relay")
	}
	d.has(d.ciaddr, tyto.Shown, "dhcp.ip.client")
	if d.kind == dhcpInform {
		d.has(d.ciaddr, tyto.Stated, "dhcp.ip.client")
	}
	d.about(tyto.Hostname, dhcp.Trim(d.get(12)), tyto.Stated, "dhcp.option.hostname")
	d.about(tyto.Clue, dhcp.Trim(d.get(60)), tyto.Stated, "dhcp.option.vendor_class_id")
	d.about(tyto.Clue, dhcp.Trim(d.get(161)), tyto.Stated, "dhcp.option.mudurl")
	d.fqdn()
	d.lists()
	d.identity()
	d.boot()
	d.classes()
	d.inventory()
	d.relay()
	if b := d.s.Scratch(46); b != nil {
		d.about(tyto.Clue, frame.AddrOf(d.get(50)).Append(b[:0]), tyto.Shown, "dhcp.option.requested_ip_address")
	}
}

// fqdn tells the name that the client wants to have in DNS.
func (d *dhcpMessage) fqdn() {
	name := dhcp.FQDN(d.s.Scratch(255)[:0], d.get(81))
	if len(name) == 0 {
		return
	}
	host, domain := dhcp.Cut(name)
	d.about(tyto.Clue, name, tyto.Stated, "dhcp.fqdn.name")
	d.about(tyto.Hostname, host, tyto.Stated, "dhcp.fqdn.name")
	d.about(tyto.Domain, domain, tyto.Stated, "dhcp.fqdn.name")
}

// lists tells what was asked for and which options were sent, both in their
// order: that depends on the program, not on what is asked.
func (d *dhcpMessage) lists() {
	if v := d.get(55); len(v) > 0 {
		b := d.s.Scratch(4 * len(v))[:0]
		for _, code := range v {
			b = dhcp.Item(b, code)
		}
		d.about(tyto.Clue, b, tyto.Shown, "dhcp.option.request_list_item")
	}
	d.about(tyto.Clue, d.o.Codes(d.s.Scratch(256)[:0]), tyto.Shown, "dhcp.option.type")
	d.number(57, "dhcp.option.dhcp_max_message_size")
}

// number tells an option whose first two bytes are a number.
func (d *dhcpMessage) number(code byte, field string) {
	c := frame.Read(d.get(code))
	n := c.U16()
	if b := d.s.Scratch(5); b != nil && !c.Short() {
		d.about(tyto.Clue, dhcp.Number(b[:0], uint32(n)), tyto.Stated, field)
	}
}

// identity tells the client's identifier (option 61) and the UUID of its
// firmware (97).
func (d *dhcpMessage) identity() {
	v := d.get(61)
	if b := d.s.Scratch(dhcp.IDRoom(v)); b != nil {
		attr, text, field := dhcp.ClientID(b[:0], v, d.mac)
		d.about(attr, text, tyto.Stated, field)
	}
	if v := d.get(97); len(v) == 17 && v[0] == 0 {
		if b := d.s.Scratch(dhcp.IDRoom(v)); b != nil {
			d.about(tyto.Identity, dhcp.UUID(b[:0], v[1:]), tyto.Stated, "dhcp.client_id.uuid")
		}
	}
}

// boot tells what firmware says that boots over the network (RFC 4578).
func (d *dhcpMessage) boot() {
	d.number(93, "dhcp.option.client_system_architecture")
	if v := d.get(94); len(v) == 3 {
		if b := d.s.Scratch(7); b != nil {
			b = append(dhcp.Number(b[:0], uint32(v[1])), '.')
			d.about(tyto.Clue, dhcp.Number(b, uint32(v[2])), tyto.Stated, "dhcp.client_network_id_major")
		}
	}
}

// classes tells the user class (RFC 3004, but most send mere text) and the
// vendor classes with enterprise number (RFC 3925).
func (d *dhcpMessage) classes() {
	if v := d.get(77); len(v) > 0 {
		c := frame.Read(v)
		if int(v[0]) >= len(v) || dhcp.Printable(v[:1]) {
			d.about(tyto.Clue, dhcp.Trim(c.Bytes(len(v))), tyto.Stated, "dhcp.option.user_class")
		}
		for n := 0; c.Len() > 0 && n < 8; n++ {
			d.about(tyto.Clue, dhcp.Trim(c.Bytes(int(c.U8()))), tyto.Stated, "dhcp.option.user_class")
		}
	}
	for c, n := frame.Read(d.get(124)), 0; n < 4; n++ {
		enterprise, value, ok := dhcp.Vendor(&c)
		if !ok {
			return
		}
		d.enterprise(enterprise)
		if inner := frame.Read(value); len(value) > 1 {
			d.about(tyto.Clue, dhcp.Trim(inner.Bytes(int(inner.U8()))), tyto.Stated, "dhcp.option.vendor_class_data")
		}
	}
}

func (d *dhcpMessage) enterprise(n uint32) {
	if b := d.s.Scratch(10); b != nil {
		d.about(tyto.Clue, dhcp.Number(b[:0], n), tyto.Stated, "dhcp.option.vi.enterprise")
	}
}

// inventory tells what the client says of its make: in option 43 by the rules
// of CableLabs, in option 125 by those of the Broadband Forum (TR-069 annex F).
func (d *dhcpMessage) inventory() {
	if class, v := d.get(60), d.get(43); len(v) > 0 {
		c := frame.Read(v)
		if dhcp.IsCableModem(class) {
			for n := 0; n < 32; n++ {
				code, value, ok := dhcp.Sub(&c)
				if !ok {
					break
				}
				if a := dhcp.CableModem(code); a != tyto.NoAttr {
					d.about(a, dhcp.Trim(value), tyto.Stated, "dhcp.option.vendor.value")
				}
			}
		} else if dhcp.Printable(v) {
			d.about(tyto.Clue, dhcp.Trim(v), tyto.Shown, "dhcp.option.vendor.value.string")
		}
	}
	d.broadband(d.client, 1)
}

// broadband tells the identity of a device (sub-options 1 to 3) or of the
// gateway (4 to 6) in option 125.
func (d *dhcpMessage) broadband(who tyto.Subject, first byte) {
	c := frame.Read(d.get(125))
	for n := 0; n < 4; n++ {
		enterprise, value, ok := dhcp.Vendor(&c)
		if !ok || who == (tyto.Subject{}) {
			return
		}
		if enterprise != dhcp.BroadbandForum {
			d.enterprise(enterprise)
			continue
		}
		told := dhcp.Broadband(value, first)
		d.s.About(who, tyto.Clue, told.OUI, tyto.Stated, "dhcp.option.vi.tr111.device_manufacturer_oui")
		d.s.About(who, tyto.Serial, told.Serial, tyto.Stated, "dhcp.option.vi.tr111.device_serial_number")
		d.s.About(who, tyto.Model, told.Class, tyto.Stated, "dhcp.option.vi.tr111.device_product_class")
		if id := told.Identity(d.s.Scratch(8 + len(told.OUI) + len(told.Serial))[:0]); id != nil {
			d.s.About(who, tyto.Identity, id, tyto.Stated, "dhcp.option.vi.tr111.device_serial_number")
		}
	}
}

// dhcpRelayFields is the sub-options of option 82 that are told, by code.
var dhcpRelayFields = [...]string{1: "dhcp.option.agent_information_option.agent_circuit_id",
	2: "dhcp.option.agent_information_option.agent_remote_id", 6: "dhcp.option.agent_information_option.subscriber_id",
	12: "dhcp.option.agent_information_option.relay_agent_id"}

// relay tells what the network added on the way (RFC 3046): the port of the
// switch, and which switch.
func (d *dhcpMessage) relay() {
	c := frame.Read(d.get(82))
	for n := 0; n < 16; n++ {
		code, v, ok := dhcp.Sub(&c)
		if !ok {
			return
		}
		if int(code) < len(dhcpRelayFields) && dhcpRelayFields[code] != "" {
			d.about(tyto.Clue, dhcp.Text(d.s.Scratch(2 * len(v))[:0], v), tyto.Stated, dhcpRelayFields[code])
		}
	}
}

var (
	dhcpServerRole = []byte("dhcp server")
	dhcpRelayRole  = []byte("dhcp relay")
)

// dhcpRole is an option that names hosts, and what they are.
type dhcpRole struct {
	code  byte
	role  []byte
	sure  tyto.Confidence
	field string
}

var dhcpNamed = [...]dhcpRole{
	{3, []byte("router"), tyto.Shown, "dhcp.option.router"},
	{6, []byte("dns server"), tyto.Inferred, "dhcp.option.domain_name_server"},
	{42, []byte("ntp server"), tyto.Inferred, "dhcp.option.ntp_server"},
	{44, []byte("wins server"), tyto.Inferred, "dhcp.option.netbios_over_tcpip_name_server"},
	{150, []byte("tftp server"), tyto.Inferred, "dhcp.option.tftp_server_address"},
}

// leased tells what a server's answer says of the client.
func (d *dhcpMessage) leased() {
	switch d.kind {
	case dhcpAck, 0:
		d.has(d.yiaddr, tyto.Stated, "dhcp.ip.your")
		d.has(d.ciaddr, tyto.Stated, "dhcp.ip.client")
	case dhcpActive:
		d.has(d.ciaddr, tyto.Stated, "dhcp.ip.client")
	}
	d.about(tyto.Hostname, dhcp.Trim(d.get(12)), tyto.Shown, "dhcp.option.hostname")
	d.about(tyto.Domain, dhcp.Trim(d.get(15)), tyto.Inferred, "dhcp.option.domain_name")
	d.relay()
	if v := d.get(99); len(v) > 1 {
		d.about(tyto.Location, civic.Append(d.s.Scratch(256)[:0], v[1:]), tyto.Stated, "dhcp.option.civic_location.ca_value")
	}
}

// served tells who serves: the server itself, and those it names.
func (d *dhcpMessage) served() {
	if d.kind != 6 || d.o.Has(54) {
		d.s.About(d.server, tyto.Role, dhcpServerRole, tyto.Shown, "dhcp.option.dhcp_server_id")
	}
	if d.relayed && d.server != d.s.SenderSubject() && d.f.DstPort == 68 {
		d.s.Sender(tyto.Role, dhcpRelayRole, tyto.Shown, "dhcp.ip.relay")
	}
	if class := d.get(60); len(class) >= 9 && string(class[:9]) == "PXEClient" {
		d.s.About(d.server, tyto.Clue, class, tyto.Stated, "dhcp.option.vendor_class_id")
	}
	d.s.About(d.server, tyto.Clue, dhcp.Trim(d.get(66)), tyto.Stated, "dhcp.option.tftp_server_name")
	d.s.About(d.server, tyto.Clue, dhcp.Trim(d.get(67)), tyto.Stated, "dhcp.option.bootfile_name")
	d.s.About(d.server, tyto.Clue, dhcp.Trim(d.get(114)), tyto.Stated, "dhcp.option.captive_portal")
	for i := range dhcpNamed {
		d.named(&dhcpNamed[i])
	}
	d.broadband(d.server, 4)
}

// named tells the role of the hosts in a list of addresses, as far as they are
// in the client's own network or in one that nobody routes to from outside.
func (d *dhcpMessage) named(x *dhcpRole) {
	c, mask := frame.Read(d.get(x.code)), frame.AddrOf(d.get(1))
	for n := 0; c.Len() >= 4 && n < 8; n++ {
		a := c.IPv4()
		if !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && (a.IsPrivate() || dhcp.SameNetwork(a, d.yiaddr, mask)) {
			d.s.About(tyto.Subject{Addr: a}, tyto.Role, x.role, x.sure, x.field)
		}
	}
}
