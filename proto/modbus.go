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
// Application Protocol Specification V1.1b3), with Schneider's UMAS and SunSpec's
// common model as far as they say what answers.
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
)

// modbusWaiting is how many requests can wait.
func modbusWaiting(m *Message) int {
	if m.Memory[3]&modbusMoving != 0 {
		return 1
	}
	return modbusPending
}

// port502 reports whether the message is where Modbus has its place.
func port502(f *frame.Frame) bool {
	return f.SrcPort == 502 || f.DstPort == 502 || f.SrcPort == 503 || f.DstPort == 503 || f.SrcPort == 802 || f.DstPort == 802
}

// isModbus wants messages to the end of the segment; elsewhere than on 502
// they must also be of the standard's functions and as long as these say.
func isModbus(m *Message) bool {
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
	c := m.Read()
	transaction, n, unit, ok := modbus.Header(&c)
	if !ok || n > c.Len() && !m.Cut {
		s.Malformed("modbus: MBAP header")
		return
	}
	pdu := c.Rest()
	if len(pdu) == 0 || m.Cut {
		return
	}
	toServer := m.ToServer
	if port502(m.Frame) {
		toServer = m.Frame.DstPort == 502 || m.Frame.DstPort == 503 || m.Frame.DstPort == 802
	}
	if toServer {
		tellModbusRequest(m, s, transaction, pdu)
	} else {
		tellModbusAnswer(m, s, transaction, unit, pdu)
	}
}

