package dhcp

import "tyto/frame"

const hexDigits = "0123456789abcdef"

var operations = [...]string{"bootp", "dhcp discover", "dhcp offer", "dhcp request", "dhcp decline", "dhcp ack", "dhcp nak", "dhcp release",
	"dhcp inform", "dhcp force renew", "dhcp lease query", "dhcp lease unassigned", "dhcp lease unknown", "dhcp lease active",
	"dhcp bulk lease query", "dhcp lease query done", "dhcp active lease query", "dhcp lease query status", "dhcp tls"}

// Operation is the name of a type of message, option 53; 0 is BOOTP.
func Operation(kind byte) string {
	if int(kind) < len(operations) {
		return operations[kind]
	}
	return "dhcp other"
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

// UUID appends "uuid:" and 16 bytes as SMBIOS writes a UUID, the first three
// fields little-endian (DMTF DSP0134 section 7.2.1); nil if it is nobody's own.
func UUID(b, v []byte) []byte {
	if len(v) != 16 || cap(b)-len(b) < len("uuid:")+36 || alike(v) {
		return nil
	}
	b = append(b, "uuid:"...)
	for i, at := range [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, hexDigits[v[at]>>4], hexDigits[v[at]&15])
	}
	return b
}

// alike reports whether all bytes are the same, as in what was never set.
func alike(v []byte) bool {
	for _, x := range v {
		if x != v[0] {
			return false
		}
	}
	return true
}

// Number appends n in decimal.
func Number(b []byte, n uint32) []byte {
	if n >= 10 {
		b = Number(b, n/10)
	}
	return append(b, '0'+byte(n%10))
}

// Printable reports whether v is text, but for NULs at its end.
func Printable(v []byte) bool {
	v = Trim(v)
	for _, c := range v {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return len(v) > 0
}

// Trim is v without the NULs and blanks at its end.
func Trim(v []byte) []byte {
	for len(v) > 0 && (v[len(v)-1] == 0 || v[len(v)-1] == ' ') {
		v = v[:len(v)-1]
	}
	return v
}

// Text appends v if it is text, and its hex digits otherwise, as far as there is room.
func Text(b, v []byte) []byte {
	if !Printable(v) {
		return Hex(b, v)
	}
	v = Trim(v)
	return append(b, v[:min(len(v), cap(b)-len(b))]...)
}

// Sub reads the next sub-option: code, length, value; false at the end.
func Sub(c *frame.Cursor) (code byte, value []byte, ok bool) {
	if c.Len() < 2 {
		return 0, nil, false
	}
	code, value = c.U8(), c.Bytes(int(c.U8()))
	return code, value, !c.Short()
}

// Vendor reads the next part of options 124 and 125 (RFC 3925): the
// enterprise and what it says; false at the end.
func Vendor(c *frame.Cursor) (enterprise uint32, value []byte, ok bool) {
	if c.Len() < 5 {
		return 0, nil, false
	}
	enterprise, value = c.U32(), c.Bytes(int(c.U8()))
	return enterprise, value, !c.Short()
}

// FQDN is the name in option 81 (RFC 4702): text, or labels as in DNS, which
// are written into b. The last dot is left out.
func FQDN(b, v []byte) []byte {
	c := frame.Read(v)
	flags := c.U8()
	c.Skip(2)
	if flags&4 == 0 {
		return trimDot(Trim(c.Rest()))
	}
	for c.Len() > 0 {
		label := c.Bytes(int(c.U8()))
		if len(label) == 0 || cap(b)-len(b) <= len(label) {
			break
		}
		b = append(append(b, label...), '.')
	}
	return trimDot(b)
}

func trimDot(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] == '.' {
		return b[:len(b)-1]
	}
	return b
}

// Cut is what stands before and after the first dot of a name.
func Cut(name []byte) (host, domain []byte) {
	for i, c := range name {
		if c == '.' {
			return name[:i], name[i+1:]
		}
	}
	return name, nil
}
