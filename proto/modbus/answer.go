package modbus

import "tyto/frame"

// IsStandard reports whether a message is of one of the standard's functions for data, and as long as these say.
func IsStandard(pdu []byte) bool {
	switch pdu[0] & 0x7f {
	case ReadCoils, ReadDiscrete, ReadHolding, ReadInput, WriteCoil, WriteRegister,
		WriteCoils, WriteRegisters, MaskWrite, ReadWrite:
		return ReadRequest(pdu).Broken == "" || CheckResponse(pdu, Request{}) == ""
	}
	return false
}

// Repeated is the request, of which the answer to a write repeats the address.
func Repeated(pdu []byte) Request {
	c := frame.Read(pdu)
	r := Request{Function: c.U8()}
	switch r.Function {
	case WriteCoil, WriteRegister, MaskWrite:
		r.Address, r.Quantity = c.U16(), 1
	case WriteCoils, WriteRegisters:
		r.Address, r.Quantity = c.U16(), c.U16()
	case Encapsulated, ReportServerID:
		r.Sub = c.U8()
	case Diagnostics:
		r.Address = c.U16()
		r.Sub = uint8(r.Address)
	default:
		return Request{}
	}
	return r
}

// LongestText is the longest run of printable bytes, if it is a word at least.
func LongestText(b []byte) (best []byte) {
	for start, i := 0, 0; i <= len(b); i++ {
		if i < len(b) && b[i] >= ' ' && b[i] <= '~' {
			continue
		}
		if i-start > len(best) && i-start >= 4 {
			best = b[start:i]
		}
		start = i + 1
	}
	return best
}

// Runs is the run indicator of Report Server ID (section 6.13), "" if there is
// none: how long the identifier before it is, the device decides; most have the
// one byte of the first Modicon controllers.
func Runs(data []byte) string {
	switch {
	case len(data) < 2:
		return ""
	case data[1] == 0xff:
		return "run"
	case data[1] == 0 && (len(data) == 2 || len(LongestText(data[2:])) == len(data)-2):
		return "stop"
	}
	return ""
}
