package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Dynamic Host Configuration Protocol for IPv6, RFC 8415.
func init() {
	register(Dissector{
		Name:  "dhcpv6",
		Where: []Where{UDP(546), UDP(547)},
		Is:    isDHCPv6,
		Tell:  tellDHCPv6,
	})
}

// Bounds of what is looked at, and the relays' types of messages.
const (
	dhcpv6Options  = 64
	dhcpv6Relays   = 8
	dhcpv6Forward  = 12
	dhcpv6Answer   = 13
	dhcpv6DUIDMost = 130 // RFC 8415 section 11.1
)

func isDHCPv6(m *Message) bool {
	c := m.Read()
	kind := c.U8()
	switch {
	case kind == 0 || kind > 36 || kind == dhcpv6Forward && c.Len() < 33 || c.Len() < 3:
		return false
	case kind == dhcpv6Forward || kind == dhcpv6Answer:
		c.Skip(33)
	default:
		c.Skip(3)
	}
	_, o := c.U16(), int(c.U16())
	return c.Short() || o <= c.Len()+m.Frame.Missing
}

// dhcpv6Message is what is known of a message, and whom it is about.
type dhcpv6Message struct {
	m       *Message
	s       *Sink
	client  tyto.Subject
	server  tyto.Subject
	mac     frame.MAC // the client's, if it is known
	reply   bool
	relayed bool
	final   bool // a reply: what it gives is the client's
}

func tellDHCPv6(m *Message, s *Sink) {
	d := dhcpv6Message{m: m, s: s, reply: m.Frame.SrcPort == 547 && m.Frame.DstPort != 547, client: s.SenderSubject()}
	c := m.Read()
	kind := c.U8()
	s.Op(dhcpv6Op(kind))
	for n := 0; (kind == dhcpv6Forward || kind == dhcpv6Answer) && n < dhcpv6Relays; n++ {
		if c = d.relay(kind, c); c.Len() < 4 {
			return
		}
		kind = c.U8()
		s.Op(dhcpv6Op(kind))
	}
	d.reply = kind == 2 || kind == 7 || kind == 10
	d.final = kind == 7
	d.whose()
	c.U24()
	d.options(c)
}

// whose finds out whom the message is about. What a relay passes on is of
// another link, so that only its own words tell who the client is.
func (d *dhcpv6Message) whose() {
	if d.relayed {
		if d.reply {
			d.server = d.s.SenderSubject()
		}
		return
	}
	d.mac = d.m.Frame.SrcMAC
	if d.reply {
		d.server, d.client, d.mac = d.client, d.s.ReceiverSubject(), d.m.Frame.DstMAC
		d.s.Sender(tyto.Role, dhcpv6Server, tyto.Shown, "dhcpv6.msgtype")
	}
}

var (
	dhcpv6Server = []byte("dhcp server")
	dhcpv6Relay  = []byte("dhcp relay")
	dhcpv6DNS    = []byte("dns server")
	dhcpv6NTP    = []byte("ntp server")
)

// relay reads what a relay wrote around a message, and is at the message.
func (d *dhcpv6Message) relay(kind byte, c frame.Cursor) (inner frame.Cursor) {
	if !d.relayed && kind == dhcpv6Forward {
		d.s.Sender(tyto.Role, dhcpv6Relay, tyto.Shown, "dhcpv6.msgtype")
	}
	d.relayed = true
	c.U8()
	c.Skip(16)
	peer := c.IPv6()
	d.client = tyto.Subject{Addr: peer}
	if peer.IsLinkLocal() || peer.IsUnspecified() || kind == dhcpv6Answer {
		d.client = tyto.Subject{} // an address of a link that is not here
	}
	for n := 0; c.Len() >= 4 && n < dhcpv6Options; n++ {
		code, o := c.U16(), c.Sub(int(c.U16()))
		switch {
		case o.Short():
			d.wrong()
			return frame.Read(nil)
		case code == 9:
			inner = o
		case code == 79: // RFC 6939
			if o.U16() == 1 {
				d.mac = o.MAC()
				d.client = tyto.Subject{MAC: d.mac}
				d.s.Has(d.mac, peer, tyto.Shown, "dhcpv6.peeraddr")
			}
		case code == 18:
			d.about(tyto.Clue, phrase.Text(o.Rest()), tyto.Stated, "dhcpv6.interface_id")
		}
	}
	return inner
}

func (d *dhcpv6Message) wrong() {
	if d.m.Frame.Missing == 0 && !d.m.Cut {
		d.s.Malformed("dhcpv6: option runs over the end")
	}
}

// about tells of the client, if it is known and one.
func (d *dhcpv6Message) about(a tyto.Attr, value []byte, c tyto.Confidence, field string) {
	if d.client != (tyto.Subject{}) && !d.client.Addr.IsMulticast() && !d.client.MAC.IsGroup() {
		d.s.About(d.client, a, value, c, field)
	}
}

