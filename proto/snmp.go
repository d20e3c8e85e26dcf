package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/der"
	"tyto/proto/mib"
	"tyto/tyto"
)

// SNMP v1, v2c and v3 (RFC 1157, RFC 3416, RFC 3412, RFC 3414).
func init() {
	register(Dissector{
		Name:     "snmp",
		Where:    []Where{UDP(161), UDP(162)},
		Anywhere: true, First: "\x30",
		Is: isSNMP, Tell: tellSNMP,
	})
}

// Tags of PDUs.
const (
	snmpGet = 0xa0 + iota
	snmpGetNext
	snmpResponse
	snmpSet
	snmpTrap
	snmpGetBulk
	snmpInform
	snmpTrap2
	snmpReport
)

// Tags of values beyond those of ASN.1 (RFC 3416 section 3).
const (
	snmpIPAddress  = 0x40
	snmpMaxStrings = 64 // variables of one message that are looked at
)

var snmpOps = [...]string{"snmp get-request", "snmp get-next-request", "snmp get-response", "snmp set-request", "snmp trap",
	"snmp getBulkRequest", "snmp informRequest", "snmp snmpV2-trap", "snmp report"}

// snmpErrors are the error-status of RFC 3416 section 3; snmpOther is for the rest.
var snmpErrors = [...]string{"ok", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType",
	"wrongLength", "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed",
	"undoFailed", "authorizationError", "notWritable", "inconsistentName"}

// Memory[0] of a conversation: the request that waits for an answer.
const (
	snmpPendingSet    = 1 << 32 // beside its request id
	snmpPendingInform = 1 << 33
	snmpSaid          = 1 << 34 // the service was told
)

var (
	snmpPublic  = []byte("public")
	snmpPrivate = []byte("private")
)

func isSNMP(m *Message) bool {
	c := m.Read()
	c, ok := der.Enter(&c, der.Sequence)
	version, ok2 := der.Expect(&c, der.Integer)
	if !ok || !ok2 || len(version) != 1 {
		return false
	}
	if version[0] == 3 {
		global, ok := der.Expect(&c, der.Sequence)
		return ok && len(global) >= 8 && der.Peek(&c) == der.OctetString
	}
	_, ok = der.Expect(&c, der.OctetString)
	kind := der.Peek(&c)
	return version[0] <= 1 && ok && kind >= snmpGet && kind <= snmpReport
}

func tellSNMP(m *Message, s *Sink) {
	c := m.Read()
	n := c.Len()
	if c, _ = der.Enter(&c, der.Sequence); n-c.Len() > 6 || c.Len() == 0 {
		s.Malformed("snmp: length of message")
	}
	version, _ := der.Expect(&c, der.Integer)
	if len(version) == 1 && version[0] == 3 {
		tellSNMP3(m, s, &c)
		return
	}
	community, _ := der.Expect(&c, der.OctetString)
	kind := der.Peek(&c)
	pdu, ok := der.Enter(&c, kind)
	if !ok || kind < snmpGet || kind > snmpReport {
		s.Malformed("snmp: PDU")
		return
	}
	// Of the community only whether it is the one that everybody knows.
	if kind == snmpResponse && m.Frame.SrcPort != 162 {
		switch {
		case bytes.Equal(community, snmpPublic):
			s.Sender(tyto.Clue, snmpPublic, tyto.Stated, "snmp.community.default")
		case bytes.Equal(community, snmpPrivate):
			s.Sender(tyto.Clue, snmpPrivate, tyto.Stated, "snmp.community.default")
		}
	}
	tellPDU(m, s, kind, &pdu)
}

// tellSNMP3 reads the header, the engine, and what is not encrypted. User
// names are not kept.
func tellSNMP3(m *Message, s *Sink, c *frame.Cursor) {
	global, _ := der.Enter(c, der.Sequence)
	der.Expect(&global, der.Integer) // id
	der.Expect(&global, der.Integer) // largest message
	flags, ok := der.Expect(&global, der.OctetString)
	security, ok2 := der.Enter(c, der.OctetString)
	security, ok3 := der.Enter(&security, der.Sequence)
	if !ok || !ok2 || !ok3 || len(flags) != 1 {
		s.Malformed("snmp: header of version 3")
		return
	}
	engine, _ := der.Expect(&security, der.OctetString)
	if fromAgent(m) {
		tellEngine(s, engine)
		tellAgent(m, s)
	}
	if flags[0]&2 != 0 {
		s.Op("snmp encrypted")
		return
	}
	scoped, _ := der.Enter(c, der.Sequence)
	der.Expect(&scoped, der.OctetString)
	der.Expect(&scoped, der.OctetString)
	kind := der.Peek(&scoped)
	pdu, ok := der.Enter(&scoped, kind)
	if !ok || kind < snmpGet || kind > snmpReport {
		s.Malformed("snmp: PDU")
		return
	}
	tellPDU(m, s, kind, &pdu)
}

