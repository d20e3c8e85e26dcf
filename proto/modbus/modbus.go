// Package modbus knows the messages of Modbus (Application Protocol
// Specification V1.1b3): which function is what, how long a message must be
// and which values it may hold. It is pure: no memory of its own, no allocation.
package modbus

import (
	"strconv"

	"tyto/frame"
)

// Function codes that are looked into.
const (
	ReadCoils        = 1
	ReadDiscrete     = 2
	ReadHolding      = 3
	ReadInput        = 4
	WriteCoil        = 5
	WriteRegister    = 6
	ReadStatus       = 7
	Diagnostics      = 8
	EventCounter     = 11
	EventLog         = 12
	WriteCoils       = 15
	WriteRegisters   = 16
	ReportServerID   = 17
	ReadFile         = 20
	WriteFile        = 21
	MaskWrite        = 22
	ReadWrite        = 23
	ReadFIFO         = 24
	Encapsulated     = 43
	UMAS             = 90 // Schneider's own, of Unity Pro
	Exception        = 0x80
	DeviceID         = 14 // MEI type of Encapsulated
	CANopen          = 13 // the other one
	HeaderLength     = 7  // of MBAP, with the unit
	longestPDU       = 253
	longestUMAS      = 1024
	longestMEIDevice = 4
)

// A Request is what a request asks, as far as its answer must know.
type Request struct {
	Function, Sub     uint8
	Address, Quantity uint16 // of what is written, where a request does both
	Reads             uint16 // registers that ReadWrite reads
	Broken            string // the rule that it breaks, "" if none; a constant
}

// Header reads the MBAP header: transaction, length of what follows the unit,
// unit. ok is false if the protocol identifier is not 0 or the length is
// beyond what the function may have: UMAS takes more than the standard allows.
func Header(c *frame.Cursor) (transaction uint16, length int, unit uint8, ok bool) {
	transaction = c.U16()
	protocol := c.U16()
	length = int(c.U16())
	unit = c.U8()
	longest := longestPDU + 1
	if c.Len() > 0 && c.Rest()[0] == UMAS {
		longest = longestUMAS
	}
	return transaction, length - 1, unit, protocol == 0 && length >= 2 && length <= longest
}

// ReadRequest reads the PDU of a request.
func ReadRequest(pdu []byte) (r Request) {
	c := frame.Read(pdu)
	r.Function = c.U8()
	switch r.Function {
	case ReadCoils, ReadDiscrete:
		r.span(&c, 2000)
	case ReadHolding, ReadInput:
		r.span(&c, 125)
	case WriteCoil:
		r.Address, r.Quantity = c.U16(), 1
		if v := c.U16(); v != 0 && v != 0xff00 && !c.Short() {
			r.breaks("modbus: value of a coil is neither 0000 nor FF00")
		}
	case WriteRegister:
		r.Address, r.Quantity = c.U16(), 1
		c.Skip(2)
	case MaskWrite:
		r.Address, r.Quantity = c.U16(), 1
		c.Skip(4)
	case WriteCoils:
		r.span(&c, 1968)
		r.values(&c, (int(r.Quantity)+7)/8)
	case WriteRegisters:
		r.span(&c, 123)
		r.values(&c, 2*int(r.Quantity))
	case ReadWrite:
		r.span(&c, 125)
		r.span(&c, 121)
		r.values(&c, 2*int(r.Quantity))
	case Diagnostics:
		r.Address = c.U16()
		r.Sub = uint8(r.Address)
		r.diagnostic(&c)
	case ReadFIFO:
		r.Address = c.U16()
	case ReadFile, WriteFile:
		if n := int(c.U8()); n != c.Len() || n < 7 {
			r.breaks("modbus: byte count")
		}
		c.Skip(c.Len())
	case Encapsulated:
		r.Sub = c.U8()
		if r.Sub == DeviceID {
			r.deviceID(&c)
		} else {
			c.Skip(c.Len())
		}
	case UMAS:
		c.Skip(1) // session
		r.Sub = c.U8()
		c.Skip(c.Len())
	case ReadStatus, EventCounter, EventLog, ReportServerID:
	default:
		c.Skip(c.Len())
	}
	switch {
	case r.Function == 0 || r.Function >= Exception:
		r.breaks("modbus: function code")
	case c.Short():
		r.breaks("modbus: request is too short for its function")
	case c.Len() > 0:
		r.breaks("modbus: request is too long for its function")
	}
	return r
}

func (r *Request) breaks(why string) {
	if r.Broken == "" {
		r.Broken = why
	}
}

// span reads address and quantity.
func (r *Request) span(c *frame.Cursor, most uint16) {
	r.Address, r.Quantity = c.U16(), c.U16()
	switch {
	case c.Short():
	case r.Quantity == 0 || r.Quantity > most:
		r.breaks("modbus: quantity")
	case int(r.Address)+int(r.Quantity) > 1<<16:
		r.breaks("modbus: address and quantity go beyond 65535")
	}
}

// values passes over the values that are written.
func (r *Request) values(c *frame.Cursor, n int) {
	count := int(c.U8())
	if count != n && !c.Short() {
		r.breaks("modbus: byte count does not fit the quantity")
	}
	c.Skip(count)
}

