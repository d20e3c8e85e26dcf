package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The Border Gateway Protocol, version 4 (RFC 4271).
func init() {
	register(Dissector{
		Name:     "bgp",
		Where:    []Where{TCP(179)},
		Anywhere: true, First: "\xff",
		Is: isBGP, Split: splitBGP, Tell: tellBGP,
	})
}

const (
	bgpMarker = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	bgpHeader = 19

	bgpOpen         = 1
	bgpNotification = 3

	bgpToldOpen = 4 // in Memory[3]: of the client; the server's is one bit further
)

var (
	bgpOps    = [...]string{bgpOpen: "bgp open", 2: "bgp update", bgpNotification: "bgp notification", 4: "bgp keepalive", 5: "bgp route refresh"}
	bgpRouter = []byte("bgp router")
)

// isBGP wants a header of a message whose length its type allows (section 4).
func isBGP(m *Message) bool {
	c := m.Read()
	if !c.Has(bgpMarker) {
		return false
	}
	c.Skip(16)
	n, kind := c.U16(), c.U8()
	return !c.Short() && n >= bgpHeader && n <= 4096 && kind >= 1 && int(kind) < len(bgpOps) && (kind != bgpOpen || n >= 29) && (kind != 4 || n == bgpHeader)
}

func splitBGP(m *Message) int {
	c := m.Read()
	if len(m.Body) < bgpHeader {
		return 0
	}
	if !c.Has(bgpMarker) {
		return -1
	}
	c.Skip(16)
	if n := int(c.U16()); n >= bgpHeader {
		return n
	}
	return -1
}

func tellBGP(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(18)
	kind := c.U8()
	if c.Short() || kind == 0 || int(kind) >= len(bgpOps) {
		s.Malformed("bgp: type of message")
		return
	}
	s.Op(bgpOps[kind])
	told := uint64(bgpToldOpen)
	if !m.ToServer {
		told <<= 1
	}
	if m.Memory[3]&told == 0 {
		m.Memory[3] |= told
		s.Sender(tyto.Role, bgpRouter, tyto.Shown, "bgp.type")
	}
	switch kind {
	case bgpOpen:
		tellBGPOpen(s, &c)
	case bgpNotification:
		if code, sub := c.U8(), c.U8(); code == 2 || code == 6 && sub != 0 {
			s.Undergone(tyto.LoginFailed, "bgp open", nil, "refused")
		}
	}
}

// tellBGPOpen tells the autonomous system, the router's id, and its name where
// it gives one (RFC 6793, draft-walton-bgp-hostname-capability).
func tellBGPOpen(s *Sink, c *frame.Cursor) {
	version, system := c.U8(), uint32(c.U16())
	c.Skip(2)
	id := c.IPv4()
	options := c.Sub(int(c.U8()))
	if c.Short() || version != 4 {
		s.Malformed("bgp: open")
		return
	}
	for range 32 {
		kind := options.U8()
		list := options.Sub(int(options.U8()))
		if options.Short() {
			break
		}
		for kind == 2 && list.Len() > 1 {
			code := list.U8()
			capability := list.Sub(int(list.U8()))
			switch {
			case code == 65 && capability.Len() == 4:
				system = capability.U32()
			case code == 73:
				s.Sender(tyto.Hostname, capability.Bytes(int(capability.U8())), tyto.Stated, "bgp.cap.fqdn.hostname")
				s.Sender(tyto.Domain, capability.Bytes(int(capability.U8())), tyto.Stated, "bgp.cap.fqdn.domain")
			}
		}
	}
	if b := s.Scratch(16); b != nil {
		s.Sender(tyto.Clue, strconv.AppendUint(append(b[:0], "AS"...), uint64(system), 10), tyto.Stated, "bgp.open.myas")
	}
	if b := s.Scratch(16); b != nil {
		s.Sender(tyto.Clue, id.Append(b[:0]), tyto.Stated, "bgp.open.identifier")
	}
}
