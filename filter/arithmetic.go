package filter

import (
	"strconv"
)

// named is numbers that have names in comparisons.
var named = map[string]uint32{
	"icmptype": 0, "icmpcode": 1, "tcpflags": 13, "icmp6type": 0, "icmp6code": 1,
	"tcp-fin": 1, "tcp-syn": 2, "tcp-rst": 4, "tcp-push": 8, "tcp-ack": 16, "tcp-urg": 32, "tcp-ece": 64, "tcp-cwr": 128,
	"icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5, "icmp-echo": 8, "icmp-routeradvert": 9,
	"icmp-routersolicit": 10, "icmp-timxceed": 11, "icmp-paramprob": 12, "icmp-tstamp": 13, "icmp-tstampreply": 14,
	"icmp6-echo": 128, "icmp6-echoreply": 129, "icmp6-routersolicit": 133, "icmp6-routeradvert": 134, "icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136,
}

// relation reads a comparison of sums; ok is false if there is none here, and
// the parser then is anywhere.
func (p *parser) relation() (n node, ok bool, err error) {
	var needs []node
	a, ok := p.sum(&needs, 0)
	if !ok {
		return nil, false, nil
	}
	op, negated := uint16(0), false
	sign := p.now
	switch sign.text {
	case "=", "==":
		op = equal
	case "!=":
		op, negated = equal, true
	case ">":
		op = greater
	case "<=":
		op, negated = greater, true
	case ">=":
		op = greaterEqual
	case "<":
		op, negated = greaterEqual, true
	default:
		return nil, false, nil
	}
	p.step()
	at := p.now
	b, ok := p.sum(&needs, 0)
	if !ok {
		return nil, false, at.wrong("%s, where a number or a part of a header is missing", at.shown())
	}
	if bad := impossible(a) + impossible(b); bad != "" {
		return nil, false, sign.wrong("%s", bad)
	}
	p.last = nil
	n = relation{op, a, b}
	if negated {
		n = not{n}
	}
	return all(append(needs, n)...), true, nil
}

// impossible says why a sum cannot be calculated.
func impossible(s sum) string {
	switch s := s.(type) {
	case part:
		return impossible(s.at)
	case calc:
		if n, ok := s.b.(number); ok {
			switch {
			case (s.op == div || s.op == mod) && n == 0:
				return "division by zero"
			case (s.op == lsh || s.op == rsh) && n > 31:
				return "shift by more than 31 bits"
			}
		}
		return impossible(s.a) + impossible(s.b)
	}
	return ""
}

// levels is the signs of calculation, the weakest first.
var levels = []map[string]uint16{
	{"|": or}, {"^": xor}, {"&": and}, {"<<": lsh, ">>": rsh}, {"+": add, "-": sub}, {"*": mul, "/": div, "%": mod},
}

// sum reads a calculation; needs gets what must be so for its parts to be there.
func (p *parser) sum(needs *[]node, level int) (sum, bool) {
	if level == len(levels) {
		return p.factor(needs)
	}
	a, ok := p.sum(needs, level+1)
	for ok {
		op, is := levels[level][p.now.text]
		if !is {
			return a, true
		}
		p.step()
		var b sum
		if b, ok = p.sum(needs, level+1); ok {
			a = calc{op, a, b}
		}
	}
	return nil, false
}

func (p *parser) factor(needs *[]node) (sum, bool) {
	if p.depth++; p.depth > maxDepth {
		return nil, false
	}
	defer func() { p.depth-- }()
	text := p.now.text
	if n, ok := named[text]; ok {
		p.step()
		return number(n), true
	}
	if n, err := strconv.ParseUint(text, 0, 32); err == nil {
		p.step()
		return number(n), true
	}
	switch {
	case p.take("len"):
		return length{}, true
	case p.take("-"):
		a, ok := p.factor(needs)
		return calc{sub, number(0), a}, ok
	case p.take("("):
		a, ok := p.sum(needs, 0)
		return a, ok && p.take(")")
	}
	return p.part(needs)
}

// part reads bytes of a header, such as tcp[13] or ip[2:2].
func (p *parser) part(needs *[]node) (sum, bool) {
	var out part
	switch name := p.now.text; name {
	case "ether":
		out.base = ofLink
	case "ip", "ip6", "arp", "rarp":
		out.base = ofNetwork
		*needs = append(*needs, etherType(etherTypes[name]))
	case "icmp6":
		out.base, out.plus = ofNetwork, 40
		*needs = append(*needs, etherType(typeIP6), field{ofNetwork, 6, octet, 0, equal, protocols[name].number})
	default:
		if !protocols[name].ip4 {
			return nil, false
		}
		out.base = ofTransport
		*needs = append(*needs, ip4(protocols[name].number), unfragmented)
	}
	p.step()
	if !p.take("[") {
		return nil, false
	}
	var ok bool
	if out.at, ok = p.sum(needs, 0); !ok {
		return nil, false
	}
	out.size = octet
	if p.take(":") {
		if out.size, ok = map[string]uint16{"1": octet, "2": half, "4": word}[p.now.text]; !ok {
			return nil, false
		}
		p.step()
	}
	return out, p.take("]")
}