func (d *dhcpv6Message) options(c frame.Cursor) {
	codes := d.s.Scratch(192)[:0]
	for n := 0; c.Len() >= 4 && n < dhcpv6Options; n++ {
		code, o := c.U16(), c.Sub(int(c.U16()))
		if o.Short() {
			d.wrong()
			break
		}
		codes = dhcpv6Item(codes, code)
		d.option(code, o)
	}
	if !d.reply {
		d.about(tyto.Clue, codes, tyto.Shown, "dhcpv6.option.type")
	}
}

func dhcpv6Item(b []byte, code uint16) []byte {
	if len(b) > 0 {
		b = phrase.Add(b, ",")
	}
	return phrase.Number(b, uint64(code))
}

func (d *dhcpv6Message) option(code uint16, o frame.Cursor) {
	switch code {
	case 1:
		d.duid(o, false)
	case 2:
		d.duid(o, true)
	case 3, 4: // addresses for a while (IA_NA), or of changing kind (IA_TA)
		d.addresses(code, o)
	case 23:
		d.named(o, dhcpv6DNS, "dhcpv6.dns_server")
	case 24:
		if d.reply {
			d.about(tyto.Domain, dhcpv6Name(d.s.Scratch(255)[:0], o), tyto.Inferred, "dhcpv6.search_list_entry")
		}
	case 31:
		d.named(o, dhcpv6NTP, "dhcpv6.sntp_server")
	case 39:
		d.fqdn(o)
	case 79:
		if o.U16() == 1 && d.relayed {
			d.mac = o.MAC()
		}
	case 103:
		d.about(tyto.Clue, phrase.Text(o.Rest()), tyto.Stated, "dhcpv6.captive_portal")
	default:
		if !d.reply {
			d.asked(code, o)
		}
	}
}

// asked reads the options in which a client speaks of itself.
func (d *dhcpv6Message) asked(code uint16, o frame.Cursor) {
	switch code {
	case 6:
		b := d.s.Scratch(min(6*o.Len()/2, 400))[:0]
		for o.Len() >= 2 {
			b = dhcpv6Item(b, o.U16())
		}
		d.about(tyto.Clue, b, tyto.Shown, "dhcpv6.requested_option_code")
	case 15:
		d.about(tyto.Clue, phrase.Text(o.Bytes(int(o.U16()))), tyto.Stated, "dhcpv6.userclass.opaque_data")
	case 16:
		d.enterprise(o.U32(), "dhcpv6.vendorclass.enterprise")
		for n := 0; o.Len() >= 2 && n < 4; n++ {
			d.about(tyto.Clue, phrase.Text(o.Bytes(int(o.U16()))), tyto.Stated, "dhcpv6.vendorclass.data")
		}
	case 17:
		d.vendor(o)
	case 112:
		d.about(tyto.Clue, phrase.Text(o.Rest()), tyto.Stated, "dhcpv6.mudurl")
	}
}

func (d *dhcpv6Message) enterprise(n uint32, field string) {
	d.about(tyto.Clue, phrase.Number(d.s.Scratch(10)[:0], uint64(n)), tyto.Stated, field)
}

// dhcpv6Inventory is what the sub-options of CableLabs (enterprise 4491) mean
// (CL-SP-CANN-DHCP-Reg section 6), as in DHCPv4's option 43.
var dhcpv6Inventory = [...]tyto.Attr{2: tyto.Clue, 4: tyto.Serial, 5: tyto.Hardware, 6: tyto.Firmware, 8: tyto.Clue, 9: tyto.Model, 10: tyto.Vendor}

func (d *dhcpv6Message) vendor(o frame.Cursor) {
	enterprise := o.U32()
	d.enterprise(enterprise, "dhcpv6.vendoropts.enterprise")
	for n := 0; o.Len() >= 4 && n < 32; n++ {
		code, value := o.U16(), o.Bytes(int(o.U16()))
		attr := tyto.Clue
		if enterprise == 4491 && int(code) < len(dhcpv6Inventory) && dhcpv6Inventory[code] != tyto.NoAttr {
			attr = dhcpv6Inventory[code]
		}
		d.about(attr, phrase.Text(value), tyto.Stated, "dhcpv6.vendoropts.enterprise.option_data")
	}
}

