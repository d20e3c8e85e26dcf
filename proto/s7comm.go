package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/cotp"
	"tyto/proto/s7comm"
	"tyto/proto/transfer"
	"tyto/tyto"
)

// Siemens' S7 communication over COTP and TPKT.
func init() {
	register(Dissector{
		Name: "s7comm", Industrial: true,
		Where:    []Where{TCP(102)},
		Anywhere: true,
		First:    "\x03",
		Is:       isS7, Split: func(m *Message) int { return cotp.Length(m.Body) }, Tell: tellS7,
	})
}

// Memory[0] to Memory[2] of a conversation are jobs that wait for their
// answers, the last first. Memory[3] is, above the roles, what goes on and the
// slot that is asked. While a block is loaded only one job waits: Memory[1] is the hash of
// what was moved, Memory[2] its size and above that the block.
const (
	s7Pending        = 3
	s7More           = 1 << 2 // what the client says goes on in the next TPDU; the server's is one bit further
	s7Loading        = 1 << 4
	s7SlotShift      = 8
	s7KindUser  byte = 0xff
)

// isS7 wants a message of S7, or on its port a connection between TSAPs as S7
// has them: one byte of connection type, one of rack and slot.
func isS7(m *Message) bool {
	t, ok := cotp.Read(m.Body)
	switch {
	case !ok:
		return false
	case t.Kind == cotp.Data:
		h, ok := s7comm.ReadHeader(t.User)
		return ok && (h.Length == len(t.User) || !t.Last && h.Length > len(t.User)) && len(h.Parameter) > 0
	case t.Kind == cotp.ConnectionRequest || t.Kind == cotp.ConnectionConfirm:
		return (m.Frame.DstPort == 102 || m.Frame.SrcPort == 102) && s7TSAP(t.Called) && s7TSAP(t.Caller)
	}
	return false
}

// s7TSAP reports whether a TSAP begins with a type of connection; those of
// MMS begin with 0.
func s7TSAP(b []byte) bool { return len(b) == 2 && b[0] >= 1 && b[0] <= 3 }

func tellS7(m *Message, s *Sink) {
	if m.Cut {
		return
	}
	t, ok := cotp.Read(m.Body)
	if !ok {
		s.Malformed("s7comm: TPKT or COTP header")
		return
	}
	toServer := m.ToServer
	if m.Frame.DstPort == 102 || m.Frame.SrcPort == 102 {
		toServer = m.Frame.DstPort == 102
	}
	switch t.Kind {
	case cotp.ConnectionRequest:
		s.Op("cotp connect")
		tellS7TSAP(m, s, t.Called)
	case cotp.Data:
		if more := s7MoreBit(toServer); m.Memory[3]&more != 0 || len(t.User) == 0 {
			if t.Last {
				m.Memory[3] &^= more
			}
			return
		} else if !t.Last {
			m.Memory[3] |= more
		}
		tellS7Message(m, s, toServer, t)
	}
}

func s7MoreBit(toServer bool) uint64 {
	if toServer {
		return s7More
	}
	return s7More << 1
}

// tellS7TSAP tells where a connection leads: what it is for, rack and slot.
func tellS7TSAP(m *Message, s *Sink, called []byte) {
	if len(called) != 2 {
		return
	}
	m.Memory[3] = m.Memory[3]&^(0xff<<s7SlotShift) | uint64(called[1])<<s7SlotShift
	s.Sender(tyto.Clue, s7comm.AppendTSAP(s.Scratch(48)[:0], called), tyto.Stated, "cotp.dst-tsap")
}

