package sensor

import "tyto/frame"

// names numbers the server names that conversations of one worker have, and
// forgets those that none has any more.
type names struct {
	number map[string]uint32
	text   []string // by number; 0 is none
	used   []uint32
	unused []uint32 // given back, oldest first; some may be in use again
	free   []uint32
	most   int    // names kept at a time
	full   uint64 // times that a new one found no place
}

// keepUnused is how many names are remembered that no conversation has now,
// so that one which goes back and forth (a proxy's) makes no string each time.
const keepUnused = 1024

func newNames(most int) names {
	return names{most: max(most, 2*keepUnused), number: map[string]uint32{}, text: make([]string, 1), used: make([]uint32, 1)}
}

// longestName is RFC 1035's limit for a domain name as text.
const longestName = 253

// swap gives back the name that a conversation had, and is the number of the one it has now.
func (n *names) swap(had uint32, name []byte) uint32 {
	if len(name) > longestName {
		name = name[:longestName]
	}
	i, known := n.number[string(name)]
	if known && i == had {
		return had
	}
	n.drop(had)
	for !known && len(n.number) >= n.most {
		if len(n.unused) == 0 {
			n.full++
			return 0
		}
		n.forgetOldest()
	}
	if !known {
		i = n.add(string(name))
	}
	n.used[i]++
	return i
}

func (n *names) add(name string) uint32 {
	i := uint32(len(n.text))
	if f := len(n.free); f > 0 {
		i, n.free = n.free[f-1], n.free[:f-1]
		n.text[i], n.used[i] = name, 0
	} else {
		n.text, n.used = append(n.text, name), append(n.used, 0)
	}
	n.number[name] = i
	return i
}

func (n *names) drop(i uint32) {
	if i == 0 {
		return
	}
	if n.used[i]--; n.used[i] > 0 {
		return
	}
	if len(n.unused) == keepUnused {
		n.forgetOldest()
	}
	n.unused = append(n.unused, i)
}

// forgetOldest forgets what has been unused for longest.
func (n *names) forgetOldest() {
	n.forget(n.unused[0])
	copy(n.unused, n.unused[1:])
	n.unused = n.unused[:len(n.unused)-1]
}

// forget frees a number, unless it is in use again or was freed before.
func (n *names) forget(i uint32) {
	if n.used[i] == 0 && n.text[i] != "" {
		delete(n.number, n.text[i])
		n.text[i] = ""
		n.free = append(n.free, i)
	}
}

// ipNames are Wireshark's short names of what IP carries, where the header's
// number alone says what it is.
var ipNames = [256]string{
	frame.ICMP: "icmp", frame.IGMP: "igmp", 4: "ip", frame.TCP: "tcp", 8: "egp", 9: "igrp", frame.UDP: "udp", 33: "dccp", 41: "ipv6",
	46: "rsvp", frame.GRE: "gre", 50: "esp", 51: "ah", frame.ICMPv6: "icmpv6", 88: "eigrp", 89: "ospf", 103: "pim", 112: "vrrp",
	115: "l2tp", frame.SCTP: "sctp", 136: "udplite",
}

// etherTypeNames are Wireshark's short names of what a link carries, where
// the type alone says what it is.
var etherTypeNames = map[uint16]string{
	0x0806: "arp", 0x0842: "wol", 0x22f0: "ieee1722", 0x22f3: "trill", 0x6002: "mop-rc", 0x6003: "dec_dna", 0x809b: "atalk",
	0x80f3: "aarp", 0x8100: "vlan", 0x8137: "ipx", 0x8847: "mpls", 0x8863: "pppoed", 0x8864: "pppoes", 0x886d: "ans", 0x888e: "eapol",
	0x8892: "pn_rt", 0x88a2: "aoe", 0x88a4: "ecatf", 0x88ab: "epl", 0x88b8: "goose", 0x88b9: "gse", 0x88ba: "sv", 0x88ca: "tipc",
	0x88cc: "lldp", 0x88cd: "sercosiii", 0x88d9: "lltd", 0x88e1: "homeplug-av", 0x88e3: "mrp", 0x88e5: "macsec", 0x88f7: "ptp",
	0x88fb: "prp", 0x8902: "cfm", 0x8906: "fcoe", 0x8914: "fip", 0x892f: "hsr", 0x9000: "loop", 0x8809: "slow",
}

// llcNames are those of 802.2 destination access points.
var llcNames = map[uint8]string{0x42: "stp", 0xe0: "ipx", 0xf0: "netbios", 0xfe: "osi", 0xaa: "snap"}
