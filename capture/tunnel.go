package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"tyto/frame"
)

// A Tunnel is where mirrored traffic ends that comes over IP.
type Tunnel struct {
	Protocol string         // one of TunnelProtocols or FlowProtocols
	Address  netip.Addr     // of this machine, to which the tunnel is sent
	Port     uint16         // of UDP; 0 is the usual one. GRE has none
	From     []netip.Prefix // who may send; nobody else is listened to
	Buffer   int            // bytes that the kernel keeps while the sensor is busy; 8 MiB by default, or what net.core.rmem_max allows
}

// usualPort is the port of each protocol over UDP.
var usualPort = map[string]uint16{"vxlan": 4789, "geneve": 6081, "tzsp": 37008, "gre": 0, "netflow": 2055, "ipfix": 4739, "sflow": 6343}

// TunnelProtocols are those that can end here: gre is also ERSPAN, of all types.
func TunnelProtocols() []string { return []string{"vxlan", "geneve", "tzsp", "gre"} }

// FlowProtocols are those by which others tell of what they forwarded: what
// comes is datagrams, for package flows.
func FlowProtocols() []string { return []string{"netflow", "ipfix", "sflow"} }

// Check says what is wrong with a tunnel, "" if nothing is.
func (t *Tunnel) Check() string {
	known := append(TunnelProtocols(), FlowProtocols()...)
	switch {
	case !slices.Contains(known, t.Protocol):
		return fmt.Sprintf("%q is none of %s", t.Protocol, strings.Join(known, ", "))
	case !t.Address.IsValid() || t.Address.IsUnspecified() || t.Address.IsMulticast():
		return "the address must be one of this machine, of the interface that is managed; 10.0.0.5 is one"
	case t.Protocol == "gre" && t.Port != 0:
		return "gre has no port"
	case len(t.From) == 0:
		return "nobody may send: name the switches' addresses, such as from: [10.0.0.1, 10.1.0.0/24]"
	}
	return ""
}

// name is the tunnel's capture.
func (t *Tunnel) name() string { return t.Protocol + " " + t.Address.String() }

// allows reports whether an address may send.
func (t *Tunnel) allows(a netip.Addr) bool {
	return slices.ContainsFunc(t.From, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Lengths of headers without options.
const (
	ip4Header = 20
	ip6Header = 40
	udpHeader = 8
)

// room is what is left in front of a payload for the headers that the kernel
// took off, so that a packet is decoded as one from an interface is.
func (t *Tunnel) room() int {
	n := ip6Header
	if t.Address.Is4() {
		n = ip4Header
	}
	if t.Protocol != "gre" {
		return n + udpHeader
	}
	if t.Address.Is4() {
		return 0 // raw sockets have it
	}
	return n
}

// headers writes the headers in front of a payload to b, which has room for them.
func (t *Tunnel) headers(b []byte, from netip.AddrPort, payload int) {
	if len(b) == 0 {
		return
	}
	be := binary.BigEndian
	proto := byte(frame.GRE)
	if t.Protocol != "gre" {
		proto = frame.UDP
		udp := b[len(b)-udpHeader:]
		be.PutUint16(udp, from.Port())
		be.PutUint16(udp[2:], usualPort[t.Protocol]) // by which it is known, whatever it is here
		be.PutUint16(udp[4:], uint16(min(udpHeader+payload, 0xffff)))
		be.PutUint16(udp[6:], 0)
		payload += udpHeader
	}
	if t.Address.Is4() {
		clear(b[:ip4Header])
		b[0], b[8], b[9] = 0x45, 64, proto
		be.PutUint16(b[2:], uint16(min(ip4Header+payload, 0xffff)))
		copy(b[12:], from.Addr().AsSlice())
		copy(b[16:], t.Address.AsSlice())
		return
	}
	clear(b[:ip6Header])
	b[0], b[6], b[7] = 0x60, proto, 64
	be.PutUint16(b[4:], uint16(min(payload, 0xffff)))
	copy(b[8:], from.Addr().AsSlice())
	copy(b[24:], t.Address.AsSlice())
}
