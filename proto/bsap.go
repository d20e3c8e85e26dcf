package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// BSAP of Emerson's (Bristol's) ControlWave and 33xx remote units, in the two
// ways in which it goes over IP: OpenBSI's messages on UDP port 1234, and frames of
// the serial line in datagrams on port 1235.
func init() {
	register(Dissector{
		Name: "bsap", Industrial: true,
		Where: []Where{UDP(1234), UDP(1235)},
		Is:    isBSAP, Tell: tellBSAP,
	})
}

const (
	bsapHeader   = 14 // of a message in IP
	bsapPoll     = 0x00
	bsapReport   = 0x01
	bsapResponse = 0x05
	bsapRequest  = 0x06

	bsapSTX = "\x10\x02" // a frame of the serial line is between these, and its checksum follows
	bsapETX = "\x10\x03"

	bsapProgrammer = 0x03 // application functions
	bsapDatabase   = 0xa0
)

// bsapFunctions are the application functions but that of the remote database.
var bsapFunctions = [...]struct {
	code uint8
	op   string
	verb tyto.Verb
}{{0x48, "bsap diagnostics", 0}, {0x60, "bsap communication block", 0}, {0x68, "bsap flash download", tyto.UpdateFirmware},
	{0x6a, "bsap flash configuration", tyto.Configure}, {0x70, "bsap command", tyto.Execute}, {0x78, "bsap download", tyto.Program},
	{0x88, "bsap time and node routing", tyto.Configure}, {0x89, "bsap time and node routing request", 0}, {0xa1, "bsap extended database", 0},
	{0xa2, "bsap report by exception", 0}, {0xa3, "bsap report by exception manager", 0}, {0xa8, "bsap alarm acknowledge", tyto.Configure},
	{0xa9, "bsap alarm initialize", tyto.Configure}, {0xaa, "bsap alarm report", 0}, {0xb0, "bsap peer master", 0}, {0xb1, "bsap peer slave", 0}}

// bsapAccesses are the functions of the remote database.
var bsapAccesses = [...]struct {
	code uint8
	op   string
	verb tyto.Verb
}{{0x00, "bsap read signal by address", 0}, {0x02, "bsap read logical by address", 0}, {0x04, "bsap read signal by name", 0},
	{0x06, "bsap read logical by name", 0}, {0x0c, "bsap read signal by list", 0}, {0x0d, "bsap read signal by list", 0},
	{0x0e, "bsap read logical by list", 0}, {0x0f, "bsap read logical by list", 0}, {0x80, "bsap write signal by address", tyto.Write},
	{0x84, "bsap write signal by name", tyto.Write}, {0x8c, "bsap write signal by list", tyto.Write}, {0x8d, "bsap write signal by list", tyto.Write}}

// Of Memory, words 0 and 1 are writes that wait for their answers, the last first: sequence, access plus one.
const bsapPending = 2

var (
	bsapMaster = []byte("bsap master")
	bsapRTU    = []byte("bsap rtu")
	bsapMaker  = []byte("Emerson")
)

// isBSAP wants a header of a known kind with whole messages behind it, or a
// frame of the serial line whose checksum is right.
func isBSAP(m *Message) bool {
	if bytes.HasPrefix(m.Body, []byte(bsapSTX)) {
		_, ok := bsapSerial(m.Body)
		return ok
	}
	c := m.Read()
	size, count, kind := c.L16(), int(c.L16()), c.L16()
	c.Skip(8)
	if c.Short() || size != bsapHeader || count > 64 {
		return false
	}
	switch kind {
	case bsapPoll:
		return count == 0 && c.Len() == 0
	case bsapReport, bsapResponse, bsapRequest, 0x84, 0x86:
		for range count {
			n := int(c.L32())
			if c.Skip(n - 4); n < 9 || c.Short() {
				return false
			}
		}
		return count > 0 && c.Len() == 0
	}
	return false
}

// bsapSerial is what is between the marks of a frame; false if it is none.
func bsapSerial(b []byte) (frame.Cursor, bool) {
	if len(b) < 12 || !bytes.Equal(b[len(b)-4:len(b)-2], []byte(bsapETX)) {
		return frame.Cursor{}, false
	}
	inside := b[2 : len(b)-4]
	sum := uint16(0xffff)
	for i, x := range inside {
		if x == 0x10 && i > 0 && inside[i-1] == 0x10 { // doubled to be told from a mark
			continue
		}
		sum = bsapSum(sum, x)
	}
	sum = bsapSum(sum, bsapETX[1])
	return frame.Read(inside), b[len(b)-2] == byte(sum) && b[len(b)-1] == byte(sum>>8)
}

// bsapSum is CRC-16 of CCITT with the lowest bit first.
func bsapSum(sum uint16, x byte) uint16 {
	sum ^= uint16(x)
	for range 8 {
		sum = sum>>1 ^ sum&1*0x8408
	}
	return sum
}

