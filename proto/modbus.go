package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/modbus"
	"tyto/proto/transfer"
	"tyto/tyto"
)

// Modbus over TCP (Messaging on TCP/IP Implementation Guide V1.0b,
// Application Protocol Specification V1.1b3), also in the frames of a serial line,
// as device servers pass them on, with Schneider's UMAS and SunSpec's common model
// as far as they say what answers.
func init() {
	register(Dissector{
		Name: "modbus", Industrial: true,
		Where:    []Where{TCP(502), TCP(802), TCP(503)},
		Anywhere: true,
		Is:       isModbus, Split: splitModbus, Tell: tellModbus,
	})
	for i := range modbusOps {
		modbusOps[i] = "modbus " + strconv.Itoa(i)
	}
}

// modbusOps are the names of the functions as operations.
var modbusOps [128]string

// Memory[0] to Memory[2] of a conversation are requests that wait for their
// answers, the last first; Memory[3] is what was told. While a program is moved
// only one waits: Memory[1] is the hash of what was moved, Memory[2] its size.
const (
	modbusPending     = 3
	modbusToldRequest = 1 << iota
	modbusToldAnswer
	modbusMoving
	modbusRTU // the frames of a serial line
	modbusASCII
	modbusTurned // who opened the connection is who answers
)

// modbusWaiting is the requests that wait.
func modbusWaiting(m *Message) []uint64 {
	if m.Memory[3]&modbusMoving != 0 {
		return m.Memory[:1]
	}
	return m.Memory[:modbusPending]
}

// port502 reports whether the message is where Modbus has its place.
func port502(f *frame.Frame) bool {
	return f.SrcPort == 502 || f.DstPort == 502 || f.SrcPort == 503 || f.DstPort == 503 || f.SrcPort == 802 || f.DstPort == 802
}

// modbusAsks reports whether the message's sender is the one that asks.
func modbusAsks(m *Message) bool {
	if f := m.Frame; port502(f) {
		return f.DstPort == 502 || f.DstPort == 503 || f.DstPort == 802
	}
	return m.ToServer != (m.Memory[3]&modbusTurned != 0)
}

// isSerialModbus wants whole frames whose checks fit, of the standard's
// functions, and remembers what they are.
func isSerialModbus(m *Message) bool {
	asks, kind := modbusAsks(m), uint64(modbusRTU)
	is, request := modbus.IsRTU(m.Body, asks)
	if !is {
		kind = modbusASCII
		is, request = modbus.IsASCII(m.Body, asks)
	}
	if !is {
		return false
	}
	if m.Memory[3] = kind; request != asks {
		m.Memory[3] |= modbusTurned
	}
	return true
}

// isModbus wants messages to the end of the segment; elsewhere than on 502
// they must also be of the standard's functions and as long as these say.
func isModbus(m *Message) bool {
	if isSerialModbus(m) {
		return true
	}
	c, strict := m.Read(), !port502(m.Frame)
	for range 16 {
		_, n, _, ok := modbus.Header(&c)
		if c.Short() && !strict && len(m.Body) >= 2 {
			c = m.Read()
			c.Skip(2)
			return c.U16() == 0
		}
		pdu := c.Bytes(min(n, c.Len()))
		if !ok || len(pdu) < n && strict || len(pdu) == 0 {
			return false
		}
		if strict && !modbus.IsStandard(pdu) {
			return false
		}
		if c.Len() == 0 {
			return true
		}
	}
	return false
}

// splitModbus takes the rest of a segment whose header breaks the rules as
// one message; the next segment begins another.
func splitModbus(m *Message) int {
	switch {
	case m.Memory[3]&modbusRTU != 0:
		n, _ := modbus.SplitRTU(m.Body, modbusAsks(m))
		return n
	case m.Memory[3]&modbusASCII != 0:
		n, _ := modbus.SplitASCII(m.Body)
		return n
	}
	c := m.Read()
	_, n, _, ok := modbus.Header(&c)
	switch {
	case c.Short():
		return modbus.HeaderLength
	case !ok:
		return len(m.Body)
	}
	return modbus.HeaderLength + n
}