func tellS7Message(m *Message, s *Sink, toServer bool, t cotp.TPDU) {
	h, ok := s7comm.ReadHeader(t.User)
	switch {
	case !ok:
		s.Malformed("s7comm: header")
		return
	case h.Length > len(t.User) && t.Last:
		s.Malformed("s7comm: lengths of parameters and data go beyond the message")
		return
	case len(h.Parameter) == 0:
		if h.Kind == s7comm.Job {
			s.Malformed("s7comm: job without a function")
		}
		return
	}
	if toServer {
		s.Asks(m, s7Client, "s7comm.header.rosctr")
	} else {
		s.Serves(m, s7Server, "s7comm", "s7comm.header.rosctr")
	}
	switch h.Kind {
	case s7comm.Job:
		tellS7Job(m, s, &h)
	case s7comm.Ack, s7comm.AckData:
		tellS7Ack(m, s, &h)
	case s7comm.UserData:
		tellS7User(m, s, &h)
	}
}

var (
	s7Client = []byte("s7comm client")
	s7Server = []byte("s7comm server")

	s7Program, s7Clock, s7Password = []byte("program"), []byte("clock"), []byte("password")
	s7Blocks, s7Siemens            = []byte("blocks"), []byte("Siemens")
)

// s7Keep remembers a job until it is answered: reference, function, and 40 bits about it.
func s7Keep(m *Message, reference uint16, function byte, about uint64) {
	if m.Memory[3]&s7Loading == 0 {
		copy(m.Memory[1:s7Pending], m.Memory[:s7Pending-1])
	}
	m.Memory[0] = uint64(reference) | uint64(function)<<16 | about<<24
}

// s7Answered takes a job out of memory; false if it was not seen.
func s7Answered(m *Message, reference uint16, function byte) (about uint64, ok bool) {
	n := s7Pending
	if m.Memory[3]&s7Loading != 0 {
		n = 1
	}
	for i := range n {
		if x := m.Memory[i]; x != 0 && uint16(x) == reference && byte(x>>16) == function {
			copy(m.Memory[i:n], m.Memory[i+1:n])
			m.Memory[n-1] = 0
			return x >> 24, true
		}
	}
	return 0, false
}

func tellS7Job(m *Message, s *Sink, h *s7comm.Header) {
	function, about := h.Parameter[0], uint64(0)
	name := s7comm.JobName(function)
	if name == "" {
		s.Malformed("s7comm: function")
		return
	}
	s.Op(name)
	switch function {
	case s7comm.ReadVar, s7comm.WriteVar:
		count, it, ok := s7comm.ReadItem(h.Parameter)
		if count == 0 {
			s.Malformed("s7comm: read or write of nothing")
		}
		if ok {
			about = uint64(it.Area) | uint64(it.DB)<<8 | uint64(it.Byte)<<24
		}
	case s7comm.RequestDownload, s7comm.StartUpload:
		if b, ok := s7comm.ReadFileName(h.Parameter); ok {
			about = uint64(b.Kind) | uint64(b.Number)<<8
		}
	case s7comm.PIService:
		n, b, ok := s7comm.ReadService(h.Parameter)
		if !ok {
			s.Malformed("s7comm: program invocation is too short")
		}
		about = uint64(n) | uint64(b.Kind)<<8 | uint64(b.Number)<<16
	case s7comm.PLCStop, s7comm.EndUpload:
	case s7comm.DownloadEnded: // the controller has it all
		s7Loaded(m, s, tyto.Program, "s7comm download", "ok")
		return
	default:
		return
	}
	s7Keep(m, h.Reference, function, about)
}

