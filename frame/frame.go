// Package frame is the view of one packet: what the headers said, where the
// payload lies, and the Cursor that reads it. Nothing here owns memory or
// allocates.
package frame

// A Frame is one packet, outlined. It owns nothing: Data and Payload point
// into the capture's buffer and are valid until the next packet is read. Copy
// what you keep.
type Frame struct {
	Time    int64  // capture clock, nanoseconds since 1970 UTC
	Number  uint64 // position in its source, from 1: "No." in Wireshark
	Length  int    // bytes on the wire; more than len(Data) if the capture was snapped
	Data    []byte // the captured bytes, from the link header (or, in a tunnel, the inner header) on
	Payload []byte // what the innermost known header carries, without link padding
	Missing int    // bytes of the payload that were on the wire but not captured

	Src, Dst       Addr // zero if the packet has no IP header
	SrcMAC, DstMAC MAC  // zero if the link has none
	VLAN           uint16
	InnerVLAN      uint16 // second tag of a stack, 0 if none
	// EtherType names what the link carries: the Ethernet II type, also when
	// it came through SNAP with OUI 0. Zero when LLC or SNAP says it instead.
	EtherType uint16
	LLC       uint16 // DSAP<<8 | SSAP of an 802.2 header; 0 if none
	SNAP      uint64 // OUI<<16 | PID of a SNAP header with an OUI other than 0; 0 if none

	SrcPort, DstPort uint16
	TCPSeq, TCPAck   uint32
	TCPWindow        uint16
	Proto            uint8 // IP protocol of Payload's header; meaningful if Flags has IPv4 or IPv6
	TCPFlags         uint8
	TTL              uint8 // or hop limit
	Tunnel           Tunnel
	Depth            uint8 // headers of tunnels around this packet; 0 is the packet on the wire
	Flags            Flags
	Malformed        string // what a header got wrong, "" if nothing; a constant, for counting
	// Options are the TCP options, valid as long as Data. Empty if none.
	Options []byte
}

// Flags are what is true of a Frame.
type Flags uint16

// The flags of a Frame.
const (
	IPv4         Flags = 1 << iota // has an IPv4 header
	IPv6                           // has an IPv6 header
	Ports                          // SrcPort and DstPort were read
	Fragment                       // one fragment of a larger packet, its payload not yet whole
	Reassembled                    // Payload is of several fragments; Length is this packet's own
	Truncated                      // captured less than was on the wire
	Wireless                       // came from an 802.11 frame
	NoChecksum                     // reserved for what a capture says about offload
	DontFragment                   // IPv4 only
)

// Is reports whether all flags of x are set.
func (f Flags) Is(x Flags) bool { return f&x == x }

// HasIP reports whether the frame has an IP header of either version.
func (f *Frame) HasIP() bool { return f.Flags&(IPv4|IPv6) != 0 }

// TCP flag bits as in RFC 9293 section 3.1.
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// IP protocol numbers that more than one package names.
const (
	ICMP   = 1
	IGMP   = 2
	TCP    = 6
	UDP    = 17
	GRE    = 47
	ICMPv6 = 58
	SCTP   = 132
)

// Tunnel is the encapsulation that carried a Frame directly.
type Tunnel uint8

// The tunnels that decode opens.
const (
	NoTunnel Tunnel = iota
	TunnelGRE
	TunnelERSPAN
	TunnelVXLAN
	TunnelGeneve
	TunnelIPIP
	TunnelGTPU
	TunnelTZSP
	TunnelCAPWAP
	TunnelTeredo
	TunnelMPLS
)

var tunnelNames = [...]string{"", "gre", "erspan", "vxlan", "geneve", "ipip", "gtp", "tzsp", "capwap", "teredo", "mpls"}

// String is Wireshark's short name of the tunnel, "" for none.
func (t Tunnel) String() string {
	if int(t) < len(tunnelNames) {
		return tunnelNames[t]
	}
	return "unknown"
}