func tellModbus(m *Message, s *Sink) {
	switch {
	case m.Memory[3]&modbusRTU != 0:
		if n, ok := modbus.SplitRTU(m.Body, modbusAsks(m)); !ok || n != len(m.Body) {
			s.Malformed("modbus: CRC")
			return
		}
		tellSerialModbus(m, s, m.Body[:len(m.Body)-2])
		return
	case m.Memory[3]&modbusASCII != 0:
		f, ok := modbus.ReadASCII(s.Scratch(256), m.Body)
		if !ok {
			s.Malformed("modbus: LRC")
			return
		}
		tellSerialModbus(m, s, f)
		return
	}
	c := m.Read()
	transaction, n, unit, ok := modbus.Header(&c)
	if !ok || n > c.Len() && !m.Cut {
		s.Malformed("modbus: MBAP header")
		return
	}
	pdu := c.Rest()
	switch {
	case len(pdu) == 0 || m.Cut:
	case modbusAsks(m):
		tellModbusRequest(m, s, transaction, true, pdu)
	case unit == 255 || unit == 1: // the server itself (Implementation Guide section 4.4.1.2)
		tellModbusAnswer(m, s, modbus.Answered(modbusWaiting(m), transaction), 0, pdu)
	default:
		tellModbusAnswer(m, s, modbus.Answered(modbusWaiting(m), transaction), uint16(unit), pdu)
	}
}

// tellSerialModbus tells of unit and PDU. A line has no transactions: of the
// requests to the unit, the last that an answer fits is the one. Nobody answers
// what all were told; and no unit is the device server itself.
func tellSerialModbus(m *Message, s *Sink, b []byte) {
	unit, pdu := b[0], b[1:]
	request := modbusAsks(m)
	if asks, answers := modbus.Fits(unit, pdu); asks != answers {
		request = asks
	}
	if !request {
		tellModbusAnswer(m, s, modbus.AnsweredOnLine(modbusWaiting(m), unit, pdu), uint16(unit), pdu)
		return
	}
	tellModbusRequest(m, s, uint16(unit), unit != 0, pdu)
}

// tellModbusRequest tells of a request; answered is false for one that nobody answers.
func tellModbusRequest(m *Message, s *Sink, transaction uint16, answered bool, pdu []byte) {
	r := modbus.ReadRequest(pdu)
	s.Op(modbusOps[r.Function&0x7f])
	if r.Broken != "" {
		s.Malformed(r.Broken)
	}
	if m.Memory[3]&(modbusToldRequest|modbusToldAnswer) == 0 {
		m.Memory[3] |= modbusToldRequest
		s.Sender(tyto.Role, modbusClient, tyto.Shown, "modbus.func_code")
	}
	if answered { // who falls out of memory was not
		tellUnanswered(s, modbus.Wait(modbusWaiting(m), r.Pack(transaction)), NoAnswer)
	} else {
		tellUnanswered(s, r.Pack(transaction), "")
	}
	switch {
	case r.Function != modbus.UMAS:
	case r.Sub == modbus.UmasToPLC:
		umasMoved(m, modbus.UmasSent(pdu))
	case r.Sub == modbus.UmasReserve && len(pdu) > 3: // an engineering station gives its name
		s.Sender(tyto.Hostname, modbus.UmasText(modbus.UmasReserve, pdu[3:]), tyto.Shown, "modbus.data")
	}
}

var (
	modbusClient = []byte("modbus client")
	modbusServer = []byte("modbus server")
)

func tellUnanswered(s *Sink, word uint64, outcome string) {
	r, _ := modbus.Unpack(word)
	if verb := modbusVerb(&r); verb != tyto.NoVerb {
		s.Did(verb, modbusOps[r.Function], r.AppendObject(s.Scratch(64)[:0]), outcome)
	}
}