func tellBSAP(m *Message, s *Sink) {
	if bytes.HasPrefix(m.Body, []byte(bsapSTX)) {
		tellBSAPSerial(m, s)
		return
	}
	c := m.Read()
	c.Skip(2)
	count, kind := int(c.L16()), c.L16()
	c.Skip(8)
	if c.Short() {
		s.Malformed("bsap: header")
		return
	}
	if kind == bsapPoll {
		s.Op("bsap poll")
		return
	}
	for range min(count, 16) {
		n := int(c.L32())
		if c.Short() || n < 9 || n-4 > c.Len() {
			s.Malformed("bsap: length of a message")
			return
		}
		message := c.Sub(n - 4)
		message.Skip(1)
		sequence := message.L32()
		switch kind {
		case bsapRequest, 0x84, 0x86:
			function := message.U8()
			message.Skip(1) // status of the node
			tellBSAPRequest(m, s, function, sequence, &message)
		case bsapResponse:
			tellBSAPAnswer(m, s, sequence, &message)
		case bsapReport:
			s.Op("bsap report")
			tellBSAPServer(m, s)
		}
	}
}

// tellBSAPSerial reads a frame of the serial line: address, of a global message those of both, number, functions, sequence.
func tellBSAPSerial(m *Message, s *Sink) {
	c, ok := bsapSerial(m.Body)
	if !ok {
		s.Malformed("bsap: marks or checksum of a frame")
		return
	}
	global := c.U8()&0x80 != 0
	if c.Skip(1); global {
		c.Skip(5)
	}
	to, sequence, from := c.U8(), uint32(c.L16()), c.U8()
	c.Skip(1) // status of the node
	switch {
	case c.Short():
		s.Malformed("bsap: header")
	case to == bsapProgrammer && from == bsapDatabase:
		tellBSAPAnswer(m, s, sequence, &c)
	case to >= 0x81 && to <= 0x95 && c.Len() == 0:
		s.Op("bsap poll")
	default:
		tellBSAPRequest(m, s, to, sequence, &c)
	}
}

func tellBSAPServer(m *Message, s *Sink) {
	if m.Memory[3]&2 == 0 {
		s.Sender(tyto.Vendor, bsapMaker, tyto.Shown, "bsap.app_func_code")
	}
	s.Serves(m, bsapRTU, "bsap", "bsap.app_func_code")
}

func tellBSAPRequest(m *Message, s *Sink, function uint8, sequence uint32, c *frame.Cursor) {
	s.Asks(m, bsapMaster, "bsap.app_func_code")
	if function != bsapDatabase {
		for i := range bsapFunctions {
			if x := &bsapFunctions[i]; x.code == function {
				tellBSAPFunction(s, i, c)
				return
			}
		}
		s.Op("bsap other function")
		return
	}
	code := c.U8()
	for i := range bsapAccesses {
		x := &bsapAccesses[i]
		if x.code != code || c.Short() {
			continue
		}
		if x.verb == tyto.NoVerb {
			s.Op(x.op)
			return
		}
		s.Did(x.verb, x.op, bsapSignal(c), "")
		m.Memory[1] = m.Memory[0]
		m.Memory[0] = uint64(sequence) | uint64(i+1)<<32
		return
	}
	s.Malformed("bsap: function of the remote database")
}

// tellBSAPFunction tells what the i-th application function does; the extended database has functions of its own.
func tellBSAPFunction(s *Sink, i int, c *frame.Cursor) {
	x := &bsapFunctions[i]
	verb := x.verb
	if x.code == 0xa1 {
		switch c.U16() {
		case 0x0101, 0x0102:
			verb = tyto.Execute
		case 0x0281, 0x0400:
			verb = tyto.Configure
		}
	}
	s.Did(verb, x.op, nil, "")
}

// bsapSignal is the first text that a write names, as "@GV.Pump1".
func bsapSignal(c *frame.Cursor) []byte {
	b := c.Rest()
	for i := range min(len(b), 32) {
		end := bytes.IndexByte(b[i:], 0)
		if end > 2 && phrase.Text(b[i:i+end]) != nil {
			return b[i : i+end]
		}
	}
	return nil
}

// tellBSAPAnswer tells of a write that it failed: the first byte is what went wrong.
func tellBSAPAnswer(m *Message, s *Sink, sequence uint32, c *frame.Cursor) {
	tellBSAPServer(m, s)
	fault := c.U8()
	if c.Short() {
		s.Malformed("bsap: answer without a status")
		return
	}
	for i := range bsapPending {
		x := m.Memory[i]
		if x == 0 || uint32(x) != sequence {
			continue
		}
		m.Memory[i] = 0
		if access := &bsapAccesses[x>>32-1]; fault != 0 {
			s.Undergone(access.verb, access.op, nil, "error")
		}
	}
}