// duid tells the key of a client or server (RFC 8415 section 11), and what is
// in it: who made it, or the MAC address of one of its interfaces.
func (d *dhcpv6Message) duid(o frame.Cursor, server bool) {
	raw := o.Rest()
	if len(raw) < 3 || len(raw) > dhcpv6DUIDMost {
		d.s.Malformed("dhcpv6: DUID of an impossible length")
		return
	}
	who := d.client
	if server {
		if who = d.server; !d.reply || who == (tyto.Subject{}) {
			return
		}
	}
	if who == (tyto.Subject{}) || who.Addr.IsMulticast() || who.MAC.IsGroup() {
		return
	}
	b := phrase.Hex(phrase.Add(d.s.Scratch(5 + 2*len(raw))[:0], "duid:"), raw)
	d.s.About(who, tyto.Identity, b, tyto.Stated, "dhcpv6.duid.bytes")
	switch o.U16() {
	case 1:
		d.hardware(who, o, 4, "dhcpv6.duidllt.link_layer_addr")
	case 2:
		d.s.About(who, tyto.Clue, phrase.Number(d.s.Scratch(10)[:0], uint64(o.U32())), tyto.Stated, "dhcpv6.duiden.enterprise")
	case 3:
		d.hardware(who, o, 0, "dhcpv6.duidll.link_layer_addr")
	case 4:
		if b := d.s.Scratch(41); b != nil {
			d.s.About(who, tyto.Clue, phrase.UUID(b[:0], o.Rest()), tyto.Stated, "dhcpv6.duiduuid.bytes")
		}
	}
}

func (d *dhcpv6Message) hardware(who tyto.Subject, o frame.Cursor, skip int, field string) {
	kind := o.U16()
	o.Skip(skip)
	if mac := o.MAC(); kind == 1 && !o.Short() {
		if b := d.s.Scratch(17); b != nil {
			d.s.About(who, tyto.Clue, mac.Append(b[:0]), tyto.Stated, field)
		}
	}
}

// addresses tells the addresses that a server gives, of a reply for good.
func (d *dhcpv6Message) addresses(code uint16, o frame.Cursor) {
	if o.U32(); code == 3 {
		o.Skip(8)
	}
	for n := 0; o.Len() >= 4 && n < 8; n++ {
		inner, x := o.U16(), o.Sub(int(o.U16()))
		a := x.IPv6()
		x.U32()
		if inner != 5 || !d.final || x.U32() == 0 || x.Short() {
			continue
		}
		if !d.mac.IsZero() && !d.mac.IsGroup() {
			who := tyto.Subject{MAC: d.mac}
			if !d.relayed {
				who.VLAN = d.m.Frame.VLAN
			}
			if b := d.s.Scratch(46); b != nil && !a.IsUnspecified() && !a.IsMulticast() {
				d.s.About(who, tyto.Address, a.Append(b[:0]), tyto.Stated, "dhcpv6.iaaddr.ip")
			}
		}
	}
}

// named tells the role of servers of the own network that a server names.
func (d *dhcpv6Message) named(o frame.Cursor, role []byte, field string) {
	for n := 0; d.reply && o.Len() >= 16 && n < 8; n++ {
		if a := o.IPv6(); a.IsPrivate() && !a.IsUnspecified() {
			d.s.About(tyto.Subject{Addr: a}, tyto.Role, role, tyto.Inferred, field)
		}
	}
}

// fqdn tells the name that the client wants to have in DNS (RFC 4704).
func (d *dhcpv6Message) fqdn(o frame.Cursor) {
	o.U8()
	name := dhcpv6Name(d.s.Scratch(255)[:0], o)
	host := phrase.Until(name, '.')
	d.about(tyto.Clue, name, tyto.Stated, "dhcpv6.client_domain")
	d.about(tyto.Hostname, host, tyto.Stated, "dhcpv6.client_domain")
	if len(host) < len(name) {
		d.about(tyto.Domain, name[len(host)+1:], tyto.Stated, "dhcpv6.client_domain")
	}
}

// dhcpv6Name appends the first name of a list, labels as in DNS; nil if it is no text.
func dhcpv6Name(b []byte, o frame.Cursor) []byte {
	for o.Len() > 0 {
		label := o.Bytes(int(o.U8()))
		if len(label) == 0 {
			break
		}
		if len(b) > 0 {
			b = phrase.Add(b, ".")
		}
		b = phrase.Join(b, label)
	}
	return phrase.Text(b)
}

var dhcpv6Ops = [...]string{1: "dhcpv6 solicit", "dhcpv6 advertise", "dhcpv6 request", "dhcpv6 confirm", "dhcpv6 renew", "dhcpv6 rebind",
	"dhcpv6 reply", "dhcpv6 release", "dhcpv6 decline", "dhcpv6 reconfigure", "dhcpv6 information request", "dhcpv6 relay forward", "dhcpv6 relay reply"}

func dhcpv6Op(kind byte) string {
	if int(kind) < len(dhcpv6Ops) && kind > 0 {
		return dhcpv6Ops[kind]
	}
	return "dhcpv6 other"
}