// tellModbusAnswer tells of an answer. part is the unit behind the sender, 0 if that answers itself.
func tellModbusAnswer(m *Message, s *Sink, asked modbus.Request, part uint16, pdu []byte) {
	if why := modbus.CheckResponse(pdu, asked); why != "" {
		s.Malformed(why)
		return
	}
	if m.Memory[3]&modbusToldAnswer == 0 {
		m.Memory[3] |= modbusToldAnswer
		tellModbusRoles(m, s)
	}
	function, outcome := pdu[0]&0x7f, "ok"
	if pdu[0] >= modbus.Exception {
		outcome = modbus.ExceptionText(pdu[1])
	} else if function == modbus.UMAS && len(pdu) > 2 && pdu[2] == 0xfd {
		outcome = "refused"
	}
	if asked.Function == 0 { // the request was not seen: what the answer repeats of it
		asked = modbus.Repeated(pdu)
	}
	verb := modbusVerb(&asked)
	if verb == tyto.NoVerb && outcome != "ok" && asked.Function != 0 {
		verb = tyto.Read
	}
	if verb != tyto.NoVerb {
		s.Undergone(verb, modbusOps[function], asked.AppendObject(s.Scratch(64)[:0]), outcome)
	}
	if outcome == "ok" {
		tellModbusIdentity(s, part, asked, pdu)
	}
	if asked.Function == modbus.UMAS && outcome == "ok" {
		switch verb {
		case tyto.Start:
			modbusMode(s, part, "run")
		case tyto.Stop:
			modbusMode(s, part, "stop")
		}
		tellUMASTransfer(m, s, asked.Sub, pdu)
	}
}

// tellUMASTransfer sums up a program between the message that begins to move it and the one that ends it.
func tellUMASTransfer(m *Message, s *Sink, function uint8, pdu []byte) {
	switch function {
	case modbus.UmasBeginToPLC, modbus.UmasBeginFromPLC:
		sum := transfer.Begin()
		m.Memory[0], m.Memory[1], m.Memory[2], m.Memory[3] = 0, sum.Hash, 0, m.Memory[3]|modbusMoving
	case modbus.UmasFromPLC:
		umasMoved(m, modbus.UmasReceived(pdu))
	case modbus.UmasEndToPLC, modbus.UmasEndFromPLC:
		b := s.Scratch(16 + transfer.Longest)
		if m.Memory[3]&modbusMoving == 0 || b == nil {
			return
		}
		sum := transfer.Kept(m.Memory[1], m.Memory[2])
		m.Memory[1], m.Memory[2], m.Memory[3] = 0, 0, m.Memory[3]&^modbusMoving
		b = sum.Append(append(b[:0], "program, "...))
		if function == modbus.UmasEndToPLC {
			s.Undergone(tyto.Program, "umas download", b, "ok")
		} else {
			s.Undergone(tyto.Transfer, "umas upload", b, "ok")
		}
	}
}

func umasMoved(m *Message, data []byte) {
	if m.Memory[3]&modbusMoving != 0 {
		transfer.Add(&m.Memory[1], &m.Memory[2], data)
	}
}

func tellModbusRoles(m *Message, s *Sink) {
	s.Sender(tyto.Role, modbusServer, tyto.Shown, "modbus.func_code")
	s.Receiver(tyto.Role, modbusClient, tyto.Shown, "modbus.func_code")
	if b := s.Scratch(20); b != nil && m.Memory[3]&modbusTurned == 0 {
		text := strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(text, " modbus"...), tyto.Shown, "modbus.func_code")
	}
}

// modbusVerbs are what requests do, by the words of package modbus; reading is only counted.
var modbusVerbs = [...]tyto.Verb{modbus.Identifies: tyto.Identify, modbus.Writes: tyto.Write, modbus.Starts: tyto.Start, modbus.Stops: tyto.Stop,
	modbus.Programs: tyto.Program, modbus.Transfers: tyto.Transfer, modbus.Configures: tyto.Configure}

func modbusVerb(r *modbus.Request) tyto.Verb { return modbusVerbs[r.Does()] }

func tellModbusIdentity(s *Sink, part uint16, asked modbus.Request, pdu []byte) {
	c := frame.Read(pdu)
	switch c.U8() {
	case modbus.Encapsulated:
		if c.U8() == modbus.DeviceID {
			tellDeviceID(s, part, &c)
		}
	case modbus.ReportServerID:
		c.Skip(1)
		tellOf(s, part, tyto.Clue, modbus.LongestText(c.Rest()), "modbus.data")
		modbusMode(s, part, modbus.Runs(c.Rest()))
	case modbus.ReadHolding:
		if c.Skip(1); c.Has("SunS\x00\x01") {
			c.Skip(8)
			tellSunSpec(s, part, &c)
		}
	case modbus.UMAS:
		if c.Skip(2); asked.Function == modbus.UMAS {
			tellUMASIdentity(s, part, asked.Sub, c.Rest())
		}
	}
}

