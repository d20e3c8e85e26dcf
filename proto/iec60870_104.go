package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/iec60870"
	"tyto/tyto"
)

// IEC 60870-5-104 (Edition 2, 2006), and IEC 60870-5-101 (Edition 2, 2003) as device
// servers and gateways pass it on in TCP and UDP: the same messages, in frames of a
// serial link.
func init() {
	register(Dissector{
		Name: "iec60870_104", Industrial: true,
		Where:    []Where{TCP(2404)},
		Anywhere: true, First: "\x68",
		Is: isIEC104, Split: splitIEC104, Tell: tellIEC104,
	})
	register(Dissector{
		Name: "iec60870_101", Industrial: true,
		Where:    []Where{TCP(2404), UDP(2404)},
		Anywhere: true, First: "\x68\x10\xe5",
		Is: isIEC101, Split: splitIEC101, Tell: tellIEC101,
	})
	for _, p := range []*iec60870Names{&over104, &over101} {
		for i := range p.ops {
			name := iec60870.Name(uint8(i))
			if name == "" {
				name = strconv.Itoa(i)
			}
			p.ops[i] = p.protocol + " " + name
		}
	}
}

// iec60870Names is what the two protocols say of the same.
type iec60870Names struct {
	protocol                                                     string
	ops                                                          [128]string // the names of the types as operations
	controlling, controlled                                      []byte
	badHeader, badType, reserved, badNumber, badCause, badLength string
}

var over104 = iec60870Names{protocol: "iec60870_104", controlling: []byte("iec104 controlling station"), controlled: []byte("iec104 controlled station"),
	badHeader: "iec60870_104: header of an ASDU", badType: "iec60870_104: type of an ASDU", reserved: "iec60870_104: reserved type of an ASDU",
	badNumber: "iec60870_104: number of objects", badCause: "iec60870_104: cause of transmission", badLength: "iec60870_104: length of an ASDU"}

var over101 = iec60870Names{protocol: "iec60870_101", controlling: []byte("iec101 controlling station"), controlled: []byte("iec101 controlled station"),
	badHeader: "iec60870_101: header of an ASDU", badType: "iec60870_101: type of an ASDU", reserved: "iec60870_101: reserved type of an ASDU",
	badNumber: "iec60870_101: number of objects", badCause: "iec60870_101: cause of transmission", badLength: "iec60870_101: length of an ASDU"}

// Memory of a conversation: [0] to [2] are commands that wait for their
// confirmations, the last first; [3] is what was told, and the sizes of
// IEC 60870-5-101 that fit all so far.
const (
	asduPending        = 3
	asduToldController = 1 << 60
	asduToldControlled = 1 << 61
	asduToldAddress    = 1 << 62
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
	return three&1 == 0 && length >= 13 && kind < 128 && iec60870.Name(kind) != "" && number&0x7f != 0 && cause != 0 && cause < 48
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
		tellASDU(m, s, &c, iec60870.Over104, &over104)
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
		asduRole(m, s, &over104, true, "iec60870_104.utype")
	case 0x0b, 0x23:
		asduRole(m, s, &over104, false, "iec60870_104.utype")
	}
}

