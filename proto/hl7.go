package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/tyto"
)

// HL7 version 2 in its encoding with bars (HL7 v2.9 chapter 2) over MLLP
// (appendix C). Only segments that speak of systems are looked at: MSH, MSA,
// SFT, and of OBX the instrument; what is known of patients is in others.
func init() {
	register(Dissector{
		Name:     "hl7",
		Where:    []Where{TCP(2575), TCP(6661)},
		Anywhere: true, First: "\x0b",
		Is: isHL7, Split: splitHL7, Tell: tellHL7,
	})
	for i := range hl7Types {
		hl7Ops[i] = "hl7 " + hl7Types[i]
	}
}

// hl7Types are types of messages (table 0076); the first stands for all others.
var hl7Types = [...]string{"other", "ACK", "ADT", "BAR", "DFT", "EAC", "EAR", "ESR", "ESU", "INR", "INU", "MDM", "MFK", "MFN", "NMD", "OMB", "OMD",
	"OMG", "OMI", "OML", "OMN", "OMP", "OMS", "OPL", "ORB", "ORD", "ORF", "ORG", "ORI", "ORL", "ORM", "ORN", "ORP", "ORR", "ORS", "ORU", "OSQ",
	"OUL", "PPR", "QBP", "QCN", "QRY", "QSB", "RAS", "RDE", "RDS", "REF", "RGV", "RRA", "RRI", "RSP", "SCN", "SIU", "SLN", "SRM", "SRR",
	"SSR", "SSU", "TCR", "TCU", "UDM", "VXU"}

var hl7Ops [len(hl7Types)]string

// In Memory[3], above the roles: the number of the type that waits for its acknowledgement.
const (
	hl7ToldInstrument = 1 << 2
	hl7ToldOrders     = 1 << 3
	hl7ToldResults    = 1 << 4
	hl7WaitsShift     = 8
	hl7Segments       = 200 // of a message that are looked at
)

var (
	hl7Sender   = []byte("hl7 sender")
	hl7Receiver = []byte("hl7 receiver")
	hl7Results  = []byte("hl7 result sender")
	hl7Monitor  = []byte("hl7 instrument")
	hl7Orders   = []byte("hl7 order sender")
)

// isHL7 wants a message header whose five delimiters differ and are no letters.
func isHL7(m *Message) bool {
	c := m.Read()
	if !c.Has("\x0bMSH") {
		return false
	}
	c.Skip(4)
	d := c.Bytes(5)
	return d != nil && hl7Sign(d[0]) && hl7Sign(d[1]) && d[0] != d[1] && bytes.IndexByte(m.Body[5:min(len(m.Body), 64)], d[0]) >= 0
}

func hl7Sign(b byte) bool {
	return b > ' ' && b < 0x7f && (b < '0' || b > '9') && (b|0x20 < 'a' || b|0x20 > 'z')
}

func splitHL7(m *Message) int {
	if len(m.Body) == 0 {
		return 0
	}
	if m.Body[0] != 0x0b { // what some put between blocks
		if m.Body[0] == '\r' || m.Body[0] == '\n' {
			return 1
		}
		return -1
	}
	if i := bytes.IndexByte(m.Body, 0x1c); i >= 0 {
		if i+1 < len(m.Body) && m.Body[i+1] == '\r' {
			return i + 2
		}
		return i + 1
	}
	if len(m.Body) >= MaxMessage {
		return len(m.Body)
	}
	return 0
}

// hl7Field is field n of a segment whose name is cut off; of the header, whose
// first field is the bar itself, n is one less than its number there.
func hl7Field(segment []byte, bar byte, n int) []byte {
	for ; n > 0; n-- {
		i := bytes.IndexByte(segment, bar)
		if i < 0 {
			return nil
		}
		segment = segment[i+1:]
	}
	if i := bytes.IndexByte(segment, bar); i >= 0 {
		segment = segment[:i]
	}
	return segment
}

// hl7Part is component n of a field.
func hl7Part(field []byte, by byte, n int) []byte {
	for ; n > 0; n-- {
		i := bytes.IndexByte(field, by)
		if i < 0 {
			return nil
		}
		field = field[i+1:]
	}
	if i := bytes.IndexByte(field, by); i >= 0 {
		field = field[:i]
	}
	return field
}

