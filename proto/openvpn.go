package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// OpenVPN's transport, as of its protocol description (draft-openvpn-protocol).
func init() {
	register(Dissector{
		Name:     "openvpn",
		Where:    []Where{UDP(1194), TCP(1194)},
		Anywhere: true, First: "\x38\x50\x00",
		Is: isOpenVPN, Split: splitOpenVPN, Tell: tellOpenVPN,
	})
}

// Opcodes.
const (
	openvpnControl  = 4
	openvpnData1    = 6
	openvpnClient2  = 7
	openvpnServer2  = 8
	openvpnData2    = 9
	openvpnClient3  = 10
	openvpnLongest  = 1500 // of the first message
	openvpnShortest = 14
)

// openvpnOpcode is the opcode of a message, 0 if it has none, and the body's length without the length before it.
func openvpnOpcode(m *Message) (op byte, n int) {
	c := m.Read()
	n = len(m.Body) + m.Frame.Missing
	if m.Frame.Proto == 6 {
		n = int(c.U16())
	}
	first := c.U8()
	if op = first >> 3; op < 1 || op > openvpnClient3 {
		return 0, n
	}
	return op, n
}

func isOpenVPN(m *Message) bool {
	op, n := openvpnOpcode(m)
	if m.Memory[0] != 0 {
		return op != 0
	}
	if op != openvpnClient2 && op != openvpnClient3 || n < openvpnShortest || n > openvpnLongest {
		return op == openvpnServer2 && m.Frame.SrcPort == 1194 && n >= 26 && n <= 120
	}
	c := m.Read()
	if m.Frame.Proto == 6 {
		if int(c.U16()) != c.Len() {
			return false
		}
	}
	if c.U8()&7 != 0 { // key id of a first message
		return false
	}
	session := c.U64()
	if c.Short() || session == 0 {
		return false
	}
	if n == openvpnShortest { // no acknowledgement, packet 0
		return c.U8() == 0 && c.U32() == 0
	}
	return openvpnSealed(c, n)
}

// openvpnSealed reports whether a first message is one with a digest (of 20,
// 32 or 64 bytes) and a number against replay, or one under tls-crypt.
func openvpnSealed(c frame.Cursor, n int) bool {
	if n == 54 && openvpnFresh(c) {
		return true
	}
	for _, digest := range [...]int{20, 32, 64} {
		if n == 22+digest {
			c.Skip(digest)
			fresh := openvpnFresh(c)
			c.Skip(8)
			return fresh && c.U8() == 0 && c.U32() == 0 && !c.Short()
		}
	}
	return false
}

// openvpnFresh reads a number against replay: it begins with 1, at a time after 2001.
func openvpnFresh(c frame.Cursor) bool {
	number, time := c.U32(), c.U32()
	return !c.Short() && number >= 1 && number <= 16 && time > 1e9
}

func splitOpenVPN(m *Message) int {
	c := m.Read()
	n := int(c.U16())
	switch op, _ := openvpnOpcode(m); {
	case c.Len() == 0:
		return 0
	case n == 0 || op == 0:
		return -1
	}
	return 2 + n
}

var openvpnRole = []byte("vpn endpoint")

func tellOpenVPN(m *Message, s *Sink) {
	op, _ := openvpnOpcode(m)
	m.Memory[0] = 1
	switch op {
	case openvpnClient2, openvpnClient3, openvpnServer2:
		s.Op("openvpn reset")
		s.Sender(tyto.Role, openvpnRole, tyto.Shown, "openvpn.opcode")
	case openvpnControl:
		s.Op("openvpn control")
	case openvpnData1, openvpnData2:
		s.Op("openvpn data")
	default:
		s.Op("openvpn other")
	}
}
