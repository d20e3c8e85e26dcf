package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/fins"
	"tyto/tyto"
)

// Omron's FINS on UDP and on TCP (W227, FINS Commands Reference Manual; W421,
// Ethernet Units Operation Manual, section 7-4).
func init() {
	register(Dissector{
		Name: "omron", Industrial: true,
		Where:    []Where{UDP(9600), TCP(9600)},
		Anywhere: true,
		First:    "FS\x80\x81\xc0\xc1",
		Is:       isFINS, Split: splitFINS, Tell: tellFINS,
	})
}

// Memory[0] to Memory[2] of a conversation are commands that wait for their
// answers, the last first; Memory[3] is what was told.
const (
	finsPending = 3
	finsMagic   = "FINS"
)

// isFINS wants the magic on TCP, and on UDP a header and a command that are
// known, on the port.
func isFINS(m *Message) bool {
	c := m.Read()
	if m.Frame.Proto == frame.TCP {
		if !c.Has(finsMagic) {
			return false
		}
		c.Skip(4)
		n, command := c.U32(), c.U32()
		return n >= 8 && n < 1<<14 && command <= 6 && !c.Short()
	}
	if m.Frame.SrcPort != 9600 && m.Frame.DstPort != 9600 {
		return false
	}
	h, ok := fins.ReadHeader(&c)
	_, _, does := fins.Does(h.Command)
	return ok && does != fins.Unknown && (!h.Response || c.Len() >= 2)
}

func splitFINS(m *Message) int {
	c := m.Read()
	switch {
	case c.Len() < 8:
		return 0
	case !c.Has(finsMagic):
		return -1
	}
	c.Skip(4)
	n := c.U32()
	if n < 8 || n > 1<<14 {
		return -1
	}
	return 8 + int(n)
}

func tellFINS(m *Message, s *Sink) {
	c := m.Read()
	if m.Frame.Proto == frame.TCP {
		c.Skip(8)
		command, fault := c.U32(), c.U32()
		if fault != 0 {
			s.Malformed("omron: error in the header of FINS on TCP")
		}
		if command != 2 {
			return // exchange of node addresses
		}
	}
	h, ok := fins.ReadHeader(&c)
	if !ok {
		if !m.Cut {
			s.Malformed("omron: header")
		}
		return
	}
	op, object, does := fins.Does(h.Command)
	if does == fins.Unknown {
		s.Op("fins command")
		return
	}
	if h.Response {
		tellFINSAnswer(m, s, &h, c, op, object, does)
		return
	}
	s.Asks(m, finsClient, "omron.icf")
	var about uint64
	if h.Command == fins.MemoryWrite || h.Command == fins.MemoryFill || h.Command == fins.MemoryRead {
		area, address := c.U8(), c.U16()
		c.Skip(1)
		about = uint64(area) | uint64(address)<<8 | uint64(c.U16())<<24
		if c.Short() {
			s.Malformed("omron: memory command is too short")
		}
	}
	if h.Command == fins.Run {
		c.Skip(2) // number of the program
		about = uint64(c.U8())
	}
	if !h.Asks { // no answer is wanted
		s.Did(finsVerb(does), op, finsObject(s, h.Command, about, object), "")
		return
	}
	s.Op(op)
	copy(m.Memory[1:finsPending], m.Memory[:finsPending-1])
	m.Memory[0] = uint64(h.ID) | uint64(h.Command)<<8 | about<<24
}

var (
	finsClient = []byte("fins client")
	finsServer = []byte("fins server")
)

// finsObject is what a command is about.
func finsObject(s *Sink, command fins.Command, about uint64, object string) []byte {
	b := s.Scratch(48)
	if b == nil {
		return nil
	}
	if command <= fins.MemoryFill && about != 0 {
		return fins.AppendMemory(b[:0], uint8(about), uint16(about>>8), uint16(about>>24))
	}
	return append(b[:0], object...)
}

func finsAnswered(m *Message, h *fins.Header) uint64 {
	for i := range finsPending {
		if x := m.Memory[i]; uint8(x) == h.ID && fins.Command(x>>8) == h.Command {
			copy(m.Memory[i:finsPending], m.Memory[i+1:finsPending])
			m.Memory[finsPending-1] = 0
			return x >> 24
		}
	}
	return 0
}

func tellFINSAnswer(m *Message, s *Sink, h *fins.Header, c frame.Cursor, op, object string, does fins.Deed) {
	end := c.U16()
	if c.Short() {
		s.Malformed("omron: answer without an end code")
		return
	}
	about, outcome := finsAnswered(m, h), fins.EndText(end)
	s.Serves(m, finsServer, "omron", "omron.icf")
	verb := finsVerb(does)
	if verb == tyto.NoVerb && outcome != "ok" {
		verb = tyto.Read
	}
	if verb != tyto.NoVerb {
		s.Undergone(verb, op, finsObject(s, h.Command, about, object), outcome)
	}
	if outcome != "ok" {
		return
	}
	switch h.Command {
	case fins.Run: // an answer from who runs now
		finsState(s, tyto.Mode, fins.RunMode(uint8(about)), tyto.Shown, "omron.command")
	case fins.Stop:
		finsState(s, tyto.Mode, "program", tyto.Shown, "omron.command")
	case fins.Protect:
		finsState(s, tyto.Protection, "write", tyto.Shown, "omron.command")
	case fins.Unprotect:
		finsState(s, tyto.Protection, "none", tyto.Shown, "omron.command")
	case fins.ControllerRead:
		s.Sender(tyto.Model, finsText(c.Bytes(20)), tyto.Stated, "omron.controller.model")
		s.Sender(tyto.Firmware, finsText(c.Bytes(20)), tyto.Stated, "omron.controller.version")
	case fins.ConnectionRead:
		for range min(int(c.U8()&0x7f), 25) {
			unit := c.U16()
			s.Part(unit&0xff, tyto.PartModel, finsText(c.Bytes(20)), tyto.Stated, "omron.model_number")
		}
	case fins.ControllerStatus:
		if mode := fins.Mode(c.U8(), c.U8(), c.U16()); !c.Short() {
			finsState(s, tyto.Mode, mode, tyto.Stated, "omron.status")
		}
	}
}

// finsState tells a state of the sender.
func finsState(s *Sink, a tyto.Attr, value string, sure tyto.Confidence, field string) {
	s.Sender(a, append(s.Scratch(len(value))[:0], value...), sure, field)
}

// finsText is a text of fixed length up to its first NUL, without blanks around it.
func finsText(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return bytes.Trim(b, " ")
}

func finsVerb(d fins.Deed) tyto.Verb {
	switch d {
	case fins.Writes:
		return tyto.Write
	case fins.Identifies:
		return tyto.Identify
	case fins.Starts:
		return tyto.Start
	case fins.Stops, fins.Resets:
		return tyto.Stop
	case fins.Programs:
		return tyto.Program
	case fins.Transfers:
		return tyto.Transfer
	case fins.Configures:
		return tyto.Configure
	}
	return tyto.NoVerb
}
