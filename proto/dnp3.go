package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/dnp3"
	"tyto/proto/transfer"
	"tyto/tyto"
)

// DNP3 over TCP and UDP (IEEE 1815-2012).
func init() {
	register(Dissector{
		Name: "dnp3", Industrial: true,
		Where:    []Where{TCP(20000), UDP(20000)},
		Anywhere: true, First: "\x05",
		Is: isDNP3, Split: splitDNP3, Tell: tellDNP3,
	})
}

// dnp3Functions are what the functions of requests do, by code.
var dnp3Functions = [...]struct {
	op   string
	verb tyto.Verb
}{{"dnp3 confirm", 0}, {"dnp3 read", 0}, {"dnp3 write", tyto.Write}, {"dnp3 select", tyto.Write}, {"dnp3 operate", tyto.Write},
	{"dnp3 direct operate", tyto.Write}, {"dnp3 direct operate no ack", tyto.Write}, {"dnp3 immediate freeze", tyto.Write},
	{"dnp3 immediate freeze no ack", tyto.Write}, {"dnp3 freeze and clear", tyto.Write}, {"dnp3 freeze and clear no ack", tyto.Write},
	{"dnp3 freeze at time", tyto.Write}, {"dnp3 freeze at time no ack", tyto.Write}, {"dnp3 cold restart", tyto.Stop},
	{"dnp3 warm restart", tyto.Stop}, {"dnp3 initialize data", tyto.Configure}, {"dnp3 initialize application", tyto.Configure},
	{"dnp3 start application", tyto.Start}, {"dnp3 stop application", tyto.Stop}, {"dnp3 save configuration", tyto.Configure},
	{"dnp3 enable unsolicited", tyto.Configure}, {"dnp3 disable unsolicited", tyto.Configure}, {"dnp3 assign class", tyto.Configure},
	{"dnp3 delay measurement", 0}, {"dnp3 record current time", 0}, {"dnp3 open file", tyto.Transfer}, {"dnp3 close file", 0},
	{"dnp3 delete file", tyto.Transfer}, {"dnp3 get file info", tyto.Browse}, {"dnp3 authenticate file", tyto.Login},
	{"dnp3 abort file", 0}, {"dnp3 activate configuration", tyto.Program}, {"dnp3 authenticate request", 0},
	{"dnp3 authenticate error", tyto.LoginFailed}}

var dnp3Responses = [...]string{"dnp3 response", "dnp3 unsolicited response", "dnp3 authenticate response"}

// Memory of a conversation: [0] and [1] are requests that wait for their
// answers, the last first; [2] is the first outstation's address and what was
// told; [3] above its lower half the outstation's indications. While a file is
// moved only one request waits: [1] is the hash of what was moved, the lower half
// of [3] its size, and [2] above the rest the number of the block that comes next.
const (
	dnp3Pending    = 2
	dnp3ToldMaster = 1 << 32
	dnp3ToldServer = 1 << 33
	dnp3Known      = 1 << 34 // the low bits of Memory[2] are an address
	dnp3Moving     = 1 << 35
	dnp3Writing    = 1 << 36 // to the outstation
	dnp3Moved      = 1 << 37 // all is there but the answer
	dnp3BlockShift = 38
)

var (
	dnp3Master     = []byte("dnp3 master")
	dnp3Outstation = []byte("dnp3 outstation")
)

func isDNP3(m *Message) bool {
	c := m.Read()
	l, ok := dnp3.ReadLink(&c)
	return ok && l.From != l.To && (l.User == 0 || l.User > 2 || c.Len() < 3)
}

// splitDNP3 takes the frames that carry one message together. What is no link
// frame is passed over to the next one that begins in this segment.
func splitDNP3(m *Message) int {
	n := dnp3.Run(m.Body)
	if n >= 0 {
		return n
	}
	if i := bytes.Index(m.Body[1:], []byte{5, 0x64}); i >= 0 {
		return i + 1
	}
	return len(m.Body)
}

func tellDNP3(m *Message, s *Sink) {
	c := m.Read()
	user := s.Scratch(dnp3.MaxMessage)[:0]
	for c.Len() > 0 && s.Broken() == "" {
		l, ok := dnp3.ReadLink(&c)
		if !ok {
			s.Malformed("dnp3: header or checksum of the link layer")
			return
		}
		if m.Cut && c.Len() < l.Length()-dnp3.HeaderLength {
			return
		}
		dnp3Frame(m, s, &c, &l, &user)
	}
}

