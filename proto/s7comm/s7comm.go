// Package s7comm reads the messages of Siemens' S7 communication, as the
// controllers S7-300 and S7-400 and those that imitate them speak it. Siemens has
// published no specification; what is here is common knowledge of the open
// implementations of it, and agrees with recorded traffic.
package s7comm

import "tyto/frame"

// The kinds of message ("ROSCTR").
const (
	Job      byte = 1
	Ack      byte = 2
	AckData  byte = 3
	UserData byte = 7
)

// The functions of jobs.
const (
	CPUServices     byte = 0x00
	ReadVar         byte = 0x04
	WriteVar        byte = 0x05
	RequestDownload byte = 0x1a
	DownloadBlock   byte = 0x1b
	DownloadEnded   byte = 0x1c
	StartUpload     byte = 0x1d
	Upload          byte = 0x1e
	EndUpload       byte = 0x1f
	PIService       byte = 0x28
	PLCStop         byte = 0x29
	Setup           byte = 0xf0
)

// Groups of functions of user data.
const (
	ModeTransition byte = 0
	Programmer     byte = 1
	Cyclic         byte = 2
	Blocks         byte = 3
	CPU            byte = 4
	Security       byte = 5
	PBC            byte = 6
	Time           byte = 7
	NC             byte = 15
)

// A Header is that of a message, with its two parts.
type Header struct {
	Kind            byte
	Reference       uint16
	Error           uint16 // class and code, of an answer
	Parameter, Data []byte
	Length          int // of the whole, in bytes, as the header says
}

// ReadHeader reads a message. It is whole if Length is not more than what there was.
func ReadHeader(b []byte) (h Header, ok bool) {
	c := frame.Read(b)
	id, n := c.U8(), 10
	h.Kind = c.U8()
	c.Skip(2)
	h.Reference = c.U16()
	parameter, data := int(c.U16()), int(c.U16())
	switch h.Kind {
	case Job, UserData:
	case Ack, AckData:
		n, h.Error = 12, c.U16()
	default:
		return h, false
	}
	h.Length = n + parameter + data
	h.Parameter = c.Bytes(min(parameter, c.Len()))
	h.Data = c.Bytes(min(data, c.Len()))
	return h, id == 0x32 && !c.Short()
}

// What the parameters of user data begin with.
const (
	userHead = 0x000112
	modeHead = 0x010010
)

// A User is the parameter part of a message of user data.
type User struct {
	Request    bool
	Push       bool // sent without being asked
	Group, Sub byte
	Sequence   byte
	Error      uint16 // of an answer
}

// ReadUser reads the parameters of user data. Those of a controller that tells
// of its change of mode begin otherwise.
func ReadUser(parameter []byte) (u User, ok bool) {
	c := frame.Read(parameter)
	head, n, _, group := c.U24(), c.U8(), c.U8(), c.U8()
	u.Push, u.Request, u.Group = group>>4 == 0, group>>4 == 4, group&15
	u.Sub, u.Sequence = c.U8(), c.U8()
	if n >= 8 && head == userHead {
		c.Skip(2) // data unit reference, last data unit
		u.Error = c.U16()
	}
	return u, (head == userHead || head == modeHead && u.Push) && !c.Short()
}

// An Item is a variable of a read or write.
type Item struct {
	Area byte
	DB   uint16
	Byte uint16
}

// ReadItem reads the first item of a read or write in the ordinary syntax.
func ReadItem(parameter []byte) (count int, it Item, ok bool) {
	c := frame.Read(parameter)
	c.Skip(1)
	count = int(c.U8())
	kind, n, syntax := c.U8(), c.U8(), c.U8()
	c.Skip(3) // type, number of values
	it.DB, it.Area = c.U16(), c.U8()
	at := c.U24()
	if it.Area != 0x1c && it.Area != 0x1d { // counters and timers are numbered
		at >>= 3
	}
	it.Byte = uint16(at)
	return count, it, kind == 0x12 && n == 10 && syntax == 0x10 && !c.Short()
}

// A Block is a block of the program: its kind, as the file name has it, and number.
type Block struct {
	Kind   byte
	Number uint32
}

// ReadBlock reads the name of a block: "08" for an OB, five digits.
func ReadBlock(c *frame.Cursor) (b Block, ok bool) {
	text := c.Bytes(7)
	for i, x := range text {
		digit := x - '0'
		if i < 2 && x >= 'A' && x <= 'F' {
			digit = x - 'A' + 10
		}
		if digit > 9 && i >= 2 || digit > 15 {
			return b, false
		}
		if i < 2 {
			b.Kind = b.Kind<<4 | digit
		} else {
			b.Number = b.Number*10 + uint32(digit)
		}
	}
	return b, !c.Short()
}

// ReadFileName reads the block that a job to load names: "_0800001P".
func ReadFileName(parameter []byte) (b Block, ok bool) {
	c := frame.Read(parameter)
	c.Skip(8) // function, status, unknown, identification of the transfer
	n := c.Sub(int(c.U8()))
	if n.U8() != '_' {
		return b, false
	}
	return ReadBlock(&n)
}

// A Service is a program invocation service: what it is called, and what it does.
type Service struct {
	Name, Says string
	Does       Deed
}

// A Deed is what a service does.
type Deed byte

// The deeds.
const (
	Executes Deed = iota
	Starts
	Stops
	Programs
	Configures
	LogsIn
	LogsOut
)

var services = [...]Service{
	{"", "program invocation", Executes},
	{"P_PROGRAM", "start program", Starts},
	{"_INSE", "insert block", Programs},
	{"_INS2", "insert block", Programs},
	{"_DELE", "delete block", Programs},
	{"_MODU", "copy RAM to ROM", Programs},
	{"_GARB", "compress memory", Configures},
	{"_N_LOGIN_", "login", LogsIn},
	{"_N_LOGOUT", "logout", LogsOut},
	{"_N_F_DELE", "delete file", Programs},
	{"_N_F_COPY", "copy file", Programs},
	{"_N_F_MOVE", "move file", Programs},
	{"_N_F_RENA", "rename file", Programs},
	{"_N_SELECT", "select program", Programs},
	{"_N_IBN_SS", "set up", Configures},
	{"_N_CONFIG", "reconfigure", Configures},
}

// ServiceAt is a service by its number.
func ServiceAt(i uint8) *Service {
	if int(i) >= len(services) {
		i = 0
	}
	return &services[i]
}

// ReadService reads the parameters of a program invocation: number of the
// service, and the first block it is about.
func ReadService(parameter []byte) (number uint8, b Block, ok bool) {
	c := frame.Read(parameter)
	c.Skip(8)
	argument := c.Sub(int(c.U16()))
	name := c.Bytes(int(c.U8()))
	for i := range services {
		if i > 0 && services[i].Name == string(name) {
			number = uint8(i)
		}
	}
	if argument.Len() >= 10 && (number >= 2 && number <= 4) {
		argument.Skip(2)
		if b, ok = ReadBlock(&argument); !ok {
			b = Block{}
		}
	}
	return number, b, !c.Short()
}
