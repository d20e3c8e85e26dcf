package inventory

import (
	"cmp"
	"slices"
	"strings"

	"tyto/tyto"
)

// Of each attribute one value is believed: a total order over the claims, so
// that whoever has the same claims believes the same. Confidence comes first, less
// of it if the claim is old (fade.go), except that a name is ranked by where it comes from, a version by when it
// was said, and a type by the sum of independent causes (type.go).

// believed is the attributes of which a device has one value.
var believed = [...]tyto.Attr{
	tyto.Vendor, tyto.NICVendor, tyto.Model, tyto.ModelNumber, tyto.Hardware, tyto.OS, tyto.Firmware, tyto.Serial, tyto.Hostname,
	tyto.Domain, tyto.Location, tyto.Description, tyto.Purdue, tyto.Mode, tyto.Key, tyto.Protection,
}

// maxOthers is how many runner-up values a belief keeps.
const maxOthers = 8

// A candidate is one value of an attribute, and all that speaks for it.
type candidate struct {
	tyto.Claim           // the surest, and of those the earliest
	folded     string    // the value without regard to case
	causes     []string  // independent
	weights    []float64 // of each cause, the surest claim's
	sure       float64   // the largest of them
	faded      uint8     // of the claim that faded least
	rank       int       // of where a name or an operating system comes from
	shown      int       // of where Claim comes from
}

// believe decides all attributes of a device, and adds what follows from that.
// held is the type that was believed before, "" if none was told yet.
func believe(out *tyto.Device, facts []fact, held string) []fact {
	fade(facts, out.Last)
	for _, a := range believed {
		claims := ofDevice(facts, a)
		if a == tyto.Vendor {
			claims = usual(claims)
		}
		if b, ok := belief(a, claims); ok {
			out.Beliefs[a] = b
		}
	}
	typ, doubt := typeOf(candidates(ofDevice(facts, tyto.Type)), held)
	if typ.Value != "" {
		out.Beliefs[tyto.Type] = typ
	}
	if doubt.Value != "" {
		facts = append(facts, fact{Claim: doubt})
	}
	out.Beliefs[tyto.Category] = category(out, facts)
	purdue(out)
	return facts
}

// ofDevice is the claims of an attribute of the device itself. If there are
// none, but of one part of it, the part is taken for the device: a Modbus
// unit behind nothing.
// Facts must be sorted.
func ofDevice(facts []fact, a tyto.Attr) []fact {
	from, _ := slices.BinarySearchFunc(facts, a, func(f fact, a tyto.Attr) int { return cmp.Compare(f.Attr, a) })
	facts = facts[from:]
	own, all := 0, 0
	for all < len(facts) && facts[all].Attr == a {
		if facts[all].part == 0 {
			own++
		}
		all++
	}
	if own == 0 && all > 0 && facts[0].part == facts[all-1].part {
		own = all
	}
	return facts[:own:own]
}

// candidates is the values that facts of one attribute have.
func candidates(facts []fact) (out []candidate) {
	for i := range facts {
		f := &facts[i]
		folded := strings.ToLower(strings.TrimSpace(f.Value))
		at := slices.IndexFunc(out, func(c candidate) bool { return c.folded == folded })
		if at < 0 {
			at = len(out)
			out = append(out, candidate{Claim: f.Claim, folded: folded, shown: rankOf(f), faded: f.faded})
		}
		out[at].support(f)
	}
	return out
}

// support counts a claim for a candidate. Values that differ in case are one;
// it is shown as the surest has it.
func (c *candidate) support(f *fact) {
	first, last := c.First, c.Last
	if f.First.Before(first) {
		first = f.First
	}
	if f.Last.After(last) {
		last = f.Last
	}
	rank := rankOf(f)
	if cmp.Or(cmp.Compare(f.Confidence, c.Confidence), cmp.Compare(rank, c.shown), -earlier(&f.Claim, &c.Claim), strings.Compare(f.Value, c.Value)) > 0 {
		c.Claim, c.shown = f.Claim, rank
	}
	c.rank = max(c.rank, rank)
	c.First, c.Last = first, last
	w := f.weight()
	c.sure, c.faded = max(c.sure, w), min(c.faded, f.faded)
	if i := slices.Index(c.causes, f.cause); i >= 0 {
		c.weights[i] = max(c.weights[i], w)
		return
	}
	c.causes, c.weights = append(c.causes, f.cause), append(c.weights, w)
}

// weight is a confidence as log-odds, about.
func weight(c tyto.Confidence) float64 {
	switch {
	case c >= tyto.Confirmed:
		return 100
	case c >= tyto.Stated:
		return 3.5
	case c >= tyto.Shown:
		return 2.4
	case c >= tyto.Inferred:
		return 1.4
	}
	return 0.4
}

