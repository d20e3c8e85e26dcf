package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// IEC 60870-5-104 (Edition 2, 2006) with the ASDUs of IEC 60870-5-101.
func init() {
	register(Dissector{
		Name: "iec60870_104", Industrial: true,
		Where:    []Where{TCP(2404)},
		Anywhere: true, First: "\x68",
		Is: isIEC104, Split: splitIEC104, Tell: tellIEC104,
	})
	for i := range iec104Ops {
		name := iec104Types[i].name
		if name == "" {
			name = strconv.Itoa(i)
		}
		iec104Ops[i] = "iec60870_104 " + name
	}
}

// iec104Ops are the names of the types as operations.
var iec104Ops [128]string

// iec104Types are the types of ASDUs (IEC 60870-5-101 table 8) and what those of commands do.
var iec104Types = [128]struct {
	name string
	verb tyto.Verb
}{
	1: {"M_SP_NA_1", 0}, 2: {"M_SP_TA_1", 0}, 3: {"M_DP_NA_1", 0}, 4: {"M_DP_TA_1", 0}, 5: {"M_ST_NA_1", 0}, 6: {"M_ST_TA_1", 0},
	7: {"M_BO_NA_1", 0}, 8: {"M_BO_TA_1", 0}, 9: {"M_ME_NA_1", 0}, 10: {"M_ME_TA_1", 0}, 11: {"M_ME_NB_1", 0}, 12: {"M_ME_TB_1", 0},
	13: {"M_ME_NC_1", 0}, 14: {"M_ME_TC_1", 0}, 15: {"M_IT_NA_1", 0}, 16: {"M_IT_TA_1", 0}, 17: {"M_EP_TA_1", 0}, 18: {"M_EP_TB_1", 0},
	19: {"M_EP_TC_1", 0}, 20: {"M_PS_NA_1", 0}, 21: {"M_ME_ND_1", 0}, 30: {"M_SP_TB_1", 0}, 31: {"M_DP_TB_1", 0}, 32: {"M_ST_TB_1", 0},
	33: {"M_BO_TB_1", 0}, 34: {"M_ME_TD_1", 0}, 35: {"M_ME_TE_1", 0}, 36: {"M_ME_TF_1", 0}, 37: {"M_IT_TB_1", 0}, 38: {"M_EP_TD_1", 0},
	39: {"M_EP_TE_1", 0}, 40: {"M_EP_TF_1", 0}, 45: {"C_SC_NA_1", tyto.Write}, 46: {"C_DC_NA_1", tyto.Write}, 47: {"C_RC_NA_1", tyto.Write},
	48: {"C_SE_NA_1", tyto.Write}, 49: {"C_SE_NB_1", tyto.Write}, 50: {"C_SE_NC_1", tyto.Write}, 51: {"C_BO_NA_1", tyto.Write},
	58: {"C_SC_TA_1", tyto.Write}, 59: {"C_DC_TA_1", tyto.Write}, 60: {"C_RC_TA_1", tyto.Write}, 61: {"C_SE_TA_1", tyto.Write},
	62: {"C_SE_TB_1", tyto.Write}, 63: {"C_SE_TC_1", tyto.Write}, 64: {"C_BO_TA_1", tyto.Write}, 70: {"M_EI_NA_1", 0}, 100: {"C_IC_NA_1", 0},
	101: {"C_CI_NA_1", 0}, 102: {"C_RD_NA_1", 0}, 103: {"C_CS_NA_1", tyto.Configure}, 104: {"C_TS_NA_1", 0}, 105: {"C_RP_NA_1", tyto.Stop},
	106: {"C_CD_NA_1", tyto.Configure}, 107: {"C_TS_TA_1", 0}, 110: {"P_ME_NA_1", tyto.Configure}, 111: {"P_ME_NB_1", tyto.Configure},
	112: {"P_ME_NC_1", tyto.Configure}, 113: {"P_AC_NA_1", tyto.Configure}, 120: {"F_FR_NA_1", tyto.Transfer}, 121: {"F_SR_NA_1", 0},
	122: {"F_SC_NA_1", tyto.Transfer}, 123: {"F_LS_NA_1", 0}, 124: {"F_AF_NA_1", 0}, 125: {"F_SG_NA_1", 0}, 126: {"F_DR_TA_1", 0},
	127: {"F_SC_NB_1", tyto.Transfer},
}

// Causes of transmission (IEC 60870-5-101 table 14).
const (
	iec104Activation   = 6
	iec104Confirmation = 7
	iec104Deactivation = 8
	iec104Deactivated  = 9
	iec104Terminates   = 10
	iec104UnknownType  = 44
	iec104UnknownIOA   = 47
)