func tellS7Ack(m *Message, s *Sink, h *s7comm.Header) {
	function := h.Parameter[0]
	about, seen := s7Answered(m, h.Reference, function)
	outcome, object := s7comm.ErrorText(h.Error), s.Scratch(64)
	if object == nil {
		return
	}
	object = object[:0]
	switch function {
	case s7comm.ReadVar, s7comm.WriteVar:
		verb := tyto.Write
		if outcome == "ok" && len(h.Data) > 0 {
			outcome = s7comm.ReturnText(h.Data[0])
		}
		if function == s7comm.ReadVar {
			if outcome == "ok" {
				return
			}
			verb = tyto.Read
		}
		if seen {
			object = s7comm.AppendItem(object, s7comm.Item{Area: byte(about), DB: uint16(about >> 8), Byte: uint16(about >> 24)})
		}
		s.Undergone(verb, s7comm.JobName(function), object, outcome)
	case s7comm.RequestDownload:
		object = s7comm.AppendBlock(object, s7comm.Block{Kind: byte(about), Number: uint32(about >> 8)})
		s.Undergone(tyto.Program, "s7comm request download", object, outcome)
		s7Load(m, s, seen && outcome == "ok", about)
	case s7comm.StartUpload:
		object = s7comm.AppendBlock(object, s7comm.Block{Kind: byte(about), Number: uint32(about >> 8)})
		s.Undergone(tyto.Transfer, "s7comm start upload", object, outcome)
		s7Load(m, s, seen && outcome == "ok", about)
	case s7comm.DownloadBlock, s7comm.Upload:
		s7Moved(m, h.Data)
	case s7comm.EndUpload:
		s7Loaded(m, s, tyto.Transfer, "s7comm upload", outcome)
	case s7comm.PLCStop:
		s.Undergone(tyto.Stop, "s7comm plc stop", s7Program, outcome)
		if outcome == "ok" {
			s7State(s, tyto.Mode, "stop", tyto.Shown, "s7comm.param.func")
		}
	case s7comm.PIService:
		service := s7comm.ServiceAt(uint8(about))
		object = service.Append(object, s7comm.Block{Kind: byte(about >> 8), Number: uint32(about >> 16 & 0xffffff)})
		s.Undergone(s7Verb(service.Does, outcome), "s7comm pi service", object, outcome)
		if service.Does == s7comm.Starts && outcome == "ok" {
			s7State(s, tyto.Mode, "run", tyto.Shown, "s7comm.param.func")
		}
	}
}

// s7Load begins to sum up the block about; what was begun before did not end.
func s7Load(m *Message, s *Sink, begins bool, about uint64) {
	s7Loaded(m, s, tyto.Transfer, "s7comm load", "not finished")
	if begins {
		sum := transfer.Begin()
		m.Memory[0], m.Memory[1], m.Memory[2], m.Memory[3] = 0, sum.Hash, about<<32, m.Memory[3]|s7Loading
	}
}

// s7Moved adds the data of an answer, behind its length and two bytes, to the sum.
func s7Moved(m *Message, data []byte) {
	c := frame.Read(data)
	n := int(c.U16())
	c.Skip(2)
	if m.Memory[3]&s7Loading != 0 && !c.Short() {
		transfer.Add(&m.Memory[1], &m.Memory[2], c.Bytes(min(n, c.Len())))
	}
}

// s7Loaded tells what was moved: "DB 1, 498 bytes, fnv1a 0123456789abcdef".
func s7Loaded(m *Message, s *Sink, verb tyto.Verb, op, outcome string) {
	b := s.Scratch(24 + transfer.Longest)
	if m.Memory[3]&s7Loading == 0 || b == nil {
		return
	}
	about, sum := m.Memory[2]>>32, transfer.Kept(m.Memory[1], m.Memory[2])
	m.Memory[1], m.Memory[2], m.Memory[3] = 0, 0, m.Memory[3]&^s7Loading
	b = s7comm.AppendBlock(b[:0], s7comm.Block{Kind: byte(about), Number: uint32(about >> 8)})
	s.Undergone(verb, op, sum.Append(append(b, ", "...)), outcome)
}

func s7Verb(d s7comm.Deed, outcome string) tyto.Verb {
	switch d {
	case s7comm.Starts:
		return tyto.Start
	case s7comm.Stops:
		return tyto.Stop
	case s7comm.Programs:
		return tyto.Program
	case s7comm.Configures:
		return tyto.Configure
	case s7comm.LogsIn:
		if outcome != "ok" {
			return tyto.LoginFailed
		}
		return tyto.Login
	}
	return tyto.Execute
}

