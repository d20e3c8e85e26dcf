package enip

import (
	"bytes"

	"tyto/frame"
)

// A Deed is what a command of PCCC, or a request of CIP, does.
type Deed byte

// The deeds.
const (
	Reads Deed = iota
	Writes
	Identifies
	Modes
	Programs
	Transfers
	Configures // from here on of CIP only
	Starts
	Stops
	Executes
	Updates // the firmware
)

// PCCC is the name of a command and function (Allen-Bradley 1770-6.5.16), and what it does.
func PCCC(command, function byte) (string, Deed) {
	switch command & 0x0f {
	case 0x01, 0x05:
		return "pccc read", Reads
	case 0x00, 0x02, 0x08:
		return "pccc write", Writes
	case 0x06:
		if function == 3 {
			return "pccc diagnostic status", Identifies
		}
		return "pccc diagnostic", Reads
	case 0x0f:
		return pcccExtended(function)
	}
	return "pccc command", Reads
}

func pcccExtended(function byte) (string, Deed) {
	switch function {
	case 0x01, 0x04, 0x09, 0x15, 0x17, 0x29, 0x68, 0xa1, 0xa2, 0xa7:
		return "pccc read", Reads
	case 0x00, 0x02, 0x03, 0x08, 0x18, 0x26, 0x5e, 0x67, 0xa9, 0xaa, 0xab, 0xaf:
		return "pccc write", Writes
	case 0x3a, 0x80:
		return "pccc change mode", Modes
	case 0x50, 0x52, 0x57, 0x41, 0x82:
		return "pccc download", Programs
	case 0x53, 0x55:
		return "pccc upload", Transfers
	}
	return "pccc command", Reads
}

// PCCCMode is the mode that a command asks for, "" if it is not known.
func PCCCMode(mode byte) string {
	switch mode {
	case 1:
		return "remote program"
	case 2, 6:
		return "remote run"
	case 7, 8, 9:
		return "remote test"
	}
	return ""
}

// ReadPCCC reads what the PCCC object answers: how the command went, "ok" or
// why not, and the data behind that.
func ReadPCCC(c frame.Cursor) (outcome string, data frame.Cursor, ok bool) {
	c.Skip(int(c.U8()) - 1 + 1) // who asked; the command
	status := c.U8()
	c.Skip(2)
	return pcccStatus(status), c, !c.Short()
}

// pcccStatus is a status (1770-6.5.16 chapter 8), which the upper half of the
// byte holds when the remote node gives it.
func pcccStatus(status byte) string {
	switch status >> 4 {
	case 0:
		if status == 0 {
			return "ok"
		}
		return "not delivered"
	case 1:
		return "illegal command or format"
	case 3:
		return "remote node is missing"
	case 5:
		return "addressing problem"
	case 6:
		return "function not allowed"
	case 7:
		return "processor is in program mode"
	}
	return "error"
}

// A Processor is what the answer to diagnostic status says of a processor of
// the SLC 500 and MicroLogix families (1770-6.5.16 chapter 10).
type Processor struct {
	Name             []byte // bulletin number or name: "5/04"
	Series, Revision byte   // letters
	Mode             string // "" if it does not say
}

// slc are the extended types of SLC 5/03, 5/04 and 5/05.
var slc = [...]byte{0x49, 0x5b, 0x78}

// ReadProcessor reads it; false if the answer is of another family, whose status is of another form.
func ReadProcessor(c frame.Cursor) (x Processor, ok bool) {
	c.Skip(1)
	extended := c.U8()&0x0f == 0x0e
	c.Skip(1)
	kind, version := c.U8(), c.U8()
	x.Series, x.Revision = 'A'+version>>5, 'A'+version&31
	x.Name = bytes.TrimRight(c.Bytes(11), " \x00")
	if c.Short() || !extended || len(x.Name) == 0 || x.Revision > 'Z' {
		return x, false
	}
	for _, b := range x.Name {
		if b <= ' ' || b > '~' {
			return x, false
		}
	}
	c.Skip(2)
	mode, fault := c.U8(), c.U8()
	if !c.Short() && bytes.IndexByte(slc[:], kind) >= 0 {
		x.Mode = slcMode(mode&31, fault&0x20 != 0)
	}
	return x, true
}

// slcMode is the mode in the status word S:1 (1747-RM001 appendix B).
func slcMode(mode byte, fault bool) string {
	switch {
	case fault:
		return "fault"
	case mode == 1:
		return "remote program"
	case mode == 6:
		return "remote run"
	case mode == 7 || mode == 8 || mode == 9:
		return "remote test"
	case mode == 17:
		return "program"
	case mode == 30:
		return "run"
	}
	return ""
}
