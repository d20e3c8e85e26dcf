// Package slmp knows the frames and commands of Mitsubishi's Seamless Message
// Protocol (SH-080956, SLMP Reference Manual), which is MELSEC's MC protocol.
package slmp

import (
	"strconv"

	"tyto/frame"
)

// A Header is that of a 3E or 4E frame in binary code.
type Header struct {
	Response bool
	Serial   uint16 // of a 4E frame
	Length   int    // of the whole frame, in bytes
	Code     uint16 // command, or end code of an answer
	Sub      uint16 // subcommand
}

// ReadHeader reads a header as far as the command or the end code; false if it breaks the rules.
func ReadHeader(c *frame.Cursor) (h Header, ok bool) {
	n := 9
	switch c.U16() {
	case 0x5000:
	case 0xd000:
		h.Response = true
	case 0x5400:
		n = 13
	case 0xd400:
		n, h.Response = 13, true
	default:
		return h, false
	}
	return h, h.rest(c, n)
}

// rest reads what follows the subheader; n is the length of the header.
func (h *Header) rest(c *frame.Cursor, n int) bool {
	if n == 13 {
		h.Serial = c.L16()
		if c.U16() != 0 {
			return false
		}
	}
	c.Skip(2) // network, station of it
	module := c.L16()
	c.Skip(1)
	length := int(c.L16())
	h.Length = n + length
	if h.Response {
		h.Code = c.L16()
	} else {
		c.Skip(2) // timer
		h.Code, h.Sub = c.L16(), c.L16()
	}
	return !c.Short() && module >= 0x03c0 && module <= 0x03ff && length >= 2 && length <= 8192
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
	Resets
	Programs
	Transfers
	Configures
	LogsIn
)

// ReadType is the command that asks what a controller is; BatchRead and
// BatchWrite are those of devices in a row.
const (
	ReadType   = 0x0101
	BatchRead  = 0x0401
	BatchWrite = 0x1401
	// RemotePause is the command that pauses a controller.
	RemotePause = 0x1003
)

// Does is the name of a command as an operation, and what it does; Unknown if there is no such.
func Does(command uint16) (op, object string, does Deed) {
	switch command {
	case ReadType:
		return "slmp read type name", "type name", Identifies
	case BatchRead:
		return "slmp read", "", Reads
	case BatchWrite:
		return "slmp write", "", Writes
	case 0x0403:
		return "slmp read random", "", Reads
	case 0x1402:
		return "slmp write random", "devices", Writes
	case 0x0406:
		return "slmp read block", "", Reads
	case 0x1406:
		return "slmp write block", "devices", Writes
	case 0x0801:
		return "slmp monitor register", "", Reads
	case 0x0802:
		return "slmp monitor", "", Reads
	case 0x0601, 0x0613:
		return "slmp memory read", "", Reads
	case 0x1601, 0x1613:
		return "slmp memory write", "memory", Writes
	case 0x0619:
		return "slmp self test", "", Reads
	case 0x1001:
		return "slmp remote run", "controller", Starts
	case 0x1002:
		return "slmp remote stop", "controller", Stops
	case RemotePause:
		return "slmp remote pause", "controller", Stops
	case 0x1005:
		return "slmp remote latch clear", "latches", Writes
	case 0x1006:
		return "slmp remote reset", "controller", Resets
	case 0x1617:
		return "slmp clear error", "errors", Configures
	case 0x1630:
		return "slmp unlock", "password", LogsIn
	case 0x1631:
		return "slmp lock", "password", Configures
	case 0x1810, 0x1811:
		return "slmp read directory", "", Reads
	case 0x1820, 0x1822, 0x1824, 0x1825, 0x1826, 0x1829:
		return "slmp write file", "file", Programs
	case 0x1827, 0x182a:
		return "slmp open or close file", "", Reads
	case 0x1828:
		return "slmp read file", "file", Transfers
	}
	return "", "", Unknown
}

// AppendDevice appends a device as text: "D 100".
func AppendDevice(b []byte, code uint8, number uint32) []byte {
	if cap(b)-len(b) < 24 {
		return b
	}
	name := "device"
	switch code {
	case 0x90:
		name = "M"
	case 0x91:
		name = "SM"
	case 0x92:
		name = "L"
	case 0x93:
		name = "F"
	case 0x9c:
		name = "X"
	case 0x9d:
		name = "Y"
	case 0xa0:
		name = "B"
	case 0xa8:
		name = "D"
	case SD:
		name = "SD"
	case 0xaf:
		name = "R"
	case 0xb0:
		name = "ZR"
	case 0xb4:
		name = "W"
	case 0xc2:
		name = "TN"
	case 0xc5:
		name = "CN"
	}
	return strconv.AppendUint(append(append(b, name...), ' '), uint64(number), 10)
}

// EndText is the end code of an answer, "ok" for none.
func EndText(code uint16) string {
	switch {
	case code == 0:
		return "ok"
	case code == 0xc059:
		return "command not supported"
	case code == 0xc201:
		return "locked by a password"
	case code == 0xc200:
		return "wrong password"
	case code == 0xc055:
		return "not allowed while running"
	case code >= 0xc050 && code <= 0xc06f:
		return "format error"
	case code >= 0x4000 && code <= 0x4fff:
		return "controller error"
	}
	return "error"
}
