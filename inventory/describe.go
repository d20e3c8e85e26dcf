package inventory

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"tyto/frame"
	"tyto/tyto"
)

// A fact is a claim about a device, and where it comes from in the end: what
// follows from one cause counts once.
type fact struct {
	tyto.Claim
	part  uint16
	life  life
	faded uint8 // half-lives, since it was said last
	cause string
}

// A teller describes devices of an inventory that is settled. Several may, at
// the same time: each has memory of its own.
type teller struct {
	*Inventory
	around  []uint32
	facts   []fact // of the device described last
	follows [2][]fact
}

// describe makes what others know of a device.
func (v *teller) describe(d uint32) *tyto.Device {
	out, facts := v.outline(d)
	out.Evidence = v.evidence(facts)
	return out
}

// outline makes a device without its evidence, and the facts that are it,
// which are valid until the next device.
func (v *teller) outline(d uint32) (*tyto.Device, []fact) {
	x := &v.devices[d]
	var cores []core
	for c := x.head; c != 0; c = v.seat(c).next {
		cores = append(cores, c)
	}
	slices.SortFunc(cores, v.compare)
	out := &tyto.Device{ID: idText(x.id), Zone: v.zone, Beliefs: map[tyto.Attr]tyto.Belief{}}
	facts := v.facts[:0]
	for _, c := range cores {
		facts = v.factsOf(c, out, facts)
	}
	for _, c := range cores {
		facts = v.selfEvident(c, out, facts)
	}
	sortFacts(facts)
	facts, past := decided(facts)
	own := len(facts)
	facts = v.guess(cores, out, v.conclude(out, facts))
	if len(facts) > own {
		sortFacts(facts)
	}
	facts = believe(out, facts, v.held[x.id])
	facts = append(append(append(facts, findings(out, facts)...), v.relatives(d, facts)...), past...)
	out.Protocols, out.Roles = valuesOf(facts, tyto.Protocol), valuesOf(facts, tyto.Role)
	out.Services, out.Modules = services(facts), modules(facts)
	v.facts = facts
	return out, facts
}

// factsOf adds a core to a device: its interface, what it sent, what is said of it.
func (v *teller) factsOf(c core, out *tyto.Device, facts []fact) []fact {
	v.around = v.pairsOf(c, v.around[:0])
	for _, n := range v.around {
		p := v.pair(n)
		count(out, p)
		for k := p.claims; k != 0; {
			x := v.claims.at(k)
			s := &v.claims.sources[x.source]
			from := cause(s.protocol)
			facts = append(facts, fact{Claim: v.told(x), part: x.part(), life: lifeOf(x.attr(), s.confidence, from), cause: from})
			span(out, x.first, x.until())
			k = x.next
		}
	}
	if c.isAddr() {
		h := &v.hosts[c.n()]
		out.Interfaces = append(out.Interfaces, tyto.Interface{IPs: []tyto.IPInterval{v.interval(h, v.around)}})
		return facts
	}
	return v.factsOfIface(c.n(), out, facts)
}

// count adds what a pair sent to its device.
func count(out *tyto.Device, p *pair) {
	out.Packets, out.Bytes = out.Packets+p.packets, out.Bytes+p.bytes
	if p.flags&used != 0 {
		span(out, p.first, p.until())
	}
}

// span widens the time in which a device was seen.
func span(out *tyto.Device, first, last int64) {
	if t := moment(first); out.First.IsZero() || t.Before(out.First) {
		out.First = t
	}
	if t := moment(last); out.Last.IsZero() || t.After(out.Last) {
		out.Last = t
	}
}

// factsOfIface adds an interface. What it passes on for internet hosts, which
// are no devices, counts as its own.
func (v *teller) factsOfIface(n uint32, out *tyto.Device, facts []fact) []fact {
	i := &v.ifaces[n]
	face := tyto.Interface{MAC: i.mac()}
	var passed []uint32
	for k := i.pairs; k != 0; {
		p := v.pair(k)
		switch h := &v.hosts[p.host]; {
		case p.host == 0:
		case p.flags&attached != 0:
			face.IPs = append(face.IPs, v.interval(h, []uint32{k}))
		case !v.near(h):
			count(out, p)
		case p.flags&sent != 0 && i.flags&router != 0 && v.seat(v.home(k)).device != i.device:
			passed = append(passed, k)
		}
		k = p.nextOfIface
	}
	slices.SortFunc(face.IPs, func(a, b tyto.IPInterval) int { return bytes.Compare(a.IP[:], b.IP[:]) })
	if i.tagged {
		face.VLANs = append(face.VLANs, i.vlan)
		face.VLANs = append(face.VLANs, v.vlans[n]...)
		slices.Sort(face.VLANs)
	}
	if last := len(out.Interfaces) - 1; last >= 0 && out.Interfaces[last].MAC == face.MAC {
		join(&out.Interfaces[last], face)
	} else {
		out.Interfaces = append(out.Interfaces, face)
	}
	return v.forwards(passed, facts)
}

