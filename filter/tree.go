package filter

// A node is an expression that is true of a packet or not.
type node interface{}

type (
	both   struct{ a, b node }
	either struct{ a, b node }
	not    struct{ a node }
	never  struct{}
	// etherType is true if what follows the link's header, and tags, is of a type.
	etherType uint32
	// tagged is true if one of the tags has a number; with anyTag, if there is one.
	tagged uint32
	// field compares bytes of a header with a value.
	field struct {
		base  base
		at    uint32
		size  uint16 // word, half or octet
		mask  uint32 // 0 is none
		op    uint16 // equal, greater, greaterEqual or anyBits
		value uint32
	}
	// relation compares two sums.
	relation struct {
		op   uint16
		a, b sum
	}
)

const anyTag = 1 << 16

// A base is where offsets begin.
type base int

const (
	ofLink      base = iota // the frame
	ofNetwork               // what follows the link's header and tags
	ofTransport             // what follows the header of IPv4
)

// A sum is a number that is calculated from a packet.
type sum interface{}

type (
	number uint32
	length struct{}
	part   struct { // bytes of a header
		base base
		plus uint32 // from the base to the header
		at   sum
		size uint16
	}
	calc struct {
		op   uint16
		a, b sum
	}
)

func all(nodes ...node) node { return joined(nodes, func(a, b node) node { return both{a, b} }) }
func one(nodes ...node) node { return joined(nodes, func(a, b node) node { return either{a, b} }) }

func joined(nodes []node, join func(a, b node) node) node {
	out := nodes[0]
	for _, n := range nodes[1:] {
		out = join(out, n)
	}
	return out
}

// EtherTypes and protocols of IP (IANA).
const (
	typeIP, typeARP, typeRARP, typeIP6 = 0x0800, 0x0806, 0x8035, 0x86dd

	protoFragment = 44
)

// protocols is names of protocols, and over which versions of IP they are looked for.
var protocols = map[string]struct {
	number uint32
	ip4    bool
	ip6    bool
}{
	"icmp": {1, true, false}, "igmp": {2, true, false}, "tcp": {6, true, true}, "igrp": {9, true, false}, "udp": {17, true, true},
	"esp": {50, true, true}, "ah": {51, true, true}, "icmp6": {58, false, true}, "pim": {103, true, true}, "vrrp": {112, true, false},
	"carp": {112, true, false}, "sctp": {132, true, true},
}

// etherTypes is names of EtherTypes.
var etherTypes = map[string]uint32{"ip": typeIP, "arp": typeARP, "rarp": typeRARP, "ip6": typeIP6}

func ip4(proto uint32) node {
	return all(etherType(typeIP), field{ofNetwork, 9, octet, 0, equal, proto})
}

// ip6 looks at the first header, and behind one of fragments, as tcpdump does.
func ip6(proto uint32) node {
	next := func(at, value uint32) node { return field{ofNetwork, at, octet, 0, equal, value} }
	return all(etherType(typeIP6), one(next(6, proto), all(next(6, protoFragment), next(40, proto))))
}

// unfragmented is true of first fragments, which have ports.
var unfragmented = not{field{ofNetwork, 6, half, 0, anyBits, 0x1fff}}

// ports is true of protocols whose ports, as dir says, are from low to high.
func ports(names []string, d direction, low, high uint32) node {
	var any []node
	for _, name := range names {
		n := protocols[name].number
		in := func(b base, at uint32) node {
			if low == high {
				return field{b, at, half, 0, equal, low}
			}
			return all(field{b, at, half, 0, greaterEqual, low}, not{field{b, at, half, 0, greater, high}})
		}
		any = append(any,
			all(ip4(n), unfragmented, d.of(in(ofTransport, 0), in(ofTransport, 2))),
			all(etherType(typeIP6), field{ofNetwork, 6, octet, 0, equal, n}, d.of(in(ofNetwork, 40), in(ofNetwork, 42))))
	}
	return one(any...)
}

// A direction says of which end something is to be true.
type direction int

const (
	srcOrDst direction = iota
	src
	dst
	srcAndDst
)

func (d direction) of(s, t node) node {
	switch d {
	case src:
		return s
	case dst:
		return t
	case srcAndDst:
		return both{s, t}
	}
	return either{s, t}
}

// bytesAt is true if bytes, under a mask, are as they are.
func bytesAt(b base, at uint32, bytes, mask []byte) node {
	var tests []node
	for i := 0; i < len(bytes); {
		n, size := 4, uint16(word)
		if len(bytes)-i < 4 {
			n, size = 2, half
		}
		var value, m uint32
		for j := range n {
			value, m = value<<8|uint32(bytes[i+j]&mask[i+j]), m<<8|uint32(mask[i+j])
		}
		if m != 0 {
			if m == 1<<(8*n)-1 {
				m = 0
			}
			tests = append(tests, field{b, at + uint32(i), size, m, equal, value})
		}
		i += n
	}
	if len(tests) == 0 {
		return not{never{}}
	}
	return all(tests...)
}
