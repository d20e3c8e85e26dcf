package frame

import "strconv"

// LinkType is a LINKTYPE_ number as capture files carry it
// (https://www.tcpdump.org/linktypes.html).
type LinkType uint16

// The link types that package decode reads.
const (
	LinkNull           LinkType = 0
	LinkEthernet       LinkType = 1
	LinkPPP            LinkType = 9
	LinkRawBSD         LinkType = 12 // DLT_RAW of some systems, in files by mistake
	LinkRawOpenBSD     LinkType = 14
	LinkRaw            LinkType = 101
	LinkIEEE80211      LinkType = 105
	LinkLoop           LinkType = 108
	LinkLinuxSLL       LinkType = 113
	LinkIEEE80211Radio LinkType = 127
	LinkPPI            LinkType = 192
	LinkIPv4           LinkType = 228
	LinkIPv6           LinkType = 229
	LinkLinuxSLL2      LinkType = 276
	LinkUnknown        LinkType = 0xffff
)

var linkNames = map[LinkType]string{LinkNull: "null", LinkEthernet: "ether", LinkPPP: "ppp", LinkRawBSD: "rawip", LinkRawOpenBSD: "rawip",
	LinkRaw: "rawip", LinkIEEE80211: "ieee-802-11", LinkLoop: "loop", LinkLinuxSLL: "linux-sll", LinkIEEE80211Radio: "ieee-802-11-radiotap",
	LinkPPI: "ppi", LinkIPv4: "rawip4", LinkIPv6: "rawip6", LinkLinuxSLL2: "linux-sll2"}

// String is Wireshark's short name of the link type, or "linktype-N".
func (l LinkType) String() string {
	if name := linkNames[l]; name != "" {
		return name
	}
	return "linktype-" + strconv.Itoa(int(l))
}

// A Packet is one packet as captured, not yet looked into.
type Packet struct {
	Time    int64  // nanoseconds since 1970 UTC
	Clock   int64  // latest Time of all packets up to this one, for timeouts; the reader's
	Number  uint64 // position in its file or interface, from 1
	Data    []byte // what was captured of it
	Length  int    // bytes on the wire, at least len(Data)
	Link    LinkType
	Source  uint16 // index of the file or interface within its source
	VLAN    uint16 // the tag that the kernel took off the packet
	HasVLAN bool   // whether it took one off
}
