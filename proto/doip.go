package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// Diagnostics over IP (ISO 13400-2) with the services of UDS (ISO 14229-1)
// that it carries.
func init() {
	register(Dissector{
		Name: "doip", Industrial: true,
		Where: []Where{UDP(13400), TCP(13400), TCP(3496)},
		Is:    isDoIP, Split: splitDoIP, Tell: tellDoIP,
	})
}

const (
	doipHeader     = 8
	doipAnnounced  = 0x0004
	doipActivate   = 0x0005
	doipActivated  = 0x0006
	doipDiagnostic = 0x8001
	doipNegative   = 0x7f // of UDS
)

// doipTypes are the operations of the types of payload (table 17).
var doipTypes = [...]struct {
	kind uint16
	op   string
}{{0, "doip nack"}, {1, "doip identification request"}, {2, "doip identification request"}, {3, "doip identification request"},
	{doipAnnounced, "doip vehicle announcement"}, {doipActivate, "doip routing activation"}, {doipActivated, ""}, {7, "doip alive check"}, {8, ""},
	{0x4001, "doip entity status"}, {0x4002, ""}, {0x4003, "doip power mode"}, {0x4004, ""}, {doipDiagnostic, ""}, {0x8002, ""}, {0x8003, "doip diagnostic nack"}}

// udsServices are what a diagnostic request asks for; verb NoVerb only reads.
var udsServices = [...]struct {
	id   uint8
	op   string
	verb tyto.Verb
}{{0x10, "uds session control", 0}, {0x11, "uds ecu reset", tyto.Stop}, {0x14, "uds clear diagnostics", tyto.Configure},
	{0x19, "uds read dtc", 0}, {0x22, "uds read data", 0}, {0x23, "uds read memory", tyto.Transfer}, {0x27, "uds security access", tyto.Login},
	{0x28, "uds communication control", tyto.Configure}, {0x29, "uds authentication", tyto.Login}, {0x2e, "uds write data", tyto.Write},
	{0x2f, "uds io control", tyto.Write}, {0x31, "uds routine control", tyto.Execute}, {0x34, "uds request download", tyto.UpdateFirmware},
	{0x35, "uds request upload", tyto.Transfer}, {0x36, "uds transfer data", 0}, {0x37, "uds transfer exit", 0}, {0x38, "uds file transfer", tyto.Transfer},
	{0x3d, "uds write memory", tyto.Program}, {0x3e, "uds tester present", 0}, {0x85, "uds control dtc", tyto.Configure}}

var (
	doipTester  = []byte("doip tester")
	doipGateway = []byte("doip gateway")
)

func doipFind(kind uint16) int {
	for i := range doipTypes {
		if doipTypes[i].kind == kind {
			return i
		}
	}
	return -1
}

func isDoIP(m *Message) bool {
	c := m.Read()
	version, inverse, kind, n := c.U8(), c.U8(), c.U16(), c.U32()
	return !c.Short() && version == ^inverse && (version >= 1 && version <= 4 || version == 0xff) && doipFind(kind) >= 0 &&
		(m.Frame.Proto != frame.UDP || int(n) == c.Len())
}

func splitDoIP(m *Message) int {
	c := m.Read()
	version, inverse := c.U8(), c.U8()
	c.Skip(2)
	n := c.U32()
	switch {
	case c.Short():
		return 0
	case version != ^inverse || n > 16<<20:
		return -1
	}
	return doipHeader + int(n)
}

func tellDoIP(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(2)
	kind := c.U16()
	c.Skip(4)
	i := doipFind(kind)
	if i < 0 {
		s.Malformed("doip: type of payload")
		return
	}
	if op := doipTypes[i].op; op != "" {
		s.Op(op)
	}
	switch kind {
	case doipAnnounced:
		s.Serves(m, doipGateway, "doip", "doip.type")
		vin := c.Bytes(17)
		address, eid := c.Bytes(2), c.Bytes(6)
		c.Skip(6)
		if doipVIN(vin) {
			s.Sender(tyto.Serial, vin, tyto.Stated, "doip.vin")
		}
		s.Hex(tyto.Clue, address, tyto.Stated, "doip.logical_address")
		s.Hex(tyto.Clue, eid, tyto.Stated, "doip.eid")
	case doipActivate:
		s.Asks(m, doipTester, "doip.type")
		s.Hex(tyto.Clue, c.Bytes(2), tyto.Stated, "doip.source_address")
	case doipActivated:
		s.Serves(m, doipGateway, "doip", "doip.type")
		c.Skip(2)
		s.Hex(tyto.Clue, c.Bytes(2), tyto.Stated, "doip.logical_address")
		if code := c.U8(); code == 0x10 || code == 0x11 {
			s.Undergone(tyto.Login, "doip routing activation", nil, "ok")
		} else if !c.Short() {
			s.Undergone(tyto.LoginFailed, "doip routing activation", nil, "refused")
		}
	case doipDiagnostic:
		source, target := c.U16(), c.U16()
		tellUDS(s, source, target, &c)
	}
	if c.Short() && !m.Cut {
		s.Malformed("doip: length of the payload")
	}
}

// doipVIN reports whether b is a vehicle identification number (ISO 3779).
func doipVIN(b []byte) bool {
	for _, x := range b {
		if (x < '0' || x > '9') && (x < 'A' || x > 'Z') {
			return false
		}
	}
	return len(b) == 17
}

// tellUDS tells a service that is asked for, or how it went at the unit that has the address.
func tellUDS(s *Sink, source, target uint16, c *frame.Cursor) {
	id := c.U8()
	code, unit, answer := "ok", target, false
	if id == doipNegative {
		id, answer, unit = c.U8(), true, source
		switch c.U8() {
		case 0x33, 0x34:
			code = "access denied"
		case 0x35, 0x36, 0x37:
			code = "invalid key"
		case 0x11, 0x12, 0x7e, 0x7f:
			code = "not supported"
		case 0x78:
			return // wait
		default:
			code = "refused"
		}
	} else if id&0x40 != 0 && id != 0x85 {
		id, answer, unit = id&^0x40, true, source
	}
	for i := range udsServices {
		x := &udsServices[i]
		if x.id != id {
			continue
		}
		if !answer {
			s.Op(x.op)
			return
		}
		verb := x.verb
		if verb == tyto.Login && code != "ok" {
			verb = tyto.LoginFailed
		}
		if b := s.Scratch(16); verb != tyto.NoVerb && b != nil {
			s.Undergone(verb, x.op, strconv.AppendUint(append(b[:0], "unit 0x"...), uint64(unit), 16), code)
		}
		return
	}
	if !answer {
		s.Op("uds other")
	}
}