// dnp3Frame adds the user data of a link frame to that before it, and tells
// the message when it is whole.
func dnp3Frame(m *Message, s *Sink, c *frame.Cursor, l *dnp3.Link, user *[]byte) {
	dnp3Roles(m, s, l)
	if l.User == 0 {
		s.Op("dnp3 link")
		return
	}
	start := len(*user)
	b, ok := l.AppendUser(*user, c)
	if !ok {
		s.Malformed("dnp3: checksum of user data")
		return
	}
	transport := b[start]
	if transport&dnp3.First != 0 {
		b = append(b[:0], b[start+1:]...)
	} else {
		if start == 0 { // its beginning was not seen
			return
		}
		b = append(b[:start], b[start+1:]...)
	}
	*user = b
	if transport&dnp3.Final == 0 {
		return
	}
	body := frame.Read(b)
	dnp3Message(m, s, l, &body)
	*user = b[len(b):]
}

// dnp3Roles tells once a conversation who is master and who outstation.
func dnp3Roles(m *Message, s *Sink, l *dnp3.Link) {
	if l.FromMaster() {
		if m.Memory[2]&dnp3ToldMaster == 0 {
			m.Memory[2] |= dnp3ToldMaster
			s.Sender(tyto.Role, dnp3Master, tyto.Shown, "dnp3.ctl.dir")
			s.Sender(tyto.Clue, strconv.AppendUint(s.Scratch(5)[:0], uint64(l.From), 10), tyto.Stated, "dnp3.src")
		}
		return
	}
	if m.Memory[2]&dnp3Known == 0 {
		m.Memory[2] |= dnp3Known | uint64(l.From)
		s.Sender(tyto.Clue, strconv.AppendUint(s.Scratch(5)[:0], uint64(l.From), 10), tyto.Stated, "dnp3.src")
	}
	if m.Memory[2]&dnp3ToldServer == 0 {
		m.Memory[2] |= dnp3ToldServer
		s.Sender(tyto.Role, dnp3Outstation, tyto.Shown, "dnp3.ctl.dir")
		dnp3Provides(m, s)
	}
}

func dnp3Provides(m *Message, s *Sink) {
	if m.ToServer {
		return // the outstation opened the connection
	}
	b := append(s.Scratch(20)[:0], "tcp/"...)
	if m.Frame.Proto == frame.UDP {
		b = append(b[:0], "udp/"...)
	}
	b = strconv.AppendUint(b, uint64(m.Frame.SrcPort), 10)
	s.Sender(tyto.Provides, append(b, " dnp3"...), tyto.Shown, "dnp3.ctl.dir")
}

func dnp3Message(m *Message, s *Sink, l *dnp3.Link, c *frame.Cursor) {
	x := dnp3.ReadMessage(c)
	if why := x.Violation(l.FromMaster()); why != "" {
		s.Malformed(why)
	}
	if x.Group == dnp3.FileGroup && x.Broken == "" {
		dnp3File(m, s, &x, *c)
	}
	switch {
	case x.IsResponse() && x.Function-dnp3.Response < uint8(len(dnp3Responses)):
		s.Op(dnp3Responses[x.Function-dnp3.Response])
		dnp3Indications(m, s, l, x.Indications)
		if x.Function == dnp3.Response {
			dnp3Answered(m, s, &x, c)
		}
		if x.Group == 0 && x.HasObject && x.Broken == "" {
			dnp3Attributes(m, s, l, x, c)
		}
	case int(x.Function) < len(dnp3Functions):
		dnp3Request(m, s, &x)
	}
}

