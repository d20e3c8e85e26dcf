package proto

import (
	"tyto/frame"
	"tyto/proto/civic"
	"tyto/tyto"
)

// The Link Layer Discovery Protocol, IEEE 802.1AB, with the TLVs of IEEE 802.1
// and 802.3, of LLDP-MED (ANSI/TIA-1057), of PROFINET (IEC 61158-6-10) and of
// manufacturer usage descriptions (RFC 8520).
func init() {
	register(Dissector{
		Name:  "lldp",
		Where: []Where{EtherType(0x88cc)},
		Is:    isLLDP,
		Tell:  tellLLDP,
	})
}

// The mandatory TLVs come first: chassis id, port id, time to live.
func isLLDP(m *Message) bool {
	c := m.Read()
	kind, v := lldpNext(&c)
	return kind == 1 && len(v) >= 2
}

// lldpNext is the next TLV: 7 bits of type, 9 of length. 0 is the end.
func lldpNext(c *frame.Cursor) (kind byte, value []byte) {
	h := c.U16()
	return byte(h >> 9), c.Bytes(int(h & 0x1ff))
}

// lldpMade is what a device says of its make, for its identity, and how it
// calls its chassis.
type lldpMade struct{ vendor, serial, chassis []byte }

func tellLLDP(m *Message, s *Sink) {
	s.Op("lldp announcement")
	c := m.Read()
	var made lldpMade
	for n := 0; n < 128 && c.Len() >= 2; n++ {
		kind, v := lldpNext(&c)
		if c.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("TLV cut short")
			}
			break
		}
		if kind == 0 {
			break
		}
		lldpTLV(m, s, kind, v, &made)
	}
	if len(made.vendor) > 0 && len(made.serial) > 3 {
		if b := s.Scratch(len("serial:/") + len(made.vendor) + len(made.serial)); b != nil {
			b = append(append(append(append(b[:0], "serial:"...), made.vendor...), '/'), made.serial...)
			s.Sender(tyto.Identity, b, tyto.Stated, "lldp.media.sn")
		}
	}
}

func lldpTLV(m *Message, s *Sink, kind byte, v []byte, made *lldpMade) {
	switch kind {
	case 1:
		lldpChassis(m, s, v, made)
	case 2:
		lldpPort(s, v)
	case 4:
		s.Sender(tyto.Clue, v, tyto.Stated, "lldp.port.desc")
	case 5:
		s.Sender(tyto.Hostname, v, tyto.Stated, "lldp.tlv.system.name")
	case 6:
		s.Sender(tyto.Clue, v, tyto.Stated, "lldp.tlv.system.desc")
		s.Sender(tyto.Description, v, tyto.Stated, "lldp.tlv.system.desc")
	case 7:
		lldpCapabilities(s, v)
	case 8:
		lldpManagement(m, s, v)
	case 127:
		lldpOrganisation(m, s, v, made)
	}
}

// lldpChassis tells the chassis identifier. As a MAC address it is that of the
// device, whichever port sent this.
func lldpChassis(m *Message, s *Sink, v []byte, made *lldpMade) {
	c := frame.Read(v)
	switch kind := c.U8(); {
	case kind == 4 && c.Len() == 6:
		lldpMAC(m, s, c.MAC(), "lldp.chassis.id.mac")
	case kind == 5 && c.Len() > 1:
		lldpAddress(m, s, c.Rest(), "lldp.chassis.id.ip4", "lldp.chassis.id.ip6")
	case kind != 4 && kind != 5 && lldpPrintable(c.Rest()):
		if kind == 7 {
			made.chassis = lldpTrim(c.Rest())
		}
		s.Sender(tyto.Clue, c.Rest(), tyto.Stated, "lldp.chassis.id")
	case c.Len() > 0:
		s.Sender(tyto.Clue, lldpHex(s, c.Rest()), tyto.Stated, "lldp.chassis.id")
	}
}

// lldpMAC tells that the device has another MAC address, of the chassis: what
// is known of either is known of both.
func lldpMAC(m *Message, s *Sink, mac frame.MAC, field string) {
	if mac.IsZero() || mac.IsGroup() {
		return
	}
	b := s.Scratch(len("chassis:") + 17)
	if b == nil {
		return
	}
	key := mac.Append(append(b[:0], "chassis:"...))
	s.Sender(tyto.Identity, key, tyto.Stated, field)
	if mac != m.Frame.SrcMAC {
		s.About(tyto.Subject{MAC: mac, VLAN: m.Frame.VLAN}, tyto.Identity, key, tyto.Stated, field)
	}
}

func lldpPort(s *Sink, v []byte) {
	c := frame.Read(v)
	switch kind := c.U8(); {
	case kind == 3 && c.Len() == 6:
		if b := s.Scratch(17); b != nil {
			mac := c.MAC()
			s.Sender(tyto.Clue, mac.Append(b[:0]), tyto.Stated, "lldp.port.id.mac")
		}
	case lldpPrintable(c.Rest()):
		s.Sender(tyto.Clue, c.Rest(), tyto.Stated, "lldp.port.id")
	case c.Len() > 0:
		s.Sender(tyto.Clue, lldpHex(s, c.Rest()), tyto.Stated, "lldp.port.id")
	}
}

