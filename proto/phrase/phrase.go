// Package phrase puts what messages say into words: numbers, hex digits,
// lists, services. What is appended goes no further than the capacity of the
// slice that it is appended to; nothing is allocated.
package phrase

const hexDigits = "0123456789abcdef"

// Add appends text as far as there is room.
func Add(b []byte, text string) []byte { return append(b, text[:min(len(text), cap(b)-len(b))]...) }

// Join appends v as far as there is room.
func Join(b, v []byte) []byte { return append(b, v[:min(len(v), cap(b)-len(b))]...) }

// Number appends n in decimal, nothing if there is no room.
func Number(b []byte, n uint64) []byte {
	var digits [20]byte
	at := len(digits)
	for {
		at--
		digits[at] = '0' + byte(n%10)
		if n /= 10; n == 0 {
			break
		}
	}
	if cap(b)-len(b) < len(digits)-at {
		return b
	}
	return append(b, digits[at:]...)
}

// Hex appends v in hex digits, as far as there is room.
func Hex(b, v []byte) []byte {
	for _, x := range v {
		if cap(b)-len(b) < 2 {
			return b
		}
		b = append(b, hexDigits[x>>4], hexDigits[x&15])
	}
	return b
}

// UUID appends "uuid:" and the 16 bytes of v as RFC 9562 writes them; nothing
// if v is of another length, all zero or all ones, or has no room.
func UUID(b, v []byte) []byte {
	if len(v) != 16 || cap(b)-len(b) < 41 {
		return b
	}
	same := true
	for _, x := range v {
		same = same && x == v[0]
	}
	if same {
		return b
	}
	b = append(b, "uuid:"...)
	for i, x := range v {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, hexDigits[x>>4], hexDigits[x&15])
	}
	return b
}

// Text is v without NULs and blanks around it if it is text of one line (ASCII
// or UTF-8, not checked), nil otherwise.
func Text(v []byte) []byte {
	for len(v) > 0 && (v[len(v)-1] <= ' ') {
		v = v[:len(v)-1]
	}
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	for _, c := range v {
		if c < ' ' && c != '\t' || c == 0x7f {
			return nil
		}
	}
	return v
}

// Until is v up to the first byte stop, all of v if there is none.
func Until(v []byte, stop byte) []byte {
	for i, c := range v {
		if c == stop {
			return v[:i]
		}
	}
	return v
}

// ServiceRoom is how much room Service needs at most.
const ServiceRoom = 200

// Service appends "udp/123 ntp product", transport being "udp/" or "tcp/".
func Service(b []byte, transport string, port uint16, protocol string, product []byte) []byte {
	b = Add(Number(Add(b, transport), uint64(port)), " ")
	b = Add(b, protocol)
	if len(product) > 0 {
		b = Join(Add(b, " "), product)
	}
	return b
}
