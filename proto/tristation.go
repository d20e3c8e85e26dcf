package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// TriStation of Triconex safety controllers on UDP port 1502, as those
// describe it who took apart what attacked it (CISA MAR-17-352-01; Nozomi, TriStation protocol plug-in).
func init() {
	register(Dissector{
		Name: "tristation", Industrial: true,
		Where: []Where{UDP(1502)},
		Is:    isTriStation, Tell: tellTriStation,
	})
}

// Types of messages.
const (
	tristationConnect   = 1
	tristationConnected = 2
	tristationExecute   = 5
	tristationPing      = 6
	tristationDenied    = 10
	tristationLast      = 11
)

// tristationFunctions are what the engineering station asks for. Answers have numbers of their own, from 0x64 on.
var tristationFunctions = [...]struct {
	code uint8
	op   string
	verb tyto.Verb
}{{0x00, "tristation start download all", tyto.Program}, {0x01, "tristation start download change", tyto.Program}, {0x02, "tristation update configuration", tyto.Configure},
	{0x03, "tristation upload configuration", tyto.Transfer}, {0x04, "tristation set i/o addresses", tyto.Configure}, {0x05, "tristation allocate network", tyto.Configure},
	{0x06, "tristation load vector table", tyto.Program}, {0x07, "tristation set calendar", tyto.Configure}, {0x08, "tristation get calendar", 0},
	{0x09, "tristation set scan time", tyto.Configure}, {0x0a, "tristation end download all", tyto.Program}, {0x0b, "tristation end download change", tyto.Program},
	{0x0c, "tristation cancel download change", tyto.Program}, {0x0d, "tristation attach", tyto.Login}, {0x0e, "tristation set i/o address limits", tyto.Configure},
	{0x0f, "tristation configure module", tyto.Configure}, {0x10, "tristation set multiple point values", tyto.Write}, {0x11, "tristation enable all points", tyto.Configure},
	{0x12, "tristation upload vector table", tyto.Transfer}, {0x13, "tristation get cp status", tyto.Identify}, {0x14, "tristation run program", tyto.Start},
	{0x15, "tristation halt program", tyto.Stop}, {0x16, "tristation pause program", tyto.Stop}, {0x17, "tristation do single scan", tyto.Execute},
	{0x18, "tristation get chassis status", tyto.Identify}, {0x19, "tristation get minimum scan time", 0}, {0x1a, "tristation set node number", tyto.Configure},
	{0x1b, "tristation set i/o point values", tyto.Write}, {0x1c, "tristation get i/o point values", 0}, {0x1d, "tristation get mp status", tyto.Identify},
	{0x1e, "tristation set retentive values", tyto.Write}, {0x1f, "tristation adjust clock calendar", tyto.Configure}, {0x20, "tristation clear module alarms", tyto.Configure},
	{0x21, "tristation get event log", 0}, {0x22, "tristation set soe block", tyto.Configure}, {0x23, "tristation record event log", tyto.Write},
	{0x24, "tristation get soe data", 0}, {0x25, "tristation enable ovd", tyto.Configure}, {0x26, "tristation disable ovd", tyto.Configure},
	{0x27, "tristation enable all ovds", tyto.Configure}, {0x28, "tristation disable all ovds", tyto.Configure}, {0x29, "tristation process modbus", tyto.Execute},
	{0x2a, "tristation upload network", tyto.Transfer}, {0x2b, "tristation set label", tyto.Configure}, {0x2c, "tristation configure system variables", tyto.Configure},
	{0x2d, "tristation deconfigure module", tyto.Configure}, {0x2e, "tristation get system variables", 0}, {0x2f, "tristation get module types", tyto.Identify},
	{0x37, "tristation allocate program", tyto.Program}, {0x38, "tristation allocate function", tyto.Program}, {0x39, "tristation clear retentives", tyto.Write},
	{0x3a, "tristation set initial values", tyto.Write}, {0x3b, "tristation start ts2 program download", tyto.Program}, {0x3f, "tristation set program information", tyto.Program},
	{0x40, "tristation get program information", 0}, {0x41, "tristation upload program", tyto.Transfer}, {0x42, "tristation upload function", tyto.Transfer}}

