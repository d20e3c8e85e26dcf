package inventory

import (
	"tyto/frame"
)

// A reach is how far an address is good for.
type reach uint8

const (
	nowhere  reach = iota // group, loopback, unspecified: nobody's
	link                  // link-local: never passes a router
	inside                // private or reserved: of this zone, perhaps behind a router
	internet              // anybody's, unless the link proves to be of its network
)

// reachOf is the reach of an address.
func reachOf(a frame.Addr) reach {
	switch {
	case a.IsUnspecified() || a.IsMulticast() || a.IsLoopback():
		return nowhere
	case a.IsLinkLocal():
		return link
	case a.IsPublic():
		return internet
	}
	return inside
}

// netOf is the network an address would usually be in: /24 of IPv4, /64 of IPv6.
func netOf(a frame.Addr) frame.Addr {
	if a.Is4() {
		a[15] = 0
		return a
	}
	return frame.AddrOf(append(a[:8:8], 0, 0, 0, 0, 0, 0, 0, 0))
}

// isEUI64 reports whether a was made of m (RFC 4291 appendix A).
func isEUI64(a frame.Addr, m frame.MAC) bool {
	return a[8] == m[0]^2 && a[9] == m[1] && a[10] == m[2] && a[11] == 0xff && a[12] == 0xfe && a[13] == m[3] && a[14] == m[4] && a[15] == m[5] &&
		!a.Is4()
}

// isSharedMAC reports whether m is made for an address that several devices
// share: VRRP (RFC 9568), HSRP, GLBP, network load balancing.
func isSharedMAC(m frame.MAC) bool {
	switch {
	case m[0] == 0 && m[1] == 0 && m[2] == 0x5e && m[3] == 0:
		return m[4] == 1 || m[4] == 2
	case m[0] == 0 && m[1] == 0 && m[2] == 0x0c:
		return m[3] == 7 && m[4] == 0xac || m[3] == 0x9f && m[4]&0xf0 == 0xf0
	case m[0] == 0 && m[1] == 7 && m[2] == 0xb4:
		return m[3] == 0
	case m[0] == 0 && m[1] == 5 && m[2] == 0x73:
		return m[3] == 0xa0 && m[4]&0xf0 == 0
	}
	return m[0] == 2 && m[1] == 0xbf
}

// isMade reports whether a locally administered address is not random but
// made by a known program: QEMU/KVM, Docker, DECnet.
func isMade(m frame.MAC) bool {
	return m[0] == 0x52 && m[1] == 0x54 && m[2] == 0 || m[0] == 2 && m[1] == 0x42 || m[0] == 0xaa && m[1] == 0 && m[2] == 4
}