func dnp3Request(m *Message, s *Sink, x *dnp3.Message) {
	f := &dnp3Functions[x.Function]
	if x.Function == dnp3.OpenFile && x.Group == dnp3.FileGroup && x.Variation == dnp3.FileCommand && x.Broken == "" {
		return // dnp3File told it
	}
	if f.verb == tyto.NoVerb && x.Function != dnp3.ReadData {
		s.Op(f.op)
		return
	}
	pending := uint64(1)<<63 | uint64(x.Function)<<52 | uint64(x.Sequence)<<48 | uint64(x.Group)<<40 | uint64(x.Variation)<<32 | uint64(min(x.Index, 0x7fffffff))
	if x.HasIndex {
		pending |= 1 << 31
	}
	noAnswer := x.Function == dnp3.DirectOperateNoAck || x.Function == 8 || x.Function == 10 || x.Function == 12
	if noAnswer {
		s.Did(f.verb, f.op, dnp3.AppendObject(s.Scratch(64)[:0], x.Group, x.Variation, x.Index, x.HasIndex), "")
		return
	}
	s.Op(f.op)
	if m.Memory[0] == pending { // asked again
		return
	}
	if x.Group == dnp3.FileGroup && m.Memory[2]&dnp3Moving != 0 { // the whole file is told, not its parts
		return
	}
	n := dnp3Waiting(m)
	if lost := m.Memory[n-1]; lost != 0 {
		dnp3Act(s, lost, NoAnswer, false)
	}
	copy(m.Memory[1:n], m.Memory[:n-1])
	m.Memory[0] = pending
}

// dnp3Waiting is how many requests can wait.
func dnp3Waiting(m *Message) int {
	if m.Memory[2]&dnp3Moving != 0 {
		return 1
	}
	return dnp3Pending
}

// dnp3File follows a file from the request that opens it to its last block. The
// name is told when it is opened: it does not fit into what is remembered.
func dnp3File(m *Message, s *Sink, x *dnp3.Message, c frame.Cursor) {
	response, moving, writing := x.IsResponse(), m.Memory[2]&dnp3Moving != 0, m.Memory[2]&dnp3Writing != 0
	switch {
	case !response && x.Function == dnp3.OpenFile && x.Variation == dnp3.FileCommand:
		o, ok := dnp3.ReadOpen(c)
		if !ok {
			s.Op("dnp3 open file")
			s.Malformed("dnp3: name of a file")
			return
		}
		dnp3Moves(m, s, "not finished")
		s.Did(tyto.Transfer, "dnp3 open file", o.Name, "")
		dnp3Begin(m, s, &o)
	case !moving:
	case !response && x.Function == dnp3.AbortFile, response && x.Variation == dnp3.FileStatus && dnp3.FileOutcome(x.Variation, c) != "ok":
		outcome := "aborted"
		if response {
			outcome = dnp3.FileOutcome(x.Variation, c)
		}
		dnp3Moves(m, s, outcome)
	case x.Variation == dnp3.FileBlock && response != writing:
		if dnp3Block(m, c) && !writing {
			dnp3Moves(m, s, "ok")
		}
	case response && x.Variation == dnp3.BlockStatus:
		if outcome := dnp3.FileOutcome(x.Variation, c); outcome != "ok" || m.Memory[2]&dnp3Moved != 0 {
			dnp3Moves(m, s, outcome)
		}
	}
}

// dnp3Begin begins to sum up a file.
func dnp3Begin(m *Message, s *Sink, o *dnp3.Open) {
	if !o.Reads && !o.Writes {
		return
	}
	if lost := m.Memory[1]; lost != 0 {
		dnp3Act(s, lost, NoAnswer, false)
	}
	sum := transfer.Begin()
	m.Memory[1], m.Memory[2] = sum.Hash, m.Memory[2]|dnp3Moving
	if o.Writes {
		m.Memory[2] |= dnp3Writing
	}
}

// dnp3Block adds a block that was not sent before, and reports whether it is the last.
func dnp3Block(m *Message, c frame.Cursor) (last bool) {
	number, last, data, ok := dnp3.ReadBlock(c)
	if next := uint32(m.Memory[2] >> dnp3BlockShift); !ok || number&(1<<26-1) != next {
		return false
	}
	transfer.Add(&m.Memory[1], &m.Memory[3], data)
	m.Memory[2] += 1 << dnp3BlockShift
	if last {
		m.Memory[2] |= dnp3Moved
	}
	return last
}

// dnp3Moves tells what was moved, if anything was, and how that ended.
func dnp3Moves(m *Message, s *Sink, outcome string) {
	sum := transfer.Kept(m.Memory[1], m.Memory[3])
	verb, op := tyto.Transfer, "dnp3 file read"
	if m.Memory[2]&dnp3Writing != 0 {
		verb, op = tyto.Program, "dnp3 file write"
	}
	if m.Memory[2]&dnp3Moving == 0 {
		return
	}
	m.Memory[1], m.Memory[2], m.Memory[3] = 0, m.Memory[2]&(dnp3Moving-1), m.Memory[3]&^0xffffffff
	b := s.Scratch(transfer.Longest)
	switch {
	case sum.Size == 0 && outcome == "ok" || b == nil:
	case outcome == "aborted" || outcome == "not finished": // said by the master
		s.Did(verb, op, sum.Append(b[:0]), outcome)
	default:
		s.Undergone(verb, op, sum.Append(b[:0]), outcome)
	}
}

