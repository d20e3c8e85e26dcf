package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/ntlmssp"
	"tyto/tyto"
)

// CODESYS runtime systems: version 3's datagrams over UDP and TCP (of which the
// answers to a search name node, device and maker), and version 2's question
// what the target is. Neither is published; both are as researchers describe
// them (Nochvay, "Security research: CODESYS Runtime", 2019; Redpoint).
func init() {
	register(Dissector{
		Name: "codesys", Industrial: true,
		Where: []Where{UDP(1740), UDP(1741), UDP(1742), UDP(1743), TCP(11740), TCP(1200), TCP(2455)},
		Is:    isCodesys, Split: splitCodesys, Tell: tellCodesys,
	})
}

const (
	codesysMagic   = 0xc5 // of a datagram
	codesysTCP     = "\x00\x01\x17\xe8"
	codesysV2      = "\xbb\xbb"
	codesysResolve = 1 // services of the router: addresses, names, channels
	codesysNameAsk = 3
	codesysName    = 4
	codesysChannel = 64
)

var (
	codesysClient  = []byte("codesys client")
	codesysRuntime = []byte("codesys runtime")
)

func isCodesys(m *Message) bool {
	c := m.Read()
	switch {
	case m.Frame.Proto == frame.UDP:
		return len(m.Body) >= 8 && m.Body[0] == codesysMagic && codesysServes(m.Body[3])
	case c.Has(codesysTCP):
		c.Skip(4)
		n := c.L32()
		return n >= 16 && n < 1<<16 && c.U8() == codesysMagic
	}
	return c.Has(codesysV2) && len(m.Body) >= 7 && (m.Body[2] == 1 || m.Body[5] == 1)
}

func codesysServes(service byte) bool {
	return service >= 1 && service <= 4 || service == codesysChannel
}

func splitCodesys(m *Message) int {
	c := m.Read()
	if m.Frame.Proto == frame.UDP {
		return len(m.Body)
	}
	if c.Has(codesysTCP) {
		c.Skip(4)
		if n := c.L32(); c.Short() {
			return 0
		} else if n >= 8 && n < 1<<16 {
			return int(n)
		}
		return -1
	}
	if len(m.Body) < 4 {
		return 0
	}
	if c.Has(codesysV2) {
		return len(m.Body)
	}
	return -1
}

func tellCodesys(m *Message, s *Sink) {
	c := m.Read()
	if c.Has(codesysV2) {
		tellCodesysV2(m, s)
		return
	}
	if c.Has(codesysTCP) {
		c.Skip(8)
	}
	magic := c.U8()
	c.Skip(2) // hops, and how the packet is handled
	service := c.U8()
	if c.Short() || magic != codesysMagic {
		s.Malformed("codesys: header")
		return
	}
	switch service {
	case codesysResolve, 2:
		s.Op("codesys address")
	case codesysNameAsk:
		s.Asks(m, codesysClient, "codesys.service")
		s.Did(tyto.Identify, "codesys search", nil, "")
	case codesysName:
		s.Serves(m, codesysRuntime, "codesys", "codesys.service")
		s.Op("codesys node")
		tellCodesysNode(s, c)
	case codesysChannel:
		if m.ToServer {
			s.Asks(m, codesysClient, "codesys.service")
		} else {
			s.Serves(m, codesysRuntime, "codesys", "codesys.service")
		}
		s.Op("codesys channel")
	default:
		s.Malformed("codesys: service")
	}
}

// tellCodesysNode tells the names in an answer to a search: of the node, of
// the device and of its maker, in UTF-16, each with a zero after it.
func tellCodesysNode(s *Sink, c frame.Cursor) {
	b := c.Rest()
	attrs := [...]struct {
		attr  tyto.Attr
		field string
	}{{tyto.Hostname, "codesys.node_name"}, {tyto.Model, "codesys.device_name"}, {tyto.Vendor, "codesys.vendor_name"}}
	for n := 0; n < len(attrs) && len(b) >= 6; {
		end := codesysText(b)
		if end < 6 || end+2 > len(b) || b[end] != 0 || b[end+1] != 0 {
			b = b[2:]
			continue
		}
		if out := s.Scratch(end * 3 / 2); out != nil {
			s.Sender(attrs[n].attr, bytes.TrimSpace(ntlmssp.AppendText(out[:0], b[:end])), tyto.Stated, attrs[n].field)
		}
		b, n = b[end+2:], n+1
	}
}

// codesysText is how many bytes at the start of b are printable Latin text in UTF-16, little-endian.
func codesysText(b []byte) int {
	i := 0
	for i+1 < len(b) && b[i+1] == 0 && (b[i] >= ' ' && b[i] < 0x7f || b[i] >= 0xa0) {
		i += 2
	}
	return i
}

// tellCodesysV2 tells the texts of version 2's answer: operating system and its kind, product.
func tellCodesysV2(m *Message, s *Sink) {
	if m.ToServer {
		s.Asks(m, codesysClient, "codesys.service")
		s.Did(tyto.Identify, "codesys login", nil, "")
		return
	}
	s.Serves(m, codesysRuntime, "codesys", "codesys.service")
	if len(m.Body) < 161 {
		return
	}
	s.Sender(tyto.Clue, codesysZ(m.Body[65:97]), tyto.Stated, "codesys.os_name")
	s.Sender(tyto.Clue, codesysZ(m.Body[97:129]), tyto.Stated, "codesys.os_type")
	s.Sender(tyto.Clue, codesysZ(m.Body[129:161]), tyto.Stated, "codesys.product")
}

func codesysZ(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	for _, x := range b {
		if x < ' ' || x > '~' {
			return nil
		}
	}
	return bytes.TrimSpace(b)
}
