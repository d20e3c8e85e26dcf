package modbus

import (
	"bytes"
	"strconv"

	"tyto/frame"
)

// An UmasFunction is a function of Schneider's UMAS, as what it does.
type UmasFunction struct {
	Name string
	Does Deed
}

// Deed is what a function does, in words that need no noun of ours.
type Deed uint8

// The deeds.
const (
	Nothing Deed = iota
	Reads
	Identifies
	Writes
	Starts
	Stops
	Programs
	Transfers
	Configures
)

// Does is what a request does; Nothing if its function is not known.
func (r *Request) Does() Deed {
	switch r.Function {
	case WriteCoil, WriteRegister, WriteCoils, WriteRegisters, WriteFile, MaskWrite, ReadWrite:
		return Writes
	case ReportServerID:
		return Identifies
	case Encapsulated:
		if r.Sub == DeviceID {
			return Identifies
		}
	case Diagnostics:
		switch r.Sub {
		case 1, 3, 10, 20:
			return Configures
		case 4: // from then on it does not answer
			return Stops
		}
	case UMAS:
		return Umas(r.Sub).Does
	}
	return Nothing
}

// Umas is the function of a code. The names are those that publications on
// the protocol have in common; Schneider has published none.
func Umas(code uint8) UmasFunction {
	switch code {
	case 0x01:
		return UmasFunction{"init comm", Nothing}
	case 0x02:
		return UmasFunction{"read id", Identifies}
	case 0x03:
		return UmasFunction{"read project info", Identifies}
	case 0x04:
		return UmasFunction{"read PLC info", Reads}
	case 0x06:
		return UmasFunction{"read card info", Identifies}
	case 0x0a:
		return UmasFunction{"repeat", Nothing}
	case 0x10:
		return UmasFunction{"take PLC reservation", Configures}
	case 0x11:
		return UmasFunction{"release PLC reservation", Configures}
	case 0x12:
		return UmasFunction{"keep alive", Nothing}
	case 0x20:
		return UmasFunction{"read memory block", Reads}
	case 0x21:
		return UmasFunction{"write memory block", Writes}
	case 0x22:
		return UmasFunction{"read variables", Reads}
	case 0x23:
		return UmasFunction{"write variables", Writes}
	case 0x24:
		return UmasFunction{"read coils and registers", Reads}
	case 0x25:
		return UmasFunction{"write coils and registers", Writes}
	case 0x26:
		return UmasFunction{"read data dictionary", Reads}
	case UmasBeginToPLC, UmasToPLC, UmasEndToPLC:
		return UmasFunction{"write program", Programs}
	case UmasBeginFromPLC, UmasFromPLC, UmasEndFromPLC:
		return UmasFunction{"read program", Transfers}
	case 0x39:
		return UmasFunction{"read ethernet master data", Reads}
	case 0x40:
		return UmasFunction{"start PLC", Starts}
	case 0x41:
		return UmasFunction{"stop PLC", Stops}
	case 0x50:
		return UmasFunction{"monitor PLC", Reads}
	case 0x58:
		return UmasFunction{"check PLC", Reads}
	case 0x70:
		return UmasFunction{"read I/O object", Reads}
	case 0x71:
		return UmasFunction{"write I/O object", Writes}
	case 0x73:
		return UmasFunction{"status of module", Reads}
	}
	return UmasFunction{"other", Nothing}
}

// Functions that move a program. Publications call the first three "upload"
// and the others "download", as seen from the controller.
const (
	UmasBeginToPLC   = 0x30
	UmasToPLC        = 0x31
	UmasEndToPLC     = 0x32
	UmasBeginFromPLC = 0x33
	UmasFromPLC      = 0x34
	UmasEndFromPLC   = 0x35
)

// UmasSent is the data of a request that moves a block to the controller:
// function, session, function of UMAS, kind, number and length stand before it.
func UmasSent(pdu []byte) []byte {
	c := frame.Read(pdu)
	c.Skip(3 + 2 + 2)
	n := int(c.L16())
	return c.Bytes(min(n, c.Len()))
}

// UmasReceived is the data of an answer that moves a block from the
// controller: status, whether it is the last, and length stand before it.
func UmasReceived(pdu []byte) []byte {
	c := frame.Read(pdu)
	c.Skip(3 + 2)
	n := int(c.L16())
	return c.Bytes(min(n, c.Len()))
}

// Functions whose messages say who a device is.
const (
	UmasID      = 0x02
	UmasProject = 0x03
	UmasInfo    = 0x04
	UmasCard    = 0x06
	UmasReserve = 0x10
)

// Where in a message, from after the status or the function on, a text is: a
// byte with its length, and itself.
const (
	umasModel   = 22 // answer to "read id": the processor
	umasProject = 38 // answer to "read project info"
	umasCard    = 6  // answer to "read card info"
	umasOwner   = 4  // request of a reservation: the name of who wants it
)

// Numbers beside them, from there on, too.
const (
	umasFirmware = 8  // of "read id"
	umasRevision = 34 // of "read project info": three bytes, the last first
)

// Where the answer to "read PLC info" has how many checksums follow, that of the
// program, and the state behind those: two programs that read it, written apart, have
// it there, for controllers with six.
const (
	umasSums    = 3
	umasProgram = 8
	umasState   = 60
	umasSix     = 6
)

// ReadUmasInfo reads the answer to "read PLC info": the checksum of the program, and
// whether the controller runs, "" if it says neither. ok is false if it is laid out otherwise.
func ReadUmasInfo(b []byte) (program uint32, mode string, ok bool) {
	if len(b) <= umasState || b[umasSums] != umasSix {
		return 0, "", false
	}
	c := frame.Read(b[umasProgram:])
	program = c.L32()
	switch b[umasState] {
	case 1:
		mode = "stop"
	case 2:
		mode = "run"
	}
	return program, mode, true
}

// UmasText is the text that a message of a function has, nil if there is none.
func UmasText(function uint8, b []byte) []byte {
	at := 0
	switch function {
	case UmasID:
		at = umasModel
	case UmasProject:
		at = umasProject
	case UmasCard:
		at = umasCard
	case UmasReserve:
		at = umasOwner
	}
	if at == 0 || len(b) <= at {
		return nil
	}
	n := int(b[at])
	if n < 3 || n > len(b)-at-1 {
		return nil
	}
	text := bytes.TrimRight(b[at+1:at+1+n], "\x00")
	for _, c := range text {
		if c < ' ' || c > '~' {
			return nil
		}
	}
	return text
}

// AppendUmasRevision appends the revision of the project in the answer to
// "read project info": "0.0.8".
func AppendUmasRevision(text, b []byte) []byte {
	if len(b) < umasRevision+3 {
		return text
	}
	for i := 2; i >= 0; i-- {
		text = strconv.AppendUint(text, uint64(b[umasRevision+i]), 10)
		if i > 0 {
			text = append(text, '.')
		}
	}
	return text
}

const hexDigits = "0123456789abcdef"

// AppendUmasFirmware appends the version in the answer to "read id" as "V2.70".
func AppendUmasFirmware(text, b []byte) []byte {
	if len(b) < umasFirmware+2 {
		return text
	}
	minor, major := b[umasFirmware], b[umasFirmware+1]
	text = append(text, 'V')
	if major > 15 {
		text = append(text, hexDigits[major>>4])
	}
	return append(text, hexDigits[major&15], '.', hexDigits[minor>>4], hexDigits[minor&15])
}
