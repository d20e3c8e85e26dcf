package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// HART-IP (FieldComm Group HCF_SPEC-085) with the token passing PDUs of HART
// (HCF_SPEC-081) and the universal and common practice commands (-127, -151).
func init() {
	register(Dissector{
		Name: "hart_ip", Industrial: true,
		Where:    []Where{TCP(5094), UDP(5094)},
		Anywhere: true, // a server answers from, and is then asked at, a port of its own
		First:    "\x01\x02",
		Is:       isHART, Split: splitHART, Tell: tellHART,
	})
	for i := range hartOps {
		hartOps[i] = "hart_ip " + strconv.Itoa(i)
	}
}

// hartOps are the names of the commands as operations.
var hartOps [256]string

const hartHeader = 8

// Memory of a conversation: [0] is the command that waits for its answer, over
// its sequence number; [1] is the id of its first device; [3] is what was told.
const (
	hartWaits      = 1 << 63
	hartToldClient = 1
	hartToldServer = 2
	hartKnown      = 1 << 63 // in Memory[1]
)

var (
	hartClient = []byte("hart-ip client")
	hartServer = []byte("hart-ip server")
)

// isHART wants a header; elsewhere than on its port a session that begins, or
// a whole PDU whose check byte is right.
func isHART(m *Message) bool {
	n := splitHART(m)
	if n < hartHeader || n != len(m.Body) && m.Frame.Proto != frame.TCP {
		return false
	}
	if m.Frame.SrcPort == 5094 || m.Frame.DstPort == 5094 || m.Memory != nil && m.Memory[3] != 0 {
		return true
	}
	body := m.Body[hartHeader:]
	switch kind, id := m.Body[1], m.Body[2]; {
	case id == 0 && kind <= 1:
		return n == len(m.Body) && len(body) == 5 && body[0] <= 1
	case id == 3 && kind <= 2 && n == len(m.Body):
		return hartChecks(body)
	}
	return false
}

// hartChecks reports whether a token passing PDU is as long as it says, and its check byte right (HCF_SPEC-081).
func hartChecks(b []byte) bool {
	c := frame.Read(b)
	delimiter := c.U8()
	c.Skip(1 + int(delimiter>>7)*4 + int(delimiter>>5&3) + 1)
	if n := int(c.U8()); c.Short() || c.Len() != n+1 {
		return false
	}
	sum := byte(0)
	for _, x := range b {
		sum ^= x
	}
	return sum == 0
}

func splitHART(m *Message) int {
	c := m.Read()
	version, kind, id := c.U8(), c.U8(), c.U8()
	c.Skip(3)
	n := int(c.U16())
	switch {
	case c.Short():
		return 0
	case version < 1 || version > 2 || kind > 3 && kind != 15 || id > 5 && id != 128 || n < hartHeader:
		return -1
	}
	return n
}

func tellHART(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(1)
	kind, id := c.U8(), c.U8()
	c.Skip(1)
	sequence := c.U16()
	c.Skip(2)
	if c.Short() {
		s.Malformed("hart_ip: header")
		return
	}
	hartRoles(m, s, kind)
	switch {
	case id == 0 && kind == 0:
		s.Op("hart_ip session initiate")
	case id == 1 && kind == 0:
		s.Op("hart_ip session close")
	case id == 2 && kind == 0:
		s.Op("hart_ip keep alive")
	case id == 3:
		hartPDU(m, s, kind, sequence, &c)
	}
}

func hartRoles(m *Message, s *Sink, kind uint8) {
	switch {
	case kind == 0 && m.Memory[3]&hartToldClient == 0:
		m.Memory[3] |= hartToldClient
		s.Sender(tyto.Role, hartClient, tyto.Shown, "hart_ip.message_type")
	case kind != 0 && m.Memory[3]&hartToldServer == 0:
		m.Memory[3] |= hartToldServer
		s.Sender(tyto.Role, hartServer, tyto.Shown, "hart_ip.message_type")
		b := append(s.Scratch(20)[:0], "tcp/"...)
		if m.Frame.Proto == frame.UDP {
			b = append(b[:0], "udp/"...)
		}
		b = strconv.AppendUint(b, uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(b, " hart_ip"...), tyto.Shown, "hart_ip.message_type")
	}
}

// hartPDU reads a token passing PDU: delimiter, address, command, data.
func hartPDU(m *Message, s *Sink, kind uint8, sequence uint16, c *frame.Cursor) {
	delimiter := c.U8()
	address := c.Bytes(1 + int(delimiter>>7)*4)
	c.Skip(int(delimiter >> 5 & 3))
	command := c.U8()
	data := c.Sub(int(c.U8()))
	if c.Short() || data.Short() {
		s.Malformed("hart_ip: token passing PDU")
		return
	}
	if kind == 0 {
		s.Op(hartOps[command])
		if hartVerb(command) != tyto.NoVerb {
			if m.Memory[0] != 0 {
				hartAct(s, uint8(m.Memory[0]>>32), NoAnswer, false)
			}
			m.Memory[0] = hartWaits | uint64(command)<<32 | uint64(sequence)
		}
		return
	}
	code := data.U8()
	data.Skip(1) // state of the device
	if m.Memory[0] != 0 && uint16(m.Memory[0]) == sequence && kind == 1 {
		m.Memory[0] = 0
		hartAct(s, command, hartOutcome(code), true)
	}
	if code&0x80 == 0 && !data.Short() {
		hartIdentity(m, s, command, address, &data)
	}
}