func dnp3Answered(m *Message, s *Sink, x *dnp3.Message, c *frame.Cursor) {
	n := dnp3Waiting(m)
	for i := range n {
		p := m.Memory[i]
		if p == 0 || uint8(p>>48)&15 != x.Sequence {
			continue
		}
		copy(m.Memory[i:n], m.Memory[i+1:n])
		m.Memory[n-1] = 0
		outcome := dnp3.Refused(x.Indications)
		if outcome == "" {
			outcome = "ok"
			if f := uint8(p>>52) & 0x7f; f >= dnp3.Select && f <= dnp3.DirectOperate {
				outcome = dnp3.ControlStatus(x, *c)
			}
		}
		dnp3Act(s, p, outcome, true)
		return
	}
}

func dnp3Act(s *Sink, p uint64, outcome string, answered bool) {
	function := uint8(p>>52) & 0x7f
	if int(function) >= len(dnp3Functions) {
		return
	}
	f := &dnp3Functions[function]
	verb, group := f.verb, uint8(p>>40)
	if function == dnp3.WriteData && (group == 50 || group == 80 || group == 0) {
		verb = tyto.Configure // the time, the indications, attributes
	}
	if verb == tyto.NoVerb {
		if outcome == "ok" || !answered {
			return
		}
		verb = tyto.Read
	}
	var object []byte
	if group != 0 || function == dnp3.WriteData || function == dnp3.ReadData {
		object = dnp3.AppendObject(s.Scratch(64)[:0], group, uint8(p>>32), uint32(p)&0x7fffffff, p&(1<<31) != 0)
	}
	if answered {
		s.Undergone(verb, f.op, object, outcome)
	} else {
		s.Did(verb, f.op, object, outcome)
	}
}

// dnp3Indications tells how the outstation does, when that changes.
func dnp3Indications(m *Message, s *Sink, l *dnp3.Link, indications uint16) {
	now := uint64(indications&0xe028) | 1<<16
	if m.Memory[3]>>32 == now {
		return
	}
	m.Memory[3] = m.Memory[3]&0xffffffff | now<<32
	dnp3About(m, s, l, tyto.Clue, tyto.Clue, dnp3.AppendStates(s.Scratch(64)[:0], indications), "dnp3.al.iin")
}

// dnp3About tells a fact about the sender; about a part of it, if it speaks for more than one outstation.
func dnp3About(m *Message, s *Sink, l *dnp3.Link, a, ofPart tyto.Attr, value []byte, field string) {
	if uint16(m.Memory[2]) == l.From || l.From == 0 {
		s.Sender(a, value, tyto.Stated, field)
		return
	}
	s.Part(l.From, ofPart, value, tyto.Stated, field)
}

// dnp3Attrs is the outstation's attributes, by variation of group 0.
var dnp3Attrs = [...]struct {
	variation    uint8
	attr, ofPart tyto.Attr
}{{252, tyto.Vendor, tyto.Clue}, {250, tyto.Model, tyto.PartModel}, {248, tyto.Serial, tyto.PartSerial}, {243, tyto.Hardware, tyto.Clue},
	{242, tyto.Firmware, tyto.PartFirmware}, {247, tyto.Hostname, tyto.Clue}, {246, tyto.Description, tyto.Clue}, {245, tyto.Location, tyto.Clue},
	{249, tyto.Clue, tyto.Clue}}

func dnp3Attributes(m *Message, s *Sink, l *dnp3.Link, x dnp3.Message, c *frame.Cursor) {
	for range 32 {
		text := bytes.Trim(dnp3.Attribute(c), " \x00")
		if c.Short() {
			s.Malformed("dnp3: device attribute")
			return
		}
		for i := range dnp3Attrs {
			if d := &dnp3Attrs[i]; d.variation == x.Variation {
				dnp3About(m, s, l, d.attr, d.ofPart, text, "dnp3.al.da.value")
			}
		}
		var more bool
		if x.Variation, more = dnp3.NextAttribute(c); !more {
			return
		}
	}
}