// Memory of a conversation: [0] to [2] are commands that wait for their
// confirmations, the last first; [3] is what was told.
const (
	iec104Pending        = 3
	iec104ToldController = 1 << 32
	iec104ToldControlled = 1 << 33
	iec104ToldAddress    = 1 << 34 // the low bits are the common address
)

var (
	iec104Controlling = []byte("iec104 controlling station")
	iec104Controlled  = []byte("iec104 controlled station")
)

// iec104Unnumbered is the control functions of format U.
func iec104Unnumbered(b byte) string {
	switch b {
	case 0x07:
		return "iec60870_104 STARTDT act"
	case 0x0b:
		return "iec60870_104 STARTDT con"
	case 0x13:
		return "iec60870_104 STOPDT act"
	case 0x23:
		return "iec60870_104 STOPDT con"
	case 0x43:
		return "iec60870_104 TESTFR act"
	case 0x83:
		return "iec60870_104 TESTFR con"
	}
	return ""
}

// isIEC104 wants whole, valid APDUs to the end of the segment, or to where it cuts the last.
func isIEC104(m *Message) bool {
	c := m.Read()
	for n := 0; n < 64; n++ {
		if c.Len() == 0 || n > 0 && c.Len() < 6 {
			return n > 0
		}
		start, length := c.U8(), int(c.U8())
		if start != 0x68 || length < 4 || length > 253 || c.Len() < 4 {
			return false
		}
		apdu := c.Sub(min(length, c.Len()))
		if !iec104Valid(&apdu, length) {
			return false
		}
	}
	return true
}

func iec104Valid(c *frame.Cursor, length int) bool {
	one, two, three, four := c.U8(), c.U8(), c.U8(), c.U8()
	switch {
	case one&3 == 3:
		return length == 4 && iec104Unnumbered(one) != "" && two == 0 && three == 0 && four == 0
	case one&1 == 1:
		return length == 4 && one == 1 && two == 0 && three&1 == 0
	}
	if c.Len() < 6 {
		return false
	}
	kind, number, cause := c.U8(), c.U8(), c.U8()&0x3f
	return three&1 == 0 && length >= 13 && kind < 128 && iec104Types[kind].name != "" && number&0x7f != 0 && cause != 0 && cause < 48
}

func splitIEC104(m *Message) int {
	c := m.Read()
	start, length := c.U8(), int(c.U8())
	switch {
	case c.Short():
		return 0
	case start != 0x68 || length < 4:
		if i := bytes.IndexByte(m.Body[1:], 0x68); i >= 0 { // another may begin there
			return i + 1
		}
		return len(m.Body)
	}
	return 2 + length
}

func tellIEC104(m *Message, s *Sink) {
	c := m.Read()
	start, length := c.U8(), int(c.U8())
	if start != 0x68 || length < 4 || length > 253 || length != c.Len() {
		s.Malformed("iec60870_104: header")
		return
	}
	control := c.U8()
	c.Skip(3)
	switch {
	case control&3 == 3:
		iec104Control(m, s, control)
	case control&1 == 0:
		iec104ASDU(m, s, &c)
	}
}

func iec104Control(m *Message, s *Sink, control byte) {
	op := iec104Unnumbered(control)
	if op == "" {
		s.Malformed("iec60870_104: control function")
		return
	}
	s.Op(op)
	switch control {
	case 0x07, 0x13:
		iec104Roles(m, s, true, "iec60870_104.utype")
	case 0x0b, 0x23:
		iec104Roles(m, s, false, "iec60870_104.utype")
	}
}