// lldpCaps is the capabilities by bit, and the role that each is.
var lldpCaps = [...]struct {
	word string
	role []byte
}{{"other", nil}, {"repeater", []byte("repeater")}, {"bridge", []byte("switch")}, {"wlan-access-point", []byte("access point")},
	{"router", []byte("router")}, {"telephone", []byte("telephone")}, {"docsis-cable-device", []byte("cable modem")},
	{"station", nil}, {"c-vlan", []byte("switch")}, {"s-vlan", []byte("switch")}, {"two-port-mac-relay", []byte("two-port relay")}}

// lldpCapabilities tells what the device can do, and which of it is switched on.
func lldpCapabilities(s *Sink, v []byte) {
	c := frame.Read(v)
	able, enabled := c.U16(), c.U16()
	if c.Short() {
		return
	}
	s.Sender(tyto.Clue, lldpWords(s, able), tyto.Stated, "lldp.tlv.system_cap")
	s.Sender(tyto.Clue, lldpWords(s, enabled), tyto.Stated, "lldp.tlv.enable_system_cap")
	for i := range lldpCaps {
		if enabled&(1<<i) != 0 {
			s.Sender(tyto.Role, lldpCaps[i].role, tyto.Stated, "lldp.tlv.enable_system_cap")
		}
	}
}

// lldpWords is capabilities as words: "bridge,router".
func lldpWords(s *Sink, bits uint16) []byte {
	b := s.Scratch(128)
	if b == nil {
		return nil
	}
	b = b[:0]
	for i := range lldpCaps {
		if bits&(1<<i) != 0 {
			if len(b) > 0 {
				b = append(b, ',')
			}
			b = append(b, lldpCaps[i].word...)
		}
	}
	return b
}

func lldpManagement(m *Message, s *Sink, v []byte) {
	c := frame.Read(v)
	addr := c.Bytes(int(c.U8()))
	if len(addr) < 2 {
		return
	}
	if addr[0] == 6 && len(addr) == 7 { // all 802: the device's MAC address
		a := frame.Read(addr[1:])
		lldpMAC(m, s, a.MAC(), "lldp.mgn.addr.hex")
	}
	lldpAddress(m, s, addr, "lldp.mgn.addr.ip4", "lldp.mgn.addr.ip6")
	c.Skip(5) // how interfaces are numbered, and the number
	if oid := c.Bytes(int(c.U8())); len(oid) > 0 {
		s.Sender(tyto.Clue, lldpHex(s, oid), tyto.Stated, "lldp.mgn.obj.id")
	}
}

// lldpAddress tells an address: a family of IANA's address family numbers, and
// the address. It is the device's, and need not be of the port that sent it.
func lldpAddress(m *Message, s *Sink, v []byte, field4, field6 string) {
	c := frame.Read(v)
	switch family := c.U8(); {
	case family == 1 && c.Len() == 4:
		s.Has(m.Frame.SrcMAC, c.IPv4(), tyto.Shown, field4)
	case family == 2 && c.Len() == 16:
		s.Has(m.Frame.SrcMAC, c.IPv6(), tyto.Shown, field6)
	}
}

// Organisations of TLVs.
const (
	lldp8021     = 0x0080c2
	lldp8023     = 0x00120f
	lldpMED      = 0x0012bb
	lldpPROFINET = 0x000ecf
	lldpIANA     = 0x00005e
	lldpCisco    = 0x000142
)

func lldpOrganisation(m *Message, s *Sink, v []byte, made *lldpMade) {
	c := frame.Read(v)
	org, kind := c.U24(), c.U8()
	if c.Short() {
		return
	}
	switch {
	case org == lldpMED:
		lldpMedia(s, kind, c.Rest(), made)
	case org == lldpPROFINET:
		lldpProfinet(m, s, kind, c, made)
	case org == lldp8021 && kind == 1:
		lldpNumber(s, uint32(c.U16()), "lldp.ieee.802_1.port_vlan.id")
	case org == lldp8021 && kind == 3:
		c.Skip(2)
		s.Sender(tyto.Clue, c.Bytes(int(c.U8())), tyto.Stated, "lldp.ieee.802_1.vlan.name")
	case org == lldp8023 && kind == 1:
		c.Skip(3)
		lldpNumber(s, uint32(c.U16()), "lldp.ieee.802_3.pmd_mau_type")
	case org == lldp8023 && kind == 2:
		c.Skip(2)
		lldpNumber(s, uint32(c.U8()), "lldp.ieee.802_3.mdi_power_class")
	case org == lldp8023 && kind == 4:
		lldpNumber(s, uint32(c.U16()), "lldp.ieee.802_3.max_frame_size")
	case org == lldpIANA && kind == 1:
		s.Sender(tyto.Clue, c.Rest(), tyto.Stated, "lldp.iana.mudurl")
	case org == lldpCisco && lldpACI[kind].attr != tyto.NoAttr:
		s.Sender(lldpACI[kind].attr, c.Rest(), tyto.Stated, lldpACI[kind].field)
	}
}