// asduRole tells once a conversation who controls and who is controlled.
func asduRole(m *Message, s *Sink, p *iec60870Names, controlling bool, field string) {
	if controlling {
		if m.Memory[3]&asduToldController == 0 {
			m.Memory[3] |= asduToldController
			s.Sender(tyto.Role, p.controlling, tyto.Shown, field)
		}
		return
	}
	if m.Memory[3]&asduToldControlled != 0 {
		return
	}
	m.Memory[3] |= asduToldControlled
	s.Sender(tyto.Role, p.controlled, tyto.Shown, field)
	if b := s.Scratch(40); b != nil && !m.ToServer {
		transport := "tcp/"
		if m.Frame.Proto == frame.UDP {
			transport = "udp/"
		}
		b = strconv.AppendUint(append(b[:0], transport...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(append(b, ' '), p.protocol...), tyto.Shown, field)
	}
}

// tellASDU tells of a message; c begins with its type.
func tellASDU(m *Message, s *Sink, c *frame.Cursor, z iec60870.Sizes, p *iec60870Names) {
	a, ok := iec60870.Read(c, z)
	switch {
	case !ok:
		s.Malformed(p.badHeader)
		return
	case a.Kind == 0 || a.Kind >= 128:
		s.Malformed(p.badType)
		return
	case iec60870.Name(a.Kind) == "" && !iec60870.Private(a.Kind):
		s.Malformed(p.reserved)
	case a.Number == 0:
		s.Malformed(p.badNumber)
	case a.Reserved():
		s.Malformed(p.badCause)
	case !a.Fits(z):
		s.Malformed(p.badLength)
	}
	command, monitors := iec60870.Does(a.Kind) != iec60870.Nothing, iec60870.Monitors(a.Kind)
	if asks := a.Cause == iec60870.Activation || a.Cause == iec60870.Deactivation; asks || a.Kind <= 40 || !command && !a.Repeats() {
		s.Op(p.ops[a.Kind])
	}
	switch {
	case monitors:
		asduRole(m, s, p, false, "iec60870_asdu.typeid")
		asduAddress(m, s, &a)
	case a.Cause == iec60870.Activation || a.Cause == iec60870.Deactivation || a.Cause == iec60870.File || a.Cause == iec60870.Request:
		asduCommanded(m, s, p, &a)
	case a.Cause == iec60870.Confirmation || a.Cause == iec60870.Deactivated:
		asduRole(m, s, p, false, "iec60870_asdu.causetx")
		asduAddress(m, s, &a)
		asduAnswered(m, s, p, &a)
	case a.Refuses():
		asduAnswered(m, s, p, &a)
	}
}

// asduAddress tells the first common address of the controlled station.
func asduAddress(m *Message, s *Sink, a *iec60870.ASDU) {
	if m.Memory[3]&asduToldAddress == 0 {
		m.Memory[3] |= asduToldAddress
		s.Sender(tyto.Clue, strconv.AppendUint(s.Scratch(5)[:0], uint64(a.Address), 10), tyto.Stated, "iec60870_asdu.addr")
	}
}

func asduCommanded(m *Message, s *Sink, p *iec60870Names, a *iec60870.ASDU) {
	if a.Kind < 120 { // files go both ways
		asduRole(m, s, p, true, "iec60870_asdu.typeid")
	}
	verb := asduVerbs[iec60870.Does(a.Kind)]
	switch {
	case verb == tyto.NoVerb:
		return
	case a.Kind >= 120:
		s.Did(verb, p.ops[a.Kind], asduObject(s, a), "")
		return
	}
	if lost := m.Memory[asduPending-1]; lost != 0 {
		asduAct(s, p, lost, NoAnswer, false)
	}
	copy(m.Memory[1:asduPending], m.Memory[:asduPending-1])
	m.Memory[0] = a.Pack()
}

func asduAnswered(m *Message, s *Sink, p *iec60870Names, a *iec60870.ASDU) {
	word := a.Pack()
	for i := range asduPending {
		if m.Memory[i] == word {
			copy(m.Memory[i:asduPending], m.Memory[i+1:asduPending])
			m.Memory[asduPending-1] = 0
			break
		}
	}
	asduAct(s, p, word, a.Outcome(), true)
}

// asduVerbs are what types do.
var asduVerbs = [...]tyto.Verb{iec60870.Writes: tyto.Write, iec60870.Configures: tyto.Configure, iec60870.Stops: tyto.Stop, iec60870.Transfers: tyto.Transfer}

func asduAct(s *Sink, p *iec60870Names, word uint64, outcome string, answered bool) {
	a := iec60870.Unpack(word)
	verb := asduVerbs[iec60870.Does(a.Kind)]
	if verb == tyto.NoVerb {
		if outcome == "ok" || !answered {
			return
		}
		verb = tyto.Read
	}
	if answered {
		s.Undergone(verb, p.ops[a.Kind&127], asduObject(s, &a), outcome)
	} else {
		s.Did(verb, p.ops[a.Kind&127], asduObject(s, &a), outcome)
	}
}

// asduObject is "3/1001": common address and address of the object.
func asduObject(s *Sink, a *iec60870.ASDU) []byte {
	b := strconv.AppendUint(s.Scratch(16)[:0], uint64(a.Address), 10)
	return strconv.AppendUint(append(b, '/'), uint64(a.Object), 10)
}

// iec101Sizes is the sizes that fit all that was said so far.
func iec101Sizes(m *Message) iec60870.Candidates {
	if known := iec60870.Candidates(m.Memory[3]) & iec60870.AnySizes; known != 0 {
		return known
	}
	return iec60870.AnySizes
}

// isIEC101 wants whole frames, one with a message of the standard; once it was
// found, a datagram may also be of others.
func isIEC101(m *Message) bool {
	if iec60870.Candidates(m.Memory[3])&iec60870.AnySizes != 0 {
		n, ok := iec60870.SplitLink(m.Body, iec101Sizes(m))
		return ok && n <= len(m.Body)
	}
	sizes, is := iec60870.IsLink(m.Body)
	if is {
		m.Memory[3] |= uint64(sizes)
	}
	return is
}

func splitIEC101(m *Message) int {
	n, _ := iec60870.SplitLink(m.Body, iec101Sizes(m))
	return n
}

// tellIEC101 tells of the frames of a datagram, or of the one that was cut out of a stream.
func tellIEC101(m *Message, s *Sink) {
	for b := m.Body; len(b) > 0 && !m.Cut; {
		n, ok := iec60870.SplitLink(b, iec101Sizes(m))
		if !ok || n > len(b) {
			if b[0] == 0x68 {
				s.Malformed("iec60870_101: checksum or end of a frame")
			} else {
				s.Malformed("iec60870_101: start of a frame")
			}
			return
		}
		tellLink(m, s, iec60870.ReadLink(b[:n]))
		b = b[n:]
	}
}

// tellLink tells of a frame, and learns from it which sizes the parts of messages have.
func tellLink(m *Message, s *Sink, f iec60870.Frame) {
	known := iec101Sizes(m)
	if fits := f.Fit() & known; fits != 0 {
		known = fits
		m.Memory[3] = m.Memory[3]&^uint64(iec60870.AnySizes) | uint64(fits)
	}
	switch op := f.Operation(); {
	case f.Reserved():
		s.Malformed("iec60870_101: function of the link")
	case op != "":
		s.Op(op)
	}
	if z := known.Likeliest(); !f.Fixed && !f.Single {
		c := frame.Read(f.User)
		c.Skip(int(z.Link))
		tellASDU(m, s, &c, z, &over101)
	}
}
