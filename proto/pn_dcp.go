package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The PROFINET Discovery and Basic Configuration Protocol (IEC 61158-6-10,
// section 4.3), and the alarms of PROFINET IO, which share its EtherType.
func init() {
	register(Dissector{
		Name: "pn_dcp", Industrial: true,
		Where: []Where{EtherType(0x8892)},
		Is:    isDCP,
		Tell:  tellDCP,
	})
}

// The frame ids, and the services.
const (
	dcpAlarmHigh   = 0xfc01
	dcpAlarmLow    = 0xfe01
	dcpHelloID     = 0xfefc
	dcpGetSetID    = 0xfefd
	dcpIdentAskID  = 0xfefe
	dcpIdentTellID = 0xfeff

	dcpGet      = 3
	dcpSet      = 4
	dcpIdentify = 5
	dcpHello    = 6
)

// isDCP wants the service that the frame id stands for, and what it says of
// its length.
func isDCP(m *Message) bool {
	c := m.Read()
	id := c.U16()
	if id == dcpAlarmHigh || id == dcpAlarmLow {
		return c.Len() >= 10
	}
	service, kind := c.U8(), c.U8()
	c.Skip(6)
	n := int(c.U16())
	if c.Short() || n > c.Len() && m.Frame.Missing == 0 || kind != 0 && kind != 1 && kind != 5 {
		return false
	}
	switch id {
	case dcpHelloID:
		return service == dcpHello
	case dcpGetSetID:
		return service == dcpGet || service == dcpSet
	case dcpIdentAskID, dcpIdentTellID:
		return service == dcpIdentify
	}
	return false
}

func tellDCP(m *Message, s *Sink) {
	c := m.Read()
	switch id := c.U16(); id {
	case dcpAlarmHigh:
		s.Op("pn_rt alarm high")
		return
	case dcpAlarmLow:
		s.Op("pn_rt alarm low")
		return
	}
	service, kind := c.U8(), c.U8()
	c.Skip(6)
	c = c.Sub(min(int(c.U16()), c.Len()))
	asks := kind == 0 && service != dcpHello
	switch service {
	case dcpGet:
		dcpCount(s, asks, "pn_dcp get")
		if asks {
			return
		}
	case dcpSet:
		dcpCount(s, asks, "pn_dcp set")
		if asks {
			dcpAsked(m, s, c)
		} else {
			dcpSetAnswered(m, s, c)
		}
		return
	case dcpIdentify:
		dcpCount(s, asks && !dcpOfAll(c), "pn_dcp identify")
	case dcpHello:
		s.Op("pn_dcp hello")
	}
	dcpBlocks(m, s, c, asks)
}

// dcpOfAll reports whether a request to identify is to all stations; that is an act.
func dcpOfAll(c frame.Cursor) bool { return c.U8() == 0xff }

func dcpCount(s *Sink, asks bool, op string) {
	if asks {
		s.Op(op)
	}
}

// dcpBlocks tells the blocks of a message: option, suboption, length, value,
// even. Answers and hello have two bytes of information before the value.
func dcpBlocks(m *Message, s *Sink, c frame.Cursor, asks bool) {
	for n := 0; n < 32 && c.Len() >= 4; n++ {
		option, sub, length := c.U8(), c.U8(), int(c.U16())
		v := c.Sub(length)
		if c.Short() {
			s.Malformed("pn_dcp: block goes beyond the message")
			return
		}
		if length%2 == 1 && c.Len() > 0 {
			c.Skip(1)
		}
		if !asks {
			v.Skip(2)
			dcpBlock(m, s, option, sub, v)
			continue
		}
		switch {
		case option == 2 && sub == 2:
			s.Sender(tyto.Clue, v.Rest(), tyto.Stated, "pn_dcp.suboption_device_nameofstation")
		case option == 0xff:
			s.Did(tyto.Identify, "pn_dcp identify", dcpAll, "")
		}
	}
}

var (
	dcpAll        = []byte("all stations")
	dcpDevice     = []byte("profinet device")
	dcpController = []byte("profinet controller")
	dcpSupervisor = []byte("profinet supervisor")
)

func dcpBlock(m *Message, s *Sink, option, sub byte, v frame.Cursor) {
	switch uint16(option)<<8 | uint16(sub) {
	case 0x0102, 0x0103:
		s.Has(m.Frame.SrcMAC, v.IPv4(), tyto.Stated, "pn_dcp.suboption_ip_ip")
	case 0x0201:
		s.Sender(tyto.Model, dcpText(v.Rest()), tyto.Stated, "pn_dcp.suboption_device_devicevendorvalue")
	case 0x0202:
		s.Sender(tyto.Hostname, dcpText(v.Rest()), tyto.Stated, "pn_dcp.suboption_device_nameofstation")
	case 0x0203:
		dcpNumber(s, v.U16(), "pn_dcp.suboption_vendor_id")
		dcpNumber(s, v.U16(), "pn_dcp.suboption_device_id")
	case 0x0204:
		role := v.U8()
		if role&3 != 0 && role&2 == 0 {
			s.Sender(tyto.Role, dcpDevice, tyto.Stated, "pn_dcp.suboption_device_role")
		}
		if role&2 != 0 {
			s.Sender(tyto.Role, dcpController, tyto.Stated, "pn_dcp.suboption_device_role")
		}
		if role&8 != 0 {
			s.Sender(tyto.Role, dcpSupervisor, tyto.Stated, "pn_dcp.suboption_device_role")
		}
	case 0x0206:
		s.Sender(tyto.Clue, dcpText(v.Rest()), tyto.Stated, "pn_dcp.suboption_device_aliasname")
	case 0x0208:
		dcpNumber(s, v.U16(), "pn_dcp.suboption_device_oem_ven_id")
		dcpNumber(s, v.U16(), "pn_dcp.suboption_device_oem_dev_id")
	}
}

// dcpText is a text without what fills it up.
func dcpText(v []byte) []byte {
	for len(v) > 0 && (v[len(v)-1] == 0 || v[len(v)-1] == ' ') {
		v = v[:len(v)-1]
	}
	return v
}

func dcpNumber(s *Sink, n uint16, field string) {
	if b := s.Scratch(6); b != nil && n != 0 {
		b = append(b[:0], "0x"...)
		for shift := 12; shift >= 0; shift -= 4 {
			b = append(b, "0123456789abcdef"[n>>shift&15])
		}
		s.Sender(tyto.Clue, b, tyto.Stated, field)
	}
}

// Memory[0] is the option and suboption of a set that waits for its answer.
const dcpWaits = 1 << 16

// dcpAsked remembers what is set, and tells the one before if it was not answered.
func dcpAsked(m *Message, s *Sink, c frame.Cursor) {
	dcpUnanswered(m, s)
	for n := 0; n < 16 && c.Len() >= 4; n++ {
		option, sub, length := c.U8(), c.U8(), int(c.U16())
		c.Skip(length + length%2)
		if option == 5 && sub <= 2 { // begin and end of a transaction
			continue
		}
		m.Memory[0] = dcpWaits | uint64(option)<<8 | uint64(sub)
	}
}

func dcpUnanswered(m *Message, s *Sink) {
	if x := m.Memory[0]; x != 0 {
		m.Memory[0] = 0
		s.Did(tyto.Configure, "pn_dcp set", dcpName(s, byte(x>>8), byte(x)), NoAnswer)
	}
}

// dcpSetAnswered tells each option that the answer to a set names, and its error.
func dcpSetAnswered(m *Message, s *Sink, c frame.Cursor) {
	m.Memory[0] = 0
	for n := 0; n < 16 && c.Len() >= 7; n++ {
		option, sub, length := c.U8(), c.U8(), int(c.U16())
		v := c.Sub(length)
		if c.Skip(length % 2); option != 5 || sub != 4 {
			continue
		}
		option, sub = v.U8(), v.U8()
		if code := v.U8(); !v.Short() && (option != 5 || sub > 2) {
			s.Undergone(tyto.Configure, "pn_dcp set", dcpName(s, option, sub), dcpError(code))
		}
	}
}

func dcpError(code byte) string {
	switch code {
	case 0:
		return "ok"
	case 1:
		return "option not supported"
	case 2:
		return "suboption not supported or data set not available"
	case 3:
		return "suboption not set"
	case 4:
		return "resource error"
	case 5:
		return "not possible for local reasons"
	case 6:
		return "not possible in operation"
	}
	return "error"
}

// dcpName is what is set.
func dcpName(s *Sink, option, sub byte) []byte {
	b := s.Scratch(32)
	if b == nil {
		return nil
	}
	switch b = b[:0]; uint16(option)<<8 | uint16(sub) {
	case 0x0101, 0x0102, 0x0103:
		return append(b, "IP address"...)
	case 0x0202:
		return append(b, "name of station"...)
	case 0x0503:
		return append(b, "signal"...)
	case 0x0505:
		return append(b, "factory reset"...)
	case 0x0506:
		return append(b, "reset to factory"...)
	}
	b = strconv.AppendUint(append(b, "option "...), uint64(option), 10)
	return strconv.AppendUint(append(b, '/'), uint64(sub), 10)
}