// fromAgent reports whether the sender is the one with authority (RFC 3414
// section 1.5.1), as far as the ports say.
func fromAgent(m *Message) bool {
	return m.Frame.SrcPort == 161 || m.Frame.DstPort == 162 || !m.ToServer && m.Frame.SrcPort != 162 && m.Frame.DstPort != 161
}

// tellEngine reads an SnmpEngineID (RFC 3411 section 5).
func tellEngine(s *Sink, id []byte) {
	if len(id) < 5 || len(id) > 32 {
		return
	}
	if b := s.Scratch(9 + 2*len(id)); b != nil {
		s.Sender(tyto.Identity, der.AppendHex(append(b[:0], "engineid:"...), id), tyto.Stated, "snmp.msgAuthoritativeEngineID")
	}
	c := frame.Read(id)
	number, format := c.U32(), c.U8()
	if b := s.Scratch(10); b != nil {
		s.Sender(tyto.Clue, strconv.AppendUint(b[:0], uint64(number&0x7fffffff), 10), tyto.Stated, "snmp.engineid.enterprise")
	}
	if number>>31 == 0 {
		return
	}
	switch {
	case format == 3 && c.Len() == 6:
		if b := s.Scratch(17); b != nil {
			s.Sender(tyto.Clue, c.MAC().Append(b[:0]), tyto.Stated, "snmp.engineid.mac")
		}
	case format == 4:
		s.Sender(tyto.Clue, c.Rest(), tyto.Stated, "snmp.engineid.text")
	}
}

// tellAgent tells, once in a conversation, that the sender answers on 161.
func tellAgent(m *Message, s *Sink) {
	if m.Frame.SrcPort == 161 && m.Memory[0]&snmpSaid == 0 {
		m.Memory[0] |= snmpSaid
		s.Sender(tyto.Provides, snmpProvides, tyto.Shown, "snmp.version")
		s.Sender(tyto.Role, snmpAgent, tyto.Shown, "snmp.version")
		s.Receiver(tyto.Role, snmpManager, tyto.Shown, "snmp.version")
	}
}

var (
	snmpProvides = []byte("udp/161 snmp")
	snmpAgent    = []byte("snmp agent")
	snmpManager  = []byte("snmp manager")
)

func tellPDU(m *Message, s *Sink, kind byte, c *frame.Cursor) {
	s.Op(snmpOps[kind-snmpGet])
	if kind == snmpTrap {
		tellTrap1(m, s, c)
		return
	}
	request, _ := der.Expect(c, der.Integer)
	status, _ := der.Expect(c, der.Integer)
	_, ok := der.Expect(c, der.Integer)
	id, _ := der.Int(request)
	code, _ := der.Int(status)
	list, ok2 := der.Enter(c, der.Sequence)
	if !ok || !ok2 {
		s.Malformed("snmp: header of PDU")
		return
	}
	switch kind {
	case snmpSet:
		m.Memory[0] = m.Memory[0]&snmpSaid | uint64(uint32(id)) | snmpPendingSet
	case snmpInform:
		m.Memory[0] = m.Memory[0]&snmpSaid | uint64(uint32(id)) | snmpPendingInform
	case snmpResponse:
		pending := m.Memory[0] &^ snmpSaid
		switch {
		case pending == uint64(uint32(id))|snmpPendingInform || m.Frame.SrcPort == 162:
			return // a manager repeats what it was told
		case pending == uint64(uint32(id))|snmpPendingSet:
			m.Memory[0] &= snmpSaid
			tellSet(s, list, code)
		}
		tellAgent(m, s)
		tellVariables(s, list, code)
	case snmpReport:
		tellReport(s, list)
	}
	if kind == snmpTrap2 || kind == snmpInform {
		tellVariables(s, list, 0)
	}
}

// tellSet tells what was written, from the answer, which repeats it.
func tellSet(s *Sink, list frame.Cursor, code int64) {
	outcome := "error"
	if code >= 0 && code < int64(len(snmpErrors)) {
		outcome = snmpErrors[code]
	}
	for range 8 {
		oid, _, _, ok := nextVariable(&list)
		if !ok {
			return
		}
		s.Undergone(tyto.Write, "snmp set-request", dotted(s, oid), outcome)
	}
}

func nextVariable(list *frame.Cursor) (oid []byte, tag byte, value []byte, ok bool) {
	v, ok := der.Enter(list, der.Sequence)
	if !ok {
		return nil, 0, nil, false
	}
	oid, _ = der.Expect(&v, der.OID)
	tag, value, ok = der.Next(&v)
	return oid, tag, value, ok
}

// dotted is an object identifier as text, nil if it is none or very long.
func dotted(s *Sink, oid []byte) []byte {
	if len(oid) > 64 {
		return nil
	}
	text, ok := der.AppendOID(s.Scratch(4 * len(oid))[:0], oid)
	if !ok {
		return nil
	}
	return text
}

func tellVariables(s *Sink, list frame.Cursor, code int64) {
	if code != 0 {
		return
	}
	for i := 0; i < snmpMaxStrings && list.Len() > 0; i++ {
		oid, tag, value, ok := nextVariable(&list)
		if !ok {
			s.Malformed("snmp: variable binding")
			return
		}
		if o, index := mib.Find(oid); o != nil {
			tellObject(s, o, index, tag, value)
		}
	}
}