// belief is the best of the values that facts of one attribute have.
func belief(a tyto.Attr, facts []fact) (tyto.Belief, bool) {
	all := candidates(facts)
	if len(all) == 0 {
		return tyto.Belief{}, false
	}
	slices.SortFunc(all, func(x, y candidate) int { return -better(a, &x, &y) })
	if a == tyto.OS {
		specify(all)
	}
	return beliefOf(all), true
}

// specify puts first the best of the operating systems that are the first one with a version: "Windows" is sure
// more often than "Windows 10", and both are right.
func specify(all []candidate) {
	family := all[0].folded
	if all[0].Confidence >= tyto.Confirmed {
		return
	}
	for i := 1; i < len(all); i++ {
		c := all[i]
		if version, ok := strings.CutPrefix(c.folded, family+" "); ok && !strings.HasPrefix(version, "or ") && c.faded <= all[0].faded {
			copy(all[1:i+1], all[:i])
			all[0] = c
			return
		}
	}
}

// beliefOf is the first candidate, and the others as runner-ups.
func beliefOf(all []candidate) tyto.Belief {
	b := tyto.Belief{Claim: all[0].Claim}
	for _, c := range all[1:min(len(all), 1+maxOthers)] {
		b.Others = append(b.Others, c.Claim)
	}
	return b
}

// better is positive if x is to be believed rather than y.
func better(a tyto.Attr, x, y *candidate) int {
	sure := cmp.Compare(x.sure, y.sure)
	operator := cmp.Compare(min(x.Confidence/tyto.Confirmed, 1), min(y.Confidence/tyto.Confirmed, 1))
	support := cmp.Compare(len(x.causes), len(y.causes))
	rank := cmp.Compare(x.rank, y.rank)
	last := strings.Compare(y.folded, x.folded)
	switch a {
	case tyto.Firmware:
		shown := cmp.Compare(min(x.Confidence, tyto.Shown), min(y.Confidence, tyto.Shown))
		return cmp.Or(operator, shown, x.Last.Compare(y.Last), sure, last)
	case tyto.Mode, tyto.Key, tyto.Protection: // they change, and are told of by others too: who stopped it knows that it stands
		return cmp.Or(operator, x.Last.Compare(y.Last), sure, last)
	case tyto.Hostname:
		return cmp.Or(operator, cmp.Compare(usable(x.folded), usable(y.folded)), cmp.Compare(y.faded, x.faded), rank, sure, support, last)
	case tyto.OS:
		return cmp.Or(sure, rank, support, cmp.Compare(len(x.folded), len(y.folded)), last)
	case tyto.Model:
		return cmp.Or(sure, support, cmp.Compare(len(x.folded), len(y.folded)), last)
	}
	return cmp.Or(sure, support, last)
}

// nameless is what systems call themselves that were given no name.
var nameless = map[string]bool{"localhost": true, "android": true, "none": true, "(none)": true, "null": true, "unknown": true}

// usable is lower for host names that name nobody: UUIDs, which browsers use
// to hide addresses, addresses, and the names of systems without one.
func usable(name string) int {
	host, _, _ := strings.Cut(name, ".")
	switch {
	case host == "" || nameless[host] || len(host) == 36 && strings.Count(host, "-") == 4:
		return 0
	case strings.Trim(name, "0123456789.") == "" || strings.Count(name, ":") > 1:
		return 0
	}
	return 1
}

// rankOf is how good a source of names, or of operating systems, a claim has.
func rankOf(f *fact) int {
	switch f.Attr {
	case tyto.Hostname:
		return hostnameRank(f.Evidence.Protocol, f.Evidence.Field)
	case tyto.OS:
		return osRank(f.cause)
	}
	return 0
}

func hostnameRank(protocol, field string) int {
	switch protocol {
	case "kerberos", "ntlmssp":
		return 7
	case "lldp", "cdp", "mndp", "snmp", "pn_dcp", "profinet":
		return 6 // a name that was configured for it
	case "dhcp", "dhcpv6", "bootp":
		if strings.Contains(field, "fqdn") || strings.Contains(field, "client_domain") {
			return 5
		}
		return 4
	case "mdns":
		return 3
	case "llmnr", "nbns", "nbdgm", "browser", "netbios", "smb", "smb2":
		return 2
	case "dns":
		return 0
	}
	return 1
}

func osRank(cause string) int {
	switch cause {
	case "smb":
		return 7
	case "kerberos", "ldap", "cldap":
		return 6
	case "http":
		return 5
	case "dhcp":
		return 4
	case "mdns":
		return 3
	case "tls":
		return 2
	case "tcp":
		return 1
	case "ip":
		return 0
	}
	return 5
}

// valuesOf is the different values of an attribute, sorted.
func valuesOf(facts []fact, a tyto.Attr) (out []string) {
	for i := range facts {
		if facts[i].Attr == a {
			out = append(out, facts[i].Value)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
