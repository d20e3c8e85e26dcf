package filter

import (
	"slices"
	"strconv"
	"strings"
)

// Bounds of an expression.
const (
	maxText  = 4096
	maxDepth = 64
)

// A parser reads an expression by recursive descent.
type parser struct {
	lexer
	now   token
	depth int
	last  *qualifiers // of the primitive before, which a bare value takes over
}

// qualifiers is what stands before a value.
type qualifiers struct {
	proto string // "" is whichever makes sense
	dir   direction
	kind  string // host, net, port, portrange or proto
}

func (p *parser) whole() (node, error) {
	if len(p.text) > maxText {
		return nil, token{"", maxText}.wrong("the expression is longer than %d characters", maxText)
	}
	p.step()
	if p.now.text == "" {
		return nil, p.now.wrong("the expression is empty; leave the filter out to hear everything")
	}
	n, err := p.expression()
	if err == nil && p.now.text != "" {
		err = p.now.wrong("%s is not expected here; join what belongs together with and, or", p.now.shown())
	}
	return n, err
}

func (p *parser) step() { p.now = p.next() }

// take goes on if the next token is one of words.
func (p *parser) take(words ...string) bool {
	if p.now.text == "" || !slices.Contains(words, p.now.text) {
		return false
	}
	p.step()
	return true
}

// expression is terms, joined from left to right: and and or bind alike.
func (p *parser) expression() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.now.wrong("parentheses go deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	n, err := p.term()
	for err == nil {
		var m node
		switch {
		case p.take("and", "&&"):
			if m, err = p.term(); err == nil {
				n = both{n, m}
			}
		case p.take("or", "||"):
			if m, err = p.term(); err == nil {
				n = either{n, m}
			}
		default:
			return n, nil
		}
	}
	return nil, err
}

func (p *parser) term() (node, error) {
	if p.now.text == "not" || p.now.text == "!" {
		if p.depth++; p.depth > maxDepth {
			return nil, p.now.wrong("more than %d not in a row", maxDepth)
		}
		defer func() { p.depth-- }()
		p.step()
		n, err := p.term()
		return not{n}, err
	}
	before := *p
	if n, ok, err := p.relation(); ok || err != nil {
		return n, err
	}
	*p = before
	if p.take("(") {
		n, err := p.expression()
		if err == nil && !p.take(")") {
			err = p.now.wrong("%s, where a ) is missing", p.now.shown())
		}
		return n, err
	}
	return p.primitive()
}

// primitive is one test in words.
func (p *parser) primitive() (node, error) {
	begin := p.now
	switch {
	case p.take("vlan"):
		p.last = nil
		if p.now.text == "" || p.now.text[0] < '0' || p.now.text[0] > '9' {
			return tagged(anyTag), nil
		}
		n, err := p.number(4095)
		return tagged(n), err
	case p.take("less"):
		p.last = nil
		n, err := p.number(1 << 20)
		return not{relation{greater, length{}, number(n)}}, err
	case p.take("greater"):
		p.last = nil
		n, err := p.number(1 << 20)
		return relation{greaterEqual, length{}, number(n)}, err
	case p.take("broadcast"):
		p.last = nil
		return group("ether", "broadcast"), nil
	case p.take("multicast"):
		p.last = nil
		return group("ether", "multicast"), nil
	}
	q, words, n, err := p.head()
	switch {
	case err != nil || n != nil:
		p.last = nil
		return n, err
	case words == 0 && p.last == nil:
		return nil, begin.wrong("%s is none of host, net, port, portrange, proto, vlan, or a protocol such as tcp", begin.shown())
	case words == 0:
		q = *p.last
	}
	p.last = &q
	return p.value(q)
}

// head reads qualifiers, of so many words; a node if they were all there is to say.
func (p *parser) head() (q qualifiers, words int, n node, err error) {
	_, isIP := protocols[p.now.text]
	_, isEther := etherTypes[p.now.text]
	if isIP || isEther || p.now.text == "ether" {
		q.proto = p.now.text
		p.step()
		words++
	}
	if words > 0 && (p.now.text == "multicast" || p.now.text == "broadcast") {
		at, what := p.now, p.now.text
		p.step()
		if n = group(q.proto, what); n == nil {
			err = at.wrong("there is no %s %s here; ether broadcast, ether multicast, ip multicast and ip6 multicast are known", q.proto, what)
		}
		return q, words, n, err
	}
	var directed, kind bool
	if q.dir, directed = p.direction(); directed {
		words++
	}
	q.kind = "host"
	for _, k := range []string{"host", "net", "port", "portrange", "proto"} {
		if p.take(k) {
			q.kind, kind = k, true
			words++
			break
		}
	}
	if words == 0 || directed || kind {
		return q, words, nil, nil
	}
	if n = alone(q.proto); n == nil {
		err = p.now.wrong("%s, where ether wants host, src, dst, proto, broadcast or multicast, or is compared with a number", p.now.shown())
	}
	return q, words, n, err
}

// alone is true of all packets of a protocol, nil for ether, which is of none.
func alone(name string) node {
	if t, ok := etherTypes[name]; ok {
		return etherType(t)
	}
	if p, ok := protocols[name]; ok {
		return overIP(p.number, p.ip4, p.ip6)
	}
	return nil
}

func overIP(proto uint32, in4, in6 bool) node {
	switch {
	case !in6:
		return ip4(proto)
	case !in4:
		return ip6(proto)
	}
	return one(ip4(proto), ip6(proto))
}

// group is true of packets to many; nil if that is not known of a protocol.
func group(proto, what string) node {
	switch proto + " " + what {
	case "ether broadcast":
		return bytesAt(ofLink, 0, repeat(0xff, 6), repeat(0xff, 6))
	case "ether multicast":
		return field{ofLink, 0, octet, 0, anyBits, 1}
	case "ip multicast":
		return all(etherType(typeIP), field{ofNetwork, 16, octet, 0, greaterEqual, 0xe0})
	case "ip6 multicast":
		return all(etherType(typeIP6), field{ofNetwork, 24, octet, 0, equal, 0xff})
	}
	return nil
}

func repeat(b byte, n int) []byte { return slices.Repeat([]byte{b}, n) }

// direction reads src, dst, src or dst, src and dst.
func (p *parser) direction() (direction, bool) {
	first, other, d := "src", "dst", src
	if p.now.text == "dst" {
		first, other, d = "dst", "src", dst
	}
	if !p.take(first) {
		return srcOrDst, false
	}
	before := *p
	switch {
	case p.take("or", "||") && p.take(other):
		return srcOrDst, true
	}
	*p = before
	if p.take("and", "&&") && p.take(other) {
		return srcAndDst, true
	}
	*p = before
	return d, true
}

// number reads one, decimal, 0x… or 0…, that is at most so large.
func (p *parser) number(most uint64) (uint32, error) {
	n, err := strconv.ParseUint(p.now.text, 0, 64)
	if err != nil || n > most {
		return 0, p.now.wrong("%s is not a number between 0 and %d", p.now.shown(), most)
	}
	p.step()
	return uint32(n), nil
}

// value reads what the qualifiers are about.
func (p *parser) value(q qualifiers) (node, error) {
	at := p.now
	if at.text == "" || strings.Contains("()![]&|<>=", at.text) {
		return nil, at.wrong("%s, where a value for %q is missing", at.shown(), q.kind)
	}
	switch q.kind {
	case "port", "portrange":
		return p.port(q)
	case "proto":
		return p.protocol(q)
	case "net":
		return p.net(q)
	}
	return p.host(q)
}