// snmpAttrs is the attribute for what an object says of the device itself.
var snmpAttrs = [...]tyto.Attr{
	mib.Other: tyto.Clue, mib.Descr: tyto.Clue, mib.ObjectID: tyto.Clue, mib.Name: tyto.Hostname, mib.Place: tyto.Location,
	mib.Vendor: tyto.Vendor, mib.Model: tyto.Model, mib.Number: tyto.ModelNumber, mib.Serial: tyto.Serial,
	mib.Firmware: tyto.Firmware, mib.Hardware: tyto.Hardware, mib.Label: tyto.Description, mib.PhysAddress: tyto.Clue,
	mib.Address: tyto.Clue, mib.PartDescr: tyto.Clue, mib.PartModel: tyto.Model, mib.PartSerial: tyto.Serial,
	mib.PartFirmware: tyto.Firmware, mib.PartHardware: tyto.Hardware, mib.PartVendor: tyto.Vendor, mib.TrapOID: tyto.Clue,
}

func tellObject(s *Sink, o *mib.Object, index []byte, tag byte, value []byte) {
	switch {
	case tag == der.OID:
		s.Sender(snmpAttrs[o.What], dotted(s, value), tyto.Stated, o.Field)
	case tag == snmpIPAddress && len(value) == 4:
		if a := frame.AddrOf(value); !a.IsLoopback() && !a.IsUnspecified() {
			s.Sender(tyto.Clue, a.Append(s.Scratch(15)[:0]), tyto.Stated, o.Field)
		}
	case tag == der.Integer && o.What == mib.Other:
		n, _ := der.Int(value)
		s.Sender(tyto.Clue, strconv.AppendInt(s.Scratch(20)[:0], n, 10), tyto.Stated, o.Field)
	case tag != der.OctetString:
	case o.What == mib.PhysAddress:
		if c := frame.Read(value); len(value) == 6 {
			s.Sender(tyto.Clue, c.MAC().Append(s.Scratch(17)[:0]), tyto.Stated, o.Field)
		}
	case o.What >= mib.PartDescr && o.What <= mib.PartVendor:
		tellPart(s, o, index, bytes.TrimSpace(value))
	default:
		s.Sender(snmpAttrs[o.What], bytes.TrimSpace(value), tyto.Stated, o.Field)
	}
}

// tellPart tells of a physical entity (RFC 6933). The first is the chassis,
// that is, the device; a deeper index than fits is left out.
func tellPart(s *Sink, o *mib.Object, index, value []byte) {
	n := uint16(0)
	for _, x := range index {
		n = n<<7 | uint16(x&0x7f)
	}
	if len(index) > 2 {
		return
	}
	if n == 1 {
		s.Sender(snmpAttrs[o.What], value, tyto.Stated, o.Field)
		return
	}
	attr := tyto.Clue
	switch o.What {
	case mib.PartModel:
		attr = tyto.PartModel
	case mib.PartSerial:
		attr = tyto.PartSerial
	case mib.PartFirmware:
		attr = tyto.PartFirmware
	}
	s.Part(n, attr, value, tyto.Stated, o.Field)
}

// tellTrap1 reads a trap of version 1. One that was passed on is about the
// agent that it names.
func tellTrap1(m *Message, s *Sink, c *frame.Cursor) {
	enterprise, _ := der.Expect(c, der.OID)
	address, _ := der.Expect(c, snmpIPAddress)
	generic, ok := der.Expect(c, der.Integer)
	if !ok || len(address) != 4 {
		s.Malformed("snmp: header of trap")
		return
	}
	if n, _ := der.Int(generic); n == 4 {
		s.Op("snmp authenticationFailure")
	}
	if agent := frame.AddrOf(address); !agent.IsUnspecified() && agent != m.Frame.Src {
		return
	}
	s.Sender(tyto.Clue, dotted(s, enterprise), tyto.Stated, "snmp.enterprise")
	der.Expect(c, der.Integer)
	der.Next(c) // time
	list, _ := der.Enter(c, der.Sequence)
	tellVariables(s, list, 0)
}

// usmStats is 1.3.6.1.6.3.15.1.1, the counters of RFC 3414 that a report names.
const usmStats = "\x2b\x06\x01\x06\x03\x0f\x01\x01"

// tellReport tells of a request that the agent did not accept.
func tellReport(s *Sink, list frame.Cursor) {
	oid, _, _, _ := nextVariable(&list)
	if len(oid) <= len(usmStats) || string(oid[:len(usmStats)]) != usmStats {
		return
	}
	switch oid[len(usmStats)] {
	case 1:
		s.Undergone(tyto.LoginFailed, "snmp report", nil, "unsupported security level")
	case 3:
		s.Undergone(tyto.LoginFailed, "snmp report", nil, "unknown user")
	case 5:
		s.Undergone(tyto.LoginFailed, "snmp report", nil, "wrong digest")
	case 6:
		s.Undergone(tyto.LoginFailed, "snmp report", nil, "cannot decrypt")
	}
}