// iec104Roles tells once a conversation who controls and who is controlled.
func iec104Roles(m *Message, s *Sink, controlling bool, field string) {
	if controlling {
		if m.Memory[3]&iec104ToldController == 0 {
			m.Memory[3] |= iec104ToldController
			s.Sender(tyto.Role, iec104Controlling, tyto.Shown, field)
		}
		return
	}
	if m.Memory[3]&iec104ToldControlled != 0 {
		return
	}
	m.Memory[3] |= iec104ToldControlled
	s.Sender(tyto.Role, iec104Controlled, tyto.Shown, field)
	if !m.ToServer {
		b := strconv.AppendUint(append(s.Scratch(24)[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(b, " iec60870_104"...), tyto.Shown, field)
	}
}

func iec104ASDU(m *Message, s *Sink, c *frame.Cursor) {
	kind, number, cause := c.U8(), c.U8(), c.U8()
	c.Skip(1) // originator
	address := c.L16()
	object := uint32(c.L16()) | uint32(c.U8())<<16
	switch {
	case c.Short():
		s.Malformed("iec60870_104: header of an ASDU")
		return
	case kind == 0 || kind >= 128:
		s.Malformed("iec60870_104: type of an ASDU")
		return
	case iec104Types[kind].name == "" && (kind < 81 || kind > 95): // those are of IEC 60870-5-7
		s.Malformed("iec60870_104: reserved type of an ASDU")
	case number&0x7f == 0:
		s.Malformed("iec60870_104: number of objects")
	case iec104Reserved(cause & 0x3f):
		s.Malformed("iec60870_104: cause of transmission")
	}
	if asks := cause&0x3f == iec104Activation || cause&0x3f == iec104Deactivation; asks || kind <= 40 || !iec104Command(kind) && !iec104Repeats(cause&0x3f) {
		s.Op(iec104Ops[kind])
	}
	negative := cause&0x40 != 0
	switch cause &= 0x3f; {
	case kind <= 40 || kind == 70:
		iec104Roles(m, s, false, "iec60870_asdu.typeid")
		iec104Address(m, s, address)
	case cause == iec104Activation || cause == iec104Deactivation || cause == 13 || cause == 5:
		iec104Commanded(m, s, kind, address, object)
	case cause == iec104Confirmation || cause == 9:
		iec104Roles(m, s, false, "iec60870_asdu.causetx")
		iec104Address(m, s, address)
		iec104Answered(m, s, kind, address, object, iec104Outcome(cause, negative))
	case cause >= iec104UnknownType && cause <= iec104UnknownIOA:
		iec104Answered(m, s, kind, address, object, iec104Outcome(cause, negative))
	}
}

// iec104Reserved reports whether a cause has no meaning (IEC 60870-5-101 table 14, IEC 60870-5-7).
func iec104Reserved(cause uint8) bool {
	return cause == 0 || cause >= 17 && cause < 20 || cause > 41 && cause < iec104UnknownType || cause > iec104UnknownIOA
}

// iec104Repeats reports whether a message of the cause repeats the one that it answers.
func iec104Repeats(cause uint8) bool {
	return cause == iec104Confirmation || cause == iec104Deactivated || cause == iec104Terminates || cause >= iec104UnknownType && cause <= iec104UnknownIOA
}

func iec104Command(kind uint8) bool { return iec104Types[kind].verb != tyto.NoVerb }

func iec104Outcome(cause uint8, negative bool) string {
	switch cause {
	case 44:
		return "unknown type"
	case 45:
		return "unknown cause"
	case 46:
		return "unknown common address"
	case 47:
		return "unknown object address"
	}
	if negative {
		return "negative"
	}
	return "ok"
}

// iec104Address tells the first common address of the controlled station.
func iec104Address(m *Message, s *Sink, address uint16) {
	if m.Memory[3]&iec104ToldAddress == 0 {
		m.Memory[3] |= iec104ToldAddress | uint64(address)
		s.Sender(tyto.Clue, strconv.AppendUint(s.Scratch(5)[:0], uint64(address), 10), tyto.Stated, "iec60870_asdu.addr")
	}
}

func iec104Commanded(m *Message, s *Sink, kind uint8, address uint16, object uint32) {
	if kind < 120 { // files go both ways
		iec104Roles(m, s, true, "iec60870_asdu.typeid")
	}
	verb := iec104Types[kind].verb
	switch {
	case verb == tyto.NoVerb:
		return
	case kind >= 120:
		s.Did(verb, iec104Ops[kind], iec104Object(s, address, object), "")
		return
	}
	if lost := m.Memory[iec104Pending-1]; lost != 0 {
		iec104Act(s, lost, NoAnswer, false)
	}
	copy(m.Memory[1:iec104Pending], m.Memory[:iec104Pending-1])
	m.Memory[0] = uint64(kind)<<48 | uint64(address)<<24 | uint64(object)
}

func iec104Answered(m *Message, s *Sink, kind uint8, address uint16, object uint32, outcome string) {
	p := uint64(kind)<<48 | uint64(address)<<24 | uint64(object)
	for i := range iec104Pending {
		if m.Memory[i] == p {
			copy(m.Memory[i:iec104Pending], m.Memory[i+1:iec104Pending])
			m.Memory[iec104Pending-1] = 0
			break
		}
	}
	iec104Act(s, p, outcome, true)
}

func iec104Act(s *Sink, p uint64, outcome string, answered bool) {
	kind := uint8(p>>48) & 127
	verb := iec104Types[kind].verb
	if verb == tyto.NoVerb {
		if outcome == "ok" || !answered {
			return
		}
		verb = tyto.Read
	}
	object := iec104Object(s, uint16(p>>24), uint32(p)&0xffffff)
	if answered {
		s.Undergone(verb, iec104Ops[kind], object, outcome)
	} else {
		s.Did(verb, iec104Ops[kind], object, outcome)
	}
}

// iec104Object is "3/1001": common address and address of the object.
func iec104Object(s *Sink, address uint16, object uint32) []byte {
	b := strconv.AppendUint(s.Scratch(16)[:0], uint64(address), 10)
	return strconv.AppendUint(append(b, '/'), uint64(object), 10)
}
