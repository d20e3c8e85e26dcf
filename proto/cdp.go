package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// The Cisco Discovery Protocol, which others speak too: telephone adapters,
// cameras, hypervisors. Cisco publishes only parts of it; the rest is as
// Wireshark reads it.
func init() {
	register(Dissector{
		Name:  "cdp",
		Where: []Where{SNAP(0x00000c, 0x2000), IP(frame.GRE)}, // in GRE it comes without LLC
		Is:    isCDP,
		Tell:  tellCDP,
	})
}

func isCDP(m *Message) bool {
	c := m.Read()
	version := c.U8()
	c.Skip(3) // time to live, checksum
	if version != 1 && version != 2 {
		return false
	}
	if m.Frame.HasIP() {
		return wholeCDP(c)
	}
	kind, n := c.U16(), c.U16()
	return !c.Short() && kind != 0 && n >= 4
}

// wholeCDP reports whether there are TLVs, beginning with the device id, to the
// very end: GRE carries other things, too.
func wholeCDP(c frame.Cursor) bool {
	for n := 0; n < 128 && c.Len() >= 4; n++ {
		kind, length := c.U16(), int(c.U16())
		if length < 4 || (n == 0) != (kind == 1) {
			return false
		}
		c.Skip(length - 4)
		if n > 0 && c.Len() == 0 {
			return !c.Short()
		}
	}
	return false
}

func tellCDP(m *Message, s *Sink) {
	s.Op("cdp announcement")
	c := m.Read()
	c.Skip(4)
	for n := 0; n < 128 && c.Len() >= 4; n++ {
		kind, length := c.U16(), int(c.U16())
		if length < 4 {
			s.Malformed("TLV shorter than its own header")
			return
		}
		v := c.Bytes(length - 4)
		if c.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("TLV cut short")
			}
			return
		}
		cdpTLV(m, s, kind, v)
	}
}

// cdpPlain is the TLVs that are one value, by type.
var cdpPlain = [...]struct {
	attr  tyto.Attr
	size  int // of a number, 0 for text
	field string
}{
	0x03: {tyto.Clue, 0, "cdp.portid"},
	0x05: {tyto.Clue, 0, "cdp.software_version"},
	0x09: {tyto.Clue, 0, "cdp.vtp_management_domain"},
	0x0a: {tyto.Clue, 2, "cdp.native_vlan"},
	0x10: {tyto.Clue, 2, "cdp.power_consumption"},
	0x11: {tyto.Clue, 4, "cdp.mtu"},
	0x14: {tyto.Hostname, 0, "cdp.system_name"},
}

func cdpTLV(m *Message, s *Sink, kind uint16, v []byte) {
	if int(kind) < len(cdpPlain) && cdpPlain[kind].field != "" {
		x := &cdpPlain[kind]
		if x.size == 0 {
			s.Sender(x.attr, cdpTrim(v), tyto.Stated, x.field)
		} else if len(v) == x.size {
			s.Sender(x.attr, cdpNumber(s, v), tyto.Stated, x.field)
		}
		return
	}
	c := frame.Read(v)
	switch kind {
	case 0x01:
		cdpDevice(s, cdpTrim(v))
	case 0x02, 0x16:
		cdpAddresses(m, s, c)
	case 0x04:
		cdpCapabilities(s, c.U32())
	case 0x06:
		cdpPlatform(s, cdpTrim(v))
	case 0x0b:
		if len(v) == 1 {
			s.Sender(tyto.Clue, cdpDuplex[v[0]&1], tyto.Stated, "cdp.duplex")
		}
	case 0x0e, 0x0f: // what it is for, and the VLAN
		if c.Skip(1); c.Len() == 2 {
			s.Sender(tyto.Clue, cdpNumber(s, c.Rest()), tyto.Stated, "cdp.voice_vlan")
		}
	case 0x15:
		s.Sender(tyto.Clue, cdpOID(s, v), tyto.Stated, "cdp.system_object_identifier")
	case 0x17:
		if len(v) > 1 {
			s.Sender(tyto.Location, cdpTrim(v[1:]), tyto.Stated, "cdp.location")
		}
	case 0x19, 0x1a: // request id, management id, watts
		if c.Skip(4); c.Len() >= 4 {
			field := "cdp.power_requested"
			if kind == 0x1a {
				field = "cdp.power_available"
			}
			s.Sender(tyto.Clue, cdpNumber(s, c.Bytes(4)), tyto.Stated, field)
		}
	case 0x1d:
		cdpEnergyWise(s, c)
	case 0x1001:
		s.Sender(tyto.Serial, cdpTrim(v), tyto.Stated, "cdp.system_serial_number")
	}
}

var cdpDuplex = [2][]byte{[]byte("half"), []byte("full")}

// cdpDevice tells the device id: a host name, with the serial number in
// brackets on NX-OS, after it on CatOS ("JAB024443XC(switch1)").
func cdpDevice(s *Sink, v []byte) {
	s.Sender(tyto.Clue, v, tyto.Stated, "cdp.deviceid")
	outer, inner := v, []byte(nil)
	for i, c := range v {
		if c == '(' && v[len(v)-1] == ')' {
			outer, inner = v[:i], v[i+1:len(v)-1]
			break
		}
	}
	switch {
	case isCiscoSerial(inner):
		s.Sender(tyto.Serial, inner, tyto.Stated, "cdp.deviceid")
	case len(inner) > 0 && (isCiscoSerial(outer) || cdpDigits(outer)):
		s.Sender(tyto.Serial, outer, tyto.Stated, "cdp.deviceid")
		outer = inner
	case len(inner) > 0:
		outer = v
	}
	s.Sender(tyto.Hostname, outer, tyto.Stated, "cdp.deviceid")
}

