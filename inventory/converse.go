package inventory

import (
	"strconv"

	"tyto/tyto"
)

// converse counts a conversation to both sides, for what each has sent.
func (v *Inventory) converse(c *tyto.Conversation) {
	first, last := nanos(c.First), nanos(c.Last)
	client := v.spoke(&c.Client, c.Packets[0], c.Bytes[0], first, last)
	server := v.spoke(&c.Server, c.Packets[1], c.Bytes[1], first, last)
	v.together(c, client, server)
	v.tookPart(client, c.Packets[0] > 1 && c.Packets[1] > 0)
	v.tookPart(server, c.Packets[0] > 0)
	if c.Protocol == "" {
		if server != 0 && answers(c) {
			v.provides(server, c, first, last)
		}
		return
	}
	e := c.Evidence
	e.Protocol, e.Field = c.Protocol, "conversation"
	src, name := v.claims.source(&e, tyto.Shown), v.words.add(c.Protocol)
	v.speaks(client, name, src, e.Packet, first, last)
	v.speaks(server, name, src, e.Packet, first, last)
	if server != 0 && c.Port != 0 && (c.Transport == "tcp" || c.Transport == "udp" || c.Transport == "sctp") {
		b := append(v.scratch[:0], c.Transport...)
		b = strconv.AppendUint(append(b, '/'), uint64(c.Port), 10)
		b = append(append(b, ' '), c.Protocol...)
		v.scratch = b
		v.claimOf(server, uint64(tyto.Provides), v.words.addBytes(b), src, e.Packet, first, last)
	}
}

// provides notes that a server took part in a conversation that nobody understood.
func (v *Inventory) provides(server uint32, c *tyto.Conversation, first, last int64) {
	e := c.Evidence
	e.Protocol, e.Field = c.Transport, "conversation"
	b := strconv.AppendUint(append(v.scratch[:0], "tcp/"...), uint64(c.Port), 10)
	v.scratch = b
	v.claimOf(server, uint64(tyto.Provides), v.words.addBytes(b), v.claims.source(&e, tyto.Inferred), e.Packet, first, last)
}

// spoke counts what one side sent, and is its pair; 0 if it sent nothing or
// is an internet host.
func (v *Inventory) spoke(s *tyto.Subject, packets, bytes uint64, first, last int64) uint32 {
	if packets == 0 {
		return 0
	}
	m, a := endpoint(s)
	n := v.pairOf(m, a, s.VLAN, false)
	known := n != 0
	if known {
		v.use(n, sent, first, last)
	} else if m.IsZero() {
		return 0
	} else {
		n = v.passesOn(m, s.VLAN, first, last)
	}
	p := v.pair(n)
	p.packets, p.bytes = p.packets+packets, p.bytes+bytes
	if !known {
		return 0
	}
	return n
}

// speaks notes that a side of a conversation spoke a protocol.
func (v *Inventory) speaks(n uint32, name word, source uint32, packet uint64, first, last int64) {
	if n != 0 {
		v.claimOf(n, uint64(tyto.Protocol), name, source, packet, first, last)
	}
}

// tookPart notes that a side of a conversation took part in it: it went on when
// it was answered, or answered itself.
func (v *Inventory) tookPart(n uint32, is bool) {
	if n != 0 && is {
		v.pair(n).flags |= answered
	}
}

// together learns from both sides at once: an interface that stands on both
// is no host's own, and two interfaces that talk within one network are on it.
func (v *Inventory) together(c *tyto.Conversation, client, server uint32) {
	if c.Client.MAC.IsZero() || c.Client.Addr.IsZero() || c.Client.Addr == c.Server.Addr {
		return
	}
	if c.Client.MAC == c.Server.MAC {
		if !c.Client.MAC.IsGroup() && client|server != 0 {
			v.markRouter(v.iface(c.Client.MAC, c.Client.VLAN), selfTalk)
		}
		return
	}
	if client == 0 || server == 0 || c.Server.MAC.IsZero() {
		return
	}
	if net := netOf(c.Client.Addr); reachOf(c.Client.Addr) == internet && net == netOf(c.Server.Addr) {
		v.addNet(net)
	}
}
