package dns

import "tyto/frame"

// Types of resource records that more than one of our protocols names.
const (
	A      = 1
	NS     = 2
	CNAME  = 5
	SOA    = 6
	PTR    = 12
	HINFO  = 13
	MX     = 15
	TXT    = 16
	AAAA   = 28
	NB     = 32 // RFC 1002
	SRV    = 33
	NBSTAT = 33 // RFC 1002: the same number in the NetBIOS name service
	OPT    = 41
	SVCB   = 64
	HTTPS  = 65
	IXFR   = 251
	AXFR   = 252
	ANY    = 255
)

// Opcodes.
const (
	Query    = 0
	Notify   = 4
	Update   = 5
	Stateful = 6 // RFC 8490
)

// Section says which part of a message a record is of.
type Section uint8

// The sections. In an update (RFC 2136) Answer holds the prerequisites and
// Authority the changes.
const (
	Questions Section = iota
	Answer
	Authority
	Additional
)

// A Reader reads a message front to back: questions, then records.
type Reader struct {
	ID     uint16
	Flags  uint16
	Counts [4]uint16 // by Section
	msg    []byte
	c      frame.Cursor
	read   uint16 // of the section
	at     Section
	wrong  string
}

// Read reads the header of a message.
func Read(msg []byte) Reader {
	r := Reader{msg: msg, c: frame.Read(msg)}
	r.ID, r.Flags = r.c.U16(), r.c.U16()
	for i := range r.Counts {
		r.Counts[i] = r.c.U16()
	}
	if r.c.Short() {
		r.wrong, r.Counts = "header cut short", [4]uint16{}
	}
	return r
}

// Response reports whether this is an answer.
func (r *Reader) Response() bool { return r.Flags&0x8000 != 0 }

// Opcode is what kind of query this is, or answers.
func (r *Reader) Opcode() int { return int(r.Flags >> 11 & 15) }

// Authoritative reports whether the answer is from who has authority over the name.
func (r *Reader) Authoritative() bool { return r.Flags&0x0400 != 0 }

// Truncated reports whether the sender left out what did not fit.
func (r *Reader) Truncated() bool { return r.Flags&0x0200 != 0 }

// RecursionAvailable reports whether the sender looks names up for others.
func (r *Reader) RecursionAvailable() bool { return r.Flags&0x0080 != 0 }

// RCode is how it went: 0 well, 3 there is no such name.
func (r *Reader) RCode() int { return int(r.Flags & 15) }

// Broken is what is wrong with what was read so far, "" if nothing.
func (r *Reader) Broken() string { return r.wrong }

// Rest is how many bytes were not read.
func (r *Reader) Rest() int { return r.c.Len() }

// A Question asks for the records of a name.
type Question struct {
	Name  Name
	Type  uint16
	Class uint16
}

// Question reads the next question; false if there is none.
func (r *Reader) Question() (q Question, ok bool) {
	if r.wrong != "" || r.at != Questions || r.read == r.Counts[Questions] {
		return q, false
	}
	r.read++
	if q.Name, r.wrong = readName(r.msg, &r.c); r.wrong != "" {
		return q, false
	}
	q.Type, q.Class = r.c.U16(), r.c.U16()
	if r.c.Short() {
		r.wrong = "question cut short"
		return q, false
	}
	return q, true
}

// A Record is a resource record.
type Record struct {
	Name    Name
	Type    uint16
	Class   uint16
	TTL     uint32
	Section Section
	Data    []byte
	msg     []byte
	at      int // where Data lies in msg
}

// Record reads the next record, over the questions that were not read; false
// if there is none.
func (r *Reader) Record() (x Record, ok bool) {
	for r.at == Questions {
		if _, ok = r.Question(); !ok {
			r.at, r.read = Answer, 0
		}
	}
	for r.at <= Additional && r.read == r.Counts[r.at] {
		r.at, r.read = r.at+1, 0
	}
	if r.wrong != "" || r.at > Additional {
		return x, false
	}
	r.read++
	if x.Name, r.wrong = readName(r.msg, &r.c); r.wrong != "" {
		return x, false
	}
	x.Type, x.Class, x.TTL, x.Section = r.c.U16(), r.c.U16(), r.c.U32(), r.at
	n := int(r.c.U16())
	x.msg, x.at = r.msg, len(r.msg)-r.c.Len()
	if x.Data = r.c.Bytes(n); r.c.Short() {
		r.wrong = "record cut short"
		return x, false
	}
	return x, true
}

// Addr is the address of an A or AAAA record, the zero Addr of others.
func (x *Record) Addr() frame.Addr {
	if x.Type == A && len(x.Data) == 4 || x.Type == AAAA && len(x.Data) == 16 {
		return frame.AddrOf(x.Data)
	}
	return frame.Addr{}
}

// Target is the name that a CNAME, PTR, NS or SRV record leads to; false for
// others and for broken ones.
func (x *Record) Target() (Name, bool) {
	skip := 0
	switch x.Type {
	case CNAME, PTR, NS:
	case SRV:
		skip = 6
	default:
		return Name{}, false
	}
	if len(x.Data) <= skip {
		return Name{}, false
	}
	c := frame.Read(x.msg)
	c.Skip(x.at + skip)
	n, wrong := readName(x.msg, &c)
	return n, wrong == "" && len(x.msg)-c.Len() <= x.at+len(x.Data)
}

// Port is the port of an SRV record (RFC 2782), 0 of others.
func (x *Record) Port() uint16 {
	if x.Type != SRV {
		return 0
	}
	c := frame.Read(x.Data)
	c.Skip(4)
	return c.U16()
}

// Texts is a cursor over the strings of a TXT record, for Text.
func (x *Record) Texts() frame.Cursor {
	if x.Type != TXT {
		return frame.Cursor{}
	}
	return frame.Read(x.Data)
}

// Text reads the next string of a TXT record; false at its end.
func Text(c *frame.Cursor) ([]byte, bool) {
	if c.Len() == 0 {
		return nil, false
	}
	t := c.Bytes(int(c.U8()))
	return t, !c.Short()
}

// Pair is key and value of a string of a TXT record, as DNS-based service
// discovery writes them (RFC 6763 section 6.3).
func Pair(t []byte) (key, value []byte) {
	for i, c := range t {
		if c == '=' {
			return t[:i], t[i+1:]
		}
	}
	return t, nil
}