var (
	tristationStation = []byte("tristation engineering station")
	tristationSafety  = []byte("triconex controller")
	tristationVendor  = []byte("Triconex")
)

// isTriStation wants type, channel, length, and the checksum that ends the message.
func isTriStation(m *Message) bool {
	c := m.Read()
	kind, _, n := c.U8(), c.U8(), int(c.L16())
	if c.Short() || kind == 0 || kind > tristationLast || len(m.Body) != n+6 {
		return false
	}
	x := uint16(0)
	for _, v := range m.Body[:n+4] {
		x ^= uint16(v)
		for range 8 {
			x = x>>1 ^ x&1*0xa001
		}
	}
	return m.Body[n+4] == byte(x) && m.Body[n+5] == byte(x>>8)
}

func tellTriStation(m *Message, s *Sink) {
	c := m.Read()
	kind := c.U8()
	c.Skip(3)
	fromStation := m.Frame.DstPort == 1502
	switch kind {
	case tristationConnect:
		s.Op("tristation connect")
		s.Asks(m, tristationStation, "tristation.type")
	case tristationConnected:
		tellTriStationServer(m, s)
	case tristationExecute:
		if fromStation {
			s.Asks(m, tristationStation, "tristation.type")
			tellTriStationAsked(m, s, &c)
			return
		}
		tellTriStationServer(m, s)
		tellTriStationAct(m, s, "ok", true)
		tellTriStationState(m, s)
	case tristationPing:
		s.Op("tristation ping")
	case tristationDenied:
		tellTriStationServer(m, s)
		tellTriStationAct(m, s, "access denied", true)
	default:
		s.Op("tristation other")
	}
}

func tellTriStationServer(m *Message, s *Sink) {
	if m.Memory[3]&2 == 0 {
		s.Sender(tyto.Vendor, tristationVendor, tyto.Shown, "tristation.type")
	}
	s.Serves(m, tristationSafety, "tristation", "tristation.type")
}

// Where key and run state stand in the answer to "get cp status", and its function.
const (
	tristationStatus = 0x6c
	tristationKeyAt  = 21
	tristationRunAt  = 22
)

var (
	tristationKeys = [...]string{"stop", "program", "run", "remote"}
	tristationRuns = [...]string{"run", "halt", "pause"}
)

// tellTriStationState tells where the key of a controller stands, and whether its program runs.
func tellTriStationState(m *Message, s *Sink) {
	if len(m.Body) <= tristationRunAt || m.Body[6] != tristationStatus {
		return
	}
	if key := int(m.Body[tristationKeyAt]); key < len(tristationKeys) {
		s.Sender(tyto.Key, append(s.Scratch(8)[:0], tristationKeys[key]...), tyto.Stated, "tristation.key_state")
	}
	if run := int(m.Body[tristationRunAt]); run < len(tristationRuns) {
		s.Sender(tyto.Mode, append(s.Scratch(8)[:0], tristationRuns[run]...), tyto.Stated, "tristation.run_state")
	}
}

// tellTriStationAsked reads direction, channel, and the function after them. Memory[0] is the function's number plus one.
func tellTriStationAsked(m *Message, s *Sink, c *frame.Cursor) {
	c.Skip(2)
	code := c.U8()
	if c.Short() {
		s.Malformed("tristation: function")
		return
	}
	for i := range tristationFunctions {
		x := &tristationFunctions[i]
		if x.code != code {
			continue
		}
		s.Op(x.op)
		tellTriStationAct(m, s, NoAnswer, false)
		if x.verb != tyto.NoVerb {
			m.Memory[0] = uint64(i) + 1
		}
		return
	}
	s.Op("tristation other function")
}

func tellTriStationAct(m *Message, s *Sink, outcome string, answered bool) {
	if m.Memory[0] == 0 {
		return
	}
	x := &tristationFunctions[m.Memory[0]-1]
	m.Memory[0] = 0
	if answered {
		s.Undergone(x.verb, x.op, nil, outcome)
	} else {
		s.Did(x.verb, x.op, nil, outcome)
	}
}
