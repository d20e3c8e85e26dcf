package frame

import "net/netip"

// Addr is an IP address: IPv6, or IPv4 mapped into IPv6 (RFC 4291 section
// 2.5.5.2). It holds no pointer, so tables keyed by it are not scanned by the
// garbage collector. The zero Addr is "no address" (and IPv6's ::).
type Addr [16]byte

// V4 is the Addr of four bytes of IPv4.
func V4(a, b, c, d byte) Addr {
	return Addr{10: 0xff, 11: 0xff, 12: a, 13: b, 14: c, 15: d}
}

// AddrOf is the Addr of 4 or 16 bytes in network order, zero for other lengths.
func AddrOf(b []byte) (a Addr) {
	switch len(b) {
	case 4:
		return V4(b[0], b[1], b[2], b[3])
	case 16:
		copy(a[:], b)
	}
	return a
}

// AddrFrom is the Addr of a netip.Addr, its zone dropped.
func AddrFrom(a netip.Addr) Addr {
	if !a.IsValid() {
		return Addr{}
	}
	return a.As16()
}

// Is4 reports whether a is an IPv4 address.
func (a Addr) Is4() bool {
	return a[0]|a[1]|a[2]|a[3]|a[4]|a[5]|a[6]|a[7]|a[8]|a[9] == 0 && a[10] == 0xff && a[11] == 0xff
}

// IsZero reports whether a is unset or the unspecified address of IPv6.
func (a Addr) IsZero() bool { return a == Addr{} }

// IsUnspecified reports whether a is unset, :: or 0.0.0.0.
func (a Addr) IsUnspecified() bool { return a == Addr{} || a == V4(0, 0, 0, 0) }

// IsMulticast reports whether a is a multicast address or IPv4's limited broadcast.
func (a Addr) IsMulticast() bool {
	if a.Is4() {
		return a[12]&0xf0 == 0xe0 || a == V4(255, 255, 255, 255)
	}
	return a[0] == 0xff
}

// IsLoopback reports whether a is in 127/8 or ::1.
func (a Addr) IsLoopback() bool {
	if a.Is4() {
		return a[12] == 127
	}
	return a == Addr{15: 1}
}

// IsLinkLocal reports whether a is in 169.254/16 or fe80::/10.
func (a Addr) IsLinkLocal() bool {
	if a.Is4() {
		return a[12] == 169 && a[13] == 254
	}
	return a[0] == 0xfe && a[1]&0xc0 == 0x80
}

// IsPrivate reports whether a is in RFC 1918's blocks or fc00::/7.
func (a Addr) IsPrivate() bool {
	if a.Is4() {
		return a[12] == 10 || a[12] == 172 && a[13]&0xf0 == 16 || a[12] == 192 && a[13] == 168
	}
	return a[0]&0xfe == 0xfc
}

// IsPublic reports whether a is one that hosts have on the internet: none of
// those that IANA's special-purpose registries (RFC 6890) keep for other
// things, such as what providers share among customers (100.64/10, RFC 6598).
// The blocks for documentation stand for the internet wherever they are used.
func (a Addr) IsPublic() bool {
	return !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && !a.IsLinkLocal() && !a.IsPrivate() && !a.isReserved()
}

func (a Addr) isReserved() bool {
	if !a.Is4() {
		return a[0] == 0x20 && a[1] == 0x01 && a[2] < 2 && a[2]|a[3] != 0 || // 2001::/23; Teredo's 2001::/32 is of the internet
			a[0] == 0x01 && a[1] == 0 // discard only
	}
	b, c, d := a[12], a[13], a[14]
	switch b {
	case 0:
		return true
	case 100:
		return c&0xc0 == 64
	case 192:
		return c == 0 && d == 0
	case 198:
		return c&0xfe == 18
	}
	return b >= 240
}

// Netip is a as a netip.Addr; the zero Addr is the invalid one.
func (a Addr) Netip() netip.Addr {
	if a.IsZero() {
		return netip.Addr{}
	}
	return netip.AddrFrom16(a).Unmap()
}

// Append appends the usual text of a to b, nothing for the zero Addr. It does
// not allocate if b has room.
func (a Addr) Append(b []byte) []byte {
	if a.IsZero() {
		return b
	}
	return a.Netip().AppendTo(b)
}

// String is the usual text of a, "" for the zero Addr.
func (a Addr) String() string {
	var b [46]byte
	return string(a.Append(b[:0]))
}

// MarshalText implements encoding.TextMarshaler.
func (a Addr) MarshalText() ([]byte, error) { return a.Append(nil), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Addr) UnmarshalText(text []byte) error {
	*a = Addr{}
	if len(text) == 0 {
		return nil
	}
	x, err := netip.ParseAddr(string(text))
	if err != nil {
		return err
	}
	*a = x.As16()
	return nil
}