// hartVerb is what a command does; NoVerb if it only reads.
func hartVerb(command uint8) tyto.Verb {
	switch command {
	case 6, 17, 18, 19, 22, 34, 35, 36, 37, 44, 45, 46, 47, 49, 50, 51, 52, 53, 55, 56, 58, 59, 103, 104, 105, 106, 107, 108, 109:
		return tyto.Configure
	case 40, 79, 66, 67, 68:
		return tyto.Write
	case 41, 38, 39, 43:
		return tyto.Execute
	case 42:
		return tyto.Stop
	case 0, 11, 21:
		return tyto.Identify
	}
	return tyto.NoVerb
}

func hartOutcome(code uint8) string {
	switch {
	case code == 0 || code == 8 || code == 14:
		return "ok"
	case code&0x80 != 0:
		return "communication error"
	case code == 7:
		return "write protected"
	case code == 16:
		return "access restricted"
	case code == 32:
		return "busy"
	case code == 64:
		return "command not implemented"
	}
	return "error"
}

func hartAct(s *Sink, command uint8, outcome string, answered bool) {
	if answered {
		s.Undergone(hartVerb(command), hartOps[command], nil, outcome)
	} else {
		s.Did(hartVerb(command), hartOps[command], nil, outcome)
	}
}

func hartIdentity(m *Message, s *Sink, command uint8, address []byte, c *frame.Cursor) {
	part := hartPart(m, command, address, *c)
	switch command {
	case 0, 11, 21:
		hartDevice(s, part, c)
	case 13:
		tag, descriptor := hartPacked(s, c.Bytes(6)), hartPacked(s, c.Bytes(12))
		hartFact(s, part, tyto.Description, tyto.Clue, tag, "hart_ip.pt.rsp.tag")
		hartFact(s, part, tyto.Clue, tyto.Clue, descriptor, "hart_ip.pt.rsp.packed_descriptor")
	case 20, 22:
		hartFact(s, part, tyto.Description, tyto.Clue, bytes.Trim(c.Bytes(32), " \x00"), "hart_ip.pt.rsp.tag")
	case 16:
		number := c.U24()
		if number != 0 && !c.Short() {
			hartFact(s, part, tyto.Clue, tyto.Clue, strconv.AppendUint(s.Scratch(8)[:0], uint64(number), 10), "hart_ip.pt.rsp.final_assembly_number")
		}
	}
}

// hartPart is 0 for the first device of the conversation, which is the one that
// has the address, and a number for others, for which it is a gateway.
func hartPart(m *Message, command uint8, address []byte, c frame.Cursor) uint16 {
	id := uint64(0)
	if command == 0 {
		c.Skip(9)
		id = uint64(c.U24())
	} else if len(address) == 5 {
		a := frame.Read(address[2:])
		id = uint64(a.U24())
	}
	if id == 0 || c.Short() {
		return 0
	}
	if m.Memory[1] == 0 {
		m.Memory[1] = hartKnown | id
	}
	if m.Memory[1] == hartKnown|id {
		return 0
	}
	return uint16(id) | 1
}

// hartDevice reads the identity of command 0.
func hartDevice(s *Sink, part uint16, c *frame.Cursor) {
	if c.U8() != 254 {
		return
	}
	kind := c.U16()
	c.Skip(2) // preambles, universal revision
	revision, software, hardware := c.U8(), c.U8(), c.U8()
	c.Skip(1)
	serial := c.Bytes(3)
	if c.Short() {
		s.Malformed("hart_ip: identity")
		return
	}
	maker := kind >> 8
	c.Skip(5)
	if x := c.U16(); !c.Short() { // since revision 7
		maker = x
	}
	hartFact(s, part, tyto.Clue, tyto.Clue, hartNumber(s, maker), "hart_ip.pt.rsp.manufacturer_Id")
	hartFact(s, part, tyto.Clue, tyto.Clue, strconv.AppendUint(append(s.Scratch(6)[:0], "0x"...), uint64(kind), 16), "hart_ip.pt.rsp.expanded_device_type")
	hartFact(s, part, tyto.Clue, tyto.Clue, hartNumber(s, uint16(revision)), "hart_ip.pt.rsp.device_rev")
	hartFact(s, part, tyto.Firmware, tyto.PartFirmware, hartNumber(s, uint16(software)), "hart_ip.pt.rsp.software_rev")
	hartFact(s, part, tyto.Hardware, tyto.Clue, hartNumber(s, uint16(hardware>>3)), "hart_ip.pt.rsp.hardrev_and_physical_signal")
	hartFact(s, part, tyto.Serial, tyto.PartSerial, hartHex(s, serial), "hart_ip.pt.rsp.device_id")
}

func hartFact(s *Sink, part uint16, a, ofPart tyto.Attr, value []byte, field string) {
	if part == 0 {
		s.Sender(a, value, tyto.Stated, field)
		return
	}
	s.Part(part, ofPart, value, tyto.Stated, field)
}

func hartNumber(s *Sink, n uint16) []byte { return strconv.AppendUint(s.Scratch(5)[:0], uint64(n), 10) }

func hartHex(s *Sink, v []byte) []byte {
	const digits = "0123456789abcdef"
	b := s.Scratch(2 * len(v))[:0]
	for _, x := range v {
		b = append(b, digits[x>>4], digits[x&15])
	}
	return b
}

// hartPacked reads text of six bits a character (HCF_SPEC-099).
func hartPacked(s *Sink, v []byte) []byte {
	b := s.Scratch(len(v) / 3 * 4)[:0]
	for c := frame.Read(v); c.Len() >= 3; {
		x := c.U24()
		for shift := 18; shift >= 0; shift -= 6 {
			k := byte(x>>shift) & 0x3f
			if k < 0x20 {
				k |= 0x40
			}
			b = append(b, k)
		}
	}
	return bytes.TrimRight(b, " @?")
}