// isCiscoSerial reports whether v is a serial number of Cisco's: where it was
// made, year and week, and four characters that count.
func isCiscoSerial(v []byte) bool {
	if len(v) != 11 {
		return false
	}
	for i, c := range v {
		digit, letter := c >= '0' && c <= '9', c >= 'A' && c <= 'Z'
		if i < 3 && !letter || i >= 3 && i < 7 && !digit || i >= 7 && !digit && !letter {
			return false
		}
	}
	return true
}

func cdpDigits(v []byte) bool {
	for _, c := range v {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(v) > 5
}

// cdpPlatform tells the model, as in "cisco WS-C3560-24TS".
func cdpPlatform(s *Sink, v []byte) {
	s.Sender(tyto.Clue, v, tyto.Stated, "cdp.platform")
	model := v
	if len(v) > 6 && v[0]|0x20 == 'c' && string(v[1:6]) == "isco " {
		s.Sender(tyto.Vendor, cdpCisco, tyto.Stated, "cdp.platform")
		model = v[6:]
	}
	s.Sender(tyto.Model, model, tyto.Stated, "cdp.platform")
}

var cdpCisco = []byte("Cisco")

// cdpCaps is the capabilities by bit, and the role that each is.
var cdpCaps = [...]struct {
	word string
	role []byte
}{{"router", []byte("router")}, {"transparent-bridge", []byte("switch")}, {"source-route-bridge", []byte("switch")}, {"switch", []byte("switch")},
	{"host", nil}, {"igmp", nil}, {"repeater", []byte("repeater")}, {"voip-phone", []byte("telephone")}, {"remotely-managed", nil},
	{"cvta", nil}, {"two-port-mac-relay", []byte("two-port relay")}}

func cdpCapabilities(s *Sink, bits uint32) {
	b := s.Scratch(128)
	if b == nil {
		return
	}
	b = b[:0]
	for i := range cdpCaps {
		if bits&(1<<i) == 0 {
			continue
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = append(b, cdpCaps[i].word...)
		s.Sender(tyto.Role, cdpCaps[i].role, tyto.Stated, "cdp.capabilities")
	}
	s.Sender(tyto.Clue, b, tyto.Stated, "cdp.capabilities")
}

// cdpAddresses tells the addresses of the device. The port that sent this need
// not have them itself.
func cdpAddresses(m *Message, s *Sink, c frame.Cursor) {
	for n := min(c.U32(), 32); n > 0 && c.Len() > 0; n-- {
		c.Skip(1) // how the protocol is written: by NLPID or by 802.2
		protocol := c.Bytes(int(c.U8()))
		addr := c.Bytes(int(c.U16()))
		switch {
		case c.Short():
			return
		case len(addr) == 4 && len(protocol) == 1 && protocol[0] == 0xcc,
			len(addr) == 16 && len(protocol) == 8 && string(protocol[6:]) == "\x86\xdd":
			s.Has(m.Frame.SrcMAC, frame.AddrOf(addr), tyto.Shown, "cdp.nrgyz.ip_address")
		}
	}
}

// cdpEnergyWise tells model and serial number, which precede the domain's TLVs.
func cdpEnergyWise(s *Sink, c frame.Cursor) {
	c.Skip(20 + 4 + 4) // hash, sequence numbers
	model := cdpTrim(c.Bytes(16))
	c.Skip(2 + 3) // unknown, hardware version
	serial := cdpTrim(c.Bytes(11))
	if c.Short() {
		return
	}
	s.Sender(tyto.ModelNumber, model, tyto.Stated, "cdp.model_number")
	if isCiscoSerial(serial) {
		s.Sender(tyto.Serial, serial, tyto.Stated, "cdp.system_serial_number")
	}
}

// cdpNumber is a number of up to four bytes, in decimal.
func cdpNumber(s *Sink, v []byte) []byte {
	n := uint32(0)
	for _, x := range v {
		n = n<<8 | uint32(x)
	}
	b := s.Scratch(10)
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = '0' + byte(n%10)
		if n /= 10; n == 0 {
			return b[i:]
		}
	}
	return b
}

// cdpOID is an object identifier with dots, from its BER content.
func cdpOID(s *Sink, v []byte) []byte {
	if len(v) > 2 && v[0] == 6 && int(v[1]) == len(v)-2 { // with its BER header
		v = v[2:]
	}
	b := s.Scratch(min(8+11*len(v), 256))
	if len(b) == 0 || len(v) == 0 {
		return nil
	}
	b = append(cdpDecimal(b[:0], uint32(v[0])/40), '.')
	b = cdpDecimal(b, uint32(v[0])%40)
	arc := uint32(0)
	for _, x := range v[1:] {
		if arc = arc<<7 | uint32(x&0x7f); x&0x80 == 0 {
			if cap(b)-len(b) < 11 {
				return b
			}
			b, arc = cdpDecimal(append(b, '.'), arc), 0
		}
	}
	return b
}

func cdpDecimal(b []byte, n uint32) []byte {
	if n >= 10 {
		b = cdpDecimal(b, n/10)
	}
	return append(b, '0'+byte(n%10))
}

func cdpTrim(v []byte) []byte {
	for len(v) > 0 && (v[len(v)-1] == 0 || v[len(v)-1] == ' ' || v[len(v)-1] == '\n' || v[len(v)-1] == '\r') {
		v = v[:len(v)-1]
	}
	return v
}
