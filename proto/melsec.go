package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/slmp"
	"tyto/tyto"
)

// Mitsubishi's SLMP (SH-080956), 3E and 4E frames in binary code, and as far
// as recorded traffic shows it the protocol with which MELSOFT finds controllers.
func init() {
	register(Dissector{
		Name: "melsec", Industrial: true,
		Where: []Where{TCP(5000), TCP(5001), TCP(5002), TCP(5006), TCP(5007), TCP(5010), TCP(5562), UDP(5000), UDP(5001), UDP(5006),
			UDP(5010), UDP(5560), UDP(5561)},
		Is: isMelsec, Split: splitMelsec, Tell: tellMelsec,
	})
}

// Memory[0] to Memory[2] of a conversation are commands that wait for their
// answers, the first first: command, serial number, device, its number.
// Memory[3] is what was told.
const (
	melsecPending = 3
	melsoftHeader = 21
)

// melsoft is the length of a message of MELSOFT; 0 if it is none.
func melsoft(b []byte) int {
	c := frame.Read(b)
	kind := c.U8()
	c.Skip(4)
	mark := c.U16()
	c.Skip(12)
	n := int(c.L16())
	if c.Short() || kind != 0x57 && kind != 0xd7 || mark != 0x1111 || n > 4096 {
		return 0
	}
	return melsoftHeader + n
}

// melsoftSearch reports whether this looks for controllers, or answers to that.
func melsoftSearch(m *Message) bool {
	c := m.Read()
	return m.Frame.Proto == frame.UDP && (m.Frame.DstPort == 5560 || m.Frame.SrcPort == 5560) && c.Len() <= 64 &&
		(c.Has("\x5a\x00\x00") && c.Len() == 4 || c.Has("\xda\x00\x00") && c.Len() >= 12)
}

// isMelsec wants whole frames of commands that are known.
func isMelsec(m *Message) bool {
	if n := melsoft(m.Body); n > 0 {
		return n == len(m.Body)
	}
	if melsoftSearch(m) {
		return true
	}
	c := m.Read()
	h, ok := slmp.ReadHeader(&c)
	if !ok || h.Length != len(m.Body) {
		return false
	}
	_, _, does := slmp.Does(h.Code)
	return h.Response || does != slmp.Unknown
}

func splitMelsec(m *Message) int {
	if len(m.Body) < melsoftHeader && (m.Body[0] == 0x57 || m.Body[0] == 0xd7) || len(m.Body) < 11 {
		return 0
	}
	if n := melsoft(m.Body); n > 0 {
		return n
	}
	c := m.Read()
	h, ok := slmp.ReadHeader(&c)
	switch {
	case len(m.Body) < 19 && c.Short():
		return 0
	case !ok:
		return -1
	}
	return h.Length
}

func tellMelsec(m *Message, s *Sink) {
	if melsoftSearch(m) {
		if m.Body[0] == 0x5a {
			s.Op("melsoft search")
		}
		return
	}
	if n := melsoft(m.Body); n > 0 {
		tellMelsoft(m, s)
		return
	}
	c := m.Read()
	h, ok := slmp.ReadHeader(&c)
	if !ok || h.Length > len(m.Body) && !m.Cut {
		s.Malformed("melsec: header")
		return
	}
	if h.Response {
		tellMelsecAnswer(m, s, &h, c)
		return
	}
	op, _, does := slmp.Does(h.Code)
	if does == slmp.Unknown {
		s.Op("slmp command")
		return
	}
	s.Op(op)
	s.Asks(m, melsecClient, "slmp.command")
	x := uint64(h.Code) | uint64(h.Serial)<<16
	if h.Code == slmp.BatchRead || h.Code == slmp.BatchWrite {
		number, high, code := c.L16(), c.U8(), c.U8()
		if c.Short() {
			s.Malformed("melsec: device is missing")
		}
		x |= uint64(code)<<32 | uint64(number)<<40 | uint64(high)<<56
	}
	at := 0
	for at < melsecPending-1 && m.Memory[at] != 0 {
		at++
	}
	if m.Memory[at] != 0 { // the first one was not answered
		copy(m.Memory[:melsecPending-1], m.Memory[1:melsecPending])
	}
	m.Memory[at] = x
}

var (
	melsecClient = []byte("slmp client")
	melsecServer = []byte("slmp server")
	melsecVendor = []byte("Mitsubishi Electric")
)