func tellHL7(m *Message, s *Sink) {
	c := m.Read()
	if len(m.Body) < 10 || !c.Has("\x0bMSH") {
		if len(m.Body) > 1 {
			s.Malformed("hl7: message header")
		}
		return
	}
	bar, by := m.Body[4], m.Body[5]
	c.Skip(1)
	kind, code := 0, []byte(nil)
	for i := range hl7Segments {
		line := hl7Line(&c)
		if len(line) < 4 || i == 0 && string(line[:3]) != "MSH" {
			break
		}
		segment := line[3:]
		switch string(line[:3]) {
		case "MSH":
			kind = tellHL7Header(m, s, segment, bar, by)
		case "MSA":
			code = hl7Field(segment, bar, 1)
		case "SFT":
			s.Sender(tyto.Clue, hl7Part(hl7Field(segment, bar, 1), by, 0), tyto.Stated, "hl7.SFT.1")
			s.Sender(tyto.Clue, hl7Field(segment, bar, 3), tyto.Stated, "hl7.SFT.3")
			s.Sender(tyto.Firmware, hl7Field(segment, bar, 2), tyto.Shown, "hl7.SFT.2")
		case "OBX":
			tellHL7Instrument(m, s, hl7Field(segment, bar, 18), by)
		}
	}
	tellHL7Answer(m, s, kind, code)
}

// hl7Line is the next segment, which ends with CR, or with LF where they do not know better.
func hl7Line(c *frame.Cursor) []byte {
	rest := c.Rest()
	i := bytes.IndexAny(rest, "\r\n\x1c")
	if i < 0 {
		i = len(rest)
	}
	line := c.Bytes(i)
	for c.Len() > 0 && (c.Rest()[0] == '\r' || c.Rest()[0] == '\n') {
		c.Skip(1)
	}
	return line
}

func tellHL7Header(m *Message, s *Sink, segment []byte, bar, by byte) (kind int) {
	name := hl7Part(hl7Field(segment, bar, 8), by, 0)
	for i := range hl7Types {
		if string(name) == hl7Types[i] {
			kind = i
		}
	}
	s.Op(hl7Ops[kind])
	if m.ToServer {
		s.Asks(m, hl7Sender, "hl7.message.type")
	} else {
		s.Serves(m, hl7Receiver, "hl7", "hl7.message.type")
	}
	s.Sender(tyto.Clue, hl7Part(hl7Field(segment, bar, 2), by, 0), tyto.Stated, "hl7.MSH.3")
	s.Sender(tyto.Clue, hl7Part(hl7Field(segment, bar, 3), by, 0), tyto.Stated, "hl7.MSH.4")
	s.Receiver(tyto.Clue, hl7Part(hl7Field(segment, bar, 4), by, 0), tyto.Shown, "hl7.MSH.5")
	s.Receiver(tyto.Clue, hl7Part(hl7Field(segment, bar, 5), by, 0), tyto.Shown, "hl7.MSH.6")
	switch string(name) {
	case "ORU", "OUL":
		if m.Memory[3]&hl7ToldResults == 0 {
			m.Memory[3] |= hl7ToldResults
			s.Sender(tyto.Role, hl7Results, tyto.Shown, "hl7.message.type")
		}
	case "ORM", "OML", "OMG", "OMI", "RDE":
		if m.Memory[3]&hl7ToldOrders == 0 {
			m.Memory[3] |= hl7ToldOrders
			s.Sender(tyto.Role, hl7Orders, tyto.Shown, "hl7.message.type")
		}
	}
	return kind
}

// tellHL7Instrument tells the instrument of an observation (OBX-18, an entity
// identifier: its id, name space, universal id): "serial^model^EUI-64^…".
func tellHL7Instrument(m *Message, s *Sink, field []byte, by byte) {
	if len(field) < 3 {
		return
	}
	if m.Memory[3]&hl7ToldInstrument == 0 {
		m.Memory[3] |= hl7ToldInstrument
		s.Sender(tyto.Role, hl7Monitor, tyto.Shown, "hl7.segment")
	}
	for i := range 3 {
		s.Sender(tyto.Clue, hl7Part(field, by, i), tyto.Stated, "hl7.OBX.18")
	}
}

// tellHL7Answer tells of a message that was not taken; those that were are only counted.
func tellHL7Answer(m *Message, s *Sink, kind int, code []byte) {
	waits := m.Memory[3] >> hl7WaitsShift & 0xff
	if code == nil {
		m.Memory[3] = m.Memory[3]&^(0xff<<hl7WaitsShift) | uint64(kind)<<hl7WaitsShift
		return
	}
	op := "hl7 other"
	if waits < uint64(len(hl7Ops)) {
		op = hl7Ops[waits]
	}
	switch string(code) {
	case "AE", "CE":
		s.Undergone(tyto.Write, op, nil, "error")
	case "AR", "CR":
		s.Undergone(tyto.Write, op, nil, "rejected")
	}
}