// join adds the same address in another VLAN to an interface.
func join(to *tyto.Interface, x tyto.Interface) {
	to.VLANs = append(to.VLANs, x.VLANs...)
	slices.Sort(to.VLANs)
	for _, ip := range x.IPs {
		if !slices.ContainsFunc(to.IPs, func(y tyto.IPInterval) bool { return y.IP == ip.IP }) {
			to.IPs = append(to.IPs, ip)
		}
	}
}

// maxForwards is how many of the hosts behind a router are told of it.
const maxForwards = 32

// forwards adds the devices that an interface sends for, with the evidence of
// the first frame that it sent for each.
func (v *teller) forwards(passed []uint32, facts []fact) []fact {
	slices.SortFunc(passed, func(a, b uint32) int {
		return bytes.Compare(v.hosts[v.pair(a).host].addr[:], v.hosts[v.pair(b).host].addr[:])
	})
	seen := tyto.Evidence{Protocol: "ip", Field: "inventory.forwards"}
	for _, n := range passed[:min(len(passed), maxForwards)] {
		p := v.pair(n)
		f := fact{Claim: tyto.Claim{
			Attr: tyto.Forwards, Value: v.hosts[p.host].addr.String(), Confidence: tyto.Shown, First: moment(p.first), Last: moment(p.until()),
			Evidence: seen,
		}, cause: "ip"}
		var best tyto.Claim
		for k := p.claims; k != 0; {
			x := v.claims.at(k)
			if x.attr() == tyto.Address {
				if c := v.told(x); f.Evidence.Field == seen.Field || earlier(&c, &best) < 0 {
					f.Evidence, best = c.Evidence, c
				}
			}
			k = x.next
		}
		facts = append(facts, f)
	}
	return facts
}

// interval is when an address was in use by pairs. A lease to another
// interface ends it.
func (v *Inventory) interval(h *host, pairs []uint32) tyto.IPInterval {
	from, to, how := always, never, tyto.Guessed
	for _, n := range pairs {
		p := v.pair(n)
		if p.flags&used == 0 {
			continue
		}
		from, to = min(from, p.first), max(to, p.until())
		if p.flags&proved != 0 {
			how = tyto.Stated
		}
		for k := h.pairs; k != 0; {
			q := v.pair(k)
			if q.flags&leased != 0 && q.iface != p.iface && q.first > p.first {
				to = min(to, q.first)
			}
			k = q.nextOfHost
		}
	}
	out := tyto.IPInterval{IP: h.addr, Confidence: how}
	if from <= to {
		out.From, out.To = moment(from), moment(to)
	}
	return out
}

// selfEvident adds what an interface's address and behaviour tell by themselves.
func (v *teller) selfEvident(c core, out *tyto.Device, facts []fact) []fact {
	say := func(a tyto.Attr, value string, how tyto.Confidence, protocol, field string) {
		facts = append(facts, fact{Claim: tyto.Claim{
			Attr: a, Value: value, Confidence: how, First: out.First, Last: out.Last,
			Evidence: tyto.Evidence{Protocol: protocol, Field: field},
		}, cause: cause(protocol)})
	}
	if v.isVirtual(c) {
		say(tyto.Type, "virtual_address", tyto.Stated, "eth", "eth.addr")
	}
	if c.isAddr() {
		return facts
	}
	i := &v.ifaces[c.n()]
	m := i.mac()
	known := false
	if v.config.Vendor != nil && i.flags&shared == 0 {
		var name, kind string
		if name, kind, known = v.config.Vendor(m); known && name != "" {
			setVendor(out, m, name)
			say(tyto.NICVendor, name, tyto.Guessed, "eth", "eth.addr.oui_resolved")
			if !ofParts[kind] {
				say(tyto.Vendor, name, tyto.Guessed, "eth", "eth.addr.oui_resolved")
			}
			if c := categoryOfKind[kind]; c != "" {
				say(tyto.Category, c, tyto.Guessed, "eth", "eth.addr.oui_resolved")
			}
		}
	}
	if v.isRandom(i) && !known {
		say(tyto.Clue, "random MAC address", tyto.Guessed, "eth", "eth.addr.lg")
	}
	if i.flags&router != 0 && (i.flags&sendsMany != 0 || i.foreign4+i.foreign6 > 2 || i.near4 > 2) {
		say(tyto.Role, "router", tyto.Shown, "ip", "inventory.forwards")
	}
	return facts
}

