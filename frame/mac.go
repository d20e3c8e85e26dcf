package frame

import "fmt"

// MAC is an IEEE 802 EUI-48 address.
type MAC [6]byte

// Broadcast is the address of all stations.
var Broadcast = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// IsZero reports whether m is unset.
func (m MAC) IsZero() bool { return m == MAC{} }

// IsGroup reports whether m is a multicast or broadcast address (I/G bit).
func (m MAC) IsGroup() bool { return m[0]&1 != 0 }

// IsLocal reports whether m is locally administered (U/L bit), as randomised
// and virtual addresses are.
func (m MAC) IsLocal() bool { return m[0]&2 != 0 }

const hexDigits = "0123456789abcdef"

// Append appends m to b as 00:11:22:aa:bb:cc.
func (m MAC) Append(b []byte) []byte {
	for i, x := range m {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, hexDigits[x>>4], hexDigits[x&15])
	}
	return b
}

// String is m as 00:11:22:aa:bb:cc.
func (m MAC) String() string {
	var b [17]byte
	return string(m.Append(b[:0]))
}

// MarshalText implements encoding.TextMarshaler; the zero MAC is empty.
func (m MAC) MarshalText() ([]byte, error) {
	if m.IsZero() {
		return nil, nil
	}
	return m.Append(nil), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *MAC) UnmarshalText(text []byte) error {
	*m = MAC{}
	if len(text) == 0 {
		return nil
	}
	x, ok := ParseMAC(text)
	if !ok {
		return fmt.Errorf("frame: %q is not a MAC address like 00:11:22:aa:bb:cc", text)
	}
	*m = x
	return nil
}

// ParseMAC reads six pairs of hex digits separated by ":" or "-", or not
// separated at all.
func ParseMAC(text []byte) (m MAC, ok bool) {
	n := 0
	for _, c := range text {
		var d byte
		switch {
		case c >= '0' && c <= '9':
			d = c - '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			d = c | 0x20 - 'a' + 10
		case (c == ':' || c == '-') && n%2 == 0 && n > 0:
			continue
		default:
			return MAC{}, false
		}
		if n == 12 {
			return MAC{}, false
		}
		m[n/2] = m[n/2]<<4 | d
		n++
	}
	return m, n == 12
}
