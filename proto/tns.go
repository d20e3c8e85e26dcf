package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// Transparent Network Substrate, of Oracle databases: connecting only. There
// is no public specification; the layout is as Wireshark's documentation of
// its fields shows.
func init() {
	register(Dissector{
		Name:  "tns",
		Where: []Where{TCP(1521), TCP(1522), TCP(1526)},
		Is:    isTNS, Split: splitTNS, Tell: tellTNS,
	})
}

// Types of packets.
const (
	tnsConnect  = 1
	tnsAccept   = 2
	tnsRefuse   = 4
	tnsLast     = 19
	tnsHeader   = 8
	tnsMaxBlock = 1 << 20
)

var tnsOps = [tnsLast + 1]string{1: "tns connect", 2: "tns accept", 3: "tns acknowledge", 4: "tns refuse", 5: "tns redirect", 6: "tns data",
	7: "tns null", 9: "tns abort", 11: "tns resend", 12: "tns marker", 13: "tns attention", 14: "tns control", 15: "tns data descriptor"}

// tnsRead reads a header; n is the packet's length, 0 if it is none. Newer
// sides write the length in four bytes once they have agreed on it.
func tnsRead(b []byte) (kind uint8, n int) {
	c := frame.Read(b)
	n = int(c.U16())
	low := int(c.U16())
	if n == 0 {
		n = low
	} else if low != 0 && n < 256 { // four bytes of a long packet
		n = n<<16 | low
	}
	kind = c.U8()
	if c.Short() || n < tnsHeader || n > tnsMaxBlock || kind > tnsLast || tnsOps[kind] == "" {
		return 0, 0
	}
	return kind, n
}

func isTNS(m *Message) bool {
	kind, n := tnsRead(m.Body)
	c := m.Read()
	c.Skip(tnsHeader)
	version, compatible := c.U16(), c.U16()
	return kind == tnsConnect && n > 34 && version >= 300 && version < 400 && compatible <= version && !c.Short() && m.Body[5] < 64
}

func splitTNS(m *Message) int {
	if len(m.Body) < tnsHeader {
		return 0
	}
	if _, n := tnsRead(m.Body); n > 0 {
		return n
	}
	return -1
}

func tellTNS(m *Message, s *Sink) {
	kind, n := tnsRead(m.Body)
	if n == 0 {
		s.Malformed("tns: header")
		return
	}
	s.Op(tnsOps[kind])
	c := m.Read()
	c.Skip(tnsHeader)
	switch kind {
	case tnsConnect:
		tnsClient(s, c.Rest())
	case tnsAccept:
		tnsServes(m, s, c.U16())
	case tnsRefuse:
		if v := tnsValue(c.Rest(), tnsVersionKey); v != nil {
			tnsVersion(s, v)
		}
	}
}

var (
	tnsCID        = []byte("(CID=")
	tnsHost       = []byte("(HOST=")
	tnsProgram    = []byte("(PROGRAM=")
	tnsVersionKey = []byte("(VSNNUM=")
	tnsDatabase   = []byte("database server")
)

// tnsValue is the value of a key in parentheses.
func tnsValue(b, key []byte) []byte {
	i := bytes.Index(b, key)
	if i < 0 {
		return nil
	}
	value, _, ok := bytes.Cut(b[i+len(key):], []byte{')'})
	if !ok || len(value) > 128 {
		return nil
	}
	return value
}

// tnsClient reads what a client says of its host: (CID=(PROGRAM=…)(HOST=…)(USER=…)).
// The user is passed over; so are the folders in front of the program's name,
// which may name him.
func tnsClient(s *Sink, b []byte) {
	i := bytes.Index(b, tnsCID)
	if i < 0 {
		return
	}
	host, program := tnsValue(b[i:], tnsHost), tnsValue(b[i:], tnsProgram)
	if host != nil && !bytes.Equal(host, tnsJDBC) {
		s.Sender(tyto.Hostname, host[bytes.LastIndexByte(host, '\\')+1:], tyto.Stated, "tns.connect_data")
	}
	if at := bytes.IndexByte(program, '@'); at >= 0 { // program@host
		program = program[:at]
	}
	s.Sender(tyto.Clue, program[bytes.LastIndexAny(program, `\/`)+1:], tyto.Stated, "tns.connect_data")
}

var tnsJDBC = []byte("__jdbc__")

func tnsServes(m *Message, s *Sink, version uint16) {
	s.Sender(tyto.Role, tnsDatabase, tyto.Shown, "tns.accept")
	b := s.Scratch(16)
	if b == nil {
		return
	}
	s.Sender(tyto.Clue, strconv.AppendUint(b[:0], uint64(version), 10), tyto.Stated, "tns.version")
	if b = s.Scratch(24); b != nil {
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(b, " tns Oracle"...), tyto.Shown, "tns.accept")
	}
}

// tnsVersion tells the version of a listener: 186647552 is 0x0b200400, 11.2.0.4.0.
func tnsVersion(s *Sink, digits []byte) {
	n := uint32(0)
	for _, x := range digits {
		if x < '0' || x > '9' || n > 1<<28 {
			return
		}
		n = 10*n + uint32(x-'0')
	}
	if b := s.Scratch(24); b != nil && n > 1<<24 {
		b = b[:0]
		for i, part := range [...]uint32{n >> 24, n >> 20 & 15, n >> 12 & 255, n >> 8 & 15, n & 255} {
			if i > 0 {
				b = append(b, '.')
			}
			b = strconv.AppendUint(b, uint64(part), 10)
		}
		s.Sender(tyto.Role, tnsDatabase, tyto.Shown, "tns.refuse_data")
		s.Sender(tyto.Clue, b, tyto.Stated, "tns.refuse_data")
	}
}
