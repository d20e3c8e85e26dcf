package modbus

// Modbus over serial line (Specification and Implementation Guide V1.02): the
// frames that device servers pass on in TCP as they were on the line.

// In RTU a frame is unit, PDU and CRC-16; in ASCII ':', the same in hexadecimal
// digits with another check, CR LF.
const (
	shortestRTU  = 4
	longestRTU   = 256
	longestASCII = 513
	highestUnit  = 247
)

// unknown is the length of a PDU of which the function does not say it.
const unknown = -1

var crcTable = func() (table [256]uint16) {
	for i := range table {
		x := uint16(i)
		for range 8 {
			odd := x & 1
			if x >>= 1; odd != 0 {
				x ^= 0xa001
			}
		}
		table[i] = x
	}
	return table
}()

// CRC is the check of a frame (section 6.2.2); over a frame with its own, it is 0.
func CRC(b []byte) uint16 {
	x := uint16(0xffff)
	for _, c := range b {
		x = x>>8 ^ crcTable[byte(x)^c]
	}
	return x
}

// SplitRTU is the length of the frame at the beginning of b, and whether it is
// one: its check fits, with the length of a request or of an answer. Where more
// bytes are needed, n is how many at least, and more than b has. Of
// functions that do not say how long they are, the check alone says where they end.
// A frame that is broken ends with b: on the line that is a silence.
func SplitRTU(b []byte, request bool) (n int, ok bool) {
	if len(b) < shortestRTU {
		return shortestRTU, false
	}
	likely, other := requestLength(b[1:]), answerLength(b[1:])
	if !request {
		likely, other = other, likely
	}
	switch {
	case checks(b, likely):
		return likely + 3, true
	case checks(b, other):
		return other + 3, true
	case likely == unknown && other == unknown:
		return ends(b)
	case likely != unknown && likely+3 > len(b) && likely+3 <= longestRTU:
		return likely + 3, false
	}
	return len(b), false
}

// checks reports whether b begins with a frame whose PDU has the length.
func checks(b []byte, pdu int) bool {
	return pdu != unknown && pdu+3 <= min(len(b), longestRTU) && CRC(b[:pdu+3]) == 0
}

// ends looks for the end of a frame by its check.
func ends(b []byte) (n int, ok bool) {
	x := uint16(0xffff)
	for i, c := range b[:min(len(b), longestRTU)] {
		if x = x>>8 ^ crcTable[byte(x)^c]; x == 0 && i+1 >= shortestRTU {
			return i + 1, true
		}
	}
	return len(b), false
}

// Fits reports whether a message is a request, and whether it is an answer, of
// the standard's functions that say how long they are.
func Fits(unit uint8, pdu []byte) (request, answer bool) {
	if len(pdu) == 0 || unit > highestUnit {
		return false, false
	}
	request = len(pdu) == requestLength(pdu) && ReadRequest(pdu).Broken == ""
	answer = len(pdu) == answerLength(pdu) && unit != 0 && CheckResponse(pdu, Request{}) == ""
	return request, answer
}

// IsRTU reports whether b is whole frames of requests or answers of the standard's
// functions. toServer is which of both they are; what is both is as it was said.
func IsRTU(b []byte, toServer bool) (is, request bool) {
	for request = toServer; len(b) > 0; is = true {
		n, ok := SplitRTU(b, request)
		if !ok {
			return false, toServer
		}
		if request, ok = asking(b[0], b[1:n-2], request); !ok {
			return false, toServer
		}
		b = b[n:]
	}
	return is, request
}

// asking reports whether a frame asks: as it is thought if it may be both, and
// not ok if it is neither.
func asking(unit uint8, pdu []byte, thought bool) (asks, ok bool) {
	asks, answers := Fits(unit, pdu)
	if asks && answers {
		asks = thought
	}
	return asks, asks || answers
}

