package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// RADIUS, RFC 2865 and 2866: switches, access points and VPN gateways that
// ask whether somebody may come in. Who that is, is never told.
func init() {
	register(Dissector{
		Name:  "radius",
		Where: []Where{UDP(1812), UDP(1813), UDP(1645), UDP(1646), UDP(3799)},
		Is:    isRADIUS,
		Tell:  tellRADIUS,
	})
}

// radiusMost is how many attributes of one message are looked at.
const radiusMost = 96

func isRADIUS(m *Message) bool {
	c := m.Read()
	code := c.U8()
	c.U8()
	n := int(c.U16())
	if c.Short() || n < 20 || n > 4096 || n > len(m.Body)+m.Frame.Missing || !(code >= 1 && code <= 5 || code >= 11 && code <= 13 || code >= 40 && code <= 45) {
		return false
	}
	c.Skip(16)
	if n == 20 {
		return true
	}
	kind, length := c.U8(), int(c.U8())
	return !c.Short() && kind != 0 && length >= 2 && length <= n-20
}

var (
	radiusServer = []byte("radius server")
	radiusClient = []byte("network access server")
)

func tellRADIUS(m *Message, s *Sink) {
	c := m.Read()
	code := c.U8()
	c.U8()
	n := int(c.U16()) - 20
	c.Skip(16)
	attrs := frame.Read(c.Bytes(max(min(n, c.Len()), 0)))
	switch code {
	case 1, 4:
		s.Op(radiusOp(code))
		s.Sender(tyto.Role, radiusClient, tyto.Shown, "radius.code")
		radiusAsked(m, s, attrs)
		return
	case 2:
		s.Undergone(tyto.Login, "radius access", nil, "ok")
	case 3:
		s.Undergone(tyto.LoginFailed, "radius access", nil, "refused")
	default:
		s.Op(radiusOp(code))
	}
	if code == 2 || code == 3 || code == 5 || code == 11 {
		s.Sender(tyto.Role, radiusServer, tyto.Shown, "radius.code")
		if b := s.Scratch(phrase.ServiceRoom); b != nil {
			s.Sender(tyto.Provides, phrase.Service(b[:0], "udp/", m.Frame.SrcPort, "radius", nil), tyto.Shown, "radius.code")
		}
	}
}

func radiusAsked(m *Message, s *Sink, c frame.Cursor) {
	for n := 0; c.Len() >= 2 && n < radiusMost; n++ {
		kind, v := c.U8(), c.Sub(int(c.U8())-2)
		if v.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("radius: attribute runs over the end")
			}
			return
		}
		switch kind {
		case 4:
			if a := v.IPv4(); a != m.Frame.Src {
				s.Sender(tyto.Clue, a.Append(s.Scratch(15)[:0]), tyto.Stated, "radius.NAS_IP_Address")
			}
		case 32:
			s.Sender(tyto.Clue, phrase.Text(v.Rest()), tyto.Stated, "radius.NAS_Identifier")
		case 30: // "00-00-5E-00-53-80:SSID": the switch or access point itself
			s.Sender(tyto.Clue, phrase.Text(v.Rest()), tyto.Stated, "radius.Called_Station_Id")
		case 26:
			s.Sender(tyto.Clue, phrase.Number(s.Scratch(10)[:0], uint64(v.U32())), tyto.Stated, "radius.Vendor_Specific")
		}
	}
}

func radiusOp(code byte) string {
	switch code {
	case 1:
		return "radius access request"
	case 4:
		return "radius accounting request"
	case 5:
		return "radius accounting response"
	case 11:
		return "radius challenge"
	case 40:
		return "radius disconnect"
	case 43:
		return "radius change of authorization"
	}
	return "radius other"
}
