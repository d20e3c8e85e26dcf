package proto

import "tyto/tyto"

// WireGuard, as of its paper (Donenfeld, NDSS 2017): handshakes of fixed
// lengths, and data.
func init() {
	register(Dissector{
		Name:     "wg",
		Where:    []Where{UDP(51820)},
		Anywhere: true, First: "\x01",
		Is: isWireGuard, Tell: tellWireGuard,
	})
}

func isWireGuard(m *Message) bool {
	c := m.Read()
	kind, reserved := c.U8(), c.U24()
	if c.Short() || reserved != 0 {
		return false
	}
	known := m.Frame.SrcPort == 51820 || m.Frame.DstPort == 51820 || m.Memory[0] != 0
	switch n := len(m.Body) + m.Frame.Missing; kind {
	case 1:
		return n == 148 && (known || string(m.Body[len(m.Body)-16:]) == wgNoMAC2)
	case 2:
		return n == 92 && known
	case 3:
		return n == 64 && known
	case 4:
		return n >= 32 && n%16 == 0 && known
	}
	return false
}

// wgNoMAC2 ends an initiation to a peer that is not under load.
const wgNoMAC2 = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

var wgRole = []byte("vpn endpoint")

func tellWireGuard(m *Message, s *Sink) {
	m.Memory[0] = 1
	c := m.Read()
	switch c.U8() {
	case 1:
		s.Op("wg initiation")
		s.Sender(tyto.Role, wgRole, tyto.Shown, "wg.type")
	case 2:
		s.Op("wg response")
		s.Sender(tyto.Role, wgRole, tyto.Shown, "wg.type")
	case 3:
		s.Op("wg cookie")
	case 4:
		s.Op("wg data")
	}
}