func (r *Request) diagnostic(c *frame.Cursor) {
	data := c.U16()
	switch {
	case r.Address == 0:
		c.Skip(c.Len()) // an echo of any length
	case r.Address > 20 || r.Address > 4 && r.Address < 10 || r.Address == 19:
		r.breaks("modbus: sub-function of diagnostics")
	case r.Address == 1 && data != 0 && data != 0xff00:
		r.breaks("modbus: data of restart communications")
	}
}

func (r *Request) deviceID(c *frame.Cursor) {
	code := c.U8()
	c.Skip(1) // object
	if (code == 0 || code > longestMEIDevice) && !c.Short() {
		r.breaks("modbus: read device id code")
	}
}

// CheckResponse is the rule that the PDU of a response breaks, "" if none.
// asked is the request; its Function is 0 if it was not seen.
func CheckResponse(pdu []byte, asked Request) string {
	c := frame.Read(pdu)
	function := c.U8()
	if function >= Exception {
		code := c.U8()
		switch {
		case c.Short() || c.Len() > 0:
			return "modbus: length of exception"
		case code == 0 || code > 11 || code == 9:
			return "modbus: exception code"
		}
		return ""
	}
	if asked.Function != 0 && asked.Function != function {
		return "modbus: response to another function"
	}
	want := -1
	switch function {
	case ReadCoils, ReadDiscrete:
		want = counted(&c, asked, (int(asked.Quantity)+7)/8)
	case ReadHolding, ReadInput:
		want = counted(&c, asked, 2*int(asked.Quantity))
	case WriteCoil, WriteRegister, WriteCoils, WriteRegisters, EventCounter:
		want = 4
	case MaskWrite:
		want = 6
	case ReadStatus:
		want = 1
	case EventLog, ReportServerID, ReadFile, WriteFile, ReadWrite:
		want = int(c.U8())
	case ReadFIFO:
		want = int(c.U16())
	default:
		return ""
	}
	switch {
	case want == tooMany:
		return "modbus: byte count does not fit the quantity"
	case c.Short() || c.Len() != want:
		return "modbus: length of response"
	}
	return ""
}

const tooMany = -2

// counted reads the byte count, which must be what was asked for.
func counted(c *frame.Cursor, asked Request, want int) int {
	n := int(c.U8())
	if asked.Function != 0 && n != want {
		return tooMany
	}
	return n
}

// ExceptionText is the name of an exception code (section 7).
func ExceptionText(code uint8) string {
	switch code {
	case 1:
		return "illegal function"
	case 2:
		return "illegal data address"
	case 3:
		return "illegal data value"
	case 4:
		return "server device failure"
	case 5:
		return "acknowledge"
	case 6:
		return "server device busy"
	case 7:
		return "negative acknowledge"
	case 8:
		return "memory parity error"
	case 10:
		return "gateway path unavailable"
	case 11:
		return "gateway target failed to respond"
	}
	return "exception"
}

// AppendObject appends what a request is about: "holding registers 40-49".
func (r *Request) AppendObject(b []byte) []byte {
	name := ""
	switch r.Function {
	case ReadCoils, WriteCoil, WriteCoils:
		name = "coil"
	case ReadDiscrete:
		name = "discrete input"
	case ReadHolding, WriteRegister, WriteRegisters, MaskWrite, ReadWrite:
		name = "holding register"
	case ReadInput:
		name = "input register"
	case ReadFile, WriteFile:
		return append(b, "file records"...)
	case ReadFIFO:
		return strconv.AppendUint(append(b, "FIFO "...), uint64(r.Address), 10)
	case ReportServerID:
		return append(b, "server id"...)
	case Encapsulated:
		if r.Sub == DeviceID {
			return append(b, "device identification"...)
		}
		return b
	case Diagnostics:
		return append(b, diagnosticText(r.Sub)...)
	case UMAS:
		return append(b, Umas(r.Sub).Name...)
	default:
		return b
	}
	b = append(b, name...)
	if r.Quantity != 1 {
		b = append(b, 's')
	}
	b = strconv.AppendUint(append(b, ' '), uint64(r.Address), 10)
	if r.Quantity > 1 {
		b = strconv.AppendUint(append(b, '-'), uint64(r.Address)+uint64(r.Quantity)-1, 10)
	}
	return b
}

func diagnosticText(sub uint8) string {
	switch sub {
	case 0:
		return "return query data"
	case 1:
		return "restart communications"
	case 2:
		return "diagnostic register"
	case 3:
		return "change ASCII delimiter"
	case 4:
		return "force listen only mode"
	case 10:
		return "clear counters and diagnostic register"
	case 20:
		return "clear overrun counter and flag"
	}
	return "counters"
}

// Pack is the request in one word beside its transaction, for Unpack when the
// answer comes. It is never zero.
func (r *Request) Pack(transaction uint16) uint64 {
	return uint64(transaction)<<48 | uint64(r.Address)<<32 | uint64(r.Quantity)<<16 | uint64(r.Function&0x7f)<<9 | 1<<8 | uint64(r.Sub)
}

// Unpack is the request and the transaction of a word that Pack made.
func Unpack(word uint64) (r Request, transaction uint16) {
	r = Request{Function: uint8(word >> 9 & 0x7f), Sub: uint8(word), Address: uint16(word >> 32), Quantity: uint16(word >> 16)}
	return r, uint16(word >> 48)
}
