// Package fins knows the commands of Omron's FINS (W227, FINS Commands
// Reference Manual) and the header with which they travel.
package fins

import (
	"strconv"

	"tyto/frame"
)

// A Command is what a message asks for: both bytes of the command code.
type Command uint16

// The commands that are looked into.
const (
	MemoryRead       Command = 0x0101
	MemoryWrite      Command = 0x0102
	MemoryFill       Command = 0x0103
	Protect          Command = 0x0304
	Unprotect        Command = 0x0305
	Run              Command = 0x0401
	Stop             Command = 0x0402
	ControllerRead   Command = 0x0501
	ConnectionRead   Command = 0x0502
	ControllerStatus Command = 0x0601
)

// A Header is that of a message (section 3-3).
type Header struct {
	Response bool
	Asks     bool // wants an answer
	ID       uint8
	Command  Command
}

// ReadHeader reads a header and its command; false if it breaks the rules.
func ReadHeader(c *frame.Cursor) (h Header, ok bool) {
	icf, reserved, gateways := c.U8(), c.U8(), c.U8()
	c.Skip(6)
	h.ID = c.U8()
	h.Command = Command(c.U16())
	h.Response, h.Asks = icf&0x40 != 0, icf&1 == 0
	return h, !c.Short() && icf&0x3e == 0 && reserved == 0 && gateways <= 7
}

// A Deed is what a command does.
type Deed uint8

// The deeds.
const (
	Unknown Deed = iota
	Reads
	Writes
	Identifies
	Starts
	Stops
	Programs
	Transfers
	Configures
	Resets
)

// Does is the name of a command as an operation, and what it does; Unknown if there is no such.
func Does(c Command) (op, object string, does Deed) {
	switch c {
	case MemoryRead:
		return "fins memory read", "", Reads
	case MemoryWrite:
		return "fins memory write", "", Writes
	case MemoryFill:
		return "fins memory fill", "", Writes
	case 0x0104:
		return "fins multiple memory read", "", Reads
	case 0x0105:
		return "fins memory transfer", "memory", Writes
	case 0x0201:
		return "fins parameter read", "parameter area", Reads
	case 0x0202:
		return "fins parameter write", "parameter area", Configures
	case 0x0203:
		return "fins parameter clear", "parameter area", Configures
	case Protect:
		return "fins program protect", "program protection", Configures
	case Unprotect:
		return "fins program protect clear", "program protection", Configures
	case 0x0306:
		return "fins program read", "program", Transfers
	case 0x0307:
		return "fins program write", "program", Programs
	case 0x0308:
		return "fins program clear", "program", Programs
	case Run:
		return "fins run", "controller", Starts
	case Stop:
		return "fins stop", "controller", Stops
	case 0x0403:
		return "fins reset", "controller", Resets
	case ControllerRead:
		return "fins controller data read", "controller data", Identifies
	case ConnectionRead:
		return "fins connection data read", "connection data", Identifies
	}
	return doesMore(c)
}

func doesMore(c Command) (op, object string, does Deed) {
	switch c {
	case ControllerStatus:
		return "fins controller status read", "", Reads
	case 0x0602:
		return "fins network status read", "", Reads
	case 0x0603:
		return "fins data link status read", "", Reads
	case 0x0620:
		return "fins cycle time read", "", Reads
	case 0x0701:
		return "fins clock read", "", Reads
	case 0x0702:
		return "fins clock write", "clock", Configures
	case 0x0801:
		return "fins loopback", "", Reads
	case 0x0802:
		return "fins broadcast test read", "", Reads
	case 0x0803:
		return "fins broadcast test send", "", Reads
	case 0x0920:
		return "fins message", "", Reads
	case 0x0c01:
		return "fins access right acquire", "access right", Configures
	case 0x0c02:
		return "fins access right forced acquire", "access right", Configures
	case 0x0c03:
		return "fins access right release", "access right", Configures
	case 0x2101:
		return "fins error clear", "errors", Configures
	case 0x2102:
		return "fins error log read", "", Reads
	case 0x2103:
		return "fins error log clear", "error log", Configures
	case 0x2201:
		return "fins file name read", "", Reads
	case 0x2202:
		return "fins file read", "file", Transfers
	case 0x2203:
		return "fins file write", "file", Programs
	case 0x2204:
		return "fins memory card format", "memory card", Programs
	case 0x2205:
		return "fins file delete", "file", Programs
	case 0x2207:
		return "fins file copy", "file", Programs
	case 0x2208:
		return "fins file rename", "file", Programs
	case 0x220a, 0x220b, 0x220c:
		return "fins memory card transfer", "memory card", Programs
	case 0x2301:
		return "fins forced set", "bits", Writes
	case 0x2302:
		return "fins forced set cancel", "bits", Writes
	}
	return "", "", Unknown
}

// AppendMemory appends a place in memory as text: "DM 100".
func AppendMemory(b []byte, area uint8, address, count uint16) []byte {
	if cap(b)-len(b) < 32 {
		return b
	}
	switch area {
	case 0x30, 0xb0, 0x00, 0x80:
		b = append(b, "CIO "...)
	case 0x31, 0xb1:
		b = append(b, "work area "...)
	case 0x32, 0xb2:
		b = append(b, "holding area "...)
	case 0x33, 0xb3:
		b = append(b, "auxiliary area "...)
	case 0x02, 0x82:
		b = append(b, "DM "...)
	case 0x09, 0x89:
		b = append(b, "timer or counter "...)
	default:
		b = append(b, "area "...)
		b = strconv.AppendUint(b, uint64(area), 10)
		b = append(b, " word "...)
	}
	b = strconv.AppendUint(b, uint64(address), 10)
	if count > 1 {
		b = strconv.AppendUint(append(b, '-'), uint64(address)+uint64(count)-1, 10)
	}
	return b
}

// EndText is the end code of an answer (section 5-1-3), "ok" for none. Bits 6 and 7
// of its second byte, and bit 7 of the first, are no part of it.
func EndText(code uint16) string {
	switch code & 0x7f3f {
	case 0:
		return "ok"
	case 0x0001:
		return "cancelled"
	case 0x0401, 0x0402:
		return "not supported"
	case 0x2002, 0x2003:
		return "protected"
	case 0x3001:
		return "no access right"
	}
	switch code >> 8 & 0x7f {
	case 0x01:
		return "local node error"
	case 0x02:
		return "destination node error"
	case 0x03:
		return "controller error"
	case 0x05:
		return "routing error"
	case 0x10:
		return "format error"
	case 0x11:
		return "parameter error"
	case 0x20:
		return "read not possible"
	case 0x21:
		return "write not possible"
	case 0x22:
		return "not possible in this mode"
	case 0x23:
		return "no such unit"
	case 0x24, 0x25:
		return "unit error"
	case 0x26:
		return "command error"
	}
	return "error"
}

// RunMode is the mode in which a controller runs when it was asked to (section 5-3-14); without a mode it monitors.
func RunMode(asked uint8) string {
	if asked == 4 {
		return "run"
	}
	return "monitor"
}

// Mode is the operating mode that a status tells (section 5-3-17): fatal are the errors that stop a controller.
func Mode(status, mode uint8, fatal uint16) string {
	switch {
	case fatal != 0:
		return "fault"
	case status == 0x80:
		return "standby"
	case status == 0 && mode != 0:
		return "stop"
	case mode == 0:
		return "program"
	case mode == 1:
		return "debug"
	case mode == 2:
		return "monitor"
	case mode == 4:
		return "run"
	}
	return ""
}