func tellS7User(m *Message, s *Sink, h *s7comm.Header) {
	u, ok := s7comm.ReadUser(h.Parameter)
	name := s7comm.UserName(u.Group, u.Sub)
	if !ok || name == "" {
		s.Malformed("s7comm: parameters of user data")
		return
	}
	c := frame.Read(h.Data)
	code, _, length := c.U8(), c.U8(), c.U16()
	if u.Request || u.Push {
		s.Op(name)
		if u.Group == s7comm.ModeTransition && u.Push {
			s7State(s, tyto.Mode, s7comm.Transition(u.Sub), tyto.Stated, "s7comm.param.userdata.subfunc")
		}
		about := uint64(u.Group) | uint64(u.Sub)<<4
		if u.Group == s7comm.CPU && u.Sub == 1 && length >= 4 {
			about |= uint64(c.U16()) << 16
		}
		if u.Request {
			s7Keep(m, h.Reference, s7KindUser, about)
		}
		return
	}
	about, seen := s7Answered(m, h.Reference, s7KindUser)
	outcome := s7comm.ErrorText(u.Error)
	if outcome == "ok" && len(h.Data) > 0 && u.Group != s7comm.Security {
		outcome = s7comm.ReturnText(code)
	}
	switch {
	case u.Group == s7comm.CPU && u.Sub == 1:
		tellS7List(m, s, c, uint16(about>>16), seen, outcome)
	case u.Group == s7comm.Time && (u.Sub == 2 || u.Sub == 4):
		s.Undergone(tyto.Configure, name, s7Clock, outcome)
	case u.Group == s7comm.Security && u.Sub == 1:
		verb := tyto.Login
		if outcome != "ok" {
			verb = tyto.LoginFailed
		}
		s.Undergone(verb, name, s7Password, outcome)
	case u.Group == s7comm.Blocks && u.Sub <= 3:
		s.Undergone(tyto.Browse, name, s7Blocks, outcome)
	case outcome != "ok" && u.Group != s7comm.Cyclic:
		s.Undergone(tyto.Read, name, nil, outcome)
	}
}

// tellS7List tells a system status list (SZL), or the beginning of it that its
// first message holds. asked is the list's number, 0 if the answer goes on.
func tellS7List(m *Message, s *Sink, c frame.Cursor, asked uint16, seen bool, outcome string) {
	partial := asked & 0xff
	if partial == 0x11 || partial == 0x1c {
		object := append(s.Scratch(16)[:0], "SZL 0x"...)
		object = strconv.AppendUint(object, uint64(asked), 16)
		s.Undergone(tyto.Identify, "s7comm read szl", object, outcome)
	}
	if outcome != "ok" || seen && asked == 0 {
		return
	}
	id, _, size, count := c.U16(), c.U16(), int(c.U16()), int(c.U16())
	if c.Short() || size == 0 || seen && id != asked {
		return
	}
	made := s7Made{slot: uint16(byte(m.Memory[3] >> s7SlotShift))}
	for n := 0; n < min(count, 64) && c.Len() >= size; n++ {
		record := c.Sub(size)
		tellS7Record(s, &made, id, size, &record)
	}
	if made.siemens && len(made.serial) > 3 {
		if b := s.Scratch(len("serial:Siemens/") + len(made.serial)); b != nil {
			s.Sender(tyto.Identity, append(append(b[:0], "serial:Siemens/"...), made.serial...), tyto.Stated, "s7comm.szl.001c.0005.serialn")
		}
	}
}

// s7Made is what a list says of the make of the device, and where it stands in the rack.
type s7Made struct {
	slot    uint16
	siemens bool
	serial  []byte
}