func tellModbusRequest(m *Message, s *Sink, transaction uint16, pdu []byte) {
	r := modbus.ReadRequest(pdu)
	s.Op(modbusOps[r.Function&0x7f])
	if r.Broken != "" {
		s.Malformed(r.Broken)
	}
	if m.Memory[3]&(modbusToldRequest|modbusToldAnswer) == 0 {
		m.Memory[3] |= modbusToldRequest
		s.Sender(tyto.Role, modbusClient, tyto.Shown, "modbus.func_code")
	}
	// Who falls out of memory was never answered.
	n := modbusWaiting(m)
	if lost := m.Memory[n-1]; lost != 0 {
		old, _ := modbus.Unpack(lost)
		if verb := modbusVerb(&old); verb != tyto.NoVerb {
			s.Did(verb, modbusOps[old.Function], old.AppendObject(s.Scratch(64)[:0]), NoAnswer)
		}
	}
	copy(m.Memory[1:n], m.Memory[:n-1])
	m.Memory[0] = r.Pack(transaction)
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

// answered takes the request of a transaction out of memory; its Function is
// 0 if it was not seen.
func answered(m *Message, transaction uint16) modbus.Request {
	n := modbusWaiting(m)
	for i := range n {
		if m.Memory[i] == 0 {
			break
		}
		r, t := modbus.Unpack(m.Memory[i])
		if t == transaction {
			copy(m.Memory[i:n], m.Memory[i+1:n])
			m.Memory[n-1] = 0
			return r
		}
	}
	return modbus.Request{}
}

func tellModbusAnswer(m *Message, s *Sink, transaction uint16, unit uint8, pdu []byte) {
	asked := answered(m, transaction)
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
		tellModbusIdentity(s, unit, asked, pdu)
	}
	if asked.Function == modbus.UMAS && outcome == "ok" {
		switch verb {
		case tyto.Start:
			modbusMode(s, unit, "run")
		case tyto.Stop:
			modbusMode(s, unit, "stop")
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
	if b := s.Scratch(20); b != nil {
		text := strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(text, " modbus"...), tyto.Shown, "modbus.func_code")
	}
}

// modbusVerb is what a request does; NoVerb if it only reads or is unknown.
func modbusVerb(r *modbus.Request) tyto.Verb {
	switch r.Function {
	case modbus.WriteCoil, modbus.WriteRegister, modbus.WriteCoils, modbus.WriteRegisters, modbus.WriteFile, modbus.MaskWrite,
		modbus.ReadWrite:
		return tyto.Write
	case modbus.ReportServerID:
		return tyto.Identify
	case modbus.Encapsulated:
		if r.Sub == modbus.DeviceID {
			return tyto.Identify
		}
	case modbus.Diagnostics:
		switch r.Sub {
		case 1, 3, 10, 20:
			return tyto.Configure
		case 4: // from then on it does not answer
			return tyto.Stop
		}
	case modbus.UMAS:
		return umasVerb(modbus.Umas(r.Sub).Does)
	}
	return tyto.NoVerb
}

func umasVerb(d modbus.Deed) tyto.Verb {
	switch d {
	case modbus.Identifies:
		return tyto.Identify
	case modbus.Writes:
		return tyto.Write
	case modbus.Starts:
		return tyto.Start
	case modbus.Stops:
		return tyto.Stop
	case modbus.Programs:
		return tyto.Program
	case modbus.Transfers:
		return tyto.Transfer
	case modbus.Configures:
		return tyto.Configure
	}
	return tyto.NoVerb
}

func tellModbusIdentity(s *Sink, unit uint8, asked modbus.Request, pdu []byte) {
	c := frame.Read(pdu)
	switch c.U8() {
	case modbus.Encapsulated:
		if c.U8() == modbus.DeviceID {
			tellDeviceID(s, unit, &c)
		}
	case modbus.ReportServerID:
		c.Skip(1)
		tellOf(s, unit, tyto.Clue, modbus.LongestText(c.Rest()), "modbus.data")
		modbusMode(s, unit, modbus.Runs(c.Rest()))
	case modbus.ReadHolding:
		if c.Skip(1); c.Has("SunS\x00\x01") {
			c.Skip(8)
			tellSunSpec(s, unit, &c)
		}
	case modbus.UMAS:
		if c.Skip(2); asked.Function == modbus.UMAS {
			tellUMASIdentity(s, unit, asked.Sub, c.Rest())
		}
	}
}

// tellUMASIdentity tells what the answer of a function says of the controller.
func tellUMASIdentity(s *Sink, unit, function uint8, b []byte) {
	text := modbus.UmasText(function, b)
	clue := s.Scratch(64 + len(text))
	if text == nil || clue == nil {
		return
	}
	switch function {
	case modbus.UmasID:
		tellOf(s, unit, tyto.Model, text, "modbus.data")
		tellOf(s, unit, tyto.Firmware, modbus.AppendUmasFirmware(clue[:0], b), "modbus.data")
	case modbus.UmasProject: // another revision is another program
		clue = append(append(append(clue[:0], "project "...), text...), ' ')
		tellOf(s, unit, tyto.Clue, modbus.AppendUmasRevision(clue, b), "modbus.data")
	case modbus.UmasCard:
		tellOf(s, unit, tyto.Clue, append(append(clue[:0], "memory card "...), text...), "modbus.data")
	}
}

// tellOf tells a fact about the sender, or about the unit behind it. Units 0,
// 1 and 255 are the device itself (Implementation Guide section 4.4.1.2).
func tellOf(s *Sink, unit uint8, a tyto.Attr, value []byte, field string) {
	value = bytes.Trim(value, " \x00")
	if unit <= 1 || unit == 255 {
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
	s.Part(uint16(unit), a, value, tyto.Stated, field)
}

// modbusMode tells what the sender, or a unit behind it, does.
func modbusMode(s *Sink, unit uint8, mode string) {
	who := s.SenderSubject()
	if unit > 1 && unit < 255 {
		who.Part = uint16(unit)
	}
	s.About(who, tyto.Mode, append(s.Scratch(len(mode))[:0], mode...), tyto.Shown, "modbus.func_code")
}

// tellDeviceID reads the objects of Read Device Identification (section 6.21).
func tellDeviceID(s *Sink, unit uint8, c *frame.Cursor) {
	c.Skip(4) // code, conformity, more follows, next object
	count := int(c.U8())
	var code, product, model []byte
	for range count {
		id := c.U8()
		value := c.Bytes(int(c.U8()))
		if c.Short() {
			s.Malformed("modbus: object of device identification")
			break
		}
		switch id {
		case 0:
			tellOf(s, unit, tyto.Vendor, value, "modbus.object_str_value")
		case 1:
			code = value
			tellOf(s, unit, tyto.ModelNumber, value, "modbus.object_str_value")
		case 2:
			tellOf(s, unit, tyto.Firmware, value, "modbus.object_str_value")
		case 4:
			product = value
		case 5:
			model = value
		case 6:
			tellOf(s, unit, tyto.Description, value, "modbus.object_str_value")
		default:
			tellOf(s, unit, tyto.Clue, value, "modbus.object_str_value")
		}
	}
	// The best name of the model that there is; what is less is a clue.
	switch {
	case len(model) > 0:
		tellOf(s, unit, tyto.Model, model, "modbus.object_str_value")
		tellOf(s, unit, tyto.Clue, product, "modbus.object_str_value")
	case len(product) > 0:
		tellOf(s, unit, tyto.Model, product, "modbus.object_str_value")
	default:
		tellOf(s, unit, tyto.Model, code, "modbus.object_str_value")
	}
}

// tellSunSpec reads the common model of inverters and meters (SunSpec
// Information Model Specification, model 1).
func tellSunSpec(s *Sink, unit uint8, c *frame.Cursor) {
	vendor, model, _, version, serial := c.Bytes(32), c.Bytes(32), c.Bytes(16), c.Bytes(16), c.Bytes(32)
	if c.Short() {
		return
	}
	tellOf(s, unit, tyto.Vendor, vendor, "modbus.sunspec.Mn")
	tellOf(s, unit, tyto.Model, model, "modbus.sunspec.Md")
	tellOf(s, unit, tyto.Firmware, version, "modbus.sunspec.Vr")
	tellOf(s, unit, tyto.Serial, serial, "modbus.sunspec.SN")
}
