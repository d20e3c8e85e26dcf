package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// RTPS, the wire protocol of DDS (OMG DDSI-RTPS 2.3), as robots, vehicles and
// medical systems speak it.
func init() {
	register(Dissector{
		Name: "rtps", Industrial: true,
		Where:    []Where{UDP(7400), UDP(7410)},
		Anywhere: true, First: "R",
		Is: isRTPS, Tell: tellRTPS,
	})
}

// Kinds of submessages (section 9.4.5), and who writes what of discovery (9.3.1.3).
const (
	rtpsAckNack      = 0x06
	rtpsHeartbeat    = 0x07
	rtpsData         = 0x15
	rtpsDataFrag     = 0x16
	rtpsParticipant  = 0x000100c2
	rtpsPublication  = 0x000003c2
	rtpsSubscription = 0x000004c2

	rtpsHeader      = 20
	rtpsSubmessages = 32 // that are looked at
	rtpsParameters  = 64
)

var rtpsRole = []byte("dds participant")

// rtpsVendors are those that the OMG assigned.
var rtpsVendors = [...]string{1: "RTI Connext DDS", 2: "ADLink OpenSplice DDS", 3: "OCI OpenDDS", 4: "MilSoft", 5: "Kongsberg InterCOM DDS",
	6: "TwinOaks CoreDX DDS", 7: "Lakota", 8: "ICOUP", 9: "ETRI", 10: "RTI Connext DDS Micro", 11: "ADLink Vortex Cafe", 12: "PrismTech", 13: "ADLink Vortex Lite",
	14: "Technicolor Qeo", 15: "eProsima Fast DDS", 16: "Eclipse Cyclone DDS", 17: "Gurum GurumDDS", 18: "Atostek RustDDS"}

func isRTPS(m *Message) bool {
	c := m.Read()
	if !c.Has("RTPS") || len(m.Body) < rtpsHeader {
		return false
	}
	c.Skip(4)
	major, minor := c.U8(), c.U8()
	return major >= 1 && major <= 2 && minor < 10
}

func tellRTPS(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(6)
	vendor := c.U16()
	c.Skip(12)
	if m.Memory[3]&1 == 0 {
		m.Memory[3] |= 1
		s.Sender(tyto.Role, rtpsRole, tyto.Shown, "rtps.sm.id")
		if n := vendor & 0xff; vendor>>8 == 1 && int(n) < len(rtpsVendors) && n != 0 {
			s.Sender(tyto.Clue, append(s.Scratch(32)[:0], rtpsVendors[n]...), tyto.Stated, "rtps.vendorId")
		}
	}
	for range rtpsSubmessages {
		if c.Len() == 0 {
			return
		}
		kind, flags := c.U8(), c.U8()
		n := 0
		if flags&1 != 0 {
			n = int(c.L16())
		} else {
			n = int(c.U16())
		}
		if n == 0 && kind != 1 && kind != 9 { // the last goes to the end, but PAD and INFO_TS may be empty
			n = c.Len()
		}
		body := c.Sub(min(n, c.Len()))
		if c.Short() || n > body.Len() && m.Frame.Missing == 0 {
			s.Malformed("rtps: length of a submessage")
			return
		}
		tellRTPSPart(s, kind, flags, body)
	}
}

func tellRTPSPart(s *Sink, kind, flags uint8, c frame.Cursor) {
	switch kind {
	case rtpsAckNack:
		s.Op("rtps acknack")
	case rtpsHeartbeat:
		s.Op("rtps heartbeat")
	case rtpsDataFrag:
		s.Op("rtps data fragment")
	case rtpsData:
		little := flags&1 != 0
		c.Skip(2) // extra flags
		inline := int(rtps16(&c, little))
		c.Skip(4) // who reads
		writer := c.U32()
		c.Skip(inline - 8)
		switch writer {
		case rtpsParticipant:
			s.Op("rtps participant")
			if flags&2 == 0 && flags&4 != 0 { // no quality of service before the data
				tellRTPSParticipant(s, &c)
			}
		case rtpsPublication:
			s.Op("rtps publication")
		case rtpsSubscription:
			s.Op("rtps subscription")
		default:
			s.Op("rtps data")
		}
	}
}

func rtps16(c *frame.Cursor, little bool) uint16 {
	if little {
		return c.L16()
	}
	return c.U16()
}

// tellRTPSParticipant reads the parameters of a participant (section 9.6.2.2).
func tellRTPSParticipant(s *Sink, c *frame.Cursor) {
	encapsulation := c.U16()
	c.Skip(2)
	if encapsulation != 2 && encapsulation != 3 {
		return
	}
	little := encapsulation == 3
	for range rtpsParameters {
		id, n := rtps16(c, little), int(rtps16(c, little))
		value := c.Sub(n)
		if c.Short() {
			s.Malformed("rtps: parameter")
			return
		}
		switch id {
		case 1: // sentinel
			return
		case 0x0062:
			s.Sender(tyto.Description, rtpsString(&value, little), tyto.Stated, "rtps.param.entityName")
		case 0x0059:
			tellRTPSProperties(s, &value, little)
		case 0x8000: // RTI's
			if b := s.Scratch(20); b != nil && value.Len() >= 4 {
				b = strconv.AppendUint(b[:0], uint64(value.U8()), 10)
				b = strconv.AppendUint(append(b, '.'), uint64(value.U8()), 10)
				b = strconv.AppendUint(append(b, '.'), uint64(value.U8()), 10)
				s.Sender(tyto.Clue, b, tyto.Stated, "rtps.param.product_version.major")
			}
		}
	}
}

// rtpsString reads a string of CDR, whose length counts the zero at its end.
func rtpsString(c *frame.Cursor, little bool) []byte {
	n := 0
	if little {
		n = int(int32(c.L32()))
	} else {
		n = int(int32(c.U32()))
	}
	text := c.Bytes(n)
	c.Skip(min(-n&3, c.Len()))
	return bytes.TrimRight(text, "\x00")
}

// tellRTPSProperties reads pairs of names and values, of which some say on what host the participant runs.
func tellRTPSProperties(s *Sink, c *frame.Cursor, little bool) {
	count := c.U32()
	if little {
		count = count>>24 | count>>8&0xff00 | count<<8&0xff0000 | count<<24
	}
	for range min(count, 40) {
		name, value := rtpsString(c, little), rtpsString(c, little)
		if c.Short() {
			return
		}
		switch string(name) {
		case "dds.sys_info.hostname", "__Hostname":
			s.Sender(tyto.Hostname, value, tyto.Stated, "rtps.property.hostname")
		case "dds.sys_info.target":
			s.Sender(tyto.Clue, value, tyto.Stated, "rtps.property.target")
		}
	}
}