// tellUMASIdentity tells what the answer of a function says of the controller.
func tellUMASIdentity(s *Sink, part uint16, function uint8, b []byte) {
	if program, mode, ok := modbus.ReadUmasInfo(b); function == modbus.UmasInfo && ok {
		tellOf(s, part, tyto.Clue, strconv.AppendUint(append(s.Scratch(16)[:0], "program "...), uint64(program), 16), "modbus.data")
		modbusMode(s, part, mode)
		return
	}
	text := modbus.UmasText(function, b)
	clue := s.Scratch(64 + len(text))
	if text == nil || clue == nil {
		return
	}
	switch function {
	case modbus.UmasID:
		tellOf(s, part, tyto.Model, text, "modbus.data")
		tellOf(s, part, tyto.Firmware, modbus.AppendUmasFirmware(clue[:0], b), "modbus.data")
	case modbus.UmasProject: // another revision is another program
		clue = append(append(append(clue[:0], "project "...), text...), ' ')
		tellOf(s, part, tyto.Clue, modbus.AppendUmasRevision(clue, b), "modbus.data")
	case modbus.UmasCard:
		tellOf(s, part, tyto.Clue, append(append(clue[:0], "memory card "...), text...), "modbus.data")
	}
}

// tellOf tells a fact about the sender, or about the unit behind it.
func tellOf(s *Sink, part uint16, a tyto.Attr, value []byte, field string) {
	value = bytes.Trim(value, " \x00")
	if part == 0 {
		s.Sender(a, value, tyto.Stated, field)
		return
	}
	switch a {
	case tyto.Model:
		a = tyto.PartModel
	case tyto.Firmware:
		a = tyto.PartFirmware
	case tyto.Serial:
		a = tyto.PartSerial
	default:
		a = tyto.Clue
	}
	s.Part(part, a, value, tyto.Stated, field)
}

// modbusMode tells what the sender, or a unit behind it, does.
func modbusMode(s *Sink, part uint16, mode string) {
	who := s.SenderSubject()
	who.Part = part
	s.About(who, tyto.Mode, append(s.Scratch(len(mode))[:0], mode...), tyto.Shown, "modbus.func_code")
}

// tellDeviceID tells what a device or a unit says that it is. The model is the
// best name of it that there is; what is less is a clue.
func tellDeviceID(s *Sink, part uint16, c *frame.Cursor) {
	d := modbus.ReadIdentity(c)
	if d.Broken {
		s.Malformed("modbus: object of device identification")
	}
	tellOf(s, part, tyto.Vendor, d.Vendor, "modbus.object_str_value")
	tellOf(s, part, tyto.ModelNumber, d.Code, "modbus.object_str_value")
	tellOf(s, part, tyto.Firmware, d.Revision, "modbus.object_str_value")
	tellOf(s, part, tyto.Clue, d.URL, "modbus.object_str_value")
	tellOf(s, part, tyto.Description, d.Application, "modbus.object_str_value")
	for _, x := range d.Others {
		tellOf(s, part, tyto.Clue, x, "modbus.object_str_value")
	}
	switch {
	case len(d.Model) > 0:
		tellOf(s, part, tyto.Model, d.Model, "modbus.object_str_value")
		tellOf(s, part, tyto.Clue, d.Product, "modbus.object_str_value")
	case len(d.Product) > 0:
		tellOf(s, part, tyto.Model, d.Product, "modbus.object_str_value")
	default:
		tellOf(s, part, tyto.Model, d.Code, "modbus.object_str_value")
	}
}

// tellSunSpec reads the common model of inverters and meters (SunSpec
// Information Model Specification, model 1).
func tellSunSpec(s *Sink, part uint16, c *frame.Cursor) {
	vendor, model, _, version, serial := c.Bytes(32), c.Bytes(32), c.Bytes(16), c.Bytes(16), c.Bytes(32)
	if c.Short() {
		return
	}
	tellOf(s, part, tyto.Vendor, vendor, "modbus.sunspec.Mn")
	tellOf(s, part, tyto.Model, model, "modbus.sunspec.Md")
	tellOf(s, part, tyto.Firmware, version, "modbus.sunspec.Vr")
	tellOf(s, part, tyto.Serial, serial, "modbus.sunspec.SN")
}