// guess adds the type of a device of which nothing tells one: what brings packets of internet hosts, and sends
// nothing else, into a zone with addresses of its own is a router. One host is enough.
func (v *teller) guess(cores []core, out *tyto.Device, facts []fact) []fact {
	if len(cores) != 1 || cores[0].isAddr() || !v.settled || slices.ContainsFunc(facts, func(f fact) bool { return f.Attr == tyto.Type }) {
		return facts
	}
	if i := &v.ifaces[cores[0].n()]; i.flags&router == 0 || i.foreign4+i.foreign6 == 0 || i.own+i.near4+i.near6 > 0 {
		return facts
	}
	return append(facts, fact{Claim: tyto.Claim{
		Attr: tyto.Type, Value: "router", Confidence: tyto.Guessed, First: out.First, Last: out.Last,
		Evidence: tyto.Evidence{Protocol: "ip", Field: "inventory.forwards"},
	}, cause: "ip"})
}

// ofParts is the kinds of registrants who do not make the device, but what is in it.
var ofParts = map[string]bool{"odm": true, "module": true, "chip": true, "nic": true, "hypervisor": true}

// categoryOfKind is what a registrant's kind says of its devices, if nothing says more.
var categoryOfKind = map[string]string{"ot": "ot", "medical": "medical", "network": "network", "phone": "it"}

func setVendor(out *tyto.Device, m frame.MAC, name string) {
	for i := range out.Interfaces {
		if out.Interfaces[i].MAC == m {
			out.Interfaces[i].Vendor = name
		}
	}
}

// isVirtual reports whether a core is an address for sharing.
func (v *Inventory) isVirtual(c core) bool {
	if !c.isAddr() {
		return v.ifaces[c.n()].flags&shared != 0
	}
	for n := v.hosts[c.n()].pairs; n != 0; {
		p := v.pair(n)
		if p.flags&vip != 0 && p.iface == 0 {
			return true
		}
		n = p.nextOfHost
	}
	return false
}

// cause is what evidence of a protocol depends on.
func cause(protocol string) string {
	switch protocol {
	case "bootp", "dhcpv6":
		return "dhcp"
	case "upnp":
		return "ssdp"
	case "nbns", "nbdgm", "browser":
		return "netbios"
	case "smb", "smb2", "ntlmssp":
		return "smb"
	case "quic", "dtls":
		return "tls"
	case "cip":
		return "enip"
	}
	return protocol
}

// evidence is the claims, by attribute, the surest first.
func (v *teller) evidence(facts []fact) []tyto.Claim {
	out := make([]tyto.Claim, len(facts))
	for i := range facts {
		out[i] = facts[i].Claim
	}
	slices.SortFunc(out, func(a, b tyto.Claim) int {
		if a.Attr != b.Attr || a.Confidence != b.Confidence {
			return cmp.Or(cmp.Compare(a.Attr, b.Attr), cmp.Compare(b.Confidence, a.Confidence))
		}
		if c := strings.Compare(a.Value, b.Value); c != 0 {
			return c
		}
		return earlier(&a, &b)
	})
	out = slices.CompactFunc(out, func(a, b tyto.Claim) bool { b.Last = a.Last; return a == b })
	if len(out) > v.config.ClaimsPerDevice {
		out = out[:v.config.ClaimsPerDevice]
	}
	return out
}

// earlier orders claims of one value by their evidence.
func earlier(a, b *tyto.Claim) int {
	if c := a.First.Compare(b.First); c != 0 {
		return c
	}
	x, y := &a.Evidence, &b.Evidence
	return cmp.Or(cmp.Compare(x.Packet, y.Packet), strings.Compare(x.Protocol, y.Protocol),
		strings.Compare(x.Field, y.Field), strings.Compare(x.Sensor, y.Sensor), strings.Compare(x.Capture, y.Capture), b.Last.Compare(a.Last))
}

// A Merge is why two addresses are one device.
type Merge struct {
	A, B string // addresses: MAC, or IP
	Key  string // the Identity that both claim; "" if they are one locally administered address in two VLANs
}

// Merges is why the interfaces and addresses of a device are one.
func (v *Inventory) Merges(id string) (out []Merge) {
	v.settle()
	n, _ := parseID(id)
	d := v.byID[n]
	for c := v.devices[d].head; d != 0 && c != 0; c = v.seat(c).next {
		for _, e := range v.edges(c) {
			if v.seat(e.to).device == d && v.compare(c, e.to) < 0 {
				out = append(out, Merge{v.nameOf(c), v.nameOf(e.to), v.words.text(e.key)})
			}
		}
	}
	slices.SortFunc(out, func(a, b Merge) int {
		return cmp.Or(strings.Compare(a.A, b.A), strings.Compare(a.B, b.B), strings.Compare(a.Key, b.Key))
	})
	return out
}

func (v *Inventory) nameOf(c core) string {
	if c.isAddr() {
		return v.hosts[c.n()].addr.String()
	}
	return v.ifaces[c.n()].mac().String()
}
