package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// Emerson's ROC and ROC Plus of flow computers and remote operations
// controllers (D301180X012, D301053X012).
func init() {
	register(Dissector{
		Name: "roc", Industrial: true,
		Where: []Where{TCP(4000), UDP(4000)},
		Is:    isROC, Split: splitROC, Tell: tellROC,
	})
}

// rocOps are the opcodes.
var rocOps = [...]struct {
	code uint8
	op   string
	verb tyto.Verb
}{{0, "roc system configuration", tyto.Identify}, {2, "roc read i/o", 0}, {6, "roc system configuration", tyto.Identify}, {7, "roc read clock", 0},
	{8, "roc set clock", tyto.Configure}, {10, "roc read opcode table", 0}, {11, "roc write opcode table", tyto.Write}, {17, "roc login", tyto.Login},
	{24, "roc store and restore", tyto.Execute}, {50, "roc i/o position", 0}, {80, "roc function", tyto.Execute}, {84, "roc hart", 0},
	{100, "roc user command", tyto.Execute}, {102, "roc set database", tyto.Write}, {103, "roc system information", tyto.Identify}, {105, "roc history", 0},
	{107, "roc history", 0}, {118, "roc alarms", 0}, {119, "roc events", 0}, {120, "roc pointers", 0}, {121, "roc alarms", 0}, {122, "roc events", 0},
	{128, "roc history", 0}, {130, "roc history", 0}, {131, "roc history", 0}, {132, "roc clear events", tyto.Configure}, {135, "roc history", 0},
	{136, "roc history", 0}, {137, "roc history", 0}, {138, "roc history", 0}, {139, "roc history", 0}, {165, "roc history configuration", 0},
	{166, "roc write parameters", tyto.Write}, {167, "roc read parameters", 0}, {180, "roc read parameters", 0}, {181, "roc write parameters", tyto.Write},
	{203, "roc file transfer", tyto.Transfer}, {204, "roc file transfer", tyto.Transfer}, {206, "roc transaction history", 0},
	{224, "roc report by exception", 0}, {225, "roc acknowledge report", 0}, {255, "roc error", 0}}

var (
	rocMaster     = []byte("roc host")
	rocController = []byte("roc controller")
)

// rocSummed reports whether a message's CRC-16 is right; it begins with 0, or, of some
// programs, with all ones.
func rocSummed(b, sum []byte) bool {
	want := uint16(sum[0]) | uint16(sum[1])<<8
	return rocSum(b, 0) == want || rocSum(b, 0xffff) == want
}

func rocSum(b []byte, x uint16) uint16 {
	for _, v := range b {
		x ^= uint16(v)
		for range 8 {
			x = x>>1 ^ x&1*0xa001
		}
	}
	return x
}

func rocFind(code uint8) int {
	for i := range rocOps {
		if rocOps[i].code == code {
			return i
		}
	}
	return -1
}

// isROC wants a whole message with its checksum.
func isROC(m *Message) bool {
	n := splitROC(m)
	return n > 0 && n <= len(m.Body) && rocSummed(m.Body[:n-2], m.Body[n-2:n]) && rocFind(m.Body[4]) >= 0
}

func splitROC(m *Message) int {
	if len(m.Body) < 6 {
		return 0
	}
	return 6 + int(m.Body[5]) + 2
}

// tellROC tells a message: address and group of whom it is to and from,
// opcode, length, data, checksum. Memory[0] is the opcode that waits, plus one.
func tellROC(m *Message, s *Sink) {
	n := splitROC(m)
	if n < 8 || n > len(m.Body) || !rocSummed(m.Body[:n-2], m.Body[n-2:n]) {
		s.Malformed("roc: checksum")
		s.Done()
		return
	}
	i := rocFind(m.Body[4])
	data := frame.Read(m.Body[6 : n-2])
	if i < 0 {
		s.Op("roc other")
		return
	}
	x := &rocOps[i]
	if m.ToServer && x.code != 225 || !m.ToServer && x.code == 225 {
		s.Asks(m, rocMaster, "roc.opcode")
		s.Op(x.op)
		if waits := m.Memory[0]; waits != 0 {
			rocTell(s, int(waits-1), NoAnswer, false)
		}
		if m.Memory[0] = 0; x.verb != tyto.NoVerb {
			m.Memory[0] = uint64(i) + 1
		}
		return
	}
	s.Serves(m, rocController, "roc", "roc.opcode")
	s.Number(tyto.Clue, uint64(m.Body[2])<<8|uint64(m.Body[3]), tyto.Stated, "roc.address")
	waits := int(m.Memory[0]) - 1
	switch {
	case x.code == 224:
		s.Op(x.op)
	case waits >= 0 && x.code == 255:
		m.Memory[0] = 0
		rocTell(s, waits, rocError(data.U8()), true)
	case waits == i:
		m.Memory[0] = 0
		rocTell(s, waits, "ok", true)
	}
}

func rocTell(s *Sink, i int, outcome string, answered bool) {
	x := &rocOps[i]
	verb := x.verb
	if verb == tyto.Login && outcome != "ok" && answered {
		verb = tyto.LoginFailed
	}
	if answered {
		s.Undergone(verb, x.op, nil, outcome)
	} else {
		s.Did(verb, x.op, nil, outcome)
	}
}

func rocError(code uint8) string {
	switch code {
	case 1, 2, 3:
		return "invalid request"
	case 20, 21, 62, 63:
		return "access denied"
	}
	return "error"
}