// requestLength is the length of the PDU of a request that begins with b: of
// what is missing, the least; unknown if its function does not say.
func requestLength(b []byte) int {
	at := func(i int) int {
		if i < len(b) {
			return int(b[i])
		}
		return 0
	}
	switch b[0] {
	case ReadStatus, EventCounter, EventLog, ReportServerID:
		return 1
	case ReadFIFO:
		return 3
	case ReadCoils, ReadDiscrete, ReadHolding, ReadInput, WriteCoil, WriteRegister:
		return 5
	case Diagnostics:
		if at(1) == 0 && at(2) == 0 { // an echo of any length
			return unknown
		}
		return 5
	case MaskWrite:
		return 7
	case WriteCoils, WriteRegisters:
		return 6 + at(5)
	case ReadWrite:
		return 10 + at(9)
	case ReadFile, WriteFile:
		return 2 + at(1)
	case Encapsulated:
		if at(1) == DeviceID {
			return 4
		}
	}
	return unknown
}

// answerLength is the same of an answer.
func answerLength(b []byte) int {
	at := func(i int) int {
		if i < len(b) {
			return int(b[i])
		}
		return 0
	}
	if b[0] >= Exception {
		return 2
	}
	switch b[0] {
	case ReadStatus:
		return 2
	case ReadCoils, ReadDiscrete, ReadHolding, ReadInput, EventLog, ReportServerID, ReadFile, WriteFile, ReadWrite:
		return 2 + at(1)
	case WriteCoil, WriteRegister, WriteCoils, WriteRegisters, EventCounter:
		return 5
	case Diagnostics:
		if at(1) == 0 && at(2) == 0 {
			return unknown
		}
		return 5
	case MaskWrite:
		return 7
	case ReadFIFO:
		return 3 + at(1)<<8 + at(2)
	case Encapsulated:
		if at(1) == DeviceID {
			return identityLength(b)
		}
	}
	return unknown
}

// identityLength is the length of an answer with objects of a device's identity.
func identityLength(b []byte) int {
	n := 7
	if len(b) < n {
		return n
	}
	for range b[6] {
		if len(b) < n+2 {
			return n + 2
		}
		n += 2 + int(b[n+1])
	}
	return n
}

// SplitASCII is the length of the frame at the beginning of b, and whether it
// begins like one; 0 if more bytes are needed.
func SplitASCII(b []byte) (n int, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0] != ':' {
		return len(b), false
	}
	for i := 1; i < len(b) && i < longestASCII; i++ {
		switch {
		case b[i] == '\n':
			return i + 1, b[i-1] == '\r'
		case b[i] == ':':
			return i, false
		}
	}
	if len(b) >= longestASCII {
		return len(b), false
	}
	return 0, true
}

// ReadASCII puts unit and PDU of a frame into to, which must hold 256 bytes. ok
// is false if it holds anything but pairs of digits, or its check does not fit.
func ReadASCII(to, b []byte) (frame []byte, ok bool) {
	if len(b) < 9 || len(b) > longestASCII || b[0] != ':' || b[len(b)-2] != '\r' || b[len(b)-1] != '\n' || len(b)%2 == 0 {
		return nil, false
	}
	digits, n, sum := b[1:len(b)-2], 0, byte(0)
	for i := 0; i+1 < len(digits); i += 2 {
		high, low := digit(digits[i]), digit(digits[i+1])
		if high > 15 || low > 15 || n == len(to) {
			return nil, false
		}
		to[n] = high<<4 | low
		sum += to[n]
		n++
	}
	return to[:n-1], sum == 0
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

// IsASCII reports whether b is whole frames of requests or answers, and of which.
func IsASCII(b []byte, toServer bool) (is, request bool) {
	var room [256]byte
	for request = toServer; len(b) > 0; is = true {
		n, ok := SplitASCII(b)
		if n == 0 || !ok {
			return false, toServer
		}
		f, ok := ReadASCII(room[:], b[:n])
		if !ok {
			return false, toServer
		}
		if request, ok = asking(f[0], f[1:], request); !ok {
			return false, toServer
		}
		b = b[n:]
	}
	return is, request
}