func tellS7Record(s *Sink, made *s7Made, id uint16, size int, c *frame.Cursor) {
	switch {
	case id&0xff == 0x11 && size == 28:
		tellS7Module(s, made, c)
	case id&0xff == 0x1c && size == 34:
		tellS7Component(s, made, c)
	case id == 0x0424 && size >= 4:
		c.Skip(3)
		s7State(s, tyto.Mode, s7comm.Mode(c.U8()), tyto.Stated, "s7comm.szl.0424.0000.bzu_id")
	case (id == 0x0132 || id == 0x0232) && size >= 10 && c.U16() == 4:
		c.Skip(4)
		s7State(s, tyto.Protection, s7comm.Protection(c.U16()), tyto.Stated, "s7comm.szl.0132.0004.real")
		s7State(s, tyto.Key, s7comm.Selector(c.U16()), tyto.Stated, "s7comm.szl.0132.0004.bart_sch")
	}
}

// s7State tells a state of the sender.
func s7State(s *Sink, a tyto.Attr, value string, sure tyto.Confidence, field string) {
	s.Sender(a, append(s.Scratch(len(value))[:0], value...), sure, field)
}

// tellS7Module tells a record of list 0x11: order number, versions.
func tellS7Module(s *Sink, made *s7Made, c *frame.Cursor) {
	index, number := c.U16(), bytes.Trim(c.Bytes(20), " \x00")
	c.Skip(2)
	switch index {
	case 1:
		s.Sender(tyto.ModelNumber, number, tyto.Stated, "s7comm.szl.xy11.0001.anz")
		s7Part(s, made, tyto.PartModel, number, "s7comm.szl.xy11.0001.anz")
	case 6:
		c.Skip(1)
		if b := s.Scratch(8); b != nil && c.Len() > 0 {
			s.Sender(tyto.Hardware, strconv.AppendUint(b[:0], uint64(c.U8()), 10), tyto.Stated, "s7comm.szl.xy11.0001.ausbg")
		}
	case 7:
		b := s7comm.AppendVersion(s.Scratch(12)[:0], c)
		s.Sender(tyto.Firmware, b, tyto.Stated, "s7comm.szl.xy11.0001.ausbe")
		s7Part(s, made, tyto.PartFirmware, b, "s7comm.szl.xy11.0001.ausbe")
	}
}

// s7Part tells a fact about the module in the slot that the connection leads to.
func s7Part(s *Sink, made *s7Made, a tyto.Attr, value []byte, field string) {
	if made.slot != 0 {
		s.Part(made.slot, a, value, tyto.Stated, field)
	}
}

// tellS7Component tells a record of list 0x1c: names, serial number, who made it.
func tellS7Component(s *Sink, made *s7Made, c *frame.Cursor) {
	index := c.U16() & 0xff
	text := c.Rest()
	if end := bytes.IndexByte(text, 0); end >= 0 {
		text = text[:end]
	}
	text = bytes.Trim(text, " ")
	if int(index) >= len(s7Components) || s7Components[index].field == "" {
		return
	}
	s.Sender(s7Components[index].attr, text, tyto.Stated, s7Components[index].field)
	switch index {
	case 4:
		if made.siemens = bytes.Contains(text, s7Siemens); made.siemens {
			s.Sender(tyto.Vendor, s7Siemens, tyto.Stated, s7Components[index].field)
		}
	case 5:
		made.serial = text
		s7Part(s, made, tyto.PartSerial, text, s7Components[index].field)
	}
}

var s7Components = [...]struct {
	attr  tyto.Attr
	field string
}{
	1: {tyto.Hostname, "s7comm.szl.001c.0001.name"}, 2: {tyto.Clue, "s7comm.szl.001c.0002.name"},
	3: {tyto.Description, "s7comm.szl.001c.0003.tag"}, 4: {tyto.Clue, "s7comm.szl.001c.0004.copyright"},
	5: {tyto.Serial, "s7comm.szl.001c.0005.serialn"}, 7: {tyto.Model, "s7comm.szl.001c.0007.cputypname"},
	8: {tyto.Clue, "s7comm.szl.001c.0008.snmcmmc"}, 10: {tyto.Clue, "s7comm.szl.001c.000a.oem_copyright_string"},
	11: {tyto.Location, "s7comm.szl.001c.000b.loc_id"},
}
