package decode

import "tyto/frame"

// Counters are what a Decoder counted. It is a value: take it as often as
// you like and subtract.
type Counters struct {
	Packets      uint64 // given to Decode
	Frames       uint64 // returned by it
	Truncated    uint64 // packets of which less was captured than was on the wire
	UnknownLinks uint64 // packets of a link type that is not read
	Protected    uint64 // 802.11 and CAPWAP payloads that are encrypted
	TooDeep      uint64 // inner packets not opened because of too many tunnels

	Fragments           uint64 // fragments of IPv4 and IPv6
	Reassembled         uint64 // datagrams completed
	FragmentsExpired    uint64 // datagrams given up after the timeout
	FragmentsEvicted    uint64 // datagrams given up for want of room
	FragmentsOverlapped uint64 // fragments that repeat or overlap what was there
	FragmentsRefused    uint64 // datagrams given up because their fragments contradict
	FragmentsCut        uint64 // fragments not kept because the capture was snapped

	Tunnels   [tunnels]uint64 // frames by the tunnel that carried them
	Malformed [faultCount]uint64
}

const tunnels = int(frame.TunnelMPLS) + 1

// Fault is what was wrong with a header.
type Fault uint8

// The faults that are told apart.
const (
	ShortEthernet Fault = iota
	ShortLink
	TooManyHeaders
	ShortVLAN
	ShortLLC
	LongLLC
	ShortMPLS
	BadPPPoE
	ShortPPP
	ShortWireless
	BadWirelessChecksum
	ShortARP
	ShortIP
	BadIPVersion
	BadIPHeaderLength
	BadIPLength
	LongIP
	BadIPExtension
	BadFragment
	ShortTCP
	BadTCPHeaderLength
	ShortUDP
	BadUDPLength
	LongUDP
	ShortSCTP
	ShortICMP
	BadTunnel
	faultCount
)

var faults = [faultCount]string{
	ShortEthernet:       "ethernet header too short",
	ShortLink:           "link header too short",
	TooManyHeaders:      "too many link headers",
	ShortVLAN:           "vlan tag too short",
	ShortLLC:            "llc header too short",
	LongLLC:             "802.3 length beyond frame",
	ShortMPLS:           "mpls stack too short",
	BadPPPoE:            "pppoe header wrong",
	ShortPPP:            "ppp header too short",
	ShortWireless:       "802.11 header too short",
	BadWirelessChecksum: "802.11 checksum wrong",
	ShortARP:            "arp too short",
	ShortIP:             "ip header too short",
	BadIPVersion:        "ip version wrong",
	BadIPHeaderLength:   "ip header length wrong",
	BadIPLength:         "ip length below header length",
	LongIP:              "ip length beyond frame",
	BadIPExtension:      "ipv6 extension header wrong",
	BadFragment:         "ip fragment wrong",
	ShortTCP:            "tcp header too short",
	BadTCPHeaderLength:  "tcp header length wrong",
	ShortUDP:            "udp header too short",
	BadUDPLength:        "udp length below header length",
	LongUDP:             "udp length beyond datagram",
	ShortSCTP:           "sctp header too short",
	ShortICMP:           "icmp too short",
	BadTunnel:           "tunnel header wrong",
}

// String is the fault as Frame.Malformed has it.
func (f Fault) String() string {
	if f < faultCount {
		return faults[f]
	}
	return "unknown"
}

// Each calls tell for each counter that is more than a sum of others, with a
// name fit for a metric and a label for one of several, "" if it is alone.
func (c *Counters) Each(tell func(name, label string, n uint64)) {
	tell("packets", "", c.Packets)
	tell("frames", "", c.Frames)
	tell("truncated", "", c.Truncated)
	tell("unknown_links", "", c.UnknownLinks)
	tell("protected", "", c.Protected)
	tell("too_deep", "", c.TooDeep)
	tell("fragments", "", c.Fragments)
	tell("reassembled", "", c.Reassembled)
	tell("fragments_expired", "", c.FragmentsExpired)
	tell("fragments_evicted", "", c.FragmentsEvicted)
	tell("fragments_overlapped", "", c.FragmentsOverlapped)
	tell("fragments_refused", "", c.FragmentsRefused)
	tell("fragments_cut", "", c.FragmentsCut)
	for t := frame.NoTunnel + 1; int(t) < tunnels; t++ {
		tell("tunnels", t.String(), c.Tunnels[t])
	}
	for f := range faultCount {
		tell("malformed", f.String(), c.Malformed[f])
	}
}
