package filter

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// port reads a port, or two with a - between.
func (p *parser) port(q qualifiers) (node, error) {
	at := p.now
	names := []string{"tcp", "udp", "sctp"}
	if q.proto != "" {
		if !slices.Contains(names, q.proto) {
			return nil, at.wrong("%s has no ports; tcp, udp and sctp have", q.proto)
		}
		names = []string{q.proto}
	}
	low, high, ranged := strings.Cut(at.text, "-")
	if !ranged {
		high = low
	} else if q.kind != "portrange" {
		return nil, at.wrong("%s is a range: say portrange", at.shown())
	}
	from, err := strconv.ParseUint(low, 10, 16)
	to, err2 := strconv.ParseUint(high, 10, 16)
	if err != nil || err2 != nil {
		return nil, at.wrong("%s is not a port as a number up to 65535; names of services are not looked up", at.shown())
	}
	p.step()
	return ports(names, q.dir, uint32(min(from, to)), uint32(max(from, to))), nil
}

// protocol reads a protocol, by name or number.
func (p *parser) protocol(q qualifiers) (node, error) {
	at := p.now
	name := strings.TrimPrefix(at.text, `\`)
	if q.proto == "ether" {
		if t, ok := etherTypes[name]; ok {
			p.step()
			return etherType(t), nil
		}
		n, err := p.number(0xffff)
		if err == nil && n <= 1500 {
			err = at.wrong("%d is a length, not an EtherType: those are from 1501 on", n)
		}
		return etherType(n), err
	}
	number, named := uint32(protocols[name].number), protocols[name].number != 0
	if named {
		p.step()
	} else {
		n, err := p.number(255)
		if err != nil {
			return nil, err
		}
		number = n
	}
	switch q.proto {
	case "":
		return one(ip4(number), ip6(number)), nil
	case "ip":
		return ip4(number), nil
	case "ip6":
		return ip6(number), nil
	}
	return nil, at.wrong("%s proto makes no sense; ip, ip6 and ether have protocols in them", q.proto)
}

// host reads an address.
func (p *parser) host(q qualifiers) (node, error) {
	at := p.now
	if q.proto == "ether" {
		mac, err := net.ParseMAC(at.text)
		if err != nil || len(mac) != 6 {
			return nil, at.wrong("%s is not a MAC address such as 00:1b:1b:01:02:03", at.shown())
		}
		p.step()
		full := repeat(0xff, 6)
		return q.dir.of(bytesAt(ofLink, 6, mac, full), bytesAt(ofLink, 0, mac, full)), nil
	}
	a, err := netip.ParseAddr(at.text)
	if err != nil || a.Zone() != "" {
		if strings.Contains(at.text, "/") {
			return nil, at.wrong("%s is a network: say net", at.shown())
		}
		return nil, at.wrong("%s is not an IP address; names of hosts are not looked up", at.shown())
	}
	p.step()
	return address(at, q, netip.PrefixFrom(a, a.BitLen()))
}

// net reads a network: 10.0.0.0/8, 10.1 (which is 10.1.0.0/16), or one with mask.
func (p *parser) net(q qualifiers) (node, error) {
	at := p.now
	prefix, err := netip.ParsePrefix(at.text)
	if err != nil {
		if prefix, err = partial(at.text); err != nil {
			return nil, at.wrong("%s is not a network such as 10.0.0.0/8, 192.168.1 or fd00::/8", at.shown())
		}
	}
	p.step()
	if p.take("mask") {
		mask, err := netip.ParseAddr(p.now.text)
		if err != nil || !mask.Is4() || !prefix.Addr().Is4() {
			return nil, p.now.wrong("%s is not a mask such as 255.255.0.0", p.now.shown())
		}
		ones, _ := net.IPMask(mask.AsSlice()).Size()
		if ones == 0 && mask != netip.IPv4Unspecified() {
			return nil, p.now.wrong("%s has ones after zeros", p.now.shown())
		}
		p.step()
		prefix = netip.PrefixFrom(prefix.Addr(), ones)
	}
	if prefix.Masked() != prefix {
		return nil, at.wrong("%s has bits set behind its mask; %s is the network", at.shown(), prefix.Masked())
	}
	return address(at, q, prefix)
}

// partial is a network of IPv4 of which the first bytes are given.
func partial(text string) (netip.Prefix, error) {
	n := strings.Count(text, ".") + 1
	if n > 4 {
		n = 4 // it is no address then
	}
	if n == 1 && strings.Contains(text, ":") {
		a, err := netip.ParseAddr(text)
		return netip.PrefixFrom(a, 128), err
	}
	a, err := netip.ParseAddr(text + strings.Repeat(".0", 4-n))
	return netip.PrefixFrom(a, 8*n), err
}

// address is true of packets from or to a network; one of a host is as long as its address.
func address(at token, q qualifiers, of netip.Prefix) (node, error) {
	bytes := of.Addr().AsSlice()
	mask := net.CIDRMask(of.Bits(), of.Addr().BitLen())
	in := func(t, s, d uint32) node {
		return all(etherType(t), q.dir.of(bytesAt(ofNetwork, s, bytes, mask), bytesAt(ofNetwork, d, bytes, mask)))
	}
	is4 := of.Addr().Is4()
	switch {
	case is4 && q.proto == "":
		return one(in(typeIP, 12, 16), in(typeARP, 14, 24), in(typeRARP, 14, 24)), nil
	case is4 && q.proto == "ip":
		return in(typeIP, 12, 16), nil
	case is4 && (q.proto == "arp" || q.proto == "rarp"):
		return in(etherTypes[q.proto], 14, 24), nil
	case !is4 && (q.proto == "" || q.proto == "ip6"):
		return in(typeIP6, 8, 24), nil
	}
	return nil, at.wrong("%s is no address of %s; join them with and", at.shown(), q.proto)
}