// melsecAnswered takes the first command with the serial number out of memory.
func melsecAnswered(m *Message, serial uint16) uint64 {
	for i := range melsecPending {
		if x := m.Memory[i]; x != 0 && uint16(x>>16) == serial {
			copy(m.Memory[i:melsecPending], m.Memory[i+1:melsecPending])
			m.Memory[melsecPending-1] = 0
			return x
		}
	}
	return 0
}

func tellMelsecAnswer(m *Message, s *Sink, h *slmp.Header, c frame.Cursor) {
	s.Serves(m, melsecServer, "melsec", "slmp.command")
	asked := melsecAnswered(m, h.Serial)
	if asked == 0 {
		return
	}
	command, outcome := uint16(asked), slmp.EndText(h.Code)
	op, object, does := slmp.Does(command)
	verb := melsecVerb(does, outcome)
	if verb == tyto.NoVerb && outcome != "ok" {
		verb = tyto.Read
	}
	if b := s.Scratch(32); b != nil && verb != tyto.NoVerb {
		b = append(b[:0], object...)
		if object == "" && asked>>32 != 0 {
			b = slmp.AppendDevice(b, uint8(asked>>32), uint32(asked>>40))
		}
		s.Undergone(verb, op, b, outcome)
	}
	if outcome == "ok" {
		melsecState(s, asked, command, does, c)
	}
	if outcome == "ok" && command == slmp.ReadType {
		s.Sender(tyto.Model, bytes.Trim(c.Bytes(16), " \x00"), tyto.Stated, "slmp.type_name")
		s.Sender(tyto.Vendor, melsecVendor, tyto.Shown, "slmp.type_name")
	}
}

// melsecState tells what a controller does: who answers to "run" does, and its special registers say so.
func melsecState(s *Sink, asked uint64, command uint16, does slmp.Deed, c frame.Cursor) {
	tell := func(a tyto.Attr, value string, sure tyto.Confidence) {
		s.Sender(a, append(s.Scratch(len(value))[:0], value...), sure, "slmp.command")
	}
	switch {
	case command == slmp.RemotePause:
		tell(tyto.Mode, "pause", tyto.Shown)
	case does == slmp.Starts:
		tell(tyto.Mode, "run", tyto.Shown)
	case does == slmp.Stops:
		tell(tyto.Mode, "stop", tyto.Shown)
	case command == slmp.BatchRead && uint8(asked>>32) == slmp.SD:
		first := uint32(asked >> 40)
		tell(tyto.Key, slmp.Switch(first, c.Rest()), tyto.Stated)
		tell(tyto.Mode, slmp.Mode(first, c.Rest()), tyto.Stated)
	}
}

func melsecVerb(d slmp.Deed, outcome string) tyto.Verb {
	switch d {
	case slmp.Writes:
		return tyto.Write
	case slmp.Identifies:
		return tyto.Identify
	case slmp.Starts:
		return tyto.Start
	case slmp.Stops, slmp.Resets: // from a reset on, the controller stops until it is told to run
		return tyto.Stop
	case slmp.Programs:
		return tyto.Program
	case slmp.Transfers:
		return tyto.Transfer
	case slmp.Configures:
		return tyto.Configure
	case slmp.LogsIn:
		if outcome != "ok" {
			return tyto.LoginFailed
		}
		return tyto.Login
	}
	return tyto.NoVerb
}

var (
	melsoftModel = []byte("\x01\x21\x01\x00\x00\x00")
	melsoftTypeQ = []byte("\x01\x01\x01\x00\x00\x00")
)

// tellMelsoft tells the model that a short answer to "what are you" holds.
func tellMelsoft(m *Message, s *Sink) {
	if m.Body[0] == 0x57 {
		s.Op("melsoft request")
		s.Asks(m, melsecClient, "melsoft.command")
		return
	}
	s.Serves(m, melsecServer, "melsec", "melsoft.command")
	at := bytes.Index(m.Body, melsoftModel)
	if at < 0 {
		at = bytes.Index(m.Body, melsoftTypeQ)
	}
	if at < 0 || len(m.Body) > 128 {
		return
	}
	c := frame.Read(m.Body[at+len(melsoftModel):])
	if name := bytes.Trim(c.Bytes(16), " \x00"); len(name) > 4 && melsecPrintable(name) {
		s.Sender(tyto.Model, name, tyto.Stated, "melsoft.model")
		s.Sender(tyto.Vendor, melsecVendor, tyto.Shown, "melsoft.model")
	}
}

func melsecPrintable(b []byte) bool {
	for _, x := range b {
		if x < ' ' || x > '~' {
			return false
		}
	}
	return b[0] >= 'A' && b[0] <= 'Z'
}
