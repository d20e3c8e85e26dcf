package dhcp

import (
	"tyto/frame"
	"tyto/tyto"
)

// BroadbandForum is the enterprise number whose sub-options of option 125 are
// those of TR-069 annex F.
const BroadbandForum = 3561

// A Make is who made a device, by the Broadband Forum's rules.
type Make struct{ OUI, Serial, Class []byte }

// Broadband reads sub-options first to first+2: 1 for a device, 4 for the gateway.
func Broadband(v []byte, first byte) (m Make) {
	c := frame.Read(v)
	for {
		code, value, ok := Sub(&c)
		switch {
		case !ok:
			return m
		case code == first:
			m.OUI = Trim(value)
		case code == first+1:
			m.Serial = Trim(value)
		case code == first+2:
			m.Class = Trim(value)
		}
	}
}

// Identity appends the key of the device to b, which must have room; nil if it has none.
func (m Make) Identity(b []byte) []byte {
	if len(m.OUI) == 0 || len(m.Serial) == 0 || cap(b) < len("serial:/")+len(m.OUI)+len(m.Serial) {
		return nil
	}
	return append(append(append(append(b, "serial:"...), m.OUI...), '/'), m.Serial...)
}

// IsCableModem reports whether a vendor class is that of a cable modem or of
// a telephone adapter behind one: option 43 is then by CableLabs's rules.
func IsCableModem(class []byte) bool {
	return len(class) >= 6 && string(class[:6]) == "docsis" || len(class) >= 4 && string(class[:4]) == "pktc"
}

var cableModem = [...]tyto.Attr{2: tyto.Clue, 4: tyto.Serial, 5: tyto.Hardware, 6: tyto.Firmware, 8: tyto.Clue, 9: tyto.Model, 10: tyto.Vendor}

// CableModem is what a sub-option of option 43 says (CableLabs
// CL-SP-CANN-DHCP-Reg section 5), NoAttr if nothing of interest.
func CableModem(code byte) tyto.Attr {
	if int(code) < len(cableModem) {
		return cableModem[code]
	}
	return tyto.NoAttr
}

// SameNetwork reports whether two IPv4 addresses are in one network of the mask.
func SameNetwork(a, b, mask frame.Addr) bool {
	if !mask.Is4() || mask[12] == 0 || b.IsUnspecified() {
		return false
	}
	for i := 12; i < 16; i++ {
		if (a[i]^b[i])&mask[i] != 0 {
			return false
		}
	}
	return true
}

// IDRoom is how much room ClientID and UUID need for the text of v.
func IDRoom(v []byte) int { return len("duid:") + max(36, 2*min(len(v), 130)) }

// ClientID is what a client identifier (option 61) says. One with a DUID (RFC
// 4361) stays the same whichever network card, or made-up MAC address, the
// client uses; one that is the client's MAC address says nothing.
func ClientID(b, v []byte, mac frame.MAC) (a tyto.Attr, text []byte, field string) {
	c := frame.Read(v)
	switch kind := c.U8(); {
	case kind == 255 && len(v) > 7:
		c.Skip(4) // which of the client's interfaces
		return tyto.Identity, Hex(append(b, "duid:"...), c.Rest()), "dhcp.client_id"
	case kind == 0 && len(v) == 17:
		return tyto.Identity, UUID(b, c.Rest()), "dhcp.client_id.uuid"
	case kind == 1 && len(v) == 7:
		if x := c.MAC(); x != mac {
			text = x.Append(b)
		}
		return tyto.Clue, text, "dhcp.client_id"
	case kind == 0:
		return tyto.Clue, Text(b, c.Rest()), "dhcp.client_id"
	}
	return tyto.Clue, Text(b, v), "dhcp.client_id"
}