// lldpACI is the TLVs of switches of Cisco's Application Centric
// Infrastructure, by the subtypes that Wireshark knows.
var lldpACI = [256]struct {
	attr  tyto.Attr
	field string
}{
	0xce: {tyto.Clue, "lldp.cisco.fabricname"}, 0xd2: {tyto.Firmware, "lldp.cisco.version"}, 0xd4: {tyto.Serial, "lldp.cisco.serialno"},
	0xd6: {tyto.Model, "lldp.cisco.model"}, 0xd7: {tyto.Hostname, "lldp.cisco.nodename"},
}

// lldpInventory is the TLVs of an LLDP-MED endpoint's inventory, from subtype 5 on.
var lldpInventory = [...]struct {
	attr  tyto.Attr
	field string
}{
	{tyto.Hardware, "lldp.media.hardware"}, {tyto.Firmware, "lldp.media.firmware"}, {tyto.Clue, "lldp.media.software"},
	{tyto.Serial, "lldp.media.sn"}, {tyto.Vendor, "lldp.media.manufacturer"}, {tyto.Model, "lldp.media.model"}, {tyto.Clue, "lldp.media.asset"},
}

func lldpMedia(s *Sink, kind byte, v []byte, made *lldpMade) {
	c := frame.Read(v)
	switch {
	case kind == 1 && len(v) >= 3: // 1 to 3: endpoint, media endpoint, phone; 4: network
		c.U16()
		lldpNumber(s, uint32(c.U8()), "lldp.media.subtype.class")
	case kind == 2 && len(v) >= 4 && v[0] == 1: // policy for voice
		c.U8()
		if vlan := c.U24() >> 9 & 0xfff; vlan != 0 {
			lldpNumber(s, vlan, "lldp.media.vlan_id")
		}
	case kind == 3 && len(v) > 4 && v[0] == 2: // civic address, without coordinates and emergency numbers
		c.Skip(3) // format, length, what
		if b := s.Scratch(256); b != nil {
			s.Sender(tyto.Location, civic.Append(b[:0], c.Rest()), tyto.Stated, "lldp.media.civic.value")
		}
	case kind >= 5 && int(kind-5) < len(lldpInventory):
		is, v := lldpInventory[kind-5], lldpTrim(v)
		if lldpUnset(v) {
			return
		}
		if is.attr == tyto.Serial {
			made.serial = v
		}
		if is.attr == tyto.Vendor {
			made.vendor = v
		}
		s.Sender(is.attr, v, tyto.Stated, is.field)
	}
}

// lldpUnset reports whether a value is what makers leave in the fields of
// SMBIOS that they do not fill, from which hosts take their inventory.
func lldpUnset(v []byte) bool {
	switch string(v) {
	case "", "0", "00000000", "None", "N/A", "Not Specified", "Not Available", "Unknown", "To be filled by O.E.M.", "To Be Filled By O.E.M.",
		"Default string", "System Serial Number", "System manufacturer", "System Product Name", "123456789", "0123456789", "Undefined":
		return true
	}
	return false
}

// lldpProfinet tells that the device speaks PROFINET, and the MAC address of
// its interface, which its ports share. Its chassis is called by the name of
// the station.
func lldpProfinet(m *Message, s *Sink, kind byte, c frame.Cursor, made *lldpMade) {
	switch kind {
	case 2:
		lldpNumber(s, uint32(c.U16()), "lldp.profinet.rtc2_port_status")
	case 5:
		if mac := c.MAC(); !c.Short() {
			lldpMAC(m, s, mac, "lldp.profinet.cm_mac_add")
		}
		s.Sender(tyto.Protocol, lldpPN, tyto.Stated, "lldp.profinet.cm_mac_add")
		s.Sender(tyto.Hostname, made.chassis, tyto.Shown, "lldp.chassis.id")
	}
}

var lldpPN = []byte("pn_io")

func lldpNumber(s *Sink, n uint32, field string) {
	b := s.Scratch(10)
	if b == nil {
		return
	}
	i := len(b)
	for {
		i--
		b[i] = '0' + byte(n%10)
		if n /= 10; n == 0 {
			break
		}
	}
	s.Sender(tyto.Clue, b[i:], tyto.Stated, field)
}

func lldpHex(s *Sink, v []byte) []byte {
	const hex = "0123456789abcdef"
	v = v[:min(len(v), 64)]
	b := s.Scratch(2 * len(v))
	for i := range b {
		b[i] = hex[v[i/2]>>(4*(1-i%2))&15]
	}
	return b
}

func lldpTrim(v []byte) []byte {
	for len(v) > 0 && (v[len(v)-1] == 0 || v[len(v)-1] == ' ') {
		v = v[:len(v)-1]
	}
	return v
}

func lldpPrintable(v []byte) bool {
	v = lldpTrim(v)
	for _, c := range v {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return len(v) > 0
}
